"""The second half of the story: flour becomes packages, cases and pallets, and reaches consumers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracehold.cli.demo.narrator import Narrator
from tracehold.cli.demo.players import (
    CASE,
    CASES_PER_PALLET,
    PACKAGE,
    PACKAGES_PER_CASE,
    PACKER,
    SELLER,
    WAREHOUSE,
    logger,
)
from tracehold.cli.demo.scenes import hand_over, measured, transfer
from tracehold.cli.demo.things import Thing


def pack(narrator: Narrator, flour: Sequence[Thing]) -> tuple[list[Thing], dict[Thing, list[Thing]]]:
    """Five pallets of four cases of six packages; the second batch of packages takes flour of two lots."""
    narrator.wait(days=3)
    line = PACKER.place(1)
    pallets: list[Thing] = []
    cases: dict[Thing, list[Thing]] = {}
    for batch in range(5):
        count = PACKAGES_PER_CASE * CASES_PER_PALLET
        packages = [PACKER.piece(PACKAGE, f"P{batch + 1}{number:03}") for number in range(count)]
        inputs = {flour[batch]: 24.0} if batch != 1 else {flour[1]: 14.0, flour[2]: 10.0}
        narrator.transform(PACKER, line, inputs, pieces=packages)
        boxes = [PACKER.piece(CASE, f"C{batch + 1}{number}", level=1) for number in range(CASES_PER_PALLET)]
        narrator.commission(PACKER, "commissioning", line, pieces=boxes)
        for number, box in enumerate(boxes):
            inner = packages[number * PACKAGES_PER_CASE : (number + 1) * PACKAGES_PER_CASE]
            narrator.pack(PACKER, "packing", line, box, inner)
            cases[box] = inner
        pallet = PACKER.unit(batch + 1)
        narrator.commission(PACKER, "commissioning", line, pieces=[pallet])
        narrator.pack(PACKER, "packing", line, pallet, boxes)
        pallets.append(pallet)
    return pallets, cases


def load(narrator: Narrator, pallets: Sequence[Thing]) -> tuple[str, datetime, frozenset[str]]:
    """One trailer takes the pallets to the warehouse in two trips, with two loggers that are used again."""
    trailer = PACKER.returnable(7, "TR1")
    narrator.commission(
        PACKER, "commissioning", PACKER.place(2), pieces=[trailer, logger(0), logger(1), logger(2)]
    )
    contents = (pallets[1].link, narrator.now, frozenset(narrator.truth.contents(pallets[1].link)))
    for trip, freight in enumerate((pallets[:3], pallets[3:])):
        for number, pallet in enumerate(freight):
            narrator.attach(PACKER, PACKER.place(2), pallet, logger(number), on=True)
        narrator.pack(PACKER, "loading", PACKER.place(2), trailer, freight)
        narrator.observe(
            PACKER,
            "shipping",
            "in_transit",
            PACKER.place(2),
            pieces=[trailer],
            more=transfer(PACKER, SELLER, 200 + trip, PACKER),
        )
        for pallet in freight:
            for _ in range(2):
                narrator.observe(
                    PACKER, "sensor_reporting", "in_transit", PACKER.place(9), pieces=[pallet],
                    more=measured(narrator, "Temperature", 12.0 + narrator.chance.randint(0, 80) / 10, "CEL"),
                )  # fmt: skip
        narrator.wait(hours=4)
        narrator.observe(WAREHOUSE, "arriving", "in_progress", WAREHOUSE.place(1), pieces=[trailer])
        narrator.unpack(WAREHOUSE, "unloading", WAREHOUSE.place(1), trailer, None)
        for number, pallet in enumerate(freight):
            narrator.observe(WAREHOUSE, "receiving", "in_progress", WAREHOUSE.place(1), pieces=[pallet])
            narrator.attach(WAREHOUSE, WAREHOUSE.place(1), pallet, logger(number), on=False)
            narrator.observe(WAREHOUSE, "storing", "in_progress", WAREHOUSE.place(2), pieces=[pallet])
    return contents


@dataclass(frozen=True, slots=True)
class Mixed:
    """A pallet put together of cases of others."""

    pallet: Thing
    cases: dict[Thing, list[Thing]]


def store(narrator: Narrator, pallets: Sequence[Thing], cases: dict[Thing, list[Thing]]) -> Mixed:
    """The seller orders two cases; they leave their pallets for a mixed one, and the rest stays."""
    narrator.wait(days=1)
    place = WAREHOUSE.place(2)
    boxes = list(cases)
    chosen = [(pallets[1], boxes[CASES_PER_PALLET]), (pallets[3], boxes[3 * CASES_PER_PALLET + 1])]
    narrator.order(SELLER, "po", SELLER.document("PO", 17), SELLER.place(1), [box for _, box in chosen])
    for pallet, box in chosen:
        narrator.unpack(WAREHOUSE, "picking", place, pallet, [box])
    mixed = WAREHOUSE.unit(1)
    narrator.commission(WAREHOUSE, "commissioning", place, pieces=[mixed])
    narrator.pack(WAREHOUSE, "packing", place, mixed, [box for _, box in chosen])
    for pallet, _ in chosen:  # what happens to the old pallets from now on does not concern the cases
        narrator.observe(WAREHOUSE, "inspecting", "in_progress", place, pieces=[pallet])
    hand_over(narrator, WAREHOUSE, SELLER, 300, pieces=[mixed])
    return Mixed(mixed, {box: cases[box] for _, box in chosen})


def sell(narrator: Narrator, mixed: Mixed) -> Thing:
    """The seller unpacks, and sends packages to consumers, each in a parcel of its own."""
    shop = SELLER.place(1)
    narrator.unpack(SELLER, "unpacking", shop, mixed.pallet, None)
    packages = []
    for box, inner in mixed.cases.items():
        narrator.unpack(SELLER, "unpacking", shop, box, inner)
        packages += inner
    for number, package in enumerate(packages, start=1):
        parcel = SELLER.unit(number)
        narrator.order(SELLER, "po", SELLER.document("WEB", number), shop, [package])
        narrator.pack(SELLER, "packing", shop, parcel, [package])
        narrator.observe(SELLER, "shipping", "in_transit", shop, pieces=[parcel])
        if number % 2:
            narrator.observe(SELLER, "retail_selling", "retail_sold", shop, pieces=[package])
    return packages[0]
