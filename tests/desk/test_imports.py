import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from desk import services, sheets, tasks
from desk.models import Import, Look, Role
from desk.sheets import Mistake
from dispatch.models import Demand
from tests import servers
from tests.factories import NOON, make_brand, make_member, make_shipment
from tracking.models import Brand, Shipment
from tracking.shipments.models import StatusEvent

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

ROWS: Final = 5 * services.ROWS_AT_ONCE

GOOD: Mapping[str, str] = {
    "reference": "A-1",
    "name": "Maija",
    "street": "Katu 1",
    "postcode": "00100",
    "city": "Helsinki",
    "timezone": "Europe/Helsinki",
}


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


def written(*rows: Mapping[str, str], separator: str = ",") -> bytes:
    names = list(dict.fromkeys(name for row in (GOOD, *rows) for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(separator.join(cells) for cells in lines).encode()


def read(brand: Brand, *rows: Mapping[str, str]) -> list[Mistake]:
    return sheets.read(written(*rows), brand).mistakes


def numbered(count: int) -> bytes:
    return written(*({**GOOD, "reference": f"A-{number}"} for number in range(count)))


def bring_in(brand: Brand, lead: User, content: bytes) -> Import:
    return services.bring_in("a.csv", content, brand=brand, by=lead, at=NOON)


def test_the_sample_is_as_good_as_it_says(brand: Brand) -> None:
    sheet = sheets.read(sheets.SAMPLE.encode(), brand)

    assert sheet.mistakes == []
    assert [(row["reference"], row["parcels"], row["phone"], row["latitude"]) for row in sheet.rows] == [
        ("ORDER-1001", ["JJFI000001", "JJFI000002"], "+358401234567", 60.1689),
        ("ORDER-1002", ["ORDER-1002"], "", None),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_separators_and_marks_of_spreadsheets_are_understood(brand: Brand, separator: str, mark: bytes) -> None:
    sheet = sheets.read(mark + written(GOOD, separator=separator).replace(b"\n", b"\r\n"), brand)

    assert ([row["city"] for row in sheet.rows], sheet.mistakes) == (["Helsinki"], [])


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"postcode": ""}, "postcode", "This field is required."),
        ({"timezone": "Helsinki"}, "timezone", "There is no time zone of this name, like Europe/Helsinki."),
        ({"phone": "call me"}, "phone", "This is no phone number; begin it with + and the country."),
        ({"email": "maija@"}, "email", "This is no e-mail address."),
        ({"latitude": "91", "longitude": "24"}, "latitude", "Ensure this value is less than or equal to 90."),
        ({"latitude": "60"}, "latitude", "Latitude and longitude come together."),
        ({"latitude": "nan", "longitude": "24"}, "latitude", "Enter a number."),
        ({"reference": "x" * 61}, "reference", "Ensure this value has at most 60 characters (it has 61)."),
        ({"name": "a\0b"}, "name", "Null characters are not allowed."),
        ({"parcels": "P1|P1"}, "parcels", "A number is there twice, or too long, or there are too many."),
    ],
)
def test_each_bad_row_is_named_by_line_column_and_reason(
    brand: Brand, cells: Mapping[str, str], column: str, reason: str
) -> None:
    assert read(brand, {**GOOD, "reference": "A-0"}, {**GOOD, **cells}) == [Mistake(3, column, reason)]


def test_a_reference_that_was_used_before_is_named_in_the_file_and_of_this_brand_alone(brand: Brand) -> None:
    Shipment.objects.filter(id=make_shipment(brand=brand).id).update(reference="A-9")
    Shipment.objects.filter(id=make_shipment().id).update(reference="A-1")

    assert read(brand, GOOD, GOOD, {**GOOD, "reference": "A-9"}) == [
        Mistake(3, "reference", "This reference is on line 2 already."),
        Mistake(4, "reference", "There is a shipment of this reference already."),
    ]


def test_lines_are_counted_as_an_editor_does(brand: Brand) -> None:
    content = written({**GOOD, "street": '"Katu 1\nB 2"'}, {**GOOD, "reference": "A-2", "city": ""})

    assert sheets.read(content.replace(b"\nA-2", b"\n\nA-2"), brand).mistakes == [
        Mistake(5, "city", "This field is required.")
    ]


