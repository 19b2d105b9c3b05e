// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../src/Anchors.sol";
import {Members} from "../src/Members.sol";
import {Network} from "./Network.sol";
import {Statement} from "./Statement.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";

/// @dev Everybody who calls the contract, right and wrong, in any order: forge calls the actions with random seeds. What
/// they ask is mostly not foretold: they write down what was taken, and what held when it was; the invariants judge.
contract Actors is Network {
    uint32 private constant OPERATORS = 8;
    uint32 private constant NODES = 20;

    /// @dev An anchor that was taken. `others` are the distinct active operators, not the creator's own, an active holder of
    /// which signed for just this anchor; `rightful`: its sender was the account of an active creator whose log goes on.
    struct Taken {
        Anchors.Head head;
        uint64 prevSize;
        uint8 quorum;
        uint256 others;
        bool rightful;
    }

    struct Pointer {
        uint32 node;
        bytes32 fingerprint;
        bytes32 replacement;
    }

    /// @dev How often each action was taken.
    mapping(bytes4 action => uint256) public done;
    /// @dev 1 + the number of anchors when the log was retired.
    mapping(uint32 node => uint256) public retiredAfter;

    mapping(uint32 node => Taken[]) private _taken;
    Pointer[] private _pointers;
    // Accounts go by number: that of their first node, or one from 1,000 on for those that came by replaceKeys.
    uint32[] private _accounts;
    mapping(uint32 node => uint32 account) private _current;
    bytes32 private _draw;

    constructor() {
        found(4);
        for (uint32 n = 1; n <= 4; ++n) arrived(n, n);
    }

    modifier drawn(uint256 seed) {
        _draw = keccak256(abi.encode(seed));
        _;
    }

    function contractUnderTest() external view returns (Anchors) {
        return anchors;
    }

    function takenOf(uint32 node_) external view returns (Taken[] memory) {
        return _taken[node_];
    }

    function pointers() external view returns (Pointer[] memory) {
        return _pointers;
    }

    function enrolOperator(uint256) external {
        if (anchors.operatorCount() == OPERATORS) return;
        operator(anchors.operatorCount() + 1);
        ++done[this.enrolOperator.selector];
    }

    function enrolNode(uint256 seed) external drawn(seed) {
        uint32 operator_ = 1 + draw(anchors.operatorCount());
        if (!anchors.operatorAt(operator_).active || anchors.nodeCount() == NODES) return;
        uint32 number = node(operator_, uint8(draw(4)));
        arrived(number, number);
        ++done[this.enrolNode.selector];
    }

    function revokeOperator(uint256 seed) external drawn(seed) {
        if (draw(8) != 0) return; // rarely, or nobody is left
        asks(this.revokeOperator.selector, ADMIN, abi.encodeCall(Members.revokeOperator, (1 + draw(OPERATORS))));
    }

    function revokeNode(uint256 seed) external drawn(seed) {
        if (draw(8) != 0) return;
        address sender = draw(2) == 0 ? ADMIN : accountOf(anyAccount());
        asks(this.revokeNode.selector, sender, abi.encodeCall(Members.revokeNode, (anyNode())));
    }

    function setQuorum(uint256 seed) external drawn(seed) {
        asks(this.setQuorum.selector, ADMIN, abi.encodeCall(Members.setQuorum, (uint8(draw(4)))));
    }

    function setNodeRoles(uint256 seed) external drawn(seed) {
        uint8 roles = draw(2) == 0 ? BOTH : uint8(draw(5));
        asks(this.setNodeRoles.selector, ADMIN, abi.encodeCall(Members.setNodeRoles, (anyNode(), roles)));
    }

    function replaceKeys(uint256 seed) external drawn(seed) {
        uint32 old = anyAccount();
        uint32 next_ = 1_000 + uint32(_accounts.length);
        bytes memory call = abi.encodeCall(Members.replaceKeys, (accountOf(next_), keyOf(next_), "record"));
        if (asks(this.replaceKeys.selector, accountOf(old), call)) arrived(anchors.nodeOf(accountOf(old)), next_);
    }

    function pass(uint256 seed) external drawn(seed) {
        vm.roll(block.number + 1 + draw(9));
        vm.warp(block.timestamp + 1 + draw(99));
    }

    function retire(uint256 seed) external drawn(seed) {
        if (draw(3) != 0) return;
        uint32 account = anyAccount();
        uint32 number = anchors.nodeOf(accountOf(account));
        bytes memory call = abi.encodeCall(Anchors.retire, (anchors.headOf(number).size));
        if (asks(this.retire.selector, accountOf(account), call)) retiredAfter[number] = 1 + _taken[number].length;
    }

    /// @dev The record at index 0 of a head is known, with its path.
    function supersede(uint256 seed) external drawn(seed) {
        uint32 account = anyAccount();
        uint32 number = anchors.nodeOf(accountOf(account));
        uint64 size = anchors.headOf(number).size;
        (bytes32 entry, bytes32 replacement) = (entryOf(number, size), keccak256(abi.encode(seed)));
        bytes memory call = abi.encodeCall(Anchors.supersede, (entry, replacement, 0, pathOf(size)));
        if (asks(this.supersede.selector, accountOf(account), call)) {
            _pointers.push(Pointer(number, entry, replacement));
        }
    }

    /// @dev As a node does it: the next size, acknowledged by a holder of each of some other operators.
    function anchor(uint256 seed) external drawn(seed) {
        uint32 number = anyNode();
        uint64 size = anchors.headOf(number).size;
        anchors_(this.anchor.selector, _current[number], size, size + 1 + draw(3), signersFor(number, 0));
    }

    /// @dev The same with one thing changed: another account, a size before, no growth, another signer, one signer more.
    function anchorAnyhow(uint256 seed) external drawn(seed) {
        uint256 change = draw(6);
        uint32 account = change == 1 ? anyAccount() : _current[anyNode()];
        uint32 number = anchors.nodeOf(accountOf(account));
        uint64 prevSize = change == 2 ? draw(8) : anchors.headOf(number).size;
        uint64 growth = change == 3 ? 0 : 1 + draw(3);
        uint32[] memory signers = signersFor(number, change == 4 ? 1 : 0);
        if (change == 5 && signers.length != 0) signers[draw(signers.length)] = anyAccount();
        anchors_(this.anchorAnyhow.selector, account, prevSize, prevSize + growth, signers);
    }

    /// @dev A holder's account for each of most other operators, ascending, and some accounts of anybody after those.
    function signersFor(uint32 number, uint256 more) private returns (uint32[] memory signers) {
        uint32 own = anchors.nodeAt(number).operator;
        signers = new uint32[](OPERATORS + more);
        uint256 length;
        for (uint32 n = 1; n <= anchors.operatorCount(); ++n) {
            uint32 holder = n == own || draw(4) == 0 ? 0 : holderOf(n);
            if (holder != 0) signers[length++] = _current[holder];
        }
        for (; more != 0; --more) signers[length++] = anyAccount();
        assembly {
            mstore(signers, length)
        }
    }

    function anchors_(bytes4 action, uint32 account, uint64 prevSize, uint64 size, uint32[] memory signers) private {
        uint32 number = anchors.nodeOf(accountOf(account));
        Statement memory s = next(number, size, rootOf(number, size));
        Anchors.Ack[] memory acks = new Anchors.Ack[](signers.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            acks[i] = ack(s, signers[i], anchors.nodeOf(accountOf(signers[i])));
        }
        Taken memory taken;
        taken.head = Anchors.Head(s.root, size, uint64(block.timestamp), uint64(block.number));
        taken.prevSize = s.prevSize;
        taken.quorum = anchors.quorum();
        Members.Node memory creator = anchors.nodeAt(number);
        taken.others = othersThan(creator.operator, signers);
        taken.rightful = creator.account == accountOf(account) && creator.active && creator.roles & CREATOR != 0
            && anchors.operatorAt(creator.operator).active;
        bytes memory call = abi.encodeCall(Anchors.anchor, (prevSize, size, s.root, acks));
        if (asks(action, accountOf(account), call)) _taken[number].push(taken);
    }

    /// @dev Distinct operators behind those signers that may acknowledge.
    function othersThan(uint32 own, uint32[] memory signers) private view returns (uint256 count) {
        uint256 seen;
        for (uint256 i = 0; i < signers.length; ++i) {
            address account = accountOf(signers[i]);
            Members.Node memory holder = anchors.nodeAt(anchors.nodeOf(account));
            if (holder.account != account || !holder.active || holder.roles & HOLDER == 0) continue;
            if (holder.operator == own || !anchors.operatorAt(holder.operator).active) continue;
            if (seen >> holder.operator & 1 == 0) ++count;
            seen |= 1 << holder.operator;
        }
    }

    function asks(bytes4 action, address sender, bytes memory call) private returns (bool taken) {
        vm.prank(sender);
        (taken,) = address(anchors).call(call);
        if (taken) ++done[action];
    }

    function arrived(uint32 node_, uint32 account) private {
        _accounts.push(account);
        _current[node_] = account;
    }

    function draw(uint256 below) private returns (uint32) {
        _draw = keccak256(abi.encode(_draw));
        return uint32(uint256(_draw) % below);
    }

    function anyNode() private returns (uint32) {
        return 1 + draw(anchors.nodeCount());
    }

    /// @dev An account of a node, now or once.
    function anyAccount() private returns (uint32) {
        return _accounts[draw(_accounts.length)];
    }

    function holderOf(uint32 operator_) private view returns (uint32) {
        uint32[] memory nodes = anchors.nodesOf(operator_);
        for (uint256 i = 0; i < nodes.length; ++i) {
            if (anchors.nodeAt(nodes[i]).roles & HOLDER != 0) return nodes[i];
        }
        return 0;
    }

    function entryOf(uint32 node_, uint64 size) private pure returns (bytes32) {
        return keccak256(abi.encode("entry", node_, size));
    }

    function pathOf(uint64 size) private pure returns (bytes32[] memory path) {
        uint256 length;
        while (uint256(1) << length < size) ++length;
        path = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) path[i] = keccak256(abi.encode("sibling", i));
    }

    function rootOf(uint32 node_, uint64 size) private pure returns (bytes32 root) {
        root = Tree.leaf(entryOf(node_, size));
        bytes32[] memory path = pathOf(size);
        for (uint256 i = 0; i < path.length; ++i) root = sha256(abi.encodePacked(bytes1(0x01), root, path[i]));
    }
}
