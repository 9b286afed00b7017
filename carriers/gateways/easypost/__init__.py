"""Booking by the HTTP API of EasyPost, and of whoever speaks it (version 2; docs.easypost.com, read in November 2026).

``api`` says what to whom, ``reading`` understands the answers.
"""

from carriers.gateways.easypost.api import EasyPostGateway, Terms

__all__ = ["EasyPostGateway", "Terms"]
