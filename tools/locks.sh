#!/bin/sh
# Resolves pyproject.toml into the four locks, for every Python from 3.11 on. Versions already locked stay unless a bound forbids them; pass uv's
# --upgrade or --upgrade-package NAME to move them. The locks hold hashes and no address, so any index or mirror serves.
set -eu
compile() {
  out=$1; shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --output-file "$out" "$@"
}
compile requirements.lock pyproject.toml --extra dev "$@"
compile requirements-tools.lock --group tools "$@"
compile requirements-node.lock --group node "$@"
compile requirements-lowest.lock pyproject.toml --resolution lowest-direct "$@"
