"""Which point of the acceptance list is shown where, in the simulator and over real gRPC with mutual TLS."""

from bench.workload import rows

_SIM, _GRPC, _FEW, _BAD = (
    "tests/network/test_",
    "tests/ports/test_directory_acceptance.py: ",
    "tests/ports/test_directory_ring.py: ",
    "tests/ports/test_directory_attacks.py: ",
)
POINTS = [
    (
        "1 healthy: every holder, records at the true nearest",
        f"{_SIM}lookups.py: all_holders_are_found_in_a_healthy_network (5, 20, 100, 300)",
        f"{_GRPC}all_holders_are_found_and_records_are_at_the_nearest",
    ),
    (
        "2 10, 30, 50 % killed at once",
        f"{_SIM}lookups.py: holders_are_found_although_many_members_are_gone[down]",
        f"{_GRPC}holders_are_found_although_many_were_killed (connections cut and refused)",
    ),
    (
        "3 50 % hung",
        f"{_SIM}lookups.py: holders_are_found_although_many_members_are_gone[hung]",
        f"{_GRPC}holders_are_found_although_half_accept_and_never_answer",
    ),
    (
        "4 RTT 85 ms and loss",
        f"{_SIM}lookups.py: a_lookup_takes_a_round_trip_or_two, a_message_in_five_is_lost",
        f"{_GRPC}slow_and_lossy_lines_hide_nobody (delays and late segments in front of each node)",
    ),
    (
        "5 one liar, and a fifth, of each kind",
        f"{_SIM}hostile_members.py: one_liar_among_thirty_one_does_no_harm, "
        "a_fifth_of_all_members_lie_together",
        f"{_BAD}one_liar_among_twenty_does_no_harm, a_fifth_of_all_members_lie_together",
    ),
    (
        "6 10,000 fuzz messages",
        f"{_SIM}hostile_members.py: fuzz",
        f"{_BAD}fuzz (table, shelf and memory as before); tests/ports/test_peer_fuzz.py for all methods",
    ),
    (
        "8 sweep of 10,000 keys: at most 2 N/r lookups, resumable",
        f"{_SIM}announcing.py: a_sweep_takes_few_lookups_and_ends_up_right, a_sweep_goes_on_after_a_restart",
        f"{_GRPC}a_sweep_of_ten_thousand_keys_goes_on_after_a_restart",
    ),
    (
        "9 holder gone, holder moved",
        f"{_SIM}announcing.py: a_holder_that_is_gone_is_forgotten_after_48_hours",
        f"{_GRPC}a_holder_that_is_gone_is_forgotten_after_48_hours; {_FEW}a_holder_that_moves_is_found",
    ),
    (
        "10 all restart from seeds; seeds that come up late",
        f"{_SIM}contacts.py: the_whole_network_restarts_from_seeds, "
        "seeds_that_come_up_late_are_found_within_a_minute",
        f"{_GRPC}the_whole_network_restarts_from_its_seeds, nodes_whose_seeds_come_up_late_join_then",
    ),
    (
        "11 100,000 records on a node",
        "below: what a newcomer costs, and a slice of forgetting",
        "below: the same, when a node joins by it over gRPC",
    ),
    (
        "12 members come and go",
        f"{_SIM}churn.py: holders_are_found_in_a_network_that_never_rests (one hour)",
        f"{_GRPC}holders_are_found_while_nodes_come_and_go; below, an hour in two minutes",
    ),
    (
        "floods, forged and replayed records",
        f"{_SIM}hostile_members.py: a_flood_of_questions, a_flood_of_records, false_records, "
        "records_are_taken",
        f"{_BAD}a_flood_of_questions, a_flood_of_records, false_records, an_old_record; {_FEW}security",
    ),
]


def shown() -> str:
    """The list. Point 7 is about datagrams, of which there are none."""
    title = ("research/kademlia.md, section 8", "in the simulator", "twenty nodes, gRPC with mutual TLS")
    return rows(title, [tuple(point) for point in POINTS])


SENTENCES = [
    (
        "the package for ids, metric, k-buckets, `Server`; pinned; overrides; a contract of the internals",
        "tests/unit/test_kademlia_contract.py, test_kademlia_table.py",
    ),
    (
        "messages over PeerService on mutually authenticated channels",
        f"{_FEW}all; tests/ports/test_peer_identity.py, test_peer_handshakes.py",
    ),
    (
        "signed records, many per key, newest per holder, 48 h; limits per key, member, total; in SQLite",
        "tests/unit/test_directory_core.py; tests/ports/test_shelf.py (memory and SQLite)",
    ),
    (
        "announce by sweep, resumable, spread over time",
        f"{_SIM}announcing.py: a_sweep_goes_on, the_pace_is_kept, keys_come_again_after_18_to_22_hours; "
        "tests/ports/test_offers.py",
    ),
    (
        "lookups race, 150 ms soft and 8 s hard; union of holders; caches; merged lookups",
        f"{_SIM}lookups.py: gone[hung], nobody_answers, answers_are_remembered, one_lookup_serves_all",
    ),
    ("seeds kept and retried", f"{_SIM}contacts.py: seeds_that_come_up_late, two_halves_find_each_other"),
    (
        "keys of items at class, lot and logistic unit, and of segments; nothing that is for few",
        "tests/journey/test_offering.py; tests/vectors: itemkeys",
    ),
    (
        "a full key is a gap",
        f"{_SIM}announcing.py: a_full_key_is_answered_as_full; tests/journey/test_hinted.py: names_not_all",
    ),
    (
        "`locate` and `trace` use it instead of the member list",
        "tests/journey/test_hinted.py; tests/e2e/test_lab_directory.py: answers_as_if_all_were_asked",
    ),
    ("`tracehold peer list|add|ping|route`", "tests/e2e/test_lab_directory.py: the_commands_look_inside"),
    (
        "simulator: hundreds of nodes, seeded, virtual time; delay, loss, partition, churn, liars",
        f"{_SIM}lookups.py (300), churn.py, contacts.py (two halves), hostile_members.py",
    ),
    ("token buckets per member", f"{_SIM}hostile_members.py: floods; {_BAD}floods"),
]


def sentences() -> str:
    """Parts 1, 4 and 5 of the round in which it was made, as far as they are about the directory."""
    return rows(("what is asked for", "shown by"), [tuple(each) for each in SENTENCES])
