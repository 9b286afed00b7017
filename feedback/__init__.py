"""What customers thought of their delivery, and what comes of it.

Hears from ``notifications`` what shoppers write by SMS. Neighbours above may use ``services`` and hear ``signals``.
"""
