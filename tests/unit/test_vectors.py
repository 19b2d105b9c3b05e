"""The vectors of the formats: they are what the script makes, and every one has the outcome that it names."""

import json

import pytest
from blake3 import blake3

from tests.vectors import attachment_cases
from tests.vectors.make_vectors import FOLDERS, files, text, vectors
from tracehold.adapters.ethereum import acks
from tracehold.core import merkle, record
from tracehold.core.audit_transcript import decode_transcript
from tracehold.core.audit_verdict import AuditView, NodeKey, examine
from tracehold.core.blocks import check_block, check_chunk, decode_blocks, read_blocks
from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.custody import decode_custody, encode_custody
from tracehold.core.dht.keys import NetworkKey, keys_of
from tracehold.core.dht.provider import check_provider, parse_provider
from tracehold.core.errors import Rejected
from tracehold.core.evidence import decode_evidence, parse_trust, verify
from tracehold.core.gs1 import canonical
from tracehold.core.ids import Fingerprint, LogId, NetworkId, Root
from tracehold.core.keys import Alg, PublicKey
from tracehold.core.limits import BLOCK_BYTES
from tracehold.core.noderecord import parse_node_record
from tracehold.core.owed import Anchored
from tracehold.core.receipt import check_receipt, parse_receipt
from tracehold.core.roster import Roster

FILES = files()


def test_the_files_are_what_the_script_makes():
    """Formats do not change by accident: `python -m tests.vectors.make_vectors` after a decision note."""
    made = {name: text(case) for name, case in vectors()}
    assert {name: path.read_text("utf-8") for name, path in FILES.items()} == made


def test_as_many_fail_as_pass():
    """Of every format."""
    for folder in FOLDERS:
        names = [name for name in FILES if name.startswith(folder)]
        failing = sum(name.endswith("_fail") for name in names)
        assert 0 < len(names) - failing <= failing, folder


def run_record(case):
    """Form, then signature; what it says is compared."""
    parsed = record.parse(bytes.fromhex(case["record"]) + bytes(case.get("padding", 0)))
    record.check_signature(parsed, PublicKey.from_cose(bytes.fromhex(case["key"])))
    said = parsed.header
    assert parsed.fingerprint.hex() == case["fingerprint"]
    assert parsed.sign1.protected.hex() == case["protected"]
    assert parsed.payload.decode() == case["payload"]
    assert (said.kind, said.kid.hex(), said.iss) == (case["kind"], case["kid"], case["party"])
    assert (said.aud.hex(), said.iat, said.salt.hex()) == (case["network"], case["issuedAt"], case["salt"])
    assert said.audience == case["audience"]
    told = [[part.hex() if type(part) is bytes else part for part in one.parts()] for one in said.attachments]
    assert told == case["attachments"]
    assert (said.supersedes.hex() if said.supersedes else None) == case["supersedes"]


def run_key(case):
    """The key, its thumbprint, its signature."""
    key = PublicKey.from_cose(bytes.fromhex(case["key"]))
    key.verify(bytes.fromhex(case["signature"]), bytes.fromhex(case["message"]))
    assert key.kid.hex() == case["kid"]


def run_controls(case):
    """A replay of the log; then who speaks in each entry, as known at its end."""
    records = [record.parse(bytes.fromhex(raw)) for raw in case["entries"]]
    roster = Roster.from_header(records[0])
    for index, entry in enumerate(records):
        record.check_signature(entry, roster.check(entry, index))
        roster.apply(index, entry)
    assert (roster.log.hex(), roster.operator) == (case["log"], case["operator"])
    speakers = [roster.speaker(entry, index) for index, entry in enumerate(records)]
    told = [[one.party, one.level, *(["suspect"] if one.suspect else [])] for one in speakers]
    assert told == case["speakers"]


