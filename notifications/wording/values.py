"""What stands in the place of each placeholder: facts of the shipment at the moment of sending, in a language."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from notifications import sealing, texts
from notifications.models import Notification
from notifications.sealing import BrokenSeal
from notifications.texts import Language, Times
from notifications.triggers import Channel, Trigger
from tracking import facts
from tracking.rounds.models import Driver, RouteState, Vehicle
from tracking.shipments.lifecycle import Handover
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause, Window
from tracking.words import lines

logger = logging.getLogger(__name__)

LONGEST: Final = 120
"""No value is longer, so that what others wrote does not fill a message; an answer of ours may be."""

SAMPLE_ZONE: Final = ZoneInfo("UTC")
SAMPLE_MOMENT: Final = datetime(2026, 11, 25, 14, 5, tzinfo=SAMPLE_ZONE)


def know(notification: Notification, language: Language, *, link: str, at: datetime) -> dict[str, str]:
    """Say all that a message may tell, by placeholder, each on one line; empty where it is not known.

    The row comes with its brand and with its shipment's round. No queries.
    """
    details = notification.details
    known = {
        "brand": notification.brand.name,
        "link": link,
        "stops": _number(details.get("stops")),
        "minutes": _number(details.get("minutes")),
        "code": _code(notification),
    }
    if notification.shipment:
        known |= _of_shipment(notification.shipment, details, language)
        times = Times(language, notification.shipment.zone, at, is_brief=notification.channel != Channel.EMAIL)
        known |= _of_time(notification.shipment, times)
    told = {name: lines.single(value) for name, value in known.items()}
    told = {name: value if name == "link" else _shortened(value) for name, value in told.items()}
    told["text"] = "\n".join(lines.single(line) for line in str(details.get("text", "")).splitlines())
    return {name: told.get(name, "") for name in texts.ALLOWED[Trigger(notification.trigger)]}


def sample(trigger: Trigger, language: Language, *, brand: str, link: str, is_brief: bool) -> dict[str, str]:
    """Make up what a message could tell, all of it as long as it commonly is."""
    start = SAMPLE_MOMENT
    times = Times(language, SAMPLE_ZONE, start, is_brief)
    made_up = {
        "brand": lines.single(brand),
        "name": "Maija",
        "reference": "DS-10482",
        "link": link,
        "window": times.window(Window(start.date(), start, start + timedelta(minutes=20))),
        "day": times.day(start.date()),
        "promised": times.window(Window(start.date(), start - timedelta(hours=2), start)),
        "driver": "Aino",
        "vehicle": language.vehicles[Vehicle.VAN],
        "stops": "3",
        "minutes": "20",
        "place": "Kamppi, Kampinkuja 1",
        "handover": language.handovers[Handover.NEIGHBOUR],
        "reason": language.reasons[Cause.BEHIND],
        "code": "482913",
        "text": "482913",
    }
    return {name: made_up[name] for name in texts.ALLOWED[trigger]}


def _of_shipment(shipment: Shipment, details: Mapping[str, Any], language: Language) -> dict[str, str]:
    driver = _driver(shipment)
    return {
        "name": next(iter(shipment.recipient_name.split()), ""),
        "reference": shipment.reference,
        "driver": driver.given_name if driver else "",
        "vehicle": language.vehicles.get(driver.vehicle, "") if driver else "",
        "place": facts.public_place(shipment, _phrase(details.get("place"))),
        "handover": language.handovers.get(shipment.handover, ""),
        "reason": _reason(shipment, details, language),
    }


def _of_time(shipment: Shipment, times: Times) -> dict[str, str]:
    told, promised = facts.told_window(shipment, at=times.at), shipment.promise
    return {
        "window": times.window(told) if told else "",
        "day": times.day(told.date) if told else "",
        "promised": times.window(promised) if promised else "",
    }


def _driver(shipment: Shipment) -> Driver | None:
    """Find who is on the road to a shipment, whom its page names, too."""
    stop = shipment.stop
    if not shipment.is_out_for_delivery or stop is None or not stop.is_pending:
        return None
    return stop.route.shift.driver if stop.route.state == RouteState.ACTIVE else None


def _reason(shipment: Shipment, details: Mapping[str, Any], language: Language) -> str:
    """Say why: in the words that came with the message, or why the window moved."""
    given = _phrase(details.get("reason"))
    return language.reasons.get(given or shipment.window_cause, given)


def _code(notification: Notification) -> str:
    if not notification.sealed:
        return ""
    try:
        return sealing.unseal(notification.sealed)
    except BrokenSeal:
        logger.exception("The secret of message %d cannot be read any more.", notification.id)
        return ""


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) else ""


def _phrase(value: object) -> str:
    """Take what others wrote into a sentence of ours, which has its own full stop."""
    return value.strip().rstrip(".") if isinstance(value, str) else ""


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
