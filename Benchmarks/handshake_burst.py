#!/usr/bin/env python3
"""Show what a burst of TLS handshakes does to a loop of Apus: its lag, as its own metrics tell, and how long another
connection, which is open already, waits for its answers meanwhile.

    handshake_burst.py [--handshakes N] NAME='command with {port} and {other}' ...

{port} speaks TLS, {other} serves /metrics in the clear. `h2load` opens N connections at once.

    handshake_burst.py apus='.build/release/apus serve --port {other} --tls-port {port} --tls-self-signed --loops 1'

Exit status: 0 measured; 1 a handshake failed; 2 a server did not answer.
"""
import argparse, re, socket, subprocess, sys, time, urllib.request

from servers import Server, free_port, raise_descriptor_limit


def buckets(port):
    """{upper bound in seconds: turns up to it} of the loop's lag."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    found = re.findall(r'^apus_loop_lag_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\S+)', text, re.M)
    return {float(bound): float(count) for bound, count in found}


def percentile(before, after, part):
    """The bound that so many of the turns between stay below."""
    counts = sorted((bound, after[bound] - before.get(bound, 0)) for bound in after)
    total = counts[-1][1]
    return next(bound for bound, count in counts if count >= part * total), total


def measure(options, spec):
    other = free_port()
    with Server(spec.replace("{other}", str(other)), options.server_cpu) as server:
        server.wait_up()
        asking = socket.create_connection(("127.0.0.1", other), 10)
        asking.settimeout(30)
        before = buckets(other)
        burst = subprocess.Popen(
            ["taskset", "-c", options.load_cpu, "h2load", "--h1", "-t1", f"-c{options.handshakes}",
             f"-n{options.handshakes}", f"https://127.0.0.1:{server.port}/plaintext"],
            stdout=subprocess.PIPE, text=True)
        waits = []
        while burst.poll() is None:
            began = time.monotonic()
            asking.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            asking.recv(65536)
            waits.append(time.monotonic() - began)
            time.sleep(0.001)
        text = burst.stdout.read()
        if f"{options.handshakes} succeeded" not in text:
            sys.exit(f"{server.name}: {text}")
        after = buckets(other)
        waits.sort()
        lag, turns = percentile(before, after, 0.99)
        took = re.search(r"finished in (\S+),", text).group(1)
        print(f"{server.name:16} lag p99 <= {lag * 1e3:.2f} ms in {turns:.0f} turns; another connection's answers: "
              f"{len(waits)}, median {waits[len(waits) // 2] * 1e3:.2f} ms, p99 {waits[len(waits) * 99 // 100] * 1e3:.2f} ms, "
              f"most {waits[-1] * 1e3:.2f} ms; all done in {took}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--handshakes", type=int, default=2000, help="at once (2,000)")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    options = parser.parse_args()
    raise_descriptor_limit()
    for spec in options.servers:
        measure(options, spec)
    return 0


if __name__ == "__main__":
    sys.exit(main())