def run_checkpoint(case):
    """Both signatures, and that both say the same."""
    made = Checkpoint(
        LogId(bytes.fromhex(case["log"])),
        case["size"],
        Root(bytes.fromhex(case["root"])),
        case["timeMs"],
        case["note"].encode(),
        bytes.fromhex(case["coseProtected"]),
        bytes.fromhex(case["coseSignature"]),
    )
    check_checkpoint(made, PublicKey.from_cose(bytes.fromhex(case["key"])))


def run_receipt(case):
    """The entry leads to the root that the key signed."""
    receipt = parse_receipt(bytes.fromhex(case["receipt"]))
    key = PublicKey.from_cose(bytes.fromhex(case["key"]))
    root = check_receipt(receipt, merkle.leaf_hash(bytes.fromhex(case["entry"])), key)
    assert (root.hex(), receipt.size, receipt.index) == (case["root"], case["size"], case["index"])


def run_evidence(case):
    """The whole verification, offline."""
    trust = parse_trust(json.dumps(case["trust"]).encode())
    found = verify(decode_evidence(bytes.fromhex(case["evidence"])), trust, None, case["nowMs"])
    assert (found.state, found.late) == (case["state"], case.get("late", False))
    assert [ground.by for ground in found.grounds] == case.get("by", ["blocks"])


def run_node(case):
    """Read under its own key, in its network."""
    network = NetworkId(bytes.fromhex(case["network"]))
    node = parse_node_record(bytes.fromhex(case["record"]), network)
    said = case["payload"]
    assert node.operator == case["operator"]
    assert (node.node_key.cose_key().hex(), node.log.hex()) == (said["1"], said["2"])
    assert (node.grpc, node.peer, node.rest, node.enode) == (said["3"], said["4"], said["5"], said["8"])
    assert (node.tls_leaf.hex(), node.account.hex()) == (said["6"], said["7"])


def run_trust(case):
    """All pins are there."""
    found, pins = parse_trust(case["text"].encode()), json.loads(case["text"])
    assert found.network is not None
    assert found.contract is not None
    assert (found.network.hex(), found.chain_id) == (pins["network"], pins["chainId"])
    assert found.contract.hex() == pins["contract"].removeprefix("0x")
    blocks, signers, accounts = (pins.get(name) for name in ("blocks", "signers", "accounts"))
    assert {block.hex() for block in found.block_hashes} == {one.removeprefix("0x") for one in blocks or []}
    assert {str(number): log.hex() for number, log in found.nodes.items()} == pins["nodes"]
    told = found.signers and {
        "threshold": found.signers.threshold,
        "addresses": texts(found.signers.addresses),
    }
    assert told == signers
    assert (found.accounts is None) == (accounts is None)
    if found.accounts is not None:
        assert (found.accounts.threshold, found.accounts.salt) == (
            accounts["threshold"],
            unhex(accounts["salt"]),
        )
        pinned = found.accounts.operators.items()
        told = {of: {str(node): texts(one) for node, one in nodes.items()} for of, nodes in pinned}
        assert told == accounts["operators"]


def texts(addresses):
    """As a trust file has them."""
    return ["0x" + one.hex() for one in sorted(addresses)]


def run_ack(case):
    """The digest, and who signed it; another signer's is nobody's acknowledgement."""
    where, said = case["domain"], case["ack"]
    domain = acks.Domain(where["chainId"], unhex(where["verifyingContract"]), unhex(where["salt"]))
    sizes = said["prevSize"], unhex(said["prevRoot"]), said["size"], unhex(said["root"])
    digest = acks.Ack(said["node"], unhex(said["log"]), *sizes).digest(domain)
    assert digest.hex() == case["digest"]
    if acks.signer(digest, unhex(case["signature"])) != unhex(case["signer"]):
        raise Rejected("BAD_SIGNATURE", "somebody else signed it")


