// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Domain, Statement, digestOf} from "../test/Statement.sol";
import {vm} from "../test/Vm.sol";
import {svm} from "./Svm.sol";

/// @dev The byte code that is deployed, its storage in any state: what is proved holds whatever happened before. Where a
/// proof needs to know more of the state than that, it assumes one of the invariants that Invariants.t.sol tests.
abstract contract Deployed {
    uint8 internal constant CREATOR = 1;
    uint8 internal constant HOLDER = 2;
    uint256 internal constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    Anchors internal anchors;
    uint256 internal seatsSlot;

    struct Seat {
        uint32 node;
        uint32 operator;
        uint8 roles;
        bool active;
        bool retired;
    }

    function setUp() public {
        bytes memory arguments = abi.encode(keccak256("network"), address(0xAD), 0, address(0));
        bytes memory code = abi.encodePacked(vm.envOr("ANCHORS_CODE", bytes("")), arguments);
        address made;
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        require(made != address(0), "not deployed");
        anchors = Anchors(made);
        seatsSlot = vm.envOr("ANCHORS_SEATS_SLOT", uint256(0));
        svm.enableSymbolicStorage(made);
    }

    /// @dev Admin and quorum, operators and nodes so far: halmos keeps what the constructor wrote, unless it is overwritten.
    function anyCounts(bytes32 one, bytes32 two) internal {
        vm.store(address(anchors), bytes32(uint256(0)), one);
        vm.store(address(anchors), bytes32(uint256(1)), two);
    }

    /// @dev Another time, another block, and perhaps a chain that split since deployment and has another id.
    function later(uint256 chainId, uint256 number, uint256 time) internal {
        vm.chainId(chainId);
        vm.roll(number);
        vm.warp(time);
    }

    /// @dev What the contract keeps about an account, which no view tells of one that was replaced.
    function seatOf(address account) internal view returns (Seat memory) {
        uint256 word = uint256(vm.load(address(anchors), keccak256(abi.encode(account, seatsSlot))));
        return Seat(uint32(word), uint32(word >> 32), uint8(word >> 64), uint8(word >> 72) != 0, uint8(word >> 80) != 0);
    }

    /// @dev Sends an anchor; whether it was taken.
    function tries(address caller, uint64 prevSize, uint64 size, bytes32 root, Anchors.Ack[] memory acks)
        internal
        returns (bool taken)
    {
        vm.prank(caller);
        (taken,) = address(anchors).call(abi.encodeCall(anchors.anchor, (prevSize, size, root, acks)));
    }

    /// @dev What a holder signs for this anchor, here and now.
    function statement(uint32 node, uint64 size, bytes32 root) internal view returns (Statement memory) {
        Anchors.Head memory head = anchors.headOf(node);
        return Statement(node, anchors.nodeAt(node).log, head.size, head.root, size, root);
    }

    function domain() internal view returns (Domain memory) {
        return Domain(block.chainid, address(anchors), anchors.salt());
    }

    /// @dev Who signed: EIP-2098, without the bound on s.
    function signerOf(bytes32 digest, Anchors.Ack memory ack) internal pure returns (address) {
        uint256 vs = uint256(ack.vs);
        return ecrecover(digest, uint8(vs >> 255) + 27, ack.r, bytes32(vs & (type(uint256).max >> 1)));
    }

    function same(Anchors.Head memory one, Anchors.Head memory two) internal pure returns (bool) {
        return one.root == two.root && one.size == two.size && one.time == two.time
            && one.blockNumber == two.blockNumber;
    }
}
