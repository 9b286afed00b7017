"""The admin site as the desk runs it: nobody is in before they have shown a second factor."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from desk import access, attention, audit
from desk.roles import May

ViewT = TypeVar("ViewT", bound=Callable[..., HttpResponseBase])


class DeskSite(AdminSite):
    """Django's admin, behind name, password and a code."""

    site_header = site_title = "Doorstep"
    login_form = access.SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who is staff and has shown the second factor in this session."""
        return access.is_signed_in(request) and getattr(request.user, "otp_device", None) is not None

    def admin_view(self, view: ViewT, cacheable: bool = False) -> ViewT:
        """Keep every page that shows somebody in the book of who looked, whichever app it is of."""

        @wraps(view)
        def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            audit.note_page(request, response)
            return response

        return super().admin_view(cast("ViewT", noted), cacheable)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Begin with what needs attention, for those who see shipments."""
        sees = request.user.has_perm(May.SEE)
        user = access.user_of(request)
        member = access.member_of(user)
        known = {
            "attention": attention.find(user, at=timezone.now()) if sees else None,
            "is_limited": access.is_limited(user),
            "brand_id": member.brand_id if member else None,
        }
        return super().index(request, {**known, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask for name and password; lead who has given them on to the second factor."""
        if access.is_signed_in(request) and not self.has_permission(request):
            onward = {"next": request.GET.get("next", reverse("admin:index"))}
            return redirect(f"{reverse('desk:second_factor')}?{urlencode(onward)}")
        return super().login(request, extra_context)
