"""What couriers answer, and what follows: an errand laid, brought and paid, given back, or never fetched."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count, permutations
from typing import Final

import pytest
from django.test import Client
from django.utils import timezone

from atlas import travel
from carriers.models.crowd import Courier, Earning, Invitation, Offer, OfferState
from carriers.services import crowd, places
from carriers.services.crowd import Late, NotForYou, Why, asking
from dispatch.models import Hub
from driving.models import DriveLink
from notifications.models import Inbound, Meaning, Notification, Question
from notifications.services import replies
from notifications.triggers import Channel
from tests.carriers.crowds import DOOR, HOUR, MINUTE, answers, ask, invitations_of, make_scene
from tests.dispatch.fleets import make_demand
from tests.driving.phones import Phone
from tests.factories import NOON, make_link
from tracking.rounds.models import Route, Shift, ShiftState
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SECOND: Final = timedelta(seconds=1)

_ids: Final = count(1)


def text(invitation: Invitation, body: str, *, at: datetime = NOON + MINUTE) -> Inbound:
    return replies.receive(
        provider_id=f"crowd-{next(_ids)}",
        channel=Channel.SMS,
        sender=invitation.courier.phone,
        body=body,
        at=at,
    )


def texts_to(courier: Courier) -> list[str]:
    rows = Notification.objects.filter(recipient=courier.phone).order_by("id")
    return [row.details["text"] for row in rows]


def accepted(**terms: int) -> tuple[Offer, Invitation, Shipment]:
    """Let Kerttu accept an errand, with somebody else asked too."""
    carrier, hub, _ = make_scene(couriers=2, **terms)
    offer, [invitation, _] = ask(carrier, hub)
    crowd.accept(invitation, at=NOON + MINUTE)
    offer.refresh_from_db()
    invitation.refresh_from_db()
    return offer, invitation, offer.shipments.get()


def test_who_accepts_first_has_it_with_a_shift_a_route_and_a_link() -> None:
    offer, invitation, shipment = accepted(start_seconds=1_800)

    assert (offer.state, offer.courier, offer.accepted_at) == (OfferState.ACCEPTED, invitation.courier, NOON + MINUTE)
    route = Route.objects.get()
    assert (route.shift, route.hub, route.shift.driver) == (offer.shift, offer.hub, invitation.courier.driver)
    assert route.departs_at == NOON + 16 * MINUTE
    assert offer.load_by == NOON + 46 * MINUTE
    assert shipment.stop is not None
    assert (shipment.status, shipment.stop.route, shipment.hub) == (Status.PLANNED, route, offer.hub)
    assert shipment.window is not None
    assert shipment.window.span is not None
    assert shipment.stop.planned_at is not None
    assert shipment.window.span[0] <= shipment.stop.planned_at <= shipment.window.span[1]
    assert answers(offer) == ["accepted", "overtaken"]
    link = DriveLink.objects.get(shift=offer.shift)
    assert texts_to(invitation.courier)[-1].endswith(f"http://testserver/drive/{link.token}/")


def test_who_comes_second_hears_that_somebody_was_faster_and_nothing_changes() -> None:
    carrier, hub, _ = make_scene(couriers=2)
    _, [first, second] = ask(carrier, hub)
    crowd.accept(first, at=NOON)

    with pytest.raises(NotForYou) as refusal:
        crowd.accept(second, at=NOON)

    assert refusal.value.why is Why.FASTER
    assert Offer.objects.get().courier == first.courier
    assert Shift.objects.count() == 1


def test_accepting_twice_is_harmless() -> None:
    offer, invitation, _ = accepted()

    assert crowd.accept(invitation, at=NOON + 2 * MINUTE) == offer
    assert Shift.objects.count() == 1


def test_an_offer_cannot_be_had_after_its_time_nor_by_who_is_busy_or_suspended() -> None:
    carrier, hub, [courier] = make_scene(answer_seconds=600)
    _, [late] = ask(carrier, hub)
    with pytest.raises(NotForYou) as refusal:
        crowd.accept(late, at=NOON + timedelta(seconds=600))
    assert refusal.value.why is Why.LATE
    assert Offer.objects.get().state == OfferState.OPEN

    _, [other] = ask(carrier, hub)
    crowd.accept(late, at=NOON)
    with pytest.raises(NotForYou) as refusal:
        crowd.accept(other, at=NOON)
    assert refusal.value.why is Why.BUSY

    crowd.suspend(courier, at=NOON)
    with pytest.raises(NotForYou) as refusal:
        crowd.accept(other, at=NOON)
    assert refusal.value.why is Why.SUSPENDED
    assert Offer.objects.filter(state=OfferState.ACCEPTED).count() == 1


def test_what_was_called_off_a_moment_ago_cannot_be_had() -> None:
    carrier, hub, _ = make_scene()
    offer, [invitation] = ask(carrier, hub)
    shipments.record(offer.shipments.get(), Status.CANCELLED, at=NOON)

    with pytest.raises(NotForYou) as refusal:
        crowd.accept(invitation, at=NOON)

    assert refusal.value.why is Why.GONE
    assert not Shift.objects.exists()
    assert answers(offer) == ["asked"]


def test_doors_beside_each_other_are_one_route_in_the_order_that_is_quickest() -> None:
    carrier, hub, _ = make_scene()
    points = [(60.1691, 24.9460), DOOR, (60.1690, 24.9457)]
    waiting = [make_demand(hub, point).shipment for point in points]
    Shipment.objects.update(brand=waiting[0].brand)
    for shipment in waiting:
        shipment.refresh_from_db()
    [offer] = {crowd.hand_over(shipment, carrier, at=NOON) for shipment in waiting}
    asking.widen(offer.id, at=NOON)

    crowd.accept(invitations_of(offer)[0], at=NOON)

    stops = Route.objects.get().stops.order_by("sequence")
    found = [(stop.latitude, stop.longitude) for stop in stops]
    hub_point = (hub.place.latitude, hub.place.longitude)
    drives = {
        order: sum(leg.seconds for leg in travel.legs([hub_point, *order])) for order in permutations(sorted(points))
    }
    assert drives[tuple(found)] == pytest.approx(min(drives.values()))
    moments = [stop.planned_at for stop in stops if stop.planned_at is not None]
    assert len(moments) == 3
    assert moments == sorted(moments)


def test_whoever_declines_is_thanked_and_the_next_are_asked_at_once() -> None:
    carrier, hub, _ = make_scene(widens_seconds=3_600, last_ring=0)
    offer, [invitation] = ask(carrier, hub)

    assert crowd.decline(invitation, at=NOON + SECOND)
    assert not crowd.decline(invitation, at=NOON + SECOND)

    assert answers(offer) == ["declined"]
    crowd.sweep(at=NOON + SECOND)
    assert Offer.objects.get().state == OfferState.ENDED


def test_a_one_by_text_accepts_and_is_answered_with_the_link_to_the_round() -> None:
    carrier, hub, [courier] = make_scene()
    _, [invitation] = ask(carrier, hub)

    inbound = text(invitation, " 1! ")

    assert (inbound.meaning, inbound.shipment) == (Meaning.ANSWER, None)
    assert Offer.objects.get().courier == courier
    assert "/drive/" in texts_to(courier)[-1]


def test_a_one_by_text_that_comes_second_or_late_is_answered_kindly() -> None:
    carrier, hub, _ = make_scene(couriers=2, answer_seconds=600)
    offer, [first, second] = ask(carrier, hub)
    text(first, "1")

    text(second, "1")
    assert texts_to(second.courier)[-1] == ("Somebody was faster this time. Thank you for answering; we ask you again.")

    offer, [third] = ask(carrier, hub, at=NOON + 2 * MINUTE)
    text(third, "1", at=NOON + 30 * MINUTE)
    assert texts_to(third.courier)[-1] == ("The time to take this is over. Thank you for answering; we ask you again.")
    assert Offer.objects.get(id=offer.id).state == OfferState.OPEN


def test_of_two_errands_a_number_is_asked_one_question_and_the_other_has_its_link() -> None:
    carrier, hub, [courier] = make_scene()
    _, [first] = ask(carrier, hub)
    _, [second] = ask(carrier, hub)

    assert Question.objects.count() == 1
    told = texts_to(courier)
    assert "Answer 1 by" in told[0]
    assert "Answer" not in told[1]
    assert f"/offer/{second.token}/" in told[1]

    text(first, "1")
    assert Offer.objects.get(state=OfferState.ACCEPTED) == first.offer


def test_the_next_errand_takes_the_place_of_one_that_cannot_be_had_any_more() -> None:
    carrier, hub, [courier] = make_scene(answer_seconds=600)
    ask(carrier, hub)
    offer, [invitation] = ask(carrier, hub, at=NOON + 11 * MINUTE)

    text(invitation, "1", at=NOON + 12 * MINUTE)

    assert Offer.objects.get(state=OfferState.ACCEPTED) == offer
    assert "Answer 1 by" in texts_to(courier)[1]


def test_who_says_stop_is_sent_nothing_more() -> None:
    carrier, hub, [courier] = make_scene()
    _, [invitation] = ask(carrier, hub)

    text(invitation, "STOP")

    row = Notification.objects.get(recipient=courier.phone)
    assert (row.state, row.reason) == ("skipped", "opted_out")


def test_what_is_given_back_goes_out_again_to_others_and_the_stop_is_gone() -> None:
    offer, invitation, shipment = accepted(answer_seconds=3_600)

    crowd.give_back(invitation, at=NOON + 2 * MINUTE)
    crowd.give_back(invitation, at=NOON + 2 * MINUTE)

    offer.refresh_from_db()
    shipment.refresh_from_db()
    assert (offer.state, offer.courier, offer.shift, offer.times_out) == (OfferState.OPEN, None, None, 2)
    assert (shipment.stop, shipment.status) == (None, Status.AT_HUB)
    assert not Shift.objects.exists()
    crowd.sweep(at=NOON + 2 * MINUTE)
    assert answers(offer) == ["given_back", "overtaken", "asked"]
    assert invitations_of(offer)[2].courier == invitations_of(offer)[1].courier
    crowd.accept(invitations_of(offer)[2], at=NOON + 3 * MINUTE)
    assert Shipment.objects.get().status == Status.PLANNED


def test_what_nobody_fetches_in_time_goes_out_again() -> None:
    offer, _, shipment = accepted(start_seconds=1_800, answer_seconds=7_200)

    crowd.sweep(at=NOON + 46 * MINUTE - SECOND)
    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED
    crowd.sweep(at=NOON + 46 * MINUTE)

    offer.refresh_from_db()
    assert (offer.state, answers(offer)) == (OfferState.OPEN, ["no_show", "overtaken", "asked"])
    shipment.refresh_from_db()
    assert shipment.stop is None


def ride() -> tuple[Offer, Phone, Shipment]:
    """Let Kerttu accept an errand just now, open the driver's page, begin, load, and set off."""
    at = timezone.now()
    carrier, hub, _ = make_scene()
    shipment = make_demand(hub, DOOR, earliest=at, latest=at + 4 * HOUR).shipment
    offer = crowd.hand_over(shipment, carrier, at=at)
    asking.widen(offer.id, at=at)
    crowd.accept(invitations_of(offer)[0], at=at)
    offer.refresh_from_db()
    shipment.refresh_from_db()
    assert offer.shift is not None
    phone = Phone(DriveLink.objects.get(shift=offer.shift))
    assert phone.begin() == 302
    phone.tell("start")
    for parcel in shipment.parcels.all():
        phone.tell("scan", number=parcel.number)
    phone.tell("set_off")
    return offer, phone, shipment


