"""Shipments and what happened to them: brands, parcels, status events and the ledger of the window.

``services`` is the only writer. ``lifecycle`` holds the steps and the fold of reported events, ``window`` the rules of
what a shopper is told about time; both work without a database.
"""
