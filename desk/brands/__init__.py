"""How a brand looks: chosen at the desk, judged, and shown as shoppers will see it before it is kept.

``scenes`` makes deliveries up that no table knows; ``forms`` judges colours and logos.
"""
