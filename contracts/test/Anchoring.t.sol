// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Network} from "./Network.sol";
import {Statement} from "./Statement.sol";
import {vm} from "./Vm.sol";

/// @dev Heads: who may anchor, compare-and-swap, segments, quorum.
contract AnchoringTest is Network {
    bytes32 internal constant ROOT = keccak256("root");

    function setUp() public {
        found(4);
    }

    function test_head_and_event_say_what_was_anchored() public {
        Statement memory s = next(1, 7, ROOT);
        uint32[] memory ackers = new uint32[](2);
        (ackers[0], ackers[1]) = (2, 3);
        Anchors.Ack[] memory acks = by(s, 2, 3);
        vm.expectEmit(true, true, true, true, address(anchors));
        emit Anchors.Anchored(1, 0, 7, ROOT, ackers);
        send(1, s, acks);
        Anchors.Head memory head = anchors.headOf(1);
        assert(head.root == ROOT && head.size == 7 && head.time == 1_700_000_000 && head.blockNumber == 100);
    }

    function test_same_transaction_twice_anchors_once() public {
        Statement memory s = next(1, 7, ROOT);
        Anchors.Ack[] memory acks = by(s, 2);
        send(1, s, acks);
        refuses(Anchors.StaleHead.selector, 7);
        send(1, s, acks);
    }

    function testFuzz_only_the_current_size_is_extended(uint64 current, uint64 prevSize, uint64 size) public {
        current = uint64(current % anchors.SEGMENT_ENTRIES()) + 1;
        vm.assume(prevSize != current);
        anchored(1, current, ROOT, 2);
        Statement memory s = next(1, size, ROOT);
        s.prevSize = prevSize;
        Anchors.Ack[] memory acks = by(s, 2);
        refuses(Anchors.StaleHead.selector, current);
        send(1, s, acks);
    }

    function testFuzz_the_size_grows(uint64 current, uint64 size) public {
        current = uint64(current % anchors.SEGMENT_ENTRIES()) + 1;
        size = size % (current + 1);
        anchored(1, current, ROOT, 2);
        Statement memory s = next(1, size, keccak256("other"));
        Anchors.Ack[] memory acks = by(s, 2);
        refuses(Anchors.SizeNotGrowing.selector);
        send(1, s, acks);
    }

    function test_a_segment_is_not_crossed() public {
        for (uint64 over = 65_537; over < 65_540; ++over) {
            Statement memory s = next(1, over, ROOT);
            Anchors.Ack[] memory acks = by(s, 2);
            refuses(Anchors.CrossesSegment.selector);
            send(1, s, acks);
        }
        anchored(1, 65_536, ROOT, 2);
        anchored(1, 131_072, ROOT, 2);
    }

    function test_a_root_is_not_zero() public {
        Statement memory s = next(1, 1, 0);
        Anchors.Ack[] memory acks = by(s, 2);
        refuses(Anchors.ZeroRoot.selector);
        send(1, s, acks);
    }

    function testFuzz_only_creators_anchor(address caller) public {
        for (uint32 n = 1; n <= 4; ++n) vm.assume(caller != accountOf(n));
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = by(s, 2);
        refuses(Anchors.NotCreator.selector);
        vm.prank(caller);
        anchors.anchor(s.prevSize, s.size, s.root, acks);
    }

    function test_a_node_without_the_role_does_not_anchor() public {
        admin().setNodeRoles(1, HOLDER);
        admin().revokeNode(3);
        admin().revokeOperator(4);
        for (uint32 n = 1; n <= 4; ++n) {
            if (n == 2) continue;
            Statement memory s = next(n, 1, ROOT);
            Anchors.Ack[] memory acks = by(s, 2);
            refuses(Anchors.NotCreator.selector);
            send(n, s, acks);
        }
    }

    function test_the_quorum_is_a_floor() public {
        admin().setQuorum(2);
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = by(s, 2);
        refuses(Anchors.QuorumNotMet.selector, 2);
        send(1, s, acks);
        refuses(Anchors.QuorumNotMet.selector, 2);
        send(1, s, none());
        send(1, s, by(s, 2, 4));
    }

    function test_one_operator_alone_anchors_at_quorum_zero() public {
        found(1);
        send(1, next(1, 1, ROOT), none());
        assert(anchors.headOf(1).size == 1);
    }

    function testFuzz_an_anchor_moves_its_callers_head_alone(uint8 who, uint64 size) public {
        uint32 creator = uint32(who % 4) + 1;
        size = size % 65_536 + 1;
        anchored(creator, size, ROOT, creator == 2 ? 3 : 2);
        for (uint32 n = 1; n <= 4; ++n) assert(anchors.headOf(n).size == (n == creator ? size : 0));
    }
}
