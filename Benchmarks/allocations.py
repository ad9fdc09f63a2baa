#!/usr/bin/env python3
"""Heap allocations that a server makes for each keep-alive request, counted by a malloc of ours.

    allocations.py [options] NAME='command with {port}' ...

The server runs with malloc_count.so (Benchmarks/build) preloaded. Some connections are opened and warmed, so
that pools are filled; then requests are sent on them in turn, and what the whole server allocated meanwhile is
counted; and as a control, what it allocates in the same time with one request each 10 ms, for a server also looks after
itself, once a second or so.
With --trace N the first N allocations of the measured part are shown with their backtraces.
Exit status: 0 measured; 1 an answer was wrong, or more than --at-most were made in all; 2 a server did not answer.
"""
import argparse, mmap, os, re, socket, struct, subprocess, sys, tempfile, time

from servers import Server, write_json

PRELOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.build/bench/malloc_count.so")


class Counts:
    """The file that malloc_count.c describes."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="malloc-count-")
        self.file.truncate(32)
        self.map = mmap.mmap(self.file.fileno(), 32)

    def allocations(self):
        return struct.unpack_from("=q", self.map, 0)[0]

    def bytes(self):
        return struct.unpack_from("=q", self.map, 8)[0]

    def trace(self, count):
        struct.pack_into("=q", self.map, 24, count)


def show_traces(text):
    """What backtrace_symbols_fd wrote, each place in a program without exported symbols by its name."""
    places = re.findall(r"^(\S.*)\(\+(0x[0-9a-f]+)\)", text, re.M)
    names = {}
    for program in {program for program, _ in places}:
        offsets = sorted({offset for path, offset in places if path == program})
        found = subprocess.run(["addr2line", "-f", "-e", program] + offsets, capture_output=True, text=True).stdout.split("\n")
        names.update(((program, offset), name) for offset, name in zip(offsets, found[::2]) if name != "??")
    text = re.sub(r"^(\S.*)\(\+(0x[0-9a-f]+)\)", lambda m: names.get((m[1], m[2]), m[0]), text, flags=re.M)
    swift = os.environ.get("SWIFT", "swift")
    demangled = subprocess.run([swift, "demangle", "--simplified"], input=text, capture_output=True, text=True)
    print(demangled.stdout if demangled.returncode == 0 else text)


def answer(sock, request, count=1):
    """Send `count` requests at once and read as many answers, each with a Content-Length."""
    sock.sendall(request * count)
    received = b""
    for _ in range(count):
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += read(sock)
        head = received[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            sys.exit(f"not a 200: {received[:end]!r}")
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(received) < end + 4 + length:
            received += read(sock)
        received = received[end + 4 + length:]


def read(sock):
    got = sock.recv(1 << 20)
    if not got:
        sys.exit("the server closed a connection")
    return got


def measure(options, spec):
    request = f"GET {options.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    counts = Counts()
    environment = {"LD_PRELOAD": PRELOAD, "MALLOC_COUNT_FILE": counts.file.name}
    with tempfile.TemporaryFile("w+") as traces, Server(spec, environment=environment, errors=traces) as server:
        server.wait_up()
        socks = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(options.conns)]
        turns = max(options.requests // (options.conns * options.pipeline), 1)
        warm = time.monotonic() + 3  # What a server does once a second is done for the first time, too.
        while time.monotonic() < warm:
            for sock in socks:
                answer(sock, request, options.pipeline)
        before, bytes_before = counts.allocations(), counts.bytes()
        if before == 0:
            sys.exit(f"{server.name}: nothing was counted; is {PRELOAD} built, and the server linked to glibc?")
        counts.trace(options.trace)
        started = time.monotonic()
        for _ in range(turns):
            for sock in socks:
                answer(sock, request, options.pipeline)
        requests = turns * options.conns * options.pipeline
        allocations, size, seconds = counts.allocations() - before, counts.bytes() - bytes_before, time.monotonic() - started
        counts.trace(0)
        before, until = counts.allocations(), time.monotonic() + seconds
        while time.monotonic() < until:
            answer(socks[0], request)
            time.sleep(0.01)
        control = counts.allocations() - before
        if options.trace:
            traces.seek(0)
            show_traces(traces.read())
        return {"requests": requests, "allocations": allocations, "control": control, "seconds": seconds,
                "allocations_each": allocations / requests, "bytes_each": size / requests}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=8, help="connections used in turn (8)")
    parser.add_argument("--requests", type=int, default=100000, help="counted in all (100000)")
    parser.add_argument("--pipeline", type=int, default=1, help="requests sent at once (1)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--at-most", type=int, help="fail when there are more allocations than this in all")
    parser.add_argument("--trace", type=int, default=0, metavar="N", help="show where the first N came from")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    table = {spec.split("=", 1)[0]: measure(options, spec) for spec in options.servers}
    print(f"{'server':16}{'requests':>10}{'seconds':>9}{'allocations':>13}{'control':>9}{'each request':>14}{'bytes':>10}")
    for name, t in table.items():
        print(f"{name:16}{t['requests']:>10}{t['seconds']:>9.2f}{t['allocations']:>13}{t['control']:>9}{t['allocations_each']:>14.4f}{t['bytes_each']:>10.1f}")
    write_json(table, options.json)
    return int(options.at_most is not None and any(t["allocations"] > options.at_most for t in table.values()))


if __name__ == "__main__":
    sys.exit(main())
