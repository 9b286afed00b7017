"""What speaks for an attempt, as a person says it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.proof.models import Evidence, Measure


def tell(evidence: Evidence | None) -> str:
    """Say how near somebody came to the door, for how long, and who measured that."""
    if evidence is None or evidence.distance_m is None or evidence.dwell_seconds is None:
        return _("Nobody measured where the driver was.")
    near = _("The driver was %(metres)d m from your door") % {"metres": round(evidence.distance_m)}
    stayed = dwell(evidence.dwell_seconds)
    by_phone = Measure(evidence.measured_by) is Measure.PHONE
    measured = _("The driver's phone says so.") if by_phone else _("Their positions of the day say so.")
    return f"{near}, {stayed}. {measured}"


def dwell(seconds: int) -> str:
    """Say for how long somebody was near a door."""
    if seconds >= 2 * 60:
        return _("and had been near it for %(minutes)d minutes") % {"minutes": seconds // 60}
    told = ngettext(
        "and had been near it for %(seconds)d second", "and had been near it for %(seconds)d seconds", seconds
    )
    return told % {"seconds": seconds}
