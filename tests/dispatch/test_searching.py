from dispatch.planning.pacing import Pace
from dispatch.planning.searching import STANDSTILL, Watch

INFEASIBLE = 2**63 - 1


def stops(watch: Watch, costs: list[int]) -> list[bool]:
    return [watch(cost) for cost in costs]


def test_a_search_that_stands_still_is_stopped_after_so_many_steps() -> None:
    watch = Watch(Pace(60), until=1.0, patience=0.5)

    assert stops(watch, [9] * (STANDSTILL + 1)) == [False] * (STANDSTILL + 1)
    assert watch(9)


def test_whatever_is_better_gives_it_as_many_steps_again() -> None:
    watch = Watch(Pace(60), until=1.0, patience=0.5)
    stops(watch, [9] * STANDSTILL)

    assert not any(stops(watch, [8] * STANDSTILL))


def test_while_nothing_is_feasible_only_patience_counts() -> None:
    assert not any(stops(Watch(Pace(60), until=1.0, patience=0.5), [INFEASIBLE] * 2 * STANDSTILL))
    assert Watch(Pace(60), until=1.0, patience=0.0)(INFEASIBLE)


def test_a_search_whose_time_is_over_is_stopped() -> None:
    assert not Watch(Pace(60), until=1.0, patience=0.0)(9)
    assert Watch(Pace(60), until=0.0, patience=1.0)(9)
