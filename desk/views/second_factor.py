"""The way in after name and password: show the second factor, or set it up."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

import django_otp
from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from desk import access, second_factor


class CodeForm(forms.Form):
    """A code from the app, or one of the recovery codes."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=24,
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


def _signed_in(view: Callable[[HttpRequest, User], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Hand a view the member of staff who has given name and password; send everybody else to do so."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def judged(request: HttpRequest) -> HttpResponse:
        if not access.is_signed_in(request) or not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request, request.user)

    return judged


@_signed_in
def show(request: HttpRequest, user: User) -> HttpResponse:
    """Ask for the code and let in who has it; lead who has none set up to do that."""
    if not second_factor.is_set_up(user):
        return redirect(f"{reverse('desk:enrol')}?{urlencode({'next': _onward(request)})}")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = second_factor.verify(user, form.cleaned_data["code"])
        if device is not None:
            django_otp.login(request, device)
            return redirect(_onward(request))
        form.add_error("code", _("This is not the code, or it was used already. Wait for the next one."))
    return _answer(request, "second_factor", form, {})


@_signed_in
def enrol(request: HttpRequest, user: User) -> HttpResponse:
    """Set the second factor up: a secret to scan, a code to prove it, and recovery codes that are shown this once."""
    if second_factor.is_set_up(user):
        return redirect("desk:second_factor")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirmed = second_factor.confirm(user, form.cleaned_data["code"])
        if confirmed is not None:
            device, codes = confirmed
            django_otp.login(request, device)
            return render(request, "desk/recovery.html", {"codes": codes, "next": _onward(request)})
        form.add_error("code", _("This is not the code that the app should show. Check the phone's clock."))
    device = second_factor.begin(user)
    to_scan = {"picture": second_factor.picture(device), "secret": second_factor.secret_of(device)}
    return _answer(request, "enrol", form, to_scan)


def _answer(request: HttpRequest, name: str, form: CodeForm, context: dict[str, str]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, f"desk/{name}.html", {"form": form, "next": _onward(request), **context}, status=status)


def _onward(request: HttpRequest) -> str:
    """Say where somebody wanted to go, as long as it is here."""
    onward = request.POST.get("next") or request.GET.get("next") or ""
    is_here = url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure())
    return onward if is_here else reverse("admin:index")
