"""Logs of control records with who speaks in them, and checkpoints."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, NODE_KEY, OPERATOR, STRANGER_KEY, Log, control, header
from tracehold.core import record
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.control import Enrol, LogHeader, Mandate, Move, Redact, Revoke, Rotate
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.keys import Ed25519Key
from tracehold.core.roster import Level

Case = tuple[str, dict[str, Any]]

_FARM_KID = FARM_KEY.public.kid


def controls() -> Iterator[Case]:
    """Whole logs. In a good one every entry is taken, and its speaker is told; in a bad one the last is
    refused.
    """
    yield from _good_logs()
    yield from _redacted()
    yield from _bad_logs()


def _good_logs() -> Iterator[Case]:
    signed, asserted = (FARM, Level.SIGNED_BY_PARTY), (FARM, Level.DELEGATED_ASSERTED)
    mandated, own = (FARM, Level.DELEGATED_WITH_MANDATE), (OPERATOR, Level.SIGNED_BY_PARTY)
    log = Log()
    log.event()
    yield _log("enrol", "A header, an enrolment, an event of the party.", log, [own, own, signed])
    log = Log()
    log.say(Enrol(OPERATOR, NODE_KEY.public))
    yield _log("own-key", "The node key, said once more.", log, [own] * 3)
    log = Log()
    log.event(NODE_KEY)
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.event(NODE_KEY)
    yield _log(
        "mandate", "Delegated before and after a mandate.", log, [own, own, asserted, signed, mandated]
    )
    log = Log()
    log.event()
    log.say(Revoke(_FARM_KID))
    yield _log("revoke", "Signed before the revocation: valid.", log, [own, own, signed, own])
    log = Log()
    log.say(Revoke(_FARM_KID), FARM_KEY, FARM)
    yield _log("own-revocation", "A party revokes its own key.", log, [own, own, signed])
    log = Log()
    log.event()
    log.event()
    log.say(Revoke(_FARM_KID, 3))
    speakers = [own, own, signed, (*signed, "suspect"), own]
    yield _log("suspect", "Suspect since entry 3: valid, and flagged.", log, speakers)
    log = Log()
    log.say(Enrol(MILL, FARM_KEY.public))
    log.event(FARM_KEY, MILL)
    log.say(Revoke(_FARM_KID), FARM_KEY, MILL)
    log.event()
    shared = (MILL, Level.SIGNED_BY_PARTY)
    yield _log("shared-key", "One key of two parties.", log, [own, own, own, shared, shared, signed])
    yield _healed()
    yield from _moved()
    log = Log()
    log.say(Rotate(STRANGER_KEY.public))
    log.event(STRANGER_KEY)
    log.say(Enrol(OPERATOR, STRANGER_KEY.public), STRANGER_KEY)
    yield _log("rotate", "The node key is replaced; the new one signs.", log, [own, own, own, asserted, own])


def _healed() -> Case:
    own, signed = (OPERATOR, Level.SIGNED_BY_PARTY), (FARM, Level.SIGNED_BY_PARTY)
    mandated = (FARM, Level.DELEGATED_WITH_MANDATE)
    log = Log()
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.say(Enrol(FARM, STRANGER_KEY.public))
    log.event(NODE_KEY)
    log.say(Revoke(_FARM_KID, 2))
    log.say(Mandate(OPERATOR), STRANGER_KEY, FARM)
    log.event(NODE_KEY)
    doubted = [(*signed, "suspect"), own, (*mandated, "suspect")]
    speakers: list[tuple[str, ...]] = [own, own, *doubted, own, signed, mandated]
    return _log("mandate-again", "A doubted mandate, given again with another key.", log, speakers)


def _redacted() -> Iterator[Case]:
    own, signed = (OPERATOR, Level.SIGNED_BY_PARTY), (FARM, Level.SIGNED_BY_PARTY)
    log = Log()
    event = log.event()
    says = Redact(record.fingerprint(log.entries[event]), event)
    log.say(says, FARM_KEY, FARM)
    log.say(says)
    yield _log("redact", "By the party, and by the operator.", log, [own, own, signed, signed, own])


def _moved() -> Iterator[Case]:
    """One record in both logs."""
    own, signed = (OPERATOR, Level.SIGNED_BY_PARTY), (FARM, Level.SIGNED_BY_PARTY)
    asserted, theirs = (FARM, Level.DELEGATED_ASSERTED), (MILL, Level.SIGNED_BY_PARTY)
    left, joined = Log(), Log(node_key=STRANGER_KEY, operator=MILL)
    raw = control(Move(MILL, joined.id, left.id), FARM_KEY, FARM, 90)
    left.say(Mandate(OPERATOR), FARM_KEY, FARM)
    for log in (left, joined):
        log.add(raw)
    left.event(NODE_KEY)
    joined.event()
    yield _log("move", "A party moves away, with its mandate.", left, [own, own, signed, signed, asserted])
    yield _log("moved-here", "It comes to another log.", joined, [theirs, theirs, signed, signed])


def _bad_moves() -> Iterator[Case]:
    log, there = Log(), Log(node_key=STRANGER_KEY, operator=MILL)
    log.say(Move(MILL, there.id, log.id), FARM_KEY, FARM)
    log.event()
    yield _bad_log("moved-away", "A key of a party that left.", log, "KEY_REVOKED")
    for name, why, says, key in (
        ("move-by-operator", "The operator moves a party.", Move(MILL, there.id, Log().id), NODE_KEY),
        ("move-elsewhere", "Between two other logs.", Move(MILL, there.id, LogId(bytes(32))), FARM_KEY),
        ("move-nowhere", "To the log that it leaves.", Move(OPERATOR, Log().id, Log().id), FARM_KEY),
    ):
        log = Log()
        log.say(says, key, FARM)
        yield _bad_log(name, why, log, "BAD_CONTROL")


def _bad_rotations() -> Iterator[Case]:
    log = Log()
    log.say(Rotate(STRANGER_KEY.public))
    log.event(NODE_KEY)
    yield _bad_log("rotated-away", "The old node key signs on.", log, "KEY_REVOKED")
    log = Log()
    log.say(Rotate(STRANGER_KEY.public))
    log.say(Rotate(Ed25519Key.from_seed(bytes(32)).public), NODE_KEY)
    yield _bad_log("rotation-by-old-key", "The old node key names another one.", log, "KEY_REVOKED")
    for name, why, says, key, party in (
        ("rotation-by-party", "A party names a node key.", Rotate(STRANGER_KEY.public), FARM_KEY, FARM),
        ("rotation-to-party", "A party's key as node key.", Rotate(FARM_KEY.public), NODE_KEY, OPERATOR),
        ("rotation-to-itself", "The present node key.", Rotate(NODE_KEY.public), NODE_KEY, OPERATOR),
    ):
        log = Log()
        log.say(says, key, party)
        yield _bad_log(name, why, log, "BAD_CONTROL")


def _bad_redactions() -> Iterator[Case]:
    log = Log()
    log.say(Redact(record.fingerprint(log.entries[0]), 2), FARM_KEY, FARM)
    yield _bad_log("redaction-of-itself", "An entry that is not there yet.", log, "BAD_CONTROL")
    log = Log()
    log.say(Redact(record.fingerprint(log.entries[0]), 0), STRANGER_KEY, FARM)
    yield _bad_log("redaction-by-stranger", "A key that is not the party's.", log, "KEY_NOT_ENROLLED")


def _bad_logs() -> Iterator[Case]:
    yield from _bad_redactions()
    yield from _bad_moves()
    yield from _bad_rotations()
    log = Log()
    log.event(MILL_KEY, MILL)
    yield _bad_log("unknown-party", "Nobody enrolled the party.", log, "UNKNOWN_PARTY")
    log = Log()
    log.event(STRANGER_KEY)
    yield _bad_log("stranger", "A key that is not the party's.", log, "KEY_NOT_ENROLLED")
    log = Log()
    log.say(Revoke(_FARM_KID))
    log.add(record.sign(header(FARM_KEY, FARM, number=-9_999), b"{}", FARM_KEY))
    yield _bad_log("back-dated", "Revoked before; iat long before that.", log, "KEY_REVOKED")
    log = Log()
    log.add(record.sign(replace(header(FARM_KEY, FARM), aud=NetworkId(bytes(32))), b"{}", FARM_KEY))
    yield _bad_log("other-network", "Signed for another network.", log, "WRONG_NETWORK")
    log = Log()
    log.say(Revoke(_FARM_KID))
    log.say(Enrol(FARM, FARM_KEY.public))
    yield _bad_log("re-enrolment", "A revoked key comes back.", log, "BAD_CONTROL")
    log = Log()
    log.say(Revoke(_FARM_KID))
    log.say(Enrol(MILL, FARM_KEY.public))
    yield _bad_log("re-enrolment-elsewhere", "It comes back for another party.", log, "BAD_CONTROL")
    log = Log()
    log.say(Enrol(MILL, FARM_KEY.public))
    log.say(Revoke(_FARM_KID))
    log.event(FARM_KEY, MILL)
    yield _bad_log("shared-key-revoked", "Revoked by the operator: for all.", log, "KEY_REVOKED")
    for name, why, says, key, party in (
        ("future", "Suspect since an entry to come.", Revoke(_FARM_KID, 3), NODE_KEY, OPERATOR),
        ("self-enrolment", "A party enrols a key.", Enrol(FARM, STRANGER_KEY.public), FARM_KEY, FARM),
        ("borrowed-key", "The node key as a party's key.", Enrol(FARM, NODE_KEY.public), NODE_KEY, OPERATOR),
        ("self-mandate", "The operator mandates itself.", Mandate(OPERATOR), NODE_KEY, FARM),
        ("other-mandate", "A mandate for another operator.", Mandate(MILL), FARM_KEY, FARM),
        ("unknown-key", "Revokes what is not enrolled.", Revoke(STRANGER_KEY.public.kid), NODE_KEY, OPERATOR),
        (
            "second-header",
            "Another header.",
            LogHeader(_NETWORK, NODE_KEY.public, bytes(32)),
            NODE_KEY,
            OPERATOR,
        ),
    ):
        log = Log()
        log.say(says, key, party)
        yield _bad_log(name, why, log, "BAD_CONTROL")


_NETWORK = NetworkId(bytes(32))


def _log(name: str, description: str, log: Log, speakers: list[tuple[str, ...]]) -> Case:
    return f"controls/{name}", {
        "description": description,
        "log": log.id.hex(),
        "operator": log.operator,
        "entries": [raw.hex() for raw in log.entries],
        "speakers": [list(map(str, speaker)) for speaker in speakers],
    }


def _bad_log(name: str, description: str, log: Log, code: str) -> Case:
    entries = [raw.hex() for raw in log.entries]
    return f"controls/{name}_fail", {"description": description, "entries": entries, "code": code}


def checkpoints() -> Iterator[Case]:
    """Both forms of a checkpoint, and mixtures that are nobody's."""
    log = Log().fill(5)
    good, later = log.checkpoint(), log.fill(6).checkpoint(time_ms=1_764_000_200_000)
    witness = "— witness.example/w " + "A" * 90 + "==\n"
    text, line = good.note.decode().split("\n\n")
    cosigned = f"{text}\n\n{witness}{line}"
    yield _checkpoint("checkpoint", "Five entries.", good)
    yield _checkpoint("later", "Six entries, later.", later)
    yield _checkpoint("cosigned", "A witness's line stands first.", replace(good, note=cosigned.encode()))
    key = replace(good, note=Log(node_key=STRANGER_KEY).fill(5).checkpoint().note)
    cose = replace(good, cose_protected=later.cose_protected, cose_signature=later.cose_signature)
    size = replace(good, note=text.replace("\n5\n", "\n05\n").encode() + b"\n\n" + line.encode())
    yield _checkpoint("note-of-other-log", "The note of another log.", key, "PROOF_INVALID")
    yield _checkpoint("cose-of-later", "The COSE signature of another size.", cose, "PROOF_INVALID")
    root = replace(good, root=Root(bytes(32)))
    yield _checkpoint("other-root", "A root that nobody signed.", root, "PROOF_INVALID")
    yield _checkpoint("size-spelled", "The size with a leading zero.", size, "MALFORMED_PROOF")
    sign = replace(good, cose_signature=bytes(64))
    yield _checkpoint("no-signature", "Zeros in place of the COSE signature.", sign, "BAD_SIGNATURE")


def _checkpoint(name: str, description: str, made: Checkpoint, code: str | None = None) -> Case:
    case: dict[str, Any] = {
        "description": description,
        "log": made.log.hex(),
        "size": made.size,
        "root": made.root.hex(),
        "timeMs": made.time_ms,
        "key": NODE_KEY.public.cose_key().hex(),
        "note": made.note.decode(),
        "coseProtected": made.cose_protected.hex(),
        "coseSignature": made.cose_signature.hex(),
    }
    if code is None:
        return f"checkpoints/{name}", case
    return f"checkpoints/{name}_fail", {**case, "code": code}
