"""What Doorstep costs and how fast it is, measured on this machine.

A benchmark is a module of this package that can be run by itself and prints each of its figures as a line of JSON.
What several of them need is in packages beside them. ``README.md`` has the figures and how they came about.
"""
