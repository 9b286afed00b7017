"""Lets routes follow what shoppers ask for: another day, another time, another place, longer at the door.

What a change makes of the demand is written with the change itself; here the routes catch up.
"""

from datetime import datetime

from dispatch.models import Demand, Duty, Plan
from dispatch.models.plans import Way
from dispatch.services import demands, replanning
from tracking.rounds.models import Stop
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment


def follow(shipment: Shipment, *, at: datetime) -> Plan | None:
    """Put a shipment whose demand has changed where it now belongs, and the stops around it into order.

    What no longer belongs on its route is taken off it; what is on none and is to be brought goes into the tours of its
    day, if that is planned already. The others hear of it only where their own time changes. Gives the plan that came
    of it, if one did; twice is harmless.

    Raises ``working.Faulty``.
    """
    asked = Demand.objects.filter(demands.ours("shipment__"), shipment=shipment)
    demand = asked.select_related("hub__place", "shipment__stop__route__shift").first()
    if demand is None:
        return None
    stop = demand.shipment.stop
    if stop is not None and stop.is_pending:
        is_for_it = _is_for(demand, stop)
        if not is_for_it:
            _take_off(demand.shipment, at=at)
        duty = Duty.objects.filter(shift=stop.route.shift_id).select_related("shift", "hub__place").first()
        mended = replanning.van(duty, at=at) if duty else None
        if is_for_it:
            return mended
    return None if demand.way == Way.COLLECT else replanning.fit_in(demand, at=at)


def _is_for(demand: Demand, stop: Stop) -> bool:
    """Say whether what a demand asks for can be done in the shift that a stop is in."""
    shift = stop.route.shift
    return demand.way != Way.COLLECT and demand.earliest < shift.ends_at and demand.latest > shift.starts_at


def _take_off(shipment: Shipment, *, at: datetime) -> None:
    """Take a shipment off its route; what a driver has with them already comes back to the hub."""
    shipments.withdraw(shipment, at=at)
    if shipment.status == Status.OUT_FOR_DELIVERY:
        shipments.record(shipment, Status.AT_HUB, at=at)
