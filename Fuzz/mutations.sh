#!/bin/sh
# Fuzz/mutations.sh [COUNT]: sends COUNT (1000000) mutated requests through real connections to an optimised server, on
# each driver, and judges every answer by what a strict reader makes of the same bytes. See ConnectionMutationTests.
set -eu
cd "$(dirname "$0")/.."
APUS_MUTATIONS=${1:-1000000}
export APUS_MUTATIONS
exec Scripts/test-optimised --filter ConnectionMutationTests
