import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications import segments, texts
from notifications.segments import Encoding
from notifications.texts import languages
from notifications.triggers import Channel, Trigger
from tracking.rounds.models import Vehicle
from tracking.shipments.lifecycle import Handover
from tracking.shipments.window import Cause, Window

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TODAY = Window(
    date(2026, 11, 22), datetime(2026, 11, 22, 12, 5, tzinfo=UTC), datetime(2026, 11, 22, 12, 25, tzinfo=UTC)
)
MONDAY = Window(
    date(2026, 11, 30), datetime(2026, 11, 30, 12, 5, tzinfo=UTC), datetime(2026, 11, 30, 12, 25, tzinfo=UTC)
)

LINK = "https://track.kauppa.example/t/" + 17 * "x" + "/#0123456789"
VALUES = {
    "brand": "Kauppa",
    "name": "Maija",
    "reference": "DS-10482",
    "link": LINK,
    "window": "today 14:05–14:25",
    "day": "today",
    "promised": "today 12:00–14:00",
    "driver": "Aino",
    "vehicle": "by van",
    "stops": "3",
    "minutes": "20",
    "place": "",
    "handover": "left in a safe place",
    "reason": "",
    "code": "482913",
    "text": "Where: with us.",
}

FRAMES = {
    "phone": {"brand", "text", "link"},
    "push": {"brand", "title"},
    "span": {"day", "start", "end"},
    "brief_span": {"day", "start", "end"},
    "footer": {"brand", "reference"},
}
"""The small words that have placeholders."""


def _file(code: str) -> dict[str, Any]:
    return tomllib.loads((languages.FILES / f"{code}.toml").read_text(encoding="utf-8"))


def _lines(table: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: [value] if isinstance(value, str) else list(value) for key, value in table.items()}


def test_there_are_seven_languages() -> None:
    assert texts.LANGUAGES == ("ar", "de", "en", "es", "fi", "fr", "sv")


@pytest.mark.parametrize("code", texts.LANGUAGES)
def test_a_language_says_exactly_what_english_says_with_the_same_placeholders(code: str) -> None:
    said, english = _file(code), _file("en")

    assert said.keys() == english.keys()
    for name, table in english.items():
        lines, english_lines = _lines(said[name]), _lines(table)
        assert lines.keys() == english_lines.keys(), name
        for key, originals in english_lines.items():
            assert len(lines[key]) == len(originals), (name, key)
            for line, original in zip(lines[key], originals, strict=True):
                assert line.strip() == line != ""
                assert sorted(texts.list_used(line)) == sorted(texts.list_used(original)), line


@pytest.mark.parametrize("code", texts.LANGUAGES)
def test_a_language_uses_only_what_its_trigger_allows(code: str) -> None:
    for trigger, message in texts.look_up(code).messages.items():
        said = " ".join([message.text, message.title, message.subject, *message.paragraphs, message.button])
        assert texts.strays(said, texts.ALLOWED[trigger]) == []


@pytest.mark.parametrize("code", texts.LANGUAGES)
def test_a_language_names_everything_it_may_have_to_name(code: str) -> None:
    language = texts.look_up(code)

    assert set(language.vehicles) == set(Vehicle)
    assert set(language.handovers) == set(Handover)
    assert set(language.reasons) < set(Cause)
    assert set(language.messages) == set(Trigger)
    assert {key: set(texts.list_used(said)) for key, said in language.words.items() if key in FRAMES} == FRAMES


@pytest.mark.parametrize("code", texts.LANGUAGES)
@pytest.mark.parametrize("channel", Channel)
def test_every_message_says_something_where_only_the_essential_is_known(code: str, channel: Channel) -> None:
    for trigger in Trigger:
        known = {name: VALUES[name] if name in texts.ESSENTIAL[trigger] else "" for name in texts.ALLOWED[trigger]}
        words = texts.look_up(code).of(trigger, channel)
        said = texts.fill(words.text, known).replace(LINK, "").replace("Kauppa", "").strip(" :")
        assert len(said) > 5, (trigger, said)
        assert texts.strays(said, frozenset()) == []
        if channel in {Channel.EMAIL, Channel.PUSH}:
            assert len(texts.fill(words.subject, known)) > 5


@pytest.mark.parametrize("code", set(texts.LANGUAGES) - {"ar"})
def test_a_text_that_need_not_be_ucs_2_is_not(code: str) -> None:
    language = texts.look_up(code)

    for trigger in Trigger:
        text = texts.fill(language.of(trigger, Channel.SMS).text, VALUES)
        assert segments.encoding(segments.economical(text)) is Encoding.GSM_7, text


def test_every_english_text_is_one_segment_with_a_link_of_60_characters() -> None:
    assert len(LINK) == 60

    lengths = {
        trigger: len(texts.fill(texts.look_up("en").of(trigger, Channel.SMS).text, VALUES)) for trigger in Trigger
    }

    assert max(lengths.values()) <= 160, lengths


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "Kauppa: Your order DS-10482 is on its way. Expected {window}. {link}"),
        ("de", "Kauppa: Ihre Bestellung DS-10482 ist unterwegs. Erwartet {window}. {link}"),
        ("fr", "Kauppa : Votre commande DS-10482 est en route. Arrivée prévue {window}. {link}"),
        ("es", "Kauppa: Su pedido DS-10482 va de camino. Entrega prevista {window}. {link}"),
        ("fi", "Kauppa: Tilaus DS-10482 on matkalla. Arvioitu toimitus {window}. {link}"),
        ("sv", "Kauppa: Din beställning DS-10482 är på väg. Beräknas komma {window}. {link}"),
        ("ar", "من Kauppa: طلبك DS-10482 في الطريق. متوقع {window}. {link}"),
    ],
)
def test_what_a_text_says(code: str, expected: str) -> None:
    words = texts.look_up(code).of(Trigger.ON_THE_WAY, Channel.SMS)

    said = texts.fill(words.text, {"brand": "Kauppa", "reference": "DS-10482"})

    assert segments.economical(said) == expected


