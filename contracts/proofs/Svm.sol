// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The cheat codes that only halmos has.
interface Svm {
    /// @dev Calls of every function that changes state, with any arguments.
    function createCalldata(string calldata contractName) external returns (bytes memory);
    /// @dev From here on the account's storage may hold anything.
    function enableSymbolicStorage(address account) external;
}

Svm constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
