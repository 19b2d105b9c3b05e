// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev RFC 9162 sections 2.1.1 and 2.1.3.1 by recursion over the definition; shares no code with what it judges.
library Tree {
    function leaf(bytes32 entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0), entry));
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return _root(leaves, 0, leaves.length);
    }

    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory) {
        return _path(leaves, 0, leaves.length, index);
    }

    function _split(uint256 size) private pure returns (uint256 power) {
        power = 1;
        while (power * 2 < size) power *= 2;
    }

    function _root(bytes32[] memory leaves, uint256 from, uint256 size) private pure returns (bytes32) {
        if (size == 1) return leaves[from];
        uint256 left = _split(size);
        return sha256(
            abi.encodePacked(bytes1(0x01), _root(leaves, from, left), _root(leaves, from + left, size - left))
        );
    }

    function _path(bytes32[] memory leaves, uint256 from, uint256 size, uint256 index)
        private
        pure
        returns (bytes32[] memory siblings)
    {
        if (size == 1) return siblings;
        uint256 left = _split(size);
        bool inLeft = index < left;
        bytes32[] memory inner =
            inLeft ? _path(leaves, from, left, index) : _path(leaves, from + left, size - left, index - left);
        siblings = new bytes32[](inner.length + 1);
        for (uint256 i = 0; i < inner.length; ++i) siblings[i] = inner[i];
        siblings[inner.length] = inLeft ? _root(leaves, from + left, size - left) : _root(leaves, from, left);
    }
}
