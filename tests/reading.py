"""Readers of what leaves the house: each takes one representation apart into the facts that it states.

A fact has the same name and the same value whoever stated it; a reader leaves out what its form does not say.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.test.html import Element, parse_html
from icalendar import Calendar

from atlas import projection

Facts = dict[str, Any]

MINUTE = "%Y-%m-%d %H:%M"
WORD_JOINER = "\u2060"


def json_facts(body: str | bytes) -> Facts:
    """Read ``/t/<token>.json``, or a snapshot."""
    told = json.loads(body)
    window, driver = told["window"], told["driver"]
    position = driver and driver["position"]
    return {
        "reference": told["reference"],
        "version": told["version"],
        "status": told["status"],
        "status_label": told["status_label"],
        "conditions": told["conditions"],
        "handover": told["handover"],
        "date": window and window["date"],
        "start": window and window["start"] and _moment(window["start"]),
        "end": window and window["end"] and _moment(window["end"]),
        "promised": window and window["promised_start"] and _moment(window["promised_start"]),
        "reason": (window or {}).get("reason", ""),
        "stops_before": told["stops_before"],
        "driver": driver and driver["name"],
        "vehicle": driver and driver["vehicle"],
        "place": position and (position["lat"], position["lon"]),
        "seen": position and _moment(position["recorded_at"]),
        "parcels": [(parcel["number"], parcel["status_label"]) for parcel in told["parcels"]],
        "events": [(_moment(event["at"]), event["label"], event["place"]) for event in told["events"]],
    }


def text_facts(body: str) -> Facts:
    """Read ``/t/<token>.txt``."""
    answer, named, parcels, events, _as_of = (block.splitlines() for block in body.strip().split("\n\n"))
    said = dict(line.split(": ", 1) for line in named)
    driver = said.get("Driver", ", ").split(", ")
    place = re.search(
        r"(?P<seen>.*), (?P<lat>-?[\d.]+), (?P<lon>-?[\d.]+)(, heading \d+°)?$", said.get("Last seen", "")
    )
    return {
        "reference": answer[0].rpartition(", ")[2],
        "status_label": said["Status"],
        **_expected(said.get("Expected", "")),
        "promised": _spelled(said["Promised"].split(" – ")[0]) if "Promised" in said else None,
        "reason": said.get("Why", ""),
        "stops_before": int(said["Stops before you"]) if "Stops before you" in said else None,
        "driver": driver[0] or None,
        "vehicle": driver[1] or None,
        "place": place and (float(place["lat"]), float(place["lon"])),
        "seen": place and _spelled(place["seen"]),
        "parcels": [tuple(line.removeprefix("- ").split(": ", 1)) for line in parcels[1:]],
        "events": [_text_event(line) for line in events[1:]],
    }


def page_facts(body: str) -> Facts:
    """Read the page as somebody does who has no script."""
    page = parse_html(body)
    answer, story = _by_id(page, "answer"), _by_id(page, "story")
    by = _first(page, "p", "driver")
    brought = re.fullmatch(r"(?P<name>.+?) brings it (by|on) (?P<vehicle>.+)", _words(by)) if by else None
    days = list(_walk_for(story, "ol"))
    return {
        "status": _attribute(answer, "data-status"),
        "version": int(_attribute(answer, "data-version")),
        "driver": brought and brought["name"],
        "vehicle": brought and brought["vehicle"],
        "place": _van(page),
        "parcels": [_spans(line) for line in _items(next(_walk_for(story, "ul")))],
        "events": [_page_event(line) for day in reversed(days) for line in reversed(list(_items(day)))],
    }


def page_answer(body: str) -> str:
    """Read the first thing that the page says, as one line."""
    return _words(_by_id(parse_html(body), "answer")).replace(WORD_JOINER, "")


def calendar_facts(body: bytes) -> Facts:
    """Read ``/t/<token>.ics``; one without an entry, or with one that is cancelled, states that there is no window."""
    entries = Calendar.from_ical(body).events
    if not entries:
        return {"date": None, "start": None, "end": None}
    start, end = entries[0].start, entries[0].end
    reference, _, label = str(entries[0]["DESCRIPTION"]).partition("\n")[0].rpartition(": ")
    stated = {"reference": reference, "status_label": label, "version": entries[0].sequence}
    if entries[0].status == "CANCELLED":
        return {**stated, "status": "cancelled", "date": None}
    if isinstance(start, datetime) and isinstance(end, datetime):
        return {**stated, "date": f"{start:%Y-%m-%d}", "start": f"{start:{MINUTE}}", "end": f"{end:{MINUTE}}"}
    return {**stated, "date": start.isoformat(), "start": None, "end": None}


def _moment(written: str) -> str:
    return f"{datetime.fromisoformat(written):{MINUTE}}"


def _spelled(written: str) -> str:
    """Read a moment as the text spells it: Sunday 22 November 2026 12:00."""
    return f"{datetime.strptime(written, '%A %d %B %Y %H:%M').replace(tzinfo=ZoneInfo('UTC')):{MINUTE}}"


def _expected(written: str) -> Facts:
    if not written:
        return {"date": None, "start": None, "end": None}
    day, _, span = written.partition(", ")
    date = datetime.strptime(day, "%A %d %B %Y").replace(tzinfo=ZoneInfo("UTC")).date()
    ends = [time.fromisoformat(end) for end in span.partition(" ")[0].split("–")] if span else []
    start, end = [f"{date} {end:%H:%M}" for end in ends] or (None, None)
    return {"date": date.isoformat(), "start": start, "end": end}


def _text_event(line: str) -> tuple[str, str, str]:
    moment, said = line.removeprefix("- ").rsplit(": ", 1)
    label, _, place = said.partition(", ")
    return _spelled(moment), label, place


def _page_event(line: Element) -> tuple[str, str, str]:
    at = next(element for element in _walk(line) if element.name == "time")
    said = next(element for element in _walk(line) if element.name == "p")
    place = next((_words(element) for element in _walk(said) if element.name == "span"), "")
    return _moment(_attribute(at, "datetime")), _words(said).removesuffix(place).strip(), place


def _van(page: Element) -> tuple[float, float] | None:
    """Read from the drawing where the van is, in degrees; ``None`` where it is hidden."""
    van = next((element for element in _walk(page) if _attribute(element, "data-mark") == "van"), None)
    if van is None or _attribute(van, "visibility") == "hidden":
        return None
    picture = next(element for element in _walk(page) if _attribute(element, "data-world"))
    world, left, top = (float(_attribute(picture, f"data-{name}")) for name in ("world", "left", "top"))
    x, y = (float(number) for number in re.findall(r"-?[\d.]+", _attribute(van, "transform")))
    latitude, longitude = projection.from_mercator(np.array([(left + x) / world, (top + y) / world])).tolist()
    return latitude, longitude


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        if not isinstance(child, str):
            yield from _walk(child)


def _walk_for(element: Element, name: str) -> Iterator[Element]:
    return (found for found in _walk(element) if found.name == name)


def _items(element: Element) -> Iterator[Element]:
    return (child for child in element.children if not isinstance(child, str) and child.name == "li")


def _by_id(page: Element, name: str) -> Element:
    return next(element for element in _walk(page) if _attribute(element, "id") == name)


def _first(page: Element, name: str, of_class: str) -> Element | None:
    return next((element for element in _walk(page) if _has(element, name, of_class)), None)


def _has(element: Element, name: str, of_class: str) -> bool:
    return element.name == name and of_class in _attribute(element, "class").split()


def _attribute(element: Element, name: str) -> str:
    return dict(element.attributes).get(name) or ""


def _spans(line: Element) -> tuple[str, ...]:
    return tuple(_words(child) for child in _walk(line) if child.name == "span")


def _words(element: Element) -> str:
    told = (child if isinstance(child, str) else _words(child) for child in element.children)
    return " ".join(" ".join(told).split())
