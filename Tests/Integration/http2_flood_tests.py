"""Clients that make much work at little cost: each is left with GOAWAY and ENHANCE_YOUR_CALM, the server's memory stays
as it was, and others are served meanwhile."""
import os, select, socket, statistics, struct, threading, time, unittest

from apus import Apus, PATIENCE
from handover_tests import await_true
from http2_tests import resident

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
END_STREAM, END_HEADERS = 1, 4
FLOW_CONTROL_ERROR, ENHANCE_YOUR_CALM = 3, 11
MOST = 200_000  # frames of one attack
# What may be taken for good: a debug build has larger frames and tables.
GROWTH = (10 if os.environ.get("OPTIMISED_APUS") else 16) << 20
# Seconds within which others are served, most of the time: generous for a debug build, on a busy machine.
PROMPT = 0.05 if os.environ.get("OPTIMISED_APUS") else 0.5


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def block(path="/plaintext", method="GET"):
    return b"".join(literal(*field) for field in
                    ((":method", method), (":scheme", "http"), (":path", path), (":authority", "a")))


class Client:
    def __init__(self, port, settings=b""):
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, settings) + frame(SETTINGS, END_STREAM))
        self.file = self.sock.makefile("rb")
        self.frames = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        """Keeps the frames that tell of an end."""
        try:
            while head := self.file.read(9):
                length, kind = int.from_bytes(head[:3], "big"), head[3]
                payload = self.file.read(length)
                if kind == GOAWAY:
                    self.frames.append(struct.unpack(">II", payload[:8]))
        except OSError:
            pass

    def attack(self, frames):
        """Sends the frames until the server has had enough."""
        try:
            batch = []
            for index, one in zip(range(MOST), frames):
                batch.append(one)
                if len(batch) == 100:
                    self.sock.sendall(b"".join(batch))
                    batch = []
            self.sock.sendall(b"".join(batch))
        except OSError:
            pass
        self.reader.join(PATIENCE)
        return self.frames


def streams():
    return iter(range(1, 1 << 31, 2))


