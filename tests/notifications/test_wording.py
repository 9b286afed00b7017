import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import sealing, segments, texts, unsubscribing, wording
from notifications.models import Notification, Template
from notifications.services import outbox
from notifications.texts import Words
from notifications.triggers import PHONE_CHANNELS, Channel, Trigger
from notifications.unsubscribing import Reader
from notifications.wording import Draft, Wording, values
from tests.factories import HUB, NOON, make_brand, make_link, make_recipient, make_route, make_shipment
from tests.notifications.rows import MAIL, make_row
from tracking.links import services as links
from tracking.links.models import Origin, TrackingLink
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db

TODAY = Window(NOON.date(), NOON + timedelta(hours=2, minutes=5), NOON + timedelta(hours=2, minutes=25))


def _compose(row: Notification) -> Wording:
    return wording.compose([row], at=NOON)[row.id]


def _url(shipment: Shipment) -> str:
    return f"http://testserver/t/{TrackingLink.objects.get(shipment=shipment).token}/"


def _on_the_road() -> Shipment:
    """Put a shipment on its way, with Aino in a van, expected between 14:05 and 14:25 in Helsinki."""
    route = make_route([HUB], at=NOON)
    shipment = Shipment.objects.with_round().get(stop__route=route)
    Shipment.objects.filter(id=shipment.id).update(
        window_date=TODAY.date, window_start=TODAY.start, window_end=TODAY.end, reference="DS-10482"
    )
    return Shipment.objects.with_round().get(id=shipment.id)


def test_a_text_says_what_is_known_and_ends_in_the_link_and_the_marker() -> None:
    shipment = _on_the_road()
    row = make_row(shipment, marker="3fa9c2b1d0")

    composed = _compose(row)

    link = _url(shipment)
    said = "Kauppa: Your order DS-10482 is on its way. Expected today 14:05-14:25."
    assert composed == Wording(
        text=f"{said} {link}#3fa9c2b1d0", kept=f"{said} {link}#3fa9c2b1d0", link=link, segments=1
    )


def test_facts_are_those_of_the_moment_of_sending() -> None:
    shipment = _on_the_road()
    row = make_row(shipment)
    Shipment.objects.filter(id=shipment.id).update(
        window_start=NOON + timedelta(hours=3), window_end=NOON + timedelta(hours=4)
    )
    row.shipment = Shipment.objects.with_round().get(id=shipment.id)

    assert "Expected today 15:00-16:00." in _compose(row).text


def test_a_time_that_is_not_known_is_not_spoken_of() -> None:
    row = make_row(make_shipment(status=Status.AT_HUB), trigger=Trigger.SHIPPED)

    said = _compose(row).text

    assert row.shipment is not None
    assert said == f"Kauppa: Your order {row.shipment.reference} has been shipped. {_url(row.shipment)}#{row.marker}"


@pytest.mark.parametrize(
    ("language", "brand_language", "expected"),
    [
        (
            "de-AT",
            "en",
            "Kauppa: Ihre Bestellung DS-10482 ist unterwegs. Erwartet heute 14:05-14:25 Uhr.",
        ),
        ("pt-BR", "fi", "Kauppa: Tilaus DS-10482 on matkalla. Arvioitu toimitus tänään klo 14.05-14.25."),
        ("", "xx", "Kauppa: Your order DS-10482 is on its way. Expected today 14:05-14:25."),
        ("ar", "en", "من Kauppa: طلبك DS-10482 في الطريق. متوقع اليوم 14:05–14:25."),
    ],
)
def test_a_message_is_in_the_readers_language_or_the_brands(language: str, brand_language: str, expected: str) -> None:
    row = make_row(_on_the_road(), language=language)
    row.brand.language = brand_language

    composed = _compose(row)

    assert composed.text.startswith(f"{expected} http")
    assert composed.segments == segments.count(composed.text)


