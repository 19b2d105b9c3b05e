// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Members} from "../src/Members.sol";
import {Network} from "./Network.sol";
import {vm} from "./Vm.sol";

/// @dev Who takes part: each refusal of each function, and what it does where it is taken.
contract MembersTest is Network {
    address internal constant NEXT = address(0xBEEF);

    function setUp() public {
        found(4);
    }

    function enrol(address account, bytes32 key, bytes32 log, uint8 roles, bytes memory record) internal {
        vm.prank(ADMIN);
        anchors.enrolNode(1, account, key, log, roles, record);
    }

    function swap(uint32 number, address account, bytes32 key, bytes memory record) internal {
        vm.prank(accountOf(number));
        anchors.replaceKeys(account, key, record);
    }

    function refusesQuorum(uint8 quorum, uint32 operators) internal {
        vm.expectRevert(abi.encodeWithSelector(Members.QuorumOutOfBounds.selector, quorum, operators));
    }

    function test_a_network_has_an_id_an_admin_and_a_quorum_in_bounds() public {
        refuses(Members.ZeroValue.selector);
        new Anchors(0, ADMIN, 0, address(0));
        refuses(Members.ZeroValue.selector);
        new Anchors(NETWORK, address(0), 0, address(0));
        refusesQuorum(2, 0);
        new Anchors(NETWORK, ADMIN, 2, address(0));
        assert(new Anchors(NETWORK, ADMIN, 1, address(0)).quorum() == 1);
    }

    function test_only_the_admin_changes_members() public {
        refuses(Members.NotAdmin.selector);
        anchors.enrolOperator("urn:x");
        refuses(Members.NotAdmin.selector);
        anchors.revokeOperator(1);
        refuses(Members.NotAdmin.selector);
        anchors.enrolNode(1, NEXT, keyOf(9), logOf(9), BOTH, "record");
        refuses(Members.NotAdmin.selector);
        anchors.setNodeRoles(1, 0);
        refuses(Members.NotAdmin.selector);
        anchors.setQuorum(1);
        refuses(Members.NotAdmin.selector);
        anchors.proposeAdmin(NEXT);
        refuses(Members.NotAdmin.selector);
        anchors.revokeNode(1);
    }

    function test_parties() public {
        vm.prank(ADMIN);
        refuses(Members.ZeroValue.selector);
        anchors.enrolOperator("");
        vm.prank(ADMIN);
        refuses(Members.PartyTooLong.selector);
        anchors.enrolOperator(string(new bytes(513)));
        admin().enrolOperator("urn:x");
        vm.prank(ADMIN);
        refuses(Members.PartyTaken.selector);
        anchors.enrolOperator("urn:x");
        assert(anchors.operatorOf("urn:x") == 5 && anchors.operatorAt(5).active);
        admin().revokeOperator(5);
        admin().enrolOperator("urn:x");
        assert(anchors.operatorOf("urn:x") == 6 && !anchors.operatorAt(5).active);
    }

    function test_a_revoked_operators_nodes_are_revoked() public {
        uint32 second = node(4, BOTH);
        admin().revokeNode(second);
        admin().revokeOperator(4);
        assert(!anchors.nodeAt(4).active && anchors.nodesOf(4).length == 2 && anchors.activeOperators() == 3);
        vm.prank(ADMIN);
        refuses(Members.OperatorNotActive.selector);
        anchors.revokeOperator(4);
        vm.prank(ADMIN);
        refuses(Members.OperatorNotActive.selector);
        anchors.enrolNode(4, NEXT, keyOf(9), logOf(9), BOTH, "record");
    }

    function test_a_node_is_new_in_everything() public {
        refuses(Members.ZeroValue.selector);
        enrol(address(0), keyOf(9), logOf(9), BOTH, "record");
        refuses(Members.ZeroValue.selector);
        enrol(NEXT, 0, logOf(9), BOTH, "record");
        refuses(Members.ZeroValue.selector);
        enrol(NEXT, keyOf(9), 0, BOTH, "record");
        refuses(Members.ZeroValue.selector);
        enrol(NEXT, keyOf(9), logOf(9), BOTH, "");
        refuses(Members.RecordTooLong.selector);
        enrol(NEXT, keyOf(9), logOf(9), BOTH, new bytes(8193));
        refuses(Members.BadRoles.selector);
        enrol(NEXT, keyOf(9), logOf(9), 4, "record");
        refuses(Members.AccountTaken.selector);
        enrol(accountOf(2), keyOf(9), logOf(9), BOTH, "record");
        refuses(Members.KeyTaken.selector);
        enrol(NEXT, keyOf(2), logOf(9), BOTH, "record");
        refuses(Members.LogTaken.selector);
        enrol(NEXT, keyOf(9), logOf(2), BOTH, "record");
        enrol(NEXT, keyOf(9), logOf(9), BOTH, new bytes(8192));
        assert(anchors.nodeOf(NEXT) == 5 && anchors.nodeOfLog(logOf(9)) == 5);
    }

    function test_an_operator_has_512_nodes_at_most() public {
        for (uint32 n = 1; n < 512; ++n) node(1, 0);
        vm.prank(ADMIN);
        refuses(Members.TooManyNodes.selector);
        anchors.enrolNode(1, NEXT, keyOf(9999), logOf(9999), 0, "record");
    }

    function test_a_node_replaces_what_it_is_known_by() public {
        swap(1, accountOf(1), keyOf(1), "another record");
        swap(1, NEXT, keyOf(9), "record");
        assert(anchors.nodeAt(1).account == NEXT && anchors.nodeAt(1).nodeKey == keyOf(9));
        assert(anchors.nodeOf(accountOf(1)) == 1);
        refuses(Members.NodeNotActive.selector);
        swap(1, accountOf(1), keyOf(1), "record");
    }

    function test_a_replacement_is_new_too() public {
        refuses(Members.ZeroValue.selector);
        swap(1, address(0), keyOf(1), "record");
        refuses(Members.ZeroValue.selector);
        swap(1, NEXT, 0, "record");
        refuses(Members.ZeroValue.selector);
        swap(1, NEXT, keyOf(1), "");
        refuses(Members.RecordTooLong.selector);
        swap(1, NEXT, keyOf(1), new bytes(8193));
        refuses(Members.AccountTaken.selector);
        swap(1, accountOf(2), keyOf(1), "record");
        refuses(Members.KeyTaken.selector);
        swap(1, NEXT, keyOf(2), "record");
    }

    function test_roles() public {
        vm.prank(ADMIN);
        refuses(Members.BadRoles.selector);
        anchors.setNodeRoles(1, 4);
        vm.prank(ADMIN);
        refuses(Members.NodeNotActive.selector);
        anchors.setNodeRoles(9, BOTH);
        admin().setNodeRoles(1, 0);
        assert(anchors.nodeAt(1).roles == 0 && anchors.nodeAt(1).active);
    }

    function test_a_node_leaves_by_itself() public {
        vm.prank(accountOf(1));
        anchors.revokeNode(1);
        assert(!anchors.nodeAt(1).active);
        vm.prank(accountOf(1));
        refuses(Members.NodeNotActive.selector);
        anchors.revokeNode(1);
        vm.prank(accountOf(2));
        refuses(Members.NotAdmin.selector);
        anchors.revokeNode(3);
    }

    function test_the_quorum_has_bounds() public {
        vm.prank(ADMIN);
        refusesQuorum(0, 4);
        anchors.setQuorum(0);
        vm.prank(ADMIN);
        refusesQuorum(3, 4);
        anchors.setQuorum(3);
        admin().setQuorum(2);
        vm.prank(ADMIN);
        refusesQuorum(2, 3);
        anchors.revokeOperator(4);
    }

    function test_the_admin_hands_over() public {
        admin().proposeAdmin(NEXT);
        refuses(Members.NotPendingAdmin.selector);
        anchors.acceptAdmin();
        vm.prank(NEXT);
        anchors.acceptAdmin();
        assert(anchors.admin() == NEXT && anchors.pendingAdmin() == address(0));
        vm.prank(ADMIN);
        refuses(Members.NotAdmin.selector);
        anchors.setQuorum(1);
    }
}
