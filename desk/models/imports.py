"""Lists of shipments that staff bring in."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tracking.models import Brand


class ImportQuerySet(models.QuerySet["Import"]):
    def unfinished(self) -> Self:
        """Those that somebody wants taken in, and that are not yet."""
        return self.filter(taken_in_at__isnull=False, position__lt=F("total"))


class Import(models.Model):
    """A CSV file of shipments: read and judged row by row first, taken in by a second click, once.

    ``rows`` are the ``total`` good ones, as they were read, until they are taken in; ``mistakes`` name the line, the
    column and what is wrong there. ``position`` says how many rows are dealt with, ``taken_in`` how many shipments that
    made. ``taken_in_at`` is the second click.
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    rows = models.JSONField(default=list)
    mistakes = models.JSONField(default=list)
    total = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    taken_in_at = models.DateTimeField(null=True, blank=True)
    is_silent = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    taken_in = models.PositiveIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_counts_what_it_took_in", condition=Q(position=0) | Q(taken_in_at__isnull=False)
            ),
            models.CheckConstraint(
                name="import_takes_in_no_more_than_it_has",
                condition=Q(taken_in__lte=F("position"), position__lte=F("total")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    @property
    def is_begun(self) -> bool:
        return self.taken_in_at is not None

    @property
    def is_finished(self) -> bool:
        return self.is_begun and self.position == self.total
