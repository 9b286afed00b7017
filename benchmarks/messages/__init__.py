"""What the benchmark of messages runs inside an installation of its own."""
