#!/usr/bin/env python3
"""What it costs to tell everyone: Server-Sent Events of Examples/Events to many listeners.

    swift build -c release --product Events
    Benchmarks/events.py [--listeners 2000] [--events 200] ['events=.build/release/Events --port {port}']

Opens so many listeners, says something so many times, and reads until everyone has heard everything. Printed are the server's
CPU time for each event and listener, the events delivered a second (which this program, pinned to another CPU, bounds) and
the memory of a listener. Exit status: 0 measured; 1 somebody missed an event; 2 the server did not answer.
"""
import argparse, http.client, select, socket, sys, threading, time

from servers import Server, raise_descriptor_limit

PATIENCE = 120


def listen(port):
    listener = socket.create_connection(("127.0.0.1", port))
    listener.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
    listener.settimeout(PATIENCE)
    while b"\r\n\r\n" not in listener.recv(4096):
        pass
    return listener


def say(port, count):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for number in range(count):
        client.request("POST", "/say", body=f"event {number} of those that everyone is told", headers={"Content-Type": "text/plain"})
        answer = client.getresponse()
        answer.read()
        assert answer.status == 202, answer.status


def hear(listeners, count):
    """Reads until each has heard so many; the numbers heard where the time was over."""
    poll, heard, tails = select.epoll(), {}, {}
    for listener in listeners:
        poll.register(listener, select.EPOLLIN)
        heard[listener.fileno()] = 0
        tails[listener.fileno()] = b""
    sockets = {listener.fileno(): listener for listener in listeners}
    left, end = len(listeners), time.monotonic() + PATIENCE
    while left and time.monotonic() < end:
        for number, _ in poll.poll(1):
            data = tails[number] + sockets[number].recv(1 << 16)
            tails[number] = data[-12:]
            # What was counted with the piece before is left out.
            now = heard[number] + data.count(b"event: said\n") - data[:12].count(b"event: said\n")
            heard[number] = now
            left -= now == count
    return heard


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", nargs="?", default="events=.build/release/Events --port {port}")
    parser.add_argument("--listeners", type=int, default=2000)
    parser.add_argument("--events", type=int, default=200)
    options = parser.parse_args()
    raise_descriptor_limit()
    with Server(options.server, cpu=0) as server:
        server.wait_up()
        before = server.rss_bytes()
        listeners = [listen(server.port) for _ in range(options.listeners)]
        memory = (server.rss_bytes() - before) / options.listeners
        speaker = threading.Thread(target=say, args=(server.port, options.events))
        began, used = time.monotonic(), sum(server.cpu_seconds())
        speaker.start()
        heard = hear(listeners, options.events)
        seconds, used = time.monotonic() - began, sum(server.cpu_seconds()) - used
        speaker.join()
    missed = [count for count in heard.values() if count != options.events]
    delivered = options.listeners * options.events
    print(f"{options.listeners:,} listeners, {options.events:,} events: {used / delivered * 1e6:.2f} µs of CPU for each event and "
          f"listener, {delivered / seconds:,.0f}/s; {memory:,.0f} bytes of RSS a listener; {len(missed)} missed something")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
