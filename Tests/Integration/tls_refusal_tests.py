"""TLS that does not come about, or breaks: each time the peer hears the right alert, the log has one clear line, and
nobody else notices. Clients are openssl and Python's own TLS, which here is fed by hand so that anything may come between."""
import os, re, socket, ssl, subprocess, tempfile, time, unittest

from apus import APUS, Apus, PATIENCE
from tls_tests import make_certificate

DAY = 86_400


class Hand:
    """A client whose records go to the server by hand."""

    def __init__(self, port, newest=ssl.TLSVersion.TLSv1_3, name="localhost"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = newest
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def hello(self):
        """Sends the first flight."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.sock.sendall(self.outgoing.read())

    def go_on(self, work):
        """Does what needs the server, until it is done; what the server's alert raises comes out."""
        while True:
            try:
                return work()
            except ssl.SSLWantReadError:
                if piece := self.outgoing.read():
                    self.sock.sendall(piece)
                if piece := self.sock.recv(65536):
                    self.incoming.write(piece)
                else:
                    self.incoming.write_eof()

    def shake(self):
        self.go_on(self.tls.do_handshake)
        self.sock.sendall(self.outgoing.read())

    def ask(self):
        self.tls.write(b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.sock.sendall(self.outgoing.read())
        return self.go_on(lambda: self.tls.read(65536))

    def rest(self):
        """What the server still sends, as it is."""
        all = b""
        try:
            while piece := self.sock.recv(65536):
                all += piece
        except ConnectionResetError:
            pass
        return all


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = make_certificate(self.folder)

    def serve(self, more=""):
        """A server with a certificate for localhost, and more of its listener's configuration."""
        file = os.path.join(self.folder, "apus.json5")
        with open(file, "w") as out:
            out.write(f"""{{ loops: {{ count: 1 }}, listeners: [ {{ port: 0 }}, {{ port: 0, tls: {{
                certificate: "{self.path}.pem", key: "{self.path}.key", {more} }} }} ] }}""")
        apus = Apus("serve", "--config", file, port=None).__enter__()
        self.addCleanup(apus.__exit__)
        return apus

    def is_served(self, apus):
        """Everybody else is."""
        apus.settle()
        with Hand(apus.tls_port) as other:
            other.shake()
            self.assertTrue(other.ask().startswith(b"HTTP/1.1 200"))

    def openssl(self, apus, *words):
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{apus.tls_port}", *words], input="",
                             capture_output=True, text=True, timeout=PATIENCE)
        return run.stdout + run.stderr

    def logs(self, apus, pattern):
        return apus.await_line(r"TLS with 127\.0\.0\.1:\d+: .*" + pattern)


class Certificates(Case):
    def test_a_client_for_which_ours_has_expired_says_so(self):
        for version in ("-tls1_2", "-tls1_3"):
            apus = self.serve()
            said = self.openssl(apus, version, "-CAfile", self.path + ".pem", "-verify_return_error", "-attime",
                                str(int(time.time()) + 30 * DAY))
            self.assertIn("certificate has expired", said)
            self.logs(apus, "certificate_expired: our certificate is not valid now by its clock; renew it")
            self.is_served(apus)

    def test_a_client_that_wants_another_name_refuses_ours(self):
        apus = self.serve()
        said = self.openssl(apus, "-CAfile", self.path + ".pem", "-verify_return_error", "-verify_hostname", "example.org")
        self.assertIn("hostname mismatch", said.lower())
        self.logs(apus, "(bad_certificate|certificate_unknown): it does not accept our certificate; check its names")
        self.is_served(apus)

    def test_a_client_that_does_not_trust_ours_refuses_it(self):
        apus = self.serve()
        said = self.openssl(apus, "-verify_return_error")
        self.assertRegex(said, "self-signed certificate")
        self.logs(apus, "unknown_ca: it does not trust the issuer of our certificate")
        self.is_served(apus)

    def test_a_name_that_nobody_has_gets_the_default_or_unrecognized_name(self):
        apus = self.serve()
        self.assertIn("CN = localhost", self.openssl(apus, "-servername", "example.org"))
        other = make_certificate(self.folder, "other", "DNS:shop.example")
        apus = self.serve(f"""unknownName: "refuse",
            hosts: [ {{ identities: [ {{ certificate: "{other}.pem", key: "{other}.key" }} ] }} ]""")
        self.assertIn("unrecognized name", self.openssl(apus, "-servername", "example.org"))
        self.logs(apus, "example.org.*unrecognized_name sent")
        self.assertNotIn("alert", self.openssl(apus, "-servername", "shop.example"))
        self.is_served(apus)

    def refused(self, *words):
        """What is said of a configuration that can't be served."""
        run = subprocess.run([APUS, "serve", "--port", "0", "--tls-port", "0", *words], capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertNotEqual(run.returncode, 0)
        self.assertNotIn("serving on", run.stderr)
        return run.stderr

    def test_a_key_of_another_certificate_is_refused_at_start(self):
        other = make_certificate(self.folder, "other")
        said = self.refused("--tls-cert", self.path + ".pem", "--tls-key", other + ".key")
        self.assertIn(other + ".key", said)
        self.assertRegex(said, "key .*certificate")
        self.assertNotIn("PRIVATE", said)

    def test_what_has_expired_is_refused_at_start(self):
        old = os.path.join(self.folder, "old")
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=localhost", "-keyout", old + ".key", "-out", old + ".csr"], check=True, capture_output=True)
        index = os.path.join(self.folder, "index")
        open(index, "w").close()
        with open(old + ".conf", "w") as out:
            out.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        subprocess.run(["openssl", "ca", "-batch", "-notext", "-config", old + ".conf", "-selfsign", "-keyfile", old + ".key",
                        "-in", old + ".csr", "-out", old + ".pem", "-startdate", "20200101000000Z", "-enddate",
                        "20200201000000Z"], check=True, capture_output=True)
        said = self.refused("--tls-cert", old + ".pem", "--tls-key", old + ".key")
        self.assertRegex(said, "expired on 2020-02-01.*renew it")


class Garbage(Case):
    """The alert is the peer's to read where it has keys."""

    def test_before_a_handshake(self):
        apus = self.serve()
        with socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as sock:
            sock.sendall(b"\x80garbage that is no TLS" * 20)
            # A record in the clear with a fatal alert.
            self.assertRegex(sock.makefile("rb").read(), rb"(?s)^\x15\x03[\x00-\x03]\x00\x02\x02.$")
        self.logs(apus, "the peer does not speak TLS")
        self.is_served(apus)

    def test_within_a_handshake(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            apus = self.serve()
            with Hand(apus.tls_port, version) as client:
                client.hello()
                # The server's flight comes, and instead of ours it gets something else.
                first = client.sock.recv(65536)
                self.assertEqual(first[0], 22)
                client.sock.sendall(b"\x17\x03\x03\x00\x40" + os.urandom(64))
                client.incoming.write(first)
                with self.assertRaisesRegex(ssl.SSLError, "alert (bad record mac|unexpected message)"):
                    client.go_on(client.tls.do_handshake)
                    client.go_on(lambda: client.tls.read(1))
            self.logs(apus, "the peer broke the protocol .*alert (bad_record_mac|unexpected_message) sent")
            self.is_served(apus)

    def test_after_a_handshake(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            apus = self.serve()
            with Hand(apus.tls_port, version) as client:
                client.shake()
                self.assertTrue(client.ask().startswith(b"HTTP/1.1 200"))
                client.sock.sendall(b"\x17\x03\x03\x00\x40" + os.urandom(64))
                with self.assertRaisesRegex(ssl.SSLError, "alert bad record mac"):
                    client.go_on(lambda: client.tls.read(1))
            self.is_served(apus)

    def test_plain_http_gets_400_in_the_clear_and_is_told_what_to_do(self):
        apus = self.serve()
        with socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as sock:
            sock.sendall(b"GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = sock.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer)
        self.assertIn(b"use https://", answer)
        self.assertNotIn(b"secret", answer)
        self.logs(apus, "plain HTTP came to a TLS port")
        self.is_served(apus)


class Stalls(Case):
    def test_a_client_that_stops_within_its_hello_or_after_it_is_left_and_nobody_waits_for_it(self):
        # Long enough that others are served meanwhile, and shake hands themselves, on a slow machine too.
        apus = self.serve('handshakeTimeout: "3s"')
        with Hand(apus.tls_port) as client, socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as silent, \
                socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as half:
            half.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            client.hello()
            self.is_served(apus)
            self.assertEqual(silent.makefile("rb").read(), b"")
            self.assertEqual(half.makefile("rb").read(), b"")
            # The flight, and no more.
            self.assertEqual(client.rest()[0], 22)
        self.logs(apus, "the handshake took too long")
        self.is_served(apus)


if __name__ == "__main__":
    unittest.main()
