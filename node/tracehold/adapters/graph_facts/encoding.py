"""A fact as one compact value.

The value is a JSON array in the order of `encode`; reading it back is most of what a walk costs, so there are
no names in it and nothing is looked up. The fingerprint and the known time stand beside it.
"""

from functools import partial
from typing import Any

import orjson

from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity

_TYPES = {str(member): member for member in EventType}
_quantity = partial(tuple.__new__, Quantity)
"""A `Quantity` of all its fields in order, made without a call of Python."""
_ACTIONS: dict[str | None, Action | None] = {None: None, **{str(member): member for member in Action}}


def encode(fact: Fact) -> bytes:
    """All of the fact but its fingerprint and known time."""
    return orjson.dumps(
        [
            fact.issuer,
            fact.instant,
            fact.type,
            fact.action,
            fact.event_id,
            fact.event_hash,
            fact.parent,
            _flat(fact.children),
            _flat(fact.inputs),
            _flat(fact.outputs),
            _flat(fact.observed),
            fact.memberships,
            fact.transformation_id,
            fact.place,
            fact.read_point,
            fact.step,
            fact.disposition,
            sorted(fact.parties),
            fact.declares_error,
            fact.sensed,
            sorted(fact.lasting),
            sorted(fact.lifted),
            fact.dealings,
        ]
    )


def decode(fingerprint: Fingerprint, body: bytes, known_ms: int | None) -> Fact:
    """The fact that was encoded."""
    (
        issuer, instant, type_, action, event_id, event_hash, parent, children, inputs, outputs, observed,
        memberships, transformation_id, place, read_point, step, disposition, parties, declares_error,
        sensed, lasting, lifted, dealings,
    ) = orjson.loads(body)  # fmt: skip
    return Fact(
        fingerprint,
        issuer,
        instant,
        _TYPES[type_],
        _ACTIONS[action],
        event_id,
        event_hash,
        parent,
        _quantities(children),
        _quantities(inputs),
        _quantities(outputs),
        _quantities(observed),
        tuple([(piece, lot) for piece, lot in memberships]) if memberships else (),
        transformation_id,
        place,
        read_point,
        step,
        disposition,
        frozenset(parties),
        declares_error,
        known_ms,
        tuple(sensed) if sensed else None,
        frozenset(lasting),
        frozenset(lifted),
        tuple([(kind, id) for kind, id in dealings]) if dealings else (),
    )


def _flat(quantities: tuple[Quantity, ...]) -> list[Any]:
    # A piece, by far the most frequent, is its name alone.
    return [
        q.item if q.piece and q.amount is None and q.uom is None else [q.item, q.amount, q.uom, q.piece]
        for q in quantities
    ]


def _quantities(flat: list[Any]) -> tuple[Quantity, ...]:
    if not flat:
        return ()
    return tuple([_quantity((q, None, None, True) if type(q) is str else q) for q in flat])
