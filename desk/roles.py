"""What each role at the desk may do: the one table that every page asks. Pure data.

Besides the permissions that Django's stock pages ask for, there are the desk's: to see personal data at all, to act on
a shipment, to lead (cases of others, rules), to see figures, to export personal data, and to keep the installation.
"""

from enum import StrEnum
from typing import Final

from desk.models.staff import Role


class May(StrEnum):
    """A thing that somebody may do at the desk."""

    SEE = "desk.see"
    ACT = "desk.act"
    LEAD = "desk.lead"
    MEASURE = "desk.measure"
    EXPORT = "desk.export"
    KEEP = "desk.keep"


_READS: Final = frozenset(
    f"{app}.view_{model}"
    for app, models in {
        "tracking": "brand carrier carrierscore driver driverscore linkuse parcel place route shift shipment "
        "statusevent stop stophint trackinglink",
        "notifications": "consent contact inbound notification preference question",
        "feedback": "rating ratingversion",
        "dispatch": "demand plan",
        "carriers": "invitation offer",
    }.items()
    for model in models.split()
)
_RULES: Final = frozenset(
    f"{app}.{verb}_{model}"
    for app, models in {
        "tracking": "brand carrier driver place",
        "notifications": "policy rule template",
        "feedback": "casepolicy macro",
        "carriers": "alarm contract courier earning floor offer profile tariff terms",
        "driving": "drivelink",
        "dispatch": "cutoff demand duty fleet hub skill slot tariff vehicletype",
    }.items()
    for model in models.split()
    for verb in ("view", "add", "change")
)

_ANSWERS: Final = frozenset({"notifications.change_inbound"})
"""To answer what shoppers wrote that no question took, or to say that it is dealt with."""

_PROGRAMS: Final = frozenset(f"tracking.{verb}_apikey" for verb in ("view", "add", "change")) | frozenset(
    f"notifications.{may}" for may in ("view_webhook", "change_webhook", "view_delivery", "view_try")
)
"""To make keys for programs and close them, and to see to it that they hear of news."""

_PARTNERS: Final = frozenset(
    f"carriers.{may}" for may in ("view_account", "add_account", "change_account", "view_letter", "change_letter")
)
"""To say how we speak with partners, to read what they wrote, and to have it read again."""

PERMISSIONS: Final[dict[Role, frozenset[str]]] = {
    Role.AGENT: frozenset({May.SEE, May.ACT}) | _READS | _ANSWERS,
    Role.LEAD: frozenset({May.SEE, May.ACT, May.LEAD, May.MEASURE}) | _READS | _ANSWERS | _RULES,
    Role.ADMIN: frozenset(May) | _READS | _ANSWERS | _RULES | _PROGRAMS | _PARTNERS,
    Role.PARTNER: frozenset({May.SEE, May.MEASURE}),
}
"""A partner has the desk's own pages alone, because those know whose shipments they may see."""
