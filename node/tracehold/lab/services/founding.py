"""The folder of a Clique network, made once: keys, first block, start files.

A folder is made under another name and renamed, so it is there as a whole or not at all.
"""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from tracehold.core.errors import Rejected
from tracehold.lab import ports
from tracehold.lab.home import account, make_key
from tracehold.lab.services.genesis import chain_id_of, genesis, genesis_in, text_of
from tracehold.lab.services.member import GENESIS, Member, create

TREASURY = "treasury.key"
PORTS_OF_A_NODE = 3
README, TEXT = "README.md", "network.md"


def found(dir: Path, validators: int, chain_id: int, period: int, first_port: int | None = None) -> None:
    """Make the folder of a network of so many sealers; `first_port` is the first of three for each, by
    default free
    ones. Raises CONFLICT where the folder holds anything, BAD_REQUEST.
    """
    with _made(dir) as scratch:
        make_key(scratch / TREASURY)
        keys = [secrets.token_bytes(32) for _ in range(validators)]
        sealers = [account_of(key) for key in keys]
        text = text_of(genesis(chain_id, period, sealers, bytes.fromhex(account(scratch / TREASURY)[2:])))
        (scratch / GENESIS).write_text(text)
        taken = iter(_ports(validators, first_port))
        for number, key in enumerate(keys, 1):
            name = f"sealer-{number}"
            create(scratch / name, _member(name, chain_id, key, next(taken), seals=True), key, text)
        words = (
            files(__package__)
            .joinpath(TEXT)
            .read_text(encoding="utf-8")
            .format(sealers=validators, chain_id=chain_id, period=period)
        )
        (scratch / README).write_text(words)


def join(
    dir: Path, genesis_file: Path, name: str, *, seals: bool = True, first_port: int | None = None
) -> None:
    """Make the folder of one node that joins the network of this genesis, with an account of its own. Raises
    CONFLICT where the folder holds anything, BAD_REQUEST where it is no genesis of a Clique chain.
    """
    document = genesis_in(genesis_file)
    with _made(dir) as scratch:
        secret = secrets.token_bytes(32)
        (taken,) = _ports(1, first_port)
        member = _member(name, chain_id_of(document), secret, taken, seals=seals)
        create(scratch, member, secret, genesis_file.read_text(encoding="utf-8"))


def account_of(secret: bytes) -> bytes:
    """The address of the account with this secret."""
    from coincurve import PrivateKey

    from tracehold.adapters.ethereum.acks import address_of

    return address_of(PrivateKey(secret).public_key)


def _member(name: str, chain_id: int, secret: bytes, taken: Sequence[int], *, seals: bool) -> Member:
    peer, http, auth = taken
    address = f"0x{account_of(secret).hex()}"
    return Member(name, chain_id, address, seals, f"127.0.0.1:{peer}", http, auth)


def _ports(nodes: int, first: int | None) -> list[Sequence[int]]:
    count = nodes * PORTS_OF_A_NODE
    if first is None:
        numbers: Sequence[int] = ports.free(count)
    elif not 1024 <= first <= 65536 - count:
        raise Rejected("BAD_REQUEST", f"{count} ports from {first} on are not there", path="port")
    else:
        numbers = range(first, first + count)
    return [numbers[at : at + PORTS_OF_A_NODE] for at in range(0, count, PORTS_OF_A_NODE)]


@contextmanager
def _made(dir: Path) -> Iterator[Path]:
    """A folder that becomes `dir` in the end. Raises CONFLICT where there is anything in `dir`."""
    if dir.exists() and (not dir.is_dir() or any(dir.iterdir())):
        remedy = "Choose another --dir: a chain is made once."
        raise Rejected("CONFLICT", f"{dir} is not empty", path="dir", remedy=remedy)
    scratch = dir.absolute().with_name(f".{dir.absolute().name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, mode=0o700)
    try:
        yield scratch
        scratch.rename(dir)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
