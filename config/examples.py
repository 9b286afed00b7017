"""An example of each body that a program may send, by the operation it is for: described, shown and run as they are."""

from typing import Any, Final

_DOOR: Final = {"street": "Aleksanterinkatu 13", "postcode": "00100", "city": "Helsinki"}
_ORDER: Final = {
    "reference": "ORDER-1001",
    "recipient": {
        "name": "Maija Meikäläinen",
        **_DOOR,
        "timezone": "Europe/Helsinki",
        "email": "maija@example.org",
        "phone": "+358 40 1234567",
        "language": "fi",
    },
    "parcels": ["JJFI1001", "JJFI1002"],
}
_SPAN: Final = {"start": "2026-11-24T17:00:00+02:00", "end": "2026-11-24T20:00:00+02:00"}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "create_shipment": {**_ORDER, "promise": _SPAN},
    "create_shipments": {"shipments": [_ORDER, {**_ORDER, "reference": "ORDER-1002", "parcels": []}]},
    "promise_shipment": _SPAN,
    "report_event": {
        "external_id": "scan-42",
        "occurred_at": "2026-01-23T07:40:00+02:00",
        "status": "at_hub",
        "place": "Helsinki",
    },
    "create_change": {"action": "safe_place", "where": "In the shed, behind the bicycles."},
    "create_quote": {**_DOOR, "mass_g": 2000, "volume_ml": 10000, "days": ["2026-11-24", "2026-11-25"]},
    "create_shipment_by_quote": {"offer": "next_day-20261124", "shipment": _ORDER},
    "create_driver": {"carrier": "own-fleet", "given_name": "Aino", "family_name": "Virtanen", "vehicle": "van"},
    "report_positions": {
        "positions": [
            {"driver": 7, "recorded_at": "2026-01-23T09:05:12Z", "lat": 60.1699, "lon": 24.9384, "speed": 8.3},
        ],
    },
    "create_webhook": {"url": "https://shop.example.com/news", "kinds": ["shipment.status_changed"]},
    "replay_deliveries": {"since": "2026-01-23T00:00:00Z"},
}
