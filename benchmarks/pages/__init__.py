"""What the benchmark of the page is made of: the scene, its reader, and the peer that does nothing."""
