"""Drivers who drive: along real streets, with a phone that says where they are, from door to door.

What they do is in the database, so that a simulator that starts anew goes on from there; what they will do follows
from the seed and the stop.
"""
