"""A master and its workers: one that dies is replaced, and takes nobody else with it."""
import hashlib, http.client, json, os, re, signal, socket, ssl, subprocess, sys, time, unittest

from apus import ACTIVATE, APUS, PATIENCE, Apus, ConfigurationFile, Raw
from handover_tests import GET, Load, Restartable, await_true, hold, is_alive


class Workers(Restartable):
    def __init__(self, *words, count=2, **more):
        self.count, self.pids = count, {}
        super().__init__("--workers", str(count), "--loops", "1", *words, **more)

    def __enter__(self):
        # The workers tell first, then the master.
        for _ in range(self.count):
            self.await_worker()
        return super().__enter__()

    def await_worker(self):
        said = self.await_line(r"worker (\d+) serves \(pid (\d+)\)")
        self.pids[int(said[1])] = int(said[2])
        return int(said[2])

    def __exit__(self, *_):
        # The master first, which would start others in their place.
        self.process.kill()
        self.process.wait()
        self.successors += self.pids.values()
        super().__exit__()

    def connect_to(self, pid):
        """A connection that this worker has accepted."""
        while True:
            client = self.connect()
            client.send(GET)
            client.answer()
            if any(f":{client.sock.getsockname()[1]:04X} " in line for line in ends_of(pid)):
                return client
            client.__exit__()


def ends_of(pid):
    """The lines of /proc/net/tcp that are sockets of a process."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if found := re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}")):
                inodes.add(found[1])
        except FileNotFoundError:
            pass
    with open("/proc/net/tcp") as table:
        return [line for line in table.read().splitlines()[1:] if line.split()[9] in inodes]


class Administered(Workers):
    """A master whose first worker has the dashboard."""

    def __init__(self, *words, **more):
        super().__init__("--admin", "127.0.0.1:0", *words, **more)

    def __enter__(self):
        super().__enter__()
        line = r"the dashboard is at http://127.0.0.1:(\d+)/"
        # The worker says it, before or after the master greets.
        found = re.search(line, "".join(self.said)) or self.await_line(line)
        self.admin_port = int(found[1])
        return self

    def ask(self, method, path, body=None, revision=None):
        """The status and the JSON of an answer of the dashboard; `revision` is what was seen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE)
        fields = {"X-Apus-Admin": "1"} | ({"If-Match": revision if revision == "*" else f'"{revision}"'} if revision else {})
        connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content or "null")

    def requests_borne(self, pid):
        """Whether a connection of this worker lives on behind its second request."""
        with self.connect_to(pid) as client:
            client.send(GET)
            return client.answer().fields.get("connection") != "close"


