"""What the desk does about a shipment: each action has a form with a reason, and is carried out by a service."""

from desk.actions.carrying_out import Done, NotPossible
from desk.actions.table import ACTIONS, Action, offered

__all__ = ["ACTIONS", "Action", "Done", "NotPossible", "offered"]
