#!/usr/bin/env python3
"""Measure what it costs a server to send a large file: CPU time per file, as a ratio to the first server named.

    filebench.py [options] NAME='command with {port} and {folder}' ...

A folder with one file of --mebibytes is made; {folder} in a command stands for it. The file is fetched over one
keep-alive loopback connection by a client that throws the bytes away in the kernel (MSG_TRUNC), pinned to
another CPU than the server; every answer's length is checked, and the first one's bytes.

    filebench.py nginx='Benchmarks/run-nginx.sh {port} {folder}' \\
                 apus='.build/release/apus serve {folder} --port {port} --loops 1'

Exit status: 0 measured; 1 an answer was wrong; 2 a server did not answer.
"""
import argparse, os, socket, sys, tempfile, time

from servers import medians, start_all, stop_all, write_json

NAME = "large.bin"


def make_file(folder, size):
    """Bytes that repeat with a period of 251, so that a wrong offset shows."""
    block = bytes(i % 251 for i in range(251 * 4096))
    with open(os.path.join(folder, NAME), "wb") as file:
        left = size
        while left > 0:
            file.write(block[:left])
            left -= len(block)
    return block


def fetch(server, sock, size, expected=None):
    sock.sendall(f"GET /{NAME} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        got = sock.recv(4096)
        if not got:
            sys.exit(f"{server.name}: closed before an answer")
        received += got
    head, body = received[:end].lower(), received[end + 4:]
    if not head.startswith(b"http/1.1 200") or f"content-length: {size}".encode() not in head:
        sys.exit(f"{server.name}: answered {received[:end].decode(errors='replace')}")
    left = size - len(body)
    if expected is None:
        while left > 0:
            left -= dropped(server, sock, left)
        return
    body = bytearray(body)
    while len(body) < size:
        got = sock.recv(1 << 20)
        if not got:
            sys.exit(f"{server.name}: the file was cut short")
        body += got
    for start in range(0, size, len(expected)):
        if body[start:start + len(expected)] != expected[:size - start]:
            sys.exit(f"{server.name}: wrong bytes after {start}")


def dropped(server, sock, left):
    """Wait for bytes and have the kernel drop them, without copying them here."""
    got = sock.recv_into(DROP, min(left, len(DROP)), socket.MSG_TRUNC)
    if got <= 0:
        sys.exit(f"{server.name}: the file was cut short")
    return got


DROP = bytearray(1 << 20)


def measure(options, folder):
    size = options.mebibytes << 20
    expected = make_file(folder, size)
    servers = start_all([spec.replace("{folder}", folder) for spec in options.servers], options.server_cpu)
    os.sched_setaffinity(0, {int(options.load_cpu)})
    try:
        rounds = {server.name: [] for server in servers}
        for server in servers:
            with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
                fetch(server, sock, size, expected)
        for _ in range(options.rounds):
            for server in servers:
                with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
                    before, started = sum(server.cpu_seconds()), time.monotonic()
                    for _ in range(options.files):
                        fetch(server, sock, size)
                    seconds = time.monotonic() - started
                    cpu = sum(server.cpu_seconds()) - before
                rounds[server.name].append({"cpu_ms": cpu * 1e3 / options.files,
                                            "gib_s": options.files * size / seconds / (1 << 30)})
    finally:
        stop_all(servers)
    return medians(rounds, ("cpu_ms", "gib_s"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--mebibytes", type=int, default=100, help="of the file (100)")
    parser.add_argument("--files", type=int, default=40, help="fetched in each round (40)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--load-cpu", default="1")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="apus-files-") as folder:
        os.chmod(folder, 0o755)
        table = measure(options, folder)
    print(f"{'server':16}{'cpu ms/file':>12}{'x':>7}{'GiB/s':>8}")
    for name, t in table.items():
        print(f"{name:16}{t['cpu_ms']:>12.2f}{t['cpu_ms_ratio']:>7.2f}{t['gib_s']:>8.2f}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
