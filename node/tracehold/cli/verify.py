"""`tracehold verify`: check an evidence file or a dossier, alone.

Exit codes: 0 verified, 1 false, 2 malformed, 3 not yet anchored, 4 trust not
established, 5 chain not reachable.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import read_input
from tracehold.cli.output import JsonOption, note, say, show_error, show_json, usage
from tracehold.cli.pin import Pinned, check_free, write_pins
from tracehold.cli.proved import Proved, read_proved
from tracehold.core.errors import TraceholdError

if TYPE_CHECKING:
    from tracehold.core.evidence import Report

VERIFIED, FALSE, MALFORMED, NOT_ANCHORED, UNTRUSTED, UNREACHABLE = range(6)

_EXIT = {
    "PROOF_INVALID": FALSE,
    "NOT_ANCHORED": NOT_ANCHORED,
    "OVERDUE": NOT_ANCHORED,
    "UNTRUSTED": UNTRUSTED,
    "CHAIN_DOWN": UNREACHABLE,
}
_VERDICTS = ("VERIFIED", "FALSE", "MALFORMED", "NOT ANCHORED", "TRUST NOT ESTABLISHED", "NOT REACHABLE")


def verify(
    file: Annotated[
        Path, typer.Argument(help="Evidence file of `tracehold receipt`, or an answer saved with --out.")
    ],
    record: Annotated[
        Path | None, typer.Option(help="The record that the evidence must be about (COSE bytes).")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="Trust file: network, chain, contract, and pinned blocks, signers or accounts."),
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(help="JSON-RPC address of a chain that you trust; needs --contract.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option(help="Address of the network's contract on that chain.")
    ] = None,
    pin: Annotated[
        Path | None, typer.Option(help="Trust file to write, to check the same offline later; needs --rpc.")
    ] = None,
    pin_by: Annotated[
        list[Pinned] | None,
        typer.Option(
            help="What to pin, may be given more than once: blocks, signers (of a Clique chain), accounts."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check evidence of a record or an answer, step by step.

    Without --rpc it opens no connection, and asks nobody.

    Exit codes: 0 verified, 1 false, 2 malformed, 3 not yet anchored, 4 trust not
    established, 5 chain not reachable.
    """
    try:
        proved = read_proved(file)
        _check_pin(pin, rpc, pin_by)
        report = _report(proved, record, trust, rpc, contract)
        code = exit_of(report)
        if pin is not None and rpc is not None and code == VERIFIED:
            write_pins(pin, proved, rpc, pin_by or [Pinned.BLOCKS])
    except TraceholdError as error:
        show_error(error, as_json)
        raise typer.Exit(_EXIT.get(error.code, MALFORMED)) from error
    if as_json:
        show_json(_document(report, code) | proved.shown())
    else:
        _print(report, code)
    raise typer.Exit(code)


def exit_of(report: "Report") -> int:
    """The exit code of a report: 0 only where every required step was taken and holds."""
    required = [step for step in report.steps if step.required]
    if report.error is None and required and all(step.status == "ok" for step in required):
        return VERIFIED
    return MALFORMED if report.error is None else _EXIT.get(report.error.code, MALFORMED)


def _check_pin(pin: Path | None, rpc: str | None, pin_by: list[Pinned] | None) -> None:
    if pin is None:
        if pin_by:
            raise usage("--pin-by says what --pin writes, and there is no --pin")
        return
    if rpc is None:
        raise usage("--pin needs --rpc: what is pinned must come from a chain that you trust")
    check_free(pin)


def _report(
    proved: Proved, record: Path | None, trust: Path | None, rpc: str | None, contract: str | None
) -> "Report":
    from tracehold.core.evidence import parse_trust

    if (rpc is None) != (contract is None):
        raise usage("--rpc and --contract go together")
    pinned = None if trust is None else parse_trust(read_input(trust))
    if record is not None:
        _check_same(proved.record, read_input(record))
    return proved.report(pinned, rpc, contract)


def _check_same(proved: bytes, given: bytes) -> None:
    from tracehold.core.errors import Rejected
    from tracehold.core.record import fingerprint

    if proved != given:
        raise Rejected(
            "PROOF_INVALID",
            f"the record has fingerprint {fingerprint(given).hex()}, expected {fingerprint(proved).hex()}",
            path="record",
        )


def _document(report: "Report", code: int) -> dict[str, Any]:
    from tracehold.cli.shown import error_json

    error = report.error
    return {
        "version": 1,
        "verdict": _VERDICTS[code].replace(" ", "_"),
        "exitCode": code,
        "state": report.state,
        "fingerprint": report.fingerprint.hex() if report.fingerprint else None,
        "log": report.log.hex() if report.log else None,
        "index": report.index,
        "party": report.speaker.party if report.speaker else None,
        "operator": report.speaker.operator if report.speaker else None,
        "level": report.speaker.level if report.speaker else None,
        "late": report.late,
        "trust": [
            {"by": ground.by, "found": ground.found, "restsOn": ground.rests_on} for ground in report.grounds
        ],
        "steps": [
            {
                "number": step.number,
                "name": step.name,
                "status": step.status,
                "detail": step.detail,
                "required": step.required,
            }
            for step in report.steps
        ],
        "error": error and error_json(error),
    }


def _print(report: "Report", code: int) -> None:
    for step in report.steps:
        status = "FAILED" if step.status == "failed" else step.status
        name = step.name if step.required else f"({step.name})"
        say(f"{status:<12}{step.number:>2}  {name:<22}{step.detail}".rstrip())
    for ground in report.grounds:
        say(f"trusted by {ground.by}: rests on {ground.rests_on}")
    say(_VERDICTS[code])
    if report.error is not None:
        note(f"{report.error.code} in {report.error.path}: {report.error.message}")
        note(f"  what to do: {report.error.remedy}")
