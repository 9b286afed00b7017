"""The ways into a running demo: links, addresses, passwords; for programs as JSON, for a person as text."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse

from demo.scenario import cast, crowd
from driving.models import DriveLink
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.links.models import TrackingLink
from tracking.rounds.models import Device, ShiftState
from tracking.shipments.models import Brand, Shipment

Access = dict[str, Any]
"""``base_url``, ``shipments``, ``drivers``, ``staff``, where the messages land (``outbox_url``), the token that signs
what comes in (``twilio_auth_token``), the crowd's errand that is to be taken by hand (``offers``), and as
``highlights`` the links that are worth a look."""


def collect(links: Iterable[tuple[str, Shipment]], *, staff: Mapping[str, object], at: datetime) -> Access:
    """Collect the ways in to all that is in the database. ``links`` are those to show, each with what to call it.

    The key for programs is made here: nobody can be shown it again.
    """
    tokens = dict(TrackingLink.objects.values_list("shipment_id", "token"))
    shipments = Shipment.objects.order_by("id").values_list("id", "reference", "status", "postcode")
    devices = Device.objects.live().select_related("driver").order_by("id")
    # Of a driver's shifts the one that comes first: today's.
    drive_links = DriveLink.objects.good().exclude(shift__state=ShiftState.ENDED).order_by("-shift__starts_at")
    drive_tokens = dict(drive_links.values_list("shift__driver_id", "token"))
    return {
        "base_url": settings.BASE_URL,
        "shipments": [
            {"token": tokens[id_], "reference": reference, "status": status, "postcode": postcode}
            for id_, reference, status, postcode in shipments
        ],
        "drivers": [
            {
                "name": device.driver.given_name,
                "gps_url": f"{settings.BASE_URL}{reverse('tracking:gps', args=[device.key])}",
                "drive_token": drive_tokens.get(device.driver_id),
            }
            for device in devices
        ],
        "staff": dict(staff),
        "api_key": _api_key(at=at),
        "outbox_url": f"{settings.BASE_URL}{reverse('admin:notifications_local')}",
        "offers": _offers(),
        "highlights": [{"about": about, "token": tokens[shipment.id]} for about, shipment in links],
    }


def _offers() -> list[dict[str, str]]:
    """Give the errand that is left to take by hand, and the page of the courier who is asked."""
    invitation = crowd.by_hand()
    if invitation is None:
        return []
    link = f"{settings.BASE_URL}{reverse('crowd_offer', args=[invitation.token])}"
    page = f"{settings.BASE_URL}{reverse('crowd_courier', args=[invitation.courier.token])}"
    return [{"name": cast.RIDER_BY_HAND.given_name, "url": link, "courier_url": page}]


def _api_key(*, at: datetime) -> str:
    brand = Brand.objects.order_by("id").first()
    return keys.issue("demo", scopes=[*Scope], brand=brand, is_for_all=True, at=at)[1]


def write(access: Access, path: Path) -> None:
    """Write the ways in to a file that only its owner may read, in one step. They hold a password."""
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600, exist_ok=False)
    unfinished.write_text(json.dumps(access, ensure_ascii=False, indent=1), encoding="utf-8")
    unfinished.replace(path)


@contextmanager
def published(access: Access, path: Path) -> Iterator[None]:
    """Keep the ways in, in a file, for as long as they are open."""
    write(access, path)
    try:
        yield
    finally:
        path.unlink()


def read(path: Path) -> Access:
    """Read what ``write`` wrote."""
    found: Access = json.loads(path.read_text(encoding="utf-8"))
    return found


def describe(access: Access) -> str:
    """Put the ways in into lines for a person: shoppers, drivers, the desk."""
    base_url, staff = access["base_url"], access["staff"]
    sample = access["shipments"][0]
    shoppers = [(link["about"], f"{base_url}/t/{link['token']}/") for link in access["highlights"]]
    drivers = [(driver["name"], driver["gps_url"]) for driver in access["drivers"]]
    by_hand = [
        (driver["name"], f"{base_url}/drive/{driver['drive_token']}/")
        for driver in access["drivers"]
        if driver["name"] == cast.BY_HAND.given_name
    ]
    return "\n".join(
        [
            f"\nDoorstep is open at {base_url}/ and a day is under way. Ctrl-C ends it.",
            "\nShoppers follow their parcels; the first one's is about to arrive:",
            *_columns(shoppers),
            f"\nWithout a link: {base_url}/ with {sample['reference']} and {sample['postcode']}.",
            "\nOne driver is yours to drive, on a phone or here; the others drive by themselves:",
            *_columns(by_hand),
            "\nOne errand of the crowd is yours to take; the others are taken by simulated couriers:",
            *_columns([(f"{offer['name']}'s offer", offer["url"]) for offer in access["offers"]]),
            *_columns([(f"{offer['name']}'s page", offer["courier_url"]) for offer in access["offers"]]),
            "\nDrivers' phones report to (OsmAnd, Traccar Client, OwnTracks, GPSLogger):",
            *_columns(drivers),
            f"\nTheir texts and mails land in {access['outbox_url']}",
            f"\nThe desk: {base_url}/admin/ as {staff['username']} with {staff['password']}",
            f"and then a code, of which each counts once: {' '.join(staff['recovery_codes'])}",
            f"\nPrograms: {base_url}/api/v1/docs with the key {access['api_key']}",
        ]
    )


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(label) for label, _ in rows), default=0)
    return [f"  {label:<{width}}  {address}" for label, address in rows]
