"""HPACK beside nghttp2's, the library that curl brings along: blocks that it wrote must be understood here, and those written
here must be understood there, over connections whose tables fill, shrink and are emptied. Fields are made by chance, from a
seed that a failure tells."""
import ctypes, ctypes.util, json, os, random, socket, struct, unittest

from apus import Apus, PATIENCE
from http2_flood_tests import CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RESET, SETTINGS, WINDOW_UPDATE, frame

NAME = ctypes.util.find_library("nghttp2")
SEED = int(os.environ.get("SEED", "7541"))
TABLE_SIZE = 1  # of the settings
FINAL, EMIT = 1, 2  # what inflating tells
NEVER_INDEXED = 1
TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.POINTER(ctypes.c_ubyte)), ("value", ctypes.POINTER(ctypes.c_ubyte)),
                ("name_count", ctypes.c_size_t), ("value_count", ctypes.c_size_t), ("flags", ctypes.c_ubyte)]


def library():
    found = ctypes.CDLL(NAME)
    found.nghttp2_hd_deflate_hd.restype = found.nghttp2_hd_inflate_hd2.restype = ctypes.c_ssize_t
    return found


class Deflater:
    def __init__(self, library, size=4096):
        self.library, self.pointer = library, ctypes.c_void_p()
        assert library.nghttp2_hd_deflate_new(ctypes.byref(self.pointer), ctypes.c_size_t(size)) == 0

    def resize(self, size):
        assert self.library.nghttp2_hd_deflate_change_table_size(self.pointer, ctypes.c_size_t(size)) == 0

    def block(self, fields):
        """The block of (name, value, whether it must never be indexed)."""
        def bytes_of(text):
            return (ctypes.c_ubyte * max(1, len(text))).from_buffer_copy(text or b"\0")
        kept = [(bytes_of(name), bytes_of(value), len(name), len(value), secret) for name, value, secret in fields]
        array = (Field * len(kept))(*[Field(name, value, name_count, value_count, NEVER_INDEXED if secret else 0)
                                      for name, value, name_count, value_count, secret in kept])
        room = ctypes.create_string_buffer(1 << 16)
        count = self.library.nghttp2_hd_deflate_hd(self.pointer, room, ctypes.c_size_t(len(room)), array,
                                                   ctypes.c_size_t(len(kept)))
        assert count > 0, count
        return room.raw[:count]


class Inflater:
    def __init__(self, library):
        self.library, self.pointer = library, ctypes.c_void_p()
        assert library.nghttp2_hd_inflate_new(ctypes.byref(self.pointer)) == 0

    def resize(self, size):
        assert self.library.nghttp2_hd_inflate_change_table_size(self.pointer, ctypes.c_size_t(size)) == 0

    def fields(self, block):
        found, rest = [], block
        while True:
            field, flags = Field(), ctypes.c_int()
            used = self.library.nghttp2_hd_inflate_hd2(self.pointer, ctypes.byref(field), ctypes.byref(flags), rest,
                                                       ctypes.c_size_t(len(rest)), 1)
            if used < 0:
                raise AssertionError(f"nghttp2 can't read the block {block.hex()}: error {used}")
            rest = rest[used:]
            if flags.value & EMIT:
                found.append((ctypes.string_at(field.name, field.name_count).decode(),
                              ctypes.string_at(field.value, field.value_count).decode("latin-1")))
            if flags.value & FINAL:
                self.library.nghttp2_hd_inflate_end_headers(self.pointer)
                return found


class Connection:
    """Asks by frames, one request at a time."""

    def __init__(self, port, library, chance):
        self.deflater, self.inflater, self.chance = Deflater(library), Inflater(library), chance
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        # The size of the table that each of our settings wants; the preface's say nothing of it.
        self.file, self.stream, self.unacknowledged = self.sock.makefile("rb"), -1, [None]
        self.owed = 0  # of the connection's window
        # A few frames at a time, none of which is to wait for the acknowledgement of another.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def limit_table(self, size):
        """From the acknowledgement on, the server's table has so many bytes at most."""
        self.sock.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", TABLE_SIZE, size)))
        self.unacknowledged.append(size)

    def ask(self, fields):
        """The fields and the content of the answer."""
        self.stream += 2
        block, frames = self.deflater.block(fields), b""
        # Seldom in several frames, for many of those are a flood.
        most = min(3, len(block) - 1) if self.chance.random() < 0.1 else 0
        cuts = sorted(self.chance.sample(range(1, len(block)), k=self.chance.randint(0, most)))
        pieces = [block[start:end] for start, end in zip([0] + cuts, cuts + [len(block)])]
        for index, piece in enumerate(pieces):
            last = END_HEADERS if index == len(pieces) - 1 else 0
            frames += frame(CONTINUATION, last, self.stream, piece) if index else frame(
                HEADERS, END_STREAM | last, self.stream, piece)
        self.sock.sendall(frames)
        block, answer, content = b"", None, b""
        while True:
            head = self.file.read(9)
            if len(head) < 9:
                raise AssertionError("the server closed the connection")
            length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            payload = self.file.read(length)
            if kind in (GOAWAY, RESET):
                raise AssertionError(f"the server ended it: {payload!r}")
            if kind == SETTINGS and not flags:
                self.sock.sendall(frame(SETTINGS, 1))
            elif kind == SETTINGS:
                # Its next block keeps to them.
                if (size := self.unacknowledged.pop(0)) is not None:
                    self.inflater.resize(size)
            elif kind in (HEADERS, CONTINUATION):
                block += payload
                if flags & END_HEADERS:
                    answer, block = self.inflater.fields(block), b""
            elif kind == DATA:
                content += payload
                self.owed += length
                if self.owed > 16_384:
                    self.sock.sendall(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self.owed)))
                    self.owed = 0
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                return answer, content


