#!/bin/sh
# The tests without processes and networks, on every Python of 3.11 to 3.13 that is here but the one of .venv.
set -eu
folders=
for name in unit ports journey vectors; do
  if [ -d "tests/$name" ]; then folders="$folders tests/$name"; fi
done
tools/venv.sh --project .venv requirements.lock
default=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for version in 3.11 3.12 3.13; do
  if [ "$version" = "$default" ]; then continue; fi
  status=0
  tools/venv.sh --project --python "$version" ".venv-$version" requirements.lock || status=$?
  if [ "$status" = 3 ]; then continue; fi # said by venv.sh: that Python is not on this machine
  if [ "$status" != 0 ]; then exit "$status"; fi
  echo "Python $version"
  ".venv-$version/bin/python" -m pytest -q -n auto --maxprocesses 4 --dist loadfile -m "not slow and not real" \
    -p no:cacheprovider $folders
done
