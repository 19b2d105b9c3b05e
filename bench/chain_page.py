"""What bench/chain.py saw, for people."""

from typing import Any

from bench.workload import rows

MARGIN = 3
"""Blocks, beside the confirmations, within which what is sealed is to be final."""


def page(found: dict[str, Any]) -> str:
    """The whole page."""
    where, gas, (least, most) = found["machine"], found["gas"], found["loads"]
    return (
        f"# Anchors on a chain with consensus\n\n{where['date']}, {where['cores']} cores of {where['cpu']},"
        f" Python {where['python']}, load {least:.0f} to {most:.0f} meanwhile."
        " Three sealers, three nodes and the clients share the machine.\n\n"
        f"Clique (geth 1.13.15), {found['sealers']} sealers, a block every {found['periodS']} s."
        f" Three nodes, each at a sealer of its own, found `{found['finality']}` by themselves."
        f" Quorum {found['quorum']}, {found['copies']} copies. A record every {found['everyS']} s to each"
        " node, which anchors what is sealed as soon as its anchor before is in a block.\n\n"
        f"**{found['anchors']:,} anchors** of {found['records']:,} records in {found['seconds']:.0f} s and"
        f" {found['blocks']} blocks: {found['perMinute']:.0f} a minute."
        f" **Nonce errors: {len(found['nonceErrors'])}.**"
        f" Sealers replaced blocks of theirs by others {found['reorganised']} times.\n\n"
        + _waits(found)
        + f"\nGas of an anchor: {gas['mean']:,.0f} in the mean, {gas['max']:,} at most.\n\n"
        + _errors(found)
    )


def _waits(found: dict[str, Any]) -> str:
    waits, shares = found["toFinal"], ("p50", "p95", "max")
    depth = int(found["finality"].removeprefix("depth:"))
    goal = MARGIN + depth
    holds = "held" if waits["blocks"]["p95"] < goal else "NOT held"
    lines = [
        ("blocks", *(f"{waits['blocks'][share]:.0f}" for share in shares)),
        ("seconds", *(f"{waits['seconds'][share]:.1f}" for share in shares)),
    ]
    return (
        rows(("SEALED to FINAL", *shares), lines)
        + f"\nGoal: p95 under {MARGIN} blocks plus {depth} confirmations, under {goal} blocks: **{holds}**."
        " Blocks: how much the sealer's height grew between the answer at SEALED and the moment when the"
        " node had stored FINAL with the proof.\n"
    )


def _errors(found: dict[str, Any]) -> str:
    wrong = "".join(f"* {line}\n" for line in found["nonceErrors"])
    said = "".join(f"* {count} times {line}\n" for line, count in found["told"].items())
    return (
        "A nonce error is any of these, found in the end on the chain and the nodes' disks: an account sent"
        " another number of transactions than its node has anchors on the chain; a nonce is missing; an"
        " anchor does not begin where the one before ended; a node keeps another transaction, or other sizes,"
        f" than the chain.\n{wrong}\nFaults and followers held up, as the nodes told meanwhile:"
        + (f"\n\n{said}" if said else " none.\n")
    )