class Living(unittest.TestCase):
    def test_a_worker_that_is_killed_loses_its_own_connections_and_is_replaced(self):
        with Workers() as apus:
            first, second = apus.pids[1], apus.pids[2]
            lost, kept = apus.connect_to(first), apus.connect_to(second)
            with lost, kept:
                os.kill(first, signal.SIGKILL)
                apus.await_line(r"worker 1 \(pid \d+\) died: signal 9 \(SIGKILL\)")
                self.assertNotEqual(apus.await_worker(), first)
                try:
                    self.assertEqual(lost.rest(), b"")
                except ConnectionResetError:
                    pass
                kept.send(GET)
                self.assertEqual(kept.answer().status, 200)
                with apus.connect_to(apus.pids[1]):
                    pass

    def test_what_connects_while_a_worker_is_dead_waits_for_the_next(self):
        with Workers(count=1) as apus:
            os.kill(apus.pids[1], signal.SIGKILL)
            with apus.connect() as client:
                client.send(GET)
                self.assertEqual(client.answer().status, 200)

    def test_workers_share_a_socket_of_a_service_manager_with_what_waited_in_it(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            descriptor, port = listening.fileno(), listening.getsockname()[1]
            with Raw(socket.create_connection(("127.0.0.1", port), PATIENCE)) as early:
                early.send(GET)
                with Apus("serve", "--workers", "2", "--loops", "1", port=None, pass_fds=(descriptor,),
                          command=[sys.executable, "-c", ACTIVATE, str(descriptor), APUS]) as apus:
                    self.assertEqual(apus.port, port)
                    self.assertEqual(early.answer().status, 200)
                    apus.settle()
                    apus.process.send_signal(signal.SIGUSR2)
                    apus.await_line("the workers are replaced")
                    apus.settle()
                    apus.terminate()
                    self.assertEqual(apus.await_exit(), 0)

    def test_one_that_dies_again_and_again_is_started_after_longer_and_longer_times(self):
        with Workers(count=1) as apus:
            for _ in range(4):
                os.kill(apus.pids[1], signal.SIGKILL)
                apus.await_worker()
            waits = re.findall(r"started anew in (\S+) seconds", "".join(apus.said))
            self.assertEqual(waits, ["0.1", "0.2", "0.4"])

    def test_the_first_worker_has_the_dashboard_and_so_has_its_successor(self):
        with Workers("--admin", "127.0.0.1:0") as apus:
            line = r"the dashboard is at http://127.0.0.1:(\d+)/"
            # The worker says it, before or after the master greets.
            place = re.search(line, "".join(apus.said)) or apus.await_line(line)
            os.kill(apus.pids[1], signal.SIGKILL)
            apus.await_worker()
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_line("the workers are replaced")
            with Raw(socket.create_connection(("127.0.0.1", int(place[1])), PATIENCE)) as client:
                client.send(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{place[1]}\r\n\r\n")
                self.assertEqual(client.answer().status, 200)

    def test_SIGTERM_has_all_workers_drain_and_a_second_one_stops_at_once(self):
        with Workers() as apus, apus.connect_to(apus.pids[1]) as busy:
            with apus.connect_to(apus.pids[1]), apus.connect_to(apus.pids[2]):
                busy.send("GET /sleep/2000 HTTP/1.1\r\nHost: a\r\n\r\n")
                apus.terminate()
                self.assertEqual(busy.answer().fields["connection"], "close")
                self.assertEqual(apus.await_exit(), 0)
            with self.assertRaises(ConnectionRefusedError):
                apus.connect()
        with Workers() as apus, apus.connect() as busy:
            busy.send("GET /sleep/600000 HTTP/1.1\r\nHost: a\r\n\r\n")
            apus.terminate()
            apus.await_line("stopping: 2 workers drain")
            apus.terminate()
            self.assertEqual(apus.await_exit(), 130)
            for pid in apus.pids.values():
                await_true(lambda: not is_alive(pid), "no worker is left")

    def test_a_signal_to_all_of_them_at_once_as_a_terminal_sends_it_has_them_drain(self):
        with Workers(start_new_session=True) as apus:
            with apus.connect_to(apus.pids[1]) as first, apus.connect_to(apus.pids[2]) as second:
                for busy in (first, second):
                    busy.send("GET /sleep/300 HTTP/1.1\r\nHost: a\r\n\r\n")
                with apus.connect_to(apus.pids[1]), apus.connect_to(apus.pids[2]):
                    os.killpg(apus.process.pid, signal.SIGINT)
                self.assertEqual([busy.answer().body for busy in (first, second)], [b"slept 300 ms\n"] * 2)
                self.assertEqual(apus.await_exit(), 0)

    def test_no_worker_outlives_a_master_that_is_killed(self):
        with Workers() as apus:
            apus.process.kill()
            for pid in apus.pids.values():
                await_true(lambda: not is_alive(pid), "the worker ends")

    def test_SIGUSR2_replaces_one_worker_after_the_other_without_a_lost_request(self):
        with Workers() as apus:
            load = [Load(apus.port) for _ in range(8)]
            for one in load:
                one.start()
            before = dict(apus.pids)
            for _ in range(2):
                apus.process.send_signal(signal.SIGUSR2)
                apus.await_worker()
                apus.await_worker()
                apus.await_line("the workers are replaced")
            for pid in before.values():
                await_true(lambda: not is_alive(pid), "the old worker ends")
            for one in load:
                one.stop()
            self.assertEqual([one.errors for one in load], [[]] * len(load))

    def test_apus_restart_says_who_the_workers_are_now(self):
        with Workers() as apus:
            said = subprocess.run([APUS, "restart", str(apus.process.pid)], capture_output=True, text=True,
                                  timeout=PATIENCE * 3)
            now = {apus.await_worker(), apus.await_worker()}
            self.assertEqual(said.returncode, 0, said)
            self.assertEqual(said.stdout, f"the workers of {apus.process.pid} are {', '.join(map(str, sorted(now)))} now\n")

    def test_a_new_program_that_crashes_leaves_the_workers_of_before(self):
        with Workers() as apus:
            apus.put("exit 7")
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_line(r"worker 1 \(pid \d+\) does not serve: .*exit code 7")
            apus.await_line("the workers of before serve on")
            for pid in apus.pids.values():
                with apus.connect_to(pid):
                    pass

    def test_SIGHUP_is_handed_on_when_the_configuration_is_right_and_not_when_it_is_wrong(self):
        with ConfigurationFile("{ limits: { body: '10B' } }") as file:
            with Workers("--config", file.name) as apus:
                file.say("{ limits: { boddy: '10B' } }")
                apus.process.send_signal(signal.SIGHUP)
                apus.await_line("the configuration stays as it was: .* did you mean limits.body")
                file.say("{ limits: { body: '11B' } }")
                apus.process.send_signal(signal.SIGHUP)
                for _ in range(2):
                    apus.await_line(r'reloaded: limits.body is "11B" \(was "10B"\)')

    def test_a_start_that_can_t_succeed_ends_with_1(self):
        with Apus("serve") as other:
            said = subprocess.run([APUS, "serve", "--workers", "2", "--port", str(other.port)], capture_output=True,
                                  text=True, timeout=PATIENCE)
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("in use", said.stderr)


class Watching(unittest.TestCase):
    """The dashboard is that of the whole service."""

    def sample(self, apus, is_right, what):
        """The first sample that is as it should be."""
        found = []

        def is_there():
            found[:] = [apus.ask("GET", "/api/sample")[1]]
            return is_right(found[0])

        await_true(is_there, what)
        return found[0]

    def page(self, apus, query="", missing=()):
        """The connections, when just these workers are missing: one that the machine is late with is, too, for a moment."""
        found = []

        def is_right():
            status, page = apus.ask("GET", "/api/connections" + query)
            self.assertEqual(status, 200, page)
            found[:] = [page]
            return (page["missingWorkers"], page["missingLoops"]) == (list(missing), [])

        await_true(is_right, f"all but {missing} answer")
        return found[0]

    def pool(self, apus):
        status, pool = apus.ask("GET", "/api/pools/http:http")
        self.assertEqual(status, 200, pool)
        return pool

    def test_figures_loops_pools_and_routes_are_of_all_workers(self):
        with Administered() as apus:
            with apus.connect_to(apus.pids[1]) as first, apus.connect_to(apus.pids[2]) as second:
                sample = self.sample(apus, lambda sample: sample["connections"]["open"] == 2, "both connections")
                members = sample["server"]["members"]
                self.assertEqual([(one["worker"], one["answers"], one["connections"], one["pid"]) for one in members],
                                 [(1, True, 1, apus.pids[1]), (2, True, 1, apus.pids[2])])
                self.assertEqual([(one["worker"], one["index"]) for one in sample["loops"]], [(1, 0), (2, 0)])
                self.assertEqual([one["connections"] for one in sample["loops"]], [1, 1])
                pool = next(one for one in sample["pools"] if one["name"] == "http:http")
                self.assertEqual(pool["idle"] + pool["active"], 2)
                self.assertIn("in 2 workers", pool["reason"])
                # A route that both have is one.
                for client in (first, second):
                    client.send("GET /sleep/20 HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertEqual(client.answer().body, b"slept 20 ms\n")
                self.sample(apus, lambda sample: [one["total"] for one in sample["routes"]] == [2], "both requests")
                await_true(lambda: {one["worker"] for one in apus.ask("GET", "/api/slowest")[1]} == {1, 2}, "both are slow")
                await_true(lambda: [(one["worker"], one["answers"]) for one in self.pool(apus)["members"]] == [(1, True), (2, True)],
                           "both answer")
                whole = self.pool(apus)
                self.assertEqual((whole["active"] + whole["idle"], whole["loops"]), (2, [1, 1]))
                self.assertEqual(whole["latency"]["count"], whole["requests"])

    def test_connections_of_all_workers_are_listed_found_sorted_and_closed(self):
        with Administered() as apus:
            with apus.connect_to(apus.pids[1]) as first, apus.connect_to(apus.pids[2]) as second:
                page = self.page(apus, "?sort=loop")
                self.assertEqual([one["worker"] for one in page["connections"]], [1, 2])
                self.assertEqual(page["total"], 2)
                self.assertEqual([one["worker"] for one in self.page(apus, "?sort=-loop")["connections"]], [2, 1])
                self.assertEqual([one["worker"] for one in self.page(apus, "?sort=loop&offset=1&limit=1")["connections"]], [2])
                theirs = page["connections"][1]
                self.assertTrue(theirs["id"].startswith(f"2.{apus.pids[2]}-0-"), theirs)
                self.assertEqual(theirs["address"], f"127.0.0.1:{second.sock.getsockname()[1]}")
                for search in (theirs["id"], "worker%202", theirs["address"]):
                    found = self.page(apus, f"?search={search}")
                    self.assertEqual([one["id"] for one in found["connections"]], [theirs["id"]])
                status, done = apus.ask("DELETE", f"/api/connections/{theirs['id']}?now=true")
                self.assertEqual((status, done), (202, {"closing": theirs["id"]}))
                try:
                    self.assertEqual(second.rest(), b"")
                except ConnectionResetError:
                    pass
                self.assertEqual(apus.ask("DELETE", f"/api/connections/{theirs['id']}")[0], 404)
                news = apus.ask("GET", "/api/news")[1]
                self.assertIn("of worker 2 was closed from the dashboard", news[-1]["text"])
                # Without its worker it is no connection of anybody.
                self.assertEqual(apus.ask("DELETE", f"/api/connections/{theirs['id'].split('-', 1)[1]}")[0], 404)
                first.send(GET)
                self.assertEqual(first.answer().status, 200)

    def test_a_worker_that_hangs_is_shown_as_missing_and_holds_nobody(self):
        with Administered() as apus:
            with apus.connect_to(apus.pids[1]), apus.connect_to(apus.pids[2]):
                theirs = self.page(apus, "?search=worker%202")["connections"][0]["id"]
                hold(apus.pids[2])
                try:
                    sample = self.sample(apus, lambda sample: not sample["server"]["members"][1]["answers"], "it is missing")
                    self.assertEqual(sample["connections"]["open"], 1)
                    # More often than it may owe answers.
                    for _ in range(20):
                        self.assertEqual([one["worker"] for one in self.page(apus, missing=[2])["connections"]], [1])
                    self.assertEqual(apus.ask("DELETE", f"/api/connections/{theirs}")[0], 503)
                    detail = apus.ask("GET", "/api/pools/http:http")[1]
                    self.assertEqual([one["answers"] for one in detail["members"]], [True, False])
                finally:
                    os.kill(apus.pids[2], signal.SIGCONT)
                self.sample(apus, lambda sample: sample["connections"]["open"] == 2, "it is back")
                texts = [one["text"] for one in apus.ask("GET", "/api/news")[1]]
                self.assertTrue(any("worker 2 does not answer" in text for text in texts), texts)
                self.assertTrue(any("worker 2 answers again" in text for text in texts), texts)

    def test_a_worker_that_is_killed_is_missing_until_its_successor_serves(self):
        with Administered() as apus:
            with apus.connect_to(apus.pids[2]):
                old = self.page(apus, "?search=worker%202")["connections"][0]["id"]
                # Its successor waits until it is let through the pipe.
                pipe = os.path.join(apus.folder.name, "pipe")
                os.mkfifo(pipe)
                apus.put(f'read word < {pipe}; exec {APUS} "$@"')
                os.kill(apus.pids[2], signal.SIGKILL)
                apus.await_line("worker 2 .* died")
                self.sample(apus, lambda sample: not sample["server"]["members"][1]["answers"], "it is missing")
                # For reading too: so it waits for nobody.
                with open(pipe, "r+b", buffering=0) as end:
                    end.write(b"go\n")
                    apus.await_worker()
            with apus.connect_to(apus.pids[2]):
                sample = self.sample(apus, lambda sample: sample["server"]["members"][1]["answers"], "it is back")
                self.assertEqual(sample["server"]["members"][1]["pid"], apus.pids[2])
                # What is called as one of before was called is another.
                self.assertEqual(apus.ask("DELETE", f"/api/connections/{old}?now=true")[0], 404)
                self.assertEqual(len(self.page(apus, "?search=worker%202")["connections"]), 1)

    def test_the_dashboard_is_of_all_workers_after_they_were_replaced(self):
        with Administered() as apus:
            self.sample(apus, lambda sample: len(sample["server"]["members"]) == 2, "both")
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_worker()
            apus.await_worker()
            apus.await_line("the workers are replaced")
            with apus.connect_to(apus.pids[1]), apus.connect_to(apus.pids[2]):
                self.sample(apus, lambda sample: [one.get("pid") for one in sample["server"]["members"] or []] == [
                    apus.pids[1], apus.pids[2]] and sample["connections"]["open"] == 2, "the new ones")

    def test_what_happens_in_another_worker_is_told_with_whose_it_is(self):
        with Administered() as apus:
            apus.ask("GET", "/api/sample")
            with apus.connect_to(apus.pids[2]) as hers:
                hers.send("GET / HTTP/1.1\r\nHost: a\r\nLong: " + "x" * 70000 + "\r\n\r\n")
                hers.answer()

                def is_told():
                    apus.ask("GET", "/api/sample")
                    return any(one.get("worker") == 2 and one["kind"] == "limit" for one in apus.ask("GET", "/api/news")[1])

                await_true(is_told, "worker 2 tells of a limit")

    def test_what_happens_in_the_pools_of_all_workers_is_told_as_it_happens(self):
        with Administered() as apus:
            connection = http.client.HTTPConnection("127.0.0.1", apus.admin_port, timeout=PATIENCE)
            connection.request("GET", "/api/events/pools")
            stream = connection.getresponse()
            self.assertEqual(stream.status, 200)

            def event():
                while True:
                    line = stream.readline()
                    self.assertNotEqual(line, b"")
                    if line.startswith(b"data: ") and (one := json.loads(line[6:]))["name"] == "added":
                        return one

            held = []
            try:
                # The other worker is asked soon, and tells of what comes from then on.
                seen = set()
                while seen != {1, 2}:
                    held += [apus.connect_to(pid) for pid in apus.pids.values()]
                    one = event()
                    self.assertTrue(one["connection"].startswith(f"{one['worker']}.{apus.pids[one['worker']]}-0-"), one)
                    seen.add(one["worker"])
            finally:
                for client in held:
                    client.__exit__()
                connection.close()

    def test_the_metrics_of_all_workers_are_at_one_address_with_whose_they_are(self):
        def metrics():
            connection = http.client.HTTPConnection("127.0.0.1", apus.port, timeout=PATIENCE)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            connection.close()
            return text

        def ups(text):
            return re.findall(r'apus_worker_up\{worker="(\d)"\} (\d)\n', text)

        end = time.monotonic() + PATIENCE
        with Workers() as apus:
            with apus.connect_to(apus.pids[1]), apus.connect_to(apus.pids[2]):
                # Whichever is asked.
                for _ in range(8):
                    text = metrics()
                    while ups(text) != [("1", "1"), ("2", "1")]:
                        # The machine was late with one of them.
                        self.assertLess(time.monotonic(), end, ups(text))
                        text = metrics()
                    self.assertEqual(text.count("# TYPE process_cpu_seconds_total "), 1)
                    times = dict(re.findall(r'process_start_time_seconds\{worker="(\d)"\} (\S+)', text))
                    self.assertEqual(sorted(times), ["1", "2"])
                hold(apus.pids[2])
                try:
                    def is_alone():
                        # The kernel may have the one that hangs accept it, which then answers nobody.
                        client = socket.create_connection(("127.0.0.1", apus.port), 1)
                        with client:
                            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            text = ""
                            try:
                                while part := client.recv(65536).decode():
                                    text += part
                            except TimeoutError:
                                return False
                        return ups(text) == [("1", "1"), ("2", "0")]

                    await_true(is_alone, "the one that hangs is down")
                finally:
                    os.kill(apus.pids[2], signal.SIGCONT)


class Changing(unittest.TestCase):
    PATH, KEY = "/api/configuration", "limits.requestsPerConnection"

    def test_a_change_from_the_dashboard_reaches_all_workers_and_those_that_come_later_and_is_taken_back_in_all(self):
        with Administered() as apus:
            seen = apus.ask("GET", self.PATH)[1]["revision"]
            status, done = apus.ask("PATCH", self.PATH, {self.KEY: 2}, seen)
            self.assertEqual((status, done["workers"]), (200, 2), done)
            self.assertEqual([one["path"] for one in done["applied"]], [self.KEY])
            for pid in apus.pids.values():
                self.assertFalse(apus.requests_borne(pid))
            # Who has not seen it changes nothing anywhere.
            status, refused = apus.ask("PATCH", self.PATH, {self.KEY: 7}, seen)
            self.assertEqual((status, refused["revision"]), (412, done["revision"]))
            # Both workers are replaced, the one with the dashboard too: they go by what was changed.
            for number in (2, 1):
                os.kill(apus.pids[number], signal.SIGKILL)
                apus.await_worker()
                self.assertFalse(apus.requests_borne(apus.pids[number]))
            found = apus.ask("GET", self.PATH)[1]
            self.assertEqual((found["revision"], found["earlier"]), (done["revision"], 1))
            entry = next(one for one in found["entries"] if one["path"] == self.KEY)
            self.assertEqual((entry["value"], entry["origin"]), (2, "dashboard"))
            self.assertEqual(apus.ask("POST", self.PATH + "/rollback", revision=seen)[0], 412)
            status, undone = apus.ask("POST", self.PATH + "/rollback", revision=done["revision"])
            self.assertEqual((status, undone["workers"]), (200, 2), undone)
            for pid in apus.pids.values():
                self.assertTrue(apus.requests_borne(pid))
            self.assertEqual(apus.ask("POST", self.PATH + "/rollback", revision="*")[0], 409)

    def test_a_pool_is_changed_in_all_workers_and_shown_with_what_all_have(self):
        with Administered() as apus:
            status, done = apus.ask("PATCH", "/api/pools/http:http", {"limit": 1})
            self.assertEqual((status, done["workers"], done["pool"]["limit"]), (200, 2, 2), done)
            self.assertEqual([one["limit"] for one in done["pool"]["members"]], [1, 1])
            for pid in apus.pids.values():
                with apus.connect_to(pid):
                    # The kernel says which worker is asked: of many some ask this one, whose place is taken.
                    self.assertIn(503, (self.status(apus) for _ in range(1000)))

    def status(self, apus):
        with apus.connect() as client:
            try:
                client.send(GET)
                return client.answer().status
            except ConnectionError:
                return None  # It was turned away while it asked.

    def test_what_is_wrong_is_changed_in_none_and_a_dry_run_in_none_either(self):
        with Administered() as apus:
            status, refused = apus.ask("PATCH", self.PATH, {self.KEY: 2, "limits.boddy": 1})
            self.assertEqual((status, refused["problems"][0]["suggestion"]), (422, "limits.body"), refused)
            status, dry = apus.ask("PATCH", self.PATH + "?dryRun=true", {self.KEY: 2})
            self.assertEqual((status, [one["path"] for one in dry["applied"]]), (200, [self.KEY]))
            for pid in apus.pids.values():
                self.assertTrue(apus.requests_borne(pid))

    def test_while_a_worker_hangs_nothing_is_changed_and_it_is_named(self):
        with Administered() as apus:
            hold(apus.pids[2])
            try:
                status, refused = apus.ask("PATCH", self.PATH, {self.KEY: 2})
                self.assertEqual(status, 422, refused)
                self.assertIn("worker 2 does not answer", refused["problems"][0]["reason"])
            finally:
                os.kill(apus.pids[2], signal.SIGCONT)
            for pid in apus.pids.values():
                self.assertTrue(apus.requests_borne(pid))
            # It has come back, and takes part again.
            self.assertEqual(apus.ask("PATCH", self.PATH, {self.KEY: 2})[0], 200)
            for pid in apus.pids.values():
                self.assertFalse(apus.requests_borne(pid))

    def test_SIGHUP_forgets_what_was_changed_and_SIGUSR2_does_not(self):
        with Administered() as apus:
            self.assertEqual(apus.ask("PATCH", self.PATH, {self.KEY: 2})[0], 200)
            apus.process.send_signal(signal.SIGUSR2)
            apus.await_worker()
            apus.await_worker()
            apus.await_line("the workers are replaced")
            for pid in apus.pids.values():
                self.assertFalse(apus.requests_borne(pid))
            apus.process.send_signal(signal.SIGHUP)
            for _ in range(2):
                apus.await_line(f"reloaded: {self.KEY} is null")
            for pid in apus.pids.values():
                self.assertTrue(apus.requests_borne(pid))
            self.assertEqual(apus.ask("POST", self.PATH + "/rollback", revision="*")[0], 409)


class SharingTLS(unittest.TestCase):
    """What a client has from one worker is good for all, and for those that come after them."""

    def visit(self, apus, version, session=None):
        """The session, whether it was resumed, the certificate's fingerprint, and the process that answered."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        # A session belongs to its context.
        context = self.contexts.setdefault(version, context)
        with socket.create_connection(("127.0.0.1", apus.tls_port), PATIENCE) as plain:
            port = plain.getsockname()[1]
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as client:
                client.sendall(b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertTrue(client.recv(1000).startswith(b"HTTP/1.1 200"))
                found = [pid for pid in apus.pids.values() if any(f":{port:04X} " in line for line in ends_of(pid))]
                certificate = hashlib.sha256(client.getpeercert(True)).hexdigest().upper()
                return client.session, client.session_reused, certificate, found[0] if found else None

    def test_all_show_one_certificate_and_take_one_anothers_tickets(self):
        self.contexts = {}
        with Workers("--tls-port", "0", "--tls-self-signed") as apus:
            said = [line for line in apus.said if "fingerprint is" in line]
            self.assertEqual(len(said), 1, apus.said)
            fingerprint = said[0].split()[-1].replace(":", "")
            kept = {}
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                first, resumed, certificate, _ = self.visit(apus, version)
                self.assertFalse(resumed)
                self.assertEqual(certificate, fingerprint)
                visited = set()
                # The kernel says which worker is asked.
                for count in range(100):
                    _, resumed, certificate, pid = self.visit(apus, version, first)
                    self.assertTrue(resumed, f"{version} {count}")
                    self.assertEqual(certificate, fingerprint)
                    visited.add(pid)
                    if count >= 12 and len(visited) == 2:
                        break
                self.assertEqual(visited, set(apus.pids.values()))
                kept[version] = first
            # Those that come after them are as they were.
            for pid in list(apus.pids.values()):
                os.kill(pid, signal.SIGKILL)
                apus.await_worker()
            apus.process.send_signal(signal.SIGUSR2)
            for _ in apus.pids.copy():
                apus.await_worker()
            apus.await_line("the workers are replaced")
            for version, session in kept.items():
                for _ in range(12):
                    _, resumed, certificate, _ = self.visit(apus, version, session)
                    self.assertTrue(resumed)
                    self.assertEqual(certificate, fingerprint)
            self.assertEqual([line for line in apus.said if "fingerprint is" in line], said)

    def test_what_they_share_stands_in_no_command_line_and_no_environment(self):
        with Workers("--tls-port", "0", "--tls-self-signed") as apus:
            def told(pid, name):
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    return file.read().split(b"\0")

            master = apus.process.pid
            for pid in apus.pids.values():
                self.assertEqual(told(pid, "cmdline"), told(master, "cmdline"))
                more = set(told(pid, "environ")) - set(told(master, "environ"))
                self.assertEqual([one.split(b"=")[0] for one in more], [b"HANDOVER_CHANNEL"])


if __name__ == "__main__":
    unittest.main()
