"""Instances from the literature, read into problems: Solomon's text, and VRPLIB's with the fields that PyVRP added.

``reading.read`` is the way in.
"""
