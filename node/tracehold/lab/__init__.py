"""A network of several companies on one machine: a process for each node, one chain, one folder.

    DIR/plan.json    what was decided once: names, operators, ports, tokens, target; the contract once it
    stands
    DIR/lab.json     what runs, for people and programs: addresses, tokens, process ids
    DIR/admin.key    the contract's admin
    DIR/network.key  the secret that all members share
    DIR/nodes/NAME   the folder of each node, as `tracehold init` makes one
    DIR/chain        the chain: the embedded one, or a Clique network (lab/services)
    DIR/run          NAME.pid, NAME.log and NAME.out of each process; those of geth are in its own folder

The embedded chain is one process, and a Clique network on one machine has one owner: a lab proves nothing to
strangers.
"""
