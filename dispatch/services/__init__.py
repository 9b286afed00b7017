"""The only writers of the tables of planning."""
