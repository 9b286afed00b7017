"""The page on which carriers are compared, and how a sum is printed.

``forms`` reads what a brand looks at, ``effect`` puts a month as it was beside what weights would have made of it,
``listing`` shows carriers with their figures, ``sums`` prints why a shipment's carrier was chosen.
"""
