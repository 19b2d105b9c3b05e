"""The signature of the node that answered: with it, what no record shows is the word of somebody, who can be
held to it.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tracehold.core import cbor, labels
from tracehold.core.cose import sig_structure
from tracehold.core.dossier.groups import Pair, read_pair
from tracehold.core.errors import Rejected
from tracehold.core.evidence import StepResult, Trust
from tracehold.core.evidence.vouchers import Vouchers
from tracehold.core.keys import PublicKey, SigningKey
from tracehold.core.limits import MAX_EVIDENCE_CONTROLS
from tracehold.core.roster import Roster

MAGIC = "tracehold/dossier-word/v1"

_TYPE = "application/vnd.tracehold.dossier+json"
_NAME = "node's word"
_UNSIGNED = "no node signed: what no record shows is nobody's word"
_MAX_VALUES = 3 * MAX_EVIDENCE_CONTROLS + 16


@dataclass(frozen=True, slots=True)
class Word:
    """Bytes only, nothing verified. `controls` are the header of the node's log and what replaced its key,
    with their receipts, as in evidence.
    """

    signature: bytes
    controls: tuple[Pair, ...]


def sign_word(answer: bytes, key: SigningKey, controls: tuple[Pair, ...]) -> Word:
    """The node's word for the whole of `answer.json`, under the node key that is in force."""
    return Word(key.sign(_signed(answer, key.public)), controls)


def check_word(word: Word, answer: bytes) -> Roster:
    """Whose word it is: the roster of the log whose node key signed. Raises PROOF_INVALID."""
    try:
        roster = Vouchers(word.controls).roster
        roster.node_key.verify(word.signature, _signed(answer, roster.node_key))
    except Rejected as refusal:
        why = f"the node that it names did not sign this answer: {refusal.message}"
        raise Rejected("PROOF_INVALID", why, path=_NAME) from refusal
    return roster


def vouched(word: Word | None, answer: bytes, trust: Trust | None, number: int) -> StepResult:
    """The line about it: ok where a pinned log's node key signed. Raises PROOF_INVALID."""
    if word is None:
        return StepResult(number, _NAME, "not checked", _UNSIGNED, required=False)
    roster = check_word(word, answer)
    whose = f"{roster.operator}, by the node key of log {roster.log.hex()}"
    if trust is not None and roster.log in trust.nodes.values():
        return StepResult(number, _NAME, "ok", whose)
    why = f"{whose}, which no trust file pins"
    return StepResult(number, _NAME, "not checked", why, required=False)


def encode_word(word: Word) -> bytes:
    """Its one encoding (deterministic CBOR)."""
    return cbor.encode({0: MAGIC, 1: word.signature, 2: [list(pair) for pair in word.controls]})


def decode_word(raw: bytes) -> Word:
    """The word of such bytes; MALFORMED_PROOF otherwise."""
    try:
        parts: Any = cbor.decode(raw, _MAX_VALUES)
    except Rejected as error:
        raise _malformed(error.message) from error
    match parts:
        case {0: str(magic), 1: bytes(signature), 2: [_, *_] as controls, **others}:
            if magic == MAGIC and not others and len(controls) <= MAX_EVIDENCE_CONTROLS:
                return Word(signature, tuple(map(read_pair, controls)))
    raise _malformed(f"no {MAGIC}")


def _signed(answer: bytes, key: PublicKey) -> bytes:
    protected = cbor.encode({labels.ALG: int(key.alg), labels.CONTENT_TYPE: _TYPE, labels.KID: key.kid})
    return sig_structure(protected, sha256(answer).digest())


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="word.cbor")
