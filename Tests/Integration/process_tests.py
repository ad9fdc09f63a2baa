"""The command as a process: signals, exit codes, messages, and sockets that a service manager hands over."""
import json, os, signal, socket, subprocess, sys, unittest

from apus import ACTIVATE, APUS, PATIENCE, Apus, ConfigurationFile, Raw
from dashboard_tests import Served


def run(*words):
    return subprocess.run([APUS, *words], capture_output=True, text=True, timeout=PATIENCE)


class Signals(unittest.TestCase):
    def test_SIGTERM_finishes_what_is_in_flight_and_exits_0(self):
        with Apus("serve", "--loops", "1") as apus, apus.connect() as idle, apus.connect() as busy:
            idle.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            idle.answer()
            # Long enough that it is told to stop meanwhile on a slow machine too.
            busy.send("GET /sleep/2000 HTTP/1.1\r\nHost: a\r\n\r\n")
            apus.settle()
            apus.terminate()
            apus.await_line("stopping")
            self.assertEqual(idle.rest(), b"")
            answer = busy.answer()
            self.assertEqual((answer.status, answer.body), (200, b"slept 2000 ms\n"))
            self.assertEqual(answer.fields["connection"], "close")
            self.assertEqual(apus.await_exit(), 0)
            with self.assertRaises(ConnectionRefusedError):
                apus.connect()

    def test_a_second_signal_stops_at_once_with_130(self):
        with Apus("serve", "--loops", "1") as apus, apus.connect() as busy:
            busy.send("GET /sleep/600000 HTTP/1.1\r\nHost: a\r\n\r\n")
            apus.settle()
            apus.terminate()
            apus.await_line("stopping")
            apus.terminate()
            self.assertEqual(apus.await_exit(), 130)

    def test_without_connections_SIGINT_ends_it(self):
        with Apus("serve") as apus:
            apus.process.send_signal(2)
            self.assertEqual(apus.await_exit(), 0)


class Reloading(unittest.TestCase):
    def test_SIGHUP_takes_over_what_can_change_and_keeps_the_rest_when_something_is_wrong(self):
        with ConfigurationFile("{ limits: { body: '10B' } }") as file:
            with Apus("serve", "--loops", "1", "--config", file.name) as apus:
                file.say("{ limits: { body: '11B' }, drainTimeout: '1s', handoverTimeout: '5s' }")
                apus.process.send_signal(signal.SIGHUP)
                apus.await_line(r'reloaded: limits.body is "11B" \(was "10B"\)')
                apus.await_line(r'reloaded: drainTimeout is "1s" \(was "10s"\)')
                apus.await_line(r'to be restarted for: handoverTimeout is "5s" \(was "1m"\)')
                file.say("{ limits: { boddy: '12B' } }")
                apus.process.send_signal(signal.SIGHUP)
                apus.await_line(r"the configuration stays as it was: .*:1:13: limits.boddy: .* did you mean limits.body\?")
                apus.terminate()
                self.assertEqual(apus.await_exit(), 0)

    def test_what_SIGHUP_has_changed_is_taken_back_from_the_admin_listener(self):
        with ConfigurationFile("{ limits: { body: '10B' } }") as file:
            with Served("--config", file.name) as apus:
                file.say("{ limits: { body: '11B' } }")
                apus.process.send_signal(signal.SIGHUP)
                apus.await_line(r'reloaded: limits.body is "11B" \(was "10B"\)')
                status, content = apus.ask("POST", "/api/configuration/rollback", **{"If-Match": "*"})
                self.assertEqual(status, 200, content)
                self.assertEqual(json.loads(content)["applied"], [{"path": "limits.body", "before": "11B", "after": "10B"}])
                apus.await_line(r'taken back from the dashboard: limits.body is "10B" \(was "11B"\)')
                self.assertEqual(apus.ask("POST", "/api/configuration/rollback", **{"If-Match": "*"})[0], 409)

    def test_check_tells_every_mistake_and_exits_1(self):
        with ConfigurationFile("{ limits: { body: 'x', foo: 1 }, loops: { driver: 'epol' } }") as file:
            wrong = run("check", "--config", file.name)
            self.assertEqual(wrong.returncode, 1, wrong)
            self.assertEqual(len(wrong.stderr.splitlines()), 3, wrong)
            self.assertIn("did you mean epoll?", wrong.stderr)


