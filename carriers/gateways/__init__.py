"""The partners whose programs we call. Each call ends in time, or says that nobody answered.

``of`` is for whoever books, ``outcomes`` is what a partner is handed and how that can end.
"""

from typing import Final

from carriers.gateways.easypost import EasyPostGateway, Terms
from carriers.gateways.outcomes import Gateway
from carriers.models import Contract, Format
from notifications import sealing

BOOKABLE: Final = frozenset({Format.EASYPOST})
"""The formats of the partners that can be booked with."""


def of(contract: Contract) -> Gateway:
    """Give the partner of a contract that can be booked with. A key whose seal is broken is none, and is refused."""
    account = contract.account
    try:
        key = sealing.unseal(account.api_key)
    except sealing.BrokenSeal:
        key = ""
    return EasyPostGateway(Terms(account.api_url, key, contract.name_there, contract.service))
