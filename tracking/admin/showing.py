"""What the admin's pages have in common: rows only shown, times where they matter, secrets by their beginning."""

from datetime import datetime, tzinfo
from typing import Final

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

SHOWN_OF_A_SECRET: Final = 4


class Shown:
    """Permissions of what services write: to look, and nothing else."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ShownAdmin(Shown, admin.ModelAdmin):
    """A table that is shown, without counting all of it first."""

    show_full_result_count = False


class ShownInline(Shown, admin.TabularInline):
    """Rows that belong to another one, shown on its page."""

    extra = 0


class KeptAdmin(admin.ModelAdmin):
    """A table that staff keep, but from which nothing is taken away, because history hangs on it."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def masked(secret: str) -> str:
    """Show enough of a secret to tell it from another."""
    return f"{secret[:SHOWN_OF_A_SECRET]}…"


def local(moment: datetime | None, zone: tzinfo) -> str:
    """Write a moment by the clock of the place it matters to."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else "–"