def test_from_acceptance_to_pay_the_courier_is_a_driver_like_all_others() -> None:
    offer, phone, shipment = ride()
    assert "Aleksanterinkatu" in phone.client.get(phone.address).content.decode()
    assert Shipment.objects.get().status == Status.OUT_FOR_DELIVERY

    phone.tell("deliver", shipment=shipment.id)
    crowd.sweep(at=timezone.now())
    crowd.follow(offer.id, at=timezone.now())

    assert Offer.objects.get().state == OfferState.DONE
    assert Shift.objects.get().state == ShiftState.ENDED
    earning, courier, km = Earning.objects.get(), Courier.objects.get(), offer.kilometres
    assert (earning.courier, earning.amount) == (courier, offer.pay)
    assert earning.sum == f"4.20 + {km} km × 0.80 = {offer.pay} EUR"
    assert earning.amount == Decimal("4.20") + (Decimal("0.80") * km).quantize(Decimal("0.01"))
    assert courier.seen_cell == places.cell_at(*DOOR)


def test_what_is_on_board_is_neither_given_back_nor_missed() -> None:
    offer, _, _ = ride()

    with pytest.raises(Late):
        crowd.give_back(invitations_of(offer)[0], at=timezone.now())
    crowd.sweep(at=timezone.now() + 3 * HOUR)

    assert Offer.objects.get().state == OfferState.ACCEPTED
    assert answers(offer) == ["accepted"]


