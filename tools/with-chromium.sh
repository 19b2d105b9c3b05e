#!/bin/sh
# Runs a command with a Chromium on PATH: that of the machine where there is one, else Debian's, installed as root.
#
#   tools/with-chromium.sh COMMAND...
set -eu
there() {
  for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}
if ! there; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "with-chromium: installing Debian's chromium-headless-shell"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null ||
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
  fi
  if ! there; then
    echo "tracehold: Chromium is missing: apt-get install chromium (Debian), brew install --cask google-chrome (macOS)" >&2
    exit 1
  fi
fi
exec "$@"
