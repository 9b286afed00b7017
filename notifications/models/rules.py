"""What a brand decides about its messages: when, on which channels, in which words."""

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.triggers import Channel, Trigger
from tracking.models import Brand


class Policy(models.Model):
    """What holds for all messages of a brand; without a row, the defaults of these fields do.

    Quiet hours run from ``quiet_from`` to ``quiet_until`` by the recipient's clock, over midnight where that is
    earlier; the two being equal means none.
    """

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, related_name="message_policy")
    quiet_from = models.TimeField(default=time(21))
    quiet_until = models.TimeField(default=time(8))
    messages_a_day = models.PositiveSmallIntegerField(default=8, validators=[MinValueValidator(1)])
    texts_a_day = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1)])
    texts_an_hour = models.PositiveIntegerField(default=2000, validators=[MinValueValidator(1)])
    late_by_minutes = models.PositiveSmallIntegerField(default=10)
    evening_before_at = models.TimeField(default=time(17))
    pickup_reminder_days = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1)])
    survey_after_hours = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(72)])
    sms_sender = models.CharField(max_length=34, blank=True)
    email_sender = models.CharField(max_length=100, blank=True)
    help_contact = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"policy of {self.brand}"


class Rule(models.Model):
    """Whether a brand tells of something on a channel, and how near it must be where nearness calls for it.

    Without a row, ``rules.DEFAULTS`` holds. ``stops``, ``minutes`` and ``metres`` matter to the triggers of nearness
    alone.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="message_rules")
    trigger = models.CharField(max_length=20, choices=Trigger)
    channel = models.CharField(max_length=10, choices=Channel)
    is_on = models.BooleanField(default=True)
    stops = models.PositiveSmallIntegerField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    metres = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rule_once_per_brand", fields=["brand", "trigger", "channel"]),
            models.CheckConstraint(
                name="rule_is_about_news", condition=~Q(trigger__in=[Trigger.CODE, Trigger.REPLY, Trigger.TEST])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} by {self.channel} of {self.brand_id}"


class Template(models.Model):
    """A brand's own words for a message, instead of the ones that come with Doorstep.

    ``text`` is the SMS, the WhatsApp text, the push text, or the plain part of a mail; placeholders look like
    ``{window}``. WhatsApp sends only what it has approved, which it names by ``content_sid``.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="message_templates")
    trigger = models.CharField(max_length=20, choices=Trigger)
    channel = models.CharField(max_length=10, choices=Channel)
    language = models.CharField(max_length=12)
    subject = models.CharField(max_length=150, blank=True)
    text = models.TextField(max_length=2000)
    content_sid = models.CharField(_("content SID"), max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="template_once_per_brand", fields=["brand", "trigger", "channel", "language"])
        ]

    def __str__(self) -> str:
        return f"{self.trigger} by {self.channel} in {self.language} of {self.brand_id}"
