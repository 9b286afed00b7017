"""Sending what is due: one thread that knows the database, and a pool of threads that call providers and nothing else.

Calling takes a hundred times as long as writing down, so that one thread writes for all; and a provider that hangs
holds up nobody but those it was called with. ``docs/decisions/0070`` says why.
"""

from notifications.sending.drain import drain

__all__ = ["drain"]
