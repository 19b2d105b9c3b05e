// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Members} from "./Members.sol";

/// @title Heads of the members' logs
/// @notice Keeps the newest (root, size) of each creator's log. Anchored implies replicated: a head is taken only with
/// acknowledgements of enough other operators that durably keep what it adds. The cost does not grow with the records.
/// @dev A log is an RFC 9162 tree (SHA-256) whose entries are record fingerprints (BLAKE3-256).
contract Anchors is Members {
    /// @notice Entries of a segment; an anchor never crosses a segment's end.
    uint64 public constant SEGMENT_ENTRIES = 65536;
    /// @notice EIP-712 type of what a holder signs.
    bytes32 public constant ACK_TYPEHASH =
        keccak256("Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)");

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    /// @dev Half the order of secp256k1: a signature with a larger s has a twin with a smaller one.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice A log's newest anchored state; two slots.
    /// @param root RFC 9162 tree head hash.
    /// @param size Entries under it.
    /// @param time Block time of the anchor, in seconds.
    /// @param blockNumber Block of the anchor.
    struct Head {
        bytes32 root;
        uint64 size;
        uint64 time;
        uint64 blockNumber;
    }

    /// @notice An acknowledgement as handed in: who signed, and the 64 bytes of EIP-2098.
    /// @param node Number of the holder that signed; what it signed names the creator's node.
    /// @param r First half of the signature.
    /// @param vs The parity in the top bit, the low s in the others.
    struct Ack {
        uint32 node;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A block hash fixed at deployment, in the EIP-712 domain: no signature fits another deployment, even at the
    /// same address on a chain of the same id.
    bytes32 public immutable salt;
    /// @notice The contract that this one takes over from, of the same network on this chain; zero if it is the first. Anchors
    /// there stay what they are; members and heads are made anew here.
    address public immutable predecessor;

    uint256 private immutable _deployedChainId;
    bytes32 private immutable _deployedSeparator;

    mapping(uint32 node => Head) private _heads;
    mapping(uint32 node => mapping(bytes32 fingerprint => bytes32)) private _replacements;

    /// @notice A log was anchored.
    /// @param node Number of its creator.
    /// @param prevSize Size anchored before.
    /// @param size Size anchored now.
    /// @param root Root of the tree of that size.
    /// @param ackers Numbers of the nodes that acknowledged, by ascending operator.
    event Anchored(uint32 indexed node, uint64 prevSize, uint64 size, bytes32 root, uint32[] ackers);
    /// @notice A record was superseded by its log's creator: a pointer, which readers honour only if the replacement itself
    /// names the record and speaks for the same party.
    /// @param node Number of the creator.
    /// @param fingerprint The record.
    /// @param replacement The record that takes its place.
    event Superseded(uint32 indexed node, bytes32 indexed fingerprint, bytes32 replacement);

    /// @notice A log ended: this head stays its last one for ever.
    /// @param node Number of its creator.
    /// @param size Entries under its last head; 0 if it was never anchored.
    /// @param root Root of that head.
    event LogRetired(uint32 indexed node, uint64 size, bytes32 root);
    /// @notice A closed segment of a log was archived. A later event for the same segment takes this one's place.
    /// @param node Number of the log's creator.
    /// @param segment Number of the segment: its entries are [65536 segment, 65536 (segment + 1)).
    /// @param manifest What the archive is found by; the contract does not read it.
    event Archived(uint32 indexed node, uint64 indexed segment, bytes32 manifest);

    /// @notice The predecessor is a contract of another network.
    error OtherNetwork();
    /// @notice The segment may still gain entries, or has none.
    /// @param size The size anchored now.
    error SegmentOpen(uint64 size);
    /// @notice The caller is no active node with the role CREATOR.
    error NotCreator();
    /// @notice The head is not what the caller took it for; a repeated anchor ends here.
    /// @param current The size anchored now.
    error StaleHead(uint64 current);
    /// @notice The new size is not larger than the one anchored.
    error SizeNotGrowing();
    /// @notice The entries added lie in more than one segment.
    error CrossesSegment();
    /// @notice The root is zero.
    error ZeroRoot();
    /// @notice Too few acknowledgements.
    /// @param quorum Acknowledgements needed.
    error QuorumNotMet(uint8 quorum);
    /// @notice The acknowledgers' operators do not strictly ascend, so one might count twice.
    /// @param node The first out of order.
    error AckOrder(uint32 node);
    /// @notice An acknowledger belongs to the creator's operator.
    /// @param node The acknowledger.
    error AckOwnOperator(uint32 node);
    /// @notice An acknowledger is no active node with the role HOLDER.
    /// @param node The acknowledger.
    error AckNotHolder(uint32 node);
    /// @notice A signature is malformed, or not of the node named over this anchor.
    /// @param node The node named.
    error BadAck(uint32 node);
    /// @notice The replacement is zero or the record itself.
    error BadReplacement();
    /// @notice The record was superseded before; that stands.
    /// @param replacement What it was superseded by.
    error AlreadySuperseded(bytes32 replacement);
    /// @notice The record is not at that index of the anchored tree.
    error NotIncluded();

    /// @param networkId_ The network's id: 32 random bytes, not zero.
    /// @param admin_ The account that may change members and quorum.
    /// @param quorum_ 0 or 1; see `Members`.
    /// @param predecessor_ The contract to take over from, or zero. It must answer with the same network id.
    constructor(bytes32 networkId_, address admin_, uint8 quorum_, address predecessor_)
        Members(networkId_, admin_, quorum_)
    {
        if (predecessor_ != address(0) && Members(predecessor_).networkId() != networkId_) revert OtherNetwork();
        predecessor = predecessor_;
        bytes32 salt_;
        unchecked {
            // A dry run on a chain that has only its genesis says number 0: it gets hash 0 instead of a panic.
            salt_ = blockhash(block.number - 1);
        }
        salt = salt_;
        _deployedChainId = block.chainid;
        _deployedSeparator = _separator(salt_);
    }

    /// @notice Anchors the caller's log, extended from `prevSize` to `size` entries.
    /// @dev Compare-and-swap on `prevSize`: a transaction sent twice anchors once.
    /// @param prevSize Size anchored now, 0 at first.
    /// @param size New size.
    /// @param root Root of the tree of that size. The contract cannot check that it extends the old one; holders do.
    /// @param acks Acknowledgements of active holders of other operators, by strictly ascending operator number.
    function anchor(uint64 prevSize, uint64 size, bytes32 root, Ack[] calldata acks) external {
        Seat storage creator = _seats[msg.sender];
        (uint32 node, uint32 operator, uint8 roles) = (creator.node, creator.operator, creator.roles);
        if (roles & CREATOR == 0) revert NotCreator();
        Head storage head = _heads[node];
        uint64 current = head.size;
        if (prevSize != current) revert StaleHead(current);
        if (size <= prevSize) revert SizeNotGrowing();
        if (prevSize / SEGMENT_ENTRIES != (size - 1) / SEGMENT_ENTRIES) revert CrossesSegment();
        if (root == 0) revert ZeroRoot();
        if (acks.length < quorum) revert QuorumNotMet(quorum);
        uint32[] memory ackers = new uint32[](acks.length);
        if (acks.length != 0) {
            bytes32 digest = _ackDigest(node, prevSize, head.root, size, root);
            _checkAcks(operator, digest, acks, ackers);
        }
        _heads[node] = Head(root, size, uint64(block.timestamp), uint64(block.number));
        emit Anchored(node, prevSize, size, root, ackers);
    }

    /// @notice Points from a record of the caller's log to the one that takes its place; once, for good.
    /// @param fingerprint The record.
    /// @param replacement The other record's fingerprint; it may stand in any log, or not yet.
    /// @param index The record's index in the caller's anchored tree.
    /// @param path RFC 9162 inclusion path under the head anchored now.
    function supersede(bytes32 fingerprint, bytes32 replacement, uint64 index, bytes32[] calldata path) external {
        Seat memory creator = _seats[msg.sender];
        if (creator.roles & CREATOR == 0) revert NotCreator();
        if (replacement == 0 || replacement == fingerprint) revert BadReplacement();
        bytes32 before = _replacements[creator.node][fingerprint];
        if (before != 0) revert AlreadySuperseded(before);
        if (!verifyInclusion(creator.node, fingerprint, index, path)) revert NotIncluded();
        _replacements[creator.node][fingerprint] = replacement;
        emit Superseded(creator.node, fingerprint, replacement);
    }

    /// @notice Ends the caller's log: nothing of it is ever anchored again, by nobody. The caller stays a holder.
    /// @dev Compare-and-swap on the size, as `anchor`: an anchor that got lost is noticed before it can never be made.
    /// @param size Size anchored now, 0 if nothing was.
    function retire(uint64 size) external {
        Seat storage seat = _seats[msg.sender];
        Head storage head = _heads[seat.node];
        uint64 current = head.size;
        if (size != current) revert StaleHead(current);
        _retire(seat);
        emit LogRetired(seat.node, current, head.root);
    }

    /// @notice Tells where a segment of the caller's log is archived, so that chain and archive alone can rebuild the log.
    /// @dev For segments that can gain nothing more: full under the head, or with any entry once the log is retired.
    /// @param segment Its number.
    /// @param manifest What the archive is found by, not zero.
    function archive(uint64 segment, bytes32 manifest) external {
        Seat memory creator = _seats[msg.sender];
        if (!creator.active || (creator.roles & CREATOR == 0 && !creator.retired)) revert NotCreator();
        if (manifest == 0) revert ZeroValue();
        uint64 size = _heads[creator.node].size;
        uint256 full = creator.retired ? (uint256(size) + SEGMENT_ENTRIES - 1) / SEGMENT_ENTRIES : size / SEGMENT_ENTRIES;
        if (segment >= full) revert SegmentOpen(size);
        emit Archived(creator.node, segment, manifest);
    }

    /// @notice The newest anchored state of a node's log.
    /// @param node The node's number.
    /// @return The head; all zero before the first anchor.
    function headOf(uint32 node) external view returns (Head memory) {
        return _heads[node];
    }

    /// @notice What a record of a node's log was superseded by.
    /// @param node The node's number.
    /// @param fingerprint The record.
    /// @return replacement The other record, or zero.
    function statusOf(uint32 node, bytes32 fingerprint) external view returns (bytes32 replacement) {
        return _replacements[node][fingerprint];
    }

    /// @notice Whether a record stands at an index of a node's log, under the head anchored now.
    /// @param node The node's number.
    /// @param fingerprint The record.
    /// @param index Its index.
    /// @param path RFC 9162 inclusion path (section 2.1.3), lowest sibling first.
    /// @return True if the path leads to the anchored root.
    function verifyInclusion(uint32 node, bytes32 fingerprint, uint64 index, bytes32[] calldata path)
        public
        view
        returns (bool)
    {
        Head storage head = _heads[node];
        uint64 size = head.size;
        if (index >= size) return false;
        (uint256 sides, uint256 length) = _shape(index, size);
        if (path.length != length) return false;
        return _climb(fingerprint, sides, path) == head.root;
    }

    /// @notice EIP-5267: the EIP-712 domain, so that a signer needs nothing but the contract.
    /// @return fields 0x1f: all five fields are used.
    /// @return name "tracehold".
    /// @return version "1".
    /// @return chainId Id of this chain.
    /// @return verifyingContract This contract.
    /// @return domainSalt The block hash fixed at deployment.
    /// @return extensions None.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 domainSalt,
            uint256[] memory extensions
        )
    {
        return (0x1f, "tracehold", "1", block.chainid, address(this), salt, new uint256[](0));
    }

    /// @dev Checks every acknowledgement and writes their nodes into `ackers`.
    function _checkAcks(uint32 ownOperator, bytes32 digest, Ack[] calldata acks, uint32[] memory ackers)
        private
        view
    {
        uint32 last = 0;
        for (uint256 i = 0; i < acks.length; ++i) {
            Ack calldata ack = acks[i];
            uint32 node = ack.node;
            Seat storage seat = _seats[_signer(digest, ack.r, ack.vs)];
            (uint32 number, uint32 operator, uint8 roles) = (seat.node, seat.operator, seat.roles);
            if (node == 0 || number != node) revert BadAck(node);
            if (roles & HOLDER == 0) revert AckNotHolder(node);
            if (operator == ownOperator) revert AckOwnOperator(node);
            if (operator <= last) revert AckOrder(node);
            last = operator;
            ackers[i] = node;
        }
    }

    /// @dev EIP-712 digest that the acknowledgers of this anchor signed.
    function _ackDigest(uint32 node, uint64 prevSize, bytes32 prevRoot, uint64 size, bytes32 root)
        private
        view
        returns (bytes32)
    {
        bytes32 content =
            keccak256(abi.encode(ACK_TYPEHASH, node, _identities[node].log, prevSize, prevRoot, size, root));
        // A chain that splits keeps the salt and changes the id.
        bytes32 separator = block.chainid == _deployedChainId ? _deployedSeparator : _separator(salt);
        return keccak256(abi.encodePacked(hex"1901", separator, content));
    }

    /// @dev EIP-712 domain separator; the salt is handed in because immutables cannot be read during construction.
    function _separator(bytes32 salt_) private view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("tracehold"), keccak256("1"), block.chainid, address(this), salt_)
        );
    }

    /// @dev Account that made an EIP-2098 signature, or zero, which has no seat. A high s is none.
    function _signer(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (address) {
        uint256 s = uint256(vs) & (type(uint256).max >> 1);
        if (s > HALF_ORDER) return address(0);
        return ecrecover(digest, uint8(uint256(vs) >> 255) + 27, r, bytes32(s));
    }

    /// @dev Shape of the path of `index` in a tree of `size` > `index` entries. Up to the level where the index and the last
    /// index meet, there is a sibling on every level, on the left where the index has a 1. Above, the subtree is the right
    /// border: siblings are on the left only, one for every 1 that is left in the index.
    /// @return sides Bit i tells that sibling i stands on the left.
    /// @return length Number of siblings.
    function _shape(uint256 index, uint256 size) private pure returns (uint256 sides, uint256 length) {
        assembly ("memory-safe") {
            // The bit length of `apart`, which has at most 64 bits: halving tells the place of its top bit.
            let apart := xor(index, sub(size, 1))
            length := shl(5, lt(0xFFFFFFFF, apart))
            length := or(length, shl(4, lt(0xFFFF, shr(length, apart))))
            length := or(length, shl(3, lt(0xFF, shr(length, apart))))
            length := or(length, shl(2, lt(0xF, shr(length, apart))))
            length := or(length, shl(1, lt(3, shr(length, apart))))
            length := or(length, lt(1, shr(length, apart)))
            length := add(length, iszero(iszero(apart)))
            sides := or(index, shl(length, not(0)))
            // The 1s of at most 64 bits, added up side by side: by two bits, by four, by eight; then the bytes, at once.
            let ones := shr(length, index)
            ones := sub(ones, and(shr(1, ones), 0x5555555555555555))
            ones := add(and(ones, 0x3333333333333333), and(shr(2, ones), 0x3333333333333333))
            ones := and(add(ones, shr(4, ones)), 0x0F0F0F0F0F0F0F0F)
            length := add(length, mod(ones, 255))
        }
    }

    /// @dev Root that an entry and its siblings lead to: RFC 9162 section 2.1.1, SHA-256 is precompile 2, leaves have the
    /// prefix 0 and nodes the prefix 1. Works on 65 bytes of free memory that nobody claims: the prefix, then a pair whose
    /// address is a multiple of 64, so that bit 5 tells left from right. Each hash is written to its side of the next pair.
    function _climb(bytes32 entry, uint256 sides, bytes32[] calldata path) private view returns (bytes32 root) {
        assembly ("memory-safe") {
            let pair := and(add(mload(0x40), 95), not(63))
            let prefix := sub(pair, 1)
            sides := shl(5, sides)
            let place := or(pair, and(sides, 32))
            mstore8(prefix, 0)
            mstore(pair, entry)
            let done := staticcall(gas(), 2, prefix, 33, place, 32)
            mstore8(prefix, 1)
            let end := add(path.offset, shl(5, path.length))
            for { let at := path.offset } lt(at, end) { at := add(at, 32) } {
                mstore(xor(place, 0x20), calldataload(at))
                sides := shr(1, sides)
                place := or(pair, and(sides, 32))
                done := and(done, staticcall(gas(), 2, prefix, 65, place, 32))
            }
            // only a call without gas fails
            if iszero(done) { revert(0, 0) }
            root := mload(place)
        }
    }
}
