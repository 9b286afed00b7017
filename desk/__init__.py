"""The support desk: the admin site where staff find a delivery, see all of it, and put it right.

Acts through the services of the apps below; what is its own are the people who work here and who looked at what.
Imported by nobody.
"""
