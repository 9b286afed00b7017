"""What the benchmark of the desk is made of: a database as large as a large shop's, and what is asked of it."""
