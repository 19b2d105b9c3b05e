"""The look at the chain and the account: which alarms stand, when they begin and when they end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import generate_latest

from tracehold.api.chain_metrics import ALARMS
from tracehold.api.metrics import Metrics
from tracehold.cli.upkeep import upkeep_lines
from tracehold.core.errors import CODES, Broken, Rejected, TraceholdError, Unavailable
from tracehold.journey.chainguard import ChainGuard, ChainHealth, Limits, poverty
from tracehold.journey.ports.chain import Endpoint, FinalityStanding, Funds, Newest
from tracehold.wire.standing import Standing, status_message

LIMITS = Limits(every=10, stall_s=60, low_anchors=100)


@dataclass
class Outlook:
    """A chain as the test says it is."""

    height: int = 1
    empty: bool = True
    money: Funds | None = field(default_factory=lambda: Funds(10**6, 1))
    on_its_way: bool = False
    others: int = 0
    capped: bool = False
    down: TraceholdError | None = None
    surveys: int = 0

    async def survey(self) -> Sequence[Endpoint]:
        """Counted."""
        self.surveys += 1
        if self.down:
            raise self.down
        return self.endpoints()

    def endpoints(self) -> Sequence[Endpoint]:
        """Two, of which the second is in use."""
        return (
            Endpoint("one:1", False, False, 3, "silent"),
            Endpoint("two:2", True, True, self.height),
        )

    async def newest(self) -> Newest:
        """By height."""
        return Newest(self.height, self.height.to_bytes(32), 1_800_000_000 + self.height, self.empty)

    async def finality(self) -> FinalityStanding:
        """Two deep."""
        return FinalityStanding("depth:2", "Clique with 3 sealers", self.height - 2)

    async def funds(self) -> Funds:
        """None: there is no account."""
        if self.money is None:
            raise Rejected("NOT_A_MEMBER", "no ledger account was given")
        return self.money

    async def waiting(self) -> bool:
        """As set."""
        return self.on_its_way

    async def check_fees(self) -> None:
        """As set."""
        if self.capped:
            raise Unavailable("FEE_CAP", "the chain asks too much")

    async def foreign(self) -> int:
        """So far."""
        return self.others


class Scene:
    """A guard over an outlook, with a clock of its own."""

    def __init__(self, **outlook: object) -> None:
        self.outlook = Outlook(**outlook)  # type: ignore[arg-type]
        self.now = 0.0
        self.told: list[str] = []
        self.pays = True
        self.guard = ChainGuard(
            self.outlook,
            LIMITS,
            lambda: self.now,
            lambda error: self.told.append(error.code),
            lambda: self.pays,
        )

    async def look(self, after: float = 10.0) -> list[str]:
        """Codes of the alarms after one more look."""
        self.now += after
        await self.guard.step()
        return [alarm.code for alarm in self.guard.health.alarms]


async def test_a_chain_that_stands_still():
    """Told once when it begins, over at the next block, told again at the next stall."""
    it = Scene()
    assert await it.look() == []
    assert await it.look(59) == []
    assert await it.look(1) == ["CHAIN_STALLED"]
    assert await it.look() == ["CHAIN_STALLED"]
    it.outlook.height += 1
    assert await it.look() == []
    assert await it.look(60) == ["CHAIN_STALLED"]
    assert it.told == ["CHAIN_STALLED"] * 2


async def test_a_chain_that_seals_only_what_is_sent():
    """It stands still by right, until a transaction of ours waits for as long."""
    it = Scene(empty=False)
    await it.look()
    assert await it.look(1_000) == []
    it.outlook.on_its_way = True
    assert await it.look() == []
    assert await it.look(59) == []
    assert await it.look(1) == ["CHAIN_STALLED"]
    it.outlook.on_its_way = False
    assert await it.look() == []


async def test_a_reorganisation_is_no_stall():
    """Another block of the same height is a new block."""
    it = Scene()
    await it.look()
    it.now += 59
    it.outlook.height = 0
    assert await it.look() == []


@pytest.mark.parametrize(
    ("balance", "per_anchor", "code"),
    [(99, 1, "LOW_FUNDS"), (100, 1, None), (0, 1, "NO_FUNDS"), (4, 5, "NO_FUNDS"), (0, 0, None)],
)
async def test_funds(balance: int, per_anchor: int, code: str | None):
    """Fewer anchors left than the limit is a warning, none left an alarm; where they cost nothing neither."""
    it = Scene(money=Funds(balance, per_anchor))
    assert await it.look() == ([code] if code else [])
    it.outlook.money = Funds(10**9, 1)
    assert await it.look() == []


def test_no_warning_is_wanted():
    """At 0 the last anchor but none is no matter; an empty account still is."""
    assert poverty(Funds(1, 1), 0) is None
    empty = poverty(Funds(0, 1), 0)
    assert empty is not None
    assert empty.code == "NO_FUNDS"


async def test_attack_a_shared_account_is_never_forgotten():
    """The alarm stands until a restart, and counts."""
    it = Scene(others=1)
    assert await it.look() == ["ACCOUNT_SHARED"]
    it.outlook.others = 3
    assert await it.look() == ["ACCOUNT_SHARED"]
    assert it.guard.health.foreign == 3
    assert it.told == ["ACCOUNT_SHARED"]


async def test_fees_over_the_cap():
    """For as long as they are."""
    it = Scene(capped=True)
    assert await it.look() == ["FEE_CAP"]
    it.outlook.capped = False
    assert await it.look() == []


async def test_a_node_without_an_account():
    """Only looks at the chain."""
    it = Scene(money=None)
    await it.look()
    assert await it.look(60) == ["CHAIN_STALLED"]
    assert it.guard.health.funds is None


async def test_a_chain_that_is_down_keeps_what_was_found():
    """CHAIN_DOWN is not this part's alarm: the back-end says it. WRONG_CHAIN ends the node."""
    it = Scene()
    await it.look()
    it.outlook.down = Unavailable("CHAIN_DOWN", "silent")
    with pytest.raises(Unavailable):
        await it.look()
    assert it.guard.health.newest is not None
    it.outlook.down = Broken("WRONG_CHAIN", "set up again")
    with pytest.raises(Broken):
        await it.guard.run(_never)


