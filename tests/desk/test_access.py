import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from desk import access, roles, services
from desk.models import Deed, Look, Role
from desk.roles import May
from tests.factories import make_brand, make_driver, make_member, make_partner, make_shipment
from tracking.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.AGENT, {May.SEE, May.ACT}),
        (Role.LEAD, {May.SEE, May.ACT, May.LEAD, May.MEASURE}),
        (Role.ADMIN, set(May)),
    ],
)
def test_each_role_may_do_what_the_table_says(role: Role, allowed: set[May]) -> None:
    user = make_member(role)

    assert {may for may in May if user.has_perm(may)} == allowed


def test_an_agent_reads_messages_and_changes_no_rules() -> None:
    agent = make_member(Role.AGENT)

    assert agent.has_perm("notifications.view_notification")
    assert not agent.has_perm("notifications.change_rule")
    assert not agent.has_perm("auth.change_user")


def test_the_stock_pages_list_what_a_role_may_read(client: Client) -> None:
    client.force_login(make_member(Role.LEAD))

    page = client.get("/admin/").content.decode()

    assert "/admin/notifications/notification/" in page
    assert "/admin/feedback/macro/" in page
    assert "/admin/auth/user/" not in page


def test_whoever_may_not_see_all_has_the_desks_own_pages_alone() -> None:
    partner, of_one_brand = make_partner(), make_member(Role.LEAD, brand=make_brand())

    assert partner.get_all_permissions() == {May.SEE, May.MEASURE}
    assert of_one_brand.get_all_permissions() == {May.SEE, May.ACT, May.LEAD, May.MEASURE}


def test_whoever_left_may_nothing() -> None:
    user = make_member(Role.ADMIN)
    user.is_active = False

    assert user.get_all_permissions() == set()


def test_everybody_sees_their_own_shipments_alone() -> None:
    brand, carrier = make_brand(), make_driver().carrier
    of_brand, of_carrier, other = make_shipment(brand=brand), make_shipment(), make_shipment()
    Shipment.objects.filter(id=of_carrier.id).update(carrier=carrier)

    assert list(access.shipments_of(make_partner(carrier))) == [of_carrier]
    assert list(access.shipments_of(make_member(Role.AGENT, brand=brand))) == [of_brand]
    assert set(access.shipments_of(make_member(Role.AGENT))) == {of_brand, of_carrier, other}
    assert list(access.shipments_of(User.objects.create(username="nobody", is_staff=True))) == []


@pytest.mark.parametrize("name", sorted(roles.PERMISSIONS))
def test_every_role_comes_in_by_the_same_door(client: Client, name: Role) -> None:
    user = make_partner() if name == Role.PARTNER else make_member(name)
    client.force_login(user)

    assert client.get("/admin/").status_code == 200


def test_a_look_is_kept_with_who_and_what() -> None:
    user, shipment = make_member(Role.AGENT), make_shipment()

    services.note(Look(user=user, at=timezone.now(), deed=Deed.SAW, what="shipment", shipment=shipment))

    assert list(Look.objects.values_list("user", "deed", "what", "shipment")) == [
        (user.id, "saw", "shipment", shipment.id)
    ]


@pytest.mark.parametrize("change", ["update", "delete"])
def test_postgresql_refuses_to_change_what_was_written_down(change: str) -> None:
    look = services.note(Look(user=make_member(Role.AGENT), at=timezone.now(), deed=Deed.SAW, what="shipment"))
    rows = Look.objects.filter(id=look.id)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.update(what="nothing") if change == "update" else rows._raw_delete(rows.db)

    assert Look.objects.get().what == "shipment"
