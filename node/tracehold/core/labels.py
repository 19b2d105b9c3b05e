"""Labels of signed headers: those of the RFCs and ours, which are fixed once (docs/spec/labels.md).

Ours lie below -65536, the range that RFC 9052 section 11.1 leaves to private use.
"""

ALG = 1
"""Algorithm (RFC 9052 section 3.1)."""
CRIT = 2
"""Labels that a reader must understand (RFC 9052 section 3.1); never used, and refused everywhere."""
CONTENT_TYPE = 3
"""Content type; in a record its kind (RFC 9052 section 3.1)."""
KID = 4
"""Key identifier; here always the thumbprint of RFC 9679 (RFC 9052 section 3.1)."""
CWT_CLAIMS = 15
"""Claims in a header (RFC 9597)."""
VDS = 395
"""Verifiable data structure (RFC 9942 section 4)."""
VDP = 396
"""Verifiable data structure proofs, unprotected (RFC 9942 section 4)."""

ISS, SUB, AUD, IAT = 1, 2, 3, 6
"""Claims (RFC 8392 section 3.1): issuer, subject, audience, issued at."""

SALT = -70001
"""Record: 16 random bytes."""
AUDIENCE = -70002
"""Record: who may read it."""
ATTACHMENTS = -70003
"""Record: array of [fingerprint, size, media type]."""
SUPERSEDES = -70004
"""Record: fingerprint of the statement that this one replaces."""

SIZE = -70011
"""Checkpoint: tree size."""
TIME = -70012
"""Checkpoint: when it was signed, milliseconds since 1970."""
ANCHOR_BY = -70013
"""Checkpoint: promised time of the covering anchor, milliseconds since 1970."""

ANCHOR = -70021
"""Receipt, unprotected: the covering anchor."""
CONSISTENCY = -70022
"""Receipt, unprotected: consistency path from the receipt's size to the anchor's."""

RFC9162_SHA256 = 1
"""The value of VDS: a tree as in RFC 9162 section 2.1 over SHA-256."""
INCLUSION = -1
"""The key of VDP under which inclusion proofs stand (RFC 9942 section 5.2)."""
