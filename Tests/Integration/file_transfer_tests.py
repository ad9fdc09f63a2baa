"""The example FileTransfer: files up and down, interrupted and resumed, at flat memory; curl is the client."""
import hashlib, os, socket, subprocess, tempfile, unittest

from apus import APUS, Apus, PATIENCE

FILE_TRANSFER = os.path.join(os.path.dirname(os.path.abspath(APUS)), "FileTransfer")
SEND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Examples", "FileTransfer", "send")
SIZE = 64 << 20


def curl(*words, **run):
    return subprocess.run(["curl", "--fail", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(2 * PATIENCE),
                           *words], check=True, capture_output=True, **run).stdout


@unittest.skipUnless(os.path.exists(FILE_TRANSFER), "the example is not built")
class FileTransfer(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.files = os.path.join(self.folder.name, "files")
        os.mkdir(self.files)
        self.source = os.path.join(self.folder.name, "source")
        block = os.urandom(1 << 20)
        self.sum = hashlib.sha256()
        with open(self.source, "wb") as source:
            for number in range(SIZE >> 20):
                piece = number.to_bytes(4, "big") + block[4:]
                source.write(piece)
                self.sum.update(piece)
        self.service = Apus("--loops", "1", self.files, command=[FILE_TRANSFER]).__enter__()
        self.addCleanup(self.service.__exit__)

    def peak(self):
        """The most memory that the service has held, in MiB."""
        with open(f"/proc/{self.service.process.pid}/status") as status:
            return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM:"))

    def head(self, upload):
        lines = curl("--head", self.service.url(upload)).decode().split("\r\n")
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def assertWhole(self, path):
        with open(path, "rb") as file:
            self.assertEqual(hashlib.file_digest(file, "sha256").digest(), self.sum.digest())

    def test_an_interrupted_upload_and_an_interrupted_download_are_resumed(self):
        made = curl("--request", "POST", "--data-binary", "", "--header", "Upload-Complete: ?0", "--header",
                    f"Upload-Length: {SIZE}", "--include", self.service.url("/files/big.bin")).decode()
        upload = next(line.partition(": ")[2] for line in made.split("\r\n") if line.lower().startswith("location: "))
        with socket.create_connection(("127.0.0.1", self.service.port), PATIENCE) as client, open(self.source, "rb") as source:
            client.sendall(f"PATCH {upload} HTTP/1.1\r\nHost: a\r\nContent-Type: application/partial-upload\r\n"
                           f"Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: {SIZE}\r\n\r\n".encode())
            client.sendall(source.read(SIZE // 2))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        self.assertEqual(os.listdir(self.files), [".uploads"])
        offset = int(self.head(upload)["upload-offset"])
        self.assertGreater(offset, SIZE // 4)
        self.assertLessEqual(offset, SIZE // 2)
        with open(self.source, "rb") as source:
            source.seek(offset)
            curl("--request", "PATCH", "--upload-file", "-", "--header", "Content-Type: application/partial-upload",
                 "--header", f"Upload-Offset: {offset}", "--header", "Upload-Complete: ?1", self.service.url(upload),
                 stdin=source)
        self.assertEqual(self.head(upload)["upload-complete"], "?1")
        self.assertWhole(os.path.join(self.files, "big.bin"))

        down = os.path.join(self.folder.name, "down")
        with open(down, "wb") as file:
            file.write(curl("--range", f"0-{SIZE // 3}", self.service.url("/files/big.bin")))
        curl("--continue-at", "-", "--output", down, self.service.url("/files/big.bin"))
        self.assertWhole(down)
        self.assertLess(self.peak(), 64)

    def test_the_script_sends_a_file_and_the_listing_shows_it(self):
        subprocess.run([SEND, self.source, self.service.url("/files/sent.bin")], check=True, timeout=2 * PATIENCE)
        self.assertWhole(os.path.join(self.files, "sent.bin"))
        listing = curl("--location", self.service.url("/")).decode()
        self.assertIn("sent.bin", listing)
        self.assertNotIn("uploads", listing)
        self.assertLess(self.peak(), 64)


# A disk of 16 MiB that only the service sees.
SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
              'mount -t tmpfs -o size=16m none "$1" && shift && exec "$@"', "sh"]


def has_small_disks():
    with tempfile.TemporaryDirectory() as folder:
        try:
            return subprocess.run(SMALL_DISK + [folder, "true"], capture_output=True).returncode == 0
        except FileNotFoundError:
            return False


@unittest.skipUnless(os.path.exists(FILE_TRANSFER), "the example is not built")
@unittest.skipUnless(has_small_disks(), "this machine gives no file system of one's own (user namespaces)")
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.service = Apus("--loops", "1", self.folder.name, command=SMALL_DISK + [self.folder.name, FILE_TRANSFER]).__enter__()
        self.addCleanup(self.service.__exit__)

    def files(self):
        """What lies in the service's folder, at any depth."""
        seen = f"/proc/{self.service.process.pid}/root{self.folder.name}"
        return sorted(os.path.relpath(os.path.join(at, name), seen) for at, _, names in os.walk(seen) for name in names)

    def ask(self, method, path, content=b"", **fields):
        """The status and the fields of the answer; content that the disk has no room for is not all taken."""
        words = ["curl", "--silent", "--noproxy", "*", "--max-time", str(2 * PATIENCE), "--include", "--request", method,
                 "--data-binary", "@-", self.service.url(path)]
        for name, value in fields.items():
            words += ["--header", f"{name.replace('_', '-')}: {value}"]
        head = subprocess.run(words, input=content, capture_output=True).stdout.decode().replace("HTTP/1.1 100 Continue\r\n\r\n", "")
        lines = head.split("\r\n\r\n")[0].split("\r\n")
        return int(lines[0].split()[1]), dict((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines[1:]))

    def test_content_that_the_disk_has_no_room_for_gets_507_and_leaves_nothing(self):
        for _ in range(3):
            self.assertEqual(self.ask("PUT", "/files/big.bin", b"x" * (32 << 20))[0], 507)
            self.assertEqual(self.files(), [])
        self.assertEqual(self.ask("PUT", "/files/small.bin", b"x" * (8 << 20))[0], 201)
        self.assertEqual(self.files(), ["small.bin"])

    def test_a_resumable_upload_keeps_what_had_room_until_it_is_given_up(self):
        status, fields = self.ask("POST", "/files/big.bin", Upload_Complete="?0", Upload_Length=32 << 20)
        self.assertEqual(status, 201)
        upload = fields["location"]
        self.assertEqual(self.ask("PATCH", upload, b"x" * (32 << 20), Upload_Offset=0, Upload_Complete="?1",
                                  Content_Type="application/partial-upload")[0], 507)
        name = upload.rpartition("/")[2]
        self.assertEqual(self.files(), [f".uploads/{name}.info", f".uploads/{name}.part"])
        head = curl("--head", self.service.url(upload)).decode().lower()
        offset = int(head.partition("upload-offset: ")[2].split("\r\n")[0])
        self.assertTrue(8 << 20 <= offset <= 16 << 20, offset)
        # A new one finds no room, and leaves nothing of its own.
        self.assertEqual(self.ask("PUT", "/files/other.bin", b"x" * (12 << 20))[0], 507)
        self.assertEqual(self.ask("DELETE", upload)[0], 204)
        self.assertEqual(self.files(), [])
        self.assertEqual(self.ask("PUT", "/files/small.bin", b"x" * (8 << 20))[0], 201)


if __name__ == "__main__":
    unittest.main()
