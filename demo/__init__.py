"""A whole delivery day in a simulated city, for whoever wants to see Doorstep at work. Imported by nobody.

``manage.py demo`` runs the processes, ``demo_day`` writes the day down through the real services, and ``demo_drivers``
drives it: real streets, real HTTP, real time.
"""
