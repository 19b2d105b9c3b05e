"""Names for bytes that must not be mistaken for each other."""

from typing import NewType

Fingerprint = NewType("Fingerprint", bytes)
"""BLAKE3-256 of a record's tagged bytes: its id, its log entry, its key everywhere. 32 bytes."""

LogId = NewType("LogId", bytes)
"""Fingerprint of a log's entry 0. 32 bytes; never a key."""

Root = NewType("Root", bytes)
"""RFC 9162 tree head hash (SHA-256). 32 bytes."""

NetworkId = NewType("NetworkId", bytes)
"""32 random bytes of the first contract, carried through migrations."""

KeyId = NewType("KeyId", bytes)
"""RFC 9679 thumbprint of a COSE key (SHA-256). 32 bytes."""