def test_a_driver_is_named_while_they_are_on_the_road_alone() -> None:
    shipment = _on_the_road()
    row = make_row(shipment, channel=Channel.EMAIL)
    assert "Aino is bringing it by van." in _compose(row).text

    services.record(shipment, Status.DELIVERED, at=NOON)

    row.shipment = Shipment.objects.with_round().get(id=shipment.id)
    assert "Aino" not in _compose(row).text


@pytest.mark.parametrize(
    ("trigger", "details", "expected"),
    [
        (Trigger.STOPS_AWAY, {"stops": 0}, "is near. Stops before you: 0."),
        (Trigger.STOPS_AWAY, {"stops": "{link}"}, "is near. http"),
        (
            Trigger.READY_FOR_PICKUP,
            {"place": "Kamppi,\r\n Kampinkuja 1"},
            "is ready to be collected. Where: Kamppi, Kampinkuja 1.",
        ),
        (Trigger.FAILED_ATTEMPT, {"reason": "the gate was locked."}, "Reason: the gate was locked. The next"),
        (
            Trigger.CANCELLED,
            {"reason": "{code} {{settings.SECRET_KEY}} {% debug %}"},
            "Reason: {code} {{settings.SECRET_KEY}} {% debug %}.",
        ),
        (Trigger.RETURNED, {"reason": "x" * 500}, "Reason: " + 119 * "x" + "...."),
    ],
)
def test_details_are_told_on_one_line_and_never_read_as_words_of_ours(
    trigger: Trigger, details: dict[str, object], expected: str
) -> None:
    assert expected in _compose(make_row(trigger=trigger, details=details)).text


@pytest.mark.parametrize("place", ["Aleksanterinkatu 13 B 7", "with Meikäläinen, Maija", "door code 4711B"])
def test_a_place_that_the_page_would_not_tell_is_not_told(place: str) -> None:
    said = _compose(make_row(trigger=Trigger.DELIVERED_ELSEWHERE, details={"place": place})).text

    assert "is waiting for you. http" in said


def test_why_it_is_late_is_told_in_the_readers_language() -> None:
    shipment = _on_the_road()
    shipment.window_cause = Cause.BEHIND

    german = _compose(make_row(shipment, trigger=Trigger.DELAYED, channel=Channel.EMAIL, language="de")).text

    assert "Grund: die Stopps davor oder der Verkehr haben mehr Zeit gebraucht als geplant." in german


def test_a_window_that_moved_for_no_reason_worth_telling_gives_none() -> None:
    shipment = _on_the_road()
    shipment.window_cause = Cause.ON_THE_ROAD

    assert "Reason" not in _compose(make_row(shipment, trigger=Trigger.DELAYED, channel=Channel.EMAIL)).text


def test_it_says_who_took_it() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    services.record(shipment, Status.DELIVERED, at=NOON, handover=Handover.NEIGHBOUR)
    shipment.refresh_from_db()

    assert "It was left with a neighbour." in _compose(make_row(shipment, trigger=Trigger.DELIVERED_ELSEWHERE)).text


def test_the_latest_good_link_is_sent_again_and_one_found_by_lookup_never() -> None:
    shipment = make_shipment()
    sent = make_link(shipment)
    links.look_up(shipment.reference, "00100", at=NOON)

    assert f"/t/{sent.token}/#" in _compose(make_row(shipment)).text


def test_a_link_leads_to_the_page_that_the_message_is_about() -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    row = make_row(shipment, trigger=Trigger.SURVEY, channel=Channel.EMAIL, details={"page": "feedback:survey"})

    assert _compose(row).link == f"{_url(shipment)}feedback/"


def test_a_link_is_made_where_there_is_none() -> None:
    shipment = make_shipment()

    composed = _compose(make_row(shipment))

    assert composed.link == _url(shipment)
    assert TrackingLink.objects.get().origin == Origin.SENT


def test_without_a_link_the_marker_stands_in_brackets() -> None:
    row = make_row(trigger=Trigger.REPLY, shipment=None, details={"text": "There is nothing\r\non its way."})
    Notification.objects.filter(id=row.id).update(shipment=None)
    row.refresh_from_db()

    composed = _compose(row)

    assert composed.text == f"There is nothing\non its way. [{row.marker}]"
    assert composed.link == ""


