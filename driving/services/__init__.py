"""The only writer of the driver's page: its links, what was done on it, and when sharing ends."""