@pytest.mark.parametrize(
    ("content", "mistakes"),
    [
        (b"", [Mistake(1, "", "The file is empty.")]),
        (written({**GOOD, "emial": "x"}), [Mistake(1, "emial", "There is no column of this name.")]),
        (
            written(GOOD).replace(b"postcode", b"city"),
            [
                Mistake(1, "city", "This column is there twice."),
                Mistake(1, "postcode", "This column is missing."),
            ],
        ),
        (
            written(GOOD).replace(b"Maija", "Mäkinen".encode("latin-1")),
            [Mistake(2, "", "This is not UTF-8. Save the file as “CSV UTF-8”.")],
        ),
        (written(GOOD) + b",x", [Mistake(2, "", "There are more cells than columns.")]),
        (written({**GOOD, "city": '"Helsinki'}), [Mistake(2, "", "The quotes do not fit together from here on.")]),
        (b"x" * (sheets.MOST_BYTES + 1), [Mistake(1, "", "The file is larger than 2 MB.")]),
        ("reference".encode("utf-16"), [Mistake(1, "", "This is not UTF-8. Save the file as “CSV UTF-8”.")]),
    ],
)
def test_a_file_that_is_none_of_ours_says_so(brand: Brand, content: bytes, mistakes: list[Mistake]) -> None:
    sheet = sheets.read(content, brand)

    assert (sheet.rows, sheet.mistakes) == ([], mistakes)


def test_what_looks_like_a_formula_is_text(brand: Brand, lead: User, client: Client) -> None:
    formula = '=HYPERLINK("https://evil.example")'
    quoted = '"' + formula.replace('"', '""') + '"'
    brought = bring_in(brand, lead, written({**GOOD, "name": quoted}))

    take_in(brought)

    assert Shipment.objects.get().recipient_name == formula


def take_in(brought: Import) -> None:
    services.begin(brought, is_silent=True, at=NOON)
    while services.take_some_in(brought.id, at=NOON):
        pass
    brought.refresh_from_db()


def test_reading_a_file_takes_nothing_in(brand: Brand, lead: User) -> None:
    brought = bring_in(brand, lead, written(GOOD))

    assert (brought.total, brought.taken_in) == (1, 0)
    assert not services.take_some_in(brought.id, at=NOON)
    assert Shipment.objects.count() == 0


def test_a_file_is_taken_in_once_although_clicked_twice_and_silently(brand: Brand, lead: User) -> None:
    brought = bring_in(brand, lead, numbered(120))

    assert services.begin(brought, is_silent=True, at=NOON)
    assert not services.begin(brought, is_silent=False, at=NOON)
    tasks.take_in(import_id=brought.id)
    tasks.take_in(import_id=brought.id)

    brought.refresh_from_db()
    assert (brought.taken_in, brought.position, brought.rows) == (120, 120, [])
    assert Shipment.objects.count() == 120
    assert set(StatusEvent.objects.values_list("is_silent", flat=True)) == {True}


def test_what_a_row_says_of_weight_and_volume_is_planned_with(brand: Brand, lead: User) -> None:
    heavy = {**GOOD, "weight_kg": "12.5", "volume_l": ""}
    large = {**GOOD, "reference": "A-2", "weight_kg": "0.2", "volume_l": "90"}
    plain = {**GOOD, "reference": "A-3", "weight_kg": "", "volume_l": ""}
    brought = bring_in(brand, lead, written(heavy, large, plain))

    services.begin(brought, is_silent=True, at=NOON)
    tasks.take_in(import_id=brought.id)

    known = Demand.objects.order_by("shipment__reference").values_list("shipment__reference", "mass_g", "volume_ml")
    assert [*known] == [("A-1", 12_500, 8_000), ("A-2", 200, 90_000)]


def test_what_a_row_says_of_its_time_is_promised_and_planned_for(brand: Brand, lead: User) -> None:
    told = {**GOOD, "weight_kg": "2", "day": "2026-11-24", "earliest": "17:00", "latest": "20:00"}
    brought = bring_in(brand, lead, written(told))

    services.begin(brought, is_silent=True, at=NOON)
    tasks.take_in(import_id=brought.id)

    ends = (datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 18, tzinfo=UTC))
    shipment = Shipment.objects.get()
    assert (shipment.promised_start, shipment.promised_end) == ends
    assert (shipment.demand.earliest, shipment.demand.latest) == ends


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        (
            {"day": "2026-11-24", "earliest": "17:00"},
            Mistake(2, "day", "A day, its earliest and its latest time come together."),
        ),
        (
            {"earliest": "17:00", "latest": "20:00"},
            Mistake(2, "day", "A day, its earliest and its latest time come together."),
        ),
        (
            {"day": "2026-11-24", "earliest": "20:00", "latest": "17:00"},
            Mistake(2, "latest", "The latest time is after the earliest."),
        ),
        ({"day": "24.11.", "earliest": "17:00", "latest": "20:00"}, Mistake(2, "day", "Enter a valid date.")),
    ],
)
def test_half_a_time_is_no_time(brand: Brand, said: Mapping[str, str], mistake: Mistake) -> None:
    assert read(brand, {**GOOD, **said}) == [mistake]


