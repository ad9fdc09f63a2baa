"""The command under test: started, its greeting awaited, and stopped. Nothing here waits for a time: every wait is for
an event, with a limit after which the test fails and says for what it waited."""
import collections, os, queue, re, signal, socket, subprocess, tempfile, threading, time

APUS = os.environ["APUS"]
# What systemd does (sd_listen_fds(3)): the socket as descriptor 3, the number of them and the process in variables.
ACTIVATE = """if True:
    import os, sys
    os.dup2(int(sys.argv[1]), 3)
    os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
"""
PATIENCE = 30  # seconds until an event that does not come is a failure
DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")  # where the folder Public is


class Apus:
    """`with Apus("serve", "--loops", "1") as apus:` serves on a free port, and is killed at the end."""

    def __init__(self, *words, port=0, command=None, **popen):
        words = list(words)
        if port is not None:
            words += ["--port", str(port)]
        self.process = subprocess.Popen((command or [APUS]) + words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, cwd=popen.pop("cwd", DEMO), **popen)
        self.lines, self.said = queue.Queue(), []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for line in self.process.stderr:
                self.lines.put(line)
        except ValueError:
            pass  # The test is over, and a process that came after this one still has the other end.
        self.lines.put(None)

    def await_line(self, pattern):
        """The match of the next line on standard error that has the pattern."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line like {pattern!r} within {PATIENCE} s; said: {''.join(self.said)!r}")
            if line is None:
                raise AssertionError(f"ended without a line like {pattern!r}; said: {''.join(self.said)!r}")
            self.said.append(line)
            if match := re.search(pattern, line):
                return match

    def await_exit(self):
        """The exit code, in the shell's way: 128 and the signal for one that a signal ended."""
        code = self.process.wait(PATIENCE)
        return code if code >= 0 else 128 - code

    def __enter__(self):
        try:
            said = self.await_line(r"serving on http://\S+:(\d+)(?:, https://\S+:(\d+))?")
            self.port, self.tls_port = int(said[1]), int(said[2] or 0)
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def tls_url(self, path="/"):
        return f"https://localhost:{self.tls_port}{path}"

    def connect(self):
        return Raw(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def settle(self):
        """Comes back when a server of one loop has dealt with all that was sent to it before."""
        with self.connect() as probe:
            probe.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            assert probe.answer().status == 200


    def answer_to(self, message):
        """The answer to one message on a connection of its own; None when it breaks off."""
        with self.connect() as client:
            try:
                client.send(message)
            except (BrokenPipeError, ConnectionResetError):
                pass  # It need not read all of what it refuses.
            try:
                return client.answer()
            except (ConnectionResetError, AssertionError, ValueError):
                return None

    def memory(self, name):
        """What the process holds (VmRSS), or the most that it has held (VmHWM), in MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


class ConfigurationFile:
    """`with ConfigurationFile("{ … }") as file:` has a file that says so, until it is told to say something else."""

    def __init__(self, text):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json5")
        self.name = self.file.name
        self.say(text)

    def say(self, text):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text)
        self.file.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


Answer = collections.namedtuple("Answer", "status fields body")


class Raw:
    """A client that sends bytes as they are and reads answers one by one."""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def send(self, text):
        self.sock.sendall(text.encode() if isinstance(text, str) else text)

    def end(self):
        self.sock.shutdown(socket.SHUT_WR)

    def rest(self):
        """Everything until the server closes."""
        return self.file.read()

    def answer(self, head=False):
        line = self.file.readline()
        if not line:
            raise AssertionError("the server closed the connection instead of answering")
        status, fields = int(line.split()[1]), {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        body = b""
        if head or status < 200 or status in (204, 304):
            pass
        elif fields.get("transfer-encoding") == "chunked":
            while size := int(self.file.readline().split(b";")[0], 16):
                body += self.file.read(size)
                self.file.readline()
            while self.file.readline() != b"\r\n":
                pass
        else:
            body = self.file.read(int(fields["content-length"]))
        return Answer(status, fields, body)
