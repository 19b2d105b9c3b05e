"""What one verifier went through before, so that the files of many records share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import prove
from tracehold.core.errors import Rejected
from tracehold.core.evidence.pins import Ground, check_pins
from tracehold.core.evidence.trust import Trust
from tracehold.core.evidence.vouchers import Vouchers

_K = TypeVar("_K")
_V = TypeVar("_V")

Controls = tuple[tuple[bytes, bytes], ...]
Grounds = tuple[Ground, ...]


@dataclass(slots=True)
class Known:
    """Of one verifier with one trust. What follows from control records, and from an anchor with its proof,
    follows from their exact bytes: who gave them does not matter.
    """

    controls: dict[Controls, Vouchers] = field(default_factory=dict)
    _blocks: dict[Anchor, tuple[bytes, ...] | Rejected] = field(default_factory=dict)
    _grounds: dict[tuple[Anchor, str], Grounds | Rejected] = field(default_factory=dict)

    def vouchers(self, controls: Controls) -> Vouchers:
        """The control records, read. Raises as `Vouchers`."""
        found = self.controls.get(controls)
        if found is None:
            found = self.controls[controls] = Vouchers(controls)
        return found

    def blocks(self, anchor: Anchor) -> tuple[bytes, ...]:
        """Hashes of the anchor's block and those proved upon it; for an anchor with a proof. Raises as
        `anchorproof.prove`.
        """
        if anchor.proof is None:
            raise AssertionError("an anchor without a proof proves no block")
        proof = anchor.proof
        return _once(self._blocks, anchor, lambda: prove(anchor, proof).block_hashes)

    def grounds(self, trust: Trust, anchor: Anchor, blocks: tuple[bytes, ...], operator: str) -> Grounds:
        """What the trust file says of the anchor. Raises as `check_pins`."""
        return _once(self._grounds, (anchor, operator), lambda: check_pins(trust, anchor, blocks, operator))


def _once(found: dict[_K, _V | Rejected], key: _K, work: Callable[[], _V]) -> _V:
    outcome = found.get(key)
    if outcome is None:
        try:
            outcome = work()
        except Rejected as refusal:
            outcome = refusal
        found[key] = outcome
    if isinstance(outcome, Rejected):
        raise outcome
    return outcome
