"""Drawing an area from its shapes: map tiles, and the small map a page shows at first paint.

Neighbours call ``tiles.draw`` and ``minimap.draw``; the rest is how these two do it. Whoever shows a
map shows ``ATTRIBUTION`` with it, linked to ``ATTRIBUTION_URL``: the licence of the data asks for it.
"""

ATTRIBUTION = "© OpenStreetMap contributors"
ATTRIBUTION_URL = "https://www.openstreetmap.org/copyright"
