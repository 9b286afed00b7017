"""Whom messages reach, and what they want."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.triggers import Channel, Trigger
from tracking.models import Brand, Shipment


class ConsentSource(models.TextChoices):
    """How somebody told us to stop, or to begin again."""

    WORD = "word", _("a word like STOP or START")
    PROVIDER = "provider", _("the provider says so")
    UNSUBSCRIBE = "unsubscribe", _("the link in a mail")
    COMPLAINT = "complaint", _("reported as spam")
    BOUNCE = "bounce", _("the address does not exist")
    DESK = "desk", _("told the support desk")


class Consent(models.Model):
    """Whether messages may go to an address on a channel: the last word of whoever reads there.

    Of one brand, or with none of all: a phone number stops the sender, whichever brand it stood for.
    """

    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    is_given = models.BooleanField()
    source = models.CharField(max_length=20, choices=ConsentSource)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="consent_once_per_brand", fields=["channel", "address", "brand"], condition=Q(brand__isnull=False)
            ),
            models.UniqueConstraint(
                name="consent_once_for_all", fields=["channel", "address"], condition=Q(brand=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}: {'yes' if self.is_given else 'no'}"


class Contact(models.Model):
    """Another number or address for one shipment, in place of the one in the order; given by who proved the factor."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254, db_index=True)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="contact_latest", fields=["shipment", "channel", "added_at"])]

    def __str__(self) -> str:
        return f"{self.channel} of {self.shipment_id} ({self.pk})"


class Preference(models.Model):
    """What a shopper said about one kind of news on one channel, for one shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="message_preferences")
    trigger = models.CharField(max_length=20, choices=Trigger)
    channel = models.CharField(max_length=10, choices=Channel)
    is_wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="preference_once_per_shipment", fields=["shipment", "trigger", "channel"])
        ]

    def __str__(self) -> str:
        return f"{self.trigger} by {self.channel} for {self.shipment_id}"


class PushSubscription(models.Model):
    """A browser that wants to be told of one shipment: where to post, and the keys to encrypt for it."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=500)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    language = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="push_subscription_once", fields=["shipment", "endpoint"])]

    def __str__(self) -> str:
        return f"browser {self.pk} of {self.shipment_id}"
