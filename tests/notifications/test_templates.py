from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from notifications import texts
from notifications.models import Template
from notifications.segments import Cost
from notifications.services import templates
from notifications.triggers import NEWS, Channel, Trigger
from tests.factories import make_brand

pytestmark = pytest.mark.django_db

LINK = "http://testserver/t/0123456789abcdefghijklmnopqrstuv/"


def _template(**fields: object) -> Template:
    known = {"trigger": Trigger.ON_THE_WAY, "channel": Channel.SMS, "language": "en", "text": "It comes! {link}"}
    return Template(**{"brand": make_brand(), **known, **fields})


def _problems(**fields: object) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        templates.save(_template(**fields))
    assert not Template.objects.exists()
    return dict(refused.value.message_dict)


def test_good_words_are_kept() -> None:
    template = _template(language=" FI ", text="{brand}: {reference} on matkalla. {window}. {link}")

    templates.save(template)

    assert Template.objects.get() == template
    assert template.language == "fi"


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
@pytest.mark.parametrize("trigger", NEWS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_words_that_come_with_doorstep_are_good(trigger: Trigger, channel: Channel, language: str) -> None:
    words = texts.look_up(language).of(trigger, channel)

    templates.validate(_template(trigger=trigger, channel=channel, language=language, text=words.text))


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.PUSH])
def test_the_mails_and_pushes_that_come_with_doorstep_are_good(channel: Channel) -> None:
    for trigger in NEWS:
        words = texts.look_up("en").of(trigger, channel)
        templates.validate(_template(trigger=trigger, channel=channel, subject=words.subject, text=words.text))


@pytest.mark.parametrize(
    "stray", ["{{settings.SECRET_KEY}}", "{% debug %}", "{link.__class__}", "{windw}", "{code}", "{"]
)
def test_what_is_no_placeholder_is_refused(stray: str) -> None:
    (problem, *_) = _problems(text=f"It comes {stray}! {{link}}")["text"]

    assert "means nothing here. These do: {brand}, {day}, {driver}, {link}, {name}, {reference}, {vehicle}," in problem


def test_a_subject_names_neither_a_code_nor_a_link() -> None:
    assert (
        "{code} means nothing here"
        in _problems(trigger=Trigger.CODE, channel=Channel.EMAIL, subject="{code}", text="{code}")["subject"][0]
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "It comes!"}, {"text": ["It needs {link}."]}),
        ({"text": " \n"}, {"text": ["It is empty."]}),
        ({"trigger": Trigger.CODE, "text": "A code!"}, {"text": ["It needs {code}."]}),
        ({"trigger": Trigger.REPLY, "text": "{text}"}, {"trigger": ["An answer has words of its own."]}),
        ({"language": "Suomi!"}, {"language": ["A language looks like fi or pt-br."]}),
        ({"subject": "Hello"}, {"subject": ["Only a mail or a push has a subject."]}),
        ({"text": "x" * 600 + " {link}"}, {"text": ["It takes 5 segments, more than 4."]}),
        ({"text": "ж" * 300 + " {link}"}, {"text": ["It takes 6 segments, more than 4."]}),
        ({"content_sid": "HX" + 32 * "0"}, {"content_sid": ["Only a WhatsApp text is approved under a content SID."]}),
        (
            {"text": "It comes {window} {link}"},
            {"text": ["Too little would be left where not all is known. Give what may be missing its own sentence."]},
        ),
        (
            {
                "trigger": Trigger.CODE,
                "channel": Channel.WHATSAPP,
                "text": "{brand}: {code}",
                "content_sid": "HX" + 32 * "0",
            },
            {"content_sid": ["Only news with a link is sent under a content SID: by its link it is found again."]},
        ),
        (
            {"channel": Channel.WHATSAPP, "content_sid": "HX1"},
            {"content_sid": ["A content SID is HX and 32 digits from 0 to f."]},
        ),
        (
            {"channel": Channel.WHATSAPP, "text": "x" * 1000 + " {link}"},
            {"text": ["It takes 1065 characters, more than 1024."]},
        ),
        (
            {"channel": Channel.EMAIL, "subject": "Hi", "text": "x" * 4001},
            {"text": ["It takes 4001 characters, more than 4000."]},
        ),
        ({"channel": Channel.EMAIL}, {"subject": ["It is empty."]}),
        ({"channel": Channel.EMAIL, "subject": "Two\r\nBcc: lines"}, {"subject": ["It is one line."]}),
        (
            {"channel": Channel.EMAIL, "subject": "Comes {window}"},
            {"subject": ["Nothing would be left where not all is known. Name only what always is."]},
        ),
        (
            {"channel": Channel.PUSH, "subject": "Hi", "text": "x" * 401},
            {"text": ["It takes 401 characters, more than 400."]},
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_is(fields: dict[str, object], expected: dict[str, list[str]]) -> None:
    assert _problems(**fields) == expected


@pytest.mark.parametrize("fields", [{"trigger": "nonsense"}, {"channel": "fax"}, {"content_sid": "HX" * 21}])
def test_what_the_table_does_not_take_is_refused_too(fields: dict[str, object]) -> None:
    assert len(_problems(**fields)) == 1


def test_nothing_is_said_of_words_that_have_no_brand_yet() -> None:
    templates.validate(Template(trigger=Trigger.CREATED, channel=Channel.SMS, language="en", text="{nonsense}"))


def test_a_preview_shows_a_text_with_what_it_costs(settings: Settings) -> None:
    settings.SMS_SEGMENT_PRICE = "0.07 EUR"
    text = (
        "{brand}: {driver} brings {reference} {vehicle}, {window}. Stops before you: {stops}. " + "x" * 60 + "! {link}"
    )

    shown = templates.preview(_template(trigger=Trigger.STOPS_AWAY, text=text))

    said = "Kauppa: Aino brings DS-10482 by van, today 14:05-14:25. Stops before you: 3. " + "x" * 60
    assert shown.wording.text == f"{said}! {LINK}#0123456789"
    assert shown.wording.segments == 2
    assert shown.cost == Cost(Decimal("0.14"), "EUR")


def test_a_preview_is_in_the_language_of_the_template() -> None:
    assert templates.preview(_template(language="fi-FI", text="{window} {link}")).wording.text.startswith(
        "tänään klo 14.05-14.25"
    )


def test_a_preview_without_a_price_or_of_a_mail_has_no_cost(settings: Settings) -> None:
    assert templates.preview(_template()).cost is None

    settings.SMS_SEGMENT_PRICE = "0.07 EUR"

    mail = templates.preview(_template(channel=Channel.EMAIL, subject="{reference}", text="One.\n\nTwo {code}."))
    assert mail.cost is None
    assert mail.wording.subject == "DS-10482"
    assert ">One.</p>" in mail.wording.html
    assert ">Two {code}.</p>" in mail.wording.html
