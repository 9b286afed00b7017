"""From a request to the line in the book: who, when, from where, what."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from desk import services
from desk.models import Deed, Look
from tracking.shipments.models import Shipment
from tracking.views import entrance

SHOWN: Final = frozenset({200, 422})
"""How a page answers that shows something."""

ABOUT_NOBODY: Final = frozenset({"index", "app_list", "login", "logout", "jsi18n", "view_on_site"})
MODELS_OF_NOBODY: Final = (
    "carriers_account",
    "carriers_alarm",
    "carriers_contract",
    "carriers_floor",
    "carriers_profile",
    "carriers_tariff",
    "carriers_terms",
    "carriers_floor",
    "carriers_profile",
    "carriers_tariff",
    "desk_look",  # the book itself
    "dispatch_fleet",
    "dispatch_hub",
    "dispatch_skill",
    "dispatch_vehicletype",
    "feedback_casepolicy",
    "feedback_macro",
    "notifications_health",
    "notifications_policy",
    "notifications_preview",  # of a delivery that is made up
    "notifications_rule",
    "notifications_template",
    "notifications_webhook",
    "password_change",
    "tracking_apikey",
    "tracking_brand",
    "tracking_carrier",
    "tracking_stophint",
    "tracking_place",
)
"""The stock pages about nobody, and what the names of more of them begin with. All the rest is kept in the book."""


def note(
    request: HttpRequest,
    deed: Deed,
    what: str,
    *,
    shipment: Shipment | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what the signed-in member of staff who makes this request saw or did.

    ``what`` is the name of the page or the action; ``details`` hold no personal data.
    """
    if isinstance(request.user, User):
        services.note(
            Look(
                user=request.user,
                at=timezone.now(),
                deed=deed,
                what=what,
                shipment=shipment,
                reason=reason,
                details=dict(details or {}),
                address=entrance.address_of(request) or None,
            )
        )


def note_page(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write down that somebody saw a page of the stock admin, unless it is about nobody.

    The desk's own pages see to that themselves. What is kept is the page, the row that it shows or how many rows, and
    whether they were searched for.
    """
    match = request.resolver_match
    name = (match and match.url_name) or ""
    is_stock = match is not None and match.namespace == "admin"
    is_about_somebody = name not in ABOUT_NOBODY and not name.startswith(MODELS_OF_NOBODY)
    if not (is_stock and is_about_somebody and response.status_code in SHOWN):
        return
    context = getattr(response, "context_data", None) or {}
    row, rows = context.get("original") or context.get("object"), context.get("cl")
    details: dict[str, Any] = {}
    if row is not None:
        details["id"] = str(row.pk)
    elif rows is not None:
        details |= {"rows": len(rows.result_list), "is_search": bool(rows.query)}
    shipment = row if isinstance(row, Shipment) else getattr(row, "shipment", None)
    note(request, Deed.SAW, name, shipment=shipment, details=details)
