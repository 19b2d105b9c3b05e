"""`tracehold export fsma204`: amounts in containers, and whose words about places stand in the sheet."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.face import Face, build
from tests.api.test_export import describe, export, lines, serving
from tests.journey.network import MILL, Network, Node, network
from tests.unit import lettuce
from tests.unit.lettuce import CASES, PACK_HOUSE, PACKER, PALLET, RAW, STORY, element
from tracehold.core.errors import Rejected
from tracehold.core.record import Audience, Kind
from tracehold_client import AsyncClient

OTHER, TRUCK = (f"https://id.gs1.org/00/{lettuce.checked(f'0952123400000000{number}')}" for number in (2, 3))


async def say(node: Node, payload: bytes, party: str = PACKER, kind: Kind = Kind.EVENT) -> None:
    """Something public."""
    await node.say(payload, party=party, audience=Audience.PUBLIC, kind=kind)


def pack(parent: str, when: str, **children: Any) -> bytes:
    """Packing into something."""
    return lettuce.event(
        "AggregationEvent", when, action="ADD", bizStep="packing", parentID=parent, **children
    )


def cases(number: float) -> dict[str, Any]:
    """So many cases."""
    return {"childQuantityList": lettuce.some((CASES, number, "CS"))}


def ship(*names: str) -> bytes:
    """These leave the pack house."""
    return lettuce.event(
        "ObjectEvent", "2026-04-18T07:00:00", action="OBSERVE", bizStep="shipping", epcList=list(names),
        **lettuce.at(PACK_HOUSE), **lettuce.ends(PACK_HOUSE, lettuce.KITCHEN_DOOR),
    )  # fmt: skip


@asynccontextmanager
async def sheets(net: Network, node: Node, path: Path) -> AsyncIterator[str]:
    """The address of a node that heard of the packing."""
    await node.finish()
    face: Face = build(net, node, path, {}, {})
    try:
        async with serving(face) as address:
            yield address
    finally:
        await face.desk.stop()
        face.jobs.close()


async def shipped(path: Path, *payloads: bytes) -> list[dict[str, str]]:
    """The rows of shipping, and the gaps, where these events were told of the cases."""
    async with network() as net:
        node = await net.join()
        await say(node, STORY["packing"][1])
        for payload in payloads:
            await say(node, payload)
        async with sheets(net, node, path) as address:
            found = lines(await export(address))
    return [row for row in found if row["critical_tracking_event"] in {"shipping", "gap"}]


def amount(rows: list[dict[str, str]]) -> tuple[str, str]:
    """That of the one shipping."""
    (row,) = (row for row in rows if row["critical_tracking_event"] == "shipping")
    return row["quantity"], row["unit_of_measure"]


async def test_all_containers_of_a_shipment_count(tmp_path: Path):
    """Two pallets of forty and sixty cases, of which the history names one."""
    packing = (
        pack(PALLET, "2026-04-17T12:00:00", **cases(40)),
        pack(OTHER, "2026-04-17T12:30:00", **cases(60)),
    )
    assert amount(await shipped(tmp_path, *packing, ship(PALLET, OTHER))) == ("100", "CS")


async def test_a_container_within_another_one_counts_once(tmp_path: Path):
    """The truck and the pallet in it are both named."""
    packing = (
        pack(PALLET, "2026-04-17T12:00:00", **cases(40)),
        pack(TRUCK, "2026-04-17T13:00:00", childEPCs=[PALLET]),
        pack(TRUCK, "2026-04-17T13:30:00", **cases(5)),
    )
    assert amount(await shipped(tmp_path, *packing, ship(PALLET, TRUCK))) == ("45", "CS")


async def test_a_lot_packed_without_an_amount_has_none(tmp_path: Path):
    """It is not one piece: the amount is missing."""
    rows = await shipped(
        tmp_path, pack(PALLET, "2026-04-17T12:00:00", childQuantityList=[{"epcClass": CASES}]), ship(PALLET)
    )
    assert amount(rows) == ("", "")
    assert "quantity" in rows[0]["missing"].split("; ")


@pytest.mark.parametrize("lead", ["https://id.gs1.org/01/09521234000020/21/", "urn:x:piece:"])
async def test_a_piece_is_one_piece_once(tmp_path: Path, lead: str):
    """By its name, or by how it was packed; whatever containers it is said to be in."""
    piece = f"{lead}7"
    async with network() as net:
        node = await net.join()
        await say(node, pack(PALLET, "2026-04-17T12:00:00", childEPCs=[piece]))
        await say(node, ship(PALLET, OTHER))
        async with sheets(net, node, tmp_path) as address:
            found = lines(await export(address, lot=piece))
    assert amount(found) == ("1", "piece")


async def test_what_is_unpacked_where_it_arrives_was_inside_until_then(tmp_path: Path):
    """The receiver takes everything out, and names the pallet alone."""
    out = lettuce.event(
        "AggregationEvent", "2026-04-18T07:00:00", action="DELETE", bizStep="shipping", parentID=PALLET,
        childEPCs=[],
    )  # fmt: skip
    packing = pack(PALLET, "2026-04-17T12:00:00", **cases(40))
    assert amount(await shipped(tmp_path, packing, out)) == ("40", "CS")


async def test_what_answers_about_contents_lack_is_said_in_the_sheet(tmp_path: Path, monkeypatch: Any):
    """A sheet without such rows is whole, so one with them is not."""
    honest = AsyncClient.contents

    async def cut(client: AsyncClient, item: str, **options: Any) -> Any:
        answer = await honest(client, item, **options)
        answer.truncated = True
        answer.gaps.add(item=item, reason=2, detail="hidden")
        return answer

    monkeypatch.setattr(AsyncClient, "contents", cut)
    rows = await shipped(tmp_path, pack(PALLET, "2026-04-17T12:00:00", **cases(40)), ship(PALLET))
    missing = {(row["item"], row["missing"].partition(":")[0]) for row in rows[1:]}
    assert {(PALLET, "TRUNCATED"), (PALLET, "ACCESS_REFUSED")} <= missing


async def test_attack_a_stranger_describes_the_pack_house(tmp_path: Path):
    """The packer's description stands in the packer's rows."""
    async with network() as net:
        node = await net.join()
        for name in ("packing", "pallet", "shipping"):
            await say(node, STORY[name][1])
        await describe(node)
        await say(node, element("Location", PACK_HOUSE, name="Somebody Else"), MILL, Kind.MASTERDATA)
        async with sheets(net, node, tmp_path) as address:
            rows = lines(await export(address))
    (sent,) = (row for row in rows if row["critical_tracking_event"] == "shipping")
    assert sent["ship_from_location_description"].startswith("Green Packers, 1 Field Road")
    assert all("Somebody Else" not in cell for row in rows for cell in row.values())


async def test_words_that_were_not_known_by_then_are_left_out(tmp_path: Path):
    """The sheet as it could have been given at that time describes places as they were described then."""
    async with network() as net:
        node = await net.join()
        for name in ("packing", "pallet", "shipping"):
            await say(node, STORY[name][1])
        await describe(node)
        await node.finish()
        then = max(each.block_time for each in net.chain.events())
        await say(node, element("Location", PACK_HOUSE, name="New Name"), kind=Kind.MASTERDATA)
        async with sheets(net, node, tmp_path) as address:
            early = lines(await export(address, "--known-at", moment(then)))
            late = lines(await export(address))
    (before,), (after,) = (
        [row["location_description"] for row in rows if row["critical_tracking_event"] == "shipping"]
        for rows in (early, late)
    )
    assert (before.partition(",")[0], after) == ("Green Packers", "New Name")


def moment(seconds: int) -> str:
    """A time in RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.mark.parametrize("code", ["FORBIDDEN", "REDACTED"])
