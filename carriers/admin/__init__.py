"""Carriers in the stock admin."""

from carriers.admin import accounts, alarms, choices, contracts, crowd, letters

__all__ = ["accounts", "alarms", "choices", "contracts", "crowd", "letters"]
