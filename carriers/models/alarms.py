"""The table of alarms: what is wrong with how a partner and we understand one another."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from carriers.models.accounts import Account


class AlarmKind(models.TextChoices):
    """What can be wrong between a partner and us."""

    UNREADABLE = "unreadable", _("news that could not be read")
    EMPTY = "empty", _("answers that say nothing")
    UNKNOWN_CODE = "unknown_code", _("a code that we do not know")
    UNKNOWN_NUMBER = "unknown_number", _("tracking numbers of no shipment")
    NOT_ANSWERING = "not_answering", _("it does not answer")
    SILENT = "silent", _("nothing heard of it")


class Alarm(models.Model):
    """One thing that is wrong with a partner, however often; ``subject`` is the code, where it is about one.

    Open until a person settles it, or it has gone by itself; what comes after that is another alarm.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=20, choices=AlarmKind)
    subject = models.CharField(max_length=100, blank=True)
    times = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="alarm_open_once", fields=["account", "kind", "subject"], condition=Q(settled_at=None)
            ),
        ]
        indexes = [models.Index(name="alarm_open", fields=["first_at"], condition=Q(settled_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.pk})"
