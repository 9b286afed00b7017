"""What is asked of the large database: each kind of term as an agent types it, and the page of a shipment."""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from desk import search, second_factor
from desk.models import Deed, Look, Member, Role
from desk.search import Kind
from notifications.models import Notification
from notifications.triggers import Channel, Trigger
from tracking.models import Parcel, Shipment, StatusEvent, TrackingLink, WindowChange
from tracking.shipments.window import Cause

ROUNDS: Final = 100
REGION: Final = "FI"
LONG: Final[Mapping[type[Model], int]] = {
    StatusEvent: 1000,
    WindowChange: 300,
    Look: 200,
    Notification: 100,
    TrackingLink: 50,
}


def _token(shipment: Shipment) -> str:
    return TrackingLink.objects.filter(shipment=shipment).values_list("token", flat=True)[0]


def _parcel(shipment: Shipment) -> str:
    return Parcel.objects.filter(shipment=shipment).values_list("number", flat=True)[0].lower()


def _carriers_reference(shipment: Shipment) -> str:
    return f"JJFI{shipment.id * 1000 + 2}"


def _family_name(shipment: Shipment) -> str:
    return shipment.recipient_name.split()[-1].lower()


def _nobody(shipment: Shipment) -> str:
    return f"{shipment.recipient_name} {shipment.recipient_name[::-1]}"


TERMS: Final[Mapping[str, Callable[[Shipment], str]]] = {
    "token": _token,
    "link": lambda shipment: f"https://shop.example/t/{_token(shipment)}/",
    "reference": lambda shipment: shipment.reference.lower(),
    "parcel": _parcel,
    "carrier": _carriers_reference,
    "phone": lambda shipment: shipment.phone.replace("+358 ", "0"),
    "last_six_digits": lambda shipment: shipment.phone[-6:],
    "last_four_digits": lambda shipment: shipment.phone[-4:],
    "email": lambda shipment: shipment.email.upper(),
    "email_begins": lambda shipment: shipment.email.partition("@")[0] + "@",
    "postcode": lambda shipment: shipment.postcode,
    "name": lambda shipment: shipment.recipient_name.lower(),
    "family_name": _family_name,
    "name_begins": lambda shipment: shipment.recipient_name[:3],
    "nobodys_name": _nobody,
    "nobodys_number": lambda shipment: f"DS-0{shipment.id}",
}


def ask() -> str:
    """Search for terms of each kind, and open pages; gives the figures as JSON: milliseconds, and queries."""
    client, chosen = _agent(), _some_shipments()
    figures: dict[str, float] = {}
    for name, term_of in TERMS.items():
        terms = [term for shipment in chosen if (term := term_of(shipment))]
        taken = [_milliseconds(client, "/admin/desk/search/", q=term) for term in terms]
        figures |= _summary(f"search_{name}", taken)
    _lengthen(chosen[0])
    for name, shipments in {"page": chosen[1:], "long_page": chosen[:1] * ROUNDS}.items():
        figures |= _summary(name, [_milliseconds(client, _page_of(shipment)) for shipment in shipments])
        with CaptureQueriesContext(connection) as queries:
            client.get(_page_of(shipments[0]))
        figures[f"{name}_queries"] = len(queries)
    return json.dumps(figures)


def plans() -> str:
    """Have PostgreSQL say how it found one term of each kind; gives that as JSON, by kind."""
    shipment = _some_shipments()[-1]
    shown = {
        Kind.LINK: "token",
        Kind.NUMBER: "reference",
        Kind.CARRIER: "carrier",
        Kind.PHONE: "phone",
        Kind.EMAIL: "email",
        Kind.POSTCODE: "postcode",
        Kind.NAME: "name",
    }
    terms = {kind: search.read(TERMS[name](shipment), region=REGION)[kind] for kind, name in shown.items()}
    rows = {kind: search.query(Shipment.objects.all(), kind, term) for kind, term in terms.items()}
    return json.dumps({kind: row.explain(analyze=True, buffers=True, costs=False) for kind, row in rows.items()})


def _agent() -> Client:
    """Sign an agent in, second factor and all."""
    user = User.objects.create(username="agent", is_staff=True)
    Member.objects.create(user=user, role=Role.AGENT)
    device, _ = second_factor.issue(user)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def _some_shipments() -> list[Shipment]:
    """Choose shipments from all over the table that have everything to be found by."""
    oldest, newest = Shipment.objects.earliest("id").id, Shipment.objects.latest("id").id
    chance = random.Random(1)
    ids = [chance.randint(oldest, newest) for _ in range(2 * ROUNDS)]
    return list(Shipment.objects.filter(id__in=ids).exclude(email="").order_by("id")[: ROUNDS + 1])


def _milliseconds(client: Client, path: str, **query: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path, query)
    taken = (time.perf_counter() - begun) * 1000
    if answer.status_code not in {200, 302}:
        raise RuntimeError(f"{path} answered {answer.status_code}.")
    return taken


def _summary(name: str, taken: list[float]) -> dict[str, float]:
    *_, at_95 = statistics.quantiles(taken, n=20)
    return {f"{name}_median_ms": statistics.median(taken), f"{name}_p95_ms": at_95}


def _page_of(shipment: Shipment) -> str:
    return f"/admin/desk/shipments/{shipment.id}/"


def _lengthen(shipment: Shipment) -> None:
    """Give a shipment a history that no page should show whole."""
    at, user = timezone.now(), User.objects.get()

    def moments(model: type[Model]) -> Iterator[tuple[int, datetime]]:
        return ((number, at - timedelta(minutes=number)) for number in range(LONG[model]))

    StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment, status="at_hub", occurred_at=moment, received_at=moment, source="benchmark",
            external_id=str(number),
        )
        for number, moment in moments(StatusEvent)
    )  # fmt: skip
    WindowChange.objects.bulk_create(
        WindowChange(shipment=shipment, at=moment, cause=Cause.BEHIND, date=at.date())
        for _, moment in moments(WindowChange)
    )
    Look.objects.bulk_create(
        Look(user=user, at=moment, deed=Deed.SAW, what="shipment", shipment=shipment) for _, moment in moments(Look)
    )
    Notification.objects.bulk_create(
        Notification(
            brand_id=shipment.brand_id, shipment=shipment, trigger=Trigger.PLANNED, channel=Channel.SMS,
            recipient="+358401234567", version=number, language="en", created_at=moment, due_at=moment,
            expires_at=moment,
        )
        for number, moment in moments(Notification)
    )  # fmt: skip
    TrackingLink.objects.bulk_create(
        TrackingLink(shipment=shipment, created_at=moment) for _, moment in moments(TrackingLink)
    )
