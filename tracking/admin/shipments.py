"""Shipments with all that happened to them, which staff look up."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tracking.admin.showing import ShownAdmin, ShownInline, local
from tracking.links.models import TrackingLink
from tracking.shipments.models import Parcel, Shipment, StatusEvent, WindowChange


class ParcelInline(ShownInline):
    """The boxes of a shipment."""

    model = Parcel
    fields = ["number", "status"]


class StatusEventInline(ShownInline):
    """The history of a shipment, by the clock of where it goes."""

    model = StatusEvent
    fields = ["occurred", "received", "status", "parcel", "place", "source", "raw_code", "reason", "voids", "by"]
    readonly_fields = ["occurred", "received"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusEvent]:
        return super().get_queryset(request).select_related("shipment", "parcel", "by").order_by("occurred_at", "id")

    @admin.display(description="occurred at")
    def occurred(self, event: StatusEvent) -> str:
        return local(event.occurred_at, event.shipment.zone)

    @admin.display(description="received at")
    def received(self, event: StatusEvent) -> str:
        return local(event.received_at, event.shipment.zone)


class WindowChangeInline(ShownInline):
    """The ledger of a shipment's window, by the clock of where it goes."""

    model = WindowChange
    fields = ["told_at", "cause", "date", "from_then_on", "before"]
    readonly_fields = ["told_at", "from_then_on", "before"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WindowChange]:
        return super().get_queryset(request).select_related("shipment")

    @admin.display(description="told at")
    def told_at(self, change: WindowChange) -> str:
        return local(change.at, change.shipment.zone)

    @admin.display(description="told from then on")
    def from_then_on(self, change: WindowChange) -> str:
        return f"{local(change.start, change.shipment.zone)} – {local(change.end, change.shipment.zone)}"

    @admin.display(description="told before")
    def before(self, change: WindowChange) -> str:
        zone = change.shipment.zone
        return f"{local(change.previous_start, zone)} – {local(change.previous_end, zone)}"


@admin.register(Shipment)
class ShipmentAdmin(ShownAdmin):
    """A shipment with its parcels, its history and the ledger of its window, found by any of its numbers or links."""

    list_display = ["reference", "brand", "status", "window", "city", "version"]
    list_filter = ["status", "brand"]
    list_select_related = ["brand"]
    ordering = ["-id"]
    readonly_fields = ["window", "promised", "finished", "changed", "created"]
    search_fields = ["reference"]
    search_help_text = "A reference, a parcel number or a tracking link's token, in full"
    inlines = [ParcelInline, StatusEventInline, WindowChangeInline]
    fieldsets = [
        (None, {"fields": ["brand", "reference", "carrier", "hub", "stop"]}),
        ("State", {"fields": ["status", "handover", "finished", "version", "changed", "created"]}),
        ("Time", {"fields": ["timezone", "window", "window_cause", "promised"]}),
        ("Recipient", {"fields": ["recipient_name", "street", "postcode", "city", "phone", "email"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        return super().get_queryset(request).select_related("brand", "carrier", "hub", "stop")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Shipment], search_term: str
    ) -> tuple[QuerySet[Shipment], bool]:
        """Find by index what a shopper may read out: a number in any case, or a link."""
        term = search_term.strip().rstrip("/").rpartition("/")[2]
        if not term:
            return queryset, False
        by_number = Shipment.objects.numbered(term).values_list("id", flat=True)
        by_link = TrackingLink.objects.filter(token=term).values_list("shipment", flat=True)
        return queryset.filter(id__in=[*by_number, *by_link]), False

    @admin.display(description="window (by the clock there)")
    def window(self, shipment: Shipment) -> str:
        told = shipment.window
        if told is None:
            return "–"
        if told.start is None or told.end is None:
            return told.date.isoformat()
        return f"{told.start.astimezone(shipment.zone):%Y-%m-%d %H:%M}–{told.end.astimezone(shipment.zone):%H:%M}"

    @admin.display(description="promised")
    def promised(self, shipment: Shipment) -> str:
        return f"{local(shipment.promised_start, shipment.zone)} – {local(shipment.promised_end, shipment.zone)}"

    @admin.display(description="finished at")
    def finished(self, shipment: Shipment) -> str:
        return local(shipment.finished_at, shipment.zone)

    @admin.display(description="changed at")
    def changed(self, shipment: Shipment) -> str:
        return local(shipment.changed_at, shipment.zone)

    @admin.display(description="created at")
    def created(self, shipment: Shipment) -> str:
        return local(shipment.created_at, shipment.zone)


@admin.register(StatusEvent)
class StatusEventAdmin(ShownAdmin):
    """What carriers, devices and people said, newest first."""

    list_display = ["source_id", "shipment", "status", "occurred", "place", "raw_code"]
    list_filter = ["status"]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=external_id", "=shipment__reference"]
    exclude = ["occurred_at", "received_at"]
    readonly_fields = ["occurred", "received"]

    @admin.display(description="occurred at")
    def occurred(self, event: StatusEvent) -> str:
        return local(event.occurred_at, event.shipment.zone)

    @admin.display(description="received at")
    def received(self, event: StatusEvent) -> str:
        return local(event.received_at, event.shipment.zone)
