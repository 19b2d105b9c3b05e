"""What recurs in the story: goods that change hands, and what devices measure."""

from collections.abc import Sequence
from typing import Any

from tracehold.cli.demo.narrator import Amounts, Narrator
from tracehold.cli.demo.things import Company, Thing


def hand_over(
    narrator: Narrator,
    giver: Company,
    taker: Company,
    number: int,
    *,
    amounts: Amounts | None = None,
    pieces: Sequence[Thing] = (),
) -> None:
    """One company ships, the other receives two hours later; both name despatch advice `number`."""
    narrator.observe(
        giver,
        "shipping",
        "in_transit",
        giver.place(9),
        amounts=amounts,
        pieces=pieces,
        more=transfer(giver, taker, number, giver),
    )
    narrator.wait(hours=2)
    narrator.observe(
        taker,
        "receiving",
        "in_progress",
        taker.place(9),
        amounts=amounts,
        pieces=pieces,
        more=transfer(giver, taker, number, taker),
    )


def transfer(giver: Company, taker: Company, number: int, speaker: Company) -> dict[str, Any]:
    """The members that say who hands over to whom, as `speaker` writes them."""
    return {
        "bizTransactionList": [{"type": "desadv", "bizTransaction": giver.document("DA", number)}],
        "sourceList": [{"type": "owning_party", "source": speaker.spell(giver.party)}],
        "destinationList": [{"type": "owning_party", "destination": speaker.spell(taker.party)}],
    }


def measured(narrator: Narrator, kind: str, value: float, unit: str) -> dict[str, Any]:
    """The member that reports one value, now."""
    time = narrator.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    report = {"type": kind, "value": round(value, 1), "uom": unit}
    return {"sensorElementList": [{"sensorMetadata": {"time": time}, "sensorReport": [report]}]}
