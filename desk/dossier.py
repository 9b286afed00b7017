"""All that the desk knows of one shipment, gathered for its page by as many queries for a long history as for a short.

Somebody of a carrier is told what concerns the carriage. What we wrote to the shopper, what they said, their links and
who at the desk looked are for our own people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from atlas import areas
from atlas.drawing import minimap
from atlas.drawing.minimap import Mark, MarkKind, MiniMap
from carriers.models import PartnerBooking
from desk import visits
from desk.models import Deed, Look
from desk.visits import Visit
from feedback.models import Case, Rating
from notifications.admin import showing as messages_showing
from notifications.models import Notification
from tracking.admin import showing
from tracking.links.models import LinkUse, TrackingLink
from tracking.live import positions
from tracking.shipments import lifecycle, window
from tracking.shipments.models import Parcel, Shipment, ShipmentQuerySet, StatusEvent, WindowChange

LINES: Final = 100
"""Of the timeline and the ledger, the newest."""

ROWS: Final = 25
"""Of everything else, the newest."""

MAP_WIDTH_PX: Final = 360
MAP_HEIGHT_PX: Final = 240


class EventLine(NamedTuple):
    """One line of the timeline, and whether a correction has voided it."""

    event: StatusEvent
    is_void: bool


class Message(NamedTuple):
    """A message to the recipient, and its address as far as it must be known."""

    notification: Notification
    recipient: str


class LinkLine(NamedTuple):
    """A link, by the beginning of its token, and what was tried with it lately, newest first."""

    link: TrackingLink
    token_begins: str
    uses: Sequence[LinkUse]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What passed between the shopper and us, also at the door, and what was done about it; newest first."""

    messages: Sequence[Message] = ()
    rating: Rating | None = None
    cases: Sequence[Case] = ()
    visits: Sequence[Visit] = ()
    links: Sequence[LinkLine] = ()
    deeds: Sequence[Look] = ()
    looks: Sequence[Look] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """One shipment as its page shows it; the history is newest first."""

    shipment: Shipment
    is_late: bool
    picture: MiniMap | None
    parcels: Sequence[Parcel]
    events: Sequence[EventLine]
    changes: Sequence[WindowChange]
    bookings: Sequence[PartnerBooking] = ()
    correspondence: Correspondence = field(default_factory=Correspondence)


def fetch(shipments: ShipmentQuerySet) -> ShipmentQuerySet:
    """Fetch along what the page says of a shipment itself."""
    return shipments.with_round().select_related(
        "brand", "carrier", "hub", "stop__route__shift__driver", "stop__route__hub"
    )


def gather(shipment: Shipment, *, is_for_carrier: bool) -> Dossier:
    """Gather all that is known of a shipment that was fetched with ``fetch``.

    Thirteen queries, and five more where it was handed over; for a carrier three.
    """
    known = shipment.events.select_related("parcel", "by", "evidence")
    events = list(known.order_by("-occurred_at", "-id")[:LINES])
    standing = {event.id for event in lifecycle.standing(events)}
    return Dossier(
        shipment=shipment,
        is_late=_is_late(shipment),
        picture=_picture(shipment),
        parcels=list(shipment.parcels.all()),
        events=[EventLine(event, event.id not in standing) for event in events],
        changes=list(shipment.window_changes.order_by("-at", "-id")[:LINES]),
        bookings=[] if is_for_carrier else _bookings(shipment),
        correspondence=Correspondence() if is_for_carrier else _correspondence(shipment, events),
    )


def _bookings(shipment: Shipment) -> list[PartnerBooking]:
    """List to whom it was handed over, the last time first, with everybody who was asked, and their numbers."""
    bookings = PartnerBooking.objects.filter(shipment=shipment).select_related("by").order_by("-id")[:ROWS]
    return list(bookings.prefetch_related("tries__contract__carrier", "tries__numbers__parcel"))


def _correspondence(shipment: Shipment, events: Sequence[StatusEvent]) -> Correspondence:
    notifications = Notification.objects.filter(shipment=shipment).order_by("-id")[:ROWS]
    looks = Look.objects.filter(shipment=shipment).select_related("user").order_by("-at", "-id")
    return Correspondence(
        messages=[Message(row, messages_showing.masked(row.channel, row.recipient)) for row in notifications],
        rating=Rating.objects.filter(shipment=shipment).first(),
        visits=visits.gather(shipment, events),
        cases=list(Case.objects.filter(shipment=shipment).select_related("owner").order_by("-id")[:ROWS]),
        links=_links(shipment.links.order_by("-created_at", "-id")[:ROWS]),
        deeds=list(looks.filter(deed=Deed.ACTED)[:ROWS]),
        looks=list(looks.exclude(deed=Deed.ACTED)[:ROWS]),
    )


def _links(links: QuerySet[TrackingLink]) -> list[LinkLine]:
    known = list(links)
    uses = list(LinkUse.objects.filter(link__in=known).order_by("-at", "-id")[:ROWS])
    return [
        LinkLine(link, showing.masked(link.token), [use for use in uses if use.link_id == link.id]) for link in known
    ]


def _is_late(shipment: Shipment) -> bool:
    """Say whether it came, or will come, after what was promised."""
    told = shipment.window
    if shipment.finished_at is not None and shipment.promised_end is not None:
        return shipment.finished_at - shipment.promised_end > window.LATE_BY
    return window.is_late(told, shipment.promised_end)


def _picture(shipment: Shipment) -> MiniMap | None:
    """Draw where it goes, and on the road where the shopper last saw the driver."""
    if shipment.latitude is None or shipment.longitude is None:
        return None
    area = areas.find(shipment.latitude, shipment.longitude)
    if area is None:
        return None
    fix = positions.last_fix_for(shipment) if shipment.is_out_for_delivery else None
    marks = [Mark(MarkKind.PLACE, shipment.latitude, shipment.longitude)]
    if fix is not None:
        marks.append(Mark(MarkKind.VAN, fix.latitude, fix.longitude, heading=fix.heading))
    return minimap.draw(
        area.sheet,
        marks,
        width=MAP_WIDTH_PX,
        height=MAP_HEIGHT_PX,
        title=_("Map"),
        description=_("Where it goes, and where the shopper saw the driver last") if fix else _("Where it goes"),
    )
