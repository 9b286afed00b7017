"""Carriers in the stock admin."""

from carriers.admin import accounts, alarms, choices, letters

__all__ = ["accounts", "alarms", "choices", "letters"]
