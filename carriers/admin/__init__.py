"""Carriers in the stock admin."""

from carriers.admin import accounts, alarms, choices, crowd, letters

__all__ = ["accounts", "alarms", "choices", "crowd", "letters"]
