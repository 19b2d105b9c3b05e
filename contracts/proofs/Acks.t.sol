// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {digestOf} from "../test/Statement.sol";
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
}
