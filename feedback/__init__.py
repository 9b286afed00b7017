"""What customers thought of their delivery, and what comes of it.

Neighbours above may use ``services`` (``rate``, ``elaborate``) and hear ``signals``.
"""
