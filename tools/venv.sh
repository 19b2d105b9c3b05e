#!/bin/sh
# Makes a virtual environment that holds exactly what one lock names, or does nothing when it already does.
#
#   tools/venv.sh [--python 3.12] [--project] DIR LOCK
#
# --python   only this version (exit 3 when it is not here); otherwise the first of 3.13, 3.12, 3.11 that really runs
# --project  also install the project itself, editable, without resolving anything
#
# uv is used where it works, else venv and pip with the same lock. TRACEHOLD_NO_UV=1 forces pip. No interpreter is ever
# downloaded. Plain POSIX sh: it runs before any Python is known to be here.
set -eu

VERSIONS="3.13 3.12 3.11"
project=
while :; do
  case "${1:-}" in
    --python) VERSIONS=$2; only=1; shift 2 ;;
    --project) project=1; shift ;;
    *) break ;;
  esac
done
dir=$1
lock=$2

fail() { echo "tracehold: $1" >&2; exit "${2:-1}"; }

command -v git >/dev/null 2>&1 || fail "git is missing: apt-get install git (Debian), xcode-select --install (macOS)"

# What the environment was made from. The path is part of it: scripts in an environment name their own place. Of
# pyproject.toml only what comes before the settings of the checkers bears on what is installed.
state() {
  echo "$PWD"
  cksum <"$lock"
  if [ -n "$project" ]; then sed '/^\[tool\.ruff\]/q' pyproject.toml | cksum; fi
}
stamp="$dir/.stamp"
if [ -f "$stamp" ] && [ "$(state)" = "$(cat "$stamp")" ] && "$dir/bin/python" -c '' 2>/dev/null; then exit 0; fi

# A uv that is only a dead shim, or cannot run here, is no uv.
uv=
if [ -z "${TRACEHOLD_NO_UV:-}" ] && uv --version >/dev/null 2>&1; then uv=1; fi
UV_PYTHON_DOWNLOADS=never
UV_NO_PROGRESS=1
export UV_PYTHON_DOWNLOADS UV_NO_PROGRESS
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH || true

# Every place where pythonX.Y may be: each folder of PATH (a broken shim may hide a good one), pyenv, Homebrew, uv.
candidates() {
  old=$IFS; IFS=:
  for folder in $PATH; do echo "$folder/python$1"; echo "$folder/python3"; done
  IFS=$old
  for root in "$(pyenv root 2>/dev/null || true)" "$HOME/.pyenv"; do
    for found in "$root/versions/$1".*/bin/python"$1"; do echo "$found"; done
  done
  echo "/opt/homebrew/bin/python$1"; echo "/usr/local/bin/python$1"
  if [ -n "$uv" ]; then uv python find --no-project "$1" 2>/dev/null || true; fi
}

runs() { "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" >/dev/null 2>&1; }
makes_venv() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

# find_python CHECK: the first interpreter of VERSIONS that runs and passes CHECK.
find_python() {
  for version in $VERSIONS; do
    places=$(candidates "$version")
    old=$IFS; IFS='
'
    for place in $places; do
      if [ -x "$place" ] && runs "$place" "$version" && $1 "$place"; then IFS=$old; echo "$place"; return 0; fi
    done
    IFS=$old
  done
  return 1
}

# Says in one line what is missing and how to get it; exit 3 when one version was asked for.
no_python() {
  if bare=$(find_python true); then
    package="python$("$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fail "$bare has no venv module: apt-get install $package (Debian), brew install python@3.13 (macOS)" "${only:+3}"
  fi
  if [ -n "${only:-}" ]; then fail "Python $VERSIONS is not on this machine" 3; fi
  fail "Python 3.13, 3.12 or 3.11 is missing: apt-get install python3 python3-venv (Debian 12 or newer), brew install python@3.13 (macOS)"
}

with_uv() {
  python=$(find_python true) || no_python
  echo "$dir: $python, uv"
  uv venv --quiet --no-project --allow-existing --python "$python" "$dir" &&
    uv pip sync --quiet --require-hashes --python "$dir/bin/python" "$lock" &&
    { [ -z "$project" ] ||
      uv pip install --quiet --no-deps --no-build-isolation --python "$dir/bin/python" --editable .; }
}

with_pip() {
  python=$(find_python makes_venv) || no_python
  echo "$dir: $python, pip"
  # Cleared, as pip only adds: what an older lock brought must not linger.
  "$python" -m venv --clear "$dir" &&
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock" &&
    { [ -z "$project" ] ||
      "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; }
}

rm -f "$stamp"
if [ -n "$uv" ]; then
  with_uv || { echo "tracehold: uv could not do it, trying pip" >&2; with_pip; }
else
  with_pip
fi
state >"$stamp"
