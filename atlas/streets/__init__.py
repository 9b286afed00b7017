"""The streets of an area, for a van: the way from door to door, and how long it takes.

An edge is a stretch of street between two junctions. A point is snapped to the nearest place on one,
measured in metres from its tail, so that neighbours in one street are as far apart as they are and a
one-way street is entered at its beginning. All edges belong to one strongly connected part, so that
there is always a way. Neighbours use ``routing.Streets`` and the ``route.Route`` it returns.
"""
