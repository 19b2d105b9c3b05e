#!/bin/sh
# Runs a command with node and npm on PATH: those of the machine where they are new enough, else those of the PyPI wheel.
#
#   tools/with-node.sh COMMAND...
set -eu
new_enough='const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if ! { node -e "$new_enough" && npm --version; } >/dev/null 2>&1; then
  tools/venv.sh .venv-node requirements-node.lock
  PATH="$PWD/.venv-node/bin:$PATH"
  export PATH
fi
exec "$@"
