"""Accounts with partners: secrets go in and are not shown again, tables are brought by hand, and how each is doing."""

from datetime import UTC
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from carriers.formats import registry
from carriers.models import Account, Format
from carriers.services import accounts, folder, health
from tracking.admin.showing import KeptAdmin, local


class AccountForm(forms.ModelForm):
    """An account; what is secret is only ever written, and left as it is where nothing is."""

    new_secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="What the partner signs with. The one before counts for another day.",
    )
    new_api_key = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        label="New API key",
        help_text="For the partner's own API, to ask and to book.",
    )
    table = forms.FileField(required=False, help_text="A table (CSV) with news, for an account of that format.")

    class Meta:
        model = Account
        fields = ["name", "slug", "format", "carriers", "is_active", "api_url", "poll_minutes", "silent_after_hours"]
        # The admin's own widget for two lists writes styles into the page, which our policy refuses.
        widgets: ClassVar = {"carriers": forms.CheckboxSelectMultiple}

    def clean_table(self) -> bytes:
        table = self.cleaned_data.get("table")
        if not isinstance(table, UploadedFile):
            return b""
        if not 0 < (table.size or 0) <= folder.LARGEST:
            raise forms.ValidationError(f"A table has from one byte to {folder.LARGEST // 2**20} MB.")
        return bytes(table.read())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("poll_minutes") is not None and not self._can_be_asked(cleaned):
            self.add_error("poll_minutes", "Only a partner whose format has an API can be asked, at its address.")
        if cleaned.get("table") and cleaned.get("format") != Format.CSV:
            self.add_error("table", "This account does not speak in tables.")
        return cleaned

    @staticmethod
    def _can_be_asked(cleaned: dict[str, Any]) -> bool:
        return bool(cleaned["poll_minutes"] and cleaned.get("api_url") and cleaned.get("format") in registry.ASKED)


@admin.register(Account)
class AccountAdmin(KeptAdmin):
    """The partners whose programs we speak with, and how that goes."""

    form = AccountForm
    list_display = ["name", "format", "is_active", "heard_at", "failures", "ask_after", "created_at"]
    list_filter = ["format", "is_active"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["has_secret", "former_until", "has_api_key", "heard_at", "read_at", "unreadable", "failures"]
    actions = ["make_secret"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "format", "carriers", "is_active"]}),
        ("Secrets", {"fields": ["has_secret", "new_secret", "former_until", "has_api_key", "new_api_key"]}),
        ("How it is asked", {"fields": ["api_url", "poll_minutes", "silent_after_hours"]}),
        ("How it is", {"fields": ["heard_at", "read_at", "unreadable", "failures", "table"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Keep an account; secrets and tables go their own ways."""
        at = timezone.now()
        if not change:
            obj.created_at = at
        super().save_model(request, obj, form, change)
        if form.cleaned_data["new_secret"]:
            accounts.set_secret(obj, form.cleaned_data["new_secret"], at=at)
        if form.cleaned_data["new_api_key"]:
            accounts.set_api_key(obj, form.cleaned_data["new_api_key"])
        if form.cleaned_data["table"]:
            folder.is_taken(obj, form.cleaned_data["table"], at=at)

    @admin.action(description="Make a new signing secret for the selected account", permissions=["change"])
    def make_secret(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        """Make a secret, and show it this once."""
        account = chosen.first()
        if account is None or chosen.count() > 1:
            self.message_user(request, "Choose one account.", "error")
            return None
        secret = accounts.make_secret()
        accounts.set_secret(account, secret, at=timezone.now())
        self.log_change(request, account, "Given another secret.")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "account": account, "secret": secret}
        context["title"] = "The secret is made"
        response = render(request, "admin/carriers/secret_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.display(boolean=True, description="has a secret")
    def has_secret(self, account: Account) -> bool:
        return bool(accounts.secrets_of(account, at=timezone.now()))

    @admin.display(boolean=True, description="has an API key")
    def has_api_key(self, account: Account) -> bool:
        return bool(accounts.api_key_of(account))

    @admin.display(description="last heard of")
    def heard_at(self, account: Account) -> str:
        return local(health.heard_at(account), UTC)

    @admin.display(description="last read")
    def read_at(self, account: Account) -> str:
        return local(health.read_at(account), UTC)

    @admin.display(description="unreadable in the last day")
    def unreadable(self, account: Account) -> int:
        return health.unreadable(account, at=timezone.now())
