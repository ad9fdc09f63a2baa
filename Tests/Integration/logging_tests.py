"""Lines of logs, to the last: what was answered before the process ended stands in the access log."""
import os, subprocess, tempfile, unittest

from apus import APUS, DEMO, Apus, PATIENCE

REQUESTS = 50


class LastLines(unittest.TestCase):
    def test_what_was_answered_before_the_end_is_in_the_file(self):
        for _ in range(10):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "access.log")
                with Apus("serve", "--loops", "1", "--set", f"accessLog.to={path}") as apus:
                    with apus.connect() as client:
                        client.send("GET /json HTTP/1.1\r\nHost: a\r\n\r\n" * REQUESTS)
                        for _ in range(REQUESTS):
                            self.assertEqual(client.answer().status, 200)
                    apus.terminate()
                    self.assertEqual(apus.await_exit(), 0)
                with open(path) as log:
                    self.assertEqual(len(log.readlines()), REQUESTS)

    def test_a_log_that_nobody_reads_does_not_hold_the_end_up(self):
        read, write = os.pipe()
        apus = subprocess.Popen([APUS, "serve", "--port", "0", "--loops", "1"], stdin=subprocess.DEVNULL, stdout=write,
                                stderr=subprocess.PIPE, text=True, cwd=DEMO)
        try:
            os.set_blocking(write, False)
            try:
                while True:
                    os.write(write, b"x" * 65536)
            except BlockingIOError:
                pass  # The pipe is full: no line of the log has room.
            os.set_blocking(write, True)
            port = next(line for line in apus.stderr if "serving on" in line).rsplit(":", 1)[1].split()[0].rstrip("/")
            subprocess.run(["curl", "--silent", "--noproxy", "*", "--output", os.devnull, f"http://127.0.0.1:{port}/json"],
                           check=True, timeout=PATIENCE)
            apus.terminate()
            self.assertEqual(apus.wait(PATIENCE), 0)
        finally:
            apus.kill()
            apus.wait()
            apus.stderr.close()
            os.close(read)
            os.close(write)


if __name__ == "__main__":
    unittest.main()
