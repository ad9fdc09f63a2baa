#!/usr/bin/env python3
"""Measure HTTP/2 and HTTPS servers side by side with h2load: CPU time per request, as a ratio to the first server named.

    h2bench.py [options] NAME='command with {port}' NAME='command with {port}' ...

Works as httpbench.py does. With --tls the servers speak TLS on {port}; with --h1 it is HTTP/1.1 that is spoken. A server
command may name another port for what it must listen on besides: {other}.

    h2bench.py h2o='Benchmarks/run-h2o.sh {port}' apus='.build/release/apus serve --port {port} --loops 1'

Exit status: 0 measured; 1 a request failed; 2 a server did not answer.
"""
import argparse, re, subprocess, sys

from servers import free_port, medians, raise_descriptor_limit, start_all, stop_all, write_json


def load(options, server, requests):
    """(requests, seconds) of one round."""
    scheme = "https" if options.tls else "http"
    words = ["taskset", "-c", options.load_cpu, "h2load", "-t1", f"-c{options.conns}", f"-m{options.streams}", f"-n{requests}"]
    if options.h1:
        words.append("--h1")
    run = subprocess.run(words + [f"{scheme}://127.0.0.1:{server.port}{options.path}"], capture_output=True, text=True)
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", run.stdout)
    took = re.search(r"finished in ([\d.]+)(ms|s)", run.stdout)
    good = re.search(r"status codes: (\d+) 2xx", run.stdout)
    if run.returncode != 0 or not (done and took and good) or int(good.group(1)) < requests:
        sys.exit(f"{server.name}: {run.stdout.strip()} {run.stderr.strip()}")
    return requests, float(took.group(1)) / (1000 if took.group(2) == "ms" else 1)


def measure(options):
    servers = start_all([spec.replace("{other}", str(free_port())) for spec in options.servers], options.server_cpu)
    try:
        rounds = {server.name: [] for server in servers}
        for server in servers:
            load(options, server, options.conns * options.streams * 4)  # warm up
        for _ in range(options.rounds):
            for server in servers:
                before = sum(server.cpu_seconds())
                requests, seconds = load(options, server, options.requests)
                cpu = sum(server.cpu_seconds()) - before
                rounds[server.name].append({"rate": requests / seconds, "cpu": cpu * 1e6 / requests})
    finally:
        stop_all(servers)
    return medians(rounds, ("rate", "cpu"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--path", default="/plaintext", help="what is asked for (/plaintext)")
    parser.add_argument("--conns", type=int, default=64, help="connections (64)")
    parser.add_argument("--streams", type=int, default=32, help="of each connection at the same time (32)")
    parser.add_argument("--requests", type=int, default=400_000, help="of each round (400,000)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument("--h1", action="store_true", help="HTTP/1.1; --streams is the depth of the pipeline")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = measure(options)
    print(f"{'server':16}{'requests/s':>12}{'x':>7}{'cpu us/req':>12}{'x':>7}")
    for name, t in table.items():
        print(f"{name:16}{t['rate']:>12.0f}{t['rate_ratio']:>7.2f}{t['cpu']:>12.2f}{t['cpu_ratio']:>7.2f}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
