"""The tables of shipments: what is sent, what happened to it, and what was said about its time."""

from typing import Final, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from tracking.rounds.models import Carrier, Place, Stop
from tracking.shipments.brands import Brand as Brand
from tracking.shipments.lifecycle import EXCEPTIONS, FINISHED, Handover, Status
from tracking.shipments.reasons import Reason
from tracking.shipments.window import Cause, Window

WINDOW_FIELDS: Final = ["window_date", "window_start", "window_end", "window_cause"]
"""The fields of a shipment that hold the window it was last told."""


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def with_round(self) -> Self:
        """Fetch along what the public facts need: brand, stop, route, shift, driver. One query."""
        return self.select_related("brand", "stop__route__shift__driver")

    def unfinished(self) -> Self:
        return self.exclude(status__in=FINISHED)

    def on_the_road(self) -> Self:
        """Those that a driver has with them, at a stop that is still to come."""
        return self.filter(status=Status.OUT_FOR_DELIVERY, stop__state="pending", stop__route__state="active")

    def numbered(self, number: str) -> Self:
        """Those with this reference, or with a parcel of this number."""
        by_parcel = Parcel.objects.filter(number__iexact=number).order_by().values("shipment")
        return self.filter(id__in=self.filter(reference__iexact=number).values("id").union(by_parcel))


class Shipment(models.Model):
    """What one shopper waits for: one or more parcels of one order, to one address. Programs know it by its ``uid``."""

    uid = models.UUIDField(unique=True, default=uuid4, editable=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="shipments")
    reference = models.CharField(max_length=60)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="shipments", null=True, blank=True)
    hub = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="shipments", null=True, blank=True)
    stop = models.ForeignKey(Stop, on_delete=models.SET_NULL, related_name="shipments", null=True, blank=True)

    recipient_name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=16)
    city = models.CharField(max_length=100)
    access_code = models.CharField(max_length=40, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    timezone = models.CharField(max_length=40)
    language = models.CharField(max_length=12, blank=True)

    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)
    handover = models.CharField(max_length=20, choices=Handover, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    window_date = models.DateField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    window_cause = models.CharField(max_length=20, choices=Cause, blank=True)
    promised_start = models.DateTimeField(null=True, blank=True)
    promised_end = models.DateTimeField(null=True, blank=True)

    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="shipment_reference_once_per_brand", fields=["brand", "reference"]),
            models.CheckConstraint(
                name="shipment_finished_means_finished_at",
                condition=Q(status__in=sorted(FINISHED), finished_at__isnull=False)
                | (~Q(status__in=sorted(FINISHED)) & Q(finished_at=None)),
            ),
            models.CheckConstraint(
                name="shipment_handover_only_when_delivered",
                condition=Q(handover="") | Q(status__in=[Status.DELIVERED, Status.RETURNING, Status.RETURNED]),
            ),
            models.CheckConstraint(
                name="shipment_window_is_a_day_or_a_time",
                condition=Q(window_start=None, window_end=None)
                | Q(
                    window_date__isnull=False,
                    window_start__isnull=False,
                    window_end__isnull=False,
                    window_end__gt=F("window_start"),
                ),
            ),
            models.CheckConstraint(
                name="shipment_promise_has_both_ends",
                condition=Q(promised_start=None, promised_end=None)
                | Q(
                    promised_start__isnull=False,
                    promised_end__isnull=False,
                    promised_end__gt=F("promised_start"),
                ),
            ),
        ]
        indexes = [
            models.Index(Upper("reference"), name="shipment_reference"),
            models.Index(name="shipment_phone", fields=["phone"], condition=~Q(phone="")),
            models.Index(name="shipment_exception", fields=["status"], condition=Q(status__in=sorted(EXCEPTIONS))),
            models.Index(name="shipment_open_promise", fields=["promised_end"], condition=Q(finished_at=None)),
            models.Index(name="shipment_by_status_and_day", fields=["status", "window_date"]),
            models.Index(name="shipment_finished", fields=["finished_at"], condition=Q(finished_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.pk})"

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def is_out_for_delivery(self) -> bool:
        return self.status == Status.OUT_FOR_DELIVERY

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def reader_language(self) -> str:
        """The language to write to the recipient in: theirs where it is known and offered, else the brand's."""
        return self.brand.language_for(self.language)

    @property
    def window(self) -> Window | None:
        """The window as the shopper was last told it, if they were told any."""
        if self.window_date is None:
            return None
        return Window(date=self.window_date, start=self.window_start, end=self.window_end)

    @property
    def promise(self) -> Window | None:
        """The window that was promised, if one was."""
        if self.promised_start is None or self.promised_end is None:
            return None
        day = self.promised_start.astimezone(self.zone).date()
        return Window(date=day, start=self.promised_start, end=self.promised_end)


class Parcel(models.Model):
    """One box of a shipment, with a number and a status of its own."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="parcels")
    number = models.CharField(max_length=60)
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(name="parcel_number_once_per_shipment", fields=["shipment", "number"])]
        indexes = [models.Index(Upper("number"), name="parcel_number")]

    def __str__(self) -> str:
        return f"{self.number} ({self.pk})"


class StatusEvent(models.Model):
    """One thing that happened to a shipment, or to one parcel of it. Written once, never changed.

    An empty ``status`` is a report that we could not read: an update, never a status. ``reason`` says why a parcel was
    not handed over, where that is known. ``voids`` is the external id of
    the event of the same source that this one corrects; a correction may arrive before what it corrects. Of a silent
    event nobody is sent a message: it puts a record right, or belongs to a bulk edit. ``link`` binds it to all that was
    written about this shipment before (``tracking.shipments.chain``).
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="events", null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    raw_code = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    place = models.CharField(max_length=100, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    voids = models.CharField(max_length=100, blank=True)
    is_silent = models.BooleanField(default=False)
    link = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="status_event_once_per_source", fields=["source", "external_id"]),
        ]
        indexes = [
            models.Index(name="status_event_history", fields=["shipment", "occurred_at"]),
            models.Index(name="status_event_attempts", fields=["occurred_at"], condition=Q(status=Status.ATTEMPTED)),
        ]

    def __str__(self) -> str:
        return self.source_id

    @property
    def source_id(self) -> str:
        return f"{self.source}:{self.external_id}"

    @property
    def voids_id(self) -> str:
        return f"{self.source}:{self.voids}" if self.voids else ""


class WindowChange(models.Model):
    """One line of the window's ledger: what was told from then on, what was told before, and why it changed."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="window_changes")
    at = models.DateTimeField()
    cause = models.CharField(max_length=20, choices=Cause)
    date = models.DateField()
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    previous_start = models.DateTimeField(null=True, blank=True)
    previous_end = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(name="window_change_ledger", fields=["shipment", "at"])]

    def __str__(self) -> str:
        return f"window of {self.shipment_id} at {self.at:%Y-%m-%d %H:%M:%S}"
