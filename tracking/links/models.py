"""The tables of links: the tokens shoppers hold, and who proved what with them."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.shipments.models import Shipment


class Origin(models.TextChoices):
    """How somebody came by a link, which decides what may count as their second factor."""

    SENT = "sent", _("sent to the recipient")
    LOOKUP = "lookup", _("found by reference and postcode")


class UseKind(models.TextChoices):
    """What somebody did with a link that is worth keeping."""

    UNLOCKED = "unlocked", _("second factor given")
    REFUSED = "refused", _("second factor wrong")


def make_token() -> str:
    """Make a token of 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


class TrackingLink(models.Model):
    """A capability: whoever holds the token sees the shipment's public facts. Kept plain, later messages repeat it."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=40, unique=True, default=make_token, editable=False)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SENT)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link {self.pk} of {self.shipment_id}"

    @property
    def takes_postcode(self) -> bool:
        """Whether the postcode proves anything: not for those who spent it to get here."""
        return self.origin == Origin.SENT


class SharedLink(models.Model):
    """A way for somebody else to learn when it comes and which PIN it takes, and nothing else.

    ``name`` is what the shopper calls them, for their own list. It ends with its term, when the shopper revokes it, and
    with the link that it was made from.
    """

    link = models.ForeignKey(TrackingLink, on_delete=models.CASCADE, related_name="shared_links")
    token = models.CharField(max_length=40, unique=True, default=make_token, editable=False)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"shared link {self.pk} of {self.link_id}"


class LinkCode(models.Model):
    """A code that was sent to the address on file, as a keyed hash: who knows it has proved who they are."""

    link = models.ForeignKey(TrackingLink, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(name="link_code_latest", fields=["link", "requested_at"])]

    def __str__(self) -> str:
        return f"code {self.pk} for {self.link_id}"


class LinkUse(models.Model):
    """One attempt at the second factor: append-only."""

    link = models.ForeignKey(TrackingLink, on_delete=models.CASCADE, related_name="uses")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=UseKind)

    class Meta:
        indexes = [models.Index(name="link_use_latest", fields=["link", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.link_id} at {self.at:%Y-%m-%d %H:%M:%S}"
