"""Planning: fleets, days, slots and quotes, the optimiser, the forecast of arrivals, and what it all costs the air.

Writes what shoppers and drivers are to know down into ``tracking``: routes, windows, what is offered. Neighbours above
may use ``services`` and hear ``signals``; ``planning`` is plain data in, plain data out, and knows no Django.
"""
