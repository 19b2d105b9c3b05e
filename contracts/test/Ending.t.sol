// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Members} from "../src/Members.sol";
import {Network} from "./Network.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";

/// @dev Supersede, retire, archive, and the contract that takes over.
contract EndingTest is Network {
    bytes32 internal constant OLD = keccak256("entry");
    bytes32 internal constant NEW = keccak256("replacement");
    bytes32 internal constant MANIFEST = keccak256("manifest");
    bytes32[] internal empty;

    function setUp() public {
        found(3);
        anchored(1, 1, Tree.leaf(OLD), 2);
    }

    function supersede(uint32 creator, bytes32 entry, bytes32 replacement, uint64 index) internal {
        vm.prank(accountOf(creator));
        anchors.supersede(entry, replacement, index, empty);
    }

    function retire(uint32 creator, uint64 size) internal {
        vm.prank(accountOf(creator));
        anchors.retire(size);
    }

    function archive(uint32 creator, uint64 segment, bytes32 manifest) internal {
        vm.prank(accountOf(creator));
        anchors.archive(segment, manifest);
    }

    function test_a_record_is_superseded_once() public {
        supersede(1, OLD, NEW, 0);
        assert(anchors.statusOf(1, OLD) == NEW && anchors.statusOf(2, OLD) == 0);
        vm.expectRevert(abi.encodeWithSelector(Anchors.AlreadySuperseded.selector, NEW));
        supersede(1, OLD, keccak256("another"), 0);
    }

    function test_supersede_takes_another_record_that_is_included() public {
        refuses(Anchors.BadReplacement.selector);
        supersede(1, OLD, 0, 0);
        refuses(Anchors.BadReplacement.selector);
        supersede(1, OLD, OLD, 0);
        refuses(Anchors.NotIncluded.selector);
        supersede(1, OLD, NEW, 1);
        refuses(Anchors.NotIncluded.selector);
        supersede(1, NEW, OLD, 0);
        refuses(Anchors.NotIncluded.selector);
        supersede(2, OLD, NEW, 0);
    }

    function test_only_creators_supersede() public {
        admin().setNodeRoles(1, HOLDER);
        refuses(Anchors.NotCreator.selector);
        supersede(1, OLD, NEW, 0);
    }

    function test_a_retired_log_is_never_anchored_again() public {
        refuses(Anchors.StaleHead.selector, 1);
        retire(1, 0);
        retire(1, 1);
        assert(anchors.retiredOf(1) && !anchors.retiredOf(2) && anchors.nodeAt(1).roles == HOLDER);
        refuses(Members.LogIsRetired.selector);
        retire(1, 1);
        vm.prank(ADMIN);
        refuses(Members.LogIsRetired.selector);
        anchors.setNodeRoles(1, BOTH);
        admin().setNodeRoles(1, HOLDER);
    }

    function test_who_is_revoked_does_not_retire() public {
        admin().revokeNode(1);
        refuses(Members.NodeNotActive.selector);
        retire(1, 1);
    }

    function test_only_closed_segments_are_archived() public {
        refuses(Anchors.SegmentOpen.selector, 1);
        archive(1, 0, MANIFEST);
        anchored(1, 65_536, keccak256("full"), 2);
        archive(1, 0, MANIFEST);
        refuses(Members.ZeroValue.selector);
        archive(1, 0, 0);
        refuses(Anchors.SegmentOpen.selector, 65_536);
        archive(1, 1, MANIFEST);
    }

    function test_a_retired_logs_last_segment_is_archived() public {
        retire(1, 1);
        archive(1, 0, MANIFEST);
        refuses(Anchors.SegmentOpen.selector, 1);
        archive(1, 1, MANIFEST);
    }

    function test_only_active_creators_archive() public {
        admin().setNodeRoles(2, HOLDER);
        refuses(Anchors.NotCreator.selector);
        archive(2, 0, MANIFEST);
        admin().revokeNode(1);
        refuses(Anchors.NotCreator.selector);
        archive(1, 0, MANIFEST);
    }

    function test_a_successor_is_of_the_same_network() public {
        assert(new Anchors(NETWORK, ADMIN, 0, address(anchors)).predecessor() == address(anchors));
        refuses(Anchors.OtherNetwork.selector);
        new Anchors(keccak256("another"), ADMIN, 0, address(anchors));
    }
}
