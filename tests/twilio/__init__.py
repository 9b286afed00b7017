"""A stand-in for Twilio: a process that speaks its API, keeps a ledger of what it took, and misbehaves on request.

``python -m tests.twilio --port PORT``; ``servers.twilio()`` runs one, ``client.Twilio`` talks to it. Beside Twilio's
own addresses it has ``GET /ledger`` (accepted messages), ``GET /calls`` (every attempt to send), ``GET /reports`` (its
status callbacks and how they were answered), ``POST /faults`` (JSON of ``faults.Faults``, the rest as by default)
and ``POST /forget``.
"""
