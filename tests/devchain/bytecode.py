"""A hand-assembled contract, so that the chain's tests need no compiler.

The first byte of the call data chooses what it does with the 32-byte word after it.
"""

STORE = b"\x01"  # slot 0 = word; one event with topics (TOPIC, word) and the word as data
REVERT = b"\x02"  # revert with the word as data
LOAD = b"\x03"  # return slot 0
BREAK = b"\x04"  # an invalid instruction
SPIN = b"\x05"  # loop until the gas is gone
NESTED = b"\x06"  # call itself with STORE; revert with nothing if that fails
NOW = b"\x07"  # return number and time of the block
GUARD = b"\x08"  # revert unless more than the word of gas is left

TOPIC = bytes.fromhex("aa" * 32)

_OPCODES = {
    "STOP": 0x00,
    "LT": 0x10,
    "EQ": 0x14,
    "BYTE": 0x1A,
    "ADDRESS": 0x30,
    "CALLDATALOAD": 0x35,
    "TIMESTAMP": 0x42,
    "NUMBER": 0x43,
    "MSTORE": 0x52,
    "MSTORE8": 0x53,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "JUMPDEST": 0x5B,
    "LOG2": 0xA2,
    "CALL": 0xF1,
    "RETURN": 0xF3,
    "REVERT": 0xFD,
    "INVALID": 0xFE,
}

_SOURCE = f"""
    dispatch:
    {
    " ".join(
        f"0 CALLDATALOAD 0 BYTE {code[0]} EQ @{name} JUMPI"
        for code, name in (
            (STORE, "store"),
            (REVERT, "revert"),
            (LOAD, "load"),
            (BREAK, "break"),
            (SPIN, "spin"),
            (NESTED, "nested"),
            (NOW, "now"),
            (GUARD, "guard"),
        )
    )
}
    STOP
    store: 1 CALLDATALOAD 0 SSTORE  1 CALLDATALOAD 0 MSTORE
           1 CALLDATALOAD 0x{TOPIC.hex()} 32 0 LOG2 STOP
    revert: 1 CALLDATALOAD 0 MSTORE 32 0 REVERT
    load: 0 SLOAD 0 MSTORE 32 0 RETURN
    break: INVALID
    spin: @spin JUMP
    nested: 1 0 MSTORE8 1 CALLDATALOAD 1 MSTORE
            0 0 33 0 0 ADDRESS GAS CALL @done JUMPI 0 0 REVERT
    done: STOP
    now: NUMBER 0 MSTORE TIMESTAMP 32 MSTORE 64 0 RETURN
    guard: GAS 1 CALLDATALOAD LT @done JUMPI 0 0 REVERT
"""


def assemble(source: str) -> bytes:
    """Code of a source: mnemonics, numbers (pushed), `name:` (a jump target), `@name` (its place, pushed)."""
    sizes = {"label": 1, "place": 3}
    tokens, places, offset = source.split(), {}, 0
    for token in tokens:
        if token.endswith(":"):
            places[token[:-1]] = offset
        kind = "label" if token.endswith(":") else "place" if token.startswith("@") else ""
        offset += sizes.get(kind) or len(_one(token))
    return b"".join(_resolve(token, places) for token in tokens)


def _resolve(token: str, places: dict[str, int]) -> bytes:
    if token.endswith(":"):
        return bytes([_OPCODES["JUMPDEST"]])
    if token.startswith("@"):
        return b"\x61" + places[token[1:]].to_bytes(2, "big")
    return _one(token)


def _one(token: str) -> bytes:
    if token in _OPCODES:
        return bytes([_OPCODES[token]])
    number = int(token, 0)
    data = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return bytes([0x5F + len(data)]) + data


def deployment(runtime: bytes) -> bytes:
    """Init code that returns the runtime code after it."""
    prefix = 13  # PUSH2 size, DUP1, PUSH2 prefix, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    size = len(runtime).to_bytes(2, "big")
    return b"\x61" + size + b"\x80\x61" + prefix.to_bytes(2, "big") + b"\x60\x00\x39\x60\x00\xf3" + runtime


RUNTIME = assemble(_SOURCE)
DEPLOYMENT = deployment(RUNTIME)


def word(number: int) -> bytes:
    """32 bytes."""
    return number.to_bytes(32, "big")
