"""curl as a client: what it says of the connection, the statuses and the contents."""
import hashlib, os, subprocess, tempfile, unittest

from apus import Apus, PATIENCE

UPLOAD = 20 << 20


def curl(*words, stdin=None):
    """What curl wrote to standard output, and its verbose log."""
    run = subprocess.run(["curl", "--silent", "--show-error", "--verbose", "--noproxy", "*", "--max-time", str(PATIENCE),
                          *words], input=stdin, capture_output=True)
    if run.returncode != 0:
        raise AssertionError(f"curl {' '.join(words)}: exit {run.returncode}\n{run.stderr.decode(errors='replace')}")
    return run.stdout, run.stderr.decode(errors="replace")


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.apus = Apus("serve").__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    def test_several_requests_use_one_connection(self):
        said, log = curl(*[self.apus.url(path) for path in ("/plaintext", "/async", "/json", "/users/7")])
        self.assertEqual(said, b'Hello, World!Hello, World!{"message":"Hello, World!"}{"id":7,"name":"user 7"}')
        self.assertEqual(log.count("Connected to"), 1, log)
        self.assertEqual(log.count("Re-using existing connection"), 3, log)

    def test_http_1_0_gets_its_answer_and_the_end(self):
        said, log = curl("--http1.0", self.apus.url("/plaintext"), self.apus.url("/big/1"))
        self.assertEqual(said, b"Hello, World!" + b"." * (1 << 20))
        self.assertEqual(log.count("Connected to"), 2, log)

    def test_head_has_the_fields_of_get_and_no_content(self):
        said, log = curl("--head", self.apus.url("/plaintext"), self.apus.url("/big/3"))
        self.assertEqual(said.lower().count(b"http/1.1 200"), 2)
        self.assertIn(b"content-length: 13\r\n", said.lower())
        self.assertIn(b"content-length: 3145728\r\n", said.lower())
        self.assertEqual(log.count("Connected to"), 1, log)

    def upload(self, *words):
        content = os.urandom(UPLOAD)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            said, log = curl("--header", "Expect: 100-continue", "--expect100-timeout", str(PATIENCE), "--max-time",
                             str(2 * PATIENCE), "--request", "POST", "--upload-file", file.name, *words, self.apus.url("/echo"))
        self.assertIn("< HTTP/1.1 100 Continue", log)
        self.assertEqual(hashlib.sha256(said).digest(), hashlib.sha256(content).digest(), f"{len(said)} bytes came back")
        return log

    def test_an_upload_with_its_length_waits_for_100_and_comes_back(self):
        self.assertIn(f"< Content-Length: {UPLOAD}", self.upload())

    def test_an_upload_in_chunks_waits_for_100_and_comes_back(self):
        self.assertIn("< Transfer-Encoding: chunked", self.upload("--header", "Transfer-Encoding: chunked"))

    def status(self, expected, *words, says=""):
        said, log = curl("--write-out", "%{http_code}", *words)
        self.assertTrue(said.endswith(str(expected).encode()), f"{said[-200:]!r} is not {expected}\n{log}")
        self.assertIn(says, said.decode())
        return log

    def test_404_says_what_is_missing(self):
        self.status(404, self.apus.url("/nothing/here"), says="nothing is at /nothing/here")

    def test_405_names_what_is_allowed(self):
        log = self.status(405, "--request", "DELETE", self.apus.url("/plaintext"), says="GET")
        self.assertRegex(log, r"< Allow: .*GET")

    def test_501_names_the_methods_that_there_are(self):
        self.status(501, "--request", "FOO", self.apus.url("/plaintext"), says="GET, HEAD")

    def test_what_no_route_answers_has_security_headers_and_a_name_and_what_is_measured_has_not(self):
        for words, status in (([self.apus.url("/nowhere")], 404), (["--request", "POST", self.apus.url("/json")], 405)):
            log = self.status(status, *words).lower()
            self.assertIn("< x-content-type-options: nosniff", log)
            self.assertIn("< x-request-id: ", log)
        for path in ("/plaintext", "/async"):
            _, log = curl(self.apus.url(path))
            self.assertNotIn("< x-", log.lower())

    def test_413_refuses_too_much_before_it_is_sent(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(11 << 20)
            log = self.status(413, "--header", "Expect: 100-continue", "--request", "GET", "--upload-file", file.name,
                              self.apus.url("/plaintext"))
        self.assertNotIn("100 Continue", log)
        self.assertIn("< Connection: close", log)

    def test_414_refuses_a_target_that_is_too_long(self):
        self.status(414, self.apus.url("/" + "a" * 9000))

    def test_431_refuses_a_field_that_is_too_long(self):
        self.status(431, "--header", "X-Long: " + "a" * 9000, self.apus.url("/plaintext"))

    def test_a_stream_of_64_MiB_is_whole(self):
        said, _ = curl(self.apus.url("/big/64"))
        self.assertEqual(len(said), 64 << 20)
        self.assertEqual(said.count(b"."), 64 << 20)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = os.urandom(3 << 20)
        with open(os.path.join(folder.name, "data.bin"), "wb") as file:
            file.write(self.content)
        self.folder = folder.name

    def serve(self):
        apus = Apus("serve", self.folder).__enter__()
        self.addCleanup(apus.__exit__)
        return apus.url("/data.bin")

    def test_ranges_are_parts_of_the_file(self):
        url = self.serve()
        for words, part in (("0-99", self.content[:100]), ("1048576-", self.content[1048576:]), ("-77", self.content[-77:])):
            said, log = curl("--range", words, url)
            self.assertEqual(said, part, words)
            self.assertIn("< HTTP/1.1 206 Partial Content", log)
        _, log = curl("--range", "3145728-", url)
        self.assertIn("< HTTP/1.1 416", log)
        self.assertIn("< Content-Range: bytes */3145728", log)

    def test_a_download_is_resumed_where_it_broke_off(self):
        url = self.serve()
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.content[:1000])
            file.flush()
            curl("--continue-at", "-", "--output", file.name, url)
            with open(file.name, "rb") as whole:
                self.assertEqual(whole.read(), self.content)

    def test_a_file_that_is_known_gets_304(self):
        url = self.serve()
        with tempfile.TemporaryDirectory() as folder:
            tag = os.path.join(folder, "tag")
            curl("--etag-save", tag, "--output", os.devnull, url)
            said, log = curl("--etag-compare", tag, url)
        self.assertIn("< HTTP/1.1 304", log)
        self.assertEqual(said, b"")

    def test_a_path_does_not_leave_the_folder(self):
        url = self.serve().replace("/data.bin", "/..%2f..%2f..%2fetc/passwd")
        said, _ = curl("--path-as-is", "--write-out", "%{http_code}", url)
        self.assertRegex(said, rb"(400|404)$")
        self.assertNotIn(b"root:", said)


class UnixSocket(unittest.TestCase):
    def test_a_unix_socket_is_served(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "apus.sock")
            apus = Apus("serve", "--host", f"unix:{path}")
            try:
                apus.await_line(r"serving on unix:")
                said, _ = curl("--unix-socket", path, "http://localhost/plaintext", "http://localhost/async")
                self.assertEqual(said, b"Hello, World!Hello, World!")
            finally:
                apus.__exit__()


if __name__ == "__main__":
    unittest.main()
