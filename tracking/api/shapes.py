"""What the API takes and says about shipments, field by field."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import tzfpy
from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from tracking import contact
from tracking.api import fields
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent, WindowChange
from tracking.shipments.reasons import Reason
from tracking.shipments.services import Recipient
from tracking.shipments.window import Cause


class Taken(Schema):
    """What a program sends: nothing in it is passed over in silence."""

    model_config = ConfigDict(extra="forbid")


def _phone(text: str) -> str:
    try:
        return contact.phone(text, region=settings.PHONE_REGION) if text else ""
    except contact.Unreadable as error:
        raise ValueError("This is no phone number; begin it with + and the country.") from error


def _email(text: str) -> str:
    try:
        return contact.email(text) if text else ""
    except contact.Unreadable as error:
        raise ValueError("This is no e-mail address.") from error


class RecipientTaken(Taken):
    """Who a shipment goes to, and where. Without ``timezone``, the point says it, or else the brand."""

    name: fields.Name
    street: fields.Line
    postcode: Annotated[fields.Text, Field(min_length=1, max_length=16)]
    city: fields.Name
    latitude: fields.Latitude | None = None
    longitude: fields.Longitude | None = None
    timezone: fields.Zone | None = None
    email: Annotated[fields.Text, Field(max_length=254), AfterValidator(_email)] = ""
    phone: Annotated[fields.Text, Field(max_length=40), AfterValidator(_phone)] = ""
    access_code: Annotated[fields.Text, Field(max_length=40)] = ""
    language: Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})?)?$", max_length=12)] = ""

    @model_validator(mode="after")
    def _has_zone(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("Latitude and longitude come together.")
        if self.timezone is None and self.latitude is not None and self.longitude is not None:
            self.timezone = tzfpy.get_tz(self.longitude, self.latitude)
        return self

    def recipient(self) -> Recipient:
        return Recipient(**{**self.model_dump(), "timezone": self.timezone or ""})


class ShipmentTaken(Taken):
    """An order to take in. Without parcel numbers it is one parcel, of the reference."""

    reference: fields.Number
    recipient: RecipientTaken
    parcels: Annotated[list[fields.Number], Field(max_length=50)] = []
    brand: fields.Named = ""
    carrier: fields.Named = ""
    promise: "SpanTaken | None" = None

    @model_validator(mode="after")
    def _has_parcels(self) -> Self:
        if len(set(self.parcels)) < len(self.parcels):
            raise ValueError("A parcel number is there twice.")
        self.parcels = self.parcels or [self.reference]
        return self


class SpanTaken(Taken):
    """From when to when it is promised."""

    start: fields.Moment
    end: fields.Moment

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.end <= self.start:
            raise ValueError("It ends before it begins.")
        return self


class EventTaken(Taken):
    """What happened to a shipment, by the name that its source gives it. An unreadable code has no ``status``.

    ``voids`` is the ``external_id`` of the event that this one corrects.
    """

    external_id: Annotated[fields.Text, Field(min_length=1, max_length=100)]
    occurred_at: fields.Moment
    status: Status | None = None
    parcel: fields.Short = ""
    place: Annotated[fields.Text, Field(max_length=100)] = ""
    code: Annotated[fields.Text, Field(max_length=100)] = ""
    reason: Reason | None = None
    voids: Annotated[fields.Text, Field(max_length=100)] = ""


class WindowSaid(Schema):
    """When it comes, as the shopper was told last: a day, or a time between two moments."""

    date: date
    start: datetime | None
    end: datetime | None


class SpanSaid(Schema):
    """What was promised."""

    start: datetime
    end: datetime


class ParcelSaid(Schema):
    """One parcel of a shipment."""

    number: str
    status: Status

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        return cls(number=parcel.number, status=Status(parcel.status))


class RecipientSaid(Schema):
    """Who a shipment goes to, and where."""

    name: str
    street: str
    postcode: str
    city: str
    latitude: float | None
    longitude: float | None
    timezone: str
    email: str
    phone: str
    language: str


class ShipmentSaid(Schema):
    """A shipment as its shop may know it. ``version`` grows with each change; ``tracking_url`` goes to the shopper."""

    id: UUID
    brand: str
    reference: str
    version: int
    status: Status
    handover: Handover | None
    carrier: str | None
    window: WindowSaid | None
    promise: SpanSaid | None
    recipient: RecipientSaid
    parcels: list[ParcelSaid]
    tracking_url: str | None
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, shipment: Shipment, tracking_url: str | None) -> Self:
        """Say what there is to say of a shipment that was fetched with brand, carrier and parcels."""
        return cls(
            id=shipment.uid,
            brand=shipment.brand.slug,
            reference=shipment.reference,
            version=shipment.version,
            status=Status(shipment.status),
            handover=Handover(shipment.handover) if shipment.handover else None,
            carrier=shipment.carrier.slug if shipment.carrier else None,
            window=_window(shipment),
            promise=_promise(shipment),
            recipient=RecipientSaid(name=shipment.recipient_name, **_plain(shipment, RecipientSaid, {"name"})),
            parcels=[ParcelSaid.of(parcel) for parcel in shipment.parcels.all()],
            tracking_url=tracking_url,
            created_at=shipment.created_at,
            changed_at=shipment.changed_at,
        )


class EventSaid(Schema):
    """One line of a shipment's history; ``status`` is ``null`` for a report that could not be read."""

    external_id: str
    source: str
    occurred_at: datetime
    received_at: datetime
    status: Status | None
    parcel: str | None
    place: str
    code: str
    reason: Reason | None
    voids: str

    @classmethod
    def of(cls, event: StatusEvent) -> Self:
        """Say an event that was fetched with its parcel."""
        return cls(
            status=Status(event.status) if event.status else None,
            parcel=event.parcel.number if event.parcel else None,
            code=event.raw_code,
            reason=Reason(event.reason) if event.reason else None,
            **_plain(event, cls, {"status", "parcel", "code", "reason"}),
        )


class WindowChangeSaid(Schema):
    """One line of the window's ledger: what was told from then on, and why."""

    at: datetime
    cause: Cause
    date: date
    start: datetime | None
    end: datetime | None
    previous_start: datetime | None
    previous_end: datetime | None

    @classmethod
    def of(cls, change: WindowChange) -> Self:
        return cls(**_plain(change, cls, set()))


def _window(shipment: Shipment) -> WindowSaid | None:
    told = shipment.window
    return WindowSaid(date=told.date, start=told.start, end=told.end) if told else None


def _promise(shipment: Shipment) -> SpanSaid | None:
    if shipment.promised_start is None or shipment.promised_end is None:
        return None
    return SpanSaid(start=shipment.promised_start, end=shipment.promised_end)


def _plain(row: object, shape: type[Schema], besides: set[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shape.model_fields if name not in besides}
