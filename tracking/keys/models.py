"""The tables of API keys: what each may do, and what it was answered under a name of its own."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.shipments.models import Brand


class Scope(models.TextChoices):
    """One thing that a key may do."""

    SHIPMENTS_READ = "shipments:read", _("read shipments, their events, windows and options")
    SHIPMENTS_WRITE = "shipments:write", _("create, change and cancel shipments")
    EVENTS_WRITE = "events:write", _("report what happened to shipments")
    OPTIONS_WRITE = "options:write", _("change deliveries as their recipients wish, and take that back")
    QUOTES = "quotes", _("ask what a delivery would cost and when it could come")
    SURVEYS_READ = "surveys:read", _("read the stars that shoppers gave, and why")
    SURVEYS_WORDS = "surveys:words", _("read besides what they said in their own words")
    WEBHOOKS = "webhooks", _("keep the addresses that hear of news")
    FLEET_READ = "fleet:read", _("read drivers and routes")
    FLEET_WRITE = "fleet:write", _("add drivers and their devices")
    POSITIONS_WRITE = "positions:write", _("report where drivers are")


OF_THE_FLEET = frozenset({Scope.FLEET_READ, Scope.FLEET_WRITE, Scope.POSITIONS_WRITE})
"""What a brand's own key cannot do: drivers carry for all brands."""


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """A secret that a program shows; kept as its digest. ``begins`` is enough of it to tell it from another.

    It takes in orders of its brand, and sees that brand alone; one that is for all sees every brand and the fleet, and
    its brand, if it has one, is that of an order which names none.
    """

    name = models.CharField(max_length=60)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="api_keys", null=True, blank=True)
    is_for_all = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    begins = models.CharField(max_length=12, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="api_key_has_a_brand_or_is_for_all", condition=Q(brand__isnull=False) | Q(is_for_all=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.begins}…)"

    def may(self, scope: Scope) -> bool:
        """Say whether this key may do such a thing."""
        return scope in self.scopes and (self.is_for_all or scope not in OF_THE_FLEET)


class Answer(models.Model):
    """What a key was answered to a request that it gave a name, so that asking again does nothing again.

    ``fingerprint`` is of the method, the address and the body; ``body``, what was said, is sealed.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="answers")
    name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="answer_once_per_name", fields=["key", "name"])]
        indexes = [models.Index(name="answer_asked_at", fields=["asked_at"])]

    def __str__(self) -> str:
        return f"answer {self.pk} to key {self.key_id}"
