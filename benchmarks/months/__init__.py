"""A month of shipments, for the benchmark of what choosing would have done with it."""
