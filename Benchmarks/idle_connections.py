#!/usr/bin/env python3
"""Measure the user-space memory that a server spends on an idle keep-alive connection.

    idle_connections.py [options] NAME='command with {port}' ...

Opens N loopback connections from one client process for each 9,000 (from 127.0.1.2, 127.0.2.2, … as source
addresses), sends one request on each, reads the answer, leaves them open, and prints the growth of the server's
RSS divided by N, and the time from the first connect to the last answer. Kernel socket memory is not in the
figure; give N some thousands, so that what is allocated once does not count.

    idle_connections.py --conns 8000 apus='.build/release/apus serve --port {port} --loops 1'

With --tls 1.3 or 1.2 the connections speak that version; give fewer of them, for a client's end takes more memory than
the server's. With --h2 they speak HTTP/2, by ALPN over TLS. A server command may name another port for what it must
listen on besides: {other}.

Exit status: 0 measured; 1 an answer was wrong; 2 a server did not answer.
"""
import argparse, multiprocessing, socket, ssl, struct, sys, time

from servers import Server, raise_descriptor_limit, write_json

PER_PROCESS = 9000
IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen at connect, so that it may be in use towards another server


HEADERS, SETTINGS = 1, 4
END_STREAM, END_HEADERS = 1, 4


def trusting(newest, h2):
    """TLS that believes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if h2:
        context.set_alpn_protocols(["h2"])
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2 if newest == "1.2" else ssl.TLSVersion.TLSv1_3
    return context


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def ask(sock, path, h2):
    """One request; whether it was answered with 200."""
    if not h2:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return sock.recv(65536).startswith(b"HTTP/1.1 200")
    fields = ((":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"))
    sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0) + frame(
        HEADERS, END_HEADERS | END_STREAM, 1, b"".join(literal(*field) for field in fields)))
    rest, answered = b"", False
    while piece := sock.recv(65536):
        rest += piece
        while len(rest) >= 9 and len(rest) >= (whole := 9 + int.from_bytes(rest[:3], "big")):
            kind, flags, stream, payload, rest = rest[3], rest[4], rest[5:9], rest[9:whole], rest[whole:]
            if kind == SETTINGS and not flags:
                sock.sendall(frame(SETTINGS, 1, 0))
            if stream == b"\0\0\0\1":
                # 200 is the eighth entry of the static table, behind a change of the table's size maybe.
                answered |= kind == HEADERS and payload.lstrip(b"\x3f\xe1\x1f\x20").startswith(b"\x88")
                if kind in (0, HEADERS) and flags & END_STREAM:
                    return answered
    return False


def client(index, count, port, options, said, leave):
    context = options.tls and trusting(options.tls, options.h2)
    socks, first = [], time.monotonic()
    try:
        for _ in range(count):
            sock = socket.socket()
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.settimeout(10)
            sock.bind((f"127.0.{index + 1}.2", 0))
            sock.connect(("127.0.0.1", port))
            if context:
                sock = context.wrap_socket(sock)
            if not ask(sock, options.path, options.h2):
                said.put("a wrong answer")
                return
            socks.append(sock)
    except OSError as error:
        said.put(f"after {len(socks)} connections: {error}")
        return
    said.put((first, time.monotonic()))
    leave.wait()


def measure(options, spec):
    with Server(spec) as server:
        server.wait_up()
        with socket.create_connection(("127.0.0.1", server.port), 5) as sock:  # what the first request brings to life
            if options.tls:
                sock = trusting(options.tls, options.h2).wrap_socket(sock)
            ask(sock, options.path, options.h2)
        time.sleep(options.hold)
        before, said, leave = server.rss_bytes(), multiprocessing.Queue(), multiprocessing.Event()
        counts = [min(PER_PROCESS, options.conns - start) for start in range(0, options.conns, PER_PROCESS)]
        clients = [multiprocessing.Process(target=client, args=(i, n, server.port, options, said, leave))
                   for i, n in enumerate(counts)]
        for process in clients:
            process.start()
        words = [said.get() for _ in clients]
        if failed := [word for word in words if isinstance(word, str)]:
            leave.set()
            sys.exit(f"{server.name}: {failed[0]}")
        time.sleep(options.hold)
        after = server.rss_bytes()
        leave.set()
        for process in clients:
            process.join()
        return {"conns": options.conns, "bytes": (after - before) / options.conns,
                "seconds": max(end for _, end in words) - min(first for first, _ in words),
                "rss_kib": after / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--conns", type=int, default=8000, help="connections (8000)")
    parser.add_argument("--path", default="/plaintext")
    parser.add_argument("--tls", choices=("1.2", "1.3"), help="speak this version of TLS")
    parser.add_argument("--h2", action="store_true", help="speak HTTP/2")
    parser.add_argument("--hold", type=float, default=1, help="seconds to leave them idle (1)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    raise_descriptor_limit()
    table = {spec.split("=", 1)[0]: measure(options, spec) for spec in options.servers}
    print(f"{'server':16}{'connections':>12}{'bytes each':>12}{'all within s':>14}{'RSS KiB':>10}")
    for name, t in table.items():
        print(f"{name:16}{t['conns']:>12}{t['bytes']:>12.0f}{t['seconds']:>14.2f}{t['rss_kib']:>10.0f}")
    write_json(table, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
