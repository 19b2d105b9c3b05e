"""Real servers beside the nodes: found in the cache that `make services` fills, started on loopback, stopped
by their recorded ids.
"""
