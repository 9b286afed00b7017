"""What the page says: facts in, sentences out. Pure, translated, and the only place where a shopper is spoken to.

``times`` says when, ``answers`` says the first thing read, ``rail`` where it stands between start and end, ``notices``
what deserves a word of its own, ``whereabouts`` what the map shows, ``changes`` why a time moved. ``now`` is always
in the destination's zone, as are the moments in the facts.
"""
