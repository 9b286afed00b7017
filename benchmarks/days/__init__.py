"""A delivery day in San Francisco to be planned, and how others would go about it."""
