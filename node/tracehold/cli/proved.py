"""What `tracehold verify` reads: evidence of one record, or a dossier, which is evidence of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracehold.cli.output import usage
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_DOSSIER_BYTES

if TYPE_CHECKING:
    from tracehold.core.anchor import Anchor
    from tracehold.core.dossier import Dossier
    from tracehold.core.evidence import Report, Trust
    from tracehold.core.ids import NetworkId

_ZIP = b"PK"


@dataclass(frozen=True, slots=True)
class Proved:
    """The bytes of a file, and the dossier where it is one."""

    raw: bytes
    dossier: "Dossier | None" = None

    @property
    def record(self) -> bytes:
        """The record's bytes. Raises BAD_REQUEST for a dossier, which has many, and MALFORMED_PROOF."""
        from tracehold.core.evidence import decode_evidence

        if self.dossier is not None:
            raise usage("a dossier is of many records: --record goes with the evidence of one")
        return decode_evidence(self.raw).record

    @property
    def anchors(self) -> "Sequence[Anchor]":
        """Those that its records stand under, in the order of the file."""
        from tracehold.core.evidence import decode_evidence
        from tracehold.core.receipt import parse_receipt

        if self.dossier is not None:
            return list(dict.fromkeys(group.anchor for group in self.dossier.groups if group.anchor))
        anchor = parse_receipt(decode_evidence(self.raw).receipt).anchor
        return [] if anchor is None else [anchor]

    @property
    def network(self) -> "NetworkId":
        """The network of its first record."""
        from tracehold.core.record import parse

        groups = self.dossier.groups if self.dossier else ()
        return parse(groups[0].records[0][0] if groups else self.record).header.aud

    def report(self, trust: "Trust | None", rpc: str | None = None, contract: str | None = None) -> "Report":
        """The report, without any connection where there is no `rpc`."""
        if rpc is None or contract is None:
            from tracehold_client.offline import verify, verify_dossier

            return verify_dossier(self.raw, trust) if self.dossier else verify(self.raw, trust)
        from tracehold_client.chain import verify_dossier_with_rpc, verify_with_rpc

        check = verify_dossier_with_rpc if self.dossier else verify_with_rpc
        return check(self.raw, rpc, contract, trust)

    def shown(self) -> dict[str, Any]:
        """What a dossier says, for scripts; nothing for the evidence of one record."""
        from tracehold.core.dossier.question import question_json
        from tracehold.core.dossier.telling import gaps_json

        found = self.dossier
        if found is None:
            return {}
        return {
            "question": question_json(found.question),
            "answer": found.answer,
            "records": len(found.records),
            "said": {"gaps": gaps_json(found.said.gaps), "logs": len(found.said.searched)},
        }


def read_proved(file: Path) -> Proved:
    """The file, read as what it begins as. Raises BAD_REQUEST where it cannot be read, MALFORMED_PROOF."""
    from tracehold.core.dossier import read_dossier

    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_DOSSIER_BYTES + 1)
    except OSError as error:
        raise usage(f"cannot read {file}") from error
    if len(raw) > MAX_DOSSIER_BYTES:
        raise Rejected("MALFORMED_PROOF", f"{file} has over {MAX_DOSSIER_BYTES} bytes")
    return Proved(raw, read_dossier(raw) if raw.startswith(_ZIP) else None)
