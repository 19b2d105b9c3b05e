"""Makes the real servers that are not in the cache yet, and says where they are.

    python -m tools.services [NAME ...]      (`make services`: all of them)

geth in two releases, Neo4j, and kubo (IPFS).
"""

import sys

from tools.services import geth, kubo, neo4j
from tools.services.making import make
from tracehold.lab.services.cache import SERVERS

RECIPES = {"geth-clique": geth.build, "geth": geth.build, "neo4j": neo4j.build, "kubo": kubo.build}


def main() -> None:
    """Make what is asked for; exits with what is missing, or with the end of what the builder said."""
    names = sys.argv[1:] or list(RECIPES)
    if unknown := [name for name in names if name not in RECIPES]:
        sys.exit(f"services: no recipe for {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    for name in names:
        make(SERVERS[name], RECIPES[name])


if __name__ == "__main__":
    main()
