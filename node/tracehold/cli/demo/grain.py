"""The first half of the story: grain of twelve fields comes to the mill and becomes flour."""

from collections.abc import Sequence

from tracehold.cli.demo.narrator import Narrator
from tracehold.cli.demo.players import BRAN, FARM, FLOUR, GRAIN, MILL, PACKER
from tracehold.cli.demo.scenes import hand_over, measured
from tracehold.cli.demo.things import Thing


def harvest(narrator: Narrator) -> list[Thing]:
    """Twelve lots of grain, one of each field, come to the mill."""
    lots = []
    for field in range(1, 13):
        lot = FARM.lot(GRAIN, f"W25-{field}")
        amounts = {lot: float(narrator.chance.randint(18, 26) * 1000)}
        lots.append(lot)
        narrator.commission(
            FARM,
            "commissioning",
            FARM.place(field),
            amounts=amounts,
            ilmd={"cbvmda:harvestStartDate": narrator.now.date().isoformat(), "cbvmda:countryOfOrigin": "AT"},
        )
        hand_over(narrator, FARM, MILL, field, amounts=amounts)
    return lots


def mill(narrator: Narrator, grain: Sequence[Thing]) -> list[Thing]:
    """Six lots of flour. The third also takes what was left of the first, and is told twice: once wrongly."""
    narrator.wait(days=2)
    flour: list[Thing] = []
    for batch in range(6):
        chosen = [grain[batch], grain[batch + 3], grain[(batch * 2 + 6) % 12]]
        inputs = {lot: float(narrator.chance.randint(4, 6) * 1000) for lot in dict.fromkeys(chosen)}
        if batch == 2:
            inputs[flour[0]] = 350.0
        lot = MILL.lot(FLOUR, f"F25-{batch + 1}")
        flour.append(lot)
        outputs = {lot: 11_000.0, MILL.lot(BRAN, f"B25-{batch + 1}"): 2_500.0}
        if batch == 4:
            _mill_in_two(narrator, inputs, outputs)
        elif batch == 2:
            wrong = {grain[11]: 5_000.0}
            mistake = narrator.transform(MILL, MILL.place(1), wrong, lots=outputs, true=False)
            right = narrator.transform(MILL, MILL.place(1), inputs, lots=outputs)
            narrator.void(mistake, "incorrect_data", [right])
        else:
            narrator.transform(MILL, MILL.place(1), inputs, lots=outputs)
        humidity = 55.0 + narrator.chance.randint(0, 60) / 10
        narrator.observe(
            MILL,
            "inspecting",
            "active",
            MILL.place(2),
            amounts={lot: 11_000.0},
            more=measured(narrator, "RelativeHumidity", humidity, "P1"),
        )
    for number, lot in enumerate(flour[:5], start=100):
        hand_over(narrator, MILL, PACKER, number, amounts={lot: 10_000.0})
    narrator.observe(MILL, "shipping", "in_transit", MILL.place(3), amounts={flour[5]: 11_000.0})
    return flour


def _mill_in_two(narrator: Narrator, inputs: dict[Thing, float], outputs: dict[Thing, float]) -> None:
    run = f"urn:uuid:{MILL.prefix}0-0000-4000-8000-000000000005"
    narrator.transform(MILL, MILL.place(1), inputs, run=run)
    narrator.transform(MILL, MILL.place(1), {}, lots=outputs, run=run)
    narrator.truth.transformed([lot.link for lot in inputs], [lot.link for lot in outputs])


def look_after(narrator: Narrator) -> Thing:
    """What is left of the bran is looked at for a few days, by the mill and by the packer who stores it."""
    bran = MILL.lot(BRAN, "B25-1")
    for company in (MILL, PACKER) * 3:
        narrator.wait(days=1)
        narrator.observe(company, "inspecting", "active", company.place(2), amounts={bran: 2_500.0})
    return bran
