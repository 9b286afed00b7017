"""The edges of the driver's page."""
