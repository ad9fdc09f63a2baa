"""The example Notes, which has around its routes what a service has in production, and clients that mean it ill: each gets
the right status at flat memory, and no line of the log is theirs. And its Redis goes away, hangs and comes back."""
import ctypes, ctypes.util, gzip, os, re, shutil, signal, socket, subprocess, tempfile, threading, time, unittest, zlib

from apus import APUS, Apus, PATIENCE
from file_transfer_tests import SMALL_DISK, has_small_disks

NOTES = os.path.join(os.path.dirname(os.path.abspath(APUS)), "Notes")
MEBIBYTE = 1 << 20
TOKEN = "Authorization: Bearer lovelace"
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"


def request(line, *fields, content=b""):
    head = [line.encode() + b" HTTP/1.1", b"Host: a", b"Connection: close"]
    head += [field if isinstance(field, bytes) else field.encode() for field in fields]
    if content or not line.startswith("GET"):
        head.append(b"Content-Length: %d" % len(content))
    return b"\r\n".join(head) + b"\r\n\r\n" + content


def note(content, *fields):
    return request("POST /notes", TOKEN, JSON, *fields, content=content)


def form(content):
    return request("POST /notes", TOKEN, FORM, content=content)


def parts(*parts, end=b"--b--\r\n"):
    """multipart/form-data of heads and contents."""
    return b"".join(b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + end


def field(name, content=b"x"):
    return b'Content-Disposition: form-data; name="' + name + b'"', content


def file(name, content=b"x"):
    return b'Content-Disposition: form-data; name="picture"; filename="' + name + b'"', content


def multipart(content, path="POST /notes"):
    return request(path, TOKEN, "Content-Type: multipart/form-data; boundary=b", content=content)


def brotli(data):
    library = ctypes.CDLL(ctypes.util.find_library("brotlienc"))
    size = ctypes.c_size_t(len(data) // 100 + 65536)
    out = ctypes.create_string_buffer(size.value)
    # Quality 5, window 22, generic mode.
    assert library.BrotliEncoderCompress(5, 22, 0, ctypes.c_size_t(len(data)), data, ctypes.byref(size), out) == 1
    return out.raw[:size.value]


def zstd(data):
    library = ctypes.CDLL(ctypes.util.find_library("zstd"))
    library.ZSTD_compress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(len(data) // 100 + 65536)
    size = library.ZSTD_compress(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)), 3)
    return out.raw[:size]


CODINGS = {"gzip": lambda data: gzip.compress(data, 9), "deflate": lambda data: zlib.compress(data, 9)}
CODINGS |= {name: code for name, code in [("br", brotli), ("zstd", zstd)]
            if ctypes.util.find_library({"br": "brotlienc"}.get(name, name))}


def bombs():
    """128 MiB of blanks before a note, in each coding, in each coding of each, and in three."""
    bomb = b" " * (128 * MEBIBYTE) + b'{"title":"x"}'
    for name, code in CODINGS.items():
        coded = code(bomb)
        yield f"a bomb in {name}", (note(coded, f"Content-Encoding: {name}"), 413)
        for outer, recode in CODINGS.items():
            yield f"a bomb in {name} in {outer}", (note(recode(coded), f"Content-Encoding: {name}, {outer}"), 413)
        short = code(b'{"title":"x"}')
        yield f"{name} cut off", (note(short[:-2], f"Content-Encoding: {name}"), 400)
        yield f"{name} with more behind it", (note(short + b"more", f"Content-Encoding: {name}"), 400)
        yield f"no {name}", (note(b'{"title":"x"}', f"Content-Encoding: {name}"), 400)
    yield "three codings", (note(b"x", "Content-Encoding: gzip, gzip", "Content-Encoding: gzip"), 415)
    yield "a thousand codings", (note(b"x", "Content-Encoding: " + "identity, " * 800 + "gzip"), 400)
    yield "an unknown coding", (note(b"x", "Content-Encoding: compress"), 415)


def hostile():
    deep = 100_000
    yield "arrays 100,000 deep", (note(b"[" * deep + b"]" * deep), 400)
    yield "objects 100,000 deep", (note(b'{"title":' * deep + b"1" + b"}" * deep), 400)
    yield "arrays that never end", (note(b"[" * (10 * MEBIBYTE)), 400)
    yield "a text that never ends", (note(b'{"title":"' + b"a" * MEBIBYTE), 400)
    yield "no JSON", (note(b""), 400)
    yield "JSON with something behind it", (note(b'{"title":"x"}x'), 400)
    yield "JSON with a name twice", (note(b'{"title":"x","title":"y"}'), 400)
    yield "JSON that is no UTF-8", (note(b'{"title":"\xff"}'), 400)
    yield "JSON with half a pair", (note(b'{"title":"\\ud800"}'), 400)
    yield "JSON with a line's end in a text", (note(b'{"title":"a\nb"}'), 400)
    yield "JSON with a number of a megabyte", (note(b'{"title":' + b"1" * MEBIBYTE + b"}"), 400)
    yield "JSON of other types", (note(b'{"title":["x"],"isDone":"perhaps"}'), 422)
    yield "JSON without its title", (note(b"{}"), 422)
    yield "JSON of eleven megabytes", (note(b'{"title":"' + b"a" * (11 * MEBIBYTE) + b'"}'), 413)
    yield "300,000 values of no use", (note(b'{"title":"x","more":[' + b"[]," * 300_000 + b"1]}"), 201)
    yield "more than a million values of no use", (note(b'{"title":"x","more":[' + b"1," * 1_000_000 + b"1]}"), 413)

    yield "a form that is no UTF-8", (form(b"title=%ff"), 400)
    yield "a form with half an escape", (form(b"title=%4"), 201)
    yield "a form of 1,001 fields", (form(b"a=b&" * 1000 + b"title=x"), 413)
    yield "a form of two megabytes", (form(b"title=" + b"a" * (2 * MEBIBYTE)), 413)
    yield "names that are deep", (form(b"title" + b"[a]" * 1000 + b"=x"), 400)
    yield "a place that is far", (form(b"title[99999999999]=x"), 422)
    yield "a title twice", (form(b"title=a&title=b"), 422)
    yield "a form of ampersands", (form(b"&" * 500_000), 422)

    yield "a form without its end", (multipart(parts(field(b"title"), end=b"")), 400)
    yield "a form of nothing but boundaries", (multipart(b"--b\r\n" * 100_000), 413)
    yield "a hundred thousand parts", (multipart(parts(*[field(b"a")] * 100_000)), 413)
    yield "parts with empty names", (multipart(parts(*[field(b"")] * 500)), 422)
    yield "a part without a name", (multipart(parts((b"Content-Disposition: form-data", b"x"))), 400)
    yield "a part without a head", (multipart(b"--b\r\n\r\nx\r\n--b--\r\n"), 400)
    yield "a part whose head never ends", (multipart(b"--b\r\n" + b"X-A: " + b"a" * MEBIBYTE), 413)
    yield "a part of ten thousand fields", (multipart(b"--b\r\n" + b"X-A: a\r\n" * 10_000 + b"\r\nx\r\n--b--\r\n"), 413)
    yield "a text of two megabytes", (multipart(parts(field(b"title", b"a" * (2 * MEBIBYTE)))), 413)
    yield "a text that is no UTF-8", (multipart(parts(field(b"title", b"\xff"))), 400)
    yield "a name that is no UTF-8", (multipart(parts(field(b"\xff"))), 400)
    yield "a name with a NUL", (multipart(parts(field(b"a\0b"))), 400)
    yield "lines without CR", (multipart(parts(field(b"title")).replace(b"\r", b"")), 400)
    yield "no boundary", (request("POST /notes", TOKEN, "Content-Type: multipart/form-data", content=b"x"), 400)
    yield "a boundary of a kilobyte", (
        request("POST /notes", TOKEN, "Content-Type: multipart/form-data; boundary=" + "b" * 1000, content=b"x"), 400)
    yield "another kind of content", (request("POST /notes", TOKEN, "Content-Type: text/csv", content=b"x"), 415)

    yield "nobody", (request("GET /notes"), 401)
    yield "a token of nobody", (request("GET /notes", "Authorization: Bearer byron"), 401)
    yield "a token that is none", (request("GET /notes", "Authorization: Bearer a b"), 400)
    yield "no token", (request("GET /notes", "Authorization: Bearer"), 400)
    yield "two tokens", (request("GET /notes", TOKEN, TOKEN), 400)
    yield "a token of 10 MiB", (request("GET /notes", b"Authorization: Bearer " + b"a" * (10 * MEBIBYTE)), 431)
    yield "another scheme", (request("GET /notes", "Authorization: Negotiate a"), 401)
    yield "a forged session", (request("GET /notes", "Cookie: __Host-session=" + "A" * 43), 401)
    yield "a session that is none", (request("GET /notes", b"Cookie: __Host-session=\xff\"; __Host-session=;;=;"), 401)
    yield "cookies of 10 MiB", (request("GET /notes", b"Cookie: " + b"a=b; " * (2 * MEBIBYTE)), 431)
    yield "a wrong password", (request("POST /login", FORM, content=b"user=ada&password=byron"), 403)
    yield "a password of a megabyte", (request("POST /login", FORM, content=b"user=ada&password=" + b"a" * MEBIBYTE), 413)
    yield "a name that injects", (request("POST /login", FORM, content=b"user=ada%0d%0aX-Injected:1&password=x"), 403)

    yield "a number beyond all", (request("GET /notes/99999999999999999999", TOKEN), 400)
    yield "a number that is none", (request("GET /notes/1e3", TOKEN), 400)
    yield "a path that is no UTF-8", (request("GET /notes/%ff", TOKEN), 400)
    yield "a path with a NUL", (request("GET /notes/%00", TOKEN), 400)
    yield "a path with lines", (request("GET /notes/1%0d%0aX-Injected:%201", TOKEN), 400)
    yield "a query that is no UTF-8", (request("GET /notes?words=%ff", TOKEN), 400)
    yield "a query of another type", (request("GET /notes?limit=many", TOKEN), 422)
    yield "a negative limit", (request("GET /notes?limit=-9223372036854775808", TOKEN), 200)
    yield "no condition", (request("DELETE /notes/1", TOKEN), 428)
    yield "a condition that is none", (request("DELETE /notes/1", TOKEN, 'If-Match: "'), 412)
    yield "a thousand conditions", (request("DELETE /notes/1", TOKEN, "If-Match: " + '"a", ' * 1000), 412)

    for what, name in {"a path": b"../../etc/passwd", "a line's end": b"a%0d%0aX-Injected: 1", "a quote": b'a%22; x=',
                       "a line of Unicode": "a\u2028X-Injected: 1\u0085\u202e".encode()}.items():
        yield f"a picture's name with {what}", (multipart(parts(file(name)), "PUT /notes/1/picture"), 200)
    yield "a picture's name with real lines", (multipart(parts(file(b"a\r\nX-Injected: 1")), "PUT /notes/1/picture"), 400)
    yield "a picture of two megabytes", (
        multipart(parts(file(b"a", b"a" * (2 * MEBIBYTE))), "PUT /notes/1/picture"), 413)
    yield "an agent that injects", (request("GET /", b'User-Agent: "\\ \x1b[31m'), 400)
    yield "an agent of no text", (request("GET /", b'User-Agent: "\\ \xff\xc2\x9b\t'), 200)
    yield "an origin that injects", (request("GET /", b"Origin: https://notes.example\rX-Injected: 1"), 400)


class Serving(unittest.TestCase):
    def serve(self, *words, command=()):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "access.log")
        words = ["--log", self.log, "--logins", "1000000", *words]
        if "--loops" not in words:
            words += ["--loops", "1"]
        self.service = Apus(*words, command=[*command, NOTES]).__enter__()
        self.addCleanup(self.service.__exit__)

    def sign_in(self):
        answer = self.service.answer_to(request("POST /login", FORM, content=b"user=ada&password=lovelace"))
        self.assertEqual(answer.status, 303)
        return "Cookie: " + answer.fields["set-cookie"].split(";")[0]


