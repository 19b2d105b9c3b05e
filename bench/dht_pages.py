"""The results of bench/dht.py as a page."""

from typing import Any

from bench.dht_shown import sentences, shown
from bench.workload import rows

_TIMES = ("p50 ms", "p90 ms", "p99 ms", "max ms")


def _found(case: dict[str, Any]) -> tuple[Any, ...]:
    shares = (case["lookups"], f"{case['all']:.2%}", f"{case['some']:.2%}")
    return (*shares, case["p50Ms"], case["p90Ms"], case["p99Ms"], case["maxMs"])


def page(found: dict[str, Any]) -> str:
    """Everything, in tables."""
    where = found["machine"]
    return "\n".join(
        [
            "# Directory",
            "",
            f"{where['date']}, {where['cores']} cores of {where['cpu']}, Python {where['python']}, "
            f"load before {where['loadBefore']:.1f}. All members in one process; times of simulated "
            "lookups are simulated, CPU and rates are not.",
            "",
            "## What is shown, and by which test",
            "",
            shown(),
            sentences(),
            "## Simulated",
            "",
            "Three holders a key, twelve replicas. `all`: every holder was found; `some`: at least one.",
            "",
            _healthy(found),
            _missing(found),
            _liars("One liar among 31", found["oneLiar"]),
            _liars("10 of 50 lie together", found["fifthLies"]),
            _costs(found),
            *(_grpc(found["grpc"]) if "grpc" in found else ()),
        ]
    )


def _healthy(found: dict[str, Any]) -> str:
    title = (
        "members",
        "lookups",
        "all",
        "some",
        *_TIMES,
        "calls",
        "right places",
        "CPU ms join, announce, lookup",
    )
    cases = [(str(case["members"]), case) for case in found["healthy"]]
    cases += [("100, RTT 85 ms, 1 % lost", found["far"]), ("100, RTT 85 ms, 20 % lost", found["lossy"])]
    return rows(
        title,
        [
            (
                name, *_found(case), case["callsPerLookup"], f"{case['placed']:.4f}",
                f"{case['joinCpuMs']}, {case['announceCpuMs']}, {case['lookupCpuMs']}",
            )
            for name, case in cases
        ],
    )  # fmt: skip


def _missing(found: dict[str, Any]) -> str:
    title = ("of 100 members at once, in 10 networks", "lookups", "all", "some", *_TIMES)
    return rows(
        title,
        [(f"{case['share']:.0%} {case['how']}", *_found(case)) for case in found["missing"]],
    )


def _liars(name: str, cases: list[dict[str, Any]]) -> str:
    return rows(
        (name, "lookups", "all", "some", *_TIMES),
        [(case["kind"] + _mark(case), *_found(case)) for case in cases],
    )


def _costs(found: dict[str, Any]) -> str:
    full, new = found["full"], found["newcomer"]
    lines = [
        *map(_sweep, found["sweeps"]),
        f"{full['records']:,} records on disk: {full['putsPerS']:,} put a second, {full['sliceMsMedian']} ms "
        f"CPU (at most {full['sliceMsMax']}) to forget {full['expirySlice']:,}.",
        f"A newcomer asks a node that keeps {new['records']:,} records: {new['worstMs']} ms CPU at most.",
        _churn(found["churn"]),
    ]
    return "\n\n".join(lines) + "\n"


def _sweep(case: dict[str, Any]) -> str:
    return (
        f"Sweep of {case['keys']:,} keys, {case['members']} members: {case['lookups']} lookups, "
        f"{case['callsPerKey']} calls and {case['cpuMsPerKey']} ms CPU a key, every signature checked at "
        f"every replica; {case['keysPerS']:,} keys/s, {case['keysPerCpuS']:,} a CPU second; "
        f"{case['placed']:.4f} at the right places."
    )


def _churn(case: dict[str, Any]) -> str:
    return (
        f"{case['members']} members that come and go for {case['minutes']} minutes (stays of 10 minutes in "
        f"the median, absences of 2): {case['all']:.2%} of {case['lookups']:,} lookups find every holder, "
        f"{case['some']:.2%} one, p99 {case['p99Ms']} ms; tasks at most {case['tasksFirstHalf']} in the "
        f"first half and {case['tasksSecondHalf']} in the second."
    )


def _mark(case: dict[str, Any]) -> str:
    return " *" if case.get("again") else ""


def _again(found: dict[str, Any]) -> str:
    """What was measured a second time, and how it went the first time."""
    where = found["machineAgain"]
    before = ", ".join(
        f"{each['what']} {each['all']:.1%}, p99 {each['p99Ms']} ms" for each in found["firstTime"]
    )
    return (
        f"\\* measured again, {where['date']}, load before {where['loadBefore']:.1f}. The first time others "
        "had the machine at a load of 28: announcements were not answered in time, and what is due again "
        f"after ten minutes was not announced before the lookups. Every holder was found then: {before}."
    )


def _grpc(found: dict[str, Any]) -> list[str]:
    where, late, full, churn = found["machine"], found["lateSeeds"], found["full"], found["churn"]
    return [
        "## Over gRPC with mutual TLS",
        "",
        f"{where['date']}, load before {where['loadBefore']:.1f}. {found['members']} nodes in one "
        "process, so that each time has the CPU of all of them in it; each with a certificate and a member "
        "record of its own. 12 replicas.",
        "",
        rows(
            ("", "lookups", "all", "some", *_TIMES),
            [(case["name"] + _mark(case), *_found(case)) for case in found["lookups"]],
        ),
        _liars(f"One liar among {found['members']}", found["oneLiar"]),
        _liars(f"{found['members'] // 5} of {found['members']} lie together", found["fifthLies"]),
        *((_again(found), "") if "firstTime" in found else ()),
        _sweep(found["sweep"]) + " One restart on the way.",
        "",
        f"Seed up after 25 s: all others had a contact within {late['joinedS']} s, and knew everybody within "
        f"{late['wholeS']} s.",
        "",
        f"A newcomer joins by a node that keeps {full['records']:,} records: {full['newcomerCalls']} calls, "
        f"{full['newcomerMs']} ms of its CPU in all, {full['newcomerWorstMs']} ms at most for one. To forget "
        f"{full['expirySlice']}: {full['sliceMsMedian']} ms CPU, at most {full['sliceMsMax']} ms.",
        "",
        f"{churn['members']} nodes that come and go{_mark(churn)} for {churn['seconds']} s at "
        f"{churn['haste']:.0f} times the speed (stays of 10 minutes in the median): {churn['all']:.2%} of "
        f"{churn['lookups']:,} lookups find every holder, {churn['some']:.2%} one, p99 {churn['p99Ms']} ms; "
        f"{churn['mibFirstHalf']} MiB at most in the first half and {churn['mibSecondHalf']} in the second.",
        "",
    ]
