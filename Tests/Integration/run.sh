#!/bin/sh
# Real clients against the built command: curl, Python's HTTP client, plain sockets, signals, socket activation.
# APUS=.build/release/apus Tests/Integration/run.sh [-k NAME]: another binary than the debug build's; only some tests.
set -eu
cd "$(dirname "$0")"
APUS=${APUS:-$PWD/../../.build/debug/apus}
export APUS PYTHONDONTWRITEBYTECODE=1
if [ ! -x "$APUS" ]; then
    echo "Tests/Integration/run.sh: no program at $APUS: build it, or name it with APUS=" >&2
    exit 1
fi
exec python3 -m unittest discover --pattern '*_tests.py' "$@"
