"""Who may what: every page of the desk, and every stock page of messages and feedback, for everybody there is.

The shipment, its case, its messages and the file are of one brand; one carrier carries it. The columns are

- of everybody's shipments: ``agent``, ``lead``, ``admin``, ``root`` (a superuser);
- theirs: ``bearer`` (a partner of the one that carries it), ``brand`` (a lead of its brand);
- not theirs: ``other`` (a partner of another carrier), ``rival`` (a lead of another brand);
- ``staff`` without a role, and a ``shopper`` who has not signed in.

``door`` means sent to sign in. Pages that write are posted to without anything, which is what a 422 refuses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from carriers.models import Alarm, AlarmKind, Bench, Earning, Floor, Letter, Profile, Tariff, Terms
from carriers.models.choices import Floored
from carriers.services import crowd
from desk import services as desk
from desk.models import Role
from dispatch.models import Demand, Duty, Hub, Skill
from dispatch.services import plans
from feedback import services as feedback
from feedback.models import CaseKind, CasePolicy, Macro, Source
from feedback.services import Complaint
from notifications.models import Consent, Contact, Inbound, Meaning, Notification, Question, State
from notifications.models import Template as Words
from notifications.services import webhooks
from notifications.triggers import Channel, Trigger
from tests.carriers import crowds
from tests.carriers.bookable import make_contract
from tests.carriers.partners import make_account
from tests.dispatch.fleets import make_demand, make_duty
from tests.factories import NOON, make_brand, make_driver, make_member, make_policy, make_rule, make_shipment
from tests.tracking import doors
from tracking.models import Carrier
from tracking.pictures import Picture
from tracking.proof.models import Kind
from tracking.rounds.models import CarrierKind
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db

TABLE: Final = """
                                                 agent  lead   admin  root   bearer brand  other  rival  staff  shopper
