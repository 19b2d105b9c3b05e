#!/bin/sh
# The tests without processes and networks, on every Python of 3.11 to 3.13 that is here but the one of .venv: all of
# them on the oldest, those of the rules alone on one in between, for what it lacks one of its neighbours lacks too.
set -eu
tools/venv.sh --project .venv requirements.lock
default=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in 3.11 3.12 3.13; do
  if [ "$version" = "$default" ]; then continue; fi
  status=0
  tools/venv.sh --project --python "$version" ".venv-$version" requirements.lock || status=$?
  if [ "$status" = 3 ]; then continue; fi # said by venv.sh: that Python is not on this machine
  if [ "$status" != 0 ]; then exit "$status"; fi
  folders="tests/unit tests/vectors"
  if [ "$version" = 3.11 ]; then folders="$folders tests/ports tests/journey"; fi
  echo "Python $version: $folders"
  ".venv-$version/bin/python" -m pytest -q -n auto --maxprocesses 4 --dist loadfile -m "not slow and not real" \
    -p no:cacheprovider $folders
done
