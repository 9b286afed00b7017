from statistics import mean

from demo.driving import habits
from demo.driving.habits import Habits
from tracking.shipments.lifecycle import Handover, Status

DOORS = [(60.17 + number / 1e5, 24.94) for number in range(400)]


def test_asking_twice_gives_the_same_answer_and_another_seed_another() -> None:
    once, again, other = Habits(1), Habits(1), Habits(2)

    assert [once.service_seconds(door) for door in DOORS] == [again.service_seconds(door) for door in DOORS]
    assert [once.service_seconds(door) for door in DOORS] != [other.service_seconds(door) for door in DOORS]


def test_a_driver_stays_at_a_door_for_most_of_a_minute() -> None:
    seconds = [Habits(1).service_seconds(door) for door in DOORS]

    assert 45 < mean(seconds) < 60
    assert habits.LEAST_SERVICE_SECONDS <= min(seconds) < max(seconds) <= habits.MOST_SERVICE_SECONDS


def test_a_few_drives_meet_a_jam() -> None:
    jams = [door for door in DOORS if Habits(1).delay(door) > 1.6]

    assert 4 <= len(jams) <= 40


def test_most_visits_end_in_a_handover_and_a_few_at_a_closed_door() -> None:
    outcomes = [Habits(1).outcome(f"KA-{number}") for number in range(400)]

    missed = [outcome for outcome in outcomes if outcome.status is Status.ATTEMPTED]
    assert 10 <= len(missed) <= 50
    assert {outcome.handover for outcome in missed} == {None}
    assert {outcome.handover for outcome in outcomes} - {None} == set(Handover) - {Handover.PICKUP_POINT}


def test_a_break_comes_only_half_way() -> None:
    assert not any(Habits(1).has_break_after(door, is_halfway=False) for door in DOORS)
    assert 100 < sum(Habits(1).has_break_after(door, is_halfway=True) for door in DOORS) < 300
