"""Money as whole numbers, for a search that knows no others."""

import math
from fractions import Fraction
from typing import Final

from dispatch.planning.problem import Problem, Vehicle

SECONDS_PER_HOUR: Final = 3600
METRES_PER_KM: Final = 1000

# What money is given to: a ten-thousandth.
_GRAIN: Final = 10_000

# Above this a unit would cost so much that sums of penalties might not fit into 64 bits; then we round.
_MOST: Final = 5_000

# When rounding, the cheapest of the units costs at least this: half a per cent of error at most.
_LEAST: Final = 100


class Scale:
    """How many whole units of cost make one of money: exact where the prices allow it."""

    def __init__(self, problem: Problem) -> None:
        self._carbon_price = problem.carbon_price
        units = [unit for vehicle in problem.vehicles for unit in (self._per_second(vehicle), self._per_metre(vehicle))]
        sums = [amount for vehicle in problem.vehicles for amount in (vehicle.fixed_cost, vehicle.cost_per_visit)]
        sums += [visit.prize for visit in problem.visits if visit.prize is not None]
        self.factor = _factor([unit for unit in units if unit], [_fraction(amount) for amount in sums if amount])
        self.dearest_unit = max(1, *(self._whole(unit) for unit in units))

    def money(self, amount: float) -> int:
        """Return an amount of money in units of cost."""
        return self._whole(_fraction(amount))

    def second(self, vehicle: Vehicle) -> int:
        """Return what a second of a vehicle costs."""
        return self._whole(self._per_second(vehicle))

    def metre(self, vehicle: Vehicle) -> int:
        """Return what a metre of a vehicle costs."""
        return self._whole(self._per_metre(vehicle))

    def _whole(self, amount: Fraction) -> int:
        return round(amount * self.factor)

    def _per_second(self, vehicle: Vehicle) -> Fraction:
        return _fraction(vehicle.cost_per_hour) / SECONDS_PER_HOUR

    def _per_metre(self, vehicle: Vehicle) -> Fraction:
        return _fraction(vehicle.cost_per_km + vehicle.kg_co2e_per_km * self._carbon_price) / METRES_PER_KM


def _fraction(amount: float) -> Fraction:
    return Fraction(round(amount * _GRAIN), _GRAIN)


def _factor(units: list[Fraction], sums: list[Fraction]) -> Fraction:
    """Return the smallest factor that makes all amounts whole, or (if it is too large) one that rounds little."""
    if not units and not sums:
        return Fraction(1)
    factor = Fraction(math.lcm(*(amount.denominator for amount in units + sums)))
    factor /= math.gcd(*(int(amount * factor) for amount in units + sums))
    if units and max(units) * factor > _MOST:
        return min(_LEAST / min(units), _MOST / max(units))
    return factor
