"""The tables of the fleet: from where, with what, by whom and at what cost parcels are brought.

Who a hub, a carrier, a driver and a shift are, tracking says; what a planner needs to know of them stands here. Money
is in the currency of the installation.
"""

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracking.rounds.models import Carrier, Place, PlaceKind, Shift
from tracking.rounds.models import Vehicle as VehicleKind


class Level(models.TextChoices):
    """How fast a shop promised it."""

    SAME_DAY = "same_day", _("Same day")
    NEXT_DAY = "next_day", _("Next day")
    SLOT = "slot", _("In a slot")
    STANDARD = "standard", _("Standard")


class Energy(models.TextChoices):
    """What makes a vehicle go, in the words of the table of factors."""

    DIESEL = "diesel", _("diesel")
    PETROL = "petrol", _("petrol")
    CNG = "cng", _("natural gas")
    LPG = "lpg", _("LPG")
    PLUG_IN = "plug_in", _("plug-in hybrid")
    BATTERY = "battery", _("battery")
    MUSCLE = "muscle", _("muscle")


class VehicleClass(models.TextChoices):
    """What a vehicle is, as far as its emissions depend on it, in the words of the table of factors."""

    VAN_1305 = "van_1305", _("van up to 1.305 t")
    VAN_1740 = "van_1740", _("van up to 1.74 t")
    VAN_3500 = "van_3500", _("van up to 3.5 t")
    VAN = "van", _("van of average size")
    CAR = "car", _("car of average size")
    MOTORBIKE_SMALL = "motorbike_small", _("small motorbike")
    MOTORBIKE = "motorbike", _("motorbike")
    CARGO_BIKE = "cargo_bike", _("cargo bike")
    ON_FOOT = "on_foot", _("on foot")


class Skill(models.Model):
    """Something that not every driver may or can do: carry for two, check an age, go into a yard."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Hub(models.Model):
    """A local fulfilment centre, as a planner knows it: its day, its zone, and whose holidays it keeps.

    ``country`` and ``subdivision`` are ISO 3166 codes. ``waiting_costs`` is what it costs to leave until tomorrow what
    may come today. Where somebody hands parcels over on working days, they do so from ``hands_over_from`` to
    ``hands_over_until``, and each parcel is kept for ``keeps_days`` more working days.
    """

    place = models.OneToOneField(
        Place,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="hub",
        limit_choices_to={"kind": PlaceKind.HUB},
    )
    timezone = models.CharField(max_length=40)
    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=6, blank=True)
    opens_at = models.TimeField()
    closes_at = models.TimeField()
    reach_m = models.PositiveIntegerField(default=15_000)
    waiting_costs = models.DecimalField(max_digits=8, decimal_places=2, default=5)
    hands_over_from = models.TimeField(null=True, blank=True)
    hands_over_until = models.TimeField(null=True, blank=True)
    keeps_days = models.PositiveSmallIntegerField(default=7)

    class Meta:
        constraints = [
            models.CheckConstraint(name="hub_closes_after_it_opens", condition=Q(closes_at__gt=F("opens_at"))),
            models.CheckConstraint(
                name="hub_hands_over_from_until",
                condition=Q(hands_over_from=None, hands_over_until=None)
                | Q(
                    hands_over_from__isnull=False,
                    hands_over_until__isnull=False,
                    hands_over_until__gt=F("hands_over_from"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"hub {self.place_id}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Cutoff(models.Model):
    """Until when an order of a level can be in to leave a hub: by ``until``, ``days_before`` days before it leaves.

    ``ready_at`` is when what came in by then can leave, on the day it does.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="cutoffs")
    level = models.CharField(max_length=10, choices=Level)
    days_before = models.PositiveSmallIntegerField(default=0)
    until = models.TimeField()
    ready_at = models.TimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="cutoff_one_per_level", fields=["hub", "level"])]

    def __str__(self) -> str:
        return f"{self.level} of hub {self.hub_id}"


class Fleet(models.Model):
    """What a carrier's drivers cost: own, partner or crowd."""

    carrier = models.OneToOneField(Carrier, on_delete=models.CASCADE, related_name="fleet")
    cost_per_shift = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    cost_per_hour = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    cost_per_stop = models.DecimalField(max_digits=8, decimal_places=2, default=0)

    def __str__(self) -> str:
        return f"fleet of {self.carrier_id}"


class VehicleType(models.Model):
    """A kind of vehicle: what it carries, how it gets on, what it burns and costs.

    ``pace`` is by what its drives take longer than a van's on an empty road; ``feels_traffic`` is the share of the
    delays of motor traffic that it meets, from 0 (a bicycle on its lane) to 1.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=VehicleKind)
    vehicle_class = models.CharField(max_length=20, choices=VehicleClass)
    energy = models.CharField(max_length=10, choices=Energy)
    payload_g = models.PositiveIntegerField()
    volume_ml = models.PositiveIntegerField()
    pace = models.FloatField(default=1.0)
    feels_traffic = models.FloatField(default=1.0)
    reach_m = models.PositiveIntegerField(null=True, blank=True)
    cost_per_km = models.DecimalField(max_digits=8, decimal_places=3, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="vehicle_type_gets_on", condition=Q(pace__gt=0)),
            models.CheckConstraint(name="vehicle_type_feels_a_share", condition=Q(feels_traffic__range=(0, 1))),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Duty(models.Model):
    """What a shift is worked with: from which hub, in which vehicle, with which skills, and when it pauses.

    ``looked_at`` is when its order of stops was last thought about again.
    """

    shift = models.OneToOneField(Shift, on_delete=models.CASCADE, related_name="duty")
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="duties")
    vehicle_type = models.ForeignKey(VehicleType, on_delete=models.PROTECT, related_name="duties")
    skills = models.ManyToManyField(Skill, blank=True, related_name="+")
    pause_from = models.DateTimeField(null=True, blank=True)
    pause_until = models.DateTimeField(null=True, blank=True)
    pause_seconds = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.CheckConstraint(
                name="duty_pause_is_whole",
                condition=Q(pause_from=None, pause_until=None, pause_seconds=0)
                | Q(
                    pause_from__isnull=False,
                    pause_until__isnull=False,
                    pause_seconds__gt=0,
                    pause_until__gte=F("pause_from"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"duty of shift {self.shift_id}"
