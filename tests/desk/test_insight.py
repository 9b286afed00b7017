"""The page of figures: for whom, of what, how it is written; and that a file of it is safe to open."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from http import HTTPStatus
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from desk.insight import charts, measures
from desk.insight.measures import Measure
from desk.models import Deed, Look, Role
from feedback.insight import statistics
from feedback.insight.reports import By, Line
from feedback.insight.statistics import FLOOR, Figure, Interval
from feedback.models import Delivery, Rating, Source
from feedback.reasons import Reason
from tests.factories import make_brand, make_driver, make_member, make_partner
from tracking.models import Brand, Carrier, Driver, Shipment
from tracking.rounds.models import CarrierKind

pytestmark = pytest.mark.django_db

PAGE, WORDS = "/admin/desk/insight/", "/admin/desk/insight/words/"
SHEETS = ["/admin/desk/insight/figures.csv", "/admin/desk/insight/trend.csv"]
WORDS_SHEET = "/admin/desk/insight/words.csv"
NOW = timezone.now().replace(microsecond=0)
TODAY = NOW.date()
NOTHING = Figure(0)


def make_deliveries(
    count: int,
    *,
    driver: Driver | None = None,
    brand: Brand | None = None,
    score: int = 4,
    words: str = "",
    day: date = TODAY,
    reasons: Sequence[str] = (),
) -> list[Shipment]:
    """Make deliveries that all had a rating, the first of them with words."""
    driver, brand = driver or make_driver(), brand or make_brand()
    made = Shipment.objects.count()
    shipments = Shipment.objects.bulk_create(
        Shipment(
            brand=brand,
            carrier=driver.carrier,
            reference=f"R-{made + number}",
            postcode="00170",
            timezone="Europe/Helsinki",
            created_at=NOW,
            changed_at=NOW,
        )
        for number in range(count)
    )
    Delivery.objects.bulk_create(
        Delivery(
            shipment=shipment,
            brand=brand,
            carrier=driver.carrier,
            driver=driver,
            area="881126d3adfffff",
            delivered_at=NOW,
            day=day,
            weekday=day.isoweekday(),
            hour=12,
            promised_start=NOW - timedelta(hours=1),
            promised_end=NOW,
            lateness_minutes=0,
            attempts=1,
            is_first_attempt=True,
            asked_at=NOW,
        )
        for shipment in shipments
    )
    Rating.objects.bulk_create(
        Rating(
            shipment=shipment,
            score=score,
            reasons=list(reasons),
            words=words if number == 0 else "",
            recommends=9,
            source=Source.PAGE,
            rated_at=NOW,
            changed_at=NOW,
        )
        for number, shipment in enumerate(shipments)
    )
    return shipments


def other_driver(**fields: Any) -> Driver:
    carrier = Carrier.objects.create(slug="other", name="Other carrier", kind=CarrierKind.CROWD)
    return make_driver(carrier=carrier, **fields)


def read(client: Client, path: str, **query: str) -> list[list[str]]:
    return [*csv.reader(StringIO(client.get(path, query).content.decode()))]


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("role", "sees_figures", "reads_words", "takes_words"),
    [
        (Role.AGENT, False, True, False),
        (Role.LEAD, True, True, False),
        (Role.ADMIN, True, True, True),
        (Role.PARTNER, True, False, False),
    ],
)
def test_each_role_sees_what_the_table_says(
    client: Client, role: Role, sees_figures: bool, reads_words: bool, takes_words: bool
) -> None:
    sign_in(client, make_partner() if role == Role.PARTNER else make_member(role))

    def is_let_in(path: str) -> bool:
        status = client.get(path).status_code
        assert status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
        return status == HTTPStatus.OK

    assert [is_let_in(path) for path in (PAGE, *SHEETS)] == [sees_figures] * 3
    assert (is_let_in(WORDS), is_let_in(WORDS_SHEET)) == (reads_words, takes_words)


def test_the_first_page_leads_there_whoever_may_see_it(client: Client) -> None:
    for user, is_led in [(make_partner(), True), (make_member(Role.LEAD), True), (make_member(Role.AGENT), False)]:
        assert (PAGE in sign_in(client, user).get("/admin/").content.decode()) is is_led


def test_a_trend_is_by_day_where_days_say_enough_and_otherwise_as_asked(client: Client) -> None:
    make_deliveries(FLOOR)
    sign_in(client, make_member(Role.LEAD))
    today = TODAY.isoformat()

    def step(**query: str) -> str:
        return str(client.get(PAGE, query).context["asked"].step)

    assert step() == "week"
    assert step(since=today, until=today) == "day"
    assert step(step="day") == "day"


@pytest.mark.parametrize("path", [PAGE, *SHEETS, WORDS, WORDS_SHEET])
def test_a_stranger_is_led_to_the_door(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/admin/login/")


def test_a_partner_sees_their_own_carriers_figures_alone(client: Client) -> None:
    own, other = make_driver(), other_driver()
    make_deliveries(12, driver=own, words="Ours.")
    make_deliveries(30, driver=other, words="Theirs.")
    sign_in(client, make_partner(own.carrier))

    assert client.get(PAGE).context["total"].deliveries == 12
    for what in By:
        rows = read(client, SHEETS[0], by=what)
        assert [row[1] for row in rows[1:]] == ["12"]
    assert client.get(f"{PAGE}?carrier={other.carrier_id}").context["total"].deliveries == 12
    assert "Other carrier" not in client.get(PAGE).content.decode()


def test_a_member_of_a_brand_sees_that_brands_figures_alone(client: Client) -> None:
    own, other = make_brand(name="Own"), make_brand(name="Another")
    make_deliveries(11, brand=own)
    make_deliveries(30, brand=other)
    sign_in(client, make_member(Role.LEAD, brand=own))

    answer = client.get(f"{PAGE}?brand={other.pk}&by=brand")

    assert answer.context["total"].deliveries == 11
    assert "Another" not in answer.content.decode()


def test_a_driver_of_whom_few_said_anything_is_not_shown(client: Client) -> None:
    make_deliveries(FLOOR, driver=make_driver(given_name="Aino"))
    make_deliveries(FLOOR - 1, driver=make_driver(given_name="Onni"))
    sign_in(client, make_member(Role.LEAD))

    page = client.get(PAGE, {"by": By.DRIVER}).content.decode()
    sheet = read(client, SHEETS[0], by=By.DRIVER)

    assert "Aino" in page
    assert "Onni" not in page
    assert f"1 more has fewer than {FLOOR} ratings: too few to say anything." in page
    assert [row[0] for row in sheet] == ["driver", "Aino Virtanen", "1 more: too few to say"]


def test_a_figure_that_rests_on_little_is_not_said(client: Client) -> None:
    make_deliveries(FLOOR - 1)
    sign_in(client, make_member(Role.LEAD))

    total = client.get(PAGE).context["total"]

    assert {(cell.text, cell.interval, cell.n) for cell in total.cells} == {("too few to say", "", FLOOR - 1)}
    assert read(client, SHEETS[0])[1][2:6] == ["", "", "", "9"]


def test_a_sheet_holds_figures_with_their_intervals(client: Client) -> None:
    make_deliveries(20, score=5)
    sign_in(client, make_member(Role.LEAD))

    heading, row = read(client, SHEETS[0])
    low = statistics.wilson(20, 20).low

    assert heading[:6] == ["carrier", "deliveries", "stars", "stars_low", "stars_high", "stars_n"]
    assert row[:6] == ["Own fleet", "20", "5.0", f"{round(1 + 4 * low, 4)}", "5.0", "20"]
    assert read(client, SHEETS[1], step="day")[1][:2] == [TODAY.isoformat(), "20"]


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_sheet_begins_like_a_formula(client: Client, beginning: str) -> None:
    evil = f"{beginning}HYPERLINK(1)"
    make_deliveries(FLOOR, words=evil, driver=make_driver(given_name=evil, family_name=""))
    sign_in(client, make_member(Role.ADMIN))

    written = read(client, WORDS_SHEET)[1][-1]
    named = read(client, SHEETS[0], by=By.DRIVER)[1][0]

    assert written == f"'{evil}"
    assert named == (f"'{evil}" if beginning.strip() else evil.strip())


def test_words_are_told_apart_by_reason_and_it_is_kept_who_read_them(client: Client) -> None:
    make_deliveries(3, words="Left in the rain.", reasons=[Reason.WRONG_PLACE])
    make_deliveries(2, words="<b>Wet</b>", reasons=[Reason.DAMAGED])
    user = make_member(Role.AGENT)
    sign_in(client, user)

    page = client.get(WORDS, {"reason": Reason.DAMAGED}).content.decode()

    assert "&lt;b&gt;Wet&lt;/b&gt;" in page
    assert "Left in the rain." not in page
    assert list(Look.objects.values_list("user", "deed", "what", "details")) == [
        (user.id, Deed.SAW, "words", {"reason": "damaged", "shown": 1})
    ]


def test_it_is_kept_who_took_how_many_words(client: Client) -> None:
    make_deliveries(3, words="Wet.")
    sign_in(client, make_member(Role.ADMIN))

    assert len(read(client, WORDS_SHEET)) == 2

    assert list(Look.objects.values_list("deed", "details")) == [(Deed.EXPORTED, {"reason": None, "rows": 1})]


def test_the_page_of_figures_holds_no_words_and_no_references(client: Client) -> None:
    shipments = make_deliveries(12, words="Left in the rain.")
    sign_in(client, make_member(Role.LEAD))

    page = client.get(PAGE).content.decode()

    assert "Left in the rain." not in page
    assert shipments[0].reference not in page


def test_days_are_asked_for_and_nonsense_is_refused(client: Client) -> None:
    make_deliveries(12, day=TODAY - timedelta(days=40))
    make_deliveries(15)
    sign_in(client, make_member(Role.LEAD))
    since = (TODAY - timedelta(days=50)).isoformat()

    assert client.get(PAGE).context["total"].deliveries == 15
    assert client.get(PAGE, {"since": since}).context["total"].deliveries == 27
    assert client.get(PAGE, {"since": since, "until": since}).context["total"].deliveries == 0
    for nonsense in [{"since": "x"}, {"until": "1900-01-01"}, {"by": "x"}, {"carrier": "x"}, {"until": "9999-12-31"}]:
        assert client.get(PAGE, nonsense).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert client.get(SHEETS[0], nonsense).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("what", By)
def test_each_chart_has_a_table_with_the_same_figures(client: Client, what: By) -> None:
    make_deliveries(12)
    sign_in(client, make_member(Role.LEAD))

    context = client.get(PAGE, {"by": what, "step": "day"}).context

    [row] = context["rows"]
    assert len(context["charts"]) == len(context["trends"]) == len(row.cells) == 6
    for chart, cell in zip(context["charts"], row.cells, strict=True):
        assert [mark.text for mark in chart.marks] == [cell.text]
    assert [row.label for row in context["trend_rows"]] == [TODAY.isoformat()]


def test_a_page_takes_few_queries_however_much_was_delivered(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_deliveries(60)
    sign_in(client, make_member(Role.LEAD))

    with django_assert_max_num_queries(16):
        client.get(PAGE, {"by": By.AREA})


def line_of(key: object, figure: Figure) -> Line:
    return Line(key, figure.n, NOTHING, NOTHING, NOTHING, NOTHING, figure, NOTHING)


def test_an_axis_is_as_fine_as_it_may_be_and_holds_every_interval() -> None:
    [on_time] = [measure for measure in measures.MEASURES if measure.name == "on_time"]
    lines = [("A", line_of(1, statistics.share(950, 1000))), ("B", line_of(2, statistics.share(880, 1000)))]

    chart = charts.intervals(on_time, lines)

    assert [tick.label for tick in chart.ticks] == ["85 %", "90 %", "95 %", "100 %"]
    assert (chart.ticks[0].at, chart.ticks[-1].at) == ("116.0", "304.0")
    assert [mark.text for mark in chart.marks] == ["95 %", "88 %"]
    assert chart.marks[0].dot == "241.3"
    assert [mark.y for mark in chart.marks] == ["12.0", "36.0"]


@pytest.mark.parametrize("measure", measures.MEASURES, ids=lambda measure: measure.name)
def test_an_axis_says_what_its_lines_stand_for(measure: Measure) -> None:
    for share in range(0, 101, 5):
        low, width = share / 100, (1 - share / 100) / 3
        for part in (low, low + width):
            values = [measure.least + each * (measure.most - measure.least) for each in (low, part)]
            figure = Figure(FLOOR, values[0], Interval(values[0], values[1]))
            line = Line(1, FLOOR, *[figure] * 6)

            ticks = charts.intervals(measure, [("A", line)]).ticks

            said = [float(tick.label.removesuffix(" %").replace("\N{MINUS SIGN}", "-")) for tick in ticks]
            steps = {round(later - earlier, 6) for earlier, later in pairwise(said)}
            assert len(steps) == 1
            assert 2 <= len(ticks) <= 5


def test_a_trend_is_cut_where_too_few_spoke() -> None:
    [on_time] = [measure for measure in measures.MEASURES if measure.name == "on_time"]
    days = [date(2026, 11, day) for day in range(1, 6)]
    sizes = [20, 30, 3, 40, 50]
    lines = [line_of(day, statistics.share(n, n)) for day, n in zip(days, sizes, strict=True)]

    chart = charts.trend(on_time, lines)

    assert [[x for x, _ in piece.dots] for piece in chart.pieces] == [["44.0", "120.5"], ["273.5", "350.0"]]
    assert (chart.first, chart.last) == ("1 Nov", "5 Nov")
    assert chart.pieces[0].line == "44.0,10.0 120.5,10.0"
    assert len(chart.pieces[0].band.split()) == 4


def test_a_score_is_written_with_a_minus_sign_and_never_as_minus_nothing() -> None:
    [nps] = [measure for measure in measures.MEASURES if measure.name == "nps"]

    assert [nps.write(value) for value in (-12.3, -0.4, 0.4, 100.0)] == ["\N{MINUS SIGN}12", "0", "0", "100"]
