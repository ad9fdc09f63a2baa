#!/usr/bin/env python3
"""Measure what a fast client feels of thousands of slow ones.

    slow_clients.py [options] NAME='command with {port}' ...

Each server is asked by one keep-alive client for some seconds: alone, then while N connections send their request
a byte now and then, never to its end, then alone again after those are gone. Every slow connection sends a byte
each --every seconds, so N=10,000 at one second are 10,000 packets a second that the server has to read; those that
it closes, for a request has its time, are made anew. They come from many addresses (127.0.x.y), for a server may
bound the connections of one. Printed: requests per second and latency of the fast client, the server's memory, and
how many slow connections were open at the end, and how many had to be made anew.

    slow_clients.py --conns 10000 apus='.build/release/apus serve --port {port} --loops 1'

Exit status: 0 measured; 1 an answer was wrong, or slow connections could not be made; 2 a server did not answer.
"""
import argparse, multiprocessing, os, select, socket, sys, time

from servers import Server, raise_descriptor_limit, write_json

PER_PROCESS = 5000
PER_ADDRESS = 250
IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen at connect, so that it may be in use towards another server
HEAD = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


class Slow:
    """One process's slow connections: half a head each, then a byte of a field that does not end."""

    def __init__(self, first, count, port, path):
        self.first, self.count, self.port = first, count, port
        self.head = HEAD.format(path=path).encode()
        self.poller, self.open = select.epoll(), {}

    def connect(self, number):
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.settimeout(10)
        address = (self.first + number) // PER_ADDRESS
        sock.bind((f"127.0.{1 + address // 250}.{1 + address % 250}", 0))
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(self.head)
        sock.setblocking(False)
        self.open[sock.fileno()] = (sock, number)
        self.poller.register(sock, select.EPOLLIN)

    def renew(self, descriptor):
        sock, number = self.open.pop(descriptor)
        self.poller.unregister(descriptor)
        sock.close()
        self.connect(number)

    def run(self, every, ready, renewed, leave):
        try:
            for number in range(self.count):
                self.connect(number)
        except OSError as error:
            return ready.put(f"after {len(self.open)} connections: {error}")
        ready.put(None)
        count, tick = 0, max(0.01, every / 100)
        turn, batch = [], max(1, round(self.count * tick / every))
        due = time.monotonic()
        while not leave.is_set():
            # A hundredth of the connections at a time, so that the bytes come evenly.
            if len(turn) < batch:
                turn = list(self.open) + turn
            now = turn[-batch:]
            del turn[-batch:]
            for descriptor in now:
                if descriptor in self.open:
                    try:
                        self.open[descriptor][0].send(b"a")
                    except OSError:
                        self.renew(descriptor)
                        count += 1
            due += tick
            for descriptor, _ in self.poller.poll(max(0, due - time.monotonic())):
                # Whatever there is to read is the end: 408, or nothing.
                self.renew(descriptor)
                count += 1
            renewed.value = count
            time.sleep(max(0, due - time.monotonic()))


def slow_process(first, count, port, path, every, ready, renewed, leave):
    Slow(first, count, port, path).run(every, ready, renewed, leave)


def fast(port, path, seconds):
    """Requests per second and sorted latencies, in seconds, of one keep-alive connection."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    latencies = []
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            sock.sendall(request)
            if not sock.recv(65536).startswith(b"HTTP/1.1 200"):
                sys.exit("the fast client got a wrong answer")
            latencies.append(time.perf_counter() - began)
    return len(latencies) / seconds, sorted(latencies)


def figures(measured, prefix):
    rate, latencies = measured
    at = lambda part: latencies[min(len(latencies) - 1, int(part * len(latencies)))] * 1e6
    return {f"{prefix}_rps": rate, f"{prefix}_p50": at(0.5), f"{prefix}_p99": at(0.99), f"{prefix}_max": at(1)}


def measure(options, spec):
    with Server(spec, options.cpus[0]) as server:
        server.wait_up()
        fast(server.port, options.path, 0.2)
        alone = fast(server.port, options.path, options.seconds)
        before = server.rss_bytes()
        ready, leave = multiprocessing.Queue(), multiprocessing.Event()
        counts = [min(PER_PROCESS, options.conns - first) for first in range(0, options.conns, PER_PROCESS)]
        renewed = [multiprocessing.Value("q", 0) for _ in counts]
        processes = [multiprocessing.Process(target=slow_process, daemon=True, args=(
            index * PER_PROCESS, count, server.port, options.path, options.every, ready, renewed[index], leave))
            for index, count in enumerate(counts)]
        began = time.monotonic()
        for process in processes:
            process.start()
        if failed := [word for word in (ready.get() for _ in processes) if word]:
            leave.set()
            sys.exit(f"{server.name}: slow connections {failed[0]}")
        opened = time.monotonic() - began
        spent = sum(server.cpu_seconds())
        # Long enough that the server's patience with heads ends, and slow connections are cut off and made anew.
        amid = fast(server.port, options.path, 3 * options.seconds)
        row = {"conns": options.conns, "opened_seconds": opened, "renewed": sum(value.value for value in renewed),
               "rss_before_mib": before / 2**20, "rss_mib": server.rss_bytes() / 2**20,
               "rss_bytes_each": (server.rss_bytes() - before) / options.conns,
               "cpu": (sum(server.cpu_seconds()) - spent) / (3 * options.seconds)}
        leave.set()
        for process in processes:
            process.join()
        after = fast(server.port, options.path, options.seconds)
        row |= figures(alone, "alone") | figures(amid, "amid") | figures(after, "after")
        return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=10000, help="slow connections (10000)")
    parser.add_argument("--every", type=float, default=5, help="seconds between two bytes of one of them (5)")
    parser.add_argument("--seconds", type=float, default=5, help="for which the fast client asks alone; three times as long amid the slow ones (5)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    raise_descriptor_limit()
    options.cpus = sorted(os.sched_getaffinity(0))
    # The server has a CPU of its own; all clients share another.
    os.sched_setaffinity(0, {options.cpus[-1]})
    table = {spec.split("=", 1)[0]: measure(options, spec) for spec in options.servers}
    print(f"{'server':10}{'slow':>8}{'':>8}{'req/s':>10}{'p50 µs':>9}{'p99 µs':>9}{'max µs':>9}{'RSS MiB':>9}")
    for name, t in table.items():
        for phase, slow, rss in (("alone", 0, t["rss_before_mib"]), ("amid", t["conns"], t["rss_mib"]), ("after", 0, None)):
            print(f"{name:10}{slow:>8}{phase:>8}{t[phase + '_rps']:>10,.0f}{t[phase + '_p50']:>9.0f}{t[phase + '_p99']:>9.0f}"
                  f"{t[phase + '_max']:>9.0f}" + (f"{rss:>9.1f}" if rss else ""))
        print(f"{'':10}opened in {t['opened_seconds']:.2f} s, made anew {t['renewed']}, {t['rss_bytes_each']:.0f} bytes each, "
              f"CPU amid {t['cpu']:.0%}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
