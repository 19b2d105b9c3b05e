"""Imports all that a base install promises, in an environment that holds nothing more."""

import importlib
import pkgutil
import sys

PACKAGES = ("tracehold.v1", "tracehold_client")


def main() -> None:
    """Import the client and every generated stub; the first that fails ends the run with its traceback."""
    packages = [importlib.import_module(name) for name in PACKAGES]
    names = [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for name in names:
        importlib.import_module(name)
    runtimes = [f"{name} {importlib.import_module(name).__version__}" for name in ("google.protobuf", "grpc")]
    print(f"{len(names)} modules import with Python {sys.version.split()[0]}, {', '.join(runtimes)}")


if __name__ == "__main__":
    main()
