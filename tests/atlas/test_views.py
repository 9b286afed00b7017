"""Map tiles over HTTP."""

import gzip
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from atlas import views
from atlas.building import area
from atlas.drawing import tiles
from atlas.drawing.style import INKS, Theme
from tests.atlas import extracts

PLAIN = "/tiles/16/5/7.svg"
TOWN = "/tiles/16/37137/19030.svg"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of a small town in the north."""
    folder = tmp_path_factory.mktemp("town")
    nodes, ways = extracts.grid(8, 6)
    area.build(extracts.write(folder / "town.osm.pbf", nodes, ways), folder / "town.area", name="Town")
    return folder / "town.area"


@pytest.fixture(autouse=True)
def _town_installed(settings: Settings, town: Path) -> None:
    settings.MAP_AREAS = [town]


def test_a_tile_is_svg_that_may_be_kept(client: Client) -> None:
    response = client.get(TOWN)

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=86400, stale-while-revalidate=2592000"
    assert "Accept-Encoding" in response["Vary"]
    assert "Row 2" in response.content.decode()


def test_a_tile_goes_out_compressed_to_whom_understands_that(client: Client) -> None:
    compressed = client.get(TOWN, headers={"Accept-Encoding": "gzip, deflate, br"})
    plain = client.get(TOWN)

    assert compressed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert gzip.decompress(compressed.content) == plain.content


@pytest.mark.parametrize("accepted", ["identity", "br, deflate", ""])
def test_a_tile_goes_out_as_it_is_to_whom_does_not(client: Client, accepted: str) -> None:
    assert client.get(TOWN, headers={"Accept-Encoding": accepted}).content.startswith(b"<svg")


def test_a_tile_that_is_known_is_not_sent_again(client: Client) -> None:
    first = client.get(TOWN)

    again = client.get(TOWN, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]


def test_where_there_is_no_area_the_ground_is_plain(client: Client) -> None:
    assert client.get(PLAIN).content.decode() == tiles.draw([], 16, 5, 7, Theme.LIGHT)


def test_plain_ground_is_kept_once(client: Client) -> None:
    client.get(PLAIN)
    size = views.shelf.size

    for column in range(40):
        client.get(f"/tiles/16/{column}/9.svg")

    assert views.shelf.size == size


def test_without_areas_there_is_still_ground(client: Client, settings: Settings) -> None:
    settings.MAP_AREAS = []

    assert client.get(TOWN).content == client.get(PLAIN).content


def test_a_broken_area_does_no_harm(client: Client, settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken.area"
    broken.write_bytes(b"SQLite format 3\0 but no more")
    settings.MAP_AREAS = [broken]

    assert client.get(TOWN).status_code == 200


def test_night_has_other_colours(client: Client) -> None:
    assert INKS[Theme.DARK].land in client.get(f"{TOWN}?theme=dark").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/tiles/20/0/0.svg",
        "/tiles/3/8/0.svg",
        "/tiles/3/0/8.svg",
        "/tiles/-1/0/0.svg",
        "/tiles/1.5/0/0.svg",
        "/tiles/a/b/c.svg",
        "/tiles/3/0/0.png",
        f"/tiles/3/0/{'9' * 5000}.svg",
        f"/tiles/{'9' * 4000}/0/0.svg",
        "/tiles/3/0/0.svg?theme=pink",
        "/tiles/3/0/0.svg?theme=",
        "/tiles/3/0/0.svg?theme=%00%ff",
        "/tiles/3/0/%F0%9F%9A%9A.svg",
    ],
)
def test_a_bad_address_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.head(TOWN).status_code == 200
    assert client.post(TOWN).status_code == 405
    assert client.delete(TOWN).status_code == 405
