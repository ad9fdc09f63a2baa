"""HTTP/2 in the clear with real clients: curl, nghttp, h2load; contents far larger than what may be held."""
import hashlib, os, re, shutil, subprocess, tempfile, time, unittest

from apus import Apus, PATIENCE
from curl_tests import curl

NGHTTP2 = unittest.skipUnless(shutil.which("nghttp") and shutil.which("h2load"),
                              "nghttp and h2load are not here: Scripts/setup test installs them")
CURL = unittest.skipUnless("HTTP2" in subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout,
                           "this curl was built without HTTP/2")


def tool(*words, seconds=4 * PATIENCE):
    run = subprocess.run(words, capture_output=True, text=True, timeout=seconds)
    if run.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit {run.returncode}\n{run.stdout}\n{run.stderr}")
    return run.stdout + run.stderr


def resident(process):
    """The bytes of memory that a process has of its own; pages of its program come and go, and are no client's doing."""
    with open(f"/proc/{process.pid}/statm") as file:
        _, pages, shared, *_ = map(int, file.read().split())
        return (pages - shared) * os.sysconf("SC_PAGE_SIZE")


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.apus = Apus("serve", "--loops", "1").__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    @CURL
    def test_curl_knows_it_before(self):
        # One at a time: curl 7.88 fails on a second request so, with every server.
        for path, content in (("/plaintext", b"Hello, World!"), ("/async", b"Hello, World!"), ("/users/7", b'{"id":7,"name":"user 7"}')):
            said, log = curl("--http2-prior-knowledge", self.apus.url(path))
            self.assertEqual(said, content)
            self.assertIn("< HTTP/2 200", log)

    @CURL
    def test_curl_upgrades_to_it(self):
        said, log = curl("--http2", self.apus.url("/async"), self.apus.url("/plaintext"))
        self.assertEqual(said, b"Hello, World!Hello, World!")
        self.assertIn("< HTTP/1.1 101 Switching Protocols", log)
        self.assertEqual(log.count("< HTTP/2 200"), 2, log)

    @CURL
    def test_a_request_with_content_is_not_upgraded_but_answered(self):
        said, log = curl("--http2", "--data", "abc", self.apus.url("/echo"))
        self.assertEqual(said, b"abc")
        self.assertIn("< HTTP/1.1 200 OK", log)

    @CURL
    def test_head_has_the_fields_of_get_and_no_content(self):
        for path, length in (("/plaintext", 13), ("/big/3", 3 << 20)):
            said, _ = curl("--http2-prior-knowledge", "--head", self.apus.url(path))
            self.assertTrue(said.lower().startswith(b"http/2 200"), said)
            self.assertIn(b"content-length: %d\r\n" % length, said.lower())

    @CURL
    def test_an_upload_comes_back_as_it_was_sent(self):
        content = os.urandom(8 << 20)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            said, _ = curl("--http2-prior-knowledge", "--request", "POST", "--upload-file", file.name, "--max-time",
                           str(4 * PATIENCE), self.apus.url("/echo"))
        self.assertEqual(hashlib.sha256(said).digest(), hashlib.sha256(content).digest(), f"{len(said)} bytes came back")

    @NGHTTP2
    def test_nghttp_gets_many_streams_at_once_and_an_upgraded_one(self):
        said = tool("nghttp", "--null-out", "--stat", "--multiply=50", self.apus.url("/async"), self.apus.url("/big/1"))
        self.assertEqual(len(re.findall(r" 200 +13 /async", said)), 50, said)
        said = tool("nghttp", "--upgrade", "--verbose", self.apus.url("/plaintext"))
        self.assertIn("HTTP Upgrade success", said)
        self.assertIn(":status: 200", said)

    @NGHTTP2
    def test_h2load_gets_every_answer(self):
        for path in ("/plaintext", "/async", "/users/7", "/big/1"):
            count = 200 if path == "/big/1" else 5000
            said = tool("h2load", "-c10", "-m50", f"-n{count}", self.apus.url(path))
            self.assertIn(f"{count} succeeded, 0 failed, 0 errored", said)
            self.assertIn(f"status codes: {count} 2xx", said)

    @NGHTTP2
    def test_windows_of_a_few_bytes_only_take_their_time(self):
        said = tool("h2load", "-c2", "-m4", "-n20", "-w8", "-W10", self.apus.url("/big/1"))
        self.assertIn("20 succeeded, 0 failed, 0 errored", said)


class Amounts(unittest.TestCase):
    """100 MiB each way leave the memory of the server as it was; AMOUNT_MIB=1024 for more."""
    MEBIBYTES = int(os.environ.get("AMOUNT_MIB", "100"))

    def setUp(self):
        self.apus = Apus("serve", "--loops", "1", "--tls-port", "0", "--tls-self-signed").__enter__()
        self.addCleanup(self.apus.__exit__)
        self.ways = [(["--http2-prior-knowledge"], self.apus.url), (["--http2", "--insecure"], self.apus.tls_url),
                     (["--http1.1"], self.apus.url), (["--http1.1", "--insecure"], self.apus.tls_url)]

    def grows_less_than(self, limit, work):
        for words, url in self.ways:
            with self.subTest(" ".join(words)):
                self.apus.settle()
                before = resident(self.apus.process)
                begin = time.monotonic()
                work(words, url)
                seconds = time.monotonic() - begin
                grown = resident(self.apus.process) - before
                if "AMOUNT_MIB" in os.environ:
                    print(f"{self.id().split('.')[-1]} {' '.join(words)}: {seconds:.1f} s, {grown >> 10} KiB more")
                self.assertLess(grown, limit, f"the server took {grown >> 10} KiB")

    def curl(self, words, shows):
        run = subprocess.run(["curl", "--silent", "--output", os.devnull, "--write-out", shows, "--max-time",
                              str(20 * PATIENCE), *words], capture_output=True, text=True)
        return run.stdout

    @CURL
    def test_a_download(self):
        def get(words, url):
            said = self.curl([*words, url(f"/big/{self.MEBIBYTES}")], "%{size_download}")
            self.assertEqual(said, str(self.MEBIBYTES << 20))
        self.grows_less_than(10 << 20, get)

    @CURL
    def test_an_upload_that_comes_back(self):
        def post(words, url):
            with tempfile.NamedTemporaryFile() as file:
                file.truncate(self.MEBIBYTES << 20)
                said = self.curl([*words, "--request", "POST", "--upload-file", file.name, url("/echo")],
                                 "%{size_upload} %{size_download}")
            self.assertEqual(said, f"{self.MEBIBYTES << 20} {self.MEBIBYTES << 20}")
        self.grows_less_than(10 << 20, post)


if __name__ == "__main__":
    unittest.main()
