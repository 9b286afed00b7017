"""The API's part about quotes: what a checkout may offer before there is a shipment, and ordering what was offered."""

from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Final, Self

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field, model_validator

from dispatch.models import Level, Quote
from dispatch.services import quotes, slots
from dispatch.services.drafts import Goods, Point
from dispatch.services.quotes import Basket, Expired, NoSuchOffer, Taken
from tracking.api import access, fields, finding, ordering, problems
from tracking.api.access import Bearer, Keyed
from tracking.api.problems import Mistake, Problem, ProblemSaid
from tracking.api.repeating import once
from tracking.api.shapes import ShipmentSaid, ShipmentTaken
from tracking.api.shapes import Taken as Sent
from tracking.keys.models import Scope

ASK: Final = Bearer(Scope.QUOTES)
ORDER: Final = Bearer(Scope.SHIPMENTS_WRITE)
HEAVIEST_G: Final = 100_000_000
LARGEST_ML: Final = 100_000_000
REASONS: Final[dict[type[Exception], str]] = {
    Taken: "Another shipment has taken this quote.",
    Expired: "The quote holds no longer, or the cut-off of the offer has passed: ask for a new one.",
    slots.Full: "The last place in this slot is taken.",
    slots.NotOffered: "This slot is not offered at this address.",
}

QuoteId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,40}$")]

router = Router(tags=["quotes"])


