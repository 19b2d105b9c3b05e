// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Members} from "../src/Members.sol";
import {Actors} from "./Actors.sol";

/// @dev What holds after every call, whatever was called before.
contract InvariantsTest {
    uint8 private constant CREATOR = 1;

    Actors private actors;
    Anchors private anchors;

    function setUp() public {
        actors = new Actors();
        anchors = actors.contractUnderTest();
    }

    /// @dev Forge asks this: nobody but the actors is called.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function invariant_a_head_is_its_nodes_last_anchor() public view {
        for (uint32 n = 0; n <= anchors.nodeCount() + 1; ++n) {
            Actors.Taken[] memory taken = actors.takenOf(n);
            Anchors.Head memory head;
            if (taken.length != 0) head = taken[taken.length - 1].head;
            assert(keccak256(abi.encode(anchors.headOf(n))) == keccak256(abi.encode(head)));
        }
    }

    /// @dev Each from the size before, so no two of one size.
    function invariant_heads_grow() public view {
        for (uint32 n = 1; n <= anchors.nodeCount(); ++n) {
            Actors.Taken[] memory taken = actors.takenOf(n);
            uint64 size;
            for (uint256 i = 0; i < taken.length; ++i) {
                assert(taken[i].prevSize == size && taken[i].head.size > size);
                size = taken[i].head.size;
            }
        }
    }

    function invariant_an_anchor_was_its_creators() public view {
        for (uint32 n = 0; n <= anchors.nodeCount(); ++n) {
            Actors.Taken[] memory taken = actors.takenOf(n);
            assert(taken.length == 0 || taken[taken.length - 1].rightful);
        }
    }

    function invariant_an_anchor_had_quorum_other_active_operators() public view {
        for (uint32 n = 1; n <= anchors.nodeCount(); ++n) {
            Actors.Taken[] memory taken = actors.takenOf(n);
            if (taken.length == 0) continue;
            Actors.Taken memory last = taken[taken.length - 1];
            assert(last.others >= last.quorum);
        }
    }

    function invariant_counts_are_the_enumeration() public view {
        (uint32 operators, uint32 nodes) = (0, 0);
        for (uint32 n = 1; n <= anchors.operatorCount(); ++n) {
            if (anchors.operatorAt(n).active) ++operators;
            uint32[] memory own = anchors.nodesOf(n);
            for (uint256 i = 0; i < own.length; ++i) assert(anchors.nodeAt(own[i]).operator == n);
            nodes += uint32(own.length);
        }
        assert(anchors.activeOperators() == operators && anchors.nodeCount() == nodes);
    }

    /// @dev The table in Members, written out.
    function invariant_the_quorum_is_within_its_bounds() public view {
        (uint32 operators, uint8 quorum) = (anchors.activeOperators(), anchors.quorum());
        assert(operators < 2 || quorum >= 1);
        assert(operators < 4 ? quorum <= 1 : quorum + 2 <= operators);
    }

    function invariant_who_is_revoked_has_no_role() public view {
        for (uint32 n = 1; n <= anchors.nodeCount(); ++n) {
            Members.Node memory node = anchors.nodeAt(n);
            assert(node.active || node.roles == 0);
            assert(!node.active || anchors.operatorAt(node.operator).active);
        }
    }

    function invariant_a_retired_log_stays() public view {
        for (uint32 n = 1; n <= anchors.nodeCount(); ++n) {
            uint256 after_ = actors.retiredAfter(n);
            assert(anchors.retiredOf(n) == (after_ != 0));
            if (after_ == 0) continue;
            assert(actors.takenOf(n).length == after_ - 1 && anchors.nodeAt(n).roles & CREATOR == 0);
        }
    }

    function invariant_a_pointer_stays() public view {
        Actors.Pointer[] memory pointers = actors.pointers();
        for (uint256 i = 0; i < pointers.length; ++i) {
            assert(anchors.statusOf(pointers[i].node, pointers[i].fingerprint) == pointers[i].replacement);
        }
    }

    /// @dev The invariants would hold as well if nothing that the actors ask were taken.
    function test_the_actors_have_every_action_taken() public {
        bytes4[11] memory actions = [
            actors.enrolOperator.selector,
            actors.enrolNode.selector,
            actors.revokeOperator.selector,
            actors.revokeNode.selector,
            actors.setQuorum.selector,
            actors.setNodeRoles.selector,
            actors.replaceKeys.selector,
            actors.retire.selector,
            actors.supersede.selector,
            actors.anchor.selector,
            actors.anchorAnyhow.selector
        ];
        for (uint256 i = 0; i < 1100; ++i) {
            (bool ok,) = address(actors).call(abi.encodeWithSelector(actions[i % 11], keccak256(abi.encode(i))));
            assert(ok);
        }
        for (uint256 i = 0; i < 11; ++i) assert(actors.done(actions[i]) != 0);
    }
}
