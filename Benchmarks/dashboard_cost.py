#!/usr/bin/env python3
"""What the open dashboard costs a server under full load.

    dashboard_cost.py 'apus=.build/release/apus serve --port {port} --admin 127.0.0.1:{admin} --loops 1'

One server, pinned to one CPU with its admin listener and loaded by `wrk` from another, in rounds that take turns: with
nobody watching, and with one who does what the page does (the stream of events is read, the connections are asked for every
two seconds). CPU time is that of the whole process. Printed is the median of the ratios of each round to the one before
it, and what the process takes while it is watched and nobody else asks for anything.
Exit status: 0 measured; 2 the server did not answer.
"""
import argparse, http.client, json, statistics, sys, threading, time

from httpbench import load, script
from servers import Server, free_port, raise_descriptor_limit


class Watcher:
    """What the page does, from `with` to its end."""

    def __init__(self, port):
        self.port, self.over, self.samples = port, threading.Event(), 0

    def __enter__(self):
        self.stream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.stream.request("GET", "/api/events")
        self.events = self.stream.getresponse()
        self.threads = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.ask, daemon=True)]
        for thread in self.threads:
            thread.start()
        return self

    def read(self):
        try:
            while line := self.events.readline():
                self.samples += line.startswith(b"event: sample")
        except (OSError, ValueError, AttributeError):
            pass  # closed below

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.over.wait(2):
            connection.request("GET", "/api/connections?sort=-age&limit=20")
            connection.getresponse().read()
        connection.close()

    def __exit__(self, *_):
        self.over.set()
        self.events.fp.raw._sock.shutdown(2)
        for thread in self.threads:
            thread.join(30)
        self.stream.close()


def round_of(options, server, lua):
    before = sum(server.cpu_seconds())
    row = load(options, server, options.seconds, lua)
    return (sum(server.cpu_seconds()) - before) * 1e6 / max(1, row["requests"]), row["rps"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=64, help="connections held open (64)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (5)")
    parser.add_argument("--rounds", type=int, default=10, help="pairs of rounds, of which the median counts (10)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    options.server_cpu, options.load_cpu, options.header, options.body, options.pipeline = "0", "1", [], None, 1
    raise_descriptor_limit()
    admin = free_port()
    lua = script(options)
    with Server(options.server.replace("{admin}", str(admin)), options.server_cpu) as server:
        server.wait_up()
        load(options, server, 2, lua)
        ratios, rates, alone, watched = [], [], [], []
        for _ in range(options.rounds):
            cpu, rps = round_of(options, server, lua)
            with Watcher(admin) as watcher:
                time.sleep(0.2)
                cpu_watched, rps_watched = round_of(options, server, lua)
            if watcher.samples < options.seconds - 1:
                sys.exit(f"only {watcher.samples} samples came in {options.seconds} s")
            ratios.append(cpu_watched / cpu)
            rates.append(rps_watched / rps)
            alone.append(cpu)
            watched.append(cpu_watched)
        with Watcher(admin):
            time.sleep(1)
            before, began = sum(server.cpu_seconds()), time.monotonic()
            time.sleep(20)
            idle = (sum(server.cpu_seconds()) - before) / (time.monotonic() - began)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"cpu_ratio": statistics.median(ratios), "rps_ratio": statistics.median(rates),
                       "alone": statistics.median(alone), "watched": statistics.median(watched), "idle": idle}, file)
    print(f"CPU per request: {statistics.median(alone):.2f} us alone, {statistics.median(watched):.2f} us watched: "
          f"{statistics.median(ratios):.4f} x (rounds {', '.join(f'{one:.3f}' for one in ratios)})")
    print(f"requests a second, watched beside alone: {statistics.median(rates):.4f} x")
    print(f"CPU of a watched server that does nothing else: {idle * 100:.2f} % of one processor")


if __name__ == "__main__":
    main()