GET  desk:attention                              200    200    200    200    200    200    200    200    403    door
GET  desk:board                                  200    200    200    200    403    403    403    403    403    door
GET  desk:drivers                                403    200    200    200    403    403    403    403    403    door
POST desk:issue_drive_links                      403    302    302    302    403    403    403    403    403    door
POST desk:ask_plan                               403    422    422    422    403    403    403    403    403    door
POST desk:draft_plan                             403    422    422    422    403    403    403    403    403    door
POST desk:replan_van                             403    302    302    302    403    403    403    403    403    door
POST desk:cancel_plan                            403    302    302    302    403    403    403    403    403    door
POST desk:publish_plan                           403    302    302    302    403    403    403    403    403    door
POST desk:move_in_plan                           403    422    422    422    403    403    403    403    403    door
GET  desk:emissions                              200    200    200    200    403    403    403    403    403    door
GET  desk:emissions_sheet                        200    200    200    200    403    403    403    403    403    door
GET  desk:brand                                  403    200    200    200    403    200    403    404    403    door
POST desk:brand                                  403    422    422    422    403    422    403    404    403    door
GET  desk:brand_page                             403    200    200    200    403    200    403    404    403    door
GET  desk:brand_mail                             403    200    200    200    403    200    403    404    403    door
GET  desk:calibration                            403    200    200    200    403    403    403    403    403    door
GET  desk:carriers                               403    200    200    200    403    403    403    403    403    door
POST desk:weigh                                  403    422    422    422    403    403    403    403    403    door
POST desk:lift_bench                             403    422    422    422    403    403    403    403    403    door
GET  desk:imports                                403    200    200    200    403    200    403    200    403    door
POST desk:imports                                403    422    422    422    403    422    403    422    403    door
GET  desk:import_sample                          403    200    200    200    403    200    403    200    403    door
GET  desk:import                                 403    200    200    200    403    200    403    404    403    door
POST desk:take_in                                403    302    302    302    403    302    403    404    403    door
GET  desk:insight                                403    200    200    200    200    200    200    200    403    door
GET  desk:insight_figures                        403    200    200    200    200    200    200    200    403    door
GET  desk:insight_trend                          403    200    200    200    200    200    200    200    403    door
GET  desk:words                                  200    200    200    200    403    200    403    200    403    door
GET  desk:words_sheet                            403    403    200    200    403    403    403    403    403    door
GET  desk:search                                 200    200    200    200    200    200    200    200    403    door
GET  desk:shipment                               200    200    200    200    200    200    404    404    403    door
GET  desk:then                                   200    200    200    200    200    200    404    404    403    door
GET  desk:proof                                  200    200    200    200    403    200    403    404    403    door
GET  desk:receipt                                200    200    200    200    403    200    403    404    403    door
POST desk:act                                    422    422    422    422    403    422    403    404    403    door
GET  desk:cases                                  200    200    200    200    403    200    403    200    403    door
GET  desk:case                                   200    200    200    200    403    200    403    404    403    door
GET  desk:case_photo                             200    200    200    200    403    200    403    404    403    door
POST desk:case_act                               422    422    422    422    403    422    403    404    403    door
GET  desk:open_case                              200    200    200    200    403    200    403    404    403    door
POST desk:open_case                              422    422    422    422    403    422    403    404    403    door
GET  desk:second_factor                          200    200    200    200    200    200    200    200    200    door
GET  desk:enrol                                  302    302    302    302    302    302    302    302    302    door
GET  admin:carriers_account_changelist           403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_account_add                  403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_account_history              403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_account_delete               403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_account_change               403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_letter_changelist            403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_letter_add                   403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_letter_history               403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_letter_delete                403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_letter_change                403    403    200    200    403    403    403    403    403    door
GET  admin:carriers_alarm_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_alarm_add                    403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_alarm_history                403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_alarm_delete                 403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_alarm_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_courier_changelist           403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_courier_add                  403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_courier_history              403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_courier_delete               403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_courier_change               403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_contract_changelist          403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_contract_add                 403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_contract_history             403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_contract_delete              403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_contract_change              403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_terms_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_terms_add                    403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_terms_history                403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_terms_delete                 403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_terms_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_offer_changelist             200    200    200    200    403    403    403    403    403    door
GET  admin:carriers_offer_add                    403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_offer_history                200    200    200    200    403    403    403    403    403    door
GET  admin:carriers_offer_delete                 403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_offer_change                 200    200    200    200    403    403    403    403    403    door
GET  admin:carriers_earning_changelist           403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_earning_add                  403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_earning_history              403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_earning_delete               403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_earning_change               403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_floor_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_floor_add                    403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_floor_history                403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_floor_delete                 403    403    403    200    403    403    403    403    403    door
GET  admin:carriers_floor_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_profile_changelist           403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_profile_add                  403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_profile_history              403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_profile_delete               403    403    403    403    403    403    403    403    403    door
GET  admin:carriers_profile_change               403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_tariff_changelist            403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_tariff_add                   403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_tariff_history               403    200    200    200    403    403    403    403    403    door
GET  admin:carriers_tariff_delete                403    403    403    200    403    403    403    403    403    door
GET  admin:carriers_tariff_change                403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_hub_changelist               403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_hub_add                      403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_hub_history                  403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_hub_delete                   403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_hub_change                   403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_fleet_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_fleet_add                    403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_fleet_history                403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_fleet_delete                 403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_fleet_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_vehicletype_changelist       403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_vehicletype_add              403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_vehicletype_history          403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_vehicletype_delete           403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_vehicletype_change           403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_skill_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_skill_add                    403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_skill_history                403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_skill_delete                 403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_skill_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_duty_changelist              403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_duty_add                     403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_duty_history                 403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_duty_delete                  403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_duty_change                  403    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_demand_changelist            200    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_demand_add                   403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_demand_history               200    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_demand_delete                403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_demand_change                200    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_plan_changelist              200    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_plan_add                     403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_plan_history                 200    200    200    200    403    403    403    403    403    door
GET  admin:dispatch_plan_delete                  403    403    403    403    403    403    403    403    403    door
GET  admin:dispatch_plan_change                  200    200    200    200    403    403    403    403    403    door
GET  admin:feedback_rating_changelist            200    200    200    200    403    403    403    403    403    door
GET  admin:feedback_rating_add                   403    403    403    403    403    403    403    403    403    door
GET  admin:feedback_rating_history               200    200    200    200    403    403    403    403    403    door
GET  admin:feedback_rating_delete                403    403    403    403    403    403    403    403    403    door
GET  admin:feedback_rating_change                200    200    200    200    403    403    403    403    403    door
GET  admin:feedback_casepolicy_changelist        403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_casepolicy_add               403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_casepolicy_history           403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_casepolicy_delete            403    403    403    403    403    403    403    403    403    door
GET  admin:feedback_casepolicy_change            403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_macro_changelist             403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_macro_add                    403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_macro_history                403    200    200    200    403    403    403    403    403    door
GET  admin:feedback_macro_delete                 403    403    403    200    403    403    403    403    403    door
GET  admin:feedback_macro_change                 403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_health                  200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_local                   403    403    403    200    403    403    403    403    403    door
GET  admin:notifications_person                  403    403    403    200    403    403    403    403    403    door
GET  admin:notifications_mail                    403    403    403    200    403    403    403    403    403    door
GET  admin:notifications_notification_changelist 200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_notification_add        403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_notification_history    200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_notification_delete     403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_notification_change     200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_consent_changelist      200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_consent_add             403    403    403    200    403    403    403    403    403    door
GET  admin:notifications_consent_history         200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_consent_delete          403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_consent_change          200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_contact_changelist      200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_contact_add             403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_contact_history         200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_contact_delete          403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_contact_change          200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_answer                  200    200    200    200    403    403    403    403    403    door
POST admin:notifications_answer                  422    422    422    422    403    403    403    403    403    door
GET  admin:notifications_inbound_changelist      200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_inbound_add             403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_inbound_history         200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_inbound_delete          403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_inbound_change          200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_question_changelist     200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_question_add            403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_question_history        200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_question_delete         403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_question_change         200    200    200    200    403    403    403    403    403    door
GET  admin:notifications_webhook_changelist      403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_webhook_add             403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_webhook_history         403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_webhook_delete          403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_webhook_change          403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_delivery_changelist     403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_delivery_add            403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_delivery_history        403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_delivery_delete         403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_delivery_change         403    403    200    200    403    403    403    403    403    door
GET  admin:notifications_policy_changelist       403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_policy_add              403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_policy_history          403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_policy_delete           403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_policy_change           403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_rule_changelist         403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_rule_add                403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_rule_history            403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_rule_delete             403    403    403    403    403    403    403    403    403    door
GET  admin:notifications_rule_change             403    200    200    200    403    403    403    403    403    door
POST admin:notifications_preview                 403    422    422    422    403    403    403    403    403    door
GET  admin:notifications_preview_mail            403    404    404    404    403    403    403    403    403    door
GET  admin:notifications_template_changelist     403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_template_add            403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_template_history        403    200    200    200    403    403    403    403    403    door
GET  admin:notifications_template_delete         403    403    403    200    403    403    403    403    403    door
GET  admin:notifications_template_change         403    200    200    200    403    403    403    403    403    door
"""

OURS: Final = ("carriers_", "dispatch_", "feedback_", "notifications_")

WHO: Final = TABLE.split("\n")[1].split()

EXPECTED: Final = {
    (method, name): dict(zip(WHO, codes, strict=True))
    for method, name, *codes in (line.split() for line in TABLE.strip().splitlines()[1:])
}


@dataclass(frozen=True)
class World:
    """Somebody of each kind, and a row of each table, by the names that addresses give to their parts."""

    people: dict[str, User | None]
    rows: dict[str, Model]

    def parts(self, pattern: URLPattern) -> dict[str, Any]:
        """Fill in the address of a page."""
        model = (pattern.name or "").split("_")[1:2]
        known = {
            **{f"{name}_id": row.pk for name, row in self.rows.items()},
            "object_id": self.rows[model[0]].pk if model and model[0] in self.rows else None,
            "key": getattr(self.rows["photo"], "key", None),
            "proof_key": getattr(self.rows["proof"], "key", None),
            "form": "json",
            "name": "note" if pattern.name == "act" else "reply",
        }
        return {part: known[part] for part in pattern.pattern.converters}


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    shipment = make_shipment(status=Status.DELIVERED)
    carrier, other = make_driver().carrier, Carrier.objects.create(slug="o", name="O", kind=CarrierKind.THIRD_PARTY)
    Shipment.objects.filter(id=shipment.id).update(carrier=carrier)
    lead = make_member(Role.LEAD)
    people = {
        "agent": make_member(Role.AGENT),
        "lead": lead,
        "admin": make_member(Role.ADMIN),
        "root": User.objects.create(username="root", is_staff=True, is_superuser=True),
        "bearer": make_member(Role.PARTNER, carrier=carrier),
        "brand": make_member(Role.LEAD, brand=shipment.brand),
        "other": make_member(Role.PARTNER, carrier=other),
        "rival": make_member(Role.LEAD, brand=make_brand()),
        "staff": User.objects.create(username="staff", is_staff=True),
        "shopper": None,
    }
    return World(people, _rows(shipment, by=lead))


def _rows(shipment: Shipment, *, by: User) -> dict[str, Model]:
    brand, address = shipment.brand, {"channel": Channel.EMAIL, "address": "maija@example.org"}
    complaint = Complaint(CaseKind.DAMAGED, "Broken.", photos=[Picture(b"jpeg", 1, 1)])
    case = feedback.open_case(shipment, complaint, at=NOON)
    phone, asked = "+358401234567", {"asked_at": NOON, "open_until": NOON}
    letter = {"trigger": Trigger.CREATED, "language": "en", "created_at": NOON, "due_at": NOON, "expires_at": NOON}
    duty = make_duty()
    return {
        "shipment": shipment,
        "brand": brand,
        "case": case,
        "bench": Bench.objects.create(
            carrier=duty.shift.driver.carrier, since=NOON, criterion=Floored.CLAIMS, figure=1, n=30, floor=0
        ),
        "floor": Floor.objects.create(criterion=Floored.CLAIMS, worst=1),
        "profile": Profile.objects.create(carrier=duty.shift.driver.carrier),
        "tariff": Tariff.objects.create(carrier=duty.shift.driver.carrier, base=5),
        "photo": case.messages.get().photos.get(),
        "proof": doors.keep(shipment.events.latest("id"), Kind.PHOTO, image=doors.make_photo()),
        "rating": feedback.rate(shipment, score=5, source=Source.PAGE, at=NOON),
        "casepolicy": CasePolicy.objects.create(brand=brand),
        "macro": Macro.objects.create(title="Sorry", body="We are sorry."),
        "duty": duty,
        "hub": duty.hub,
        "fleet": duty.shift.driver.carrier.fleet,
        "vehicletype": duty.vehicle_type,
        "skill": Skill.objects.create(slug="age", name="Checks an age"),
        "demand": Demand.objects.create(shipment=shipment, earliest=NOON, latest=NOON + timedelta(hours=1)),
        "plan": plans.ask(NOON.date(), Hub.objects.all(), by=by, at=NOON),
        "import": desk.bring_in("a.csv", b"", brand=brand, by=by, at=NOON),
        "notification": Notification.objects.create(
            brand=brand,
            shipment=shipment,
            channel=Channel.EMAIL,
            recipient=shipment.email,
            state=State.SENT,
            provider="local",
            sent_at=NOON,
            **letter,
        ),
        "consent": Consent.objects.create(is_given=True, source="desk", changed_at=NOON, **address),
        "contact": Contact.objects.create(shipment=shipment, added_at=NOON, **address),
        "inbound": Inbound.objects.create(
            provider_id="SM1",
            channel=Channel.SMS,
            sender=phone,
            body="?",
            received_at=NOON,
            meaning=Meaning.KEPT,
            shipment=shipment,
        ),
        "question": Question.objects.create(address=phone, asker="a", shipment=shipment, **asked),
        "webhook": (webhook := webhooks.register("https://shop.example.com/", brand=brand, kinds=[], at=NOON)[0]),
        "delivery": webhooks.test(webhook, at=NOON),
        "policy": make_policy(brand),
        "account": (account := make_account()),
        "letter": Letter.objects.create(account=account, digest="a", body=b"{}", received_at=NOON),
        "alarm": Alarm.objects.create(account=account, kind=AlarmKind.SILENT, times=1, first_at=NOON, last_at=NOON),
        "contract": make_contract("http://127.0.0.1:1"),
        **_crowd(duty),
        "rule": make_rule(brand, Trigger.CREATED, Channel.EMAIL),
        "template": Words.objects.create(
            brand=brand, trigger=Trigger.CREATED, channel=Channel.SMS, language="en", text="Hi"
        ),
    }


def _crowd(duty: Duty) -> dict[str, Model]:
    carrier, hub = crowds.make_crowd(), duty.hub
    offer = crowd.hand_over(make_demand(hub, crowds.DOOR).shipment, carrier, at=NOON)
    courier = crowds.make_courier(carrier, hub)
    owed = {"amount": offer.pay, "sum": "4.20", "earned_at": NOON}
    return {
        "courier": courier,
        "terms": Terms.objects.get(carrier=carrier),
        "offer": offer,
        "earning": Earning.objects.create(offer=offer, courier=courier, **owed),
    }


def pages() -> Iterator[tuple[str, URLPattern]]:
    """Walk over the pages that the table is about; a stock page that only leads on to another has no name."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace in {"desk", "admin"}:
            for pattern in _walk(resolver):
                is_ours = resolver.namespace == "desk" or str(pattern.name).startswith(OURS)
                if is_ours and pattern.name:
                    yield f"{resolver.namespace}:{pattern.name}", pattern


def _walk(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern)
        else:
            yield pattern


def ask(client: Client, method: str, address: str) -> str:
    """Ask for a page, and leave no trace; gives the status."""
    form = "application/x-www-form-urlencoded"
    with transaction.atomic():
        answer = client.generic(method, address, "nothing=1" if method == "POST" else "", content_type=form)
        transaction.set_rollback(True)
    is_door = answer.headers.get("Location", "").startswith("/admin/login/")
    return "door" if is_door else str(answer.status_code)


def sign_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


PAGES: Final = dict(pages())


def test_every_page_is_in_the_table() -> None:
    assert {name for _, name in EXPECTED} == set(PAGES)


@pytest.mark.parametrize("beginning", ["desk:", *(f"admin:{app}" for app in OURS)])
def test_everybody_gets_what_the_table_says(world: World, beginning: str) -> None:
    clients = {who: sign_in(user) for who, user in world.people.items()}
    expected = {asked: codes for asked, codes in EXPECTED.items() if asked[1].startswith(beginning)}

    found = {}
    for method, name in expected:
        address = reverse(name, kwargs=world.parts(PAGES[name]))
        found[method, name] = {who: ask(clients[who], method, address) for who in WHO}

    assert found == expected
