"""Which pages of the stock admin leave a line in the book of who looked: all but those that are about nobody."""

from typing import Final

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from desk.models import Deed, Look, Role
from feedback import services as feedback
from feedback.models import Source
from notifications.models import Contact
from notifications.triggers import Channel
from tests.factories import NOON, make_driver, make_member, make_shipment
from tests.notifications.rows import make_row
from tracking.shipments.lifecycle import Status

pytestmark = pytest.mark.django_db

TABLE: Final = """
auth_group                    kept
auth_user                     kept
carriers_account
carriers_alarm
carriers_contract
carriers_courier              kept
carriers_earning              kept
carriers_letter               kept
carriers_offer                kept
carriers_terms
carriers_floor
carriers_profile
carriers_tariff
desk_look
desk_member                   kept
dispatch_demand               kept
dispatch_duty                 kept
dispatch_fleet
dispatch_hub
dispatch_plan                 kept
dispatch_skill
dispatch_vehicletype
driving_drivelink             kept
driving_driveraction          kept
feedback_casepolicy
feedback_macro
feedback_rating               kept
notifications_consent         kept
notifications_contact         kept
notifications_delivery        kept
notifications_inbound         kept
notifications_notification    kept
notifications_policy
notifications_question        kept
notifications_rule
notifications_template
notifications_webhook
otp_static_staticdevice       kept
otp_totp_totpdevice           kept
tracking_apikey
tracking_brand
tracking_carrier
tracking_carrierscore
tracking_device               kept
tracking_driver               kept
tracking_driverscore          kept
tracking_linkuse              kept
tracking_place
tracking_position             kept
tracking_route                kept
tracking_shift                kept
tracking_shipment             kept
tracking_statusevent          kept
tracking_stophint
tracking_trackinglink         kept
"""

EXPECTED: Final = {name: bool(kept) for name, *kept in (line.split() for line in TABLE.strip().splitlines())}
MODELS: Final = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}


def book() -> list[tuple[object, ...]]:
    return list(Look.objects.order_by("id").values_list("deed", "what", "shipment", "details"))


def test_every_model_is_in_the_table() -> None:
    assert set(EXPECTED) == MODELS


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_list_is_kept_where_it_is_about_somebody(admin_client: Client, name: str) -> None:
    assert admin_client.get(reverse(f"admin:{name}_changelist")).status_code == 200

    nothing_found = {"rows": 0, "is_search": False}
    found = [(deed, what) for deed, what, _, _ in book()]
    assert found == ([(Deed.SAW, f"{name}_changelist")] if EXPECTED[name] else [])
    assert name != "tracking_route" or book() == [(Deed.SAW, "tracking_route_changelist", None, nothing_found)]


def test_a_row_is_kept_with_its_shipment(admin_client: Client) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    contact = Contact.objects.create(
        shipment=shipment, channel=Channel.EMAIL, address="maija@example.org", added_at=NOON
    )
    rows = {
        "tracking_shipment_change": shipment,
        "feedback_rating_change": feedback.rate(shipment, score=5, source=Source.PAGE, at=NOON),
        "notifications_notification_change": make_row(shipment),
        "notifications_contact_history": contact,
    }

    for name, row in rows.items():
        assert admin_client.get(reverse(f"admin:{name}", args=[row.pk])).status_code == 200

    assert book() == [(Deed.SAW, name, shipment.id, {"id": str(row.pk)}) for name, row in rows.items()]


def test_what_was_searched_for_is_not_kept(admin_client: Client) -> None:
    make_driver(family_name="Salainen")

    assert "Salainen" in admin_client.get("/admin/tracking/driver/?q=Salainen").content.decode()

    assert book() == [(Deed.SAW, "tracking_driver_changelist", None, {"rows": 1, "is_search": True})]


def test_who_may_not_see_a_page_is_not_kept(client: Client) -> None:
    client.force_login(make_member(Role.AGENT))

    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert client.get("/admin/").status_code == 200

    assert book() == []
