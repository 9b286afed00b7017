"""The tables of plans: what is asked for, what was worked out, and what came of it."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.fleet import Duty, Hub, Level, Skill
from tracking.rounds.models import Place, Route
from tracking.shipments.models import Shipment


class Way(models.TextChoices):
    """Where an order may be brought."""

    HOME = "home", _("to the door")
    PICKUP = "pickup", _("to a pickup point")
    COLLECT = "collect", _("nowhere: it is collected at the hub")
    EITHER = "either", _("to the door or a pickup point")


class PlanState(models.TextChoices):
    """Where a plan stands."""

    WAITING = "waiting", _("waiting")
    WORKING = "working", _("being worked out")
    READY = "ready", _("ready")
    PUBLISHED = "published", _("published")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class WhyNot(models.TextChoices):
    """Why a shipment is in no tour: the optimiser's reasons, and those for which it is not even asked."""

    TOO_MUCH = "too_much", _("No vehicle can carry it.")
    NO_SKILL = "no_skill", _("Nobody who works that day may do it.")
    TOO_FAR = "too_far", _("No vehicle is there within its window and back within its shift.")
    NOT_STOCKED = "not_stocked", _("No hub that has it has a vehicle.")
    NOT_READY = "not_ready", _("It is ready to leave too late for its window.")
    NO_ROOM = "no_room", _("Each vehicle that could bring it is full, of load or of time.")
    TOO_DEAR = "too_dear", _("It may come on a later day, and to bring it today would cost more.")
    OTHER_WAY = "other_way", _("The order is served another way.")
    NO_POINT = "no_point", _("Nobody knows where its address is on the map.")
    NO_HUB = "no_hub", _("No hub that is planned for reaches its address.")
    NOBODY_WORKS = "nobody_works", _("Nobody works that day.")
    BY_HAND = "by_hand", _("A dispatcher took it out.")


class Demand(models.Model):
    """What a shipment asks of a plan: how much it is, how long it takes at the door, what it takes to do it.

    ``earliest`` to ``latest`` is when it may be brought: what was promised, or what the shopper chose. Without a
    ``hub`` it leaves from whichever is best. ``pickup_point`` is the place where it is collected, which may be the hub,
    that keeps it until ``kept_until``.
    ``service_seconds`` stay empty where what was learned of doors is taken.
    ``offered_at`` is when somebody last worked out what can be changed about it.
    """

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="demand")
    hub = models.ForeignKey(Hub, on_delete=models.SET_NULL, related_name="demands", null=True, blank=True)
    level = models.CharField(max_length=10, choices=Level, default=Level.STANDARD)
    way = models.CharField(max_length=10, choices=Way, default=Way.HOME)
    pickup_point = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    kept_until = models.DateTimeField(null=True, blank=True)
    mass_g = models.PositiveIntegerField(default=1_000)
    volume_ml = models.PositiveIntegerField(default=8_000)
    service_seconds = models.PositiveIntegerField(null=True, blank=True)
    skills = models.ManyToManyField(Skill, blank=True, related_name="+")
    ready_at = models.DateTimeField(null=True, blank=True)
    earliest = models.DateTimeField()
    latest = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="demand_has_time", condition=Q(latest__gt=F("earliest"))),
            models.CheckConstraint(
                name="demand_by_another_way_says_where", condition=Q(way=Way.HOME) | Q(pickup_point__isnull=False)
            ),
            models.CheckConstraint(
                name="demand_kept_means_collected", condition=Q(kept_until=None) | Q(way=Way.COLLECT)
            ),
        ]
        indexes = [models.Index(name="demand_by_time", fields=["hub", "earliest"])]

    def __str__(self) -> str:
        return f"demand of {self.shipment_id}"


class Plan(models.Model):
    """One attempt at a day of some hubs: asked for, worked out by a worker, looked at, and published or left.

    ``is_again`` is set for one of the rest of a day that is under way. ``progress`` goes from 0 to 100. ``figures`` are
    what it comes to, and what the plan before and the orders as they came would come to; ``missing`` names what had to
    be guessed. ``begun_at`` is also whose the work is: a worker that finds another moment there has lost it.
    """

    day = models.DateField()
    hubs = models.ManyToManyField(Hub, related_name="plans")
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.WAITING)
    is_again = models.BooleanField(default=False)
    seconds = models.FloatField(default=10)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)  # when its worker was last heard of
    ready_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    tries = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0)
    figures = models.JSONField(default=dict, blank=True)
    missing = models.JSONField(default=list, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_progress_is_a_percentage", condition=Q(progress__range=(0, 100))),
            models.CheckConstraint(
                name="plan_published_means_published_at",
                condition=Q(state=PlanState.PUBLISHED, published_at__isnull=False)
                | (~Q(state=PlanState.PUBLISHED) & Q(published_at=None)),
            ),
        ]
        indexes = [models.Index(name="plan_by_day", fields=["day", "asked_at"])]

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.day}"


class PlannedTour(models.Model):
    """What one duty does in a plan, and the route it became."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="tours")
    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="planned_tours")
    route = models.ForeignKey(Route, on_delete=models.SET_NULL, related_name="planned_tours", null=True, blank=True)
    departs_at = models.DateTimeField()
    returns_at = models.DateTimeField()
    pause_at = models.DateTimeField(null=True, blank=True)
    metres = models.PositiveIntegerField()
    driven_seconds = models.PositiveIntegerField()
    money = models.FloatField()
    kg_co2e = models.FloatField()
    litres = models.FloatField(default=0)
    kwh = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="planned_tour_one_per_duty", fields=["plan", "duty"])]

    def __str__(self) -> str:
        return f"tour {self.pk} of plan {self.plan_id}"


class Call(NamedTuple):
    """When a driver gets to a door, when the work begins, when they leave."""

    arrives_at: datetime
    begins_at: datetime
    leaves_at: datetime


class PlannedVisit(models.Model):
    """A shipment in a plan: at which place of which tour and when, or in none, with the reason.

    Shipments to one door have the same sequence. ``place`` is the pickup point it is brought to, where it is to one.
    ``before_at`` is when it would be served by what stood on the routes when this was worked out.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="visits")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="planned_visits")
    tour = models.ForeignKey(PlannedTour, on_delete=models.CASCADE, related_name="visits", null=True, blank=True)
    sequence = models.PositiveSmallIntegerField(null=True, blank=True)
    arrives_at = models.DateTimeField(null=True, blank=True)
    begins_at = models.DateTimeField(null=True, blank=True)
    leaves_at = models.DateTimeField(null=True, blank=True)
    before_at = models.DateTimeField(null=True, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    kg_co2e = models.FloatField(default=0)
    reason = models.CharField(max_length=20, choices=WhyNot, blank=True)

    class Meta:
        ordering = ["tour_id", "sequence", "id"]
        constraints = [
            models.UniqueConstraint(name="planned_visit_once_per_plan", fields=["plan", "shipment"]),
            models.CheckConstraint(
                name="planned_visit_is_in_a_tour_or_has_a_reason",
                condition=Q(
                    tour__isnull=False,
                    sequence__isnull=False,
                    arrives_at__isnull=False,
                    begins_at__isnull=False,
                    leaves_at__isnull=False,
                    reason="",
                )
                | (Q(tour=None, sequence=None) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"visit of {self.shipment_id} in plan {self.plan_id}"

    @property
    def call(self) -> Call | None:
        """Its times, where it is in a tour."""
        if self.arrives_at is None or self.begins_at is None or self.leaves_at is None:
            return None
        return Call(self.arrives_at, self.begins_at, self.leaves_at)
