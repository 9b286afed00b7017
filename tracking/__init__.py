"""The centre: what everybody needs to know about a delivery, and what the shopper sees of it.

The facts lie in sub-packages, each with its own tables and services:

- ``rounds``: carriers, places, drivers, their shifts, routes, stops and positions.
- ``shipments``: brands, shipments, parcels, their events and the ledger of their windows.
- ``links``: tracking links, the second factor, and who used them.
- ``changes`` and ``proof``: what the shopper asks for, and what the driver can show.

``visibility`` decides who may see the driver, ``facts`` is the one list of what may leave the house, ``live`` keeps
open pages up to date. Apps above this one read the models, call the services and hear the signals; nothing else here
is theirs.
"""