async def _never(_: float) -> None:
    raise AssertionError("nothing to wait for")


async def test_status_lines_and_metrics():
    """All of it: policy and how it was found out, funds, addresses, alarms."""
    it = Scene(money=Funds(50, 1))
    await it.look()
    standing = Standing("1", "urn:x", chain=it.guard.health)
    message = status_message(standing)
    assert (message.chain.finality, message.chain.finality_found) == ("depth:2", "Clique with 3 sealers")
    assert not message.chain.HasField("final_block")
    assert (message.chain.balance_wei, message.chain.anchors_left) == ("50", 50)
    assert [each.in_use for each in message.chain.endpoints] == [False, True]
    lines = list(upkeep_lines(message))
    assert lines[0].startswith("ALARM LOW_FUNDS: the account pays for 50 more anchors")
    assert "chain at one:1: DOWN, silent" in lines
    assert any(line.startswith("finality: depth:2 (Clique with 3 sealers)") for line in lines)
    metrics = Metrics()
    metrics.stands(standing)
    page = generate_latest(metrics.registry).decode()
    assert 'tracehold_alarm{code="LOW_FUNDS"} 1.0' in page
    assert 'tracehold_alarm{code="CHAIN_STALLED"} 0.0' in page
    assert "tracehold_ledger_anchors_left 50.0" in page
    assert "tracehold_ledger_endpoints_up 1.0" in page


async def test_a_log_that_ended_needs_no_funds():
    """Neither little money nor dear gas is told; a chain that stands still is."""
    it = Scene(money=Funds(0, 1), capped=True)
    it.pays = False
    assert await it.look() == []
    assert await it.look(60) == ["CHAIN_STALLED"]
    it.pays = True
    assert sorted(await it.look()) == ["CHAIN_STALLED", "FEE_CAP", "NO_FUNDS"]


def test_before_the_first_look():
    """Nothing is claimed."""
    message = status_message(Standing("1", "urn:x", chain=ChainHealth())).chain
    assert (message.finality, message.balance_wei, list(message.alarms)) == ("", "", [])
    assert list(upkeep_lines(status_message(Standing("1", "urn:x", chain=ChainHealth())))) == []


def test_every_alarm_has_a_remedy():
    """And a stable code."""
    assert all(CODES[code].remedy for code in ALARMS)
