#!/usr/bin/env python3
"""Measure how soon after exec a server is ready, and its memory then.

    startup.py [options] NAME='command with {port}' ...

Ready is when a connection is accepted, looked for without a pause; answered is when the first request's answer
has come. Memory is the RSS of all its processes 100 ms later. The median of --starts starts is printed. A server
that a script starts has that script's time in its figure.

    startup.py nginx='Benchmarks/run-nginx.sh {port}' apus='.build/release/apus serve --port {port} --loops 2'

Exit status: 0 measured; 1 an answer was wrong; 2 a server did not answer.
"""
import argparse, socket, statistics, sys, time

from servers import Server, write_json


def connect(server, seconds=10):
    while time.perf_counter() - server.started < seconds and server.process.poll() is None:
        sock = socket.socket()
        try:
            sock.connect(("127.0.0.1", server.port))
            return sock
        except OSError:
            sock.close()
    print(f"{server.name}: did not answer: {server.command}", file=sys.stderr)
    server.stop()
    sys.exit(2)


def start(options, spec):
    with Server(spec) as server:
        with connect(server) as sock:
            ready = time.perf_counter() - server.started
            sock.settimeout(5)
            sock.sendall(f"GET {options.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            if not sock.recv(65536).startswith(b"HTTP/1.1 200"):
                sys.exit(f"{server.name}: a wrong answer")
            answered = time.perf_counter() - server.started
            time.sleep(0.1)
            return {"ready_ms": ready * 1e3, "answered_ms": answered * 1e3, "rss_mib": server.rss_bytes() / (1 << 20)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--starts", type=int, default=15, help="of which the median counts (15)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    table = {}
    for spec in options.servers:
        rows = [start(options, spec) for _ in range(options.starts)]
        table[spec.split("=", 1)[0]] = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    print(f"{'server':16}{'ready ms':>10}{'answered ms':>13}{'RSS MiB':>9}")
    for name, t in table.items():
        print(f"{name:16}{t['ready_ms']:>10.2f}{t['answered_ms']:>13.2f}{t['rss_mib']:>9.2f}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
