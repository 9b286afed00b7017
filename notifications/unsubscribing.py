"""The link in a mail by which its recipient ends the mails of that brand: who they are is sealed inside it.

Such a link works for as long as the mail lies in somebody's inbox, whatever became of the delivery and its own link.
"""

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from notifications import sealing
from notifications.sealing import BrokenSeal

PURPOSE = "unsubscribe"


class NoSuchKey(Exception):
    """This key is none that we have made."""


class Reader(NamedTuple):
    """Somebody who gets the mails of a brand."""

    brand_id: int
    address: str


def url(reader: Reader) -> str:
    """Write the whole address of the page that ends these mails; another one each time, and each of them good."""
    return settings.BASE_URL + reverse("notifications:unsubscribe", args=[make_key(reader)])


def make_key(reader: Reader) -> str:
    """Seal a reader into what may stand in an address, which shows nobody who they are."""
    return sealing.seal(f"{PURPOSE} {reader.brand_id} {reader.address}")


def read_key(key: str) -> Reader:
    """Find out whom a key is about.

    Raises ``NoSuchKey`` where we have not made it, or not for this.
    """
    try:
        purpose, brand_id, address = sealing.unseal(key).split(" ", 2)
    except (BrokenSeal, ValueError) as error:
        raise NoSuchKey from error
    if purpose != PURPOSE:
        raise NoSuchKey
    return Reader(int(brand_id), address)
