"""Carriers in the stock admin."""