def test_an_answer_is_sent_word_for_word_with_the_link_below() -> None:
    shipment = make_shipment()
    row = make_row(shipment, trigger=Trigger.REPLY, details={"text": "{brand} {link}: ok"})

    assert _compose(row).text == f"{{brand}} {{link}}: ok\n{_url(shipment)}#{row.marker}"


@pytest.mark.parametrize("channel", Channel)
def test_a_code_is_sent_and_not_kept(channel: Channel) -> None:
    sealed = sealing.seal("482913")
    rows = [
        make_row(trigger=Trigger.CODE, channel=channel, sealed=sealed, language=language)
        for language in texts.LANGUAGES
    ]

    for composed in wording.compose(rows, at=NOON).values():
        assert "482913" in composed.text
        assert "482913" not in composed.kept + composed.subject + composed.link
        assert "******" in composed.kept
        assert composed.link == composed.unsubscribe_url == ""
    assert not TrackingLink.objects.exists()


def test_what_a_code_says() -> None:
    row = make_row(trigger=Trigger.CODE, sealed=sealing.seal("482913"))

    said = "482913 is your code for Kauppa. It is valid for a short time. Please tell it to nobody."
    assert _compose(row).text == f"{said} [{row.marker}]"


def test_a_code_that_cannot_be_unsealed_harms_no_other_message(settings: Settings) -> None:
    broken = make_row(trigger=Trigger.CODE, sealed=sealing.seal("482913"))
    settings.SECRET_KEY = "another"
    fine = make_row(trigger=Trigger.CODE, sealed=sealing.seal("111222"))

    composed = wording.compose([broken, fine], at=NOON)

    assert "482913" not in composed[broken.id].text
    assert "111222" in composed[fine.id].text


def test_a_brands_own_words_come_first_in_their_language() -> None:
    shipment = _on_the_road()
    fields = {"brand": shipment.brand, "trigger": Trigger.ON_THE_WAY, "channel": Channel.SMS}
    Template.objects.create(**fields, language="fi", text="Moi {name}! {link} {window} {nonsense}")
    row = make_row(shipment, language="fi-FI", marker="3fa9c2b1d0")

    own = _compose(row)
    other = _compose(make_row(shipment, language="sv", version=1))

    link = _url(shipment)
    assert own.text == f"Moi Maija! {link}#3fa9c2b1d0 tänään klo 14.05-14.25 {{nonsense}}"
    assert other.text.startswith("Kauppa: Din beställning DS-10482 är på väg.")


def test_a_brands_words_of_which_nothing_would_be_left_give_way_to_ours() -> None:
    shipment = make_shipment()
    Template.objects.create(
        brand=shipment.brand, trigger=Trigger.CREATED, channel=Channel.SMS, language="en", text="It comes {window}"
    )

    composed = _compose(make_row(shipment, trigger=Trigger.CREATED))

    assert composed.text.startswith(f"Kauppa: We have your order {shipment.reference}. http")


def test_an_approved_text_gets_its_variables_in_the_order_of_its_placeholders() -> None:
    shipment = make_shipment()
    Template.objects.create(
        brand=shipment.brand,
        trigger=Trigger.CREATED,
        channel=Channel.WHATSAPP,
        language="en",
        text="{brand}: {reference} comes {window}. {brand} says hello. {link}",
        content_sid="HX0123",
    )
    row = make_row(shipment, trigger=Trigger.CREATED, channel=Channel.WHATSAPP, marker="3fa9c2b1d0")

    composed = _compose(row)

    link = f"{_url(shipment)}#3fa9c2b1d0"
    assert composed.content_sid == "HX0123"
    assert composed.content_variables == {"1": "Kauppa", "2": shipment.reference, "3": "not known yet", "4": link}
    assert composed.text == f"Kauppa says hello. {link}"
    assert composed.segments == 0


