"""What bench/repair.py saw, for people: a table, and the curve of copies as a figure of text."""

from typing import Any

from bench.workload import rows

WIDTH = 20
"""Characters of one copy in the figure."""


def page(found: dict[str, Any]) -> str:
    """The whole page."""
    where, limits = found["machine"], found["limits"]
    head = (
        f"# A node that is lost\n\n{where['date']}, {where['cores']} cores of {where['cpu']},"
        f" Python {where['python']}, load before {where['loadBefore']:.1f}."
        " Five nodes, their chain and the clients share the machine.\n\n"
        "Two nodes get the records; one of them is killed for good, which also keeps the log of the other."
        f" Target 3 copies; a node is suspect after {limits['suspect_s']:g} s, lost after"
        f" {limits['replace_s']:g} s of silence. *Shipped*: the log of the one that lives, by itself, to the"
        " next holder. *Fetched*: the log of the one that is gone, by those whose turn it is."
        " Goal: at least 20 MB/s. CPU: of all four nodes that live, meanwhile.\n\n"
    )
    figures = [figure(case) for case in found["sizes"]]
    return head + _repairs(found) + "\n" + _answers(found) + "\n" + "\n".join(figures)


def _repairs(found: dict[str, Any]) -> str:
    lines = []
    for case in found["sizes"]:
        for way in ("shipped", "fetched"):
            each = case[way]
            size = each["bytes"] / each["entries"] / 1024
            moved = f"{each['movedBytes'] / 1e6:.0f}"
            took = f"{each['endedS'] - each['beganS']:.1f}"
            began = f"{each['beganS']:.1f}"
            figures = (moved, began, took, f"{each['mbPerS']:.1f}", f"{each['cpuS']:.1f}")
            lines.append((f"{size:.1f}", f"{each['entries']:,}", way, *figures))
    head = (
        "KiB a record",
        "records",
        "way",
        "MB moved",
        "began, s after the kill",
        "took s",
        "MB/s",
        "CPU s",
    )
    return rows(head, lines)


def _answers(found: dict[str, Any]) -> str:
    """How uploads to a third node went on."""
    lines = []
    for case in found["sizes"]:
        for when, name in (
            ("before", "answersBefore"),
            ("from the kill to the last copy", "answersMeanwhile"),
        ):
            each = case[name]
            figures = (f"{each[key] * 1000:.0f}" for key in ("p50", "p99", "worst"))
            lines.append((case["kib"], when, each["answers"], *figures))
    return rows(("KiB", "uploads to a third node", "answers", "p50 ms", "p99 ms", "worst ms"), lines)


def figure(case: dict[str, Any]) -> str:
    """Copies at nodes that live, as a mean over both logs, by seconds since the kill."""
    shipped, fetched = case["shipped"], case["fetched"]
    weights = [shipped["bytes"], fetched["bytes"]]
    curve = [
        (one[0], (one[1] * weights[0] + other[1] * weights[1]) / sum(weights))
        for one, other in zip(shipped["copies"], fetched["copies"], strict=True)
    ]
    lines = [f"{at:6.1f} s  {many:.2f}  {'#' * round(many * WIDTH)}" for at, many in _thinned(curve)]
    title = (
        f"Copies of a record at nodes that live, records of {case['kib']} KiB; the kill is at 0."
        f" Load of the machine at that moment: {case['loadAtKill']:.1f}."
    )
    return f"{title}\n\n```\n" + "\n".join(lines) + "\n```\n"


def _thinned(curve: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One line a second, and every look while something changes, at most forty of those."""
    changes = [at for at in range(1, len(curve)) if curve[at][1] != curve[at - 1][1]]
    step = max(1, len(changes) // 40)
    shown = {0, len(curve) - 1, *changes[::step]}
    second = -1
    for at, (seconds, _) in enumerate(curve):
        if int(seconds) > second:
            second = int(seconds)
            shown.add(at)
    return [curve[at] for at in sorted(shown)]
