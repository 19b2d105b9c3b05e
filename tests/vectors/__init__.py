"""Vectors of the formats: every byte follows from fixed keys, salts and times."""
