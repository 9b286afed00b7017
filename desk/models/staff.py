"""Who works at the desk, and what they are there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.models import Brand, Carrier


class Role(models.TextChoices):
    """What somebody is at the desk; ``desk.roles`` says what each may do."""

    AGENT = "agent", _("Agent")
    LEAD = "lead", _("Lead")
    ADMIN = "admin", _("Admin")
    PARTNER = "partner", _("Carrier partner")


class Member(models.Model):
    """The role of a user of the admin site.

    A partner sees the shipments of one carrier, and whoever belongs to a brand those of that brand, and no others.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="desk_member")
    role = models.CharField(max_length=10, choices=Role)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="member_partner_means_carrier",
                condition=Q(role="partner", carrier__isnull=False) | (~Q(role="partner") & Q(carrier=None)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @property
    def is_limited(self) -> bool:
        """Whether there are shipments that they may not see."""
        return self.carrier_id is not None or self.brand_id is not None
