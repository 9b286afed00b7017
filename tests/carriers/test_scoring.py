from collections.abc import Mapping
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.criteria import Criterion
from carriers.scoring import costs, scales, sums
from carriers.scoring.costs import Rates
from carriers.scoring.scales import Figure, Scale
from carriers.scoring.sums import Basis, Candidate, Line, NotWhole, Scorer

WEIGHTS = {
    Criterion.COST: 30,
    Criterion.ON_WINDOW: 30,
    Criterion.SATISFACTION: 15,
    Criterion.CLAIMS: 10,
    Criterion.CO2: 10,
    Criterion.CAPACITY: 5,
}
SCALES = scales.scales(dear=Decimal(20), dirty_g=2_000)
MEANS = {
    Criterion.ON_WINDOW: Decimal("0.9000"),
    Criterion.SATISFACTION: Decimal("4.2000"),
    Criterion.CLAIMS: Decimal("0.0100"),
}
BEST = {
    Criterion.COST: Decimal(0),
    Criterion.ON_WINDOW: Decimal(1),
    Criterion.SATISFACTION: Decimal(5),
    Criterion.CLAIMS: Decimal(0),
    Criterion.CO2: Decimal(0),
    Criterion.CAPACITY: Decimal(1),
}
RANGES = {
    Criterion.COST: (0, 40),
    Criterion.ON_WINDOW: (0, 1),
    Criterion.SATISFACTION: (1, 5),
    Criterion.CLAIMS: (0, 1),
    Criterion.CO2: (0, 5_000),
    Criterion.CAPACITY: (0, 1),
}


def scorer(weights: Mapping[Criterion, int] = WEIGHTS, means: Mapping[Criterion, Decimal] = MEANS) -> Scorer:
    return Scorer(weights, SCALES, means)


@st.composite
def figures(draw: st.DrawFn) -> dict[Criterion, Figure]:
    """Draw what may be known of a carrier: anything, something or nothing."""
    known = {}
    for criterion, (least, most) in RANGES.items():
        value = draw(st.none() | st.decimals(least, most, places=4))
        n = draw(st.integers(1, 5_000)) if criterion in scales.PRIOR and value is not None else None
        known[criterion] = Figure(value, n)
    return known


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    names = draw(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=6, unique=True))
    return [Candidate(name, draw(figures())) for name in names]


