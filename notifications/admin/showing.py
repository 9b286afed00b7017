"""What the pages of messages have in common: addresses, in full for those who may see them and else masked."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from notifications import addresses
from notifications.triggers import Channel
from tracking import contact


class MaskingAdmin(admin.ModelAdmin):
    """A table whose ``address_field`` not everybody at the desk may see in full: a number where no channel is named."""

    address_field = "address"

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._for(request, super().get_list_display(request))

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        fieldsets = super().get_fieldsets(request, obj)
        return [(name, {**options, "fields": self._for(request, options["fields"])}) for name, options in fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "masked_address"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find an address however it is written."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        for spelling in spellings(search_term):
            found |= super().get_search_results(request, queryset, spelling)[0]
        return found, may_repeat

    @admin.display(description="address")
    def masked_address(self, row: Any) -> str:
        return masked(getattr(row, "channel", Channel.SMS), getattr(row, self.address_field))

    def _for(self, request: HttpRequest, names: Sequence[Any]) -> list[Any]:
        hidden = None if may_see(request.user) else self.address_field
        return ["masked_address" if name == hidden else name for name in names]


def may_see(user: User | AnonymousUser) -> bool:
    """Say whether somebody may see numbers and addresses in full."""
    return user.has_perm("notifications.see_recipients")


def spellings(term: str) -> Iterator[str]:
    """Read a term as an address of each kind, where it can be one, as such addresses are kept."""
    for channel in (Channel.SMS, Channel.EMAIL):
        with suppress(contact.Unreadable):
            yield addresses.read(channel, term, region=settings.PHONE_REGION)


def masked(channel: str, address: str) -> str:
    """Show as much of an address as is needed to know it by; of a browser only that it is one."""
    if channel == Channel.PUSH:
        return f"browser {address}"
    try:
        return addresses.masked(Channel(channel), addresses.read(Channel(channel), address, region=""))
    except contact.Unreadable:
        return addresses.HIDDEN * 3
