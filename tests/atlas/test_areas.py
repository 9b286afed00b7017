import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from atlas import areas
from atlas.areas import Area
from atlas.building import area as building
from atlas.pack import BadPack, Writer
from atlas.projection import Bounds
from tests.atlas import extracts

HELSINKI = Path("atlas/data/helsinki.area").resolve()
DOWNTOWN = Bounds(24.94, 60.165, 24.95, 60.175)


@pytest.fixture(scope="module")
def toytown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a town on top of central Helsinki, smaller than it."""
    folder = tmp_path_factory.mktemp("toytown")
    nodes, ways = extracts.grid(4, 4)
    nodes = [node._replace(place=(node.place[0] + 0.168, node.place[1] + 0.943)) for node in nodes]
    extract = extracts.write(folder / "toytown.osm.pbf", nodes, ways, bounds=DOWNTOWN)
    building.build(extract, folder / "toytown.area", name="Toytown")
    return folder / "toytown.area"


def test_central_helsinki_comes_with_doorstep() -> None:
    helsinki = Area.load(HELSINKI)

    assert helsinki.name == "Helsinki"
    assert helsinki.pack.meta["attribution"] == "© OpenStreetMap contributors"
    assert helsinki.pack.meta["licence"] == "ODbL-1.0"
    assert helsinki.bounds == Bounds(24.9351762, 60.164155, 24.9534145, 60.179113)
    assert HELSINKI.stat().st_size < 1_000_000


def test_one_drives_through_helsinki_on_its_streets() -> None:
    helsinki = Area.load(HELSINKI)
    [start] = helsinki.addresses.search("Mannerheimintie 5", limit=1)
    [end] = helsinki.addresses.search("Aleksanterinkatu 15 B", limit=1)

    route = helsinki.streets.route((start.latitude, start.longitude), (end.latitude, end.longitude))

    assert route.stretches[0].name == "Mannerheimintie"
    assert route.stretches[-1].name == "Aleksanterinkatu"
    assert 400 < route.distance_m < 2500
    assert 60 < route.duration_seconds < 600


def test_an_area_is_found_by_a_point_in_it(settings: Settings) -> None:
    settings.MAP_AREAS = [HELSINKI]

    inside, outside = areas.find(60.17, 24.94), areas.find(60.17, 24.96)

    assert inside is not None
    assert inside.name == "Helsinki"
    assert outside is None


def test_of_several_areas_the_smallest_is_found(settings: Settings, toytown: Path) -> None:
    settings.MAP_AREAS = [HELSINKI, toytown]

    found = [areas.find(60.17, 24.945), areas.find(60.17, 24.937)]

    assert [area and area.name for area in found] == ["Toytown", "Helsinki"]
    assert [area.name for area in areas.loaded()] == ["Toytown", "Helsinki"]


def test_areas_are_loaded_once_whoever_asks(settings: Settings, toytown: Path, tmp_path: Path) -> None:
    settings.MAP_AREAS = [shutil.copy(toytown, tmp_path / "copy.area")]
    start = threading.Barrier(8)

    def ask(_: int) -> Area:
        start.wait()
        return areas.loaded()[0]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))

    assert len(set(map(id, answers))) == 1


def test_an_area_that_was_loaded_outlives_its_file(settings: Settings, toytown: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(toytown, tmp_path / "copy.area"))
    settings.MAP_AREAS = [copy]
    [area] = areas.loaded()

    copy.unlink()

    assert areas.find(60.17, 24.945) is area
    assert [street.street for street in area.addresses.search("Row 1")] == ["Row 1"]


def test_a_broken_pack_is_told_by_the_check_and_harms_no_other(
    settings: Settings, toytown: Path, tmp_path: Path
) -> None:
    broken, nameless = tmp_path / "broken.area", tmp_path / "nameless.area"
    broken.write_bytes(toytown.read_bytes()[:5000])
    with Writer(nameless) as writer:
        writer.put_meta(name="Nameless")
    settings.MAP_AREAS = [tmp_path / "missing.area", broken, nameless, toytown]

    found = [check.msg for check in run_checks() if check.id == "atlas.E001"]

    assert [area.name for area in areas.loaded()] == ["Toytown"]
    assert len(found) == 3
    assert found[0] == f"An area pack cannot be used: {tmp_path / 'missing.area'}: there is no such file."
    assert "broken.area" in found[1]
    assert "nameless.area: its name or bounds are not there" in found[2]


def test_the_areas_of_an_installation_pass_the_check(settings: Settings, toytown: Path) -> None:
    settings.MAP_AREAS = [HELSINKI, toytown]

    assert [check for check in run_checks() if check.id == "atlas.E001"] == []


def test_an_installation_may_have_no_area_at_all(settings: Settings) -> None:
    settings.MAP_AREAS = []

    assert list(areas.loaded()) == []
    assert areas.find(60.17, 24.94) is None


@pytest.mark.parametrize("bounds", ["", "24,60,25", "west,south,east,north", "25,60,24,61"])
def test_an_area_whose_bounds_are_none_is_refused(tmp_path: Path, bounds: str) -> None:
    with Writer(tmp_path / "odd.area") as writer:
        writer.put_meta(name="Odd", bounds=bounds)

    with pytest.raises(BadPack, match="name or bounds are not there"):
        Area.load(tmp_path / "odd.area")
