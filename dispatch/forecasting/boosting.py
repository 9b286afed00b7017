"""Trees of quantiles and their margins: trained by scikit-learn, kept as plain arrays.

Quantile trees promise too much (of an 80% window they held 70% here), so each of them is judged on couriers it has not
seen, and what it lacked becomes its margin, horizon by horizon.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from dispatch.forecasting import conformal
from dispatch.forecasting.conformal import Margin
from dispatch.forecasting.trees import Floats, Forest

QUANTILES: Final = (0.1, 0.5, 0.9)
HORIZONS: Final = (20.0, 45.0, 90.0, 180.0)
"""Minutes until a stop, by the median foretold: each the end of a horizon. How sure one can be depends most on this."""

FOLDS: Final = 5
FEWEST: Final = 50
"""On fewer outcomes than these a horizon has no margin of its own."""

SEED: Final = 20261122
PRIOR: Final = Path(__file__).with_name("prior.json")

Folds = NDArray[np.int64]


class TooLittle(Exception):
    """There are too few couriers or stops to learn from."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A forest for each quantile, and a margin for each horizon."""

    forests: Sequence[Forest]
    margins: Sequence[Margin]

    def predict(self, signs: Floats) -> Floats:
        """Foretell P10, P50 and P90 in minutes, a row each, before any margin."""
        return _sane(np.column_stack([forest.predict(signs) for forest in self.forests]))

    def dump(self) -> dict[str, Any]:
        """Give what ``load`` takes, as JSON can hold it."""
        return {
            "margins": [[margin.low, margin.high, margin.spread] for margin in self.margins],
            "forests": [forest.dump() for forest in self.forests],
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> Self:
        """Read what ``dump`` gave."""
        margins = [Margin(*margin) for margin in dumped["margins"]]
        return cls([Forest.load(forest) for forest in dumped["forests"]], margins)


def prior() -> Model:
    """Give what was learned from others' days, for whoever has no history of their own yet.

    From LaDe-P: 293 days of couriers in five cities, 9,930 open stops (Wu et al., KDD 2024, arXiv 2306.10675; Cainiao,
    Apache-2.0). ``manage.py score_eta --train … --keep`` writes such a file.
    """
    return Model.load(json.loads(PRIOR.read_text(encoding="utf-8")))


def train(signs: Floats, truths: Floats, couriers: Sequence[object]) -> Model:
    """Learn from stops whose minutes are known; ``couriers`` says whose each is. A few seconds for 10,000 stops.

    Raises ``TooLittle`` below ``FOLDS`` couriers or ``FEWEST`` stops.
    """
    names = sorted({str(courier) for courier in couriers})
    if len(names) < FOLDS or len(truths) < FEWEST:
        raise TooLittle(f"{len(truths)} stops of {len(names)} couriers are too few to learn from.")
    fold_of = dict(zip(names, np.random.default_rng(SEED).permutation(len(names)) % FOLDS, strict=True))
    folds = np.array([fold_of[str(courier)] for courier in couriers])
    # More threads would wait for one another on a machine that has other things to do.
    with threadpool_limits(limits=1):
        unseen = np.empty((len(truths), len(QUANTILES)))
        for fold in range(FOLDS):
            is_out = folds == fold
            forests = _grow(signs[~is_out], truths[~is_out])
            unseen[is_out] = np.column_stack([forest.predict(signs[is_out]) for forest in forests])
        return Model(_grow(signs, truths), _margins(_sane(unseen), truths))


def _grow(signs: Floats, truths: Floats) -> list[Forest]:
    forests = []
    for quantile in QUANTILES:
        regressor = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=quantile,
            max_iter=100,
            max_leaf_nodes=8,
            learning_rate=0.1,
            min_samples_leaf=40,
            l2_regularization=5.0,
            max_features=0.5,
            early_stopping=False,
            random_state=SEED,
        )
        forests.append(_plain(regressor.fit(signs, truths)))
    return forests


def _plain(regressor: HistGradientBoostingRegressor) -> Forest:
    """Write the trees out as arrays.

    scikit-learn shows them under names of its own only; a test holds that ours foretell what its own ``predict`` does.
    """
    inside = vars(regressor)
    trees = [grown[0].nodes for grown in inside["_predictors"]]
    sizes = np.array([len(tree) for tree in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    nodes, base = np.concatenate(trees), np.repeat(roots, sizes)
    places, is_leaf = np.arange(len(nodes)), nodes["is_leaf"].astype(bool)
    return Forest(
        start=float(np.ravel(inside["_baseline_prediction"])[0]),
        roots=roots,
        sign=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int32),
        threshold=np.where(is_leaf, 0.0, nodes["num_threshold"]),
        missing_left=nodes["missing_go_to_left"].astype(np.bool_),
        left=np.where(is_leaf, places, nodes["left"] + base).astype(np.int32),
        right=np.where(is_leaf, places, nodes["right"] + base).astype(np.int32),
        value=np.where(is_leaf, nodes["value"], 0.0),
    )


def _margins(foretold: Floats, truths: Floats) -> list[Margin]:
    below, above = foretold[:, 0] - truths, truths - foretold[:, 2]
    horizons = np.searchsorted(HORIZONS, foretold[:, 1], side="right")
    margins = []
    for horizon in range(len(HORIZONS) + 1):
        chosen = horizons == horizon
        if np.count_nonzero(chosen) < FEWEST:
            chosen = np.ones_like(chosen)
        margins.append(conformal.fit(below[chosen], above[chosen]))
    return margins


def _sane(foretold: Floats) -> Floats:
    """Let nothing be past, and the quantiles be in order."""
    return np.sort(np.maximum(foretold, 0.0), axis=1)
