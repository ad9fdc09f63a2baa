"""HTTPS with real clients: curl, nghttp, h2load, openssl, and those that not every machine has: Node's HTTP/2 client,
Python's httpx (installed by pip into a folder of its own under .build), a browser without a window. What is not here is
skipped with a line that says so."""
import hashlib, os, re, shutil, socket, ssl, subprocess, sys, tempfile, threading, unittest

from apus import Apus, PATIENCE
from chromium import own_place
from curl_tests import curl
from http2_tests import CURL, NGHTTP2, resident, tool

TLS = ("serve", "--loops", "1", "--tls-port", "0")
VENV = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "integration-venv")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

NODE = """
const http2 = require("node:http2")
const session = http2.connect(process.argv[1], {rejectUnauthorized: false})
const fail = error => { console.error(error); process.exit(1) }
session.on("error", fail)
const ask = (headers, content) => new Promise(resolve => {
  const stream = session.request(headers)
  let status, text = 0
  stream.on("response", head => { status = head[":status"] })
  stream.on("data", chunk => { text += chunk.length })
  stream.on("end", () => resolve(`${status}:${text}`))
  stream.on("error", fail)
  stream.end(content)
})
const all = []
for (let i = 0; i < 100; i++) all.push(ask({":path": i % 2 ? "/async" : "/plaintext"}))
all.push(ask({":path": "/big/3"}))
all.push(ask({":path": "/echo", ":method": "POST"}, Buffer.alloc(2000000, "x")))
Promise.all(all).then(said => {
  console.log(session.alpnProtocol, [...new Set(said)].join(" "))
  session.close()
})
"""

HTTPX = """
import sys, httpx
with httpx.Client(http2=True, verify=False) as client:
    for path in ("/plaintext", "/async", "/users/7", "/big/2"):
        answer = client.get(sys.argv[1] + path)
        print(answer.http_version, answer.status_code, len(answer.content))
    answer = client.post(sys.argv[1] + "/echo", content=b"x" * 1_000_000)
    print(answer.http_version, answer.status_code, len(answer.content))
"""

PAGE = """<!doctype html><title>Apus</title><link rel="stylesheet" href="style.css"><p id="said">nothing</p>
<script>
  const protocol = performance.getEntriesByType("navigation")[0].nextHopProtocol
  Promise.all([...Array(50).keys()].map(i => fetch("part.txt?" + i).then(answer => answer.text())))
    .then(parts => { document.getElementById("said").textContent = protocol + " " + parts.join("").length })
</script>"""


def make_certificate(folder, name="server", names="DNS:localhost,IP:127.0.0.1", days=2):
    """A certificate that signs itself, for localhost unless others are named, and its key; the file's path without the
    ending."""
    path = os.path.join(folder, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=" + names, "-days", str(days),
                    "-keyout", path + ".key", "-out", path + ".pem"], check=True, capture_output=True)
    return path


