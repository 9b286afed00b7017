"""What the live fan-out benchmark is made of: the scene, the peers, and two thousand cheap viewers.

The peers are the ways others would do it, each at its best: the consumer of Channels' tutorial with the settings that
keep its sockets alive, the smallest hub that ASGI allows, and nchan, a module of nginx written in C. Nothing here is
imported by Doorstep.
"""