@unittest.skipUnless(os.path.exists(NOTES), "the example is not built")
class Notes(Serving):
    def test_each_gets_its_status_at_flat_memory_and_no_line_of_the_log(self):
        self.serve()
        cases = dict(hostile()) | dict(bombs())
        self.assertEqual(self.service.answer_to(note(b'{"title":"first"}')).status, 201)

        def ask_all():
            for what, (message, status) in cases.items():
                with self.subTest(what):
                    answer = self.service.answer_to(message)
                    self.assertEqual(answer and answer.status, status, answer and answer.body[:200])
                    self.assertNotIn("x-injected", answer.fields)
            # As the last of them has named it.
            picture = self.service.answer_to(request("GET /notes/1/picture", TOKEN))
            self.assertEqual((picture.status, picture.body), (200, b"x"))
            self.assertNotIn("x-injected", picture.fields)
            self.assertRegex(picture.fields["content-disposition"], r'^attachment; filename="aX-Injected_? 1"')

        ask_all()
        ask_all()
        before = self.service.memory("VmRSS")
        for _ in range(4):
            ask_all()
        self.assertLess(self.service.memory("VmRSS") - before, 16)
        self.service.terminate()
        self.assertEqual(self.service.await_exit(), 0)
        with open(self.log, "rb") as log:
            lines = log.read().split(b"\n")
        for line in lines[:-1]:
            self.assertRegex(line, rb'^127\.0\.0\.1 - - \[[^]]+\] "[^"]*" (\d{3}|-) (\d+|-) "[^"]*" "[^"]*"$')
            self.assertRegex(line, rb"^[ -~]+$")
        said = "".join(self.service.said) + "".join(line for line in iter(self.service.lines.get, None))
        # The dots are the watchdog's own.
        self.assertFalse(re.search(r"[^ -~\n]", said.replace("…", "...")), said)

    def test_a_session_begins_at_the_login_and_ends_at_the_logout(self):
        self.serve()
        planted = "Cookie: __Host-session=" + "A" * 43
        answer = self.service.answer_to(request("POST /login", FORM, planted, content=b"user=ada&password=lovelace"))
        cookie = answer.fields["set-cookie"]
        self.assertNotIn("A" * 43, cookie)
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]:
            self.assertIn(attribute, cookie)
        session = "Cookie: " + cookie.split(";")[0]
        self.assertEqual(self.service.answer_to(request("GET /notes", session)).status, 200)
        self.assertEqual(self.service.answer_to(request("POST /logout", session)).status, 303)
        self.assertEqual(self.service.answer_to(request("GET /notes", session)).status, 401)

    def test_who_guesses_passwords_is_slowed_down(self):
        self.serve("--logins", "3")
        guess = request("POST /login", FORM, content=b"user=ada&password=byron")
        self.assertEqual([self.service.answer_to(guess).status for _ in range(5)], [403, 403, 403, 429, 429])
        self.assertGreater(int(self.service.answer_to(guess).fields["retry-after"]), 0)


