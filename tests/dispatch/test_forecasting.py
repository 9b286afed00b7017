from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.forecasting import conformal, live
from dispatch.forecasting.conformal import Margin, Margins
from dispatch.forecasting.live import PRIOR, Ahead, Outlook, Standing
from dispatch.forecasting.ratios import DRIVER_WEIGHT, MEMORY, MOST, TODAY_WEIGHT, Pace, Ratio, Work
from dispatch.planning.flow import HOUR, Flow
from dispatch.planning.problem import Traffic

NINE = 9 * HOUR
EVEN = Flow(Traffic())
AT_NINE = Standing(NINE)
UNKNOWN = Pace()

seconds = st.floats(0, 6 * HOUR)
aheads = st.lists(st.tuples(st.floats(0, 2 * HOUR), st.floats(0, HOUR), st.floats(0, 24 * HOUR)), max_size=12)
standings = st.builds(
    Standing,
    now=st.floats(0, 24 * HOUR),
    at_door_seconds=st.none() | seconds,
    pause_seconds=seconds,
    silent_seconds=seconds,
)
ratios = st.builds(Ratio, took=st.floats(0, 1e6), foretold=st.floats(0, 1e6))
paces = st.builds(Pace, hours=st.dictionaries(st.integers(0, 23), ratios, max_size=3), driver=ratios, today=ratios)
margins = st.lists(
    st.builds(Margin, low=st.floats(-2, 3), high=st.floats(-2, 3), spread=st.just(0.2)),
    min_size=len(PRIOR),
    max_size=len(PRIOR),
)


def foretell(*ahead: tuple[float, float], standing: Standing = AT_NINE, pace: Pace = UNKNOWN) -> list[Outlook]:
    stops = [Ahead(number, drive, door) for number, (drive, door) in enumerate(ahead)]
    return live.foretell(standing, stops, flow=EVEN, pace=pace, margins=PRIOR)


@given(standing=standings, ahead=aheads, pace=paces, margins=margins)
def test_nothing_is_past_and_no_stop_comes_before_the_one_before_it(
    standing: Standing, ahead: list[tuple[float, float, float]], pace: Pace, margins: list[Margin]
) -> None:
    stops = [Ahead(number, *stop) for number, stop in enumerate(ahead)]
    flow = Flow(Traffic((1.0, 2.5, 1.2)))

    outlooks = live.foretell(standing, stops, flow=flow, pace=pace, margins=margins)

    assert [outlook.stop for outlook in outlooks] == list(range(len(ahead)))
    assert all(0 <= outlook.p10 <= outlook.p50 <= outlook.p90 < inf for outlook in outlooks)
    assert all(0 <= outlook.arrives <= outlook.p50 for outlook in outlooks)
    for bounds in zip(*((o.arrives, o.p10, o.p50, o.p90) for o in outlooks), strict=True):
        assert list(bounds) == sorted(bounds)


def test_without_a_history_the_planned_order_is_driven_as_it_is() -> None:
    first, second = foretell((600, 120), (300, 180))

    assert (first.arrives, first.p50, first.plain) == (600, 720, 720)
    assert (second.arrives, second.p50, second.plain) == (1020, 1200, 1200)
    assert (second.p10, second.p90) == pytest.approx(
        (1200 - 1500 * (1 - np.exp(-0.25)), 1200 + 1500 * (np.exp(0.3) - 1))
    )


def test_the_hours_traffic_is_met_where_it_is() -> None:
    flow = Flow(Traffic((1.0,) * 9 + (2.0,) + (1.0,) * 14))
    stops = [Ahead(1, 1800, 0), Ahead(2, 1800, 0)]

    found = live.foretell(Standing(NINE), stops, flow=flow, pace=Pace(), margins=PRIOR)

    assert [outlook.p50 for outlook in found] == [3600, 5400]


def test_at_the_door_only_what_is_left_there_counts() -> None:
    (there,) = foretell((600, 180), standing=Standing(NINE, at_door_seconds=100))
    (long_there,) = foretell((600, 180), standing=Standing(NINE, at_door_seconds=900))

    assert (there.arrives, there.p50) == (0, 80)
    assert long_there.p50 == live.LEAST_AT_DOOR_SECONDS


def test_who_is_far_too_early_waits_for_what_was_promised_and_that_wait_teaches_no_pace() -> None:
    opens = NINE + 2 * HOUR
    stops = [Ahead(1, 600, 60, opens), Ahead(2, 300, 60)]

    early, after = live.foretell(Standing(NINE), stops, flow=EVEN, pace=Pace(), margins=PRIOR)

    assert early.arrives == 2 * HOUR - live.EARLY_BY_SECONDS
    assert after.p50 == early.p50 + 360
    assert early.plain is after.plain is None