@st.composite
def weights(draw: st.DrawFn) -> dict[Criterion, int]:
    """Draw a hundred points of weight, divided in any way."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=5, max_size=5)))
    ends = [0, *cuts, 100]
    return {criterion: ends[place + 1] - ends[place] for place, criterion in enumerate(Criterion)}


def test_a_sum_is_printed_line_by_line_and_adds_up() -> None:
    known = {
        Criterion.COST: Figure(Decimal("6.40")),
        Criterion.ON_WINDOW: Figure(Decimal("0.95"), 60),
        Criterion.SATISFACTION: Figure(Decimal("4.6"), 30),
        Criterion.CLAIMS: Figure(Decimal("0.02"), 100),
        Criterion.CO2: Figure(Decimal(300)),
        Criterion.CAPACITY: Figure(Decimal("0.75")),
    }

    found = scorer().sum(Candidate("revontuli", known))

    assert [(line.criterion, line.counted, line.points, line.share, line.product) for line in found.lines] == [
        (Criterion.COST, Decimal("6.40"), Decimal("0.680"), Decimal("0.30"), Decimal("0.20400")),
        # (0.95 × 60 + 0.90 × 20) / 80, on a scale from 0.5 to 1.
        (Criterion.ON_WINDOW, Decimal("0.9375"), Decimal("0.875"), Decimal("0.30"), Decimal("0.26250")),
        # (4.6 × 30 + 4.2 × 10) / 40
        (Criterion.SATISFACTION, Decimal("4.5000"), Decimal("0.875"), Decimal("0.15"), Decimal("0.13125")),
        # (0.02 × 100 + 0.01 × 100) / 200
        (Criterion.CLAIMS, Decimal("0.0150"), Decimal("0.700"), Decimal("0.10"), Decimal("0.07000")),
        (Criterion.CO2, Decimal(300), Decimal("0.850"), Decimal("0.10"), Decimal("0.08500")),
        (Criterion.CAPACITY, Decimal("0.75"), Decimal("0.750"), Decimal("0.05"), Decimal("0.03750")),
    ]
    assert found.total == Decimal("0.79025")


@given(candidates(), weights())
def test_the_lines_add_up_to_the_total_exactly_and_the_total_is_a_share(
    everybody: list[Candidate], given_weights: dict[Criterion, int]
) -> None:
    for found in scorer(given_weights).rank(everybody):
        assert sum(int(line.points * 1_000) * line.weight for line in found.lines) == found.total * 100_000
        assert 0 <= found.total <= 1


@given(candidates(), weights(), st.data())
def test_a_better_figure_never_lowers_the_rank(
    everybody: list[Candidate], given_weights: dict[Criterion, int], data: st.DataObject
) -> None:
    measure = scorer(given_weights)
    who = data.draw(st.sampled_from(everybody))
    closer = data.draw(st.decimals(0, 1, places=3))
    criterion = data.draw(st.sampled_from(Criterion))
    before = who.figures[criterion]
    value = None if before.value is None else before.value + (BEST[criterion] - before.value) * closer
    better = Candidate(who.name, {**who.figures, criterion: Figure(value, before.n)})

    after = [better if one is who else one for one in everybody]

    assert _place(measure.rank(after), who.name) <= _place(measure.rank(everybody), who.name)


@given(candidates(), weights(), st.data())
def test_what_weighs_nothing_changes_nothing(
    everybody: list[Candidate], given_weights: dict[Criterion, int], data: st.DataObject
) -> None:
    weightless = {criterion for criterion, weight in given_weights.items() if not weight}
    others = data.draw(st.lists(figures(), min_size=len(everybody), max_size=len(everybody)))
    changed = [
        Candidate(one.name, {**one.figures, **{criterion: other[criterion] for criterion in weightless}})
        for one, other in zip(everybody, others, strict=True)
    ]

    measure = scorer(given_weights)

    assert measure.rank(changed) == measure.rank(everybody)
    assert all(line.weight for found in measure.rank(everybody) for line in found.lines)


@given(candidates(), weights(), st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_come_does_not_matter(
    everybody: list[Candidate], given_weights: dict[Criterion, int], chance: Random
) -> None:
    measure, shuffled = scorer(given_weights), list(everybody)
    chance.shuffle(shuffled)

    assert measure.rank(shuffled) == measure.rank(everybody)
    best = measure.best(shuffled)
    assert best is not None
    assert (best.name, measure.total(best)) == (measure.rank(everybody)[0].name, measure.rank(everybody)[0].total)


@given(candidates(), weights(), figures())
def test_nobodys_sum_hangs_on_who_else_is_there(
    everybody: list[Candidate], given_weights: dict[Criterion, int], known: dict[Criterion, Figure]
) -> None:
    measure = scorer(given_weights)

    more = {found.name: found for found in measure.rank([*everybody, Candidate("zz", known)])}

    assert [more[found.name] for found in measure.rank(everybody)] == measure.rank(everybody)


def test_of_equals_the_first_by_name_comes_first() -> None:
    known = {Criterion.COST: Figure(Decimal(5))}

    found = scorer().rank([Candidate("posti", known), Candidate("matkahuolto", known), Candidate("revontuli", known)])

    assert [one.name for one in found] == ["matkahuolto", "posti", "revontuli"]
    assert scorer().best([]) is None


@pytest.mark.parametrize(
    ("n", "counted", "basis"),
    [
        (None, "0.9000", Basis.MEAN),
        (1, "0.8571", Basis.SHRUNK),
        (20, "0.4500", Basis.SHRUNK),
        (1_980, "0.0090", Basis.SHRUNK),
    ],
)
def test_few_deliveries_count_for_little(n: int | None, counted: str, basis: Basis) -> None:
    figure = Figure() if n is None else Figure(Decimal(0), n)

    line = scorer().line(Criterion.ON_WINDOW, figure)

    assert (line.counted, line.basis) == (Decimal(counted), basis)


@pytest.mark.parametrize("criterion", Criterion)
def test_what_nobody_knows_anything_of_gets_half_and_says_so(criterion: Criterion) -> None:
    line = scorer(means={}).line(criterion, Figure())

    assert (line.counted, line.points, line.basis) == (None, Decimal("0.500"), Basis.NEUTRAL)


@pytest.mark.parametrize(
    ("criterion", "value", "points"),
    [
        (Criterion.COST, "0", "1.000"),
        (Criterion.COST, "20", "0.000"),
        (Criterion.COST, "35", "0.000"),
        (Criterion.ON_WINDOW, "0.3", "0.000"),
        (Criterion.ON_WINDOW, "1", "1.000"),
        (Criterion.SATISFACTION, "4", "0.750"),
        (Criterion.CLAIMS, "0.2", "0.000"),
        (Criterion.CO2, "500", "0.750"),
        (Criterion.CAPACITY, "0.3333", "0.333"),
    ],
)
def test_scales_give_from_nothing_to_one(criterion: Criterion, value: str, points: str) -> None:
    assert SCALES[criterion].points(Decimal(value)) == Decimal(points)


@pytest.mark.parametrize(
    "wrong", [{Criterion.COST: 99}, {Criterion.COST: 101}, {}, {Criterion.COST: 110, Criterion.CO2: -10}]
)
def test_weights_are_parts_of_a_hundred(wrong: dict[Criterion, int]) -> None:
    with pytest.raises(NotWhole):
        scorer(wrong)


def test_the_mean_of_carriers_weighs_each_by_its_deliveries() -> None:
    assert sums.pool([Figure(Decimal("0.8"), 30), Figure(Decimal("0.9"), 10), Figure()]) == Decimal("0.8250")
    assert sums.pool([Figure(), Figure(None, 0)]) is None


@given(figures())
def test_a_line_is_read_as_it_was_written(known: dict[Criterion, Figure]) -> None:
    for line in scorer().sum(Candidate("posti", known)).lines:
        assert Line.read(line.written()) == line


def test_a_tariff_takes_for_each_for_weight_and_for_the_way() -> None:
    rates = Rates(Decimal("4.90"), per_kg=Decimal("0.350"), per_km=Decimal("0.120"))

    # 4.90 + 2.5 × 0.35 + 3.3 × 0.12 = 6.171
    assert rates.cost(mass_g=2_500, metres=3_300) == Decimal("6.17")
    assert rates.cost(mass_g=2_500, metres=None) is None
    assert Rates(Decimal("4.90")).cost(mass_g=1, metres=None) == Decimal("4.90")


def test_one_door_of_many_takes_its_share_of_the_way() -> None:
    assert costs.share_of_round(3_000, doors=1, between=0) == 6_000
    assert costs.share_of_round(3_000, doors=60, between=400) == 500
    assert costs.grams(0.317, 500) == Decimal(159)
    assert costs.grams(0.317, 510) == Decimal(162)


def test_a_scale_may_run_either_way() -> None:
    assert Scale(Decimal(10), Decimal(0)).points(Decimal(4)) == Decimal("0.600")
    assert Scale(Decimal(0), Decimal(10)).points(Decimal(4)) == Decimal("0.400")


def _place(ranked: list[sums.Sum], name: str) -> int:
    return [found.name for found in ranked].index(name)
