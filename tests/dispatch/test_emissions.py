from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dispatch import emissions
from dispatch.emissions import Carried
from dispatch.models.fleet import Energy, VehicleClass, VehicleType

DAY = date(2026, 11, 22)

parcels = st.lists(
    st.builds(
        Carried,
        reference=st.text(max_size=5),
        mass_g=st.integers(0, 2_000_000),
        distance_m=st.integers(0, 300_000),
    ),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize(
    ("vehicle_class", "energy", "kg"),
    [
        (VehicleClass.VAN_3500, Energy.DIESEL, 0.346),
        (VehicleClass.VAN, Energy.CNG, 0.303),
        (VehicleClass.CAR, Energy.BATTERY, 0.055),
        (VehicleClass.MOTORBIKE_SMALL, Energy.PETROL, 0.105),
        (VehicleClass.CARGO_BIKE, Energy.BATTERY, 0.005),
        (VehicleClass.ON_FOOT, Energy.MUSCLE, 0.0),
    ],
)
def test_a_kilometre_costs_what_the_table_says(vehicle_class: str, energy: str, kg: float) -> None:
    factor = emissions.factor_of(vehicle_class, energy, on=DAY)

    assert factor.kg_per_km == pytest.approx(kg)
    assert "2025" in factor.source


def test_a_class_that_the_table_does_not_divide_by_energy_is_taken_for_the_average_of_its_family() -> None:
    assert emissions.factor_of(VehicleClass.VAN_1740, Energy.PETROL, on=DAY).kg_per_km == 0.275


def test_an_energy_that_the_table_does_not_know_is_taken_for_the_worst() -> None:
    assert emissions.factor_of(VehicleClass.CAR, Energy.LPG, on=DAY).kg_per_km == 0.214


@pytest.mark.parametrize(("vehicle_class", "energy"), list(product(VehicleClass, Energy)))
def test_there_is_a_factor_for_every_kind_of_vehicle(vehicle_class: str, energy: str) -> None:
    kind = VehicleType(vehicle_class=vehicle_class, energy=energy)

    assert 0 <= emissions.kg_per_km(kind, on=DAY) < 0.4


def test_before_the_first_table_the_first_one_holds() -> None:
    assert emissions.factor_of(VehicleClass.VAN, Energy.DIESEL, on=date(2020, 1, 1)).kg_per_km == 0.317


def test_a_country_with_other_electricity_has_other_factors(settings: Settings) -> None:
    settings.ELECTRICITY_KG_CO2E = 0.049

    factor = emissions.factor_of(VehicleClass.VAN_3500, Energy.BATTERY, on=DAY)

    assert factor.kg_per_km == pytest.approx(0.103 * 0.049 / 0.245)
    assert factor.units_per_km == pytest.approx(0.103 / 0.245)


def test_electricity_without_emissions_still_has_its_kilowatt_hours(settings: Settings) -> None:
    settings.ELECTRICITY_KG_CO2E = 0.0

    account = emissions.account(100_000, emissions.factor_of(VehicleClass.CAR, Energy.BATTERY, on=DAY), [])

    assert account.mg == 0
    assert account.units == pytest.approx(5.5 / 0.245)


def test_a_round_of_a_diesel_van_is_accounted_by_its_kilometres() -> None:
    factor = emissions.factor_of(VehicleClass.VAN, Energy.DIESEL, on=DAY)

    account = emissions.account(40_000, factor, [Carried("DS-1", 1_000, 5_000), Carried("DS-2", 3_000, 5_000)])

    assert account.mg == 12_680_000
    assert account.units == pytest.approx(40 * 0.317 / 3.181)
    assert not account.is_measured
    assert [share.mg for share in account.shares] == [3_170_000, 9_510_000]
    assert list(account.rows()) == [
        ("DS-1", "1.000", "0.005000", "3.170000"),
        ("DS-2", "3.000", "0.015000", "9.510000"),
        ("", "4.000", "0.020000", "12.680000"),
    ]


def test_litres_that_somebody_measured_count_rather_than_kilometres() -> None:
    factor = emissions.factor_of(VehicleClass.VAN, Energy.DIESEL, on=DAY)

    account = emissions.account(40_000, factor, [], units=5.0)

    assert account.is_measured
    assert account.kg == pytest.approx(5 * (2.57 + 0.611))
    assert account.units == 5.0


def test_litres_of_a_fuel_that_the_table_knows_by_the_kilometre_alone_do_not_count() -> None:
    factor = emissions.factor_of(VehicleClass.VAN, Energy.LPG, on=DAY)

    account = emissions.account(10_000, factor, [], units=5.0)

    assert not account.is_measured
    assert account.mg == 3_090_000


def test_where_nothing_was_carried_anywhere_all_carry_alike() -> None:
    shares = emissions.shares(10, [Carried("a", 0, 0), Carried("b", 0, 100), Carried("c", 100, 0)])

    assert [share.mg for share in shares] == [4, 3, 3]


@given(mg=st.integers(0, 10**9), carried=parcels)
def test_shares_add_up_exactly_and_each_is_right_to_a_milligram(mg: int, carried: list[Carried]) -> None:
    shares = emissions.shares(mg, carried)

    total = sum(one.mass_g * one.distance_m for one in carried)
    assert sum(share.mg for share in shares) == mg
    assert [share.carried for share in shares] == carried
    for share in shares:
        fair = mg * share.carried.mass_g * share.carried.distance_m / total if total else mg / len(carried)
        assert abs(share.mg - fair) < 1 + 1e-6


@given(metres=st.integers(0, 10**6), carried=parcels)
def test_what_is_printed_adds_up_to_the_last_digit(metres: int, carried: list[Carried]) -> None:
    factor = emissions.factor_of(VehicleClass.VAN_3500, Energy.DIESEL, on=DAY)

    *rows, total = emissions.account(metres, factor, carried).rows()

    assert sum(_milligrams(row[3]) for row in rows) == _milligrams(total[3])


def _milligrams(kg: str) -> int:
    return int(kg.replace(".", ""))
