"""How carriers are compared: figures onto scales, scales into one sum, sums into an order. Pure; exact decimals.

A candidate's sum hangs on its own figures and on what its brand and the installation say, never on who else is there,
so that nobody's place is changed by a candidate that comes or goes.
"""
