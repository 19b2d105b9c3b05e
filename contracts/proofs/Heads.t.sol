// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {vm} from "../test/Vm.sol";
import {Deployed} from "./Deployed.sol";

/// @dev What an anchor does to heads.
contract HeadsProof is Deployed {
    function check_only_the_next_size_is_accepted(
        address caller,
        uint64 prevSize,
        uint64 size,
        bytes32 root,
        Anchors.Ack[] memory acks,
        bytes32 counts
    ) public {
        anyCounts(counts, 0);
        Seat memory seat = seatOf(caller);
        Anchors.Head memory before = anchors.headOf(seat.node);
        if (!tries(caller, prevSize, size, root, acks)) return;
        assert(prevSize == before.size);
        assert(size > prevSize);
        assert(seat.roles & CREATOR != 0);
        assert(root != 0);
    }

    /// @dev Whatever was anchored, a head stays or gives way to a larger one.
    function check_two_heads_of_one_size_never(
        address caller,
        uint32 node,
        uint64 prevSize,
        uint64 size,
        bytes32 root,
        Anchors.Ack[] memory acks,
        bytes32 counts
    ) public {
        anyCounts(counts, 0);
        Anchors.Head memory before = anchors.headOf(node);
        bool taken = tries(caller, prevSize, size, root, acks);
        Anchors.Head memory head = anchors.headOf(node);
        if (!taken || seatOf(caller).node != node) {
            assert(same(head, before));
        } else {
            assert(head.size > before.size);
        }
    }

    function check_an_anchor_touches_only_its_callers_head(
        address caller,
        uint32 other,
        uint64 prevSize,
        uint64 size,
        bytes32 root,
        Anchors.Ack[] memory acks
    ) public {
        vm.assume(other != seatOf(caller).node);
        Anchors.Head memory before = anchors.headOf(other);
        tries(caller, prevSize, size, root, acks);
        assert(same(anchors.headOf(other), before));
    }
}