@unittest.skipUnless(os.path.exists(NOTES), "the example is not built")
@unittest.skipUnless(has_small_disks(), "this machine gives no file system of one's own (user namespaces)")
class FullDisk(Serving):
    def test_a_picture_that_the_disk_has_no_room_for_is_507_and_leaves_nothing(self):
        disk = tempfile.TemporaryDirectory()
        self.addCleanup(disk.cleanup)
        self.serve("--temporary", disk.name, command=SMALL_DISK + [disk.name])
        self.assertEqual(self.service.answer_to(note(b'{"title":"first"}')).status, 201)
        large = multipart(parts(file(b"a", b"a" * (24 * MEBIBYTE))), "PUT /notes/1/picture")
        small = multipart(parts(file(b"a", b"a" * MEBIBYTE)), "PUT /notes/1/picture")
        for _ in range(3):
            self.assertEqual(self.service.answer_to(large).status, 507)
            seen = f"/proc/{self.service.process.pid}/root{disk.name}"
            self.assertEqual(os.listdir(seen), [])
            # The file is let go of off the loop, a moment later.
            end = time.monotonic() + PATIENCE
            while (room := os.statvfs(seen)).f_bfree < room.f_blocks:
                self.assertLess(time.monotonic(), end, "no room again")
            self.assertEqual(self.service.answer_to(small).status, 200)


