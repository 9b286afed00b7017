"""The tables of crowds: couriers who are asked, what they are offered, who was asked, and what they earned.

Money is in the currency of the installation. Cells are of H3, of the resolution ``CELL_RESOLUTION``.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dispatch.models import VehicleType
from notifications.models import Question
from tracking.rounds.models import Carrier, CarrierKind, Driver, Place, Shift, make_key
from tracking.shipments.models import Brand, Shipment

CELL_RESOLUTION: Final = 8
"""Of H3: hexagons of 0.7 km², a neighbourhood; the next ring of them is some 900 m farther out."""

CENT: Final = Decimal("0.01")

SEEN_LASTS: Final = timedelta(hours=2)
"""For how long somebody is where they were last known to be; after that they are at home again."""


class Terms(models.Model):
    """How a crowd is asked and paid.

    For ``gathers_seconds`` an offer waits for more to doors beside its own. Then it goes to the ring of cells around
    the hub, and every ``widens_seconds`` to the next one, up to ``last_ring``. Whoever is asked has ``answer_seconds``.
    Nobody is asked who has fewer than ``least_stars``, once so many have rated them. Whoever accepts has
    ``start_seconds``, from when the route is to leave, to load it. Of pay, ``Fleet.cost_per_stop`` is the other part.
    """

    carrier = models.OneToOneField(
        Carrier, on_delete=models.CASCADE, related_name="terms", limit_choices_to={"kind": CarrierKind.CROWD}
    )
    gathers_seconds = models.PositiveIntegerField(default=60)
    widens_seconds = models.PositiveIntegerField(default=120)
    last_ring = models.PositiveSmallIntegerField(default=4)
    answer_seconds = models.PositiveIntegerField(default=600)
    start_seconds = models.PositiveIntegerField(default=1_800)
    least_stars = models.FloatField(default=3.5)
    least_ratings = models.PositiveIntegerField(default=5)
    pay_per_km = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("0.80"))

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.CheckConstraint(name="terms_take_time", condition=Q(widens_seconds__gt=0, answer_seconds__gt=0)),
            models.CheckConstraint(name="terms_stars_are_at_most_five", condition=Q(least_stars__range=(0, 5))),
        ]

    def __str__(self) -> str:
        return f"terms of {self.carrier_id}"


class CourierQuerySet(models.QuerySet["Courier"]):
    def ready(self, *, clock: time) -> Self:
        """Those who let themselves be asked at this time of their day, and whom nobody has suspended."""
        no_hours = Q(available_from=None)
        has_begun, is_to_end = Q(available_from__lte=clock), Q(available_until__gt=clock)
        same_day = Q(available_from__lt=F("available_until")) & has_begun & is_to_end
        past_midnight = Q(available_from__gte=F("available_until")) & (has_begun | is_to_end)
        return self.filter(no_hours | same_day | past_midnight, is_available=True, suspended_at=None)

    def within(self, cells: set[str], *, at: datetime) -> Self:
        """Those who are, as far as anybody knows, in one of these cells."""
        is_recent = Q(seen_at__gt=at - SEEN_LASTS)
        was_seen = is_recent & Q(seen_cell__in=cells)
        is_home = (Q(seen_at=None) | ~is_recent) & Q(home_cell__in=cells)
        return self.filter(was_seen | is_home)

    def able(self, *, mass_g: int, volume_ml: int) -> Self:
        """Those whose vehicle takes so much."""
        return self.filter(vehicle_type__payload_g__gte=mass_g, vehicle_type__volume_ml__gte=volume_ml)

    def well_rated(self, terms: Terms) -> Self:
        """Those above the floor of the crowd, and those whom too few have rated to say."""
        stars, n = terms.least_stars, terms.least_ratings
        return self.exclude(driver__score__stars__lt=stars, driver__score__stars_n__gte=n)

    def free(self) -> Self:
        """Those who have nothing to bring: no offer of theirs is under way, and no shift."""
        busy = Offer.objects.filter(state=OfferState.ACCEPTED).values("courier")
        at_work = Shift.objects.open().values("driver")
        return self.exclude(id__in=busy).exclude(driver__in=at_work)


class Courier(models.Model):
    """A driver of a crowd: how to ask them, where they are about, what they can carry, and when they want to.

    ``token`` opens the page on which they say when. Without hours they may be asked at any; by the clock of where it
    goes to. A suspended one is not asked.
    """

    driver = models.OneToOneField(Driver, on_delete=models.CASCADE, related_name="courier")
    phone = models.CharField(max_length=20, unique=True)
    language = models.CharField(max_length=12, default="en")
    vehicle_type = models.ForeignKey(VehicleType, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=40, unique=True, default=make_key, editable=False)
    home_cell = models.CharField(max_length=15)
    seen_cell = models.CharField(max_length=15, blank=True, editable=False)
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_available = models.BooleanField(default=False)
    available_from = models.TimeField(null=True, blank=True)
    available_until = models.TimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CourierQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="courier_at_home", fields=["home_cell"], condition=Q(suspended_at=None))]
        constraints = [
            models.CheckConstraint(
                name="courier_hours_have_both_ends",
                condition=Q(available_from=None, available_until=None)
                | Q(available_from__isnull=False, available_until__isnull=False),
            ),
            models.CheckConstraint(
                name="courier_seen_means_where",
                condition=Q(seen_at=None, seen_cell="") | (Q(seen_at__isnull=False) & ~Q(seen_cell="")),
            ),
        ]

    def __str__(self) -> str:
        return f"courier {self.pk}"

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class OfferState(models.TextChoices):
    """Where an offer stands."""

    GATHERING = "gathering", _("waiting for more to the same doors")
    OPEN = "open", _("couriers are asked")
    ACCEPTED = "accepted", _("a courier has it")
    DONE = "done", _("brought")
    ENDED = "ended", _("nobody took it")
    WITHDRAWN = "withdrawn", _("withdrawn")


LIVE: Final = (OfferState.GATHERING, OfferState.OPEN, OfferState.ACCEPTED)


class OfferQuerySet(models.QuerySet["Offer"]):
    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def due(self, *, at: datetime) -> Self:
        """Those that are to go out, or to more couriers, or whose time is over."""
        waiting = self.filter(state__in=[OfferState.GATHERING, OfferState.OPEN])
        return waiting.filter(Q(widens_at__lte=at) | Q(open_until__lte=at))


class Offer(models.Model):
    """One errand from a hub to one door, or a few beside each other, that a crowd's couriers are asked to run.

    What couriers see of it before one accepts is here: the neighbourhood (``cell``), so many ``metres`` from the hub to
    its middle, the load, the time, the pay. ``ring`` is how far out couriers were asked, nothing while nobody was;
    ``times_out`` counts how often it went out. It is open until ``open_until``, and accepted by one ``courier``, who
    is to have loaded it by ``load_by`` in the ``shift`` made for it.
    """

    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="offers")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    hub = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    shipments = models.ManyToManyField(Shipment, through="Offered", related_name="+")
    cell = models.CharField(max_length=15)
    metres = models.PositiveIntegerField()
    mass_g = models.PositiveIntegerField()
    volume_ml = models.PositiveIntegerField()
    earliest = models.DateTimeField()
    latest = models.DateTimeField()
    timezone = models.CharField(max_length=40)
    doors = models.PositiveSmallIntegerField(default=1)
    pay_per_stop = models.DecimalField(max_digits=8, decimal_places=2)
    pay_per_km = models.DecimalField(max_digits=6, decimal_places=2)
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.GATHERING)
    ring = models.PositiveSmallIntegerField(null=True, blank=True)
    times_out = models.PositiveSmallIntegerField(default=1)
    widens_at = models.DateTimeField()
    open_until = models.DateTimeField()
    courier = models.ForeignKey(Courier, on_delete=models.PROTECT, related_name="offers", null=True, blank=True)
    shift = models.OneToOneField(Shift, on_delete=models.SET_NULL, related_name="offer", null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    load_by = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="offer_has_time", condition=Q(latest__gt=F("earliest"))),
            models.CheckConstraint(
                name="offer_accepted_means_by_whom",
                condition=~Q(state="accepted")
                | Q(courier__isnull=False, accepted_at__isnull=False, load_by__isnull=False),
            ),
            models.CheckConstraint(
                name="offer_open_means_by_nobody",
                condition=~Q(state__in=["gathering", "open", "ended"]) | Q(courier=None, accepted_at=None),
            ),
            models.CheckConstraint(
                name="offer_over_means_ended_at",
                condition=Q(state__in=["gathering", "open", "accepted"], ended_at=None)
                | (Q(state__in=["done", "ended", "withdrawn"]) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="offer_one_under_way_per_courier", fields=["courier"], condition=Q(state="accepted")
            ),
        ]
        indexes = [
            models.Index(name="offer_due", fields=["widens_at"], condition=Q(state__in=["gathering", "open"])),
            models.Index(name="offer_ended", fields=["ended_at"], condition=Q(state="ended")),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def pay(self) -> Decimal:
        """What it pays: so much a door, and so much a kilometre from the hub to the middle of its cell."""
        return self.pay_per_stop * self.doors + (self.pay_per_km * self.kilometres).quantize(CENT)

    @property
    def kilometres(self) -> Decimal:
        """How far that is, in steps of 100 metres."""
        return (Decimal(self.metres) / 1000).quantize(Decimal("0.1"))


class Offered(models.Model):
    """A shipment in an offer; in one at a time (``until`` is when that was over)."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="offered")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="offered")
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="offered_once_at_a_time", fields=["shipment"], condition=Q(until=None)),
            models.UniqueConstraint(name="offered_once_in_an_offer", fields=["offer", "shipment"]),
        ]

    def __str__(self) -> str:
        return f"shipment {self.shipment_id} in offer {self.offer_id}"


