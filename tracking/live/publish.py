"""Tell open pages that something changed, right after the commit that changed it.

Nobody waits for this and nobody depends on it. While Redis is away it is logged once and left out: a page that hears
nothing finds the next version missing and fetches, and every hub tells its pages all anew once Redis is back.
"""

import logging
from collections.abc import Collection, Mapping
from threading import Event

from tracking import connection
from tracking.live import messages
from tracking.live.messages import Kind

logger = logging.getLogger(__name__)

_is_away = Event()


def status(versions: Mapping[int, int]) -> None:
    """Tell the readers of these shipments, by id, that their status or history has this version now."""
    _publish([messages.encode(Kind.STATE, [id_], messages.status(version)) for id_, version in versions.items()])


def window(versions: Mapping[int, int]) -> None:
    """Tell the readers of these shipments, by id, that their window has this version now."""
    _publish([messages.encode(Kind.STATE, [id_], messages.window(version)) for id_, version in versions.items()])


def stops(counts: Mapping[int, tuple[int, int | None]]) -> None:
    """Tell the readers of these shipments, by id, the version and the stops before them."""
    _publish([messages.encode(Kind.STATE, [id_], messages.stops(*count)) for id_, count in counts.items()])


def hidden(shipment_ids: Collection[int]) -> None:
    """Tell the readers of these shipments that there is no position to show now."""
    if shipment_ids:
        _publish([messages.encode(Kind.HIDDEN, shipment_ids, messages.HIDDEN)])


def anew(shipment_ids: Collection[int]) -> None:
    """Have the readers of these shipments told everything anew, and let go those whose link is no longer good."""
    if shipment_ids:
        _publish([messages.encode(Kind.ANEW, shipment_ids)])


def _publish(batch: Collection[bytes]) -> None:
    """Send messages in one round trip, in order."""
    if not batch:
        return
    try:
        with connection.sync_client().pipeline(transaction=False) as pipeline:
            for message in batch:
                pipeline.publish(connection.CHANNEL, message)
            pipeline.execute()
    except connection.Away as error:
        if not _is_away.is_set():
            _is_away.set()
            logger.warning("Redis is away (%s): open pages are not told of changes.", type(error).__name__)
    else:
        if _is_away.is_set():
            _is_away.clear()
            logger.warning("Redis is back: open pages are told of changes again.")
