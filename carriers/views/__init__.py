"""What partners and people open: the hooks, and the pages of couriers."""
