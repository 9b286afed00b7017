"""Carriers in the stock admin."""

from carriers.admin import choices

__all__ = ["choices"]
