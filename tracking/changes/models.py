"""The tables of what may be changed from a link, and of what was."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.shipments.models import Brand, Shipment


class Action(models.TextChoices):
    """What can be done from a link, in the words of the public JSON."""

    RESCHEDULE = "reschedule", _("another day")
    SLOT = "slot", _("another time")
    SAFE_PLACE = "safe_place", _("a safe place")
    NEIGHBOUR = "neighbour", _("a neighbour")
    PICKUP_POINT = "pickup_point", _("a pickup point")
    HOLD = "hold", _("hold it")
    ADDRESS = "address", _("the address")
    INSTRUCTIONS = "instructions", _("instructions")
    NEEDS = "needs", _("what I need")


class Asker(models.TextChoices):
    """By which door a change came in."""

    LINK = "link", _("the tracking link")
    SMS = "sms", _("a text message")
    DESK = "desk", _("the support desk")
    API = "api", _("the shop")
    STANDING = "standing", _("a standing wish")


class OfferedAction(models.Model):
    """Something that can be changed about a shipment until ``until``: the cut-off that is shown.

    ``choices`` are the ways of doing it, each an object with a ``key`` that is unique among them, and as far as they
    apply ``start`` and ``end`` (ISO 8601), ``until`` (ISO 8601) where its own cut-off comes first, ``place`` (a slug),
    ``name`` (of the place or the part of the day), ``address``, ``opens`` (two times of a working day) and
    ``kept_until`` (ISO 8601) of where it is collected, ``price`` (a decimal in a string), ``kg_co2e`` (what it adds;
    less than nothing where it saves) and ``sum`` (how that comes about). An action that asks for words alone has none.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="offered_actions")
    action = models.CharField(max_length=20, choices=Action)
    until = models.DateTimeField()
    choices = models.JSONField(default=list, blank=True)
    offered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="offered_action_once", fields=["shipment", "action"])]

    def __str__(self) -> str:
        return f"{self.action} of {self.shipment_id}"


class Change(models.Model):
    """What somebody asked to be done otherwise with a shipment, and what was so before.

    ``details`` are the answers as the action's form cleaned them (personal), ``before`` what undoing goes back to. A
    change that a later one of the same action replaced keeps its line. ``key`` and ``undone_key`` name the API keys
    that asked for it and took it back, where programs did.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(max_length=20, choices=Action)
    asked_by = models.CharField(max_length=10, choices=Asker)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    key = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField()
    details = models.JSONField(default=dict, blank=True)
    before = models.JSONField(default=dict, blank=True)
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_key = models.CharField(max_length=80, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="change_one_in_force_per_action",
                fields=["shipment", "action"],
                condition=Q(undone_at=None, replaced_at=None),
            ),
            models.CheckConstraint(
                name="change_by_a_program_means_by_its_key",
                condition=(Q(asked_by="api") & ~Q(key="")) | (~Q(asked_by="api") & Q(key="")),
            ),
            models.CheckConstraint(
                name="change_undone_by_a_key_means_undone", condition=Q(undone_key="") | Q(undone_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.shipment_id} at {self.asked_at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_in_force(self) -> bool:
        return self.undone_at is None and self.replaced_at is None


class Preference(models.Model):
    """What somebody wishes for all deliveries of a brand that come to them. ``who`` is a keyed hash of their address.

    Written only after a code that was sent to that address; ``details`` are as in ``Change`` (personal).
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="preferences")
    who = models.CharField(max_length=64)
    action = models.CharField(max_length=20, choices=Action)
    details = models.JSONField(default=dict)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="preference_once", fields=["brand", "who", "action"])]

    def __str__(self) -> str:
        return f"preference {self.pk} for {self.action}"
