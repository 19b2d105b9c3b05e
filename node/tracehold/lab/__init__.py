"""A network of several companies on one machine: a process for each node, one embedded chain, one folder.

    DIR/plan.json    what was decided once: names, operators, ports, tokens, target; the contract once it
    stands
    DIR/lab.json     what runs, for people and programs: addresses, tokens, process ids
    DIR/admin.key    the contract's admin
    DIR/network.key  the secret that all members share
    DIR/nodes/NAME   the folder of each node, as `tracehold init` makes one
    DIR/chain        the embedded chain
    DIR/run          NAME.pid, NAME.log and NAME.out of each process

The embedded chain is one process: a lab proves nothing to strangers.
"""
