"""Who looked at whose data, and who did what."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.models import Shipment


class Deed(models.TextChoices):
    """What somebody at the desk did."""

    SEARCHED = "searched", _("searched")
    SAW = "saw", _("looked at")
    ACTED = "acted", _("changed")
    EXPORTED = "exported", _("exported")


class Look(models.Model):
    """One view of personal data, or one deed, by one member of staff. Append-only: the database refuses the rest.

    ``what`` names the page or the action, ``reason`` is what they gave as one, ``details`` hold what was changed
    (before and after) or how much was exported, and never the personal data itself. A search keeps the kind of thing
    that was searched for, not the words. It outlives the shipment.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    deed = models.CharField(max_length=10, choices=Deed)
    what = models.CharField(max_length=60)
    shipment = models.ForeignKey(
        Shipment, on_delete=models.DO_NOTHING, db_constraint=False, related_name="looks", null=True, blank=True
    )
    reason = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(name="look_at_shipment", fields=["shipment", "at"]),
            models.Index(name="look_by_user", fields=["user", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.deed} {self.what} at {self.at:%Y-%m-%d %H:%M:%S}"
