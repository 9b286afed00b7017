"""The page of a shipment: who sees what of it, what each action does and keeps, and how little it asks the database."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from desk.models import Deed, Look, Role
from feedback import services as feedback
from feedback.models import CaseKind, Outcome, Source
from feedback.services import Complaint
from notifications.models import Notification, State
from notifications.triggers import Channel, Trigger
from tests.factories import (
    NOON,
    make_brand,
    make_driver,
    make_link,
    make_member,
    make_partner,
    make_recipient,
    make_route,
    make_shipment,
)
from tests.tracking import doors
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.proof import services as proof
from tracking.proof.models import Flag, Kind
from tracking.proof.receipts import keys, sealing
from tracking.rounds.models import Carrier, CarrierKind, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.services import Report
from tracking.shipments.window import Cause

NAUGHTY = "<script>alert(1)</script>'\"\u202e"
DOOR = (60.1689, 24.9455)

pytestmark = pytest.mark.django_db


def carried_by(carrier: Carrier) -> Shipment:
    shipment = make_shipment(status=Status.AT_HUB)
    Shipment.objects.filter(id=shipment.id).update(carrier=carrier)
    shipment.refresh_from_db()
    return shipment


def other_carrier() -> Carrier:
    return Carrier.objects.create(slug="other", name="Other", kind=CarrierKind.THIRD_PARTY)


PEOPLE: dict[str, tuple[Callable[[Shipment], User], int, int]] = {
    "agent": (lambda _: make_member(Role.AGENT), 200, 302),
    "lead": (lambda _: make_member(Role.LEAD), 200, 302),
    "admin": (lambda _: make_member(Role.ADMIN), 200, 302),
    "agent of the brand": (lambda shipment: make_member(Role.AGENT, brand=shipment.brand), 200, 302),
    "agent of another brand": (lambda _: make_member(Role.AGENT, brand=make_brand()), 404, 404),
    "partner of the carrier": (lambda shipment: make_partner(shipment.carrier), 200, 403),
    "partner of another carrier": (lambda _: make_partner(other_carrier()), 404, 403),
    "staff without a role": (lambda _: User.objects.create(username="left", is_staff=True), 403, 403),
    "no staff": (lambda _: User.objects.create(username="shopper"), 302, 302),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_sees_and_does_what_is_theirs(client: Client, who: str) -> None:
    make, may_see, may_act = PEOPLE[who]
    shipment = carried_by(make_driver().carrier)
    client.force_login(make(shipment))

    assert client.get(page_of(shipment)).status_code == may_see
    assert act(client, shipment, "note").status_code == may_act
    assert Look.objects.filter(deed=Deed.ACTED).count() == (1 if (may_see, may_act) == (200, 302) else 0)
    assert Look.objects.filter(deed=Deed.SAW).count() == (1 if may_see == 200 else 0)


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_finds_what_is_theirs(client: Client, who: str) -> None:
    make, may_see, _ = PEOPLE[who]
    shipment = carried_by(make_driver().carrier)
    client.force_login(make(shipment))

    answer = client.get("/admin/desk/search/", {"q": shipment.reference})

    found = answer.headers.get("Location") == page_of(shipment)
    assert found == (may_see == 200)
    assert answer.status_code == {200: 302, 404: 200}.get(may_see, may_see)


def test_a_stranger_is_asked_who_they_are(client: Client) -> None:
    shipment = make_shipment()

    for path in (page_of(shipment), "/admin/desk/search/?q=DS-1"):
        assert client.get(path).headers["Location"].startswith("/admin/login/")


def page_of(shipment: Shipment) -> str:
    return f"/admin/desk/shipments/{shipment.id}/"


def act(client: Client, shipment: Shipment, name: str, **given: Any) -> Any:
    return client.post(f"{page_of(shipment)}{name}/", {"reason": "the shopper called", **given})


def read(client: Client, shipment: Shipment) -> str:
    answer = client.get(page_of(shipment))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def agent(client: Client) -> User:
    user = make_member(Role.AGENT)
    client.force_login(user)
    return user


def kept() -> list[tuple[str, str, dict[str, Any]]]:
    return list(Look.objects.filter(deed=Deed.ACTED).order_by("id").values_list("what", "reason", "details"))


def make_rich(recipient_name: str = "Maija Meikäläinen") -> Shipment:
    """Make a shipment that has some of everything."""
    shipment = make_shipment(status=Status.DELIVERED, at=timezone.now() - timedelta(days=1))
    Shipment.objects.filter(id=shipment.id).update(recipient_name=recipient_name)
    start = NOON + timedelta(hours=2)
    WindowChange.objects.create(
        shipment=shipment, at=NOON, cause=Cause.PLANNED, date=NOON.date(), start=start, end=start + timedelta(hours=1)
    )
    links.unlock(make_link(shipment), postcode="00100", at=NOON)
    make_message(shipment)
    feedback.rate(shipment, score=2, source=Source.PAGE, at=timezone.now())
    feedback.open_case(shipment, Complaint(CaseKind.DAMAGED, "The lid is broken."), at=timezone.now())
    shipment.refresh_from_db()
    return shipment


def make_message(shipment: Shipment, *, version: int = 0) -> Notification:
    return Notification.objects.create(
        brand=shipment.brand,
        shipment=shipment,
        trigger=Trigger.DELIVERED,
        channel=Channel.SMS,
        recipient="+358401234567",
        language="en",
        version=version,
        state=State.DELIVERED,
        created_at=NOON,
        due_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )


def test_an_agent_sees_all_there_is(client: Client, agent: User) -> None:
    shipment = make_rich()
    token = TrackingLink.objects.get(shipment=shipment).token

    page = read(client, shipment)

    for word in (
        "Maija Meikäläinen",
        "Aleksanterinkatu 13 B 7",
        'href="tel:+358401234567"',
        "maija@example.org",
        shipment.parcels.get().number,
        "doorstep",
        "Your delivery was put on a route.",
        "14:00–15:00",
        "+358 •• •••••67",
        "2 of 5 stars",
        "Damaged: with us",
        f"{token[:4]}…",
        "second factor given",
        "Nobody before you.",
    ):
        assert word in page, word
    assert token not in page
    assert "4711B" not in page


def test_cases_and_what_the_customer_saw_are_a_click_away(client: Client, agent: User) -> None:
    shipment = make_rich()

    page = read(client, shipment)

    for case in shipment.cases.all():
        assert f'href="/admin/desk/cases/{case.id}/"' in page
    assert f'href="/admin/desk/cases/new/{shipment.id}/"' in page
    assert f'href="{page_of(shipment)}then/"' in page


def test_a_partner_sees_what_concerns_the_carriage_alone(client: Client) -> None:
    shipment = make_rich()
    Shipment.objects.filter(id=shipment.id).update(carrier=make_driver().carrier)
    client.force_login(make_partner())

    page = read(client, shipment)

    assert "Aleksanterinkatu 13 B 7" in page
    for word in ("2 of 5 stars", "Damaged", "Who looked", "Put it right", "•", "…</code>"):
        assert word not in page, word


@pytest.mark.parametrize("field", ["recipient_name", "street", "city", "phone", "email", "reference", "postcode"])
def test_naughty_strings_come_out_as_they_are_and_do_nothing(client: Client, agent: User, field: str) -> None:
    shipment = make_rich()
    written = NAUGHTY[:20] if field == "phone" else NAUGHTY[:16] if field == "postcode" else NAUGHTY
    Shipment.objects.filter(id=shipment.id).update(**{field: written})

    page = read(client, shipment)
    found = client.get("/admin/desk/search/", {"q": NAUGHTY}).content.decode()

    assert escape(written) in page
    assert "<script>alert" not in page + found


def test_what_others_wrote_comes_out_as_it_is_and_does_nothing(client: Client, agent: User) -> None:
    shipment = make_rich()
    feedback.elaborate(shipment, given=[], words=NAUGHTY, recommends=None, source=Source.PAGE, at=timezone.now())
    report = Report(NAUGHTY, NAUGHTY, NOON, None, place=NAUGHTY, raw_code=NAUGHTY)
    services.ingest(shipment, report, at=NOON)
    act(client, shipment, "note", reason=NAUGHTY)

    page = read(client, shipment)

    assert page.count(escape(NAUGHTY)) == 5
    assert "<script>alert" not in page


@pytest.mark.parametrize("role", [Role.AGENT, Role.PARTNER])
def test_a_long_history_takes_no_more_queries_than_a_short_one(client: Client, role: Role) -> None:
    shipment = make_rich()
    Shipment.objects.filter(id=shipment.id).update(carrier=make_driver().carrier)
    client.force_login(make_partner() if role == Role.PARTNER else make_member(role))

    short = count_queries(client, shipment)
    lengthen(shipment)
    long = count_queries(client, shipment)

    assert short == long < 20


def count_queries(client: Client, shipment: Shipment) -> int:
    with CaptureQueriesContext(connection) as queries:
        read(client, shipment)
    return len(queries)


def lengthen(shipment: Shipment) -> None:
    """Let everything have happened many times."""
    StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment,
            status=Status.AT_HUB,
            occurred_at=NOON + timedelta(seconds=number),
            received_at=NOON,
            source="carrier",
            external_id=str(number),
        )
        for number in range(1000)
    )
    WindowChange.objects.bulk_create(
        WindowChange(shipment=shipment, at=NOON + timedelta(seconds=number), cause=Cause.BEHIND, date=NOON.date())
        for number in range(300)
    )
    user = make_member(Role.AGENT)
    for number in range(60):
        links.unlock(make_link(shipment), postcode="00100", at=NOON)
        Look.objects.create(user=user, at=NOON, deed=Deed.SAW, what="shipment", shipment=shipment)
        make_message(shipment, version=number + 1)
        case = feedback.open_case(shipment, Complaint(CaseKind.OTHER, "Again."), at=timezone.now(), by=user)
        feedback.resolve(case, Outcome.EXPLAINED, by=user, at=timezone.now())


def test_a_silent_correction_calls_for_no_message(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.AT_HUB)

    answer = act(client, shipment, "correct_status", to="lost")

    event = StatusEvent.objects.latest("id")
    assert answer.headers["Location"] == page_of(shipment)
    assert (event.status, event.by, event.is_silent) == ("lost", agent, True)
    assert kept() == [("correct_status", "the shopper called", {"before": "at_hub", "after": "lost", "told": False})]


def test_a_delivery_by_mistake_is_taken_back(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    *_, mistake = shipment.events.order_by("id")

    assert "Take a step back" in read(client, shipment)
    answer = act(client, shipment, "take_back", step=mistake.id)

    shipment.refresh_from_db()
    assert answer.headers["Location"] == page_of(shipment)
    assert shipment.status == "out_for_delivery"
    details = {"event": mistake.id, "before": "delivered", "after": "out_for_delivery"}
    assert kept() == [("take_back", "the shopper called", details)]
    assert act(client, shipment, "take_back", step=mistake.id).status_code == 422


def test_where_nothing_has_happened_nothing_can_be_taken_back(client: Client, agent: User) -> None:
    shipment = make_shipment()

    assert "Take a step back" not in read(client, shipment)
    assert act(client, shipment, "take_back", step=shipment.events.get().id).status_code in {404, 422}


def test_the_shopper_is_told_where_that_is_wanted(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)

    act(client, shipment, "correct_status", to="delivered", handover="neighbour", tell="on")

    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == ("delivered", "neighbour")
    assert StatusEvent.objects.latest("id").is_silent is False


def test_a_step_that_is_not_allowed_is_refused(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    answer = act(client, shipment, "correct_status", to="planned")

    shipment.refresh_from_db()
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert shipment.status == "delivered"
    assert kept() == []


def test_nothing_is_done_without_a_reason(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    before = Shipment.objects.values().get()

    for name, given in {
        "correct_status": {"to": "lost"},
        "correct_window": tomorrow("14:00", "15:00"),
        "issue_link": {},
        "note": {},
        "note_refund": {"amount": "1", "currency": "EUR"},
    }.items():
        for reason in ("", "  ", "x" * 301):
            answer = act(client, shipment, name, reason=reason, **given)
            assert answer.status_code == 422, name
            assert "<details open>" in answer.content.decode()

    assert Shipment.objects.values().get() == before
    assert kept() == []
    assert not TrackingLink.objects.exists()


def tomorrow(start: str, end: str) -> dict[str, str]:
    day = timezone.now().date() + timedelta(days=2)
    return {"day": day.isoformat(), "start": start, "end": end}


def test_a_window_is_corrected_by_the_clock_of_where_it_goes(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    given = tomorrow("14:00", "15:30")

    answer = act(client, shipment, "correct_window", **given)

    change = WindowChange.objects.get()
    assert answer.status_code == 302
    assert change.cause == Cause.CORRECTED
    assert change.start is not None
    assert change.start.astimezone(shipment.zone).strftime("%Y-%m-%d %H:%M") == f"{given['day']} 14:00"
    details = kept()[0][2]
    assert details["before"] == ""
    assert details["after"].startswith(f"{given['day']}T14:00")
    assert "Our support team corrected the time." in read(client, shipment)


def test_a_day_without_a_time_stays_one(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.AT_HUB)

    act(client, shipment, "correct_window", **tomorrow("", ""))

    change = WindowChange.objects.get()
    assert (change.start, change.end) == (None, None)
    assert kept()[0][2]["after"] == change.date.isoformat()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"day": "2020-01-01", "start": "10:00", "end": "11:00"}, "This time has gone by."),
        ({"day": "2020-01-01", "start": "", "end": ""}, "This time has gone by."),
        (tomorrow("11:00", "10:00"), "It ends before it begins."),
        (tomorrow("11:00", ""), "A time has two ends"),
        ({"day": "2050-03-27", "start": "03:30", "end": "05:00"}, "The clock leaves this time out on that day."),
        ({"day": "yesterday", "start": "", "end": ""}, "Enter a valid date."),
    ],
)
def test_a_time_that_cannot_be_is_refused(client: Client, agent: User, given: dict[str, str], complaint: str) -> None:
    shipment = make_shipment(status=Status.AT_HUB)

    answer = act(client, shipment, "correct_window", **given)

    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert not WindowChange.objects.exists()


def test_the_same_time_again_is_refused(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    act(client, shipment, "correct_window", **tomorrow("14:00", "15:00"))

    answer = act(client, shipment, "correct_window", **tomorrow("14:00", "15:00"))

    assert answer.status_code == 422
    assert "This is what the shopper is told already" in answer.content.decode()
    assert len(kept()) == 1


def test_a_link_is_revoked(client: Client, agent: User) -> None:
    link = make_link()

    act(client, link.shipment, "revoke_link", link=link.id)

    link.refresh_from_db()
    assert link.revoked_at is not None
    assert kept() == [("revoke_link", "the shopper called", {"link": link.id})]
    assert client.get(f"/t/{link.token}/").status_code == 404


def test_a_new_link_is_shown_once(client: Client, agent: User) -> None:
    shipment = make_shipment()

    act(client, shipment, "issue_link")

    token = TrackingLink.objects.get().token
    assert f"http://testserver/t/{token}/" in read(client, shipment)
    assert token not in read(client, shipment)
    assert token not in str(kept())
    assert client.get(f"/t/{token}/").status_code == 200


def test_a_message_is_sent_again(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    message = make_message(shipment)

    act(client, shipment, "resend", message=message.id)

    again = Notification.objects.exclude(id=message.id).get()
    assert again.state == State.PENDING
    assert kept() == [("resend", "the shopper called", {"before": message.id, "after": again.id})]


@pytest.mark.parametrize(("name", "field"), [("resend", "message"), ("revoke_link", "link")])
def test_what_belongs_to_another_shipment_is_left_alone(client: Client, agent: User, name: str, field: str) -> None:
    ours, theirs = make_rich(), make_shipment(status=Status.DELIVERED)
    of_theirs = {"message": make_message(theirs).id, "link": make_link(theirs).id}

    answer = act(client, ours, name, **{field: of_theirs[field]})

    assert answer.status_code == 422
    assert kept() == []
    assert not TrackingLink.objects.exclude(revoked_at=None).exists()


def test_a_shipment_is_taken_off_its_route(client: Client, agent: User) -> None:
    route = make_route([DOOR, (60.1660, 24.9400)], at=timezone.now())
    shipment = Shipment.objects.get(stop__route=route, stop__sequence=2)
    stop = shipment.stop

    act(client, shipment, "withdraw")

    shipment.refresh_from_db()
    assert stop is not None
    stop.refresh_from_db()
    assert (shipment.stop, stop.state) == (None, StopState.REMOVED)
    assert kept() == [("withdraw", "the shopper called", {"before": str(stop), "after": ""})]


def test_a_refund_and_a_note_are_kept(client: Client, agent: User) -> None:
    shipment = make_shipment()

    act(client, shipment, "note_refund", amount="12.50", currency="EUR", reason="Broken lid")
    act(client, shipment, "note", reason="Calls back at noon")

    assert kept() == [
        ("note_refund", "Broken lid", {"amount": "12.50", "currency": "EUR"}),
        ("note", "Calls back at noon", {}),
    ]
    page = read(client, shipment)
    assert "Calls back at noon" in page
    assert "12.50" in page


@pytest.mark.parametrize("name", ["withdraw", "resend", "revoke_link", "issue_link", "correct_window", "nothing"])
def test_what_makes_no_sense_is_neither_offered_nor_done(client: Client, agent: User, name: str) -> None:
    shipment = make_shipment(status=Status.RETURNED, at=timezone.now() - timedelta(days=30))

    assert act(client, shipment, name).status_code == 404
    assert f"/{name}/" not in read(client, shipment)
    assert kept() == []


def test_no_get_acts(client: Client, agent: User) -> None:
    shipment = make_shipment()

    assert client.get(f"{page_of(shipment)}note/").status_code == 405
    assert kept() == []


def test_a_search_keeps_its_kinds_and_never_its_words(client: Client, agent: User) -> None:
    make_shipment(recipient=make_recipient())

    client.get("/admin/desk/search/", {"q": "maija meikäläinen"})
    client.get("/admin/desk/search/", {"q": ""})

    look = Look.objects.get(deed=Deed.SEARCHED)
    assert (look.user, look.what, look.details) == (agent, "search", {"kinds": ["name"], "found": 1})


def test_the_list_is_newest_first_and_hides_addresses(client: Client, agent: User) -> None:
    older, newer = make_shipment(), make_shipment()

    page = client.get("/admin/desk/search/", {"q": "00100"}).content.decode()

    assert page.index(newer.reference) < page.index(older.reference)
    assert page.count("+358 •• •••••67") == 2
    assert "m•••@example.org" in page
    assert "Aleksanterinkatu" not in page
    assert "1234567" not in page


def test_a_long_list_says_that_there_are_more(client: Client, agent: User) -> None:
    brand = make_brand()
    for _ in range(26):
        make_shipment(brand=brand)

    page = client.get("/admin/desk/search/", {"q": "00100"}).content.decode()

    assert "The newest 25." in page
    assert page.count("Maija Meikäläinen") == 25


def test_the_first_page_has_the_box_for_who_may_see(client: Client, agent: User) -> None:
    assert 'action="/admin/desk/search/"' in client.get("/admin/").content.decode()

    client.force_login(User.objects.create(username="left", is_staff=True))
    assert 'action="/admin/desk/search/"' not in client.get("/admin/").content.decode()


def test_what_was_kept_at_the_door_is_shown_and_each_look_at_it_is_kept(
    client: Client, agent: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    shipment = make_shipment(status=Status.DELIVERED, brand=make_brand(asks_for_pin=True))
    event = doors.make_event(shipment=shipment)
    photo = doors.keep(event, Kind.PHOTO, image=doors.make_photo())
    doors.keep(event, Kind.NAME, words=NAUGHTY)
    doors.keep(event, Kind.PIN, words="1")
    page = page_of(shipment)

    told = read(client, shipment)
    picture, receipt = client.get(f"{page}proof/{photo.key}/"), client.get(f"{page}receipt.pdf")

    assert escape(NAUGHTY) in told
    assert str(Flag.WRONG.label) in told
    assert f"{page}proof/{photo.key}/" in told
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in picture.headers["Cache-Control"]
    assert sealing.check(receipt.content, public_key=keys.public()).receipt["reference"] == shipment.reference
    looks = Look.objects.filter(deed=Deed.SAW, shipment=shipment).order_by("id")
    assert list(looks.values_list("what", flat=True)) == ["shipment", "proof", "receipt"]


def test_a_picture_of_another_shipment_is_not_handed_out(
    client: Client, agent: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = doors.keep(doors.make_event(), Kind.PHOTO, image=doors.make_photo())

    assert client.get(f"{page_of(make_shipment())}proof/{photo.key}/").status_code == 404


def test_what_an_attempt_rests_on_is_shown(client: Client, agent: User) -> None:
    event = doors.make_event(Status.ATTEMPTED)
    proof.note_attempt(event, driver=None, claim=doors.make_claim(metres=412, seconds=20), at=NOON)
    proof.dispute(event.shipment, at=NOON)

    told = read(client, event.shipment)

    assert escape("412 m from the door, 20 s near it, measured by the driver's phone") in told
    assert "not an attempt" in told
    assert "The shopper disputed it at 2026-11-22 12:00." in told
