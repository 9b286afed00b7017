"""Changing a delivery: what is possible now, until when, for how much; asked, undone, and what was changed.

Looking needs the link, changing the second factor on this device. A GET changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tracking import facts, looks, pictures
from tracking.changes import hints, services
from tracking.changes.keeping import NoRoom
from tracking.changes.models import Action, Change, OfferedAction
from tracking.changes.services import LINK, NotInForce, NotOffered, TooLate
from tracking.forms import WORDS, ChangeForm, ChoiceForm
from tracking.links.models import TrackingLink
from tracking.shipments.models import Shipment
from tracking.views import door, downloads, entrance, factor
from tracking.words import options


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be changed, as the page shows it: ``is_open`` where somebody is in the midst of it."""

    action: Action
    title: str
    until: str
    form: ChangeForm
    is_open: bool


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show what can be changed, and what was."""
    return _page(request, link)


@require_POST
@entrance.with_link
def ask(request: HttpRequest, link: TrackingLink, action: str) -> HttpResponse:
    """Change something; 422 with the page where it cannot be, 403 without the second factor."""
    row = _find(link.shipment, action)
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    if row is None:
        return _refuse(request, link, options.not_offered())
    form = _form(row, request.POST, request.FILES, at=timezone.now())
    hint = _hint(form) if form.is_valid() else {}
    if not form.is_valid():
        return _page(request, link, filled=(Action(action), form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    details = form.details() | hint
    if refusal := _try(lambda: services.ask(link.shipment, Action(action), details, by=LINK, at=timezone.now())):
        for name in hint.values():
            hints.discard(name)
        form.add_error(None, options.unknown_address() if action == Action.ADDRESS else refusal)
        return _page(request, link, filled=(Action(action), form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Done. The driver and the plan know already."))
    return redirect("tracking:options", link.token)


@require_safe
@entrance.with_link
def photo(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show the picture of the safe place to who has shown the second factor; 404 to anybody else."""
    if door.opened(request, link) is None:
        raise Http404
    return downloads.hint(link.shipment)


@require_POST
@entrance.with_link
def undo(request: HttpRequest, link: TrackingLink, action: str) -> HttpResponse:
    """Take back what was changed; 422 with the page where it cannot be, 403 without the second factor."""
    change = next((change for change in services.in_force([link.shipment]) if change.action == action), None)
    if door.opened(request, link) is None:
        return _page(request, link, status=HTTPStatus.FORBIDDEN)
    if change is None:
        return _refuse(request, link, options.not_offered())
    if refusal := _try(lambda: services.undo(change, at=timezone.now())):
        return _refuse(request, link, refusal)
    messages.success(request, _("It is as it was before."))
    return redirect("tracking:options", link.token)


def _hint(form: ChangeForm) -> dict[str, str]:
    """Store the picture that was given with a form; gives its name, and the form an error where it is none."""
    given = form.picture
    try:
        return {hints.NAME: hints.store(given)} if given else {}
    except pictures.TooLarge:
        form.add_error(hints.NAME, options.too_large())
    except pictures.NoPicture:
        form.add_error(hints.NAME, options.no_picture())
    return {}


def _try(change: Callable[[], Change]) -> str:
    """Try to change something; says why it could not be, if it could not."""
    try:
        change()
    except NoRoom:
        return options.gone()
    except TooLate:
        return options.too_late()
    except (NotOffered, NotInForce):
        return options.not_offered()
    return ""


def _refuse(request: HttpRequest, link: TrackingLink, problem: str) -> HttpResponse:
    return _page(request, link, problem=problem, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _find(shipment: Shipment, action: str) -> OfferedAction | None:
    """Find what is offered; 404 where no action has this name."""
    if action not in Action:
        raise Http404
    offered = services.offered(shipment, at=timezone.now())
    return next((row for row in offered if row.action == action), None)


def _form(
    row: OfferedAction,
    data: Mapping[str, str] | None = None,
    files: MultiValueDict[str, Any] | None = None,
    *,
    at: datetime,
) -> ChangeForm:
    """Make the form of an action, empty or filled in."""
    action, shipment = Action(row.action), row.shipment
    if action in WORDS:
        known = {"street": shipment.street, "postcode": shipment.postcode, "city": shipment.city}
        return WORDS[action](
            data, files, action=action, initial=known if data is None and action == Action.ADDRESS else {}
        )
    now = at.astimezone(shipment.zone)
    ways = [(choice["key"], options.way(choice, now=now)) for choice in row.choices if _is_on(choice, at=at)]
    return ChoiceForm(data, action=action, initial={}, ways=ways)


def _is_on(choice: Mapping[str, Any], *, at: datetime) -> bool:
    return "until" not in choice or datetime.fromisoformat(choice["until"]) > at


def _page(
    request: HttpRequest,
    link: TrackingLink,
    *,
    filled: tuple[Action, ChangeForm] | None = None,
    problem: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    at, shipment, opened = timezone.now(), link.shipment, door.opened(request, link)
    now, told = at.astimezone(shipment.zone), facts.told_window(shipment, at=at)
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "door": opened,
        "asked": factor.ask(link, filled=None, at=at) if opened is None else None,
        "options": [_option(row, filled, is_known=opened is not None, at=at) for row in _offered(shipment, at=at)],
        "changes": [options.changed(change, now=now) for change in services.in_force([shipment])] if opened else [],
        "window": options.expected(told, now=now) if told else "",
        "is_finished": shipment.is_finished,
        "problem": problem,
    }
    return render(request, "tracking/options.html", context, status=status)


def _offered(shipment: Shipment, *, at: datetime) -> list[OfferedAction]:
    """List what is offered, in the order of the page."""
    order = list(Action)
    rows = services.offered(shipment, at=at)
    for row in rows:
        row.shipment = shipment
    return sorted(rows, key=lambda row: order.index(Action(row.action)))


def _option(row: OfferedAction, filled: tuple[Action, ChangeForm] | None, *, is_known: bool, at: datetime) -> Option:
    action = Action(row.action)
    is_open = filled is not None and filled[0] == action
    form = filled[1] if filled is not None and is_open else _form(row, at=at)
    if not is_known and action == Action.ADDRESS:
        form = WORDS[action](action=action, initial={})
    until = options.until(row.until, now=at.astimezone(row.shipment.zone))
    return Option(action, options.title(action), until, form, is_open)
