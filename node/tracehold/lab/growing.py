"""A company more in a lab that runs: it knows one node's address, the chain, and the network's secret."""

from functools import partial

from tracehold.lab import ports
from tracehold.lab.network import Lab
from tracehold.lab.plan import PORTS_OF_A_NODE, grown
from tracehold.lab.readiness import acquainted


def enlarge(lab: Lab, seed: str = "") -> str:
    """Make the next company a member, which comes in through the node `seed` (the first one unless said
    otherwise); its name. It does not run afterwards, the chain does.

    Interrupted, the next `up` goes on with it. Raises BAD_REQUEST where the lab is full, NOT_FOUND where no
    node has that name.
    """
    lab.build()
    with ports.held(PORTS_OF_A_NODE) as free:
        lab.decide(grown(lab.plan, free.numbers, seed or lab.names[0]))
        lab.build()
    return lab.names[-1]


def add(lab: Lab, seed: str = "") -> str:
    """`enlarge`, and start the newcomer; its name. Returns when it is ready, and when it reaches all where
    all run: whoever was killed stays down, and is no reason to wait.
    """
    name = enlarge(lab, seed)
    try:
        lab.start([name])
        if lab.running() == lab.everything():
            lab.slot(name).wait_until(partial(acquainted, lab.plan.seat(name)))
        lab.publish()
    except BaseException:
        lab.tell(f"{name} is not up: stopping it")
        lab.stop([name])
        raise
    return name
