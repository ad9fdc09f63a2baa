#!/usr/bin/env python3
"""Measure HTTP/2 and HTTPS servers side by side with h2load: CPU time per request, as a ratio to the first server named.

    h2bench.py [options] NAME='command with {port}' NAME='command with {port}' ...

Works as httpbench.py does. With --tls the servers speak TLS on {port}; with --h1 it is HTTP/1.1 that is spoken, and with a
server called h1 always. A server command may name another port for what it must listen on besides: {other}.

    h2bench.py h2o='Benchmarks/run-h2o.sh {port}' apus='.build/release/apus serve --port {port} --loops 1'
    h2bench.py --streams 1 h1='.build/release/apus serve --port {port} --loops 1' \\
        h2='.build/release/apus serve --port {port} --loops 1'

Exit status: 0 measured; 1 a request failed; 2 a server did not answer.
"""
import argparse, re, subprocess, sys

from servers import add_round_options, measure_rounds, raise_descriptor_limit, report


def load(options, server, requests):
    """(requests, seconds) of one round."""
    scheme = "https" if options.tls else "http"
    words = ["taskset", "-c", options.load_cpu, "h2load", "-t1", f"-c{options.conns}", f"-m{options.streams}", f"-n{requests}"]
    if options.h1 or server.name == "h1":
        words.append("--h1")
    run = subprocess.run(words + [f"{scheme}://127.0.0.1:{server.port}{options.path}"], capture_output=True, text=True)
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", run.stdout)
    took = re.search(r"finished in ([\d.]+)(ms|s)", run.stdout)
    good = re.search(r"status codes: (\d+) 2xx", run.stdout)
    if run.returncode != 0 or not (done and took and good) or int(good.group(1)) < requests:
        sys.exit(f"{server.name}: {run.stdout.strip()} {run.stderr.strip()}")
    return requests, float(took.group(1)) / (1000 if took.group(2) == "ms" else 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_round_options(parser)
    parser.add_argument("--path", default="/plaintext", help="what is asked for (/plaintext)")
    parser.add_argument("--streams", type=int, default=32, help="of each connection at the same time (32)")
    parser.add_argument("--requests", type=int, default=400_000, help="of each round (400,000)")
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument("--h1", action="store_true", help="HTTP/1.1; --streams is the depth of the pipeline")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = measure_rounds(
        options, options.servers,
        warm_up=lambda server: load(options, server, options.conns * options.streams * 4),
        load=lambda server: load(options, server, options.requests))
    report(table, "requests", "req", options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
