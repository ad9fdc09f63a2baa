#!/usr/bin/env python3
"""Measure TLS handshakes side by side: how many of them a second of the server's CPU time does, as a ratio to the first
server named.

    handshakes.py [options] NAME='command with {port}' NAME='command with {port}' ...

Each is a connection of TLS 1.3 (or what --tls says) with one request, in the same way for all servers: full handshakes
first, then those that resume the session before, each with the newest ticket. The clients are processes of this program;
the figure is the server's CPU time, so it does not matter that they are slower than it. Commands may say {other} for
another free port.

    handshakes.py nginx='Benchmarks/run-nginx-tls.sh {port}' \\
        apus='.build/release/apus serve --port {other} --tls-port {port} --tls-self-signed --loops 1'

Exit status: 0 measured; 1 an answer was wrong, or a session was not resumed; 2 a server did not answer.
"""
import argparse, multiprocessing, os, socket, ssl, sys, time

from servers import add_round_options, measure_rounds, raise_descriptor_limit

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def client(options, port, resumes, count, said):
    """Connects so many times, one after the other."""
    os.sched_setaffinity(0, {int(options.load_cpu)})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = VERSIONS[options.tls]
    request = f"GET {options.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    session, resumed = None, 0
    try:
        for _ in range(count):
            with context.wrap_socket(
                    socket.create_connection(("127.0.0.1", port), 10), server_hostname="localhost",
                    session=session if resumes else None) as sock:
                sock.sendall(request)
                answer = sock.recv(65536)
                # Tickets come with the answer.
                session = sock.session
                resumed += sock.session_reused
                while sock.recv(65536):
                    pass
            if not answer.startswith(b"HTTP/1.1 200"):
                said.put("a wrong answer")
                return
    except OSError as error:
        said.put(str(error))
        return
    said.put("sessions were not resumed" if resumed < (count - 1 if resumes else 0) else resumed)


def load(options, server, resumes, count):
    """(handshakes, seconds) of one round."""
    said, first = multiprocessing.Queue(), time.monotonic()
    part = count // options.conns
    clients = [multiprocessing.Process(target=client, args=(options, server.port, resumes, part, said))
               for _ in range(options.conns)]
    for process in clients:
        process.start()
    words = [said.get() for _ in clients]
    for process in clients:
        process.join()
    if failed := [word for word in words if isinstance(word, str)]:
        sys.exit(f"{server.name}: {failed[0]}")
    return part * options.conns, time.monotonic() - first


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_round_options(parser)
    parser.set_defaults(conns=4)
    parser.add_argument("--path", default="/plaintext", help="what is asked for (/plaintext)")
    parser.add_argument("--handshakes", type=int, default=4000, help="of each round (4,000)")
    parser.add_argument("--tls", choices=sorted(VERSIONS), default="1.3", help="the version (1.3)")
    options = parser.parse_args()
    raise_descriptor_limit()
    print(f"{'server':16}{'':>9}{'CPU us each':>14}{'per CPU second':>16}{'x':>7}")
    for name, resumes in (("full", False), ("resumed", True)):
        table = measure_rounds(
            options, options.servers, warm_up=lambda server: load(options, server, resumes, 100 * options.conns),
            load=lambda server: load(options, server, resumes, options.handshakes))
        for server, t in table.items():
            print(f"{server:16}{name:>9}{t['cpu']:>14.1f}{1e6 / t['cpu']:>16.0f}{1 / t['cpu_ratio']:>7.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
