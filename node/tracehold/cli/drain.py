"""`tracehold drain`: take a node out of the network in order."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json

if TYPE_CHECKING:
    from tracehold.config import Config
    from tracehold.node.wishfile import WishFile

LOOK_S = 0.5

HANDED = ("handed", "revoked", "gone")
"""Stages at which nothing is left to hand over."""


def drain(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    leave: Annotated[
        bool,
        typer.Option("--leave", help="When all is handed over, revoke the node on the contract, for good."),
    ] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take it back: the node stays.")] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait; the node goes on by itself afterwards. 0: do not wait.")
    ] = 86_400.0,
    as_json: JsonOption = False,
) -> None:
    """Let a running node hand over all that it keeps, before it leaves.

    Uploads are refused from now on; the rest is answered as ever. It is done when its own log is final, and
    everything is kept by enough others.
    """
    with reported(as_json):
        from tracehold.config import load
        from tracehold.node.own import data_folder
        from tracehold.node.wishfile import WishFile

        config = load(dir / CONFIG_NAME)
        wishes = WishFile(data_folder(config))
        if cancel:
            wishes.cancel()
            _end(as_json, {"draining": False}, "the node stays, and takes uploads again")
            return
        keep = asyncio.run(_ask(config, wishes, leave=leave))
        found = _wait(wishes, "gone" if leave else "handed", timeout) if timeout else {"stage": "asked"}
        _end(as_json, {"draining": True, **found, "keep": keep}, _said(dir, found, keep))


async def _ask(config: "Config", wishes: "WishFile", *, leave: bool) -> list[str]:
    """Ask the node, where the others can go on without it. Files that somebody needs afterwards. Raises
    STILL_NEEDED, NOT_A_MEMBER, CHAIN_DOWN.
    """
    from tracehold.adapters.keyfiles import read_ledger_key
    from tracehold.core.errors import Rejected
    from tracehold.journey.drain import check_leaving
    from tracehold.journey.leaving import Wish
    from tracehold.node.own import contract_of, open_ledger, sending

    if not config.peers.listen:
        raise Rejected(
            "BAD_CONFIG", "the node answers no other, so nobody can take over", path="peers.listen"
        )
    async with open_ledger(config) as ledger:
        own = await ledger.myself()
        if own is None:
            raise Rejected("NOT_A_MEMBER", "the contract knows no node of this account")
        if own.active:
            check_leaving(await ledger.members(), own, (await ledger.network()).quorum)
    async with sending(config, read_ledger_key(config.keys.ledger)) as account:
        governs = await account.governs(contract_of(config))
    wishes.ask(Wish(time.time(), leave))
    return [str(config.keys.ledger)] if governs else []


def _wait(wishes: "WishFile", stage: str, timeout: float) -> Mapping[str, Any]:
    """What the node told when it was so far. Raises DEADLINE, CONFLICT where it was taken back, and
    NOT_A_MEMBER where it was revoked before.
    """
    from tracehold.core.errors import Rejected, Unavailable

    note("the node hands over while it runs; after a crash it goes on at its next start")
    end, told = time.monotonic() + timeout, ""
    while True:
        found = wishes.progress() or {}
        if found.get("stage") in HANDED[HANDED.index(stage) :]:
            return found
        if (error := found.get("error")) and error["code"] == "NOT_A_MEMBER":
            raise Rejected(error["code"], error["message"], remedy=error["remedy"])
        if not wishes.there:
            raise Rejected("CONFLICT", "it was taken back meanwhile")
        if (line := _line(found)) != told:
            note(told := line)
        if time.monotonic() > end:
            raise Unavailable("DEADLINE", f"not yet: {line}")
        time.sleep(LOOK_S)


def _line(found: Mapping[str, Any]) -> str:
    """Where it stands, in one line."""
    if not found:
        return "the node has not told anything yet: it may be down"
    if error := found.get("error"):
        return f"{error['code']}: {error['message']}. {error['remedy']}"
    if found["stage"] == "revoked":
        return "revoked; that is not final yet"
    if found["stage"] == "handed":
        return "all is handed over"
    told = [f"{count} segments of log {log[:16]}" for log, count in sorted(found["leftSegments"].items())]
    if found["leftEntries"]:
        told.append(f"{found['leftEntries']} own entries that are not final")
    told += [f"anchors over the last entries of log {log[:16]}" for log in found["openLogs"]]
    if not told:
        told = ["nothing, and is looked through once more"]
    if found["waitsFor"]:
        told.append(f"nodes that do not answer: {', '.join(map(str, found['waitsFor']))}")
    if not found["calm"]:
        told.append("too many members are silent to say more")
    return f"left: {'; '.join(told)}"


def _said(dir: Path, found: Mapping[str, Any], keep: Sequence[str]) -> str:
    """What the operator may do now."""
    if found["stage"] == "gone":
        but = f", but for {keep[0]}: its account is the contract's admin" if keep else ""
        return f"the node is revoked, and that is final: stop it; its folder may be deleted{but}"
    if found["stage"] == "asked":
        return f"the node was asked; how far it is: tracehold drain --dir {dir}, or tracehold status"
    return (
        "all is handed over, and the node is a member still: keep its folder.\n"
        f"  to leave for good: tracehold drain --leave --dir {dir}\n"
        f"  to stay:           tracehold drain --cancel --dir {dir}"
    )


def _end(as_json: bool, document: Mapping[str, Any], line: str) -> None:
    if as_json:
        show_json(document)
    else:
        note(line)