def httpx_python():
    """A Python that has httpx with HTTP/2: of an environment that is made once, if pip can."""
    python = os.path.join(VENV, "bin", "python")
    if subprocess.run([sys.executable, "-c", "import httpx, h2"], capture_output=True).returncode == 0:
        return sys.executable
    try:
        if not os.path.exists(python):
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True, capture_output=True, timeout=120)
        if subprocess.run([python, "-c", "import httpx, h2"], capture_output=True).returncode != 0:
            subprocess.run([python, "-m", "pip", "install", "--quiet", "httpx[http2]"], check=True, capture_output=True,
                           timeout=120)
        return python
    except (subprocess.SubprocessError, OSError):
        return None


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = make_certificate(cls.folder.name)
        cls.apus = Apus(*TLS, "--tls-cert", cls.path + ".pem", "--tls-key", cls.path + ".key").__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    def test_curl_speaks_http11_and_believes_the_certificate(self):
        said, log = curl("--http1.1", "--cacert", self.path + ".pem", self.apus.tls_url("/plaintext"),
                         self.apus.tls_url("/async"))
        self.assertEqual(said, b"Hello, World!Hello, World!")
        self.assertIn("< HTTP/1.1 200 OK", log)

    @CURL
    def test_curl_agrees_on_http2(self):
        said, log = curl("--cacert", self.path + ".pem", self.apus.tls_url("/async"), self.apus.tls_url("/plaintext"))
        self.assertEqual(said, b"Hello, World!Hello, World!")
        self.assertEqual(log.count("< HTTP/2 200"), 2, log)

    def test_an_upload_comes_back_as_it_was_sent(self):
        content = os.urandom(8 << 20)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            for version in ("--http1.1", "--http2"):
                said, _ = curl(version, "--insecure", "--request", "POST", "--upload-file", file.name, "--max-time",
                               str(4 * PATIENCE), self.apus.tls_url("/echo"))
                self.assertEqual(hashlib.sha256(said).digest(), hashlib.sha256(content).digest(), version)

    @NGHTTP2
    def test_nghttp_and_h2load_get_every_answer(self):
        said = tool("nghttp", "--null-out", "--stat", "--no-verify-peer", "--multiply=50", self.apus.tls_url("/async"))
        self.assertEqual(len(re.findall(r" 200 +13 /async", said)), 50, said)
        said = tool("h2load", "-c10", "-m50", "-n5000", self.apus.tls_url("/plaintext"))
        self.assertIn("5000 succeeded, 0 failed, 0 errored", said)

    @unittest.skipUnless(shutil.which("node"), "node is not here: its HTTP/2 client is not tried")
    def test_node(self):
        said = tool("node", "-e", NODE, self.apus.tls_url(""))
        self.assertEqual(said.split(), ["h2", "200:13", f"200:{3 << 20}", "200:2000000"])

    def test_python_httpx(self):
        python = httpx_python()
        if python is None:
            self.skipTest("pip can't install httpx[http2] here: it is not tried")
        said = tool(python, "-c", HTTPX, self.apus.tls_url(""))
        self.assertEqual([line.split()[2] for line in said.splitlines() if line.startswith("HTTP/2 200 ")],
                         ["13", "13", "24", str(2 << 20), "1000000"], said)

    def test_plain_http_on_this_port_is_told_to_use_https(self):
        said, _ = curl(f"http://localhost:{self.apus.tls_port}/plaintext")
        self.assertIn(b"use https://", said)

    def test_an_old_version_is_refused(self):
        run = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{self.apus.tls_port}", "-tls1_1", "-cipher",
                              "DEFAULT@SECLEVEL=0"], input="", capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("alert protocol version", run.stderr + run.stdout)

    def test_a_session_is_resumed(self):
        context = ssl.create_default_context(cafile=self.path + ".pem")
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        resumed = []
        session = None
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.apus.tls_port), PATIENCE) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
                secure.sendall(b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                while secure.recv(65536):
                    pass
                resumed.append(secure.session_reused)
                session = secure.session
        self.assertEqual(resumed, [False, True, True])

    def test_garbage_leaves_the_server_as_it_was(self):
        self.apus.settle()
        before = resident(self.apus.process)
        for garbage in (b"\x16\x03\x01\xff\xff" + os.urandom(70_000), os.urandom(1000), b"\x16\x03\x01\0\5hello", b"\x80"):
            for _ in range(50):
                with socket.create_connection(("127.0.0.1", self.apus.tls_port), PATIENCE) as sock:
                    try:
                        sock.sendall(garbage)
                        sock.shutdown(socket.SHUT_WR)
                        while sock.recv(65536):
                            pass
                    except OSError:
                        pass
        self.apus.settle()
        self.assertLess(resident(self.apus.process) - before, 10 << 20)
        self.assertEqual(curl("--insecure", self.apus.tls_url("/plaintext"))[0], b"Hello, World!")

    def test_a_flood_of_handshakes_leaves_others_served(self):
        stop = threading.Event()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def shake():
            while not stop.is_set():
                with socket.create_connection(("127.0.0.1", self.apus.tls_port), PATIENCE) as plain, \
                        context.wrap_socket(plain, server_hostname="localhost"):
                    pass
        threads = [threading.Thread(target=shake, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(50):
                self.apus.settle()
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)


@unittest.skipUnless(BROWSER, "no Chromium is here: install the package chromium to have a browser try the server")
class Browser(unittest.TestCase):
    def browse(self, url, *words):
        with tempfile.TemporaryDirectory() as profile:
            return subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--ignore-certificate-errors", "--enable-logging=stderr", f"--user-data-dir={profile}",
                 "--virtual-time-budget=10000", *words, url], capture_output=True, text=True, timeout=8 * PATIENCE,
                env=own_place(profile))

    def test_a_page_and_all_that_it_asks_for_come_by_http2_without_a_word_on_the_console(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("index.html", PAGE), ("style.css", "p { color: green }"), ("part.txt", "0123456789")):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            with Apus(*TLS, "--tls-self-signed", folder) as apus:
                run = self.browse(apus.tls_url("/index.html"), "--dump-dom")
        self.assertIn('<p id="said">h2 500</p>', run.stdout, run.stderr[-3000:])
        errors = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual([line for line in errors if "favicon" not in line], [])

    def test_the_first_page_is_shown(self):
        with tempfile.TemporaryDirectory() as folder, Apus(*TLS, "--tls-self-signed") as apus:
            picture = os.path.join(folder, "page.png")
            run = self.browse(apus.tls_url("/"), f"--screenshot={picture}", "--window-size=900,700")
            self.assertTrue(os.path.exists(picture), run.stderr[-3000:])
            self.assertGreater(os.path.getsize(picture), 5000)


@unittest.skipUnless(shutil.which("h2spec"), "h2spec is not here: its cases are not run")
class Conformance(unittest.TestCase):
    def test_h2spec_finds_nothing(self):
        with Apus(*TLS, "--tls-self-signed") as apus:
            for words in (["-p", str(apus.port)], ["-p", str(apus.tls_port), "-t", "-k"]):
                said = tool("h2spec", "-h", "127.0.0.1", "--strict", *words)
                self.assertRegex(said, r"\b0 failed", said[-3000:])


if __name__ == "__main__":
    unittest.main()
