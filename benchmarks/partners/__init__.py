"""What a partner sends, for ``benchmarks.letters``."""
