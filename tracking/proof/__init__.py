"""Proof of what happened at the door: photos, signatures, names, PINs, and what speaks for an attempt.

A proof belongs to the status event that it proves. The driver's page takes it, ``images`` makes pictures anew before
anybody keeps them, ``services`` is the only writer, ``pins`` knows the number that a shopper tells at the door, and
``receipts`` writes all of it down in a signed paper that anybody can check.
"""
