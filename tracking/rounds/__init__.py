"""Who drives, when, where, and in which order: carriers, places, drivers, shifts, routes, stops, positions.

Knows nothing of shipments. Apps above plan and drive a round through ``services``; the pure rules are in ``protocols``
(what devices send), ``fixes`` (which fix to believe) and ``estimate`` (when a stop will be reached).
"""
