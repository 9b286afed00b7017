"""What recipients want: consents, to which staff add what they are told, and the addresses that shoppers gave."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from notifications import addresses
from notifications.admin.showing import MaskingAdmin
from notifications.models import Consent, ConsentSource, Contact
from notifications.services import consent
from notifications.triggers import Channel
from tracking import contact
from tracking.admin.showing import ShownAdmin


class ConsentForm(forms.ModelForm):
    """What somebody told the desk: that they want no more messages, or want them again."""

    class Meta:
        model = Consent
        fields = ["channel", "address", "brand", "is_given"]

    def clean(self) -> dict[str, Any]:
        """Read the address as one of the channel; what was said of it before makes room for the later word."""
        cleaned = super().clean() or self.cleaned_data
        if "channel" in cleaned and "address" in cleaned:
            channel = Channel(cleaned["channel"])
            try:
                cleaned["address"] = addresses.read(channel, cleaned["address"], region=settings.PHONE_REGION)
            except contact.Unreadable:
                self.add_error("address", "This is no address of that channel.")
            else:
                said = Consent.objects.filter(channel=channel, address=cleaned["address"], brand=cleaned.get("brand"))
                self.instance = said.first() or self.instance
        return cleaned


@admin.register(Consent)
class ConsentAdmin(MaskingAdmin, ShownAdmin):
    """The last word of each address; staff add what they were told, and never change what others said."""

    form = ConsentForm
    list_display = ["address", "channel", "is_given", "source", "brand", "changed_at"]
    list_filter = ["is_given", "channel", "source"]
    list_select_related = ["brand"]
    ordering = ["-id"]
    search_fields = ["=address"]
    fields = ["channel", "address", "brand", "is_given", "source", "changed_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return super().get_fieldsets(request, obj) if obj else [(None, {"fields": ConsentForm.Meta.fields})]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("notifications.add_consent")

    def save_model(self, request: HttpRequest, obj: Consent, form: forms.ModelForm, change: bool) -> None:
        """Write down what the desk was told, as anybody's own word is written down."""
        say = consent.give if obj.is_given else consent.withhold
        say(Channel(obj.channel), obj.address, source=ConsentSource.DESK, at=timezone.now(), brand=obj.brand)
        obj.pk = Consent.objects.get(channel=obj.channel, address=obj.address, brand=obj.brand).pk


@admin.register(Contact)
class ContactAdmin(MaskingAdmin, ShownAdmin):
    """Numbers and addresses that shoppers gave for a delivery, in place of those in the order."""

    list_display = ["shipment", "channel", "address", "added_at"]
    list_filter = ["channel"]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=address", "=shipment__reference"]
    fields = ["shipment", "channel", "address", "added_at"]
