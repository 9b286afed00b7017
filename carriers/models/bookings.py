"""The tables of handing over: what is agreed with partners, whom we asked to take which shipment, what they said."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from carriers import countries
from carriers.models.accounts import Account
from tracking.rounds.models import Carrier
from tracking.shipments.models import Parcel, Shipment


class Contract(models.Model):
    """What is agreed with a partner about one of the carriers it books: from where parcels are fetched, and how.

    ``name_there`` is the partner's name for the carrier, where it books several, and ``service`` the one that is
    bought; without it the cheapest is. Our addresses name no country: those of one contract are all in the same.
    ``parcel_mass_g`` is reckoned with for a parcel that nobody weighed.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contracts")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="contracts")
    name_there = models.CharField(max_length=60, blank=True)
    service = models.CharField(max_length=60, blank=True)
    parcel_mass_g = models.PositiveIntegerField(default=1_000)
    sender = models.CharField(max_length=100)
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=16)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2, validators=[countries.require_code])
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="contract_once_per_carrier", fields=["account", "carrier"])]

    def __str__(self) -> str:
        return f"{self.carrier} by {self.account}"


class BookingState(models.TextChoices):
    """Where the handing over of a shipment stands."""

    OPEN = "open", _("partners are asked")
    BOOKED = "booked", _("booked")
    NOBODY = "nobody", _("nobody takes it")
    CANCELLED = "cancelled", _("cancelled")


class BookingQuerySet(models.QuerySet["PartnerBooking"]):
    def live(self) -> Self:
        """Those that somebody has, or may yet get."""
        return self.filter(state__in=[BookingState.OPEN, BookingState.BOOKED])


class PartnerBooking(models.Model):
    """The handing over of a shipment to whichever partner takes it; of each shipment at most one is live.

    ``carrier_before`` carries it again where nobody takes it, or it is called off.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="partner_bookings")
    state = models.CharField(max_length=10, choices=BookingState, default=BookingState.OPEN)
    carrier_before = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="booking_one_live_per_shipment",
                fields=["shipment"],
                condition=Q(state__in=["open", "booked"]),
            ),
            models.CheckConstraint(
                name="booking_ended_means_ended_at",
                condition=Q(state__in=["open", "booked"], ended_at=None)
                | Q(state__in=["nobody", "cancelled"], ended_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="booking_open", fields=["asked_at"], condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"booking {self.pk} of {self.shipment_id}"

    @property
    def is_open(self) -> bool:
        return self.state == BookingState.OPEN

    @property
    def is_live(self) -> bool:
        return self.state in {BookingState.OPEN, BookingState.BOOKED}


class TryState(models.TextChoices):
    """Where a booking stands with one carrier."""

    WAITING = "waiting", _("is asked if no other takes it")
    DUE = "due", _("is to be asked")
    UNKNOWN = "unknown", _("may have been booked")
    BOOKED = "booked", _("booked")
    REFUSED = "refused", _("refused")
    SILENT = "silent", _("did not answer")
    SPARED = "spared", _("was not needed")
    UNWANTED = "unwanted", _("is to be cancelled")
    CANCELLED = "cancelled", _("cancelled")
    KEPT = "kept", _("could not be cancelled")


class TryQuerySet(models.QuerySet["BookingTry"]):
    def due(self, *, at: datetime) -> Self:
        """Those whose partner is to be called now, and that no worker has."""
        is_free = Q(leased_until=None) | Q(leased_until__lt=at)
        to_do = [TryState.DUE, TryState.UNKNOWN, TryState.UNWANTED]
        return self.filter(is_free, state__in=to_do, due_at__lte=at).order_by("due_at", "id")

    def abandoned(self, *, at: datetime) -> Self:
        """Those with which a partner was about to be called by a worker that did not come back."""
        return self.filter(state=TryState.DUE, called_at__isnull=False, leased_until__lt=at)


class BookingTry(models.Model):
    """One carrier's turn in a booking, and the outbox row of what is said to its partner.

    ``marker`` is our name for it there, by which the partner can be asked. That it is about to be called is written
    down first (``called_at``). ``reference`` is the partner's own name for what it booked. One that is ``is_passed``
    has kept us waiting for too long: whoever is next was asked meanwhile.
    """

    booking = models.ForeignKey(PartnerBooking, on_delete=models.CASCADE, related_name="tries")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="tries")
    rank = models.PositiveSmallIntegerField()
    marker = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=TryState, default=TryState.WAITING)
    why = models.CharField(max_length=200, blank=True)
    is_passed = models.BooleanField(default=False)
    calls = models.PositiveSmallIntegerField(default=0)
    first_called_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    booked_at = models.DateTimeField(null=True, blank=True)

    objects = TryQuerySet.as_manager()

    class Meta:
        ordering = ["booking_id", "rank"]
        constraints = [
            models.UniqueConstraint(name="booking_try_once_per_rank", fields=["booking", "rank"]),
            models.UniqueConstraint(name="booking_try_one_has_it", fields=["booking"], condition=Q(state="booked")),
            models.CheckConstraint(
                name="booking_try_booked_means_reference",
                condition=~Q(state__in=["booked", "unwanted", "cancelled", "kept"])
                | (~Q(reference="") & Q(booked_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="booking_try_to_do_means_due_at",
                condition=Q(state__in=["due", "unknown", "unwanted"], due_at__isnull=False)
                | (~Q(state__in=["due", "unknown", "unwanted"]) & Q(due_at=None, leased_until=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="booking_try_due", fields=["due_at", "id"], condition=Q(state__in=["due", "unknown", "unwanted"])
            ),
            models.Index(Upper("reference"), name="booking_try_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"try {self.rank} of booking {self.booking_id}"


class TrackingNumber(models.Model):
    """The partner's number for a parcel, and where its label is. The shopper goes on reading our own."""

    booking_try = models.ForeignKey(BookingTry, on_delete=models.CASCADE, related_name="numbers")
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="partners_numbers", null=True, blank=True)
    number = models.CharField(max_length=100)
    label_url = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="tracking_number_once_per_try", fields=["booking_try", "number"]),
        ]
        indexes = [models.Index(Upper("number"), name="tracking_number")]

    def __str__(self) -> str:
        return f"{self.number} ({self.pk})"
