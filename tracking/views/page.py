"""The tracking page: everything the holder of a link may know, complete with its first byte."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tracking import facts, looks, surroundings, visibility
from tracking.changes.models import Action
from tracking.facts import Facts
from tracking.links.models import TrackingLink
from tracking.live import positions
from tracking.proof import pins
from tracking.shipments.models import Shipment, WindowChange
from tracking.surroundings import Goal
from tracking.views import door, entrance, factor, picture
from tracking.words import answers, changes, history, notices, rail, times, whereabouts
from tracking.words.whereabouts import Whereabouts

CHANGES_READ: Final = 30
"""Lines of the window's ledger; the page shows those of them that mattered."""


@require_safe
@entrance.with_link
def page(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Say where the parcel is and when it comes."""
    return show(request, link)


def show(request: HttpRequest, link: TrackingLink, *, form: Form | None = None, status: int = 200) -> HttpResponse:
    """Answer with the page of a link, with the ``form`` of the second factor that was refused, if one was."""
    at, opened = timezone.now(), door.opened(request, link)
    known = facts.gather(link.shipment, fix=positions.last_fix_for(link.shipment), at=at)
    ledger = link.shipment.window_changes.order_by("-at", "-id")[:CHANGES_READ]
    place = link.shipment.latitude, link.shipment.longitude
    goal = None if known.pickup else surroundings.goal(*place, is_exact=opened is not None)
    context = {
        "token": link.token,
        "door": opened,
        "asked": factor.ask(link, filled=form, at=at) if opened is None else None,
        "to": request.POST.get("to", ""),
        "pin": pins.shown(link.shipment, at=at) if link.takes_postcode or opened else "",
        **tell(link.shipment, known, ledger, goal, at=at),
    }
    return render(request, "tracking/page.html", context, status=status)


def tell(
    shipment: Shipment, known: Facts, ledger: Iterable[WindowChange], goal: Goal | None, *, at: datetime
) -> dict[str, Any]:
    """Say all that the page says of a shipment to whoever holds a link, in the look of its brand; no query."""
    return {
        "look": looks.of(shipment.brand),
        **sentences(shipment, known, ledger, now=at.astimezone(shipment.zone)),
        **_map(shipment, known, goal, at=at),
    }


def sentences(shipment: Shipment, known: Facts, ledger: Iterable[WindowChange], *, now: datetime) -> dict[str, Any]:
    """Put the facts into words; the ledger comes newest first, ``now`` is in the destination's zone."""
    brand = shipment.brand.name
    return {
        "facts": known,
        "is_changeable": not {*Action}.isdisjoint(known.actions),
        "brand": brand,
        "answer": answers.tell(known, brand=brand, now=now),
        "notices": notices.list_for(known, now=now),
        "steps": rail.steps(known),
        "brought_by": whereabouts.brought_by(known.driver) if known.driver else "",
        "days": history.days(known.events, now=now),
        "changes": changes.tell(ledger, zone=shipment.zone, now=now) if known.window else [],
        "now": now,
        "clock": times.clock(now),
        "zone": times.zone(shipment.timezone),
        "zone_name": shipment.timezone,
    }


def _map(shipment: Shipment, known: Facts, goal: Goal | None, *, at: datetime) -> dict[str, Any]:
    """Draw the map, say the same in words, and hand the page's script what it may say by itself."""
    told = whereabouts_of(shipment, known, goal, at=at)
    return {
        "map": picture.draw(known, goal, description=told.text),
        "goal": goal,
        "tiles": picture.tiles(),
        "whereabouts": told,
        "phrases": whereabouts.phrases(known.driver),
    }


def whereabouts_of(shipment: Shipment, known: Facts, goal: Goal | None, *, at: datetime) -> Whereabouts:
    """Say what the map shows of the driver of a shipment ``with_round``."""
    working = replace(facts.sight_of(shipment, known.stops_before, at=at), is_driver_working=True)
    return whereabouts.tell(
        known.driver,
        goal,
        is_due=visibility.is_driver_visible(working, at=at),
        from_stops=shipment.brand.shows_driver_from_stops,
        now=at,
    )
