"""Simulated delivery days, to see how good the windows of the rounds are before there are any real ones."""
