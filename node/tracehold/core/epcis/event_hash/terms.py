"""Words that EPCIS 2.0 documents write bare and the event hash writes as full web addresses (the terms of the
published JSON-LD context that are typed `@vocab`).

A word of a later context that is not listed here stays as it is written.
"""

from tracehold.core.epcis.vocabulary import (
    BIZ_STEPS,
    DISPOSITIONS,
    ERROR_REASONS,
    SOURCE_DEST_TYPES,
    TRANSACTION_TYPES,
    Vocabulary,
)
from tracehold.core.epcis.vocabulary import COMPONENTS as _COMPONENTS

CBV = "https://ref.gs1.org/cbv/"
"""Namespace of the Core Business Vocabulary's web form."""


def _web(kind: str, known: Vocabulary) -> dict[str, str]:
    return {word: f"{CBV}{kind}-{word}" for word in known.words}


STEPS = _web("BizStep", BIZ_STEPS)
STATES = _web("Disp", DISPOSITIONS)
DOCUMENTS = _web("BTT", TRANSACTION_TYPES)
SIDES = _web("SDT", SOURCE_DEST_TYPES)
REASONS = _web("ER", ERROR_REASONS)
COMPONENTS = _web("Comp", _COMPONENTS)

URN_KINDS = {"bizstep": "BizStep", "disp": "Disp", "btt": "BTT", "sdt": "SDT", "er": "ER"}
"""What a kind of standard value is called in its URN form (left) and in its web form."""
