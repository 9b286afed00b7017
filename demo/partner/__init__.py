"""A third-party carrier of the demo: a program of its own that is booked with, and tells of its parcels by webhook.

It speaks EasyPost's HTTP API as far as Doorstep does. ``books`` keeps what was booked, ``server`` speaks,
``journeys`` lets the parcels travel. It knows nothing of Doorstep but the address that it pushes to.
"""
