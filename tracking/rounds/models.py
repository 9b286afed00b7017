"""The tables of a round: who drives which stops, in which order, and where they were seen."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class CarrierKind(models.TextChoices):
    """The ways a parcel can reach a person."""

    OWN_FLEET = "own_fleet", _("Own fleet")
    THIRD_PARTY = "third_party", _("Third-party carrier")
    CROWD = "crowd", _("Crowd couriers")
    PICKUP = "pickup", _("Pickup from a local hub")


class PlaceKind(models.TextChoices):
    """What a place is for."""

    HUB = "hub", _("Hub")
    PICKUP_POINT = "pickup_point", _("Pickup point")


class Vehicle(models.TextChoices):
    """What a driver comes with, in the words the shopper reads."""

    VAN = "van", _("van")
    CAR = "car", _("car")
    CARGO_BIKE = "cargo_bike", _("cargo bike")
    BIKE = "bike", _("bike")
    ON_FOOT = "on_foot", _("on foot")


class ShiftState(models.TextChoices):
    """Where a driver's working time stands."""

    PLANNED = "planned", _("planned")
    WORKING = "working", _("working")
    ON_BREAK = "on_break", _("on a break")
    ENDED = "ended", _("ended")


class RouteState(models.TextChoices):
    """Where a route stands."""

    PLANNED = "planned", _("planned")
    ACTIVE = "active", _("on the road")
    FINISHED = "finished", _("finished")


class StopState(models.TextChoices):
    """Where a stop stands; only pending stops count as stops away."""

    PENDING = "pending", _("to come")
    DONE = "done", _("done")
    REMOVED = "removed", _("removed")


class Carrier(models.Model):
    """Somebody who carries parcels: the own fleet, a company, a crowd, or a hub where people collect."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=CarrierKind)

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Place(models.Model):
    """A hub that parcels leave from, or a pickup point where they wait."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=PlaceKind)
    address = models.CharField(max_length=200)
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="place_lies_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Driver(models.Model):
    """A person who brings parcels. The shopper learns the given name and the vehicle, nothing else."""

    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="drivers")
    given_name = models.CharField(max_length=60)
    family_name = models.CharField(max_length=60, blank=True)
    vehicle = models.CharField(max_length=20, choices=Vehicle, default=Vehicle.VAN)

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name} ({self.pk})"


def make_key() -> str:
    """Make a secret for an address: 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


class DeviceQuerySet(models.QuerySet["Device"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None)


class Device(models.Model):
    """A phone or tracker that reports a driver's position; its key is its address and its secret."""

    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="devices")
    key = models.CharField(max_length=40, unique=True, default=make_key, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"device {self.pk} of {self.driver_id}"


class ShiftQuerySet(models.QuerySet["Shift"]):
    def open(self) -> Self:
        """Those that have begun and not ended."""
        return self.filter(state__in=[ShiftState.WORKING, ShiftState.ON_BREAK])


class Shift(models.Model):
    """A driver's working time on one day.

    From ``shares_until`` on nobody sees where the driver is, whatever they do and whichever device reports it.
    """

    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="shifts")
    state = models.CharField(max_length=10, choices=ShiftState, default=ShiftState.PLANNED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    shares_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="shift_one_open_per_driver",
                fields=["driver"],
                condition=Q(state__in=[ShiftState.WORKING, ShiftState.ON_BREAK]),
            ),
            models.CheckConstraint(name="shift_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="shift_ended_means_ended_at",
                condition=Q(state=ShiftState.ENDED, ended_at__isnull=False)
                | (~Q(state=ShiftState.ENDED) & Q(ended_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"shift {self.pk} of {self.driver_id}"

    @property
    def is_working(self) -> bool:
        return self.state == ShiftState.WORKING

    def is_shared(self, *, at: datetime) -> bool:
        """Whether anybody may see where the driver is: at work, and not later than is right."""
        return self.is_working and (self.shares_until is None or at < self.shares_until)


class RouteQuerySet(models.QuerySet["Route"]):
    def active(self) -> Self:
        return self.filter(state=RouteState.ACTIVE)

    def due_for_estimate(self, *, not_since: datetime) -> Self:
        """Those on the road that nobody has estimated since then."""
        return self.active().exclude(estimated_at__gt=not_since)


class Route(models.Model):
    """A tour from a hub, driven in one shift: its stops in order."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="routes")
    hub = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="routes")
    state = models.CharField(max_length=10, choices=RouteState, default=RouteState.PLANNED)
    departs_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    estimated_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RouteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="route_active_means_started_at",
                condition=Q(state=RouteState.PLANNED, started_at=None)
                | (~Q(state=RouteState.PLANNED) & Q(started_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="route_finished_means_finished_at",
                condition=Q(state=RouteState.FINISHED, finished_at__isnull=False)
                | (~Q(state=RouteState.FINISHED) & Q(finished_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"route {self.pk} of {self.departs_at:%Y-%m-%d}"


class StopQuerySet(models.QuerySet["Stop"]):
    def pending(self) -> Self:
        return self.filter(state=StopState.PENDING)

    def kept(self) -> Self:
        """All but the removed ones: the doors on this route that are somebody's."""
        return self.exclude(state=StopState.REMOVED)

    def of_driver(self, driver_id: int) -> Self:
        """Those that a driver has on any route that is on the road."""
        return self.filter(route__shift__driver=driver_id, route__state=RouteState.ACTIVE)


class Stop(models.Model):
    """One door on a route. Several shipments may share it.

    ``done_at`` is when the driver left it, ``settled_at`` when it was written down that it is done or removed: a phone
    without a signal tells late.
    """

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="stops")
    sequence = models.PositiveSmallIntegerField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    service_seconds = models.PositiveIntegerField(default=180)
    state = models.CharField(max_length=10, choices=StopState, default=StopState.PENDING)
    planned_at = models.DateTimeField(null=True, blank=True)
    approached_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StopQuerySet.as_manager()

    class Meta:
        ordering = ["route_id", "sequence"]
        constraints = [
            models.UniqueConstraint(name="stop_one_per_place_in_route", fields=["route", "sequence"]),
            models.CheckConstraint(
                name="stop_lies_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(
                name="stop_done_means_done_at",
                condition=Q(state=StopState.DONE, done_at__isnull=False) | (~Q(state=StopState.DONE) & Q(done_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"stop {self.sequence} of route {self.route_id}"

    @property
    def is_pending(self) -> bool:
        return self.state == StopState.PENDING


class PositionQuerySet(models.QuerySet["Position"]):
    def older_than(self, moment: datetime) -> Self:
        return self.filter(recorded_at__lt=moment)


class Position(models.Model):
    """One fix of a driver, kept as it was reported: the breadcrumb, never the marker."""

    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="positions")
    recorded_at = models.DateTimeField()
    received_at = models.DateTimeField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    heading = models.FloatField(null=True, blank=True)
    speed_mps = models.FloatField(null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="position_once_per_moment", fields=["driver", "recorded_at"]),
            models.CheckConstraint(
                name="position_lies_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
        ]
        indexes = [models.Index(name="position_recorded_at", fields=["recorded_at"])]

    def __str__(self) -> str:
        return f"{self.driver_id} at {self.recorded_at:%Y-%m-%d %H:%M:%S}"
