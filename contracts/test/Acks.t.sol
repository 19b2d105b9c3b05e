// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Network} from "./Network.sol";
import {Domain, Statement, digestOf} from "./Statement.sol";
import {vm} from "./Vm.sol";

/// @dev Acknowledgements: every way in which a signature must not count. The mutation script plants bugs here.
contract AcksTest is Network {
    bytes32 internal constant ROOT = keccak256("root");
    uint256 internal constant TOP = 1 << 255;

    function setUp() public {
        found(4);
    }

    function refused(bytes4 reason, uint32 number, Statement memory s, Anchors.Ack[] memory acks) internal {
        refuses(reason, number);
        send(1, s, acks);
        assert(anchors.headOf(1).size == 0);
    }

    function test_attack_one_signer_twice() public {
        admin().setQuorum(2);
        Statement memory s = next(1, 1, ROOT);
        refused(Anchors.AckOrder.selector, 2, s, by(s, 2, 2));
    }

    function test_attack_two_nodes_of_one_operator() public {
        admin().setQuorum(2);
        uint32 second = node(2, BOTH);
        Statement memory s = next(1, 1, ROOT);
        refused(Anchors.AckOrder.selector, second, s, by(s, 2, second));
    }

    function test_operators_must_ascend() public {
        Statement memory s = next(1, 1, ROOT);
        refused(Anchors.AckOrder.selector, 2, s, by(s, 3, 2));
        send(1, s, by(s, 2, 3));
    }

    function test_attack_own_operator() public {
        Statement memory s = next(1, 1, ROOT);
        refused(Anchors.AckOwnOperator.selector, 1, s, by(s, 1));
        uint32 second = node(1, HOLDER);
        refused(Anchors.AckOwnOperator.selector, second, s, by(s, second));
    }

    function test_attack_a_holder_without_role_or_revoked() public {
        Statement memory s = next(1, 1, ROOT);
        admin().setNodeRoles(2, CREATOR);
        refused(Anchors.AckNotHolder.selector, 2, s, by(s, 2));
        admin().revokeNode(3);
        refused(Anchors.AckNotHolder.selector, 3, s, by(s, 3));
        admin().revokeOperator(4);
        refused(Anchors.AckNotHolder.selector, 4, s, by(s, 4));
    }

    function test_attack_the_account_that_was_replaced() public {
        vm.prank(accountOf(2));
        anchors.replaceKeys(accountOf(22), keyOf(2), "record");
        Statement memory s = next(1, 1, ROOT);
        refused(Anchors.AckNotHolder.selector, 2, s, by(s, 2));
        Anchors.Ack[] memory acks = new Anchors.Ack[](1);
        acks[0] = ack(s, 22, 2);
        send(1, s, acks);
    }

    function test_attack_signature_under_another_number() public {
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = new Anchors.Ack[](1);
        acks[0] = ack(s, 2, 3);
        refused(Anchors.BadAck.selector, 3, s, acks);
        acks[0] = ack(s, 9, 9);
        refused(Anchors.BadAck.selector, 9, s, acks);
    }

    /// @dev The twin of a good signature, with s and parity mirrored, recovers the same account where s is not bounded. Its
    /// s has no room in EIP-2098 beside the parity unless it is below 2^255, so a holder is made for one that has.
    function test_attack_high_s() public {
        Statement memory s = next(1, 1, ROOT);
        bytes32 digest = digestOf(domain(), s);
        (, bytes32 r,) = vm.sign(secretOf(2), digest);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 high = i == 0 ? ORDER / 2 + 1 : TOP - 1;
            address account = ecrecover(digest, 27, r, bytes32(high));
            assert(account != address(0));
            uint32 number = anchors.nodeCount() + 1;
            vm.prank(ADMIN);
            anchors.enrolNode(2, account, keyOf(number), logOf(number), HOLDER, "record");
            Anchors.Ack[] memory acks = new Anchors.Ack[](1);
            acks[0] = Anchors.Ack(number, r, bytes32(high));
            refused(Anchors.BadAck.selector, number, s, acks);
        }
    }

    function test_the_largest_low_s_counts() public {
        Statement memory s = next(1, 1, ROOT);
        bytes32 digest = digestOf(domain(), s);
        (, bytes32 r,) = vm.sign(secretOf(2), digest);
        address account = ecrecover(digest, 27, r, bytes32(ORDER / 2));
        vm.prank(ADMIN);
        anchors.enrolNode(2, account, keyOf(5), logOf(5), HOLDER, "record");
        Anchors.Ack[] memory acks = new Anchors.Ack[](1);
        acks[0] = Anchors.Ack(5, r, bytes32(ORDER / 2));
        send(1, s, acks);
    }

    function test_attack_signature_that_recovers_to_nobody() public {
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = new Anchors.Ack[](1);
        for (uint32 number = 0; number < 4; ++number) {
            acks[0] = Anchors.Ack(number, 0, bytes32(uint256(1)));
            refused(Anchors.BadAck.selector, number, s, acks);
            acks[0] = Anchors.Ack(number, bytes32(uint256(1)), 0);
            refused(Anchors.BadAck.selector, number, s, acks);
            acks[0] = Anchors.Ack(number, bytes32(ORDER), bytes32(uint256(1)));
            refused(Anchors.BadAck.selector, number, s, acks);
        }
    }

    function test_one_bad_acknowledgement_spoils_the_anchor() public {
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = by(s, 2, 3);
        acks[1].r = bytes32(uint256(acks[1].r) ^ 1);
        refused(Anchors.BadAck.selector, 3, s, acks);
    }

    /// @dev Each field changed by itself: what was signed for something else counts for nothing here.
    function testFuzz_attack_statement_of_something_else(uint8 field, uint256 change) public {
        anchored(1, 5, ROOT, 2);
        Statement memory here = next(1, 7, keccak256("newer"));
        Statement memory other = next(1, 7, keccak256("newer"));
        field %= 6;
        if (field == 0) other.node ^= uint32(change);
        if (field == 1) other.log = bytes32(uint256(other.log) ^ change);
        if (field == 2) other.prevSize ^= uint64(change);
        if (field == 3) other.prevRoot = bytes32(uint256(other.prevRoot) ^ change);
        if (field == 4) other.size ^= uint64(change);
        if (field == 5) other.root = bytes32(uint256(other.root) ^ change);
        vm.assume(keccak256(abi.encode(here)) != keccak256(abi.encode(other)));
        Anchors.Ack[] memory acks = by(other, 3);
        refuses(Anchors.BadAck.selector, 3);
        send(1, here, acks);
    }

    function testFuzz_attack_replayed_from_another_domain(uint8 field, uint256 change) public {
        Statement memory s = next(1, 1, ROOT);
        Domain memory other = domain();
        field %= 3;
        if (field == 0) other.chainId ^= change;
        if (field == 1) other.verifyingContract = address(uint160(other.verifyingContract) ^ uint160(change));
        if (field == 2) other.salt = bytes32(uint256(other.salt) ^ change);
        vm.assume(keccak256(abi.encode(other)) != keccak256(abi.encode(domain())));
        (uint8 v, bytes32 r, bytes32 low) = vm.sign(secretOf(3), digestOf(other, s));
        Anchors.Ack[] memory acks = new Anchors.Ack[](1);
        acks[0] = Anchors.Ack(3, r, bytes32(uint256(low) | (uint256(v - 27) << 255)));
        refused(Anchors.BadAck.selector, 3, s, acks);
    }

    function test_attack_replayed_after_the_chain_split() public {
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory before = by(s, 3);
        vm.chainId(block.chainid + 1);
        refused(Anchors.BadAck.selector, 3, s, before);
        send(1, s, by(s, 3));
    }

    function test_attack_replayed_for_another_creator_or_size() public {
        Statement memory s = next(1, 1, ROOT);
        Anchors.Ack[] memory acks = by(s, 3);
        refuses(Anchors.BadAck.selector, 3);
        send(2, s, acks);
        send(1, s, acks);
        Statement memory later = next(1, 2, ROOT);
        refuses(Anchors.BadAck.selector, 3);
        send(1, later, acks);
    }

    function test_the_domain_is_told() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address made, bytes32 salt,) =
            anchors.eip712Domain();
        assert(fields == 0x1f && chainId == block.chainid && made == address(anchors) && salt == anchors.salt());
        assert(keccak256(bytes(name)) == keccak256("tracehold") && keccak256(bytes(version)) == keccak256("1"));
        assert(salt == keccak256("block 99"));
    }
}