class QuoteTaken(Sent):
    """What would be ordered: whereto, how much it is, and by which days. Without a point, the maps say where it goes.

    ``hubs`` are the slugs of those that have the goods; without them, all have.
    """

    street: fields.Line
    postcode: Annotated[fields.Text, Field(min_length=1, max_length=16)]
    city: fields.Name
    latitude: fields.Latitude | None = None
    longitude: fields.Longitude | None = None
    mass_g: Annotated[int, Field(strict=True, ge=1, le=HEAVIEST_G)]
    volume_ml: Annotated[int, Field(strict=True, ge=1, le=LARGEST_ML)]
    days: Annotated[list[fields.Day], Field(min_length=1, max_length=quotes.MOST_DAYS)]
    hubs: Annotated[list[fields.Slug], Field(max_length=100)] | None = None
    brand: fields.Named = ""

    @model_validator(mode="after")
    def _is_one_point(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("Latitude and longitude come together.")
        return self


class HubSaid(Schema):
    """What an offer would cost from one hub and what it would emit, as far as is known, or why it cannot come."""

    hub: str
    money: Decimal | None = None
    carbon: Decimal | None = None
    km: float | None = None
    kg_co2e: float | None = None
    why: str | None = None


class OfferSaid(Schema):
    """A way to have it brought: when, until when it can be ordered, for how much, and what it adds to the air.

    ``kg_co2e`` is ``null`` while nobody knows who works that day; ``sum`` says of each hub what it would cost from
    there (``carbon`` is the share of carbon in ``money``), of which the one that costs least is ``hub``.
    """

    key: str
    level: Level
    name: str
    hub: str
    start: datetime
    end: datetime
    until: datetime
    price: Decimal
    kg_co2e: float | None
    sum: list[HubSaid]


class QuoteSaid(Schema):
    """What was offered. It holds until ``valid_until``, but the last place in a slot is for who orders first."""

    id: str
    brand: str
    currency: str
    valid_until: datetime
    offers: list[OfferSaid]
    shipment: str | None
    taken: str | None

    @classmethod
    def of(cls, quote: Quote) -> Self:
        """Say a quote that was fetched with brand and shipment."""
        return cls(
            id=quote.token,
            brand=quote.brand.slug,
            currency=settings.CURRENCY,
            valid_until=quote.valid_until,
            offers=[OfferSaid.model_validate(offer) for offer in quote.offers],
            shipment=str(quote.shipment.uid) if quote.shipment else None,
            taken=quote.taken or None,
        )


class OrderTaken(Sent):
    """An order of what was offered: ``offer`` is its ``key``. The shipment needs no point; the quote has it."""

    offer: fields.Number
    shipment: ShipmentTaken

    @model_validator(mode="after")
    def _has_no_promise(self) -> Self:
        if self.shipment.promise:
            raise ValueError("What is promised is what was offered.")
        return self


@router.post(
    "/quotes", auth=ASK, response={201: QuoteSaid}, summary="Ask what can be offered", operation_id="create_quote"
)
@once
def ask(request: Keyed, taken: QuoteTaken) -> Status[QuoteSaid]:
    """Ask in which ways something can come by the end of these days, each with window, price and emissions."""
    brand, at = access.brand_of(request, taken.brand), timezone.now()
    goods = Goods(_point(taken), mass_g=taken.mass_g, volume_ml=taken.volume_ml)
    basket = Basket(goods, taken.postcode, stocked=taken.hubs)
    return Status(201, QuoteSaid.of(quotes.quote(brand, basket, sorted(set(taken.days)), at=at)))


@router.get("/quotes/{quote_id}", auth=ASK, response=QuoteSaid, summary="Read a quote", operation_id="read_quote")
def read(request: Keyed, quote_id: QuoteId) -> QuoteSaid:
    """Read what was offered, and which of it was ordered. Quotes that nobody ordered by are forgotten after a day."""
    return QuoteSaid.of(_find(request, quote_id))


@router.post(
    "/quotes/{quote_id}/shipments",
    auth=ORDER,
    response={201: ShipmentSaid, 409: ProblemSaid},
    summary="Order what was offered",
    operation_id="create_shipment_by_quote",
)
@once
def order(request: Keyed, quote_id: QuoteId, taken: OrderTaken) -> Status[ShipmentSaid]:
    """Take an order in, promised what was offered, with its place in a slot; where that is gone, nothing is done."""
    quote = _find(request, quote_id)
    wanted = _at_the_quoted_place(quote, taken.shipment)
    try:
        with transaction.atomic():
            shipment = ordering.take_in(request, wanted)
            quotes.take(quote, taken.offer, shipment, at=timezone.now())
    except NoSuchOffer as error:
        raise _mistaken("offer", "The quote holds no offer of this key.") from error
    except tuple(REASONS) as refusal:
        raise Problem(HTTPStatus.CONFLICT, REASONS[type(refusal)]) from refusal
    return Status(201, finding.say([finding.find(request, shipment.uid)])[0])


def _point(taken: QuoteTaken) -> Point:
    """Say where something goes.

    Raises ``Problem`` where no map knows.
    """
    if taken.latitude is not None and taken.longitude is not None:
        return taken.latitude, taken.longitude
    point = quotes.locate(f"{taken.street}, {taken.postcode} {taken.city}")
    if point is None:
        raise _mistaken("street", "No map of this installation has this address; send latitude and longitude.")
    return point


def _at_the_quoted_place(quote: Quote, taken: ShipmentTaken) -> ShipmentTaken:
    """Give an order with brand and point of its quote.

    Raises ``Problem`` where it is of another brand, or goes elsewhere.
    """
    if taken.brand not in {"", quote.brand.slug}:
        raise _mistaken("shipment", "The quote is for another brand.")
    point, recipient = (quote.latitude, quote.longitude), taken.recipient
    if recipient.latitude is not None and (recipient.latitude, recipient.longitude) != point:
        raise _mistaken("shipment", "The quote is for another place.")
    recipient = recipient.model_copy(update={"latitude": point[0], "longitude": point[1]})
    return taken.model_copy(update={"brand": quote.brand.slug, "recipient": recipient})


def _mistaken(field: str, what: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, what, mistakes=[Mistake(where=["body", field], what=what)])


def _find(request: Keyed, token: str) -> Quote:
    """Find a quote of the key's brand.

    Raises ``Problem``.
    """
    quote = quotes.find(token)
    if quote is None or not (request.auth.is_for_all or quote.brand == request.auth.brand):
        raise problems.missing("quote")
    return quote
