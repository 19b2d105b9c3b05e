"""Custody payloads, and transcripts of audits with what a chain shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.audits import EPOCH, EPOCH_S, NONCE, World, hashes_only
from tests.logs import NETWORK, STRANGER_KEY
from tracehold.core import cbor
from tracehold.core.audit import EntryAnswer, Outcome, State, Told
from tracehold.core.audit_transcript import Transcript, sign_transcript
from tracehold.core.audit_verdict import AuditView, examine
from tracehold.core.custody import Custody, Run, encode_custody, nonce_hash
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES

Case = tuple[str, dict[str, Any]]

_A, _B = LogId(b"\x0a" * 32), LogId(b"\x0b" * 32)
_SAYS = Custody(EPOCH_S, EPOCH, nonce_hash(NONCE), (Run(_A, 0, 70_000), Run(_B, SEGMENT_ENTRIES, 65_540)))
_PARTS = cbor.decode(encode_custody(_SAYS))


def custody() -> Iterator[Case]:
    """Payloads of custody records, and what is none."""
    yield (
        "custody/custody",
        _payload("Two logs: of the second a part of its second segment.", _SAYS),
    )
    yield "custody/nothing", _payload("Keeps nothing of others.", replace(_SAYS, kept=()))
    for name, why, changes in (
        ("within-segment", "A run that begins within a segment.", {4: [[_A, 1, 9]]}),
        (
            "touching",
            "Two runs that are one.",
            {4: [[_A, 0, SEGMENT_ENTRIES], [_A, SEGMENT_ENTRIES, 65_540]]},
        ),
        ("order", "The second log first.", {4: [[_B, 0, 9], [_A, 0, 9]]}),
        ("empty-run", "A run of nothing.", {4: [[_A, 0, 0]]}),
        ("short-commitment", "A commitment of 31 bytes.", {3: bytes(31)}),
        ("no-seconds", "An epoch of no seconds.", {1: 0}),
        ("more", "A fifth field.", {5: 0}),
    ):
        case = {
            "description": why,
            "payload": cbor.encode({**_PARTS, **changes}).hex(),
            "code": "BAD_CONTROL",
        }
        yield f"custody/{name}_fail", case


def audits() -> Iterator[Case]:
    """Each is recomputed from the transcript and the view."""
    world = World()
    honest = world.made()
    missing = world.made(lambda place: EntryAnswer(missing=True))
    yield _audit(world, "pass", "46 places, all answered.", honest)
    yield _audit(world, "only-hashes", "The hash of each record in its place.", _only_hashes(world))
    yield _audit(world, "missing", "Signed: not found.", missing)
    yield _audit(world, "late", "Answered a second after the window.", world.made(took_ms=601_000))
    yield _audit(world, "silent", "No answer.", world.signed(world.draft(())))
    yield _audit(world, "no-custody", "No custody record.", world.signed(world.draft((), custody=None)))
    yield from _false(world, honest, missing)


def _only_hashes(world: World) -> Transcript:
    return world.made(lambda place: hashes_only(place, world))


def _false(world: World, honest: Transcript, missing: Transcript) -> Iterator[Case]:
    (part,) = honest.parts
    gone = replace(part, answers=(Told(State.MISSING), *part.answers[1:]))
    late = World()
    own = late.keep(late.auditor, Custody(EPOCH_S, EPOCH, nonce_hash(b"\x18" * 32), late.kept), 500)
    changed = late.signed(late.draft((), own=own, nonce=b"\x18" * 32))
    for name, why, made, code in (
        ("framed", "Says fail, shows pass.", replace(honest, outcome=Outcome.FAIL), "PROOF_INVALID"),
        ("hidden", "Says pass, shows fail.", replace(missing, outcome=Outcome.PASS), "PROOF_INVALID"),
        (
            "put-in",
            "An answer that the holder did not sign.",
            replace(honest, parts=(gone,), outcome=Outcome.FAIL),
            "BAD_SIGNATURE",
        ),
        ("nonce", "Another nonce than was committed to.", world.draft((), nonce=bytes(32)), "PROOF_INVALID"),
        (
            "block",
            "Another block than the epoch's first.",
            replace(honest, block=(501, bytes(32))),
            "PROOF_INVALID",
        ),
        ("samples", "129 samples.", replace(honest, samples=129), "PROOF_INVALID"),
    ):
        yield _audit(world, name, why, world.signed(made), code)
    yield _audit(late, "late-nonce", "Committed to in the epoch's first block.", changed, "PROOF_INVALID")
    stranger = world.signed(honest, STRANGER_KEY)
    yield _audit(world, "stranger", "Signed by somebody else.", stranger, "BAD_SIGNATURE")


def _payload(description: str, says: Custody) -> dict[str, Any]:
    return {
        "description": description,
        "payload": encode_custody(says).hex(),
        "epochSeconds": says.epoch_s,
        "epoch": says.epoch,
        "nonceHash": says.nonce_hash.hex(),
        "kept": [[run.log.hex(), run.start, run.stop] for run in says.kept],
    }


def _audit(world: World, name: str, description: str, made: Transcript, code: str = "") -> Case:
    raw = sign_transcript(made, world.auditor.node_key)
    if made.signature != raw[-64:]:  # Ed25519 signs the same text the same way, so another key did
        raw = raw[:-64] + made.signature
    case: dict[str, Any] = {"description": description, "transcript": raw.hex(), **_view(world.view())}
    if code:
        return f"audits/{name}_fail", {**case, "code": code}
    found = examine(made, world.view())
    places = [[place.log.hex(), place.index, place.size] for place in found.places]
    marks = [str(each) for each in found.marks]
    return f"audits/{name}", {**case, "outcome": str(found.outcome), "places": places, "marks": marks}


def _view(view: AuditView) -> dict[str, Any]:
    return {
        "network": NETWORK.hex(),
        "epochSeconds": view.epoch_s,
        "block": [view.block[0], view.block[1].hex()],
        "keys": {
            log.hex(): [[each.key.raw.hex(), each.ended] for each in keys] for log, keys in view.keys.items()
        },
        "anchors": {
            log.hex(): [[each.size, each.root.hex(), each.block] for each in found]
            for log, found in view.anchors.items()
        },
    }
