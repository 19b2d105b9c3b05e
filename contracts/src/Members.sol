// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who takes part in a tracehold network
/// @notice Operators (companies) and their nodes. Every node has a number that is never given again; heads and
/// acknowledgements refer to it. An admin account, meant to be a multisig, enrols, revokes and sets roles.
/// @dev Storage keeps what rules and newcomers need; strings and node records stand in events, storage has their hashes.
abstract contract Members {
    /// @notice Role bit: may anchor a log.
    uint8 public constant CREATOR = 1;
    /// @notice Role bit: keeps foreign logs and acknowledges them.
    uint8 public constant HOLDER = 2;
    /// @notice Longest signed node record, in bytes.
    uint256 public constant MAX_RECORD_BYTES = 8192;
    /// @notice Longest party identifier, in bytes.
    uint256 public constant MAX_PARTY_BYTES = 512;
    /// @notice Most nodes that one operator may ever enrol: its revocation visits them all.
    uint256 public constant MAX_OPERATOR_NODES = 512;

    /// @notice An operator as `operatorAt` answers.
    /// @param partyHash keccak256 of the party's URI, which stands in `OperatorEnrolled`.
    /// @param active False once revoked; a revoked operator never comes back under this number.
    struct Operator {
        bytes32 partyHash;
        bool active;
    }

    /// @notice A node as `nodeAt` answers.
    /// @param operator Number of the operator that runs it.
    /// @param account Ledger account: sends anchors, signs acknowledgements.
    /// @param roles Bits CREATOR and HOLDER; 0 while suspended and once revoked.
    /// @param active False once the node or its operator is revoked.
    /// @param nodeKey Ed25519 public key.
    /// @param log Id of the node's log: the fingerprint of its entry 0.
    /// @param recordHash keccak256 of the signed node record, which stands in `NodeEnrolled` or `NodeReplaced`.
    struct Node {
        uint32 operator;
        address account;
        uint8 roles;
        bool active;
        bytes32 nodeKey;
        bytes32 log;
        bytes32 recordHash;
    }

    /// @dev Everything `anchor` asks about an account, in one slot. Revocation, of the node or of its operator, clears
    /// `active` and `roles`, so that roles alone tell what the account may do. A retired log's node never gets CREATOR again.
    struct Seat {
        uint32 node;
        uint32 operator;
        uint8 roles;
        bool active;
        bool retired;
    }

    /// @dev What only the node itself changes while it is enrolled; its log never does.
    struct Identity {
        address account;
        bytes32 nodeKey;
        bytes32 log;
        bytes32 recordHash;
    }

    /// @notice The network's id, independent of any chain: 32 random bytes, carried on by a successor contract.
    bytes32 public immutable networkId;

    /// @notice The account that may change members and quorum.
    address public admin;
    /// @notice Acknowledgements of distinct foreign operators that an anchor needs at least.
    uint8 public quorum;
    /// @notice Operators ever enrolled: their numbers are 1 to this.
    uint32 public operatorCount;
    /// @notice Operators that are not revoked.
    uint32 public activeOperators;
    /// @notice The account that may take over by `acceptAdmin`, or zero.
    address public pendingAdmin;
    /// @notice Nodes ever enrolled: their numbers are 1 to this.
    uint32 public nodeCount;

    mapping(uint32 operator => Operator) private _operators;
    mapping(uint32 operator => uint32[] nodes) private _nodesOf;
    mapping(bytes32 partyHash => uint32 operator) private _operatorOfParty;
    mapping(uint32 node => Identity) internal _identities;
    mapping(address account => Seat) internal _seats;
    mapping(bytes32 log => uint32 node) private _nodeOfLog;
    mapping(bytes32 nodeKey => bool) private _keyTaken;

    /// @notice An operator was enrolled.
    /// @param operator Its number.
    /// @param party Its URI.
    event OperatorEnrolled(uint32 indexed operator, string party);
    /// @notice An operator was revoked. `NodeRevoked` tells the same of each of its nodes that was active.
    /// @param operator Its number.
    event OperatorRevoked(uint32 indexed operator);
    /// @notice A node was enrolled.
    /// @param node Its number.
    /// @param operator Number of its operator.
    /// @param account Its ledger account.
    /// @param nodeKey Its Ed25519 public key.
    /// @param log Id of its log.
    /// @param roles Bits CREATOR and HOLDER.
    /// @param record The signed node record: endpoints and certificate, so that a newcomer needs only the chain.
    event NodeEnrolled(
        uint32 indexed node,
        uint32 indexed operator,
        address account,
        bytes32 nodeKey,
        bytes32 log,
        uint8 roles,
        bytes record
    );
    /// @notice A node replaced its account, key or record by itself. What it anchored and acknowledged before is judged by
    /// the key and the account in force then.
    /// @param node Its number.
    /// @param account Its ledger account from now on.
    /// @param nodeKey Its Ed25519 public key from now on.
    /// @param record Its signed node record from now on.
    event NodeReplaced(uint32 indexed node, address account, bytes32 nodeKey, bytes record);
    /// @notice A node's roles were set.
    /// @param node Its number.
    /// @param roles Bits CREATOR and HOLDER; 0 suspends.
    event NodeRolesChanged(uint32 indexed node, uint8 roles);
    /// @notice A node was revoked: by the admin, by itself, or with its operator.
    /// @param node Its number.
    event NodeRevoked(uint32 indexed node);
    /// @notice The quorum was set, at deployment, by the admin, or by the second operator's enrolment.
    /// @param quorum The quorum from now on.
    event QuorumChanged(uint8 quorum);
    /// @notice A new admin was named and has yet to accept.
    /// @param admin The account named; zero withdraws.
    event AdminProposed(address indexed admin);
    /// @notice The admin changed, at deployment or by `acceptAdmin`.
    /// @param previous The account before; zero at deployment.
    /// @param current The account from now on.
    event AdminChanged(address indexed previous, address indexed current);

    /// @notice The caller is not the admin.
    error NotAdmin();
    /// @notice The caller was not named as the next admin.
    error NotPendingAdmin();
    /// @notice A value that must be there is zero or empty.
    error ZeroValue();
    /// @notice The party's URI is over MAX_PARTY_BYTES.
    error PartyTooLong();
    /// @notice The node record is over MAX_RECORD_BYTES.
    error RecordTooLong();
    /// @notice A role bit other than CREATOR and HOLDER is set.
    error BadRoles();
    /// @notice An active operator has this party already.
    error PartyTaken();
    /// @notice A node had this account, now or once.
    error AccountTaken();
    /// @notice A node had this key, now or once.
    error KeyTaken();
    /// @notice A node had this log, now or once.
    error LogTaken();
    /// @notice The operator has enrolled MAX_OPERATOR_NODES nodes.
    error TooManyNodes();
    /// @notice No operator has this number, or it is revoked.
    error OperatorNotActive();
    /// @notice No node has this number, or it is revoked.
    error NodeNotActive();
    /// @notice The node retired its log: it is never anchored again.
    error LogIsRetired();
    /// @notice The quorum would leave the bounds for this number of active operators.
    /// @param quorum The quorum that would stand.
    /// @param operators The active operators that would be.
    error QuorumOutOfBounds(uint8 quorum, uint32 operators);

    /// @dev Refuses everybody but the admin.
    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin();
        _;
    }

    /// @param networkId_ The network's id, not zero.
    /// @param admin_ The account that may change members and quorum, not zero.
    /// @param quorum_ 0 or 1: more needs operators first.
    constructor(bytes32 networkId_, address admin_, uint8 quorum_) {
        if (networkId_ == 0 || admin_ == address(0)) revert ZeroValue();
        _requireQuorumInBounds(quorum_, 0);
        networkId = networkId_;
        admin = admin_;
        quorum = quorum_;
        emit AdminChanged(address(0), admin_);
        emit QuorumChanged(quorum_);
    }

    /// @notice Enrols an operator under the next number. The second active one raises a quorum of 0 to 1.
    /// @param party Its URI; no other active operator may have it. A revoked party that returns gets a new number.
    /// @return operator Its number.
    function enrolOperator(string calldata party) external onlyAdmin returns (uint32 operator) {
        if (bytes(party).length == 0) revert ZeroValue();
        if (bytes(party).length > MAX_PARTY_BYTES) revert PartyTooLong();
        bytes32 partyHash = keccak256(bytes(party));
        if (_operators[_operatorOfParty[partyHash]].active) revert PartyTaken();
        operator = ++operatorCount;
        _operators[operator] = Operator(partyHash, true);
        _operatorOfParty[partyHash] = operator;
        emit OperatorEnrolled(operator, party);
        uint32 operators = ++activeOperators;
        if (quorum < _quorumFloor(operators)) _setQuorum(_quorumFloor(operators));
    }

    /// @notice Revokes an operator for good, and with it all its nodes. What it anchored stays.
    /// @param operator Its number. Refused while the quorum is too high for the operators that would be left.
    function revokeOperator(uint32 operator) external onlyAdmin {
        if (!_operators[operator].active) revert OperatorNotActive();
        uint32 operators = activeOperators - 1;
        _requireQuorumInBounds(quorum, operators);
        activeOperators = operators;
        _operators[operator].active = false;
        emit OperatorRevoked(operator);
        uint32[] storage nodes = _nodesOf[operator];
        for (uint256 i = 0; i < nodes.length; ++i) {
            Seat storage seat = _seats[_identities[nodes[i]].account];
            if (seat.active) _revoke(seat);
        }
    }

    /// @notice Enrols a node of an active operator under the next number.
    /// @param operator Number of its operator.
    /// @param account Its ledger account, new to this contract.
    /// @param nodeKey Its Ed25519 public key, new to this contract.
    /// @param log Id of its log, new to this contract.
    /// @param roles Bits CREATOR and HOLDER.
    /// @param record The signed node record, kept as event data; the contract does not read it.
    /// @return node Its number.
    function enrolNode(
        uint32 operator,
        address account,
        bytes32 nodeKey,
        bytes32 log,
        uint8 roles,
        bytes calldata record
    ) external onlyAdmin returns (uint32 node) {
        if (!_operators[operator].active) revert OperatorNotActive();
        if (_nodesOf[operator].length == MAX_OPERATOR_NODES) revert TooManyNodes();
        if (account == address(0) || nodeKey == 0 || log == 0 || record.length == 0) revert ZeroValue();
        if (record.length > MAX_RECORD_BYTES) revert RecordTooLong();
        _requireRoles(roles);
        if (_seats[account].node != 0) revert AccountTaken();
        if (_keyTaken[nodeKey]) revert KeyTaken();
        if (_nodeOfLog[log] != 0) revert LogTaken();
        node = ++nodeCount;
        _seats[account] = Seat(node, operator, roles, true, false);
        _nodesOf[operator].push(node);
        _identities[node] = Identity(account, nodeKey, log, keccak256(record));
        _keyTaken[nodeKey] = true;
        _nodeOfLog[log] = node;
        emit NodeEnrolled(node, operator, account, nodeKey, log, roles, record);
    }

    /// @notice Replaces what the caller's node is known by: its account, its key, its record, or some of them.
    /// @dev A key or account that is replaced is never given again, to anybody. The old account's seat keeps its node's
    /// number and no rights. The log stays, and with it head, roles and number.
    /// @param account The ledger account from now on: the caller, or one that is new to this contract.
    /// @param nodeKey The Ed25519 public key from now on: the present one, or one that is new to this contract.
    /// @param record The signed node record from now on, kept as event data; the contract does not read it.
    function replaceKeys(address account, bytes32 nodeKey, bytes calldata record) external {
        Seat memory seat = _seats[msg.sender];
        if (!seat.active) revert NodeNotActive();
        if (account == address(0) || nodeKey == 0 || record.length == 0) revert ZeroValue();
        if (record.length > MAX_RECORD_BYTES) revert RecordTooLong();
        Identity storage id = _identities[seat.node];
        if (account != msg.sender) {
            if (_seats[account].node != 0) revert AccountTaken();
            _seats[account] = seat;
            _seats[msg.sender] = Seat(seat.node, seat.operator, 0, false, false);
            id.account = account;
        }
        if (nodeKey != id.nodeKey) {
            if (_keyTaken[nodeKey]) revert KeyTaken();
            _keyTaken[nodeKey] = true;
            id.nodeKey = nodeKey;
        }
        id.recordHash = keccak256(record);
        emit NodeReplaced(seat.node, account, nodeKey, record);
    }

    /// @notice Sets the roles of an active node.
    /// @param node Its number.
    /// @param roles Bits CREATOR and HOLDER; 0 suspends it. CREATOR is refused once the node retired its log.
    function setNodeRoles(uint32 node, uint8 roles) external onlyAdmin {
        _requireRoles(roles);
        Seat storage seat = _activeSeat(node);
        if (seat.retired && roles & CREATOR != 0) revert LogIsRetired();
        seat.roles = roles;
        emit NodeRolesChanged(node, roles);
    }

    /// @notice Revokes a node for good. What it anchored stays.
    /// @dev Also by the node itself: a holder that leaves deactivates itself before it deletes what it acknowledged.
    /// @param node Its number.
    function revokeNode(uint32 node) external {
        if (msg.sender != admin && msg.sender != _identities[node].account) revert NotAdmin();
        _revoke(_activeSeat(node));
    }

    /// @notice Sets the quorum within its bounds (see `_requireQuorumInBounds`).
    /// @param quorum_ Acknowledgements that an anchor needs at least.
    function setQuorum(uint8 quorum_) external onlyAdmin {
        _requireQuorumInBounds(quorum_, activeOperators);
        _setQuorum(quorum_);
    }

    /// @notice Names the next admin, who must accept.
    /// @param next The account; zero withdraws the proposal.
    function proposeAdmin(address next) external onlyAdmin {
        pendingAdmin = next;
        emit AdminProposed(next);
    }

    /// @notice Takes over as admin, by the account that was named.
    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin();
        emit AdminChanged(admin, msg.sender);
        admin = msg.sender;
        pendingAdmin = address(0);
    }

    /// @notice An operator by number.
    /// @param operator 1 to `operatorCount`.
    /// @return The operator; all zero if there is none.
    function operatorAt(uint32 operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @notice The nodes of an operator, revoked ones among them, by ascending number.
    /// @param operator 1 to `operatorCount`.
    /// @return Their numbers.
    function nodesOf(uint32 operator) external view returns (uint32[] memory) {
        return _nodesOf[operator];
    }

    /// @notice The newest operator of a party.
    /// @param party Its URI.
    /// @return operator Its number, or 0.
    function operatorOf(string calldata party) external view returns (uint32 operator) {
        return _operatorOfParty[keccak256(bytes(party))];
    }

    /// @notice A node by number.
    /// @param node 1 to `nodeCount`.
    /// @return The node; all zero if there is none.
    function nodeAt(uint32 node) external view returns (Node memory) {
        Identity memory id = _identities[node];
        Seat memory seat = _seats[id.account];
        return Node(seat.operator, id.account, seat.roles, seat.active, id.nodeKey, id.log, id.recordHash);
    }

    /// @notice The node that a ledger account is of, or was before the node replaced it.
    /// @param account The account.
    /// @return node Its number, or 0.
    function nodeOf(address account) external view returns (uint32 node) {
        return _seats[account].node;
    }

    /// @notice Whether a node retired its log; revoked ones among them.
    /// @param node The node's number.
    /// @return True from `retire` on, for ever.
    function retiredOf(uint32 node) external view returns (bool) {
        return _seats[_identities[node].account].retired;
    }

    /// @notice The node of a log.
    /// @param log The log's id.
    /// @return node Its number, or 0.
    function nodeOfLog(bytes32 log) external view returns (uint32 node) {
        return _nodeOfLog[log];
    }

    /// @dev Storage of an active node's seat. Number 0 is nobody's: its account is zero, which never gets a seat.
    function _activeSeat(uint32 node) private view returns (Seat storage seat) {
        seat = _seats[_identities[node].account];
        if (!seat.active) revert NodeNotActive();
    }

    /// @dev Takes CREATOR from an active seat for ever; HOLDER stays, so that what the node keeps for others still counts.
    function _retire(Seat storage seat) internal {
        if (!seat.active) revert NodeNotActive();
        if (seat.retired) revert LogIsRetired();
        seat.retired = true;
        uint8 roles = seat.roles & ~CREATOR;
        seat.roles = roles;
        emit NodeRolesChanged(seat.node, roles);
    }

    /// @dev Ends an active seat for good, with all its roles.
    function _revoke(Seat storage seat) private {
        seat.active = false;
        seat.roles = 0;
        emit NodeRevoked(seat.node);
    }

    /// @dev Sets a quorum that its caller found within its bounds.
    function _setQuorum(uint8 quorum_) private {
        quorum = quorum_;
        emit QuorumChanged(quorum_);
    }

    /// @dev Roles are of the two bits only.
    function _requireRoles(uint8 roles) private pure {
        if (roles > CREATOR | HOLDER) revert BadRoles();
    }

    /// @dev The quorum rule, over the number n of active operators:
    ///
    ///     n        0, 1    2    3    4    n
    ///     floor       0    1    1    1    1       nobody anchors alone once somebody else is there
    ///     ceiling     1    1    1    2    n - 2   the creator apart, one operator may be away
    ///
    /// It holds after every call. Enrolment can only break the floor, and raises the quorum to it; the ceiling never
    /// falls as operators come. Revocation can only break the ceiling, and is refused. Back at one operator the quorum
    /// stays 1 until the admin says 0: going on without a copy is a decision. Operators are counted, not holders.
    function _requireQuorumInBounds(uint8 quorum_, uint32 operators) private pure {
        uint256 ceiling = operators < 3 ? 1 : operators - 2;
        if (quorum_ < _quorumFloor(operators) || quorum_ > ceiling) revert QuorumOutOfBounds(quorum_, operators);
    }

    /// @dev The row `floor` of the table above.
    function _quorumFloor(uint32 operators) private pure returns (uint8) {
        return operators < 2 ? 0 : 1;
    }
}
