"""Python's HTTP client and plain sockets: connections that live long, pipelines, halves of connections."""
import http.client, json, shutil, socket, subprocess, unittest

from apus import Apus, PATIENCE


def nc_ends():
    """Whether there is an nc that can send its end behind its input: OpenBSD's."""
    if not shutil.which("nc"):
        return False
    said = subprocess.run(["nc", "-h"], capture_output=True, text=True)
    return "-N" in said.stdout + said.stderr


class Connections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.apus = Apus("serve", "--loops", "1").__enter__()
        cls.addClassCleanup(cls.apus.__exit__)

    def test_http_client_asks_500_times_on_one_connection(self):
        client = http.client.HTTPConnection("127.0.0.1", self.apus.port, timeout=PATIENCE)
        local = None
        for number in range(500):
            client.request("GET", f"/users/{number}")
            answer = client.getresponse()
            self.assertEqual((answer.status, json.load(answer)["id"]), (200, number))
            local = local or client.sock.getsockname()
            self.assertEqual(client.sock.getsockname(), local, "the connection was made anew")
        client.close()

    def test_http_client_sends_chunks_and_gets_them_back(self):
        client = http.client.HTTPConnection("127.0.0.1", self.apus.port, timeout=PATIENCE)
        pieces = [bytes([65 + index % 26]) * (1 + 997 * index % 30000) for index in range(200)]
        for _ in range(2):
            client.request("POST", "/echo", body=iter(pieces), encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked", "Content-Type": "text/plain"})
            answer = client.getresponse()
            self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "text/plain"))
            self.assertEqual(answer.read(), b"".join(pieces))
        client.close()

    def test_1000_pipelined_requests_are_answered_in_order(self):
        paths = [("/users/%d", "/async", "/plaintext", "/sleep/0")[number % 4] for number in range(1000)]
        with self.apus.connect() as client:
            client.send("".join(f"GET {path % number if '%' in path else path} HTTP/1.1\r\nHost: a\r\n\r\n"
                                for number, path in enumerate(paths)))
            for number, path in enumerate(paths):
                answer = client.answer()
                self.assertEqual(answer.status, 200)
                if "%" in path:
                    self.assertEqual(json.loads(answer.body)["id"], number)
                else:
                    self.assertEqual(answer.body, b"slept 0 ms\n" if "sleep" in path else b"Hello, World!")

    def test_trailers_and_extensions_of_chunks_are_understood(self):
        with self.apus.connect() as client:
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n"
                        "5;name=\"value\"\r\nhello\r\n6\r\n world\r\n0\r\nDigest: abc\r\n\r\n"
                        "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.answer().body, b"hello world")
            self.assertEqual(client.answer().body, b"Hello, World!")

    def test_a_request_that_comes_a_byte_at_a_time_is_answered(self):
        with self.apus.connect() as client:
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"GET /async HTTP/1.1\r\nHost: a\r\nX-Field: value\r\n\r\n":
                client.send(bytes([byte]))
            self.assertEqual(client.answer().body, b"Hello, World!")

    def test_what_is_malformed_gets_400_and_the_end(self):
        for request in ("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with self.subTest(request), self.apus.connect() as client:
                client.send(request)
                answer = client.answer()
                self.assertEqual((answer.status, answer.fields["connection"]), (400, "close"))
                self.assertEqual(client.rest(), b"")

    def test_half_a_connection_is_enough_for_an_answer(self):
        for path in ("/plaintext", "/async"):
            with self.subTest(path), self.apus.connect() as client:
                client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
                client.end()
                self.assertEqual(client.answer().body, b"Hello, World!")
                self.assertEqual(client.rest(), b"")

    @unittest.skipUnless(nc_ends(), "there is no nc with -N")
    def test_nc_gets_its_answer(self):
        for path in ("/plaintext", "/async"):
            said = subprocess.run(["nc", "-N", "127.0.0.1", str(self.apus.port)], timeout=PATIENCE, capture_output=True,
                                  input=f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.assertTrue(said.stdout.endswith(b"\r\n\r\nHello, World!"), said)

    def test_the_server_outlives_clients_that_reset(self):
        for _ in range(200):
            client = self.apus.connect()
            client.send("GET /big/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.__exit__()
        self.apus.settle()


if __name__ == "__main__":
    unittest.main()
