"""The tables of the driver's page: the links that open it, and what was done on it."""

from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.rounds.models import Shift, make_key
from tracking.shipments.models import Shipment
from tracking.shipments.reasons import Reason

LONGEST_WORDS: Final = 200


class Kind(models.TextChoices):
    """What a driver can do on the page."""

    START = "start", _("begin the shift")
    SCAN = "scan", _("load a parcel")
    SET_OFF = "set_off", _("set off")
    ARRIVE = "arrive", _("arrive")
    DELIVER = "deliver", _("deliver")
    ATTEMPT = "attempt", _("not delivered")
    PAUSE = "pause", _("begin a break")
    RESUME = "resume", _("end a break")
    END = "end", _("end the shift")


REASONS: Final = (
    Reason.NOBODY,
    Reason.NO_ACCESS,
    Reason.REFUSED,
    Reason.WRONG_ADDRESS,
    Reason.NO_SAFE_PLACE,
    Reason.DAMAGED,
)
"""Why a driver may say that a parcel could not be handed over."""


class Outcome(models.TextChoices):
    """What became of something that a driver did."""

    DONE = "done", _("done")
    OVERTAKEN = "overtaken", _("overtaken by something else")
    REFUSED = "refused", _("not done")


class Flag(models.TextChoices):
    """What is odd about something that a driver did: told to them, kept for the desk."""

    CLOCK = "clock", _("the phone's clock cannot be right")
    REVOKED = "revoked", _("it was told after the link had been revoked")
    NOT_LOADED = "not_loaded", _("it was not loaded by a scan")
    UNKNOWN_PARCEL = "unknown_parcel", _("no parcel has this number")
    OTHER_ROUTE = "other_route", _("it belongs on another route")
    NOT_WANTED = "not_wanted", _("it is not to be delivered any more")
    SCANNED_BEFORE = "scanned_before", _("it was loaded before")
    PIN_WRONG = "pin_wrong", _("the PIN was wrong")
    PIN_LOCKED = "pin_locked", _("too many wrong PINs today")
    PIN_MISSING = "pin_missing", _("no PIN was given")
    PICTURE_TOO_LARGE = "picture_too_large", _("a picture was too large")
    PICTURE_UNREADABLE = "picture_unreadable", _("a picture could not be read")
    BAD_EVIDENCE = "bad_evidence", _("less than a minute at the door, or more than 100 m away from it")
    NO_EVIDENCE = "no_evidence", _("nobody knows where the phone was")


class DriveLinkQuerySet(models.QuerySet["DriveLink"]):
    def good(self) -> Self:
        return self.filter(revoked_at=None)


class DriveLink(models.Model):
    """A capability: whoever opens it first drives this shift with that device, and no other device does.

    ``device_digest`` is a keyed hash of what the device keeps in a cookie; empty while no device has begun.
    """

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="drive_links")
    token = models.CharField(max_length=40, unique=True, default=make_key, editable=False)
    issued_at = models.DateTimeField(editable=False)
    device_digest = models.CharField(max_length=64, blank=True, editable=False)
    bound_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DriveLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="drive_link_bound_means_device",
                condition=Q(device_digest="", bound_at=None) | (~Q(device_digest="") & Q(bound_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"link {self.pk} to {self.shift}"

    @property
    def is_bound(self) -> bool:
        return self.bound_at is not None


class DriverAction(models.Model):
    """One thing that a driver did, exactly once: ``key`` is the name that their phone gave it.

    ``occurred_at`` is when it happened as we judge it, ``device_at`` what the phone's clock said. ``said`` is the rest
    of what was sent, as it was read (personal; a PIN is not kept); ``fingerprint`` tells a repetition from a forgery.
    """

    link = models.ForeignKey(DriveLink, on_delete=models.CASCADE, related_name="actions")
    key = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    occurred_at = models.DateTimeField()
    device_at = models.DateTimeField()
    received_at = models.DateTimeField()
    said = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE)
    flags = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["occurred_at", "id"]
        constraints = [
            models.UniqueConstraint(name="driver_action_once_per_key", fields=["link", "key"]),
            models.CheckConstraint(
                name="driver_action_happened_before_it_was_told", condition=Q(occurred_at__lte=models.F("received_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