def run_provider(case):
    """Read, checked under the holder's key at that time, and written again."""
    found = parse_provider(unhex(case["provider"]))
    node_key = PublicKey.from_cose(unhex(case["nodeKey"]))
    check_provider(found, NetworkId(unhex(case["network"])), node_key, case["nowMs"])
    assert found.raw.hex() == case["provider"]
    assert (found.key.hex(), found.holder.hex(), found.count) == (case["key"], case["holder"], case["count"])
    assert (found.issued_ms, found.expires_ms) == (case["issuedMs"], case["expiresMs"])


def run_item_keys(case):
    """All keys of an item in any spelling."""
    keys = keys_of(NetworkKey(unhex(case["networkKey"])), [canonical(case["item"])])
    assert sorted(key.hex() for key in keys) == case["keys"]


def run_attachment(case):
    """The manifest is the named one and gives every block; the leaf is proved."""
    content = attachment_cases.content(case["size"])
    blocks = read_blocks(unhex(case["manifest"]))
    for number in range(len(blocks.blocks)):
        check_block(blocks, number, content[number * BLOCK_BYTES :][:BLOCK_BYTES])
    path = [unhex(each) for each in case["path"]]
    check_chunk(unhex(case["chunk"]), case["number"], case["size"], path, blocks.root)
    if "name" in case:
        assert (blocks.fingerprint.hex(), blocks.root.hex()) == (case["fingerprint"], case["root"])
        assert str(blocks.cid) == case["cid"]
        assert (blocks.digest.hex() if blocks.digest else None) == case["blocks"]
    digest = unhex(case["blocks"] or blake3(unhex(case["manifest"])).hexdigest())
    decode_blocks(unhex(case["manifest"]), Fingerprint(unhex(case["fingerprint"])), case["size"], digest)


def run_custody(case):
    """Read, and written again."""
    says = decode_custody(unhex(case["payload"]))
    kept = [[run.log.hex(), run.start, run.stop] for run in says.kept]
    assert [says.epoch_s, says.epoch, says.nonce_hash.hex()] == [
        case["epochSeconds"],
        case["epoch"],
        case["nonceHash"],
    ]
    assert kept == case["kept"]
    assert encode_custody(says).hex() == case["payload"]


def run_audit(case):
    """Recomputed from the transcript and what the chain shows."""
    keys = {
        LogId(unhex(log)): [NodeKey(PublicKey(Alg.EDDSA, unhex(raw)), ended) for raw, ended in found]
        for log, found in case["keys"].items()
    }
    anchors = {
        LogId(unhex(log)): [Anchored(size, Root(unhex(root)), block) for size, root, block in found]
        for log, found in case["anchors"].items()
    }
    number, block = case["block"]
    view = AuditView(
        NetworkId(unhex(case["network"])), case["epochSeconds"], (number, unhex(block)), keys, anchors
    )
    found = examine(decode_transcript(unhex(case["transcript"])), view)
    assert found.outcome == case["outcome"]
    assert [[place.log.hex(), place.index, place.size] for place in found.places] == case["places"]
    assert list(found.marks) == case["marks"]


def unhex(digits):
    """Bytes of hex digits, with or without 0x."""
    return bytes.fromhex(digits.removeprefix("0x"))


RUN = {
    "records": run_record,
    "keys": run_key,
    "controls": run_controls,
    "checkpoints": run_checkpoint,
    "receipts": run_receipt,
    "evidence": run_evidence,
    "nodes": run_node,
    "trust": run_trust,
    "acks": run_ack,
    "providers": run_provider,
    "itemkeys": run_item_keys,
    "attachments": run_attachment,
    "custody": run_custody,
    "audits": run_audit,
}


@pytest.mark.parametrize("name", FILES)
def test_vector(name):
    """Taken, or refused with the code that it names."""
    case = json.loads(FILES[name].read_text("utf-8"))
    run = RUN[name.split("/")[0]]
    if not name.endswith("_fail"):
        run(case)
        return
    with pytest.raises(Rejected) as refusal:
        run(case)
    assert refusal.value.code == case["code"]
    assert f"step {case['step']} " in refusal.value.path if "step" in case else True
