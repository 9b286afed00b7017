"""What the benchmark of positions coming in is made of: the scene, the phones, and the peer that does nothing."""
