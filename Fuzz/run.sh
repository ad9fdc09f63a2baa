#!/bin/sh
# Fuzz/run.sh [TARGET [SECONDS]]: fuzzes one target, or each that has a corpus in turn, for SECONDS (or FUZZ_SECONDS, or 60) with
# libFuzzer and the address sanitizer. Inputs that reach new code go to .build/fuzz; the corpus in the repository stays as
# it is unless FUZZ_KEEP=1. An input that breaks something is left in .build/fuzz as crash-*.
set -eu
cd "$(dirname "$0")"
seconds=${2:-${FUZZ_SECONDS:-60}}
# Optimised, with assertions: the bounds of every load are checked twice, by them and by the sanitizer. For testing, so
# that parsers which no user of the package calls are seen, too.
# lld, for gold fails on what libFuzzer and the sanitizer bring.
if [ "$(uname)" = Linux ]; then linker='-Xswiftc -use-ld=lld'; else linker=; fi
# shellcheck disable=SC2086
"${SWIFT:-swift}" build -c release --product Fuzz \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -enable-testing $linker
fuzz="$PWD/.build/release/Fuzz"
for target in ${1:-$(ls Corpus)}; do
    echo "== $target, $seconds s"
    found="$PWD/.build/fuzz/$target"
    mkdir -p "$found"
    "$fuzz" "$target" -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -dict="$PWD/http.dict" -artifact_prefix="$found/" "$found" "$PWD/Corpus/$target" 2>"$found.log" || {
        tail -40 "$found.log"
        exit 1
    }
    grep -E 'Done|stat::number_of_executed_units' "$found.log" || tail -3 "$found.log"
    if [ "${FUZZ_KEEP:-0}" = 1 ]; then
        "$fuzz" "$target" -merge=1 "$PWD/Corpus/$target" "$found" 2>>"$found.log"
    fi
done
