"""Who there is to choose from: every carrier with its figures, its terms, and where it stands."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from carriers.criteria import Criterion
from carriers.models.choices import Bench, Floor, Profile
from carriers.scoring.scales import Figure
from carriers.services.choosing.market import COUNTED, Market, Stall
from desk.choosing import words


class Row(NamedTuple):
    """A carrier: its figures, for how much, how many a day, and since when it is benched, if it is."""

    name: str
    kind: str
    figures: Sequence[str]
    price: str
    room: str
    is_benched: bool
    url: str


class Benched(NamedTuple):
    """A carrier that is not chosen, since when and why."""

    bench: Bench
    why: str


def rows(found: Market, *, on: date) -> list[Row]:
    """List everybody who is offered, by name."""
    return [_row(stall, found, on=on) for stall in sorted(found.stalls.values(), key=lambda stall: stall.carrier.name)]


def benched() -> list[Benched]:
    """List who is benched, whoever sits longest first. One query."""
    return [Benched(bench, why(bench)) for bench in Bench.objects.open().select_related("carrier").order_by("since")]


def why(bench: Bench) -> str:
    """Say which figure was below which floor."""
    criterion = Criterion(bench.criterion)
    known = {
        "criterion": criterion.label,
        "figure": words.say(criterion, bench.figure),
        "n": bench.n,
        "floor": words.say(criterion, bench.floor),
    }
    return _("%(criterion)s: %(figure)s of %(n)d, the floor is %(floor)s") % known


def floors() -> list[str]:
    """Say how bad a carrier may be. One query."""
    return [_floor(floor) for floor in Floor.objects.order_by("criterion")]


def _floor(floor: Floor) -> str:
    criterion = Criterion(floor.criterion)
    known = {"criterion": criterion.label, "worst": words.say(criterion, floor.worst), "n": floor.least_n}
    if criterion is Criterion.CLAIMS:
        return _("%(criterion)s: at most %(worst)s, counted from %(n)d deliveries on") % known
    return _("%(criterion)s: at least %(worst)s, counted from %(n)d deliveries on") % known


def _row(stall: Stall, found: Market, *, on: date) -> Row:
    carrier, profile = stall.carrier, stall.profile
    return Row(
        name=carrier.name,
        kind=carrier.get_kind_display(),
        figures=[_say(criterion, stall.known.get(criterion, Figure())) for criterion in COUNTED],
        price=_price(stall),
        room=_room(found, profile, on=on),
        is_benched=stall.is_benched,
        url=reverse("admin:carriers_profile_change", args=[profile.pk]),
    )


def _say(criterion: Criterion, figure: Figure) -> str:
    if figure.value is None:
        return _("not known")
    return _("%(value)s of %(n)d") % {"value": words.say(criterion, figure.value), "n": figure.n}


def _price(stall: Stall) -> str:
    if stall.terms is not None and stall.fleet is not None:
        return _("from %(price)s") % {"price": words.money(stall.fleet.cost_per_stop)}
    if stall.tariffs:
        return _("from %(price)s") % {"price": words.money(min(tariff.base for tariff in stall.tariffs))}
    return _("by its drivers' hours and kilometres") if stall.fleet else _("not known")


def _room(found: Market, profile: Profile, *, on: date) -> str:
    places = found.room.places.get((profile.carrier_id, on))
    if places is None:
        return _("no limit known")
    taken = found.room.taken[profile.carrier_id, on]
    return _("%(taken)d of %(places)d today") % {"taken": taken, "places": places}
