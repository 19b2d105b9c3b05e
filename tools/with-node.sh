#!/bin/sh
# Runs a command with node and npm on PATH: those of the machine where they are new enough, else those of the PyPI wheel.
#
#   tools/with-node.sh COMMAND...
set -eu
new_enough='process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)'
if ! { node -e "$new_enough" && npm --version; } >/dev/null 2>&1; then
  tools/venv.sh .venv-node requirements-node.lock
  PATH="$PWD/.venv-node/bin:$PATH"
  export PATH
fi
exec "$@"
