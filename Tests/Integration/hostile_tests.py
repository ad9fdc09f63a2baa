"""What a service gets that it should not, through all that stands around its routes: the right answer, flat memory, and a
log that nobody can write into."""
import base64, gzip, os, re, tempfile, unittest

from apus import Apus

CONFIGURATION = """{
    accessLog: { to: "%s" }, authentication: { clients: ["ada:lovelace"], leavesOut: ["/echo"] }, decompression: true,
    sessions: true, cors: { origins: ["https://a.example"] }, rateLimit: { limit: 1000000 },
}"""
MEBIBYTE = 1 << 20


def request(line="GET /json", *fields, content=b""):
    head = [line.encode() + b" HTTP/1.1", b"Host: a", b"Connection: close"]
    head += [field if isinstance(field, bytes) else field.encode() for field in fields]
    if content or line.startswith("POST"):
        head.append(b"Content-Length: %d" % len(content))
    return b"\r\n".join(head) + b"\r\n\r\n" + content


def basic(credentials):
    return "Authorization: Basic " + base64.b64encode(credentials).decode()


def bomb(size):
    return gzip.compress(bytes(size), 9)


# What comes, and the status that it gets. CUT: /echo has begun to answer when it comes upon the mistake, so that the
# answer breaks off; a handler that reads content before it answers gives 413 or 400 (DecompressionTests).
CUT = None
HOSTILE = {
    "no credentials": (request(), 401),
    "credentials that are no base64": (request("GET /json", "Authorization: Basic !!!!"), 400),
    "credentials without a colon": (request("GET /json", basic(b"ada")), 400),
    "credentials with a NUL": (request("GET /json", basic(b"ada\0:lovelace")), 400),
    "credentials that are no UTF-8": (request("GET /json", basic(b"\xff\xfe:lovelace")), 400),
    "credentials of two schemes": (request("GET /json", basic(b"ada:lovelace"), "Authorization: Bearer x"), 400),
    "wrong credentials": (request("GET /json", basic(b"ada:byron")), 401),
    "credentials of 10 MiB": (request("GET /json", b"Authorization: Basic " + b"A" * (10 * MEBIBYTE)), 431),
    "cookies of 10 MiB": (request("GET /json", b"Cookie: " + b"a=b; " * (2 * MEBIBYTE)), 431),
    "ten thousand cookie fields": (request("GET /json", *["Cookie: a=b"] * 10_000), 431),
    "a forged session": (request("POST /echo", "Cookie: __Host-session=" + "A" * 43, content=b"x"), 200),
    "a gzip bomb of 256 MiB": (request("POST /echo", "Content-Encoding: gzip", content=bomb(256 * MEBIBYTE)), CUT),
    "a bomb within a bomb": (request("POST /echo", "Content-Encoding: gzip, gzip", content=gzip.compress(bomb(256 * MEBIBYTE))), CUT),
    "three codings": (request("POST /echo", "Content-Encoding: gzip, gzip, gzip", content=b"x"), 415),
    "a coding that ends too early": (request("POST /echo", "Content-Encoding: gzip", content=bomb(1000)[:-9]), 400),
    "a name with a line's end in it": (request("GET /json", b"X-Request-Id: a\rX-Injected: 1"), 400),
    "a field folded over two lines": (request("GET /json", b"X-Request-Id: a\r\n X-Injected: 1"), 400),
    "an origin with a line's end in it": (request("GET /json", b"Origin: https://a.example\nX-Injected: 1"), 400),
    "a path with an escape of the terminal": (request("GET /%1b%5b31m%0aforged"), 401),
    "an agent with quotes and bytes of no text": (request("GET /json", b'User-Agent: "\\x22 \xff\xc2\x9b\t'), 401),
    "forwarded by a megabyte": (request("GET /json", b"X-Forwarded-For: " + b"1.1.1.1, " * 120_000), 431),
    "a traceparent that is none": (request("GET /json", "traceparent: 00-" + "0" * 32 + "-" + "0" * 16 + "-01"), 401),
    "a query that is no UTF-8": (request("GET /json?%ff=%zz"), 401),
}


class Hostile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "access.log")
        configuration = os.path.join(folder.name, "apus.json5")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION % self.log)
        self.apus = Apus("serve", "--loops", "1", "--config", configuration).__enter__()
        self.addCleanup(self.apus.__exit__)

    def test_each_gets_its_status_at_flat_memory_and_no_line_of_the_log(self):
        def ask_all():
            for what, (message, status) in HOSTILE.items():
                with self.subTest(what):
                    answer = self.apus.answer_to(message)
                    self.assertEqual(answer and answer.status, status)
                    self.assertNotIn("x-injected", answer.fields if answer else {})

        ask_all()
        before = self.apus.memory("VmRSS")
        for _ in range(10):
            ask_all()
        self.assertLess(self.apus.memory("VmHWM") - before, 8)
        self.assertEqual(self.apus.answer_to(request("GET /json", basic(b"ada:lovelace"))).status, 200)
        self.apus.terminate()
        self.assertEqual(self.apus.await_exit(), 0)
        with open(self.log, "rb") as log:
            lines = log.read().split(b"\n")
        self.assertEqual(len(lines), 11 * len(HOSTILE) + 1 + 1)
        for line in lines[:-1]:
            self.assertRegex(line, rb'^127\.0\.0\.1 - - \[[^]]+\] "[^"]*" \d{3} (\d+|-) "[^"]*" "[^"]*"$')
            self.assertRegex(line, rb"^[ -~]+$")
        said = "".join(self.apus.said) + "".join(line for line in iter(self.apus.lines.get, None))
        # The ellipsis is the server's own, when it is held on a busy machine and says so.
        self.assertFalse(re.search(r"[^ -~…\n]", said), said)


if __name__ == "__main__":
    unittest.main()
