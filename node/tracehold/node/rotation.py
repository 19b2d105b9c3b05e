"""Rotation of a running node's keys: what `tracehold key rotate` put beside the key files is carried out
here, by the steps of `journey.rotate`.
"""

import asyncio
import os
import time
from dataclasses import dataclass, replace
from typing import NoReturn

from tracehold.adapters.keyfiles import (
    KeyFiles,
    Succession,
    read_ledger_key,
    read_secret,
    read_signing_key,
)
from tracehold.config import Config
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.follow import patiently
from tracehold.journey.ports import Member
from tracehold.journey.rotate import Rotation, Successor
from tracehold.node.accounts import account_of, secret_in_force
from tracehold.node.chain_node import enode_of
from tracehold.node.faces import Faces
from tracehold.node.own import contract_of, sending, succession
from tracehold.node.parts import Parts
from tracehold.node.peering import own_pair
from tracehold.node.record import node_record

LOOK_S = 1.0
"""Seconds between two looks for keys that are to take the place of the present ones."""


async def rotating(parts: Parts, faces: Faces) -> NoReturn:
    """Carry out every rotation that is announced, for ever. Raises what is Broken."""
    coming = succession(parts.config)

    async def look() -> None:
        if coming.announced:
            await carried_out(await _rotation(parts, faces, coming), coming, parts.config.ledger.poll_s)

    trouble = parts.faults.trouble("rotation")
    while True:
        await patiently(look, asyncio.sleep, trouble, passing=(Unavailable, Rejected))
        await asyncio.sleep(LOOK_S)


async def carried_out(rotation: Rotation, coming: Succession, poll_s: float) -> None:
    """Take every step, or take back what was announced where the log ended before it named the new node key:
    nothing is sealed any more, so it never will. Raises as `Rotation.step`.
    """
    try:
        while not await rotation.step():  # noqa: ASYNC110, a chain is looked at, and tells nobody
            await asyncio.sleep(poll_s)
    except Rejected as error:
        if error.code != "RETIRED":
            raise
        await asyncio.to_thread(coming.take_back)


async def _rotation(parts: Parts, faces: Faces, coming: Succession) -> Rotation:
    files = coming.files()
    secret, key = read_ledger_key(files.ledger), read_signing_key(files.node)
    record = coming.record()
    if record is None:
        enode = await enode_of(parts.config)
        record = node_record(_with_files(parts.config, coming), parts.own, enode, key)
        coming.keep_record(record)
    return Rotation(
        Successor(key, account_of(secret), record),
        parts.sealer,
        parts.anchorer,
        parts.store,
        _OnChain(parts),
        _Turnover(parts, faces, coming, secret, record),
        parts.gate.ready,
        time.time,
        os.urandom,
    )


def _with_files(config: Config, coming: Succession) -> Config:
    """The configuration as it is once the new files are in their places."""
    files = coming.files()
    keys = replace(
        config.keys,
        node=files.node,
        ledger=files.ledger,
        tls_certificate=files.tls_certificate,
        tls_key=files.tls_key,
    )
    return replace(config, keys=keys)


@dataclass(frozen=True, slots=True)
class _OnChain:
    """`journey.rotate.Contract`: one transaction of the present account, whichever of the two that is."""

    parts: Parts

    async def myself(self, *, final: bool) -> Member | None:
        """By the log: the account may be the old one or the new one."""
        members = await self.parts.ledger.members(final=final)
        return next((member for member in members if member.log == self.parts.own.log), None)

    async def replace(self, present: Member, successor: Successor) -> None:
        """Sent again until it is in a block."""
        config = self.parts.config
        key, record = successor.node_key.public.raw, successor.record
        secret = secret_in_force(config, present)
        async with sending(config, secret, self.parts.ledger.nonces) as admin:
            await admin.replace_keys(contract_of(config), successor.account, key, record)


class _Turnover:
    """`journey.rotate.Switch`: the ledger's account, the certificates of listeners and lines, the files."""

    def __init__(self, parts: Parts, faces: Faces, coming: Succession, secret: bytes, record: bytes) -> None:
        self._parts = parts
        self._faces = faces
        self._coming = coming
        self._secret = secret
        self._record = record
        self._used = False

    async def use(self) -> None:
        """Once; what the old account has goes over to the new one."""
        if self._used:
            return
        self._parts.ledger.use(self._secret)
        self._show(self._coming.files())
        config = self._parts.config
        old = read_ledger_key(config.keys.ledger)
        if old != self._secret:
            async with sending(config, old, self._parts.ledger.nonces) as admin:
                await admin.hand_over(account_of(self._secret))
        self._used = True

    def _show(self, files: KeyFiles) -> None:
        certificate, key = files.tls_certificate.read_bytes(), read_secret(files.tls_key)
        self._faces.grpc.use(certificate, key)
        self._faces.rest.use(files.tls_certificate, files.tls_key)
        if self._parts.peering and self._faces.peers:
            pair = own_pair(files.tls_certificate, files.tls_key, self._parts.own)
            self._parts.peering.peers.use(pair)
            self._faces.peers.use(pair.certificate, pair.key)
            self._parts.peering.record = self._record
            self._parts.peering.neighbours.knock()

    async def keep(self) -> None:
        """Move the files. Before, so that a crash repeats it: who holds what is signed anew."""
        if self._parts.ring:
            await self._parts.ring.announce_anew()
        await asyncio.to_thread(self._coming.finish)
