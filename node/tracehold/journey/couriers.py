"""The couriers of a node: one task for each holder, as the members and the choice of holders change."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from tracehold.journey.courier import Courier
from tracehold.journey.errand import Round
from tracehold.journey.follow import Trouble
from tracehold.journey.holders import Roll


class Couriers:
    """Sends and recalls couriers. Between `begin` and `end` they run in the task group given."""

    def __init__(self, shared: Round, trouble: Callable[[str], Trouble]) -> None:
        """`trouble` gives, for the name of a part, what is told of its troubles."""
        self._shared = shared
        self._trouble = trouble
        self._tasks: asyncio.TaskGroup | None = None
        self._sent: dict[int, tuple[Courier, asyncio.Task[NoReturn]]] = {}

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """From now on couriers run in this group."""
        self._tasks = tasks

    def end(self) -> None:
        """The group has ended, with all that ran in it."""
        self._tasks = None
        self._sent.clear()

    def send(self, roll: Roll) -> None:
        """A courier to each holder, and none to those who are it no more, or under another account."""
        if self._tasks is None:
            return
        holders = self._shared.holders
        wanted = {copy.node: roll.holders[copy.node] for at in holders.segments for copy in holders.of(at)}
        for node, (courier, task) in list(self._sent.items()):
            if node not in wanted or wanted[node].account != courier.holder.account:
                task.cancel()
                del self._sent[node]
        for node in sorted(wanted.keys() - self._sent.keys()):
            trouble = self._trouble(f"replicate to node {node}")
            courier = Courier(self._shared, wanted[node], roll.creator.number, trouble)
            self._sent[node] = courier, self._tasks.create_task(courier.run())
        for courier, _ in self._sent.values():
            courier.agenda.forget()
        self._shared.bell.ring()

    def wake(self, node: int) -> None:
        """The node answers again, after a silence."""
        if node in self._sent:
            self._sent[node][0].wake()
            self._shared.bell.ring()

    def doubt(self, node: int, segment: int) -> None:
        """Let the node be asked whether it still has what it acknowledged."""
        if node in self._sent:
            self._sent[node][0].agenda.doubt(segment)

    def failing_s(self, node: int, segment: int) -> float:
        """For how long nothing but failures came of bringing a segment to a node that answers."""
        return self._sent[node][0].agenda.line(segment).failing_s if node in self._sent else 0.0

    def idle_s(self, node: int, segment: int) -> float:
        """For how long a node acknowledged nothing more of a segment."""
        if node not in self._sent:
            return 0.0
        return self._shared.now() - self._sent[node][0].agenda.line(segment).moved

    def shipped(self, node: int, segment: int) -> int:
        """Record bytes of a segment that went to a node since its courier was sent."""
        return self._sent[node][0].agenda.line(segment).shipped if node in self._sent else 0

    def up(self, node: int) -> bool:
        """Whether the last exchange with a node ended well."""
        courier, _ = self._sent.get(node, (None, None))
        return courier is not None and courier.up

    def moving(self, node: int, since: float, patience: float, slow: float) -> bool:
        """Whether a node acknowledged more in the last `patience` seconds. Counts only for `slow` seconds
        from
        `since`, or from when its courier was sent: whoever is still behind then is not waited for.
        """
        courier, _ = self._sent.get(node, (None, None))
        if courier is None or courier.heard is None:
            return False
        now = self._shared.now()
        return now - max(since, courier.began) < slow and courier.heard >= now - patience
