"""What a partner is handed, read off the shipment, the contract, and what a plan knows of the weight."""

from carriers.gateways.outcomes import Address, Order
from carriers.models import BookingTry
from dispatch.models import Demand


def of(row: BookingTry) -> Order:
    """Make the order of a row that was claimed. The access code stays with us: labels are read by anybody."""
    shipment, contract = row.booking.shipment, row.contract
    parcels = max(1, shipment.parcels.count())
    weighed = Demand.objects.filter(shipment=shipment).values_list("mass_g", flat=True).first()
    mass_g = contract.parcel_mass_g if weighed is None else max(1, weighed // parcels)
    return Order(
        marker=f"doorstep-{row.marker.hex}",
        sender=Address(
            name=contract.sender,
            street=contract.street,
            postcode=contract.postcode,
            city=contract.city,
            country=contract.country,
            phone=contract.phone,
        ),
        recipient=Address(
            name=shipment.recipient_name,
            street=shipment.street,
            postcode=shipment.postcode,
            city=shipment.city,
            country=contract.country,
            phone=shipment.phone,
            email=shipment.email,
        ),
        masses_g=[mass_g] * parcels,
    )
