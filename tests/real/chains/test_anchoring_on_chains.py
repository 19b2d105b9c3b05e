"""The follower that anchors a log, with its real stores, on each kind of chain: to FINAL, through restarts
and silence.
"""

import os
import signal
from pathlib import Path

import pytest

from tests.real.chains.anchoring import line
from tests.real.chains.site import Site
from tracehold.core.errors import Unavailable
from tracehold.journey.ports import AnchorState

pytestmark = pytest.mark.real

MINED, FINAL = AnchorState.MINED, AnchorState.FINAL


async def test_a_log_is_anchored_until_it_is_final(site: Site, tmp_path: Path) -> None:
    """Two anchors, one after the other, by a follower that is started anew in every state."""
    async with line(site, tmp_path, "final") as it:
        sealed = []
        for number in (1, 2):
            sealed.append(await it.upload(number))
            for state in (MINED, FINAL):
                it.restart()
                await (it.newest(state) if state is MINED else it.settled())
        assert [(task.state, task.undone) for task in await it.tasks()] == [(FINAL, None)] * 2
        assert all(task.anchor is not None and task.anchor.proof is not None for task in await it.tasks())
        await it.check(*sealed)


async def test_a_chain_that_falls_silent_is_waited_for(site: Site, tmp_path: Path) -> None:
    """Its process is halted with the anchor on its way: it is down, and nothing is lost or doubled."""
    async with line(site, tmp_path, "silence", timeout_s=0.5) as it:
        sealed = await it.upload(1)
        await it.anchorer.step()
        os.kill(site.chain.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable, match="CHAIN_DOWN"):
                await it.anchorer.step()
        finally:
            os.kill(site.chain.pid, signal.SIGCONT)
        await it.settled()
        await it.check(sealed)
