#!/usr/bin/env bash
# Runs commands beside each other and prints what each said once it has ended. Fails where one of them fails.
#
#   tools/beside.sh COMMAND...      each one argument, for a shell
set -uo pipefail
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
pids=()
for command in "$@"; do
  bash -euo pipefail -c "$command" >"$said/${#pids[@]}" 2>&1 &
  pids+=($!)
done
outcome=0
for at in "${!pids[@]}"; do
  wait "${pids[$at]}" || outcome=1
  cat "$said/$at"
done
exit $outcome