class Answer(models.TextChoices):
    """What became of an invitation."""

    ASKED = "asked", _("asked")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    OVERTAKEN = "overtaken", _("somebody was faster")
    EXPIRED = "expired", _("no answer in time")
    WITHDRAWN = "withdrawn", _("withdrawn")
    GIVEN_BACK = "given_back", _("accepted, then given back")
    NO_SHOW = "no_show", _("accepted, but never came")


LET_DOWN: Final = (Answer.GIVEN_BACK, Answer.NO_SHOW)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self, *, at: datetime) -> Self:
        """Those that may still be accepted, as far as time goes."""
        return self.filter(answer=Answer.ASKED, expires_at__gt=at)

    def expired(self, *, at: datetime) -> Self:
        return self.filter(answer=Answer.ASKED, expires_at__lte=at)


class Invitation(models.Model):
    """That one courier was asked once: their link to the offer, until when it is good, and what they answered.

    Of an offer at most one is accepted. ``question`` is the one that their number has open because of it, if any.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="invitations")
    courier = models.ForeignKey(Courier, on_delete=models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=40, unique=True, default=make_key, editable=False)
    ring = models.PositiveSmallIntegerField()
    time_out = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.ASKED)
    answered_at = models.DateTimeField(null=True, blank=True)
    question = models.OneToOneField(
        Question, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="invitation_once_each_time_out", fields=["offer", "courier", "time_out"]),
            models.UniqueConstraint(
                name="invitation_one_accepted_per_offer", fields=["offer"], condition=Q(answer="accepted")
            ),
            models.CheckConstraint(
                name="invitation_answered_means_when",
                condition=Q(answer="asked", answered_at=None) | (~Q(answer="asked") & Q(answered_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="invitation_expires", fields=["expires_at"], condition=Q(answer="asked")),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} of {self.courier_id} to {self.offer_id}"


class Earning(models.Model):
    """What a courier is owed for an offer that they brought, with the sum that it comes from. Written once."""

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="earning")
    courier = models.ForeignKey(Courier, on_delete=models.PROTECT, related_name="earnings")
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    sum = models.CharField(max_length=100)
    earned_at = models.DateTimeField()

    class Meta:
        ordering = ["-earned_at", "-id"]

    def __str__(self) -> str:
        return f"{self.amount} for {self.offer_id}"
