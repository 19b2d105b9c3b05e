"""Clique seals: who sealed a header, and what makes exactly one rule fail."""

import pytest
import rlp

from tests.blocks import keccak256
from tests.sealing import NUMBER, ORDER, SEALERS, SIGNERS, address, header, seal, sealed
from tracehold.core.cliqueseal import check_seals, read_seal
from tracehold.core.errors import Rejected

FIRST, SECOND, THIRD, FOURTH = (SEALERS[(NUMBER + turn) % 4] for turn in range(4))
"""In the order of their turns from the first block on."""
LISTED = b"".join(sorted(SIGNERS.addresses))


def refused(headers, threshold=3, signers=SIGNERS.addresses):
    """The code and words of the refusal."""
    with pytest.raises(Rejected) as refusal:
        check_seals(headers, signers, threshold)
    return refusal.value.code, refusal.value.message


def test_the_signer_of_a_header():
    """Over the header without the seal, with and without the base fee, with and without a list."""
    for listed in (b"", LISTED):
        fields = header(NUMBER, bytes(32), bytes(32), bytes(32) + listed, 2)
        for kept in (fields, fields[:-1]):
            found = read_seal(seal(kept, FIRST))
            assert (found.number, found.difficulty, found.signer) == (NUMBER, 2, address(FIRST))
            assert b"".join(found.listed) == listed


def test_distinct_signers_are_counted_up_to_the_threshold():
    """What comes after them is not needed, nor looked at."""
    headers = sealed([FIRST, SECOND, THIRD, "stranger"])
    for threshold in (1, 2, 3):
        found = check_seals(headers, SIGNERS.addresses, threshold)
        assert (found.first, found.last) == (NUMBER, NUMBER + threshold - 1)
        assert found.signers == set(map(address, (FIRST, SECOND, THIRD)[:threshold]))


def test_a_signer_may_seal_again_after_half_of_them():
    """One of three blocks in a row with four signers; it counts once."""
    headers = sealed([FIRST, SECOND, THIRD, FIRST, SECOND, FOURTH])
    assert check_seals(headers, SIGNERS.addresses, 4).last == NUMBER + 5
    assert refused(headers[:5], 4)[0] == "UNTRUSTED"


def test_a_chain_of_one_signer():
    """It seals every block, always in turn."""
    alone = frozenset({address(FIRST)})
    assert check_seals(sealed([FIRST], difficulties=[2]), alone, 1).signers == alone
    assert refused(sealed([FIRST], difficulties=[1]), 1, alone)[0] == "UNTRUSTED"


def test_an_epochs_list_must_be_that_of_the_pinned_signers():
    """Block 7 lists them all, or others."""
    assert check_seals(sealed([FIRST], listed=LISTED), SIGNERS.addresses, 1).first == NUMBER
    for other in (LISTED[20:], LISTED + bytes(20), LISTED[20:] + LISTED[:20]):
        code, said = refused(sealed([FIRST], listed=other), 1)
        assert (code, "lists other signers" in said) == ("UNTRUSTED", True)


def test_attack_the_seal_of_a_stranger():
    """On any of the headers that are needed."""
    for at in range(3):
        sealers = [FIRST, SECOND, THIRD]
        sealers[at] = "stranger"
        code, said = refused(sealed(sealers))
        assert (code, "no pinned signer" in said) == ("UNTRUSTED", True)


def test_attack_one_signer_twice():
    """In a row, and with one between: of four signers, one seals one of three blocks."""
    for sealers in ([FIRST, FIRST, SECOND, THIRD], [FIRST, SECOND, FIRST, THIRD]):
        code, said = refused(sealed(sealers))
        assert (code, "too early" in said) == ("UNTRUSTED", True)


def test_attack_too_few_signers():
    """As many as were pinned must have sealed."""
    assert refused(sealed([FIRST, SECOND]))[0] == "UNTRUSTED"
    assert refused(())[0] == "UNTRUSTED"


def test_attack_seals_over_another_header():
    """A seal that was cut out of another block is somebody else's here."""
    mine, other = (rlp.decode(sealed([FIRST], root)[0]) for root in (bytes(32), b"\x01" * 32))
    mine[12] = other[12]
    assert refused([rlp.encode(mine)], 1)[0] in {"UNTRUSTED", "BAD_SIGNATURE"}


@pytest.mark.parametrize("difficulty", [0, 1, 3])
def test_attack_a_difficulty_that_is_not_the_signers(difficulty):
    """It was the first one's turn: 2."""
    code, said = refused(sealed([FIRST], difficulties=[difficulty]), 1)
    assert (code, "difficulty" in said) == ("UNTRUSTED", True)


def test_attack_fewer_pinned_than_sign():
    """With one left out of the list the turns are others: a wrong list is noticed, not used."""
    three = SIGNERS.addresses - {address(FOURTH)}
    assert refused(sealed([FIRST, SECOND, THIRD]), 3, three)[0] == "UNTRUSTED"


@pytest.mark.parametrize("extra", [b"", bytes(32), bytes(96), bytes(98), bytes(116)])
def test_attack_headers_without_a_seal(extra):
    """Or with an extraData that holds no whole one."""
    raw = rlp.encode(header(NUMBER, bytes(32), bytes(32), extra, 2))
    assert refused([raw], 1) == ("UNTRUSTED", f"block {NUMBER} has no seal")


def test_attack_a_header_of_another_kind_of_chain():
    """Clique has neither withdrawals nor blobs."""
    fields = header(NUMBER, bytes(32), bytes(32), bytes(32), 2)
    for more in ([bytes(32)], [bytes(32), 0, 0]):
        assert refused([seal([*fields, *more], FIRST)], 1)[0] == "UNTRUSTED"
    assert refused([seal(fields[:14], FIRST)], 1)[0] == "UNTRUSTED"


def test_attack_high_s_and_other_seals_of_nobody():
    """The last header's hash is bound by nothing: its seal has one form all the same."""
    fields = rlp.decode(sealed([FIRST])[0])
    vanity, r, s, v = fields[12][:32], fields[12][32:64], fields[12][64:96], fields[12][96]
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    for other in (r + high + bytes([1 - v]), r + s + bytes([v + 27]), bytes(65), b"\xff" * 65):
        raw = rlp.encode([*fields[:12], vanity + other, *fields[13:]])
        assert refused([raw], 1)[0] == "BAD_SIGNATURE"


def test_attack_what_is_no_header():
    """Lists in place of bytes, and no list."""
    fields = header(NUMBER, bytes(32), bytes(32), bytes(32), 2)
    for at in (7, 8):
        broken = [*fields[:at], [b""], *fields[at + 1 :]]
        assert refused([seal(broken, FIRST)], 1)[0] == "MALFORMED_PROOF"
    assert refused([rlp.encode([*fields[:12], [b""], *fields[13:]])], 1)[0] == "MALFORMED_PROOF"
    assert refused([rlp.encode(b"header")], 1)[0] == "UNTRUSTED"
    assert refused([keccak256(b"")], 1)[0] == "MALFORMED_PROOF"
