// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {vm} from "../test/Vm.sol";
import {Deployed} from "./Deployed.sol";

/// @dev What an anchor does to heads.
contract HeadsProof is Deployed {
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
