// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Domain, Statement, digestOf} from "../test/Statement.sol";
import {vm} from "../test/Vm.sol";
import {Deployed} from "./Deployed.sol";

/// @dev Which acknowledgements count. A signature is taken to be whatever ecrecover makes of it.
contract AcksProof is Deployed {
    function check_fewer_than_quorum_distinct_operators_never_pass(
        address caller,
        uint64 prevSize,
        uint64 size,
        bytes32 root,
        Anchors.Ack[] memory acks,
        uint256 chainId,
        bytes32 counts
    ) public {
        anyCounts(counts, 0);
        vm.chainId(chainId);
        Seat memory creator = seatOf(caller);
        bytes32 digest = digestOf(domain(), statement(creator.node, size, root));
        vm.assume(seatOf(address(0)).node == 0);
        if (!tries(caller, prevSize, size, root, acks)) return;
        uint256 operators;
        uint32 last;
        for (uint256 i = 0; i < acks.length; ++i) {
            address signer = signerOf(digest, acks[i]);
            Seat memory seat = seatOf(signer);
            assert(signer != address(0) && seat.node == acks[i].node && seat.roles & HOLDER != 0);
            assert((uint256(acks[i].vs) & (type(uint256).max >> 1)) <= HALF_ORDER);
            assert(seat.operator != creator.operator);
            // strictly ascending, so each is another one
            assert(seat.operator > last);
            last = seat.operator;
            ++operators;
        }
        assert(operators >= anchors.quorum());
    }

    /// @dev With the proof above, in which the signer is whoever signed this digest: a replay would be a forgery.
    function check_what_was_signed_for_something_else_has_another_digest(
        uint256 chainId,
        uint64 size,
        bytes32 root,
        uint32 node,
        Domain memory signedFor,
        Statement memory signed
    ) public {
        vm.chainId(chainId);
        Statement memory asked = statement(node, size, root);
        vm.assume(differ(signedFor, domain()) || differ(signed, asked));
        assert(digestOf(domain(), asked) != digestOf(signedFor, signed));
    }

    function check_an_inactive_holders_acknowledgement_never_passes(
        address caller,
        uint64 prevSize,
        uint64 size,
        bytes32 root,
        Anchors.Ack[] memory some,
        uint256 which
    ) public {
        bytes32 digest = digestOf(domain(), statement(seatOf(caller).node, size, root));
        Seat memory seat = seatOf(signerOf(digest, pick(some, which)));
        vm.assume(seatOf(address(0)).node == 0);
        vm.assume(!seat.active && seat.roles == 0); // an invariant: test/Invariants.t.sol
        assert(!tries(caller, prevSize, size, root, some));
    }

    /// @dev Any one of them; a loop, because an index must be known while it runs.
    function pick(Anchors.Ack[] memory acks, uint256 which) private pure returns (Anchors.Ack memory) {
        for (uint256 i = 0; i < acks.length; ++i) {
            if (i == which) return acks[i];
        }
        vm.assume(false);
        return Anchors.Ack(0, 0, 0);
    }

    function differ(Domain memory one, Domain memory two) private pure returns (bool) {
        return one.chainId != two.chainId || one.verifyingContract != two.verifyingContract || one.salt != two.salt;
    }

    function differ(Statement memory one, Statement memory two) private pure returns (bool) {
        return one.node != two.node || one.log != two.log || one.prevSize != two.prevSize
            || one.prevRoot != two.prevRoot || one.size != two.size || one.root != two.root;
    }
}
