"""Who may come in: roles as permissions, a second factor for everybody, and an end to guessing passwords."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django import forms
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import roles
from desk.models import Member, Role
from desk.roles import May
from tracking.links import limits
from tracking.links.limits import Limit, TooManyMisses
from tracking.shipments.models import Shipment, ShipmentQuerySet
from tracking.views import entrance

BY_NAME: Final = Limit("staff", misses=10, seconds=15 * 60)

_MEMBER: Final = "_desk_member"

P = ParamSpec("P")


class RoleBackend(ModelBackend):
    """Gives a member of the desk what their role may do, and no more; whoever is no member has what Django's gives.

    The stock pages show everybody's shipments, so that a member who may not see all has the desk's own pages alone.
    """

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        member = member_of(user_obj) if isinstance(user_obj, User) and user_obj.is_active and obj is None else None
        if member is None:
            return super().get_all_permissions(user_obj, obj=obj)
        granted = roles.PERMISSIONS[Role(member.role)]
        return {permission for permission in granted if permission in set(May) or not member.is_limited}


class SignInForm(AdminAuthenticationForm):
    """Name and password, refused unread after ten wrong ones within a quarter of an hour."""

    def clean(self) -> dict[str, object]:
        at, name = timezone.now(), str(self.cleaned_data.get("username", ""))
        try:
            limits.require_few_misses(name, at=at, limit=BY_NAME)
            return super().clean()
        except TooManyMisses as haste:
            raise forms.ValidationError(_("Too many wrong passwords. Please wait a quarter of an hour.")) from haste
        except forms.ValidationError:
            self._count(name)
            raise

    def _count(self, name: str) -> None:
        at = timezone.now()
        try:
            limits.count_miss(name, at=at, limit=BY_NAME)
            if self.request is not None:
                limits.count_miss(entrance.address_of(self.request), at=at)
        except TooManyMisses:
            return


def is_signed_in(request: HttpRequest) -> bool:
    """Say whether a request comes from staff, by name and password; the second factor may be still to come."""
    return request.user.is_active and request.user.is_staff


def user_of(request: HttpRequest) -> User:
    """Give who makes a request of one of the desk's pages.

    Raises ``PermissionDenied`` where nobody is signed in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def member_of(user: User) -> Member | None:
    """Give a user's place at the desk; looked up once for each request's user.

    By attribute: a request's user is a wrapper, whose own ``__dict__`` is not that of who it wraps.
    """
    if not hasattr(user, _MEMBER):
        setattr(user, _MEMBER, Member.objects.select_related("brand", "carrier").filter(user=user).first())
    member: Member | None = getattr(user, _MEMBER)
    return member


def is_limited(user: User) -> bool:
    """Say whether there are shipments that a user of the desk may not see, because of whom they belong to."""
    member = member_of(user)
    return member is not None and member.is_limited


def shipments_of(user: User) -> ShipmentQuerySet:
    """Give the shipments that a user of the desk may see."""
    member = member_of(user)
    shipments = Shipment.objects.all()
    if member is None or not member.is_limited:
        return shipments if user.has_perm(May.SEE) else shipments.none()
    limits_of = {"carrier": member.carrier, "brand": member.brand}
    return shipments.filter(**{name: limit for name, limit in limits_of.items() if limit is not None})


def page(
    may: May, *, of_everybodys: bool = False
) -> Callable[[Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view a page of the desk: for signed-in staff with a second factor who may do this; 403 to other staff.

    A page ``of_everybodys`` shipments is for those alone who may see all of them.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def judged(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_perm(may) or (of_everybodys and is_limited(user_of(request))):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(judged)

    return decorate
