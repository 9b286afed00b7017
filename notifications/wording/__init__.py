"""Putting messages into words: from rows that were claimed to what a provider is handed.

``compose`` does a batch; ``sample`` and ``word`` do one about a shipment that is made up, without a database.
"""

from notifications.wording.composing import compose, sample
from notifications.wording.drafts import Draft, Wording, word

__all__ = ["Draft", "Wording", "compose", "sample", "word"]
