"""Open pages: what happens to a driver or a shipment reaches them within a second, and nobody else.

One Redis channel carries everything. Who may read a message is decided where it is written and named in it
(``messages``); every web process listens once and hands it to its own sockets (``hub``). Neighbours call ``publish``
and ``positions``; when Redis is away, pages and status changes go on without.
"""
