"""Security: what a false holder answers to shipments and to questions for checkpoints."""

from typing import Any

import pytest

from tests.ports.dock import docked
from tests.ports.mesh import Raw
from tests.ports.shipping import ACK, sent, shipment, state
from tracehold.core.errors import Unavailable


def _shortened(answer: Any) -> None:
    answer.acknowledgement = ACK[:63]


def _both(answer: Any) -> None:
    answer.refused = 63


def _no_reason(answer: Any) -> None:
    answer.acknowledgement, answer.refused = b"", 9_999


def _less(answer: Any) -> None:
    answer.size = 0


def _huge(answer: Any) -> None:
    answer.size = 1 << 60


@pytest.mark.parametrize("lie", [_shortened, _both, _no_reason, _less, _huge])
async def test_security_answers_to_a_shipment_that_mean_nothing(tmp_path, lie):
    """As if the peer were down."""

    async def tamper(method: str, answer: Any) -> Any:
        if method == "Replicate":
            lie(answer)
        return answer

    async with docked(tmp_path, tamper) as dock:
        with pytest.raises(Unavailable) as caught:
            await (await dock.peer()).replicate(shipment(dock.creator, [sent(b"x")]))
        assert caught.value.code == "PEER_DOWN"


@pytest.mark.parametrize("raw", [b"junk", b"\xff" * 99, b"\x0a\xff\xff\xff\xff\x0f"])
async def test_security_junk(tmp_path, raw):
    """For both questions."""

    async def tamper(method: str, answer: Any) -> Any:
        return Raw(raw)

    async with docked(tmp_path, tamper) as dock:
        peer = await dock.peer()
        for question in (peer.replicate(shipment(dock.creator, [])), peer.checkpoint(dock.creator.log)):
            with pytest.raises(Unavailable) as caught:
                await question
            assert caught.value.code == "PEER_DOWN"


@pytest.mark.parametrize("other", [True, False])
async def test_security_checkpoints_that_were_not_asked_for(tmp_path, other):
    """Of another log, or none at all."""

    async def tamper(method: str, answer: Any) -> Any:
        if method == "GetCheckpoint" and not other:
            answer.checkpoint.note = b"tracehold/junk"
        return answer

    async with docked(tmp_path, tamper) as dock:
        shown = dock.holder if other else dock.creator
        dock.shelf.known[dock.creator.log] = state(shown, 5)
        with pytest.raises(Unavailable) as caught:
            await (await dock.peer()).checkpoint(dock.creator.log)
        assert caught.value.code == "PEER_DOWN"
