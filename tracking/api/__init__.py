"""The API's ground, and what it says of shipments, drivers and routes.

``access``, ``problems``, ``fields``, ``paging``, ``repeating`` and ``caching`` are for every app's own part of it;
``config.api`` puts the parts together.
"""
