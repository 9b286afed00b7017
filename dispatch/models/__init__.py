"""The tables of planning, for Django to find; import them from the module they live in, or from here."""

from dispatch.models.fleet import Cutoff, Duty, Fleet, Hub, Level, Skill, VehicleType
from dispatch.models.forecasts import Forecast, LearnedMargin, LearnedRatio
from dispatch.models.habits import DrivenHour
from dispatch.models.plans import Demand, Plan, PlannedTour, PlannedVisit, PlanState
from dispatch.models.quotes import Quote, Tariff
from dispatch.models.slots import Booking, Slot, SlotDay
from dispatch.models.texted import TextedOffer
from dispatch.models.weather import Sky, WeatherHour

__all__ = [
    "Booking",
    "Cutoff",
    "Demand",
    "DrivenHour",
    "Duty",
    "Fleet",
    "Forecast",
    "Hub",
    "LearnedMargin",
    "LearnedRatio",
    "Level",
    "Plan",
    "PlanState",
    "PlannedTour",
    "PlannedVisit",
    "Quote",
    "Skill",
    "Sky",
    "Slot",
    "SlotDay",
    "Tariff",
    "TextedOffer",
    "VehicleType",
    "WeatherHour",
]
