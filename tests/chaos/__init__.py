"""Faults, on purpose: processes killed, Redis gone, a provider that misbehaves, and nothing lost or doubled for that.

The numbers are the ones of the requirements (CHAOS-1 …). Each test has two sizes: a short one among the other tests and
a full one for ``make chaos``, which prints its figures as a line of JSON. The ledger of the stand-in for Twilio is the
truth; everything between an event and that ledger is real processes.
"""
