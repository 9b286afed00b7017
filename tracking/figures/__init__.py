"""What past deliveries taught about the next ones: how well each carrier does, how long doors take.

Written every night by who counts deliveries (``feedback``), read by who plans and chooses.
"""
