"""The table of how long drives took, from which a hub's own traffic is learned."""

from django.db import models
from django.db.models import Q

from dispatch.models.fleet import Hub


class DrivenHour(models.Model):
    """The drives of a hub that began in one hour of one day, local time, all ``n`` of them together.

    ``seconds`` is how long they would have taken a van in fair weather, ``empty_seconds`` on an empty road too.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="driven_hours")
    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    seconds = models.FloatField()
    empty_seconds = models.FloatField()
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="driven_hour_once", fields=["hub", "day", "hour"]),
            models.CheckConstraint(name="driven_hour_is_of_a_day", condition=Q(hour__range=(0, 23))),
            models.CheckConstraint(
                name="driven_hour_rests_on_some", condition=Q(n__gt=0, seconds__gt=0, empty_seconds__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.n} drives of hub {self.hub_id} on {self.day} at {self.hour} h"