class Load(threading.Thread):
    """Keeps asking on one connection each, until it is told to stop: what was answered, and how long the longest took."""

    def __init__(self, service, message):
        super().__init__(daemon=True)
        self.service, self.message = service, message
        self.statuses, self.longest, self.stops = {}, 0.0, threading.Event()
        self.answered = threading.Condition()
        self.lost = 0
        self.start()

    def run(self):
        while not self.stops.is_set():
            with self.service.connect() as client:
                began = time.monotonic()
                client.send(self.message)
                try:
                    status = client.answer().status
                    with self.answered:
                        self.statuses[status] = self.statuses.get(status, 0) + 1
                        self.answered.notify()
                except (AssertionError, ConnectionResetError):
                    self.lost += 1
                self.longest = max(self.longest, time.monotonic() - began)

    def take(self):
        """What was answered since the last call."""
        with self.answered:
            taken, self.statuses = self.statuses, {}
        return taken

    def until(self, status):
        """Waits until an answer has a status; with those of others before it."""
        with self.answered:
            if not self.answered.wait_for(lambda: self.statuses.get(status), PATIENCE):
                raise AssertionError(f"no {status}: {self.statuses}")

    def end(self):
        self.stops.set()
        self.join(PATIENCE)


@unittest.skipUnless(os.path.exists(NOTES), "the example is not built")
@unittest.skipUnless(shutil.which("redis-server"), "there is no redis-server")
class Redis(Serving):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = os.path.join(self.folder.name, "redis.sock")
        self.redis = None
        self.start_redis()
        self.addCleanup(self.kill_redis)
        self.serve("--redis", f"unix:{self.place}", "--loops", "2")
        self.session = self.sign_in()

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.place, "--dir", self.folder.name, "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"], stdout=subprocess.PIPE, text=True)
        for line in self.redis.stdout:
            if "eady to accept connections" in line and os.path.exists(self.place):
                break
        self.reading = threading.Thread(target=self.redis.stdout.read, daemon=True)
        self.reading.start()

    def kill_redis(self):
        self.redis.kill()
        self.redis.wait()
        self.reading.join()
        self.redis.stdout.close()

    def test_its_going_away_hanging_and_coming_back_under_load(self):
        sessions = [Load(self.service, request("GET /notes", self.session)) for _ in range(4)]
        tokens = [Load(self.service, request("GET /notes", TOKEN)) for _ in range(2)]
        logins = Load(self.service, request("POST /login", FORM, content=b"user=ada&password=byron"))
        for load in sessions + tokens + [logins]:
            load.until({True: 403}.get(load is logins, 200))
        descriptors = len(os.listdir(f"/proc/{self.service.process.pid}/fd"))
        before = self.service.memory("VmRSS")
        for away, back in [
            (lambda: self.redis.send_signal(signal.SIGSTOP), lambda: self.redis.send_signal(signal.SIGCONT)),
            (self.kill_redis, self.start_redis),
        ] * 3:
            away()
            for load in sessions:
                load.until(503)
            for load in sessions + tokens + [logins]:
                load.take()
            for load in sessions:
                load.until(503)
            # Who shows a token needs no Redis, and who guesses is counted here meanwhile.
            for load in tokens:
                load.until(200)
            logins.until(403)
            back()
            for load in sessions:
                load.take()
                load.until(200)
        for load in sessions + tokens + [logins]:
            load.end()
        self.assertEqual(sum(load.lost for load in sessions + tokens + [logins]), 0)
        self.assertLessEqual({status for load in sessions for status in load.statuses}, {200, 503})
        self.assertEqual({status for load in tokens for status in load.statuses}, {200})
        # Nobody was held by a Redis that hangs: the timeout is 250 ms, twice; ten times that on a busy machine.
        self.assertLess(max(load.longest for load in sessions), 5.0)
        self.assertLess(self.service.memory("VmRSS") - before, 16)
        self.assertLess(len(os.listdir(f"/proc/{self.service.process.pid}/fd")), descriptors + 10)


if __name__ == "__main__":
    unittest.main()
