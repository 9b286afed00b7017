"""The driver's page: a shift on a phone, also without a signal.

Acts through the services of ``tracking``; nobody needs to know it but the addresses of the installation.
"""
