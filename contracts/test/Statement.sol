// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a holder signs, written from docs/spec and not from the contract: shares no code with it.
struct Statement {
    uint32 node;
    bytes32 log;
    uint64 prevSize;
    bytes32 prevRoot;
    uint64 size;
    bytes32 root;
}

/// @dev Where it is signed for.
struct Domain {
    uint256 chainId;
    address verifyingContract;
    bytes32 salt;
}

/// @dev EIP-712, "hashStruct" of both and the digest over them.
function digestOf(Domain memory domain, Statement memory s) pure returns (bytes32) {
    bytes32 domainType = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 statementType =
        keccak256("Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)");
    bytes32 separator = keccak256(
        abi.encode(
            domainType,
            keccak256(bytes("tracehold")),
            keccak256(bytes("1")),
            domain.chainId,
            domain.verifyingContract,
            domain.salt
        )
    );
    bytes32 content = keccak256(abi.encode(statementType, s.node, s.log, s.prevSize, s.prevRoot, s.size, s.root));
    return keccak256(abi.encodePacked(bytes2(0x1901), separator, content));
}
