"""One box that finds a shipment by whatever a shopper reads out.

What a term may be is decided by its form alone (``read``). Each kind is one query, which PostgreSQL answers from an
index that a migration ``indexes_for_the_desk`` makes of the same expression; SQLite reads the whole table.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Final, NamedTuple

import phonenumbers
from django.db.models import CharField, F, Func, QuerySet, TextChoices, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Replace, Reverse, Upper
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException

from carriers.models import BookingTry, TrackingNumber
from notifications.models import Contact
from notifications.triggers import Channel
from tracking.shipments.models import Shipment, ShipmentQuerySet, StatusEvent
from tracking.shipments.services.steps import OWN_SOURCE

MOST: Final = 25
LONGEST: Final = 200
FEWEST_DIGITS: Final = 4
MOST_WORDS: Final = 5

LINK: Final = re.compile(r"/t/([\w-]{16,40})(?![\w-])", re.ASCII)
TOKEN: Final = re.compile(r"[\w-]{32}", re.ASCII)
EMAIL: Final = re.compile(r"[^\s@]{2,}@[^\s@]*")
NUMBER: Final = re.compile(r"(?=\S+$|.*\d).{1,60}")
CARRIER: Final = re.compile(r"(?=.*\d)\S{4,100}")
PHONE: Final = re.compile(r"\+?(?:[\s()/.-]*\d){4,20}")
POSTCODE: Final = re.compile(r"(?=.*\d)(?=.{3,11}$)[^\W_]+(?:[ -][^\W_]+)?")
NAME: Final = re.compile(r"(?=(?:.*[^\W\d_]){2})(?:[^\W\d_]|['\u2019.,\s-])+")

BETWEEN_DIGITS: Final = " -()/."
BETWEEN_LETTERS: Final = " -"


class Kind(TextChoices):
    """What a term may be."""

    LINK = "link", _("tracking link")
    NUMBER = "number", _("order or parcel")
    CARRIER = "carrier", _("carrier's reference")
    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")
    POSTCODE = "postcode", _("postcode")
    NAME = "name", _("name")


class Hit(NamedTuple):
    """A shipment, and what the term was that found it."""

    shipment: Shipment
    kinds: Sequence[Kind]


class Found(NamedTuple):
    """The newest shipments that a term belongs to, and whether there are more."""

    hits: Sequence[Hit]
    is_cut: bool


def read(text: str, *, region: str) -> dict[Kind, str]:
    """Say what a term may be, and what is looked for then. Pure.

    ``region`` is the country of phone numbers that name none.
    """
    term = " ".join(unicodedata.normalize("NFKC", text.replace("\0", " ")).split())
    if len(term) > LONGEST:
        return {}
    if link := LINK.search(term):
        return {Kind.LINK: link[1]}
    if "@" in term:
        return {Kind.EMAIL: term} if EMAIL.fullmatch(term) else {}
    read_as = {
        Kind.LINK: term if TOKEN.fullmatch(term) else "",
        Kind.NUMBER: term if NUMBER.fullmatch(term) else "",
        Kind.CARRIER: term if CARRIER.fullmatch(term) else "",
        Kind.PHONE: _ending(term, region=region) if PHONE.fullmatch(term) else "",
        Kind.POSTCODE: _without(BETWEEN_LETTERS, term).upper() if POSTCODE.fullmatch(term) else "",
        Kind.NAME: term if NAME.fullmatch(term) else "",
    }
    return {kind: looked_for for kind, looked_for in read_as.items() if looked_for}


def find(shipments: ShipmentQuerySet, terms: Mapping[Kind, str]) -> Found:
    """Find what the terms belong to, among the shipments that somebody may see, newest first.

    One query a kind, two of what shoppers may have given anew.
    """
    known: dict[int, Shipment] = {}
    kinds: dict[int, list[Kind]] = {}
    for kind, looked_for in terms.items():
        for rows in queries(shipments, kind, looked_for):
            for shipment in rows.select_related("brand"):
                known[shipment.id] = shipment
                kinds.setdefault(shipment.id, []).append(kind)
    kinds = {id_: list(dict.fromkeys(of_one)) for id_, of_one in kinds.items()}
    hits = [Hit(known[id_], kinds[id_]) for id_ in sorted(known, reverse=True)]
    return Found(hits[:MOST], is_cut=len(hits) > MOST)


def query(shipments: ShipmentQuerySet, kind: Kind, looked_for: str) -> ShipmentQuerySet:
    """Ask for the newest shipments of a kind of term: one more than are shown, to know whether there are more."""
    return QUERIES[kind](shipments, looked_for).order_by("-id")[: MOST + 1]


def queries(shipments: ShipmentQuerySet, kind: Kind, looked_for: str) -> Iterator[ShipmentQuerySet]:
    """Ask in the orders, and for the newest shipments whose news goes to what their shopper gave instead."""
    yield query(shipments, kind, looked_for)
    if kind in GIVEN:
        given = GIVEN[kind](looked_for).values("shipment")
        yield shipments.filter(id__in=given).order_by("-id")[: MOST + 1]


def _by_link(shipments: ShipmentQuerySet, token: str) -> ShipmentQuerySet:
    return shipments.filter(links__token=token)


def _by_carriers_reference(shipments: ShipmentQuerySet, reference: str) -> ShipmentQuerySet:
    events = StatusEvent.objects.filter(external_id=reference).exclude(source=OWN_SOURCE)
    numbers = TrackingNumber.objects.filter(number__iexact=reference).order_by()
    tries = BookingTry.objects.exclude(reference="").filter(reference__iexact=reference).order_by()
    booked = numbers.values("booking_try__booking__shipment").union(tries.values("booking__shipment"))
    return shipments.filter(id__in=events.values("shipment").union(booked))


def _by_phone(shipments: ShipmentQuerySet, ending: str) -> ShipmentQuerySet:
    backwards = Reverse(_stripped("phone", BETWEEN_DIGITS))
    return shipments.alias(backwards=backwards).filter(backwards__startswith=ending[::-1])


def _by_email(shipments: ShipmentQuerySet, beginning: str) -> ShipmentQuerySet:
    return shipments.filter(email__istartswith=beginning)


def _given_phones(ending: str) -> QuerySet[Contact]:
    numbers = Contact.objects.filter(channel=Channel.SMS).alias(backwards=Reverse("address"))
    return numbers.filter(backwards__startswith=ending[::-1])


def _given_emails(beginning: str) -> QuerySet[Contact]:
    return Contact.objects.filter(channel=Channel.EMAIL, address__startswith=beginning.lower())


def _by_postcode(shipments: ShipmentQuerySet, postcode: str) -> ShipmentQuerySet:
    return shipments.alias(plain=Upper(_stripped("postcode", BETWEEN_LETTERS))).filter(plain=postcode)


def _by_name(shipments: ShipmentQuerySet, words: str) -> ShipmentQuerySet:
    """Ask for those in whose recipient's name each word begins a word."""
    spaced = Func(Value(" "), F("recipient_name"), template="(%(expressions)s)", arg_joiner=" || ")
    spaced.output_field = CharField()
    named = shipments.alias(spaced=spaced)
    return reduce(lambda rows, word: rows.filter(spaced__icontains=f" {word}"), words.split()[:MOST_WORDS], named)


