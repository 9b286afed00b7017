"""What becomes of offers with time, and with what happens to their shipments. All of it bears being done twice."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from carriers.models.crowd import Answer, Courier, Earning, Invitation, Offer, Offered, OfferQuerySet, OfferState
from carriers.services import places
from carriers.services.crowd import answering, asking, ending, laying, passing_on, telling, wording
from tracking.rounds.models import Stop, StopState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import ShipmentQuerySet
from tracking.shipments.services.laying import MAY_BE_LAID
from tracking.shipments.services.stops import EXPECTED


def sweep(*, at: datetime) -> bool:
    """Ask further, end, give out again and pay whatever has become due. Says whether anybody was asked.

    Each offer is seen to in a transaction of its own: where a worker is killed, the rest waits for the next sweep.
    """
    for offer_id in _ids(Invitation.objects.expired(at=at).values_list("offer", flat=True)):
        _expire(offer_id, at=at)
    for offer_id in _ids(_missed(at=at).values_list("id", flat=True)):
        _miss(offer_id, at=at)
    for offer_id in _ids(_overtaken().values_list("id", flat=True)):
        follow(offer_id, at=at)
    for shipment in passing_on.list_missed(at=at):
        passing_on.pass_on(shipment, at=at)
    asked = [asking.widen(offer_id, at=at) for offer_id in _ids(Offer.objects.due(at=at).values_list("id", flat=True))]
    return any(asked)


@transaction.atomic
def follow(offer_id: int, *, at: datetime) -> None:
    """Let an offer follow from what happened to its shipments: over with the last of them, and paid if it was brought.

    Twice is harmless.
    """
    offer = ending.lock(offer_id)
    if offer.state in {OfferState.GATHERING, OfferState.OPEN}:
        lost = laying.carried(offer).exclude(_may_be_brought(by=offer.carrier_id)).values_list("id", flat=True)
        if lost:
            ending.drop(offer, list(lost), at=at)
    elif offer.state == OfferState.ACCEPTED and not _to_do(offer).exists():
        _finish(offer, at=at)


def _finish(offer: Offer, *, at: datetime) -> None:
    """Close an offer of which nothing is left to do; a courier who was at a door is paid for it."""
    courier, done = offer.courier, Stop.objects.filter(route__shift=offer.shift_id, state=StopState.DONE)
    last = done.order_by("done_at").last()
    laying.end_shift(offer, at=at)
    if last is None or courier is None:
        ending.close(offer, OfferState.WITHDRAWN, at=at)
        if courier is not None:
            telling.taken_back(offer, courier, at=at)
        return
    Earning.objects.get_or_create(
        offer=offer,
        defaults={"courier": courier, "amount": offer.pay, "sum": wording.sum_of(offer), "earned_at": at},
    )
    seen = {"seen_cell": places.cell_at(last.latitude, last.longitude), "seen_at": last.done_at}
    Courier.objects.filter(id=courier.id).update(**seen)
    ending.close(offer, OfferState.DONE, at=at)


def _to_do(offer: Offer) -> ShipmentQuerySet:
    return laying.carried(offer).filter(stop__route__shift=offer.shift_id, status__in=EXPECTED)


@transaction.atomic
def _expire(offer_id: int, *, at: datetime) -> None:
    offer = ending.lock(offer_id)
    offer.invitations.expired(at=at).update(answer=Answer.EXPIRED, answered_at=at)
    if offer.state == OfferState.OPEN and not offer.invitations.waiting(at=at).exists():
        Offer.objects.filter(id=offer.id).update(widens_at=at)


@transaction.atomic
def _miss(offer_id: int, *, at: datetime) -> None:
    """Let an offer whose courier never came go out again; one who is loading now keeps it."""
    offer = ending.lock(offer_id)
    if offer.load_by is not None and offer.load_by <= at:
        answering.release(offer, Answer.NO_SHOW, at=at)


def _missed(*, at: datetime) -> OfferQuerySet:
    """Find the offers whose courier should have loaded them by now, and has nothing on board or done."""
    late = Offer.objects.filter(state=OfferState.ACCEPTED, load_by__lte=at)
    loaded = Offered.objects.filter(offer=OuterRef("id"), until=None, shipment__status=Status.OUT_FOR_DELIVERY)
    done = Stop.objects.filter(route__shift=OuterRef("shift"), state=StopState.DONE)
    return late.exclude(Exists(loaded)).exclude(Exists(done))


def _overtaken() -> OfferQuerySet:
    """Find the offers that are over, or have lost shipments, although nobody has told them."""
    mine = Offered.objects.filter(offer=OuterRef("id"), until=None)
    to_do = mine.filter(shipment__stop__route__shift=OuterRef("shift"), shipment__status__in=EXPECTED)
    is_over = Q(~Exists(to_do), state=OfferState.ACCEPTED)
    has_lost = Q(
        Exists(mine.exclude(_may_be_brought("shipment__", by=OuterRef("carrier")))),
        state__in=[OfferState.GATHERING, OfferState.OPEN],
    )
    return Offer.objects.filter(is_over | has_lost)


def _may_be_brought(of: str = "", *, by: object) -> Q:
    """Say of shipments, or of what is ``of`` one, that a courier could still be sent with them by this carrier."""
    is_theirs = Q(**{f"{of}status__in": MAY_BE_LAID, f"{of}carrier": by})
    return is_theirs & ~Q(**{f"{of}stop__state": StopState.PENDING})


def _ids(found: Iterable[int]) -> list[int]:
    return sorted(set(found))