def test_silence_and_breaks_make_it_later_or_less_sure() -> None:
    (heard,) = foretell((600, 120))
    (silent,) = foretell((600, 120), standing=Standing(NINE, silent_seconds=900))
    (resting,) = foretell((600, 120), standing=Standing(NINE, pause_seconds=900))

    assert silent.p50 == heard.p50
    assert silent.p10 < heard.p10 < heard.p90 < silent.p90
    assert resting.p50 == heard.p50 + 900
    assert resting.p90 - resting.p10 > heard.p90 - heard.p10


@given(took=st.floats(1, 1e6), weight=st.floats(60, 1e5))
def test_a_ratio_of_nothing_corrects_nothing_and_one_of_much_is_believed(took: float, weight: float) -> None:
    assert Ratio().value(weight) == 1
    share = min(max(took / 1000, 1 / MOST), MOST)
    assert Ratio(took * 1e9, 1000 * 1e9).value(weight) == pytest.approx(share, rel=1e-3)
    between = Ratio(took, 1000).value(weight)
    assert min(1, share) <= between + 1e-9
    assert between <= max(1, share) + 1e-9


def test_a_ratio_is_believed_by_half_after_its_weight() -> None:
    assert Ratio(1.5 * DRIVER_WEIGHT, DRIVER_WEIGHT).value(DRIVER_WEIGHT) == 1.25


def test_older_work_fades() -> None:
    slow = Ratio(2 * MEMORY, MEMORY)

    changed = slow.learn(MEMORY, MEMORY)

    assert changed == Ratio(1.5 * MEMORY, MEMORY)


def test_a_slow_morning_makes_the_rest_of_the_day_slower_but_one_breakdown_does_not() -> None:
    slow = [Work(9, 900, 600) for _ in range(9)]
    breakdown = [Work(9, 4 * HOUR, 600)]

    pace = Pace().on(slow)

    assert pace.at(14) == (9 * 900 + TODAY_WEIGHT) / (9 * 600 + TODAY_WEIGHT) == 1.25
    assert Pace().on(breakdown).today == Ratio(MOST * 600, 600)
    assert foretell((600, 200), pace=pace)[0].p50 == 1000


def test_each_level_learns_what_those_above_it_left() -> None:
    slow_hour = [Work(9, 1800, 1000) for _ in range(500)]

    learned = Pace().learned(slow_hour)
    again = learned.learned([Work(9, 1000 * learned.usual(9), 1000)])

    assert learned.usual(9) == pytest.approx(1.8, rel=0.1)
    assert learned.driver.value(DRIVER_WEIGHT) < 1.3
    assert learned.usual(15) == learned.driver.value(DRIVER_WEIGHT)
    assert again.usual(9) == pytest.approx(learned.usual(9), rel=0.01)
    assert learned.today == Ratio()


def test_a_margin_comes_to_miss_a_tenth_at_either_end_whatever_it_began_with() -> None:
    chance = np.random.default_rng(3)
    outcomes = chance.normal(0, 1, 20_000)
    margin = Margin(low=0.0, high=5.0, spread=1.0)

    for outcome in outcomes:
        margin = margin.learn(-outcome, outcome)

    held = outcomes[-5_000:]
    assert np.mean(held < -margin.low) == pytest.approx(0.1, abs=0.02)
    assert np.mean(held > margin.high) == pytest.approx(0.1, abs=0.02)
    assert margin.n == 20_000


def test_a_hub_begins_with_what_all_together_learned_and_goes_its_own_way() -> None:
    margins: Margins[int] = Margins(list(PRIOR))
    for _ in range(50):
        live.learn(margins, 1, foretold=1800, took=5400)

    assert margins.of(1, 2).high > PRIOR[2].high
    assert margins.of(2, 2) == margins.pooled[2] == margins.of(1, 2)
    assert margins.of(2, 3) == PRIOR[3]

    live.learn(margins, 2, foretold=1800, took=1800)
    assert margins.of(2, 2).n == 51
    assert margins.of(1, 2).n == 50


def test_a_fitted_margin_holds_nine_tenths_of_what_it_was_fitted_to() -> None:
    beyond = np.arange(100.0)

    margin = conformal.fit(-beyond, beyond)

    assert np.mean(beyond <= margin.high) == 0.9
    assert margin.n == 0