def _stripped(field: str, signs: str) -> Combinable:
    written: Combinable = F(field)
    for sign in signs:
        written = Replace(written, Value(sign))
    return written


def _without(signs: str, text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, signs)))


def _ending(written: str, *, region: str) -> str:
    """Give the digits at the end of a phone number that are the same with and without the codes before them."""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in written if sign.isdecimal())
    try:
        number = phonenumbers.parse("+" * written.startswith("+") + digits, region or None)
    except NumberParseException:
        known = digits
    else:
        is_whole = phonenumbers.is_possible_number(number)
        known = phonenumbers.national_significant_number(number) if is_whole else digits
    ending = known.lstrip("0")
    return ending if len(ending) >= FEWEST_DIGITS else ""


QUERIES: Final[Mapping[Kind, Callable[[ShipmentQuerySet, str], ShipmentQuerySet]]] = {
    Kind.LINK: _by_link,
    Kind.NUMBER: lambda shipments, number: shipments.numbered(number),
    Kind.CARRIER: _by_carriers_reference,
    Kind.PHONE: _by_phone,
    Kind.EMAIL: _by_email,
    Kind.POSTCODE: _by_postcode,
    Kind.NAME: _by_name,
}

GIVEN: Final[Mapping[Kind, Callable[[str], QuerySet[Contact]]]] = {Kind.PHONE: _given_phones, Kind.EMAIL: _given_emails}
