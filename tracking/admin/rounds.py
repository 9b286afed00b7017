"""Carriers, places and drivers, which staff keep; shifts, routes and positions, which they look at; keys to revoke."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tracking.admin.showing import KeptAdmin, ShownAdmin, ShownInline, masked
from tracking.rounds import services
from tracking.rounds.models import Carrier, Device, Driver, Place, Position, Route, Shift, Stop


@admin.register(Carrier)
class CarrierAdmin(KeptAdmin):
    """Who carries parcels."""

    list_display = ["name", "slug", "kind"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Place)
class PlaceAdmin(KeptAdmin):
    """Hubs and pickup points."""

    list_display = ["name", "slug", "kind", "address"]
    list_filter = ["kind"]
    search_fields = ["name", "slug", "address"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Driver)
class DriverAdmin(KeptAdmin):
    """People who bring parcels; their shifts and positions go with nobody's click."""

    list_display = ["given_name", "family_name", "vehicle", "carrier"]
    list_filter = ["vehicle", "carrier"]
    list_select_related = ["carrier"]
    search_fields = ["given_name", "family_name"]


@admin.register(Device)
class DeviceAdmin(ShownAdmin):
    """The addresses to which drivers' phones report; the key is a secret, and shown by its beginning."""

    list_display = ["key_begins", "driver", "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["driver"]
    ordering = ["-id"]
    search_fields = ["driver__given_name", "driver__family_name", "=key"]
    fields = ["key_begins", "driver", "created_at", "revoked_at"]
    readonly_fields = ["key_begins"]
    actions = ["revoke"]

    @admin.display(description="key")
    def key_begins(self, device: Device) -> str:
        return masked(device.key)

    @admin.action(description="Revoke the selected devices", permissions=["revoke"])
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        """Close the addresses of these devices at once and for good."""
        for device in devices:
            services.revoke_device(device, at=timezone.now())
            self.log_change(request, device, "Revoked.")
        self.message_user(request, f"{len(devices)} revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.change_device")


@admin.register(Shift)
class ShiftAdmin(ShownAdmin):
    """Who works when."""

    list_display = ["driver", "state", "starts_at", "ends_at", "started_at", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["driver"]
    ordering = ["-id"]
    search_fields = ["driver__given_name", "driver__family_name"]


class StopInline(ShownInline):
    """The doors of a route, in order."""

    model = Stop
    fields = ["sequence", "state", "planned_at", "approached_at", "arrived_at", "done_at", "latitude", "longitude"]


@admin.register(Route)
class RouteAdmin(ShownAdmin):
    """Tours with their stops."""

    list_display = ["__str__", "driver", "hub", "state", "departs_at", "started_at", "finished_at"]
    list_filter = ["state", "hub"]
    list_select_related = ["shift__driver", "hub"]
    ordering = ["-id"]
    search_fields = ["shift__driver__given_name", "shift__driver__family_name"]
    inlines = [StopInline]

    @admin.display(description="driver", ordering="shift__driver")
    def driver(self, route: Route) -> str:
        return str(route.shift.driver)


@admin.register(Position)
class PositionAdmin(ShownAdmin):
    """Where drivers were, for the few days for which that is kept."""

    list_display = ["driver", "recorded_at", "received_at", "latitude", "longitude", "speed_mps", "accuracy_m"]
    list_select_related = ["driver"]
    ordering = ["-id"]
    search_fields = ["driver__given_name", "driver__family_name"]