async def test_a_description_that_is_withheld_is_a_gap(tmp_path: Path, monkeypatch: Any, code: str):
    """As an event that is: the rest of the sheet is there."""
    honest = AsyncClient.record

    async def refusing(client: AsyncClient, name: str) -> Any:
        record = await honest(client, name)
        if b"vtype" in record.statement:
            raise Rejected(code, "not any more")
        return record

    monkeypatch.setattr(AsyncClient, "record", refusing)
    async with network() as net:
        node = await net.join()
        await say(node, STORY["packing"][1])
        await describe(node)
        async with sheets(net, node, tmp_path) as address:
            rows = lines(await export(address))
    assert "transformation" in {row["critical_tracking_event"] for row in rows}
    assert PACK_HOUSE in {row["item"] for row in rows if row["missing"].startswith(code)}


async def test_who_vouches_and_flags_stand_in_the_sheet(tmp_path: Path):
    """A record that another party declares an error is shown as disputed."""
    declared = {"errorDeclaration": {"declarationTime": "2026-05-01T00:00:00Z"}}
    wrong = json.dumps({**json.loads(STORY["harvest"][1]), **declared}).encode()
    async with network() as net:
        node = await net.join()
        await say(node, STORY["harvest"][1], lettuce.FARM)
        await say(node, wrong, MILL)
        async with sheets(net, node, tmp_path) as address:
            rows = lines(await export(address, lot=RAW))
    (row,) = (row for row in rows if row["issuer"] == lettuce.FARM)
    assert "DISPUTED" in row["flags"].split("; ")
    assert row["speaker_level"] == "DELEGATED_ASSERTED"
    assert row["operator"].startswith("https://id.gs1.org/417/")
