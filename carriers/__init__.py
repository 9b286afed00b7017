"""Whoever carries it: partners' news read in, shipments handed over, crowds asked, and the choice between them.

A carrier's identity lives in ``tracking``; what it reports is written down there, through ``tracking``'s services.
"""
