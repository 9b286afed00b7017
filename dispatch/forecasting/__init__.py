"""When a stop will be done, and how sure that is. Pure: knows neither Django nor a database.

Two models stand behind one idea, an interval that is widened or narrowed by how often it was wrong (``conformal``):

- ``ratios`` and ``live`` serve the rounds of this installation: the planned order is driven in the mind, and what comes
  out is corrected by what hub, hour, driver and today taught. They work from the first day.
- ``boosting`` and ``scoring`` serve couriers' days in bulk: trees of quantiles (``trees``) over what is known at a
  moment (``courier``, ``signs``), for ``manage.py score_eta``.

``days`` simulates delivery days to try the first of them on.
"""
