"""The queue of cases and the page of one: who sees what, and what each deed does and keeps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from desk.models import Deed, Look, Role
from feedback import services
from feedback.models import Case, CaseKind, CaseMessage, CasePhoto, CaseState, Macro, Outcome, Priority, Queue, Via
from feedback.services import Answer, Complaint
from notifications.models import Notification
from notifications.triggers import Trigger
from tests.factories import make_brand, make_driver, make_member, make_partner, make_shipment
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)
QUEUE = "/admin/desk/cases/"


@pytest.fixture
def agent(client: Client) -> User:
    """Let an agent be the one who asks."""
    user = make_member(Role.AGENT)
    client.force_login(user)
    return user


def make_case(
    shipment: Shipment | None = None, kind: CaseKind = CaseKind.DAMAGED, *, hours_ago: int = 1, words: str = "Broken."
) -> Case:
    shipment = shipment or make_shipment(status=Status.DELIVERED)
    return services.open_case(shipment, Complaint(kind, words), at=timezone.now() - hours_ago * HOUR)


def address(case: Case, deed: str = "") -> str:
    return f"{QUEUE}{case.id}/{deed}/" if deed else f"{QUEUE}{case.id}/"


def listed(client: Client, query: str = "") -> list[Case]:
    response = client.get(QUEUE + query)
    assert response.status_code == 200
    return [line.case for line in response.context["lines"]]


def kept() -> list[tuple[str, str, dict[str, Any]]]:
    return list(Look.objects.filter(deed=Deed.ACTED).order_by("id").values_list("what", "reason", "details"))


def told(client: Client, case: Case) -> list[str]:
    return [str(message) for message in client.get(address(case)).context["messages"]]


def test_what_is_due_first_comes_first_and_what_waits_for_the_shopper_last(client: Client, agent: User) -> None:
    late, soon, fresh = make_case(hours_ago=30), make_case(hours_ago=20), make_case()
    waiting = make_case(hours_ago=40)
    services.reply(waiting, Answer("Which one?"), by=agent, at=timezone.now())
    services.resolve(make_case(), Outcome.FOUND, by=agent, at=timezone.now())

    assert listed(client) == [late, soon, fresh, waiting]


def test_what_is_overdue_says_so_in_words(client: Client, agent: User) -> None:
    make_case(hours_ago=30)
    make_case(hours_ago=20)

    page = client.get(QUEUE).content.decode()

    assert "Overdue by 6\xa0hours" in page
    assert "due in 3\xa0hours" in page
    assert page.count("data-overdue") == 1


def test_the_list_is_narrowed_by_what_is_asked_for(client: Client, agent: User) -> None:
    brand = make_brand(name="Puoti")
    mine, overdue = make_case(), make_case(kind=CaseKind.NOT_RECEIVED, hours_ago=30)
    of_brand = make_case(make_shipment(status=Status.DELIVERED, brand=brand))
    waiting, done = make_case(), make_case()
    services.take(mine, by=agent, at=timezone.now())
    services.reply(waiting, Answer("?"), by=make_member(Role.AGENT), at=timezone.now())
    services.resolve(done, Outcome.FOUND, by=agent, at=timezone.now())

    assert listed(client, "?view=mine") == [mine]
    assert listed(client, "?view=unowned") == [overdue, of_brand]
    assert listed(client, "?view=overdue") == [overdue]
    assert listed(client, "?queue=carriers") == [overdue]
    assert listed(client, "?kind=not_received") == [overdue]
    assert listed(client, f"?brand={brand.id}") == [of_brand]
    assert listed(client, "?state=waiting") == [waiting]
    assert listed(client, "?state=resolved") == [done]
    assert listed(client, "?queue=carriers&view=unowned&state=open") == [overdue]


@pytest.mark.parametrize("query", ["?view=x", "?queue=x", "?brand=x&page=x", "?state=%00", "?brand=999999999999999"])
def test_what_cannot_be_read_is_not_asked_for(client: Client, agent: User, query: str) -> None:
    case = make_case()

    assert listed(client, query) == [case]


def test_each_view_says_how_much_is_in_it(client: Client, agent: User) -> None:
    services.take(make_case(), by=agent, at=timezone.now())
    make_case(hours_ago=30)
    services.resolve(make_case(), Outcome.FOUND, by=agent, at=timezone.now())

    views = client.get(QUEUE).context["views"]

    assert [(view.value, count) for view, count, _ in views] == [
        ("all", 2),
        ("mine", 1),
        ("unowned", 1),
        ("overdue", 1),
    ]


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_queue(client: Client, agent: User, number: int) -> None:
    for _ in range(number):
        make_case()

    with CaptureQueriesContext(connection) as queries:
        client.get(QUEUE)

    assert len(queries) == 8


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_conversation(client: Client, agent: User, number: int) -> None:
    case = make_case()
    for _ in range(number):
        services.note(case, "Hm.", by=make_member(Role.AGENT), at=timezone.now())
        client.post(address(case, "hand_over"), {"queue": "claims", "priority": "3", "reason": "-"})

    with CaptureQueriesContext(connection) as queries:
        client.get(address(case))

    assert len(queries) == 12


PEOPLE: dict[str, tuple[Callable[[Shipment], User], int]] = {
    "agent": (lambda _: make_member(Role.AGENT), 200),
    "lead": (lambda _: make_member(Role.LEAD), 200),
    "admin": (lambda _: make_member(Role.ADMIN), 200),
    "agent of the brand": (lambda shipment: make_member(Role.AGENT, brand=shipment.brand), 200),
    "agent of another brand": (lambda _: make_member(Role.LEAD, brand=make_brand()), 404),
    "partner": (lambda _: make_partner(make_driver().carrier), 403),
    "staff without a place": (lambda _: User.objects.create(username="nobody", is_staff=True), 403),
    "stranger": (lambda _: User.objects.create(username="stranger"), 302),
}


@pytest.mark.parametrize(("who", "status"), PEOPLE.values(), ids=list(PEOPLE))
def test_everybody_sees_the_cases_of_their_own_shipments_alone(
    client: Client, who: Callable[[Shipment], User], status: int
) -> None:
    case = make_case()
    client.force_login(who(case.shipment))

    assert client.get(address(case)).status_code == status
    assert client.get(f"{QUEUE}new/{case.shipment_id}/").status_code == status
    assert client.post(address(case, "take")).status_code == (302 if status == 200 else status)
    case.refresh_from_db()
    assert (case.owner is not None) is (status == 200)
    if status in {200, 404}:
        assert (case in listed(client)) is (status == 200)
        assert next(count for _, count, _ in client.get(QUEUE).context["views"]) == (status == 200)


def test_the_page_of_a_case_shows_what_was_said_and_keeps_who_looked(client: Client, agent: User) -> None:
    case = make_case(words="The lid is <b>broken</b>.")
    services.note(case, "Third time this week.", by=agent, at=timezone.now())

    page = client.get(address(case)).content.decode()

    assert "The lid is &lt;b&gt;broken&lt;/b&gt;." in page
    assert "Third time this week." in page
    assert f"/admin/desk/shipments/{case.shipment_id}/" in page
    assert list(Look.objects.values_list("user", "deed", "what", "shipment", "details")) == [
        (agent.id, "saw", "case", case.shipment_id, {"case": case.id})
    ]


def test_a_photo_is_shown_to_staff_and_it_is_kept_who_looked(
    client: Client, agent: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case, other = make_case(), make_case()
    photo = CasePhoto(message=case.messages.get(), width=1, height=1)
    photo.image.save("a.jpg", ContentFile(b"jpeg"))

    response = client.get(f"{address(case)}photos/{photo.key}/")

    assert (response.content, response["Content-Type"]) == (b"jpeg", "image/jpeg")
    assert Look.objects.get().what == "case_photo"
    assert client.get(f"{address(other)}photos/{photo.key}/").status_code == 404


def test_a_ready_text_begins_the_answer(client: Client, agent: User) -> None:
    case = make_case()
    body = "Dear {name}, {brand} looks into {reference}. {other} {name.__class__}"
    ours = Macro.objects.create(title="Hello", body=body)
    Macro.objects.create(title="Theirs", body="Psst.", brand=make_brand())

    page = client.get(f"{address(case)}?macro={ours.id}")

    expected = f"Dear Maija, Kauppa looks into {case.shipment.reference}. {{other}} {{name.__class__}}"
    assert page.context["deeds"]["reply"][1]["text"].value() == expected
    assert [macro.title for macro in page.context["macros"]] == ["Hello"]


@pytest.mark.parametrize("waits", [True, False])
def test_an_answer_goes_out_and_waits_for_the_shopper_or_not(client: Client, agent: User, waits: bool) -> None:
    case = make_case()

    client.post(
        address(case, "reply"), {"text": "We send a new one.", **({"waits_for_shopper": "on"} if waits else {})}
    )

    case.refresh_from_db()
    assert (case.state, case.owner) == (CaseState.WAITING if waits else CaseState.OPEN, agent)
    assert Notification.objects.get(trigger=Trigger.REPLY).details["text"] == "We send a new one."
    message = CaseMessage.objects.get(author=agent)
    assert kept() == [("case_reply", "", {"case": case.id, "message": message.id})]
    assert told(client, case) == ["The answer is on its way."]


@pytest.mark.parametrize(
    ("deed", "given"),
    [("reply", {"text": ""}), ("note", {"text": " "}), ("resolve", {"outcome": "found"}), ("resolve", {"reason": "x"})],
)
def test_what_is_not_complete_is_asked_for_again(client: Client, agent: User, deed: str, given: dict[str, str]) -> None:
    case = make_case()

    response = client.post(address(case, deed), given)

    assert response.status_code == 422
    assert response.context["deeds"][deed][1].errors
    case.refresh_from_db()
    assert (case.state, case.messages.count(), kept()) == (CaseState.OPEN, 1, [])


def test_a_note_is_for_staff_alone(client: Client, agent: User) -> None:
    case = make_case()

    client.post(address(case, "note"), {"text": "Ask the driver."})

    assert CaseMessage.objects.get(author=agent).is_internal
    assert not Notification.objects.exists()


def test_a_case_is_taken_once(client: Client, agent: User) -> None:
    case, other = make_case(), make_member(Role.AGENT)
    services.take(case, by=other, at=timezone.now())

    client.post(address(case, "take"))

    case.refresh_from_db()
    assert case.owner == other
    assert told(client, case) == ["Somebody else has just taken this case."]
    assert kept() == []


def test_who_leads_gives_a_case_to_somebody_with_a_reason(client: Client) -> None:
    lead, sari, stranger = make_member(Role.LEAD), make_member(Role.AGENT), make_member(Role.LEAD, brand=make_brand())
    case = make_case()
    client.force_login(lead)
    given = {"owner": sari.id, "queue": "claims", "priority": "3", "reason": "She knows lids."}

    assert client.post(address(case, "hand_over"), {**given, "owner": stranger.id}).status_code == 422
    client.post(address(case, "hand_over"), given)

    case.refresh_from_db()
    assert (case.owner, case.queue, case.priority) == (sari, Queue.CLAIMS, Priority.HIGH)
    before, after = {"owner": None, "queue": "claims", "priority": 2}, {**given, "owner": sari.id, "priority": 3}
    del after["reason"]
    assert kept() == [("case_hand_over", "She knows lids.", {"case": case.id, "before": before, "after": after})]
    assert "She knows lids." in client.get(address(case)).content.decode()


def test_an_agent_gives_a_case_to_nobody_else_and_takes_none_away(client: Client, agent: User) -> None:
    sari = make_member(Role.AGENT)
    case, hers = make_case(), make_case()
    services.take(hers, by=sari, at=timezone.now())
    given = {"owner": sari.id, "queue": "support", "priority": "2", "reason": "-"}

    assert client.post(address(case, "hand_over"), given).status_code == 422
    assert client.post(address(hers, "hand_over"), {**given, "owner": agent.id}).status_code == 403
    client.post(address(case, "hand_over"), {**given, "owner": agent.id})

    case.refresh_from_db()
    hers.refresh_from_db()
    assert (case.owner, case.queue, hers.owner) == (agent, Queue.SUPPORT, sari)


def test_a_case_is_resolved_and_opened_again_with_reasons(client: Client, agent: User) -> None:
    case = make_case()

    client.post(address(case, "resolve"), {"outcome": "resent", "reason": "New one sent."})
    case.refresh_from_db()
    assert (case.state, case.outcome) == (CaseState.RESOLVED, Outcome.RESENT)
    client.post(address(case, "reopen"), {"reason": "It broke, too."})

    case.refresh_from_db()
    assert (case.state, case.reopened) == (CaseState.OPEN, 1)
    assert kept() == [
        ("case_resolve", "New one sent.", {"case": case.id, "after": "resent"}),
        ("case_reopen", "It broke, too.", {"case": case.id, "before": "resent"}),
    ]


def test_what_comes_too_late_is_told_and_changes_nothing(client: Client, agent: User) -> None:
    case = make_case()
    services.resolve(case, Outcome.FOUND, by=agent, at=timezone.now())

    client.post(address(case, "reply"), {"text": "Hello?"})
    assert told(client, case) == ["This case is resolved already. Open it again first."]
    services.reopen(case, at=timezone.now())
    client.post(address(case, "reopen"), {"reason": "-"})
    assert told(client, case) == ["This case is not resolved: somebody has opened it again."]

    assert (CaseMessage.objects.count(), kept()) == (1, [])


def test_staff_open_a_case_by_hand(client: Client, agent: User) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    page = f"{QUEUE}new/{shipment.id}/"

    assert client.get(page).status_code == 200
    assert client.post(page, {"kind": "damaged", "text": ""}).status_code == 422
    response = client.post(page, {"kind": "damaged", "text": "She rang: the lid is broken."})

    case = Case.objects.get()
    message = case.messages.get()
    assert response["Location"] == address(case)
    assert (message.author, message.is_internal, message.via) == (agent, True, Via.DESK)
    assert kept() == [("case_open", "", {"case": case.id})]


def test_an_unknown_deed_is_not_found_and_a_get_does_nothing(client: Client, agent: User) -> None:
    case = make_case()

    assert client.post(address(case, "delete")).status_code == 404
    assert client.get(address(case, "take")).status_code == 405
    assert client.post(address(case)).status_code == 405


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 403), (Role.LEAD, 200), (Role.ADMIN, 200)])
@pytest.mark.parametrize("model", ["macro", "casepolicy"])
def test_who_leads_keeps_the_macros_and_the_policies(client: Client, role: Role, status: int, model: str) -> None:
    client.force_login(make_member(role))

    assert client.get(f"/admin/feedback/{model}/add/").status_code == status
