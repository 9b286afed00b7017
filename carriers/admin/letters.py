"""What partners wrote: shown as text, and read again by a click."""

from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from carriers.models import Letter
from carriers.services import letters
from tracking.admin.showing import ShownAdmin

MOST_SHOWN: Final = 20_000


@admin.register(Letter)
class LetterAdmin(ShownAdmin):
    """What partners wrote, byte for byte."""

    list_display = ["received_at", "account", "via", "state", "read_at", "problem"]
    list_filter = ["state", "via", "account"]
    list_select_related = ["account"]
    ordering = ["-id"]
    search_fields = ["=digest", "=strays__number"]
    fields = ["account", "via", "received_at", "state", "tries", "read_at", "problem", "digest", "words"]
    readonly_fields = ["words"]
    actions = ["read_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        return super().get_queryset(request).defer("body")

    @admin.action(description="Read the selected letters again", permissions=["read"])
    def read_again(self, request: HttpRequest, chosen: QuerySet[Letter]) -> None:
        """Have letters read once more, after an adapter was mended; what is known already is not written twice."""
        again = letters.read_again(Letter.objects.filter(id__in=chosen.values("id")))
        self.message_user(request, f"{again} to be read again.")

    def has_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("carriers.change_letter")

    @admin.display(description="what it says")
    def words(self, letter: Letter) -> str:
        """Show a letter as text, whatever it is."""
        return bytes(letter.body[:MOST_SHOWN]).decode(errors="replace")