@unittest.skipUnless(NAME, "libnghttp2 is not here: it is not compared with")
class HPACK(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = library()
        cls.apus = Apus("serve", "--loops", "1").__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    def setUp(self):
        self.chance = random.Random(SEED)
        self.names = [("x-" + self.token(1, 30)).encode() for _ in range(40)]
        self.values = [self.value() for _ in range(60)]

    def token(self, least, most):
        return "".join(self.chance.choices(TOKEN, k=self.chance.randint(least, most)))

    def value(self):
        """Anything that a field may hold, most of it text, some of it octets above ASCII."""
        octets = self.chance.choice((range(0x21, 0x7F), range(0x61, 0x7B), list(range(0x21, 0x7F)) + list(range(0x80, 0x100))))
        inner = self.chance.choices(list(octets), k=self.chance.choice((0, 1, 3, 12, 40, 300)))
        return bytes(inner)

    def some_fields(self, path, identity):
        fields = [(b":method", b"GET", False), (b":scheme", b"http", False), (b":path", path.encode(), False),
                  (b":authority", b"example.org", False), (b"x-request-id", identity.encode(), self.chance.random() < 0.3)]
        for _ in range(self.chance.randint(0, 12)):
            fields.append((self.chance.choice(self.names), self.chance.choice(self.values), self.chance.random() < 0.2))
        return fields

    def test_what_nghttp2_writes_is_understood(self):
        for _ in range(20):
            with Connection(self.apus.port, self.library, self.chance) as connection:
                for _ in range(200):
                    if self.chance.random() < 0.1:
                        connection.deflater.resize(self.chance.choice((0, 60, 200, 1000, 4096)))
                    number, identity = self.chance.randrange(10 ** 9), "id-" + "".join(self.chance.choices("abcXYZ019._-", k=20))
                    answer, content = connection.ask(self.some_fields(f"/users/{number}", identity))
                    # One table out of step, and these would be others'.
                    self.assertEqual(json.loads(content)["id"], number, f"SEED={SEED}")
                    self.assertEqual(dict(answer)["x-request-id"], identity, f"SEED={SEED}")

    def test_what_is_written_here_nghttp2_understands_as_http_1_1_has_it(self):
        paths = ("/plaintext", "/json", "/users/7", "/", "/nothing/here", "/full")
        plain = {}
        for path in paths:
            with self.apus.connect() as one:
                one.send(f"GET {path} HTTP/1.1\r\nHost: example.org\r\nX-Request-Id: same\r\n\r\n")
                answer = one.answer()
                plain[path] = (str(answer.status), answer.fields, answer.body)
        for _ in range(20):
            with Connection(self.apus.port, self.library, self.chance) as connection:
                for _ in range(200):
                    if self.chance.random() < 0.05:
                        connection.limit_table(self.chance.choice((0, 40, 100, 500, 4096, 65_536)))
                    path = self.chance.choice(paths)
                    answer, content = connection.ask([(b":method", b"GET", False), (b":scheme", b"http", False),
                                                      (b":path", path.encode(), False), (b":authority", b"example.org", False),
                                                      (b"x-request-id", b"same", False)])
                    status, fields, body = plain[path]
                    self.assertEqual(answer[0], (":status", status), f"SEED={SEED}")
                    changing = {"date", "connection", "keep-alive", "ratelimit", "ratelimit-policy", "content-length"}
                    self.assertEqual({name: value for name, value in answer[1:] if name not in changing},
                                     {name: value for name, value in fields.items() if name not in changing}, f"{path} SEED={SEED}")
                    self.assertEqual(dict(answer)["content-length"], str(len(content)))
                    self.assertEqual(content, body)


if __name__ == "__main__":
    unittest.main()