class Messages(unittest.TestCase):
    def test_a_port_in_use_is_told_with_its_process(self):
        with Apus("serve") as apus:
            second = run("serve", "--port", str(apus.port))
            self.assertEqual(second.returncode, 1, second)
            self.assertIn(f"pid {apus.process.pid}", second.stderr)
            self.assertIn("another port", second.stderr)

    def test_a_wrong_option_exits_2_and_points_to_the_help(self):
        for words in (["serve", "--prot", "80"], ["serve", "--port", "eighty"], ["swerve"]):
            with self.subTest(words):
                wrong = run(*words)
                self.assertEqual(wrong.returncode, 2, wrong)
                self.assertEqual(wrong.stdout, "")
                self.assertIn("help", wrong.stderr)
                self.assertIn(words[-1] if words[-1] != "80" else "--port", wrong.stderr)

    def test_a_key_that_is_not_there_exits_2_from_the_command_line_and_1_from_a_file(self):
        for words in (["--set", "foo=1"], ["--set", "limits.body=many"]):
            wrong = run("check", *words)
            self.assertEqual(wrong.returncode, 2, wrong)
            self.assertIn("--set", wrong.stderr)
        with ConfigurationFile("{ foo: 1 }") as file:
            self.assertEqual(run("check", "--config", file.name, "--set", "foo=1").returncode, 1)

    def test_processors_that_are_not_there_are_told_by_check_and_serve(self):
        missing = max(os.sched_getaffinity(0)) + 1
        for command in ("check", "serve"):
            wrong = run(command, "--port", "0", "--pin", str(missing))
            self.assertEqual(wrong.returncode, 1, wrong)
            self.assertIn(f"this process may not run on processor {missing}: choose among ", wrong.stderr)

    def test_a_process_that_is_not_there_is_told_with_what_to_do(self):
        wrong = run("restart", "4194305")
        self.assertEqual(wrong.returncode, 1, wrong)
        self.assertIn("there is no process 4194305: name one that serves", wrong.stderr)
        self.assertIn("PID is missing: the process", run("restart").stderr)

    def test_a_folder_that_is_not_there_exits_1(self):
        wrong = run("serve", "/no/such/folder", "--port", "0")
        self.assertEqual(wrong.returncode, 1, wrong)
        self.assertIn("/no/such/folder", wrong.stderr)

    def test_help_goes_to_standard_output(self):
        for words in (["--help"], ["serve", "--help"], ["bench", "--help"], ["routes", "--help"], ["check", "--help"]):
            with self.subTest(words):
                said = run(*words)
                self.assertEqual((said.returncode, said.stderr), (0, ""))
                self.assertIn("Usage:", said.stdout)

    def test_check_says_whether_serve_would_start(self):
        self.assertIn("ok:", run("check", "--port", "0").stdout)
        with Apus("serve") as apus:
            self.assertEqual(run("check", "--port", str(apus.port)).returncode, 1)

    def test_bench_loads_a_server(self):
        with Apus("serve") as apus:
            said = run("bench", apus.url("/plaintext"), "--connections", "4", "--requests", "2000", "--json")
            self.assertEqual(said.returncode, 0, said)


class SocketActivation(unittest.TestCase):
    def test_a_socket_that_is_handed_over_is_served_with_what_waited_in_it(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            descriptor, port = listening.fileno(), listening.getsockname()[1]
            early = Raw(socket.create_connection(("127.0.0.1", port), PATIENCE))
            early.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            with Apus("serve", port=None, command=[sys.executable, "-c", ACTIVATE, str(descriptor), APUS],
                      pass_fds=(descriptor,)) as apus, early:
                self.assertEqual(apus.port, port)
                self.assertEqual(early.answer().body, b"Hello, World!")
                apus.settle()

    def test_variables_for_another_process_are_passed_over(self):
        environment = {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": "1"}
        with Apus("serve", env=environment) as apus:
            apus.settle()


if __name__ == "__main__":
    unittest.main()
