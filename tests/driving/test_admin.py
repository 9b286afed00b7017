"""Staff issue links, take them back and hand them over; who may not, may not."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from desk.models import Role
from driving.models import DriveLink, DriverAction
from driving.services import links
from tests.driving.phones import make_day, make_phone
from tests.factories import make_member, make_partner

pytestmark = pytest.mark.django_db

LIST = reverse("admin:driving_drivelink_changelist")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, name: str, link: DriveLink) -> None:
    client.post(LIST, {"action": name, "_selected_action": [link.pk]})


def test_a_lead_issues_a_link_and_reads_its_address() -> None:
    route, _ = make_day()
    client = signed_in(make_member(Role.LEAD))

    answer = client.post(
        reverse("admin:driving_drivelink_add"), {"shift": route.shift_id, "_continue": "1"}, follow=True
    )

    link = DriveLink.objects.get()
    assert (link.shift, link.is_bound) == (route.shift, False)
    assert f"http://testserver/drive/{link.token}/" in answer.content.decode()
    assert link.token not in client.get(LIST).content.decode()
    assert Client().get(f"/drive/{link.token}/").status_code == 200


def test_a_link_is_revoked_and_handed_over() -> None:
    phone = make_phone(make_day()[0])
    client = signed_in(make_member(Role.LEAD))

    act(client, "release", phone.link)
    assert not DriveLink.objects.get().is_bound
    act(client, "revoke", phone.link)

    assert DriveLink.objects.get().revoked_at
    assert phone.client.get(phone.address).status_code == 404


@pytest.mark.parametrize("who", ["agent", "partner", "staff"])
def test_nobody_else_sees_a_link(who: str) -> None:
    link = links.issue(make_day()[0].shift, at=timezone.now())
    people: dict[str, Callable[[], User]] = {
        "agent": lambda: make_member(Role.AGENT),
        "partner": make_partner,
        "staff": lambda: User.objects.create(username="staff", is_staff=True),
    }
    client = signed_in(people[who]())

    codes = [
        client.get(address).status_code for address in (LIST, reverse("admin:driving_drivelink_change", args=[link.pk]))
    ]
    act(client, "revoke", link)

    assert codes == [403, 403]
    assert DriveLink.objects.get().revoked_at is None


def test_what_was_done_is_shown_and_never_changed() -> None:
    route, (shipment, *_) = make_day()
    make_phone(route).tell("deliver", shipment=shipment.id, name="Pekka Naapuri")
    action = DriverAction.objects.get()
    client = signed_in(User.objects.create(username="root", is_staff=True, is_superuser=True))

    shown = client.get(reverse("admin:driving_driveraction_change", args=[action.pk]))

    assert client.get(reverse("admin:driving_driveraction_changelist")).status_code == 200
    assert "Pekka" not in shown.content.decode()
    assert 'name="_save"' not in shown.content.decode()
