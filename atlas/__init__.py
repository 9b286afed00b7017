"""The map area: streets, addresses, travel times and the map itself, from files alone.

``manage.py build_area`` makes an area pack of an OpenStreetMap extract; an installation names its packs
in ``MAP_AREA``. Neighbours use ``areas`` (the packs, by point), ``travel`` (how long a drive takes),
``projection`` (degrees and metres), and of an area ``streets``, ``addresses`` and what ``drawing`` makes
of its ``sheet``. There are no models, and nothing here knows a shipment.
"""
