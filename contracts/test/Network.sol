// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Members} from "../src/Members.sol";
import {Domain, Statement, digestOf} from "./Statement.sol";
import {vm} from "./Vm.sol";

/// @dev A network for tests: operator n enrolled n-th, its node n, unless a test enrols more of them.
abstract contract Network {
    address internal constant ADMIN = address(0xAD);
    address internal constant STRANGER = address(0x57);
    bytes32 internal constant NETWORK = keccak256("network");
    uint8 internal constant CREATOR = 1;
    uint8 internal constant HOLDER = 2;
    uint8 internal constant BOTH = 3;
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    Anchors internal anchors;

    /// @dev The contract under test: the one of the sources, or a mutant whose byte code the mutation script hands in.
    function deploy(uint8 quorum) internal returns (Anchors) {
        bytes memory mutant = vm.envOr("ANCHORS_CODE", bytes(""));
        if (mutant.length == 0) return new Anchors(NETWORK, ADMIN, quorum, address(0));
        bytes memory code = abi.encodePacked(mutant, abi.encode(NETWORK, ADMIN, quorum, address(0)));
        address made;
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        require(made != address(0), "the mutant cannot be deployed");
        return Anchors(made);
    }

    /// @dev A network of so many companies, creators and holders all, at quorum 0 or 1.
    function found(uint32 companies) internal {
        vm.roll(100);
        vm.warp(1_700_000_000);
        vm.setBlockhash(99, keccak256("block 99"));
        anchors = deploy(0);
        for (uint32 n = 1; n <= companies; ++n) {
            operator(n);
            node(n, BOTH);
        }
    }

    function operator(uint32 number) internal {
        vm.prank(ADMIN);
        anchors.enrolOperator(string(abi.encodePacked("urn:example:", number)));
    }

    function node(uint32 operator_, uint8 roles) internal returns (uint32 number) {
        number = anchors.nodeCount() + 1;
        vm.prank(ADMIN);
        anchors.enrolNode(operator_, accountOf(number), keyOf(number), logOf(number), roles, "record");
    }

    function secretOf(uint32 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("secret", number))) % ORDER;
    }

    function accountOf(uint32 number) internal pure returns (address) {
        return vm.addr(secretOf(number));
    }

    function keyOf(uint32 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("node key", number));
    }

    function logOf(uint32 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("log", number));
    }

    function domain() internal view returns (Domain memory) {
        return Domain(block.chainid, address(anchors), anchors.salt());
    }

    /// @dev What holders sign for a creator's next anchor.
    function next(uint32 creator, uint64 size, bytes32 root) internal view returns (Statement memory) {
        Anchors.Head memory head = anchors.headOf(creator);
        return Statement(creator, logOf(creator), head.size, head.root, size, root);
    }

    /// @dev A holder's acknowledgement, handed in under a number that need not be its own.
    function ack(Statement memory s, uint32 signer, uint32 number) internal view returns (Anchors.Ack memory) {
        (uint8 v, bytes32 r, bytes32 low) = vm.sign(secretOf(signer), digestOf(domain(), s));
        return Anchors.Ack(number, r, bytes32(uint256(low) | (uint256(v - 27) << 255)));
    }

    function none() internal pure returns (Anchors.Ack[] memory) {
        return new Anchors.Ack[](0);
    }

    function by(Statement memory s, uint32 one) internal view returns (Anchors.Ack[] memory acks) {
        acks = new Anchors.Ack[](1);
        acks[0] = ack(s, one, one);
    }

    function by(Statement memory s, uint32 one, uint32 two) internal view returns (Anchors.Ack[] memory acks) {
        acks = new Anchors.Ack[](2);
        acks[0] = ack(s, one, one);
        acks[1] = ack(s, two, two);
    }

    function send(uint32 creator, Statement memory s, Anchors.Ack[] memory acks) internal {
        vm.prank(accountOf(creator));
        anchors.anchor(s.prevSize, s.size, s.root, acks);
    }

    /// @dev The next anchor with the acknowledgement of one holder.
    function anchored(uint32 creator, uint64 size, bytes32 root, uint32 holder) internal {
        Statement memory s = next(creator, size, root);
        send(creator, s, by(s, holder));
    }

    /// @dev Sent as the admin.
    function admin() internal returns (Anchors) {
        vm.prank(ADMIN);
        return anchors;
    }

    function refuses(bytes4 reason) internal {
        vm.expectRevert(abi.encodeWithSelector(reason));
    }

    function refuses(bytes4 reason, uint256 argument) internal {
        vm.expectRevert(abi.encodeWithSelector(reason, argument));
    }
}
