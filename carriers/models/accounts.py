"""The tables of partners: how we speak with each, and how asking them goes."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.rounds.models import Carrier
from tracking.shipments.models import Parcel


class Format(models.TextChoices):
    """The ways in which partners write."""

    EASYPOST = "easypost", "EasyPost"
    AFTERSHIP = "aftership", "AfterShip"
    SHIPPO = "shippo", "Shippo"
    SEVENTEEN_TRACK = "17track", "17TRACK"
    KARRIO = "karrio", "Karrio"
    GENERIC = "generic", _("Doorstep's own, signed")
    CSV = "csv", _("table (CSV)")


class AccountQuerySet(models.QuerySet["Account"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def to_ask(self, *, at: datetime) -> Self:
        """Those that are asked for news, unless they want to be left alone for now."""
        return self.active().filter(Q(ask_after=None) | Q(ask_after__lte=at), poll_minutes__isnull=False)


class Account(models.Model):
    """A partner whose program we speak with: one carrier's, or one that passes on the news of many.

    It may say something of the shipments of its ``carriers`` only. Secrets are sealed; the signing secret before still
    counts until ``former_until``, so that nothing is lost in a change. ``api_url`` is where the partner is asked and
    booked with ``api_key``; both are empty where that is not possible. It is asked for the parcels that it has said
    nothing of for ``poll_minutes``; after ``failures`` in a row it is left alone until ``ask_after``. It is silent
    after ``silent_after_hours`` without a word while shipments of its carriers are on their way.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    format = models.CharField(max_length=20, choices=Format)
    carriers = models.ManyToManyField(Carrier, related_name="accounts", blank=True)
    is_active = models.BooleanField(default=True)
    secret = models.TextField(blank=True, editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True)
    api_url = models.CharField(max_length=500, blank=True)
    api_key = models.TextField(blank=True, editable=False)
    poll_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    ask_after = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    silent_after_hours = models.PositiveSmallIntegerField(default=24)
    created_at = models.DateTimeField(editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_asked_means_api_url",
                condition=Q(poll_minutes=None) | (Q(poll_minutes__gt=0) & ~Q(api_url="")),
            ),
            models.CheckConstraint(
                name="account_former_secret_has_an_end",
                condition=Q(former_secret="", former_until=None)
                | (~Q(former_secret="") & Q(former_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Followed(models.Model):
    """A parcel as a partner knows it: when we last heard of it or asked, and how to ask what is new only.

    The partner's last word on it came ``heard_at`` and told of ``said_at``; an estimate in anything that told of less
    is older than that, whenever it arrives. Both are empty as long as we have only asked.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="followed")
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="+")
    heard_at = models.DateTimeField(null=True, blank=True)
    said_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="followed_once_per_account", fields=["account", "parcel"]),
            models.CheckConstraint(
                name="followed_heard_means_said",
                condition=Q(heard_at=None, said_at=None) | Q(heard_at__isnull=False, said_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"parcel {self.parcel_id} with {self.account_id}"
