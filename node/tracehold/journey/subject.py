"""What a question is about: an item, or a business transaction."""

from dataclasses import dataclass

from tracehold.core.epcis.vocabulary import TRANSACTION_TYPES
from tracehold.core.lineage import Fact, is_under, touched
from tracehold.journey.inquiry import named


@dataclass(frozen=True, slots=True)
class Transaction:
    """A business transaction: its id and its type, each in any spelling; an empty type stands for all."""

    id: str
    type: str = ""

    @property
    def kind(self) -> str | None:
        """The type as facts have it: the bare word of a standard one; None for all."""
        return (TRANSACTION_TYPES.word(self.type) or self.type) if self.type else None


Subject = str | Transaction
"""An item in any spelling, or a transaction."""


def name_of(subject: Subject) -> str:
    """The canonical name under which records about it are found. Raises `Rejected` as `inquiry.named`."""
    if isinstance(subject, Transaction):
        return named(subject.id, "/businessTransaction/id")
    return named(subject)


def concerns(fact: Fact, subject: Subject, name: str) -> bool:
    """Whether a fact that was found under the subject's canonical name is about it: the same name may be an
    item's here and an order's there.
    """
    if isinstance(subject, Transaction):
        return is_under(fact, name, subject.kind)
    return name in touched(fact)
