"""The dispatcher's page: a day's tours as they stand or as a plan would have them, on a map, over time, and as tables.

``tours`` reads both, ``gantt`` lays them out over time, ``comparison`` says what a plan would change, ``forms`` what a
dispatcher may ask for. The services of ``dispatch`` do what is asked.
"""
