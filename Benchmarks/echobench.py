#!/usr/bin/env python3
"""Measure TCP echo servers side by side: CPU time per message, as a ratio to the first server named.

    echobench.py [options] NAME='command with {port}' NAME='command with {port}' ...

Works as httpbench.py does, with echo_load (Benchmarks/build) as the load: a number of connections, one message
in flight on each.

    echobench.py limit='.build/bench/limit_echo {port}' apus='.build/release/Echo --port {port} --loops 1'

Exit status: 0 measured; 1 an echo was wrong; 2 a server did not answer.
"""
import argparse, os, subprocess, sys

from servers import medians, raise_descriptor_limit, start_all, stop_all, write_json

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


def measure(options):
    servers = start_all(options.servers, options.server_cpu)
    try:
        rounds = {server.name: [] for server in servers}
        for server in servers:
            load(options, server, 0.5)  # warm up
        for _ in range(options.rounds):
            for server in servers:
                before = sum(server.cpu_seconds())
                messages, seconds = load(options, server, options.seconds)
                cpu = sum(server.cpu_seconds()) - before
                rounds[server.name].append({"rate": messages / seconds, "cpu": cpu * 1e6 / max(messages, 1)})
    finally:
        stop_all(servers)
    return medians(rounds, ("rate", "cpu"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=64, help="connections (64)")
    parser.add_argument("--bytes", type=int, default=64, help="of one message (64)")
    parser.add_argument("--seconds", type=int, default=4, help="of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = measure(options)
    print(f"{'server':16}{'messages/s':>12}{'x':>7}{'cpu us/msg':>12}{'x':>7}")
    for name, t in table.items():
        print(f"{name:16}{t['rate']:>12.0f}{t['rate_ratio']:>7.2f}{t['cpu']:>12.2f}{t['cpu_ratio']:>7.2f}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