def test_words_that_staff_try_out_are_about_a_made_up_delivery() -> None:
    brand = make_brand()
    details = {"trigger": "stops_away", "subject": "", "text": "{brand}: {reference}, {stops} stops. {link}"}
    row = make_row(make_shipment(brand=brand), trigger=Trigger.TEST, details=details, marker="3fa9c2b1d0")

    said = _compose(row).text

    assert said == "Kauppa: DS-10482, 3 stops. http://testserver/t/0123456789abcdefghijklmnopqrstuv/#3fa9c2b1d0"


def test_a_push_has_a_title_a_text_and_somewhere_to_go() -> None:
    shipment = _on_the_road()

    composed = _compose(make_row(shipment, channel=Channel.PUSH))

    said = "Your order DS-10482 is on its way. Expected today 14:05–14:25."
    assert composed == Wording(text=said, kept=said, subject="Kauppa: Your order is on its way", link=_url(shipment))


def test_the_plain_part_of_a_mail_says_it_all() -> None:
    shipment = _on_the_road()

    composed = _compose(make_row(shipment, channel=Channel.EMAIL))

    assert composed.subject == "Your order DS-10482 is on its way"
    assert composed.text == (
        "Your order DS-10482 from Kauppa has left for your door.\n\n"
        "It should come today between 14:05 and 14:25. Aino is bringing it by van.\n\n"
        "On its page you can follow it, and see how many stops are still before you.\n\n"
        f"See where it is:\n{_url(shipment)}\n\n"
        "-- \n"
        "You get this mail because of your order DS-10482 from Kauppa.\n"
        f"No more of these mails:\n{composed.unsubscribe_url}\n"
    )
    assert composed.kept == composed.text.split("\n\nSee where it is:")[0]
    assert unsubscribing.read_key(composed.unsubscribe_url.split("/")[-2]) == Reader(shipment.brand_id, MAIL)


def test_a_subject_is_one_line_and_of_a_bearable_length() -> None:
    shipment = make_shipment(brand=make_brand(name="Kauppa\r\nBcc: all@example.org"))
    Template.objects.create(
        brand=shipment.brand,
        trigger=Trigger.CREATED,
        channel=Channel.EMAIL,
        language="en",
        subject="{brand} {brand} {brand} {brand} {brand} {brand} {brand}",
        text="{reference}",
    )

    subject = _compose(make_row(shipment, trigger=Trigger.CREATED, channel=Channel.EMAIL)).subject

    assert subject.startswith("Kauppa Bcc: all@example.org Kauppa")
    assert len(subject.splitlines()) == 1
    assert len(subject) == 150


