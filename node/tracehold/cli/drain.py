"""`tracehold drain`: take a node out of the network in order."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.answering import down
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json, usage

if TYPE_CHECKING:
    from tracehold.config import Config
    from tracehold.node.wishfile import WishFile

LOOK_S = 0.5
INTERRUPTED = 130

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
        float,
        typer.Option(min=0, help="Seconds to wait; the node goes on by itself afterwards. 0: do not wait."),
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
        wishes, end = WishFile(data_folder(config)), time.monotonic() + timeout
        if cancel:
            if leave:
                raise usage("--cancel takes --leave back, too: give one of them")
            _end(as_json, {"draining": False}, _taken_back(config, wishes))
            return
        try:
            keep = asyncio.run(_ask(config, wishes, leave=leave))
            if away := down(config):
                note(f"{away}: it hands over once it runs; to take it back: {_cancel(dir)}")
            found = _wait(wishes, "gone" if leave else "handed", end, dir) if timeout else {"stage": "asked"}
        except KeyboardInterrupt as stopped:
            _interrupted(wishes, dir)
            raise typer.Exit(INTERRUPTED) from stopped
        _end(as_json, {"draining": True, **found, "keep": keep}, _said(dir, found, keep))


def _taken_back(config: "Config", wishes: "WishFile") -> str:
    """Take the wish back, and say what that changed. Raises CONFLICT where it is too late."""
    from tracehold.node.retiring import is_retired

    there = wishes.there
    wishes.cancel()
    if not there:
        return "the node was not leaving: nothing is changed"
    if is_retired(config):
        return "the node stays; its log is retired, so it takes no uploads"
    if away := down(config):
        return f"the node stays, and takes uploads when it runs again; {away}"
    return "the node stays, and takes uploads again"


def _cancel(dir: Path) -> str:
    return f"tracehold drain --cancel --dir {dir}"


def _interrupted(wishes: "WishFile", dir: Path) -> None:
    """The wish outlives the command that made it."""
    if wishes.there:
        note(f"only the waiting ended: the node goes on leaving; to take it back: {_cancel(dir)}")
    else:
        note("the node was not asked: it stays")


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


def _wait(wishes: "WishFile", stage: str, end: float, dir: Path) -> Mapping[str, Any]:
    """What the node told when it was so far. Raises DEADLINE at `end` (monotonic seconds), CONFLICT where it
    was taken back, and NOT_A_MEMBER where it was revoked before.
    """
    from tracehold.core.errors import Rejected, Unavailable

    note("the node hands over while it runs; after a crash it goes on at its next start")
    told = ""
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
        if (left := end - time.monotonic()) <= 0:
            remedy = f"The node goes on by itself: call it again to wait on; to take it back: {_cancel(dir)}"
            raise Unavailable("DEADLINE", f"not yet: {line}", remedy=remedy)
        time.sleep(min(LOOK_S, left))


def _line(found: Mapping[str, Any]) -> str:
    """Where it stands, in one line."""
    if not found:
        return "the node has not told anything yet"
    if error := found.get("error"):
        return f"waits, held up by {error['code']}: {error['message']}. {error['remedy']}"
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