@pytest.mark.parametrize(
    ("code", "today", "monday", "brief"),
    [
        ("en", "today between 14:05 and 14:25", "on Monday 30 November between 14:05 and 14:25", "today 14:05–14:25"),
        (
            "de",
            "heute zwischen 14:05 und 14:25 Uhr",
            "am Montag, dem 30. November zwischen 14:05 und 14:25 Uhr",
            "heute 14:05–14:25 Uhr",
        ),
        (
            "fr",
            "aujourd'hui entre 14h05 et 14h25",
            "le lundi 30 novembre entre 14h05 et 14h25",
            "aujourd'hui 14h05–14h25",
        ),
        (
            "es",
            "hoy entre las 14:05 y las 14:25",
            "el lunes 30 de noviembre entre las 14:05 y las 14:25",
            "hoy 14:05–14:25",
        ),
        ("fi", "tänään klo 14.05–14.25", "maanantaina 30.11. klo 14.05–14.25", "tänään klo 14.05–14.25"),
        ("sv", "i dag mellan 14:05 och 14:25", "på måndag den 30 november mellan 14:05 och 14:25", "i dag 14:05–14:25"),
        ("ar", "اليوم بين الساعة 14:05 و14:25", "يوم الاثنين 30 نوفمبر بين الساعة 14:05 و14:25", "اليوم 14:05–14:25"),
    ],
)
def test_windows_are_told_by_the_clock_of_the_destination(code: str, today: str, monday: str, brief: str) -> None:
    language = texts.look_up(code)

    assert texts.Times(language, HELSINKI, NOW).window(TODAY) == today
    assert texts.Times(language, HELSINKI, NOW).window(MONDAY) == monday
    assert texts.Times(language, HELSINKI, NOW, is_brief=True).window(TODAY) == brief


def test_a_window_without_a_time_is_a_day() -> None:
    english = texts.Times(texts.look_up("en"), HELSINKI, NOW)

    assert english.window(Window(date(2026, 11, 23))) == "tomorrow"
    assert english.window(Window(date(2026, 11, 24))) == "on Tuesday 24 November"


def test_today_ends_at_midnight_where_the_parcel_goes() -> None:
    english = texts.look_up("en")
    late = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)

    assert texts.Times(english, HELSINKI, late).window(TODAY) == "today between 14:05 and 14:25"
    assert texts.Times(english, ZoneInfo("UTC"), late).window(TODAY) == "tomorrow between 12:05 and 12:25"


def test_a_window_over_the_change_of_clocks_names_both_offsets() -> None:
    night = Window(
        date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    )

    told = texts.Times(texts.look_up("en"), HELSINKI, night.start or NOW).window(night)

    assert told == "today between 03:30 EEST and 03:10 EET"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["de-AT"], "de"),
        (["pt-BR", "fr-CA"], "fr"),
        (["pt_BR", ""], "en"),
        (["zh-Hant-TW", "SV"], "sv"),
        ([""], "en"),
        (["../secrets"], "en"),
    ],
)
def test_a_language_falls_back_to_its_parent_then_the_brands_then_english(wanted: list[str], expected: str) -> None:
    assert texts.find(*wanted).code == expected


def test_a_sentence_with_something_unknown_is_left_out() -> None:
    text = "{brand}: It is here. {driver} brings it {vehicle}! Where? At {place}. {link}"
    values = {"brand": "Kauppa", "driver": "Aino", "vehicle": "", "place": "St. Kamppi", "link": "http://x"}

    assert texts.fill(text, values) == "Kauppa: It is here. Where? At St. Kamppi. http://x"


def test_a_paragraph_that_has_lost_every_sentence_leaves_no_gap() -> None:
    assert (
        texts.fill("One.\n\n{driver} comes. {vehicle}.\n\nTwo {stops}.", {"driver": "", "vehicle": "", "stops": "0"})
        == "One.\n\nTwo 0."
    )


def test_a_value_is_never_read_as_a_text_of_ours() -> None:
    assert (
        texts.fill("{brand}, {place}.", {"brand": "{place}", "place": "{brand} {link}", "link": "x"})
        == "{place}, {brand} {link}."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{settings.SECRET_KEY}}",
        "{% debug %}",
        "{link.__class__}",
        "{link!r}",
        "{link:>99999999}",
        "{0}",
        "{}",
        "%(link)s $link ${link.x}",
        "{unknown}",
    ],
)
def test_what_is_no_placeholder_comes_out_literally(text: str) -> None:
    assert texts.fill(text, {"link": "http://x", "brand": "Kauppa"}) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{brand} {link}", []),
        ("{{settings.SECRET_KEY}}", ["{settings.SECRET_KEY}", "{", "}"]),
        ("{% debug %}", ["{% debug %}"]),
        ("{link.__class__}", ["{link.__class__}"]),
        ("{windw} and {", ["{windw}", "{"]),
    ],
)
def test_what_looks_like_a_placeholder_and_is_none_is_found(text: str, expected: list[str]) -> None:
    assert sorted(texts.strays(text, frozenset({"brand", "link"}))) == sorted(expected)


def test_placeholders_are_listed_once_each_in_their_order() -> None:
    assert texts.list_used("{link} {brand} {link} {window}") == ["link", "brand", "window"]
