"""Errors, by who must act.

    TraceholdError
    |- Rejected      the caller must change something; repeating the same call gives the same answer
    |- Unavailable   time will help; the same call may be repeated, nothing was lost
    `- Broken        the operator must look; the node stops rather than go on

Each carries a stable `code` out of `CODES`, a message in plain words, and optionally a `path` into the
record or request that was refused. One table in `api/status.py` maps codes to gRPC and HTTP; the page
`docs/errors.md` is generated from `CODES`.
"""

from dataclasses import dataclass
from typing import Literal

Family = Literal["rejected", "unavailable", "broken"]
Status = Literal[
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "ABORTED",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
]


@dataclass(frozen=True, slots=True)
class Code:
    """One stable error code: who must act, the gRPC status it becomes, its cause and its remedy."""

    name: str
    family: Family
    status: Status
    cause: str
    remedy: str


class TraceholdError(Exception):
    """Every error that may leave a part of tracehold. `code` is a key of `CODES`; `path` points into the input."""

    family: Family

    def __init__(self, code: str, message: str, *, path: str = "", remedy: str = "") -> None:
        entry = CODES[code]
        if entry.family != self.family:
            raise AssertionError(f"{code} belongs to {entry.family}, not to {self.family}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path
        self.remedy = remedy or entry.remedy

    def __str__(self) -> str:
        at = f" at {self.path}" if self.path else ""
        return f"{self.code}{at}: {self.message}"


class Rejected(TraceholdError):
    """The caller must change something: the same input is refused again."""

    family: Family = "rejected"


class Unavailable(TraceholdError):
    """Time will help: the same call may be repeated, and nothing that was answered is lost."""

    family: Family = "unavailable"


class Broken(TraceholdError):
    """The operator must look: going on could lose or falsify what was promised, so the node stops."""

    family: Family = "broken"


def _rejected(name: str, cause: str, remedy: str, status: Status = "INVALID_ARGUMENT") -> Code:
    return Code(name, "rejected", status, cause, remedy)


def _unavailable(name: str, cause: str, remedy: str, status: Status = "UNAVAILABLE") -> Code:
    return Code(name, "unavailable", status, cause, remedy)


def _broken(name: str, cause: str, remedy: str) -> Code:
    return Code(name, "broken", "INTERNAL", cause, remedy)


_ALL = (
    # -- bytes of a record
    _rejected("RECORD_TOO_LARGE", "The record is over 1 MiB.", "Send large content as an attachment."),
    _rejected("MALFORMED_COSE", "The bytes are no tagged COSE_Sign1 of the record profile.", "Sign with a tracehold client, or follow docs/spec/record.md."),
    _rejected("NOT_DETERMINISTIC", "The CBOR is not in deterministic encoding (RFC 8949 section 4.2.1).", "Encode with shortest lengths, sorted and distinct keys, no indefinite lengths."),
    _rejected("BAD_HEADER", "A protected label is missing, unknown where that is not allowed, or of a wrong type.", "Follow the label table of docs/spec/record.md."),
    _rejected("UNSUPPORTED_ALGORITHM", "Only EdDSA (Ed25519) and ES256 sign records.", "Use an Ed25519 or P-256 key."),
    _rejected("BAD_SIGNATURE", "The signature does not verify under the key that the record names.", "Sign the exact bytes with the key whose thumbprint is in kid."),
    _rejected("BAD_KEY", "A key is malformed, of low order, or of an unsupported kind.", "Use a fresh Ed25519 or P-256 key."),
    _rejected("WRONG_NETWORK", "The record was signed for another network.", "Sign with this network's id (see tracehold status) in aud."),
    _rejected("UNKNOWN_PARTY", "No key of this party is enrolled in this log.", "Let the operator enrol the party's key, or upload by delegation.", "FAILED_PRECONDITION"),
    _rejected("KEY_NOT_ENROLLED", "The signing key is not enrolled for the party that the record names.", "Let the operator enrol the key for this party, or sign with an enrolled one.", "FAILED_PRECONDITION"),
    _rejected("KEY_REVOKED", "The signing key was revoked before this position of the log; claimed times do not matter.", "Sign with a key that is in force.", "FAILED_PRECONDITION"),
    _rejected("BAD_CONTROL", "A control record does not have the form of its kind, or its signer may not say it.", "Follow docs/spec/control.md."),
    _rejected("REDACTED", "The record was redacted: its bytes are gone and are not taken again.", "Send a new statement; ask for the receipt, which still proves its place.", "FAILED_PRECONDITION"),
    # -- payload
    _rejected("MALFORMED_JSON", "The payload is no UTF-8 JSON, repeats a key, is over 64 levels deep, or holds a number that JSON has not.", "Send plain JSON with distinct keys."),
    _rejected("MALFORMED_XML", "The document is no UTF-8 XML, nests over 32 levels deep, or declares too many or too long namespaces.", "Send well-formed XML in UTF-8."),
    _rejected("XML_DOCTYPE", "The XML has a DOCTYPE. None is read, so that no entity is expanded or fetched.", "Leave the DOCTYPE out: EPCIS needs none."),
    _rejected("NOT_EPCIS", "The JSON is no EPCIS 2.0 document or event, or the XML no EPCIS document or event.", "Send an EPCISDocument, or one event with its @context."),
    _rejected("EPCIS_FORM", "A field of the event is missing, unknown, or of a wrong type.", "Correct the field at the path named."),
    _rejected("EPCIS_MEANING", "The event is well-formed and says something impossible.", "Correct the field at the path named."),
    _rejected("BAD_TIME", "A time is malformed or absurd.", "Use ISO 8601 with a zone, within 1970 to 2199."),
    _rejected("BAD_URI", "An identifier is no URI, or one of a script scheme.", "Use a GS1 URN, a Digital Link, or another harmless URI."),
    _rejected("BAD_CHECK_DIGIT", "The check digit of a GS1 key is wrong.", "Correct the key."),
    _rejected("BAD_IDENTIFIER", "A GS1 key is malformed.", "Correct the key."),
    _rejected("BAD_MASTERDATA", "A vocabulary element has no type, no id, or an attribute without id.", "Correct the element at the path named."),
    _rejected("HEADER_NOT_KEPT", "The document's header holds an element that this node does not keep.", "Remove the element, or send it as master data."),
    # -- requests
    _rejected("BAD_REQUEST", "A field of the request is missing, unknown or out of its limits.", "Correct the field at the path named."),
    _rejected("TOO_MANY_RECORDS", "The message holds more records than the limit.", "Send smaller batches.", "RESOURCE_EXHAUSTED"),
    _rejected("REQUEST_TOO_LARGE", "The request is larger than the limit.", "Send smaller batches.", "RESOURCE_EXHAUSTED"),
    _rejected("QUALITY_REFUSED", "The event contradicts others, in a way that this node is configured to refuse.", "See docs/quality.md for the finding that the message names; correct the event, or ask the operator ([quality] refuse).", "FAILED_PRECONDITION"),
    _rejected("BATCH_REFUSED", "Another record of an all-or-nothing batch was refused.", "Correct the refused record, or send without all_or_nothing.", "FAILED_PRECONDITION"),
    _rejected("BAD_PAGE_TOKEN", "The page token is not of this query.", "Start again from the first page."),
    _rejected("NOT_FOUND", "There is no such thing here.", "Check the identifier; another node may hold it.", "NOT_FOUND"),
    _rejected("UNAUTHENTICATED", "The token is unknown, malformed or expired.", "Send `Authorization: Bearer TOKEN` with a token of this node.", "UNAUTHENTICATED"),
    _rejected("FORBIDDEN", "The token does not carry the role that this call needs.", "Use a token with that role.", "PERMISSION_DENIED"),
    _rejected("CONFLICT", "The thing exists already with other content.", "Read it, then decide.", "ALREADY_EXISTS"),
    _rejected("HEAD_MOVED", "The log grew in the meantime.", "Read the head and try again.", "ABORTED"),
    # -- attachments
    _rejected("ATTACHMENT_TOO_LARGE", "The attachment is larger than this node takes.", "Attach at most 1 GiB.", "RESOURCE_EXHAUSTED"),
    _rejected("ATTACHMENT_MISMATCH", "The bytes are not those that were announced, or that a record vouches for.", "Send the content again; where another node gave it, ask another holder."),
    _rejected("BAD_RANGE", "The range lies beyond the content.", "Ask for bytes below the content's size.", "OUT_OF_RANGE"),
    # -- verification
    _rejected("PROOF_INVALID", "A step of the verification failed: the proof is false.", "Do not rely on it; ask another holder.", "FAILED_PRECONDITION"),
    _rejected("MALFORMED_PROOF", "The receipt, checkpoint or evidence file cannot be read.", "Fetch it again.", "INVALID_ARGUMENT"),
    _rejected("NOT_ANCHORED", "The record is sealed and not yet covered by an anchor.", "Wait for FINAL, then upgrade the receipt.", "FAILED_PRECONDITION"),
    _rejected("OVERDUE", "The record should have been anchored by the time its receipt names, and is not.", "Ask the operator; keep the receipt as evidence.", "FAILED_PRECONDITION"),
    _rejected("UNTRUSTED", "The proof is whole, and nothing was given that makes its chain or operators trusted.", "Give --trust FILE, or --rpc URL --contract ADDR.", "FAILED_PRECONDITION"),
    # -- ledger
    _rejected("LEDGER_REFUSED", "The contract refused the transaction.", "See the named contract error in docs/spec/contract.md.", "FAILED_PRECONDITION"),
    _rejected("NOT_A_MEMBER", "This node is not enrolled as an active creator.", "Run `tracehold member add` with the admin key.", "FAILED_PRECONDITION"),
    _rejected("STILL_NEEDED", "Without this node the others could not go on: too few operators would be left to keep logs.", "Enrol another member first, or have the contract's admin lower the quorum (`tracehold contract quorum`).", "FAILED_PRECONDITION"),
    _rejected("STRANGER", "The certificate is not that of one active member of the network.", "Have the admin enrol the node with the record of its present certificate (`tracehold member request`).", "PERMISSION_DENIED"),
    _rejected("ROOT_MISMATCH", "The records sent do not give the root that the log's checkpoint or anchor names.", "Send the log from where the holder's copy ends; where that does not help, compare the two logs with `tracehold doctor`.", "FAILED_PRECONDITION"),
    _rejected("FORK_SEEN", "The log was shown in two states that cannot both be true; it is acknowledged no more.", "Stop the creator's node; its operator compares its log with the evidence that the holders keep (docs/spec/peer.md).", "FAILED_PRECONDITION"),
    _rejected("LOG_BROKEN", "The log has no form: it begins with no header, or a segment with no snapshot of its control records.", "Let the creator's operator find out what was sealed; holders keep no such log.", "FAILED_PRECONDITION"),
    _rejected("QUOTA", "The creator's logs fill the room that the holder gives to one operator.", "Ask the holder's operator for more ([replication] quota_bytes), or let other members hold.", "FAILED_PRECONDITION"),
    _rejected("RETIRED", "The node's log is retired: nothing is sealed into it any more; what it holds is answered for.", "Send to the node that its operator runs in its place (docs/operations.md, Retire a log).", "FAILED_PRECONDITION"),
    _rejected("OTHER_NETWORK", "The caller's network, chain or contract is another one.", "Compare `tracehold status` of both nodes: network, chain and contract.", "FAILED_PRECONDITION"),
    _rejected("BAD_CONFIG", "The configuration holds an unknown key or a bad value.", "Correct the key named.", "FAILED_PRECONDITION"),
    # -- backups
    _rejected("BACKUP_INVALID", "The file is no backup that can be restored: bytes are missing or changed, or it is not what its manifest says.", "Take another copy of the file, or another backup; `tracehold backup verify FILE` checks one.", "FAILED_PRECONDITION"),
    _rejected("BAD_PASSPHRASE", "The passphrase does not open the keys in the backup.", "Give the passphrase with which the backup was made; without one the rest can be restored.", "FAILED_PRECONDITION"),
    # -- time will help
    _unavailable("BUSY", "Too much is waiting to be sealed.", "Retry with growing waits.", "RESOURCE_EXHAUSTED"),
    _unavailable("DISK_LOW", "Less than the reserve of disk is free; reads go on.", "Free space; uploads resume by themselves.", "RESOURCE_EXHAUSTED"),
    _unavailable("DRAINING", "The node is about to leave the network: it hands over what it keeps, and takes nothing new.", "Send to another node; the operator of this one may take it back (`tracehold drain --cancel`)."),
    _unavailable("STOPPING", "The node is stopping.", "Retry: another process will answer soon."),
    _unavailable("DEADLINE", "The state asked for was not reached in time; what was sealed stays sealed.", "Ask for the state later, with the fingerprint.", "DEADLINE_EXCEEDED"),
    _unavailable("STARTING", "The node started a moment ago, or the chain does not answer since: it seals nothing before it compared its log with the chain.", "Retry; where it lasts, start the chain or correct [ledger] rpc."),
    _unavailable("CHAIN_DOWN", "The chain does not answer.", "Start the chain or correct its address; a node that runs goes on sealing meanwhile, and anchors by itself later."),
    _unavailable("CHAIN_STALLED", "The chain answers and makes no new block: nothing new is anchored or becomes final; reads go on.", "See that enough of the chain's sealers or validators run and reach each other; anchoring goes on by itself."),
    _unavailable("LOW_FUNDS", "The account that anchors will soon have no more funds for it.", "Fund the account of `tracehold status`."),
    _unavailable("NO_FUNDS", "The account cannot pay for its next transaction; records are sealed meanwhile and not anchored.", "Fund the account of `tracehold status`; what waits is sent then by itself."),
    _unavailable("FEE_CAP", "The chain asks for more for each unit of gas than the node may pay; its transaction waits.", "Wait for lower fees, or raise [ledger] max_fee_gwei; where no fee helps, see whether the chain makes blocks."),
    _unavailable("GRAPH_DOWN", "The graph store does not answer.", "Retry; the index resumes by itself."),
    _unavailable("BLOBS_DOWN", "The IPFS daemon that keeps attachments and archives does not answer, or refuses.", "Start it or correct its address; see tracehold doctor. Records are taken meanwhile."),
    _unavailable("REBUILD_INCOMPLETE", "The folder of a node cannot be rebuilt wholly now: nobody who answers has the rest.", "Start the nodes that keep it and run tracehold rebuild again: it goes on where it stands."),
    _unavailable("PEER_DOWN", "A peer does not answer.", "Retry; others are asked meanwhile."),
    _unavailable("TOO_MANY_CALLS", "Too many calls are running, or came in a short time: of this member, or of this kind.", "Retry later.", "RESOURCE_EXHAUSTED"),
    _unavailable("TOO_FEW_COPIES", "Fewer holders acknowledged the log than the contract's quorum; nothing is anchored before.", "It is tried again by itself; start the members that hold, or enrol more of them."),
    _unavailable("STORE_BUSY", "The store is locked by another process.", "Retry; see whether a second node runs on this folder."),
    _unavailable("KEY_BUSY", "Another process sends with the same ledger key.", "Stop the node or the command that has it, or use a key of its own for each."),
    _unavailable("CLOCK_JUMPED", "The clock is ahead of a monotonic clock or of the chain by more than five minutes; its time is not signed.", "Correct the clock; if it is right and was wrong before, start the node again."),
    _unavailable("NODE_DOWN", "The node does not answer.", "Check the address; see tracehold doctor."),
    # -- an operator must look
    _broken("LOG_FORKED", "The chain's head is not on the local log.", "Stop; never start this folder again beside a newer one (docs/operations.md, Disk)."),
    _broken("CORRUPT", "Stored bytes do not match their fingerprint or their tree.", "Run `tracehold scrub`, which fetches back what other holders keep; else restore the folder from a backup that doctor finds well."),
    _broken("WRONG_CHAIN", "The chain has another id or another contract than the log was made for.", "Correct [ledger] in the configuration."),
    _broken("REORGED", "A final block is no longer canonical.", "Keep both block hashes, ask the chain's operators; a restart anchors again."),
    _broken("ACCOUNT_SHARED", "The ledger account sent a transaction that this node did not: somebody else has its key.", "Stop the other sender; where you know of none, the key is stolen: replace it (`tracehold key rotate`)."),
    _broken("SCHEMA_NEWER", "A file on disk was written by a newer release.", "Start the newer release."),
    _broken("STORE_FAILED", "The disk refused a write.", "Check the disk; nothing that was answered is lost."),
    _broken("INTERNAL", "A fault of this program.", "Report it with the request id."),
)  # fmt: skip

CODES: dict[str, Code] = {code.name: code for code in _ALL}
