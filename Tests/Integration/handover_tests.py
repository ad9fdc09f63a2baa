"""A process that takes another's place: no request is lost when it succeeds, and nothing has happened when it fails."""
import http.client, os, re, signal, socket, ssl, stat, subprocess, tempfile, threading, time, unittest

from apus import APUS, PATIENCE, Apus, ConfigurationFile, Raw

GET = "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"


def await_true(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.01)


def state(pid):
    """The letter of proc_pid_stat(5); Z, as of a zombie, for a process that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


def is_alive(pid):
    return state(pid) != "Z"


def hold(pid):
    """Stops a process until SIGCONT. The signal is sent; that it has stopped shows only in its state."""
    os.kill(pid, signal.SIGSTOP)
    await_true(lambda: state(pid) == "T", "it has stopped")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Load(threading.Thread):
    """A client that asks again and again on kept connections; what is not answered with 200 is an error."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.count, self.errors, self.ends = port, 0, [], threading.Event()

    def run(self):
        connection = None
        while not self.ends.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.request("GET", "/plaintext")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200 or body != b"Hello, World!":
                    self.errors.append((answer.status, body))
                self.count += 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except Exception as error:
                self.errors.append(repr(error))
                connection = None
        if connection is not None:
            connection.close()

    def stop(self):
        self.ends.set()
        self.join(PATIENCE)


class Restartable(Apus):
    """Serves by way of a link that tests put something else behind; the processes that come after the first are ended
    too."""

    def __init__(self, *words, port=0, **popen):
        self.folder = tempfile.TemporaryDirectory()
        self.link = os.path.join(self.folder.name, "apus")
        os.symlink(APUS, self.link)
        self.successors = []
        super().__init__("serve", *words, port=port, command=[self.link], **popen)

    def put(self, script):
        """Another program at the old place."""
        other = self.link + ".new"
        with open(other, "w") as file:
            file.write("#!/bin/sh\n" + script + "\n")
        os.chmod(other, 0o755)
        os.replace(other, self.link)

    def restart(self, pid=None):
        os.kill(pid or self.process.pid, signal.SIGUSR2)
        successor = int(self.await_line(r"handed over: process (\d+) serves")[1])
        self.successors.append(successor)
        return successor

    def __exit__(self, *_):
        for pid in self.successors:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        super().__exit__()
        self.folder.cleanup()