class Floods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Memory is judged of a program that is optimised, as a service is, where there is one.
        optimised = os.environ.get("OPTIMISED_APUS")
        cls.apus = Apus("serve", "--loops", "1", command=[optimised] if optimised else None).__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    def leaves(self, frames, settings=b"", code=ENHANCE_YOUR_CALM):
        self.apus.settle()
        before = resident(self.apus.process)
        client = Client(self.apus.port, settings)
        attack = threading.Thread(target=client.attack, args=(frames,))
        attack.start()
        # Other clients are served meanwhile, and in time.
        self.serves_others()
        attack.join(2 * PATIENCE)
        self.assertFalse(attack.is_alive(), "the attack goes on")
        self.assertIn(code, [found[1] for found in client.frames], "no GOAWAY with the code")
        client.sock.close()
        grown = resident(self.apus.process) - before
        self.assertLess(grown, GROWTH, f"the server took {grown >> 10} KiB")

    def serves_others(self):
        times = []
        for _ in range(20):
            begin = time.monotonic()
            self.apus.settle()
            times.append(time.monotonic() - begin)
        self.assertLess(statistics.median(times), PROMPT, "others have to wait")

    def holds(self, frames, settings=b"", connections=1):
        """The attack may go on, for it has a limit of its own; nothing grows and nobody waits meanwhile."""
        self.apus.settle()
        before = resident(self.apus.process)
        clients = [Client(self.apus.port, settings) for _ in range(connections)]
        for client in clients:
            client.sock.sendall(b"".join(frames()))
        self.serves_others()
        grown = resident(self.apus.process) - before
        for client in clients:
            client.sock.close()
        self.apus.settle()
        self.assertLess(grown, GROWTH, f"the server took {grown >> 10} KiB")

    def test_rapid_reset(self):
        def frames():
            for stream in streams():
                yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block("/sleep/1000")) + frame(RESET, 0, stream, b"\0\0\0\x08")
        self.leaves(frames())

    def test_resets_that_the_server_is_made_to_send(self):
        def frames():
            for stream in streams():
                yield frame(HEADERS, END_HEADERS, stream, block("/echo", "POST")) + frame(WINDOW_UPDATE, 0, stream, b"\0\0\0\0")
        self.leaves(frames())

    def test_settings(self):
        self.leaves(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65_535)) for _ in range(MOST))

    def test_pings(self):
        self.leaves(frame(PING, 0, 0, b"12345678") for _ in range(MOST))

    def test_answers_that_nobody_reads(self):
        """The server stops reading requests, or leaves, instead of holding their answers."""
        before = resident(self.apus.process)
        sock = socket.create_connection(("127.0.0.1", self.apus.port), PATIENCE)
        sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS) + frame(SETTINGS, END_STREAM))
        sock.setblocking(False)
        blocked = 0
        rest = b""
        numbers = streams()
        while blocked < 20:
            if len(rest) < 100_000:
                rest += b"".join(frame(HEADERS, END_HEADERS | END_STREAM, next(numbers), block()) for _ in range(1000))
            try:
                rest = rest[sock.send(rest):]
                blocked = 0
            except BlockingIOError:
                # What the server could read, it has read now.
                self.apus.settle()
                blocked += 1
            except OSError:
                break
        self.assertLess(resident(self.apus.process) - before, GROWTH)
        sock.close()
        self.apus.settle()

    def test_empty_data(self):
        def frames():
            yield frame(HEADERS, END_HEADERS, 1, block("/echo", "POST"))
            while True:
                yield frame(DATA, 0, 1)
        self.leaves(frames())

    def test_a_field_block_without_end(self):
        def frames():
            yield frame(HEADERS, 0, 1, block())
            while True:
                yield frame(CONTINUATION, 0, 1, literal("x", "y" * 100))
        self.leaves(frames())

    def test_empty_continuations(self):
        def frames():
            yield frame(HEADERS, 0, 1, block())
            while True:
                yield frame(CONTINUATION, 0, 1)
        self.leaves(frames())

    def test_small_window_updates(self):
        self.leaves(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1") for _ in range(MOST))

    def test_priorities(self):
        self.leaves(frame(PRIORITY, 0, 1, b"\0\0\0\3\0") for _ in range(MOST))

    def test_priority_updates(self):
        def frames():
            for stream in streams():
                yield frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", stream) + b"u=0,i")
        self.leaves(frames())

    def test_window_updates_without_data(self):
        self.leaves(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1000)) for _ in range(MOST))

    def test_window_updates_of_streams(self):
        def frames():
            yield frame(HEADERS, END_HEADERS, 1, block("/echo", "POST"))
            while True:
                yield frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1000))
        self.leaves(frames())

    def test_a_window_above_its_limit(self):
        self.leaves((frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF)) for _ in range(2)), code=FLOW_CONTROL_ERROR)

    def test_streams_that_are_opened_and_left(self):
        """Requests whose content never comes, as many as a connection may have, on many connections."""
        def frames():
            return (frame(HEADERS, END_HEADERS, stream, block("/echo", "POST")) for stream in range(1, 257, 2))
        self.holds(frames, connections=10)

    def test_responses_that_no_window_lets_through(self):
        """128 downloads of 1 MiB each wait for windows of nothing, then of a byte."""
        def frames():
            for stream in range(1, 257, 2):
                yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block("/big/1"))
            for stream in range(1, 257, 2):
                yield frame(WINDOW_UPDATE, 0, stream, b"\0\0\0\1")
        self.holds(frames, settings=struct.pack(">HI", 4, 0))

    def test_a_table_of_fields_that_is_emptied_and_filled_again(self):
        """Each block empties the dynamic table, lets it grow again, and fills it."""
        big = bytes([0x40, 1]) + b"x" + bytes([0x7F, 0x81, 0x1E]) + b"y" * 3968
        def frames():
            for stream in range(1, 4001, 2):
                yield frame(HEADERS, END_HEADERS | END_STREAM, stream, bytes([0x20, 0x3F, 0xE1, 0x1F]) + block() + big)
        self.holds(frames)

    def test_frames_that_nobody_knows(self):
        self.leaves(frame(0x77, 0, 0, b"x" * 10) for _ in range(MOST))

    def test_compressed_fields_that_grow(self):
        """A field of 4 KB remembered once and asked for a thousand times is refused without being held."""
        def frames():
            big = bytes([0x40, 1]) + b"x" + bytes([0x7F, 0x81, 0x1E]) + b"y" * 3968
            yield frame(HEADERS, END_HEADERS | END_STREAM, 1, block() + big)
            for stream in streams():
                if stream > 1:
                    yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block() + bytes([0xBE]) * 1000)
        before = resident(self.apus.process)
        client = Client(self.apus.port)
        thread = threading.Thread(target=client.attack, args=((one for one, _ in zip(frames(), range(2000))),))
        thread.start()
        self.apus.settle()
        thread.join(2 * PATIENCE)
        client.sock.close()
        self.assertLess(resident(self.apus.process) - before, GROWTH)


    # What a loop may hold of contents (64 MiB), and what the sockets and the allocator have besides.
    GATHERED = 100 << 20

    def gives_back(self, before):
        """The memory is the system's again soon after the clients are gone."""
        end = time.monotonic() + PATIENCE
        while resident(self.apus.process) - before > GROWTH and time.monotonic() < end:
            self.apus.settle()
        self.assertLess(resident(self.apus.process) - before, GROWTH)

    def test_contents_that_are_never_whole(self):
        """40 clients send all but the end of 10 MB for a handler that is called when it has come."""
        self.apus.settle()
        before = resident(self.apus.process)
        sockets = []
        for _ in range(40):
            sock = socket.create_connection(("127.0.0.1", self.apus.port), PATIENCE)
            sockets.append(sock)
            try:
                sock.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 9990000\r\n\r\n" + b"x" * 9_980_000)
            except OSError:
                pass
        self.serves_others()
        await_true(lambda: len(select.select(sockets, [], [], 0)[0]) >= 34, "34 are refused")
        self.apus.settle()
        self.assertEqual(len(select.select(sockets, [], [], 0)[0]), 34, "six of them have room")
        self.assertLess(resident(self.apus.process) - before, self.GATHERED)
        for sock in sockets:
            sock.close()
        self.gives_back(before)

    def test_contents_that_are_never_whole_on_many_streams(self):
        """6 connections of 128 streams, each with 240 KiB of a content that does not end: 180 MiB."""
        self.apus.settle()
        before = resident(self.apus.process)
        clients = [Upload(self.apus.port) for _ in range(6)]
        refused = 0
        for client in clients:
            try:
                for stream in range(1, 257, 2):
                    client.send(frame(HEADERS, END_HEADERS, stream, block(method="GET")))
                    for _ in range(15):
                        client.content(stream, b"x" * 16_384)
                client.settle()
            except OSError:
                # One that goes on sending on streams that were refused is left.
                pass
            refused += len(client.answered)
        self.serves_others()
        self.assertGreater(refused, 100)
        self.assertLess(resident(self.apus.process) - before, self.GATHERED)
        for client in clients:
            client.file.close()
            client.sock.close()
        self.gives_back(before)


class Upload:
    """A client that heeds the window of its connection, and remembers the streams that were answered before their end."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.file = self.sock.makefile("rb")
        self.window, self.answered = 65_535, set()
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS) + frame(SETTINGS, 1))

    def send(self, octets):
        self.sock.sendall(octets)

    def content(self, stream, octets):
        while self.window < len(octets):
            self.take()
        if stream not in self.answered:
            self.window -= len(octets)
            self.send(frame(DATA, 0, stream, octets))

    def take(self):
        head = self.file.read(9)
        if len(head) < 9:
            raise ConnectionResetError
        length, kind, stream = int.from_bytes(head[:3], "big"), head[3], int.from_bytes(head[5:], "big")
        payload = self.file.read(length)
        if kind == WINDOW_UPDATE and stream == 0:
            self.window += int.from_bytes(payload, "big")
        if kind == HEADERS:
            self.answered.add(stream)
        return kind

    def settle(self):
        """Comes back when the server has dealt with all that was sent."""
        self.send(frame(PING, 0, 0, b"settled?"))
        while self.take() != PING:
            pass


if __name__ == "__main__":
    unittest.main()
