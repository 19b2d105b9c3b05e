"""Limits that bind every node, in one place. The same numbers stand as
options in the protos (a test compares them).
"""

MAX_RECORD_BYTES = 1 << 20
"""A record's tagged COSE bytes; larger content is an attachment (protocol section 1)."""

MAX_JSON_DEPTH = 64
"""Nesting of arrays and objects in a JSON payload (protocol section 1)."""

MAX_BATCH_RECORDS = 10_000
"""Records in one upload message or one captured document."""

MAX_MESSAGE_BYTES = 32 << 20
"""One gRPC message or REST body: batches are bounded in bytes as well as in count (protocol section 1)."""

SEGMENT_ENTRIES = 65_536
"""Entries of a segment, the unit of placement, audit and repair; an anchor never crosses its end."""

MAX_ANCHOR_BYTES = 256 << 20
"""Record bytes that one anchor may cover; a backlog is anchored in steps (protocol section 2)."""

TILE_WIDTH = 256
"""Hashes of a full tile, as in C2SP tlog-tiles."""

MAX_HEADER_BYTES = 16 << 10
"""A protected header, of a record or a checkpoint."""

MAX_HEADER_ITEMS = 1024
"""CBOR values in a protected header, keys included; ours have at most some 300."""

MAX_EVIDENCE_BYTES = 4 << 20
"""An evidence file."""

MAX_DOSSIER_BYTES = 256 << 20
"""A dossier: an answer with the evidence of all records that it was derived from."""

MAX_EVIDENCE_CONTROLS = 1024
"""Control records in an evidence file."""

SALT_BYTES = 16
"""Random bytes in a record's protected header, so that a small
payload cannot be guessed from its fingerprint.
"""

MAX_PARTY_CHARS = 512
"""Length of a party's URI, which is ASCII: as many bytes in the contract."""

MAX_ITEM_CHARS = 1024
"""Length of an item's identifier."""

MAX_ATTACHMENTS = 64
"""Attachments named by one record."""

ANCHOR_BY_MS = 3_600_000
"""Default promise of a receipt: anchored within one hour, later verify says OVERDUE."""

MAX_ATTACHMENT_BYTES = 1 << 30
"""One attachment (docs/spec/attachment.md)."""

MAX_PLAIN_ATTACHMENT_BYTES = 64 << 10
"""An attachment up to here is named by its fingerprint alone; a larger one by its block manifest too."""

BLOCK_BYTES = 1 << 20
"""Every block of an attachment but the last: the most that IPFS passes on as one block."""

CHUNK_BYTES = 1 << 10
"""Every leaf of an attachment's tree but the last."""
