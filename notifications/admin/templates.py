"""Brands' own words: edited, judged before they are kept, shown as they would arrive, and tried out.

The preview is a page of its own, to which the words are posted. A mail's HTML is a document inside it that may do
nothing but look: its address holds the words, signed, and its policy allows styles alone.
"""

from typing import Any, Final

from csp.constants import SELF
from csp.decorators import csp_update
from django import forms
from django.contrib import admin
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_POST

from notifications import segments, texts
from notifications.admin import documents
from notifications.models import Template
from notifications.services import by_hand, templates
from notifications.triggers import Channel, Trigger
from tracking import contact
from tracking.models import Brand

FIELDS: Final = ("brand", "trigger", "channel", "language", "subject", "text", "content_sid")
SALT: Final = "notifications.admin.templates"
OPEN_SECONDS: Final = 60 * 60
MAY_TEST: Final = "notifications.add_notification"


class TemplateForm(forms.ModelForm):
    """Words that are to be kept."""

    class Meta:
        model = Template
        fields = FIELDS

    def clean(self) -> dict[str, Any]:
        """Judge the words as a whole, once each field is readable."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                templates.validate(Template(**cleaned))
            except ValidationError as problems:
                self.add_error(None, problems)
        return cleaned


class DraftForm(forms.Form):
    """Words that are looked at, whether or not they may be kept; and where to send them, to try them out."""

    to = forms.CharField(max_length=254, required=False, label="Send it to")

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields.update(forms.fields_for_model(Template, FIELDS))

    def draft(self) -> Template:
        return Template(**{name: self.cleaned_data[name] for name in FIELDS})


@admin.register(Template)
class TemplateAdmin(admin.ModelAdmin):
    """A brand's own words, in place of those that come with Doorstep."""

    form = TemplateForm
    list_display = ["brand", "trigger", "channel", "language", "subject"]
    list_filter = ["brand", "trigger", "channel", "language"]
    list_select_related = ["brand"]
    ordering = ["brand__name", "trigger", "channel", "language"]
    fields = FIELDS

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("preview/", self.admin_site.admin_view(self.preview), name="notifications_preview"),
            path("preview/mail/", self.admin_site.admin_view(mail), name="notifications_preview_mail"),
        ]
        return [*pages, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Template, form: forms.ModelForm, change: bool) -> None:
        """Keep the words through the service."""
        templates.save(obj)

    @method_decorator(require_POST)
    @method_decorator(csp_update({"frame-src": [SELF]}))
    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show words as they would arrive, with sample data; and send them to an address that staff typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = DraftForm(request.POST)
        context = {**self.admin_site.each_context(request), "title": "Preview", "form": form}
        if form.is_valid():
            draft = form.draft()
            context |= _show(draft) | {"may_test": request.user.has_perm(MAY_TEST)}
            if form.cleaned_data["to"]:
                self._try_out(request, form, draft)
        status = 422 if form.errors else 200
        return render(request, "admin/notifications/preview.html", context, status=status)

    def _try_out(self, request: HttpRequest, form: DraftForm, draft: Template) -> None:
        """Send words that may be kept, and say what came of it."""
        if not request.user.has_perm(MAY_TEST):
            raise PermissionDenied
        try:
            templates.validate(draft)
            sent = by_hand.send_test(draft, form.cleaned_data["to"], at=timezone.now())
        except ValidationError:
            form.add_error("to", "Words with a mistake are not sent.")
        except contact.Unreadable:
            form.add_error("to", "This is no address of that channel.")
        except by_hand.TooManyTests:
            form.add_error("to", "Enough has been tried out for this hour.")
        else:
            self.log_addition(request, sent, "Sent as a test.")
            self.message_user(request, "The test is on its way.")


@require_GET
def mail(request: HttpRequest) -> HttpResponse:
    """Show the HTML of a mail that was signed for a preview within the hour."""
    if not request.user.has_perm("notifications.view_template"):
        raise PermissionDenied
    try:
        words = signing.loads(request.GET.get("draft", ""), salt=SALT, max_age=OPEN_SECONDS)
        brand = Brand.objects.get(id=words.pop("brand"))
    except (signing.BadSignature, Brand.DoesNotExist) as error:
        raise Http404 from error
    shown = templates.preview(Template(brand=brand, **words))
    return documents.show(shown.wording.html, brand=brand)


def _show(draft: Template) -> dict[str, Any]:
    """Say how words would arrive, what they would cost, and what is wrong with them."""
    shown = templates.preview(draft)
    is_sms = draft.channel == Channel.SMS
    return {
        "shown": shown,
        "encoding": segments.encoding(shown.wording.text) if is_sms else "",
        "parts": segments.split(shown.wording.text) if is_sms else [],
        "allowed": sorted(texts.ALLOWED[Trigger(draft.trigger)]),
        "problems": _problems(draft),
        "document": _sign(draft) if shown.wording.html else "",
    }


def _problems(draft: Template) -> list[str]:
    try:
        templates.validate(draft)
    except ValidationError as problems:
        return problems.messages
    return []


def _sign(draft: Template) -> str:
    words = {name: getattr(draft, name) for name in FIELDS if name != "brand"}
    return signing.dumps({"brand": draft.brand_id, **words}, salt=SALT, compress=True)