def test_who_has_brought_an_errand_is_asked_about_the_next() -> None:
    offer, phone, shipment = ride()
    phone.tell("deliver", shipment=shipment.id)
    crowd.sweep(at=timezone.now())

    following = ask(offer.carrier, Hub.objects.get(), at=NOON)[1]

    assert [invitation.courier for invitation in following] == [Courier.objects.get()]


def test_who_was_at_the_door_and_found_nobody_is_paid_too() -> None:
    offer, phone, shipment = ride()
    phone.tell("attempt", shipment=shipment.id, reason="nobody")

    crowd.sweep(at=timezone.now())

    assert Earning.objects.get().offer == offer
    assert Offer.objects.get().state == OfferState.DONE


def test_an_errand_that_is_called_off_before_it_is_fetched_is_no_pay_and_the_courier_hears_of_it() -> None:
    offer, invitation, shipment = accepted()
    shipments.record(shipment, Status.CANCELLED, at=NOON + 2 * MINUTE)

    crowd.sweep(at=NOON + 3 * MINUTE)

    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert not Earning.objects.exists()
    assert not Shift.objects.exists()
    assert "called off" in texts_to(invitation.courier)[-1]


def test_staff_can_withdraw_what_is_accepted_until_it_is_loaded() -> None:
    offer, invitation, shipment = accepted()

    assert crowd.withdraw(offer, at=NOON + 2 * MINUTE)

    shipment.refresh_from_db()
    assert (shipment.stop, shipment.status) == (None, Status.AT_HUB)
    assert answers(offer) == ["withdrawn", "overtaken"]
    assert "called off" in texts_to(invitation.courier)[-1]


def test_what_is_loaded_can_neither_be_withdrawn_nor_taken_away() -> None:
    offer, _, shipment = accepted()
    shipments.record(shipment, Status.OUT_FOR_DELIVERY, at=NOON + 2 * MINUTE)

    assert not crowd.withdraw(offer, at=NOON + 3 * MINUTE)
    crowd.take_away(shipment, at=NOON + 3 * MINUTE)

    offer.refresh_from_db()
    assert (offer.state, offer.offered.get().until) == (OfferState.ACCEPTED, None)


def test_the_shopper_sees_the_courier_as_they_see_any_driver() -> None:
    _, _, shipment = ride()
    link = make_link(shipment)

    told = Client().get(f"/t/{link.token}.json").json()

    assert (told["driver"]["name"], told["driver"]["vehicle"]) == ("Kerttu", "bike")
    assert told["status"] == "out_for_delivery"
