// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Network} from "./Network.sol";
import {Tree} from "./Tree.sol";

/// @dev The inclusion check, against a tree built by recursion.
contract InclusionTest is Network {
    function setUp() public {
        found(1);
    }

    function leavesOf(uint256 size) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) leaves[i] = Tree.leaf(keccak256(abi.encode(i)));
    }

    function testFuzz_agrees_with_the_definition(uint8 size, uint8 index, uint8 other) public {
        size = size % 64 + 1;
        index %= size;
        bytes32[] memory leaves = leavesOf(size);
        send(1, next(1, size, Tree.root(leaves)), none());
        bytes32[] memory path = Tree.path(leaves, index);
        assert(anchors.verifyInclusion(1, keccak256(abi.encode(uint256(index))), index, path));
        assert(other == index || !anchors.verifyInclusion(1, keccak256(abi.encode(uint256(index))), other, path));
    }

    /// @dev A path that is too long proves nothing, though it leads to the root: here the root is no tree of one entry.
    function test_attack_path_length() public {
        bytes32 entry = keccak256("entry");
        bytes32 sibling = keccak256("sibling");
        bytes32 root = sha256(abi.encodePacked(bytes1(0x01), sibling, Tree.leaf(entry)));
        send(1, next(1, 1, root), none());
        bytes32[] memory path = new bytes32[](1);
        path[0] = sibling;
        assert(!anchors.verifyInclusion(1, entry, 0, path));
    }
}