class HandingOver(unittest.TestCase):
    def test_no_request_is_lost_while_one_process_takes_the_place_of_another(self):
        with Restartable("--loops", "2") as apus:
            load = [Load(apus.port) for _ in range(16)]
            for one in load:
                one.start()
            pid, counts = apus.process.pid, []
            for _ in range(3):
                successor = apus.restart(pid)
                if pid == apus.process.pid:
                    self.assertEqual(apus.await_exit(), 0)
                else:
                    await_true(lambda: not is_alive(pid), f"{pid} ends")
                pid = successor
                seen = sum(one.count for one in load)
                await_true(lambda: sum(one.count for one in load) > seen + 100, "it serves")
                counts.append(descriptors(pid))
            for one in load:
                one.stop()
            self.assertEqual([one.errors for one in load], [[]] * len(load))
            # Nothing is left open from process to process, but for connections that come and go.
            self.assertLess(abs(counts[-1] - counts[0]), 20, counts)

    def test_a_request_in_flight_and_an_idle_connection_are_answered_by_the_old_process(self):
        with Restartable("--loops", "1", "--set", "drainIdleGrace=10s") as apus:
            busy, idle = apus.connect(), apus.connect()
            with busy, idle:
                idle.send(GET)
                self.assertNotIn("connection", idle.answer().fields)
                busy.send("GET /sleep/1000 HTTP/1.1\r\nHost: a\r\n\r\n")
                apus.settle()
                apus.restart()
                apus.await_line("stopping")
                apus.await_line("draining")
                idle.send(GET)
                answer = idle.answer()
                self.assertEqual((answer.status, answer.fields["connection"]), (200, "close"))
                self.assertEqual(busy.answer().body, b"slept 1000 ms\n")
                self.assertEqual(apus.await_exit(), 0)
            apus.settle()

    def test_TLS_and_Unix_sockets_are_handed_over_and_the_last_process_removes_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            config = os.path.join(folder, "apus.json5")
            with open(config, "w") as file:
                file.write("{ listeners: [{ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: 0, "
                           f"tls: {{ selfSigned: true }} }}, {{ host: 'unix:{path}' }}], loops: {{ count: 1 }} }}")
            with Restartable("--config", config, port=None) as apus:
                inode = os.stat(path).st_ino
                successor = apus.restart()
                self.assertEqual(apus.await_exit(), 0)
                self.assertEqual(os.stat(path).st_ino, inode)
                apus.settle()
                context = ssl._create_unverified_context()
                with socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as plain:
                    with Raw(context.wrap_socket(plain)) as secured:
                        secured.send(GET)
                        self.assertEqual(secured.answer().status, 200)
                local = socket.socket(socket.AF_UNIX)
                local.connect(path)
                with Raw(local) as client:
                    client.send(GET)
                    self.assertEqual(client.answer().status, 200)
                os.kill(successor, signal.SIGTERM)
                await_true(lambda: not is_alive(successor), "the last one ends")
                self.assertFalse(os.path.exists(path))

    def test_the_dashboard_is_handed_over_too(self):
        with Restartable("--loops", "1", "--admin", "127.0.0.1:0") as apus:
            line = r"the dashboard is at http://127.0.0.1:(\d+)/"
            # Said before or after the greeting.
            place = re.search(line, "".join(apus.said)) or apus.await_line(line)
            apus.restart()
            self.assertEqual(apus.await_exit(), 0)
            with Raw(socket.create_connection(("127.0.0.1", int(place[1])), PATIENCE)) as client:
                client.send(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{place[1]}\r\n\r\n")
                self.assertEqual(client.answer().status, 200)

    def test_a_listener_that_is_added_comes_with_the_new_process(self):
        with tempfile.TemporaryDirectory() as folder:
            config, path = os.path.join(folder, "apus.json5"), os.path.join(folder, "s")
            def say(more):
                with open(config, "w") as file:
                    file.write("{ listeners: [{ host: '127.0.0.1', port: 0 }" + more + "], loops: { count: 1 } }")
            say("")
            with Restartable("--config", config, port=None) as apus:
                say(f", {{ host: 'unix:{path}' }}")
                apus.restart()
                self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
                self.assertEqual(apus.await_exit(), 0)


class Failing(unittest.TestCase):
    def assert_serves_on(self, apus, reason):
        apus.await_line("not handed over, and serving on as before: .*" + reason)
        self.assertIsNone(apus.process.poll())
        apus.settle()

    def test_a_new_process_that_fails_leaves_the_old_one_as_it_was(self):
        with Restartable("--loops", "2") as apus:
            load = Load(apus.port)
            load.start()
            apus.settle()
            before = None
            for script, reason in [
                ("exit 3", r"exit code 3"),
                ("kill -SEGV $$", r"signal 11 \(SIGSEGV\)"),
                ("echo nonsense >&3; exec sleep 600", r"does not speak as Apus does"),
                ("exec 3>&-; exec sleep 600", r"ended before it served: signal 9"),
                ("exec no/such/program", r"exit code 127"),
            ]:
                with self.subTest(script):
                    apus.put(script)
                    apus.process.send_signal(signal.SIGUSR2)
                    self.assert_serves_on(apus, reason)
                    before = before or descriptors(apus.process.pid)
                    await_true(lambda: descriptors(apus.process.pid) <= before + 2, "nothing of it is left open")
            os.unlink(apus.link)
            os.symlink(APUS, apus.link)
            load.stop()
            self.assertEqual(load.errors, [])
            apus.restart()
            self.assertEqual(apus.await_exit(), 0)
            apus.settle()

    def test_a_new_process_that_hangs_is_given_up(self):
        with Restartable("--loops", "1", "--set", "handoverTimeout=400ms") as apus:
            apus.put("exec sleep 600")
            for _ in range(2):
                apus.process.send_signal(signal.SIGUSR2)
                self.assert_serves_on(apus, "not ready within")

    def test_a_configuration_that_is_wrong_is_told_and_the_old_process_serves_on(self):
        with ConfigurationFile("{ limits: { body: '10B' } }") as file:
            with Restartable("--loops", "1", "--config", file.name) as apus:
                file.say("{ limits: { boddy: '10B' } }")
                apus.process.send_signal(signal.SIGUSR2)
                apus.await_line("did you mean limits.body")
                self.assert_serves_on(apus, "exit code 1")

    def test_a_second_SIGUSR2_is_told_that_a_hand_over_is_under_way(self):
        with Restartable("--loops", "1") as apus:
            # The first goes on until it is told to fail, through the pipe.
            pipe = os.path.join(apus.folder.name, "pipe")
            os.mkfifo(pipe)
            apus.put(f"read word < {pipe}; exit 9")
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_line("handing over")
            apus.process.send_signal(signal.SIGUSR2)
            self.assert_serves_on(apus, "under way already")
            # For reading too: so it waits for nobody.
            with open(pipe, "r+b", buffering=0) as end:
                end.write(b"fail\n")
                self.assert_serves_on(apus, "exit code 9")

    def test_SIGTERM_while_a_new_process_is_awaited_ends_both(self):
        with Restartable("--loops", "1") as apus:
            mark = os.path.join(apus.folder.name, "pid")
            apus.put(f"echo $$ > {mark}.new; mv {mark}.new {mark}; exec sleep 600")
            apus.process.send_signal(signal.SIGUSR2)
            await_true(lambda: os.path.exists(mark), "the new process begins")
            apus.terminate()
            self.assertEqual(apus.await_exit(), 0)
            with open(mark) as file:
                pid = int(file.read())
            await_true(lambda: not is_alive(pid), "the new process ends")
            with self.assertRaises(ConnectionRefusedError):
                apus.connect()

    def test_SIGUSR2_while_it_drains_starts_nothing(self):
        with Restartable("--loops", "1", "--set", "drainTimeout=60s") as apus, apus.connect() as busy:
            # It drains until the content of this one has come.
            busy.send("GET /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
            apus.settle()
            apus.terminate()
            apus.await_line("stopping")
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_line("not handed over, .*: the server was told to stop")
            busy.send("x")
            self.assertEqual(busy.answer().status, 200)
            self.assertEqual(apus.await_exit(), 0)


class RestartCommand(unittest.TestCase):
    def restart(self, pid, *more):
        return subprocess.run([APUS, "restart", *more, str(pid)], capture_output=True, text=True, timeout=PATIENCE * 3)

    def test_it_says_who_serves_now(self):
        with Restartable("--loops", "1") as apus:
            said = self.restart(apus.process.pid)
            apus.successors.append(int(apus.await_line(r"handed over: process (\d+) serves")[1]))
            self.assertEqual(said.returncode, 0, said)
            self.assertIn(f"process {apus.successors[0]} serves", said.stdout)
            self.assertEqual(apus.await_exit(), 0)
            apus.settle()

    def test_it_fails_when_the_old_process_serves_on(self):
        with Restartable("--loops", "1") as apus:
            apus.put("sleep 0.3; exit 9")
            said = self.restart(apus.process.pid)
            self.assertEqual(said.returncode, 1, said)
            self.assertIn(f"{apus.process.pid} serves on", said.stderr)
            apus.settle()

    def test_a_process_that_is_not_there_or_no_server_is_left_alone(self):
        sleeper = subprocess.Popen(["sleep", "600"])
        try:
            self.assertIn("listens nowhere", self.restart(sleeper.pid).stderr)
            self.assertIsNone(sleeper.poll())
        finally:
            sleeper.kill()
            sleeper.wait()
        self.assertIn("no process", self.restart(2**31 - 1).stderr)


class ServiceManager(unittest.TestCase):
    def test_systemd_is_told_of_the_start_the_new_process_and_the_stop(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(path)
                manager.settimeout(PATIENCE)
                environment = {**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
                def hear(wanted):
                    while (said := manager.recv(256).decode()) != wanted:
                        self.assertIn(said, ["WATCHDOG=1"], wanted)
                with Restartable("--loops", "2", env=environment) as apus:
                    hear("READY=1")
                    hear("WATCHDOG=1")
                    successor = apus.restart()
                    said = {manager.recv(256).decode() for _ in range(1)}
                    while {"READY=1", f"MAINPID={successor}"} - said:
                        said.add(manager.recv(256).decode())
                    self.assertLessEqual(said, {"READY=1", f"MAINPID={successor}", "WATCHDOG=1"})
                    self.assertEqual(apus.await_exit(), 0)
                    os.kill(successor, signal.SIGTERM)
                    hear("STOPPING=1")


if __name__ == "__main__":
    unittest.main()
