"""How far a record has come, as a number that orders states."""

from enum import IntEnum

from tracehold.v1 import record_pb2


class State(IntEnum):
    """States of a record; a larger one promises more, except REORGED.

    SEALED survives a crash of the creator, REPLICATED the loss of its disk. ANCHORED is covered by a mined
    anchor. FINAL binds the creator before everyone. REORGED was final in a block that is no longer canonical:
    somebody has been alarmed.
    """

    NONE = record_pb2.STATE_UNSPECIFIED
    SEALED = record_pb2.STATE_SEALED
    REPLICATED = record_pb2.STATE_REPLICATED
    ANCHORED = record_pb2.STATE_ANCHORED
    FINAL = record_pb2.STATE_FINAL
    REORGED = record_pb2.STATE_REORGED
