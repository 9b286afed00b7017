"""Telling customers before they ask: what calls for a message, the outbox it waits in, and who carries it away.

Hears from ``tracking`` what happened, writes a row a message (the truth), and sends what is due. Neighbours above may
use ``services`` (``notify``, ``ask``, ``tell``, ``handle``), ``askers`` (to be the one who gets a reply) and
``triggers``, and hear ``signals``.
"""
