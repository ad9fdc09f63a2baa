"""Server-Sent Events of the example Events, with curl and Python's HTTP client as browsers: what is said arrives, at once
and once, and again after a reconnection."""
import http.client, os, subprocess, unittest

from apus import APUS, Apus, PATIENCE
from chromium import BROWSER, Chromium

EVENTS = os.path.join(os.path.dirname(APUS), "Events")


class Listener:
    """Reads events as a browser does."""

    def __init__(self, port, **fields):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connection.request("GET", "/events", headers={name.replace("_", "-"): value for name, value in fields.items()})
        self.response = self.connection.getresponse()

    def next(self, kind):
        """The data and the ID of the next event of a kind."""
        event = {"event": "message", "data": [], "id": None}
        while True:
            line = self.response.readline().decode()
            if not line:
                raise AssertionError("the events have ended")
            line = line.rstrip("\n")
            if not line:
                if event["data"] and event["event"] == kind:
                    return "\n".join(event["data"]), event["id"]
                event = {"event": "message", "data": [], "id": None}
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                event["data"].append(value)
            else:
                event[name] = value

    def close(self):
        self.connection.close()


@unittest.skipUnless(os.path.exists(EVENTS), f"no example at {EVENTS}")
class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Apus(command=[EVENTS]).__enter__()
        cls.addClassCleanup(cls.example.__exit__)

    def say(self, text):
        connection = http.client.HTTPConnection("127.0.0.1", self.example.port, timeout=PATIENCE)
        connection.request("POST", "/say", body=text.encode(), headers={"Content-Type": "text/plain"})
        self.assertEqual(connection.getresponse().status, 202)
        connection.close()

    def listen(self, **fields):
        listener = Listener(self.example.port, **fields)
        self.addCleanup(listener.close)
        self.assertEqual(listener.response.status, 200)
        self.assertEqual(listener.response.headers["Content-Type"], "text/event-stream")
        self.assertIn("no-store", listener.response.headers["Cache-Control"])
        listener.next("tick")
        return listener

    def test_everyone_hears_what_one_says(self):
        listeners = [self.listen() for _ in range(3)]
        for number in range(100):
            self.say(f"line {number}\nand\r\nmore")
            for listener in listeners:
                self.assertEqual(listener.next("said")[0], f"line {number}\nand\nmore")

    def test_who_reconnects_gets_what_it_missed(self):
        listener = self.listen()
        self.say("first")
        _, last = listener.next("said")
        listener.close()
        self.say("second")
        self.say("third")
        again = Listener(self.example.port, Last_Event_ID=last)
        self.addCleanup(again.close)
        self.assertEqual([again.next("said")[0] for _ in range(2)], ["second", "third"])

    def test_curl_shows_events_as_they_come(self):
        curl = subprocess.Popen(["curl", "--silent", "--no-buffer", "--noproxy", "*", "--max-time", str(PATIENCE),
                                 self.example.url("/events")], stdout=subprocess.PIPE, text=True)
        self.addCleanup(curl.stdout.close)
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        self.assertEqual(curl.stdout.readline(), "event: tick\n")
        self.assertRegex(curl.stdout.readline(), r"^data: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\n$")
        self.assertEqual(curl.stdout.readline(), "\n")

    def test_events_stay_uncoded_for_a_client_that_takes_codings(self):
        listener = self.listen(Accept_Encoding="gzip, br, zstd")
        self.assertIsNone(listener.response.headers["Content-Encoding"])

    @unittest.skipUnless(BROWSER, "no Chromium is installed")
    def test_the_page_works_under_its_policy_and_what_is_said_stays_text(self):
        with Chromium() as browser:
            page = browser.page(self.example.url("/"))
            page.wait_for("document.querySelector('#clock').textContent.endsWith('GMT')")
            page.run("document.querySelector('input').focus()")
            hostile = "<img src=x onerror=document.title='run'><script>document.title='run'</script>"
            page.type(hostile)
            page.press("Enter")
            page.wait_for("document.querySelector('#said li')")
            self.assertEqual(page.run("document.querySelector('#said li').textContent"), hostile)
            page.wait_for("document.querySelector('input').value == ''")
            self.assertEqual(page.run("document.title"), "Events")
            self.assertEqual(page.problems, [])


if __name__ == "__main__":
    unittest.main()