def test_whoever_wants_it_has_the_recipients_told(brand: Brand, lead: User) -> None:
    brought = bring_in(brand, lead, written(GOOD))

    services.begin(brought, is_silent=False, at=NOON)
    tasks.take_in(import_id=brought.id)

    assert not StatusEvent.objects.get().is_silent


def test_what_was_killed_in_between_goes_on_where_it_was(brand: Brand, lead: User) -> None:
    brought = bring_in(brand, lead, numbered(120))
    services.begin(brought, is_silent=True, at=NOON)
    services.take_some_in(brought.id, at=NOON)
    with pytest.raises(KeyboardInterrupt):
        be_killed(brought)
    assert Shipment.objects.count() == 50

    assert list(Import.objects.unfinished()) == [brought]
    tasks.take_in(import_id=brought.id)

    assert Shipment.objects.count() == 120
    assert list(Import.objects.unfinished()) == []


@transaction.atomic
def be_killed(brought: Import) -> None:
    services.take_some_in(brought.id, at=NOON)
    raise KeyboardInterrupt


def test_a_reference_that_is_used_meanwhile_is_left_out(brand: Brand, lead: User) -> None:
    brought = bring_in(brand, lead, numbered(3))
    Shipment.objects.filter(id=make_shipment(brand=brand).id).update(reference="A-1")

    take_in(brought)

    assert (brought.taken_in, brought.position) == (2, 3)
    assert [mistake["reason"] for mistake in brought.mistakes] == ["There is a shipment A-1 already."]


def test_from_the_file_to_the_shipments(
    client: Client, brand: Brand, lead: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.force_login(lead)
    file = SimpleUploadedFile("a.csv", written(GOOD, {**GOOD, "reference": "A-2", "city": ""}))

    found = client.post("/admin/desk/import/", {"brand": brand.id, "file": file}, follow=True).text

    assert "1 row can be taken in." in found
    assert "This field is required." in found
    brought = Import.objects.get()
    for _ in range(2):
        client.post(f"/admin/desk/import/{brought.id}/take-in/")
    tasks.sweep_imports()
    tasks.take_in(import_id=brought.id)
    assert "1 of 1 taken in." in client.get(f"/admin/desk/import/{brought.id}/").text
    assert list(Look.objects.order_by("id").values_list("what", flat=True)) == ["read_import", "take_import_in"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_midst_loses_and_doubles_no_row(
    brand: Brand, lead: User, installation: dict[str, str]
) -> None:
    brought = bring_in(brand, lead, numbered(ROWS))
    services.begin(brought, is_silent=True, at=NOON)
    code = f"from desk import tasks; tasks.take_in(import_id={brought.id})"

    with servers.program("manage", "shell", "-v", "0", "--no-imports", "-c", code, environment=installation) as worker:
        while worker.is_running and not Shipment.objects.exists():
            time.sleep(0.005)
        worker.kill()
    taken_in = Shipment.objects.count()
    tasks.take_in(import_id=brought.id)

    assert 0 < taken_in < ROWS
    assert taken_in % services.ROWS_AT_ONCE == 0
    assert sorted(Shipment.objects.values_list("reference", flat=True)) == sorted(f"A-{row}" for row in range(ROWS))
    brought.refresh_from_db()
    assert (brought.taken_in, brought.mistakes, brought.is_finished) == (ROWS, [], True)


def test_of_one_brand_one_brings_in_that_brands_alone(client: Client, brand: Brand, lead: User) -> None:
    others = bring_in(brand, lead, written(GOOD))
    client.force_login(make_member(Role.LEAD, brand=make_brand()))

    answer = client.post("/admin/desk/import/", {"brand": brand.id, "file": SimpleUploadedFile("a.csv", b"x")})

    assert answer.status_code == 422
    assert client.get(f"/admin/desk/import/{others.id}/").status_code == 404
    assert client.post(f"/admin/desk/import/{others.id}/take-in/").status_code == 404


def test_too_many_rows_are_cut_off_and_named(brand: Brand) -> None:
    content = numbered(1) + b"\n" + b"\n".join([b"A-0"] * sheets.MOST_ROWS)

    assert sheets.read(content, brand).mistakes[-1].line <= sheets.MOST_ROWS + 2
