"""A delivery day in central Helsinki: who takes part, which doors are visited, and what has happened so far.

``cast``, ``stories``, ``tours``, ``timetable``, ``orders`` and ``opinions`` draw it from a seed, without a database;
``day`` puts it together, ``diary`` writes it down through the services, ``month`` writes the four weeks before it, and
``dispatch`` finds new work for who has run out of it.
"""
