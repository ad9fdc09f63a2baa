#!/usr/bin/env python3
"""Measure TCP echo servers side by side: CPU time per message, as a ratio to the first server named.

    echobench.py [options] NAME='command with {port}' NAME='command with {port}' ...

Works as httpbench.py does, with echo_load (Benchmarks/build) as the load: a number of connections, one message
in flight on each.

    echobench.py limit='.build/bench/limit_echo {port}' apus='.build/release/Echo --port {port} --loops 1'

Exit status: 0 measured; 1 an echo was wrong; 2 a server did not answer.
"""
import argparse, os, subprocess, sys

from servers import add_round_options, measure_rounds, raise_descriptor_limit, report

LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.build/bench/echo_load")


def load(options, server, seconds):
    """(messages, seconds) of one round."""
    run = subprocess.run(
        ["taskset", "-c", options.load_cpu, LOAD, str(server.port), str(options.conns), str(seconds), str(options.bytes)],
        capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{server.name}: {run.stderr.strip()}")
    words = run.stdout.split()
    return int(words[0]), float(words[3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_round_options(parser)
    parser.add_argument("--bytes", type=int, default=64, help="of one message (64)")
    parser.add_argument("--seconds", type=int, default=4, help="of each round (4)")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = measure_rounds(
        options, options.servers,
        warm_up=lambda server: load(options, server, 0.5),
        load=lambda server: load(options, server, options.seconds))
    report(table, "messages", "msg", options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
