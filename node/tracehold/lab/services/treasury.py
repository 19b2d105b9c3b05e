"""Funds for an account, from the one that has all of them at the beginning."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tracehold.adapters.ethereum.answers import number
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.sender import TRANSFER_GAS, Sender
from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.core.errors import Rejected, Unavailable

ETHER = 10**18
LOOK_S = 0.3
LOOKS = 300
"""Looks for the transfer in a block: a minute and a half."""

Sleep = Callable[[float], Awaitable[None]]


def address_from(text: str) -> bytes:
    """The account that this is: 0x and 40 hexadecimal digits. Raises BAD_REQUEST; so does a checksum
    (EIP-55) that is wrong, for the address was mistyped then.
    """
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise Rejected("BAD_REQUEST", "an address is 0x and 40 hexadecimal digits", path="address")
    if text[2:] not in {text[2:].lower(), text[2:].upper()}:
        from eth_utils.address import is_checksum_address

        if not is_checksum_address(text):
            raise Rejected("BAD_REQUEST", "the address has a wrong checksum: it was mistyped", path="address")
    return bytes.fromhex(text[2:])


def wei_of(ether: str) -> int:
    """So much ether in wei. Raises BAD_REQUEST for what is no number above 0, or finer than a wei."""
    try:
        wei = Decimal(ether) * ETHER
        if not wei.is_finite() or wei <= 0 or wei != wei.to_integral_value():
            raise InvalidOperation
    except InvalidOperation as error:
        raise Rejected("BAD_REQUEST", f"{ether} is no amount of ether", path="ether") from error
    return int(wei)


async def fund(url: str, key: Path, account: bytes, wei: int, sleep: Sleep = asyncio.sleep) -> dict[str, Any]:
    """Send so much from the account of this key; it is in a block on return, which may still be undone.

    Raises CHAIN_DOWN, also where the key's account has less or no block takes it in time, CONFLICT where
    somebody else sent from that account at the same time, and LEDGER_REFUSED where the account is a contract
    that takes nothing.
    """
    client = Client(url)
    try:
        sender = Sender(client, await client.chain_id(), read_ledger_key(key))
        gift = await sender.prepare(account, b"", TRANSFER_GAS, value=wei)
        await sender.send(gift)
        block = await _mined(client, sender, gift, sleep)
        with client.reading("eth_getBalance"):
            balance = number(await client.ask("eth_getBalance", f"0x{account.hex()}", "latest"))
    finally:
        await client.close()
    return {
        "account": f"0x{account.hex()}",
        "from": f"0x{sender.account.hex()}",
        "wei": str(wei),
        "balance": str(balance),
        "transaction": f"0x{gift.hash.hex()}",
        "block": block,
    }


async def _mined(client: Client, sender: Sender, gift: Any, sleep: Sleep) -> int:
    for _ in range(LOOKS):
        outcome = await client.outcome(gift.hash)
        if outcome is not None and not outcome.succeeded:
            said = f"the transfer 0x{gift.hash.hex()} was undone in block {outcome.block_number}"
            remedy = "Is the address a contract? Only an account of a key can be given funds."
            raise Rejected("LEDGER_REFUSED", said, path="address", remedy=remedy)
        if outcome is not None:
            return outcome.block_number
        if await sender.spent(gift):
            raise Rejected(
                "CONFLICT", "another command sent from this account at the same time", remedy="Repeat it."
            )
        await sleep(LOOK_S)
    remedy = "See tracehold chain status; the transfer waits, and is made once the chain goes on."
    raise Unavailable("CHAIN_DOWN", "no block took the transfer in time", remedy=remedy)
