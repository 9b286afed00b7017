"""The only writer of choices: who could carry a shipment, best first, and who does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from carriers import signals
from carriers.models import PartnerBooking
from carriers.models.choices import Choice, How, Profile, Weighing
from carriers.scoring import scales
from carriers.scoring.sums import Scorer, Sum
from carriers.services import handing_over
from carriers.services.choosing import loads
from carriers.services.choosing.loads import Load
from carriers.services.choosing.market import Market
from carriers.services.choosing.records import Account, Told
from dispatch.services import demands
from tracking.rounds.models import Carrier
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, ShipmentQuerySet

STILL_HERE: Final = frozenset({Status.CREATED, Status.AT_HUB, Status.PLANNED, Status.ATTEMPTED, Status.ON_HOLD})
"""Statuses in which another carrier can still have it."""

MISSED_AFTER: Final = timedelta(seconds=30)
RECENT: Final = timedelta(days=14)
AT_ONCE: Final = 100


class TooLate(Exception):
    """It is with somebody on the road already, or over."""


class AlreadyTheirs(Exception):
    """This carrier has it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A carrier that can have a shipment, and the sum that says how well that would be."""

    carrier: Carrier
    sum: Sum


@dataclass(frozen=True, slots=True)
class Survey:
    """Who can have a load, best first, and the account of that."""

    load: Load
    ranked: Sequence[Ranked]
    account: Account


def ranked(shipment: Shipment, *, at: datetime) -> list[Ranked]:
    """List who can carry a shipment, best first, whether or not its brand lets carriers be chosen by their sums."""
    return list(survey(shipment, at=at).ranked)


def survey(shipment: Shipment, *, at: datetime) -> Survey:
    """Look at everybody who could carry a shipment. Reads only, a dozen queries."""
    (load,) = loads.of(Shipment.objects.filter(id=shipment.id), at=at)
    market = Market.open([load.day], without=shipment.id)
    return look(market, scorer_of(weighing_of(shipment.brand_id, at=at), market), load)


def look(market: Market, scorer: Scorer, load: Load) -> Survey:
    """Look at everybody in a market for a load."""
    refused = {name: market.why_not(stall, load) for name, stall in market.stalls.items()}
    found = scorer.rank(market.candidate(stall, load) for name, stall in market.stalls.items() if refused[name] is None)
    carriers = {name: stall.carrier for name, stall in market.stalls.items()}
    account = Account(
        scorer=scorer,
        ranked=[Told(carriers[one.name].name, one) for one in found],
        refused=[(carriers[name].name, why) for name, why in refused.items() if why is not None],
    )
    return Survey(load, [Ranked(carriers[one.name], one) for one in found], account)


def scorer_of(weighing: Weighing, market: Market) -> Scorer:
    """Say what a brand measures carriers by."""
    known = scales.scales(dear=weighing.dear, dirty_g=weighing.dirty_g)
    return Scorer(weighing.weights, known, market.means)


def weighing_of(brand_id: int, *, at: datetime) -> Weighing:
    """Give what a brand looks at: its row, or what is usual, which is not on."""
    return Weighing.objects.filter(brand=brand_id).first() or Weighing(brand_id=brand_id, changed_at=at)


@transaction.atomic
def choose(shipment: Shipment, *, at: datetime) -> Choice | None:
    """Give a shipment that nobody has to the carrier with the best sum, and write the sum down.

    ``None`` where nobody was chosen: its brand does not want that, somebody has it already, or nobody can. Twice is
    harmless.
    """
    if not waiting().filter(id=shipment.id).exists():
        return None
    demands.take_in(shipment, at=at)
    _lock_room()
    locked = waiting().select_for_update(of=("self",)).filter(id=shipment.id).first()
    if locked is None:
        return None
    found = survey(locked, at=at)
    return _write(locked, found.ranked[0].carrier, found, at=at) if found.ranked else None


@transaction.atomic
def choose_by_hand(shipment: Shipment, carrier: Carrier, *, reason: str, by: User, at: datetime) -> Choice:
    """Give a shipment to a carrier because a person says so, also to one that the sum would not choose.

    It comes off the route that it is planned on, and a partner's booking is called off.

    Raises ``TooLate`` or ``AlreadyTheirs``; nothing has changed then.
    """
    _lock_room()
    shipments.withdraw(shipment, at=at)
    for booking in PartnerBooking.objects.live().filter(shipment=shipment):
        handing_over.call_off(booking, at=at)
    locked = Shipment.objects.select_for_update(of=("self",)).get(id=shipment.id)
    if locked.status not in STILL_HERE:
        raise TooLate
    if locked.carrier_id == carrier.id:
        raise AlreadyTheirs
    return _write(locked, carrier, survey(locked, at=at), at=at, by=by, reason=reason)


def waiting() -> ShipmentQuerySet:
    """Find what came in, that nobody has yet, of brands that let carriers be chosen."""
    return Shipment.objects.filter(status=Status.CREATED, carrier=None, stop=None, brand__weighing__is_on=True)


def list_missed(*, at: datetime) -> list[int]:
    """Find some of those that wait although they came in a while ago: their nudge was lost, or nobody could have them.

    The newest first, so that those which nobody will ever take keep no others waiting.
    """
    missed = waiting().filter(created_at__range=(at - RECENT, at - MISSED_AFTER))
    return list(missed.order_by("-id").values_list("id", flat=True)[:AT_ONCE])


def _write(
    shipment: Shipment, carrier: Carrier, found: Survey, *, at: datetime, by: User | None = None, reason: str = ""
) -> Choice:
    shipments.carry(shipment, carrier, at=at)
    choice = Choice.objects.create(
        shipment=shipment,
        carrier=carrier,
        how=How.HAND if by else How.SUM,
        at=at,
        day=found.load.day,
        by=by,
        reason=reason,
        account=found.account.written(),
    )
    ids = {"choice_id": choice.id, "shipment_id": shipment.id, "carrier_id": carrier.id}
    transaction.on_commit(lambda: signals.carrier_chosen.send_robust(Choice, **ids))
    return choice


def _lock_room() -> None:
    """Let nobody else choose until the end of the transaction, so that the last place of a day is given away once."""
    list(Profile.objects.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