class _Tags(HTMLParser):
    """Collects what a client would fetch, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.fetched += [tag] if tag in {"img", "link", "script", "iframe", "video", "object", "form"} else []
        self.fetched += [value or "" for name, value in attrs if name in {"src", "srcset", "background", "poster"}]
        self.links += [known["href"] or ""] if "href" in known else []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_html_of_a_mail_fetches_nothing_and_leads_to_the_page_alone(language: str) -> None:
    shipment = make_shipment()
    triggers = [trigger for trigger in Trigger if trigger not in {Trigger.REPLY, Trigger.CODE}]
    rows = [make_row(shipment, trigger=trigger, channel=Channel.EMAIL, language=language) for trigger in triggers]

    for composed in wording.compose(rows, at=NOON).values():
        tags = _Tags(composed.html)
        assert tags.fetched == []
        assert "url(" not in composed.html
        assert "@import" not in composed.html
        assert tags.links == [composed.link] + ([composed.unsubscribe_url] if composed.unsubscribe_url else [])
        assert texts.strays(re.sub(r"<style>.*?</style>", "", composed.html, flags=re.DOTALL), frozenset()) == []


def test_the_html_of_a_mail_has_the_brands_colour_and_the_languages_direction() -> None:
    row = make_row(make_shipment(brand=make_brand(colour="#b3261e")), channel=Channel.EMAIL, language="ar")

    html = _compose(row).html

    assert '<html lang="ar" dir="rtl">' in html
    assert 'align="right"' in html
    assert 'align="left"' not in html
    assert "background-color: #b3261e" in html


def test_a_logo_comes_along_in_the_mail_and_is_fetched_from_nobody() -> None:
    brand = make_brand(name="Kauppa & Pojat", logo=f"{'a' * 22}.png", logo_width=400, logo_height=96)

    html = _compose(make_row(make_shipment(brand=brand), channel=Channel.EMAIL)).html

    shown = '<img class="logo" src="cid:logo@doorstep" alt="Kauppa &amp; Pojat" width="200" height="48"'
    assert shown in html
    assert _Tags(html).fetched == ["img", "cid:logo@doorstep"]


def test_what_others_wrote_is_no_html() -> None:
    row = make_row(
        make_shipment(brand=make_brand(name="<b>K&K</b>")),
        trigger=Trigger.READY_FOR_PICKUP,
        channel=Channel.EMAIL,
        details={"place": '<img src="https://evil.example/x">'},
    )

    html = _compose(row).html

    assert "<b>K&K" not in html
    assert "<img" not in html
    assert "&lt;b&gt;K&amp;K&lt;/b&gt;" in html


def test_a_code_stands_large_in_its_mail_without_a_footer_or_a_button() -> None:
    row = make_row(trigger=Trigger.CODE, channel=Channel.EMAIL, sealed=sealing.seal("482913"))

    composed = _compose(row)

    assert composed.text.startswith("482913\n\nThis is your code for order")
    assert re.search(r'<p class="ink" dir="ltr"[^>]*>482913</p>', composed.html)
    assert _Tags(composed.html).links == []
    assert composed.kept.startswith("******\n\nThis is your code")


@pytest.mark.parametrize("count", [1, 12])
def test_a_batch_costs_the_same_queries_whatever_its_size(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_row(_on_the_road())
        make_row(trigger=Trigger.CODE, sealed=sealing.seal("482913"))
    recipient = make_recipient()
    make_row(make_shipment(recipient=recipient))
    batch = outbox.claim(Channel.SMS, at=NOON, limit=100)

    with django_assert_num_queries(3):
        composed = wording.compose(batch, at=NOON)

    assert composed.keys() == {row.id for row in batch}


def test_nothing_costs_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert wording.compose([], at=NOON) == {}


written_by_others = st.text(st.sampled_from("ab .:!?\r\n\t\0\u2028\u202e{}%<>&\"'€ж🚲لbrandlink\ud800"), max_size=80)


@given(name=written_by_others, reference=written_by_others, place=written_by_others, channel=st.sampled_from(Channel))
def test_whatever_others_write_a_message_stays_a_message(
    name: str, reference: str, place: str, channel: Channel
) -> None:
    brand = Brand(name=name)
    shipment = Shipment(brand=brand, reference=reference, recipient_name=name, status="delivered", timezone="UTC")
    row = Notification(
        brand=brand, shipment=shipment, trigger=Trigger.READY_FOR_PICKUP, channel=channel, details={"place": place}
    )
    english = texts.look_up("en")
    known = values.know(row, english, link="http://testserver/t/x/", at=NOON)

    words = english.of(Trigger.READY_FOR_PICKUP, channel)
    subject = Words("{brand} {reference} {place} " + words.subject, words.text)
    composed = wording.word(Draft(Trigger.READY_FOR_PICKUP, channel, english, subject, known, brand, "3fa9c2b1d0"))

    assert "\r" not in composed.subject + composed.text
    assert len(composed.subject.splitlines()) <= 1
    assert len(composed.subject) <= 150
    assert "\u202e" not in composed.subject + composed.text + composed.html
    assert composed.text.count("http://testserver/t/x/") == (channel is not Channel.PUSH)
    (composed.text + composed.subject + composed.html).encode()
    if channel in PHONE_CHANNELS:
        assert composed.text.endswith("http://testserver/t/x/#3fa9c2b1d0")
