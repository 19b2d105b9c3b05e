"""What graphs that keep facts in a store share: how a fact is written, which are kept in memory, and in which
order versions of master data stand.
"""
