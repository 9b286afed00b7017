"""Who planning asks outside: a routing server, a weather service. Each call ends in time, or is ``Unavailable``."""
