"""What all ratings and deliveries say together: ``statistics`` and ``visits`` are pure, ``reports`` asks the database.

A report is a GROUP BY over ``Delivery``, of which there is a row for each finished delivery, so that it is the same
after routes have been deleted. Whoever shows a figure shows its ``n`` and its interval, and says nothing of one that
rests on fewer than ``statistics.FLOOR``.
"""
