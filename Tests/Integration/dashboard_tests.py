"""The dashboard in a real browser: it is shown without a word on the console, its numbers move, a connection is closed, a
limit is changed, all of it by keyboard too. Its pictures are kept in DASHBOARD_PICTURES, or .build/dashboard."""
import http.client, json, os, shlex, shutil, signal, socket, ssl, subprocess, sys, tempfile, unittest

from apus import APUS, Apus, DEMO, PATIENCE
from chromium import BROWSER, Chromium
from handover_tests import hold
from worker_tests import Administered

PICTURES = os.environ.get("DASHBOARD_PICTURES",
                          os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "dashboard"))
# Where every change is tried, nothing may be left out because the machine lacks it.
IS_REQUIRED = os.environ.get("REQUIRE_BROWSER", "") == "true"
NO_BROWSER = "no Chromium is here: install the package chromium (Scripts/setup browser) to have a browser try the dashboard"
TOKEN = "0123456789abcdef0123456789abcdef"


class Served(Apus):
    """A server with a dashboard on a free port."""

    def __init__(self, *words, **popen):
        super().__init__("serve", "--loops", "2", "--admin", "127.0.0.1:0", *words, **popen)

    def __enter__(self):
        try:
            self.dashboard = self.await_line(r"the dashboard is at (http://\S+)/$")[1]
        except BaseException:
            self.process.kill()
            raise
        return super().__enter__()

    def load(self, case, path, *words):
        """Asks for a path, all the time until the test ends."""
        client = subprocess.Popen([APUS, "bench", self.url(path), "-d", "10m", *words], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        case.addCleanup(client.wait)
        case.addCleanup(client.kill)

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection(self.dashboard.removeprefix("http://"), timeout=PATIENCE)
        connection.request(method, path, body=body, headers={"X-Apus-Admin": "1"} | fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content


# How much lighter one colour is than another, and what is behind an element.
CONTRAST = r"""(() => {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((one) => one / 255)
    .map((one) => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [.2126, .7152, .0722][index], 0);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (colour.startsWith('rgb') && (parts(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (one, other) => {
    if ((parts(one)[3] ?? 1) === 0) return 1;
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  };
"""

# The texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), but for what is disabled.
FAINT = CONTRAST + r"""
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const texts = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!texts || element.disabled || !element.checkVisibility() || element.closest('.hidden, .skip')) continue;
    const found = contrast(getComputedStyle(element).color, ground(element));
    if (found < 4.5) faint.add(`${element.tagName} ${element.className} ${found.toFixed(2)}`);
  }
  return [...faint];
})()"""


# What of bars, fields and buttons can't be told from what is beside it at 3 to 1 (WCAG 2.2, 1.4.11): the border or the
# filling of what is used, but for what is disabled or a text alone; the filling of bars; and bars side by side that neither
# differ so much nor have different patterns, or touch.
PALE = CONTRAST + r"""
  const pale = new Set();
  for (const element of document.querySelectorAll('button, input')) {
    const style = getComputedStyle(element);
    if (element.disabled || !element.checkVisibility() || style.borderTopWidth === '0px' || element.type === 'checkbox') continue;
    const outside = ground(element.parentElement);
    const best = Math.max(contrast(style.borderTopColor, outside), contrast(style.backgroundColor, outside));
    if (best < 3) pale.add(`${element.tagName} ${element.id || element.textContent} ${best.toFixed(2)}`);
  }
  const bars = [...document.querySelectorAll('.key i:not(.heat, .p50, .p99), .stack i, .meter b')]
    .filter((bar) => bar.checkVisibility());
  for (const bar of bars) {
    const found = contrast(getComputedStyle(bar).backgroundColor, ground(bar.parentElement));
    if (found < 3) pale.add(`bar ${bar.className} ${found.toFixed(2)}`);
  }
  const sample = (name) => getComputedStyle(document.querySelector('.key i.' + name));
  for (const [one, other] of [['idle', 'receiving'], ['receiving', 'answering'], ['answering', 'closing'], ['idle', 'answering'],
                              ['idle', 'closing'], ['receiving', 'closing'], ['receiving', 'handling'], ['handling', 'sending'],
                              ['receiving', 'sending']]) {
    const [a, b] = [sample(one), sample(other)];
    const found = contrast(a.backgroundColor, b.backgroundColor);
    if (found < 3 && a.backgroundImage === b.backgroundImage) pale.add(`${one} beside ${other} ${found.toFixed(2)}`);
  }
  for (const stack of document.querySelectorAll('.stack')) {
    if (!(parseFloat(getComputedStyle(stack).columnGap) >= 2)) pale.add('bars that touch');
  }
  return [bars.length, [...pale]];
})()"""


@unittest.skipUnless(BROWSER or IS_REQUIRED, NO_BROWSER)
class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not BROWSER:
            raise AssertionError(NO_BROWSER)
        os.makedirs(PICTURES, exist_ok=True)
        cls.browser = Chromium().__enter__()
        cls.addClassCleanup(cls.browser.__exit__)

    def serve(self, *words, **popen):
        apus = Served(*words, **popen).__enter__()
        self.addCleanup(apus.__exit__)
        return apus

    def open(self, apus, **how):
        page = self.browser.page(apus.dashboard + "/", **how)
        page.wait_for("document.querySelector('#state').dataset.state == 'live'", "the stream of events")
        return page

    def number(self, page, name):
        return float(page.run(f"document.getElementById('{name}').firstChild.textContent").replace(",", ""))

    def test_the_numbers_move_and_the_console_stays_silent(self):
        apus = self.serve()
        page = self.open(apus)
        self.assertEqual(page.run("document.getElementById('rate').textContent"), "0")
        apus.load(self, "/json", "-c", "4", "--rate", "200")
        apus.load(self, "/sleep/20", "-c", "2", "--rate", "20")
        page.wait_for("parseFloat(document.getElementById('rate').textContent) > 100", "a rate that is measured")
        page.wait_for("[...document.querySelectorAll('#route-table code')].some((one) => one.textContent == 'GET/json')")
        page.wait_for("document.querySelectorAll('#slow-list code').length > 0", "slow requests")
        page.wait_for("document.querySelectorAll('#connection-table tbody tr').length >= 6", "connections")
        page.wait_for("document.querySelectorAll('#loop-table tbody tr').length == 2", "loops")
        page.wait_for("document.querySelector('#census').textContent.includes('HTTP/1.1')", "the protocols")
        colours = page.run("""(() => { const canvas = document.getElementById('heat');
            const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
            return new Set(pixels).size })()""")
        self.assertGreater(colours, 8, "the heat map is empty")
        self.assertEqual(page.problems, [])

    def test_it_is_shown_in_light_in_dark_and_on_a_phone(self):
        apus = self.serve("--set", "adaptiveLimit=true")
        for path, rate in (("/json", "300"), ("/users/7", "100"), ("/sleep/15", "40"), ("/nowhere", "10")):
            apus.load(self, path, "-c", "4", "--rate", rate)
        self.assertEqual(apus.ask("PATCH", "/api/pools/http:http", '{"limit": 20}', **{"Content-Type": "application/json"})[0], 200)
        papers = set()
        for name, width, scheme, touch in (("light", 1440, "light", False), ("dark", 1440, "dark", False),
                                           ("phone-light", 360, "light", True), ("phone-dark", 360, "dark", True)):
            page = self.open(apus, width=width, height=900, scheme=scheme, touch=touch)
            page.wait_for("document.querySelectorAll('#connection-table tbody tr').length > 0")
            page.wait_for("document.querySelectorAll('#key-table tbody tr').length > 0")
            page.wait_for("document.querySelectorAll('#route-table tbody tr').length >= 4", "the routes")
            page.wait_for("document.querySelectorAll('#slow-list code').length > 0", "slow requests")
            page.wait_for("document.querySelectorAll('#news li').length > 0", "events")
            page.wait_for("document.querySelectorAll('#limit-list li').length == 1 && !document.getElementById('limits').hidden")
            page.wait_for("/up (\\d\\d+ s|[89] s|\\d+ [mh])/.test(document.getElementById('place').textContent)", "some seconds of traffic")
            page.picture(os.path.join(PICTURES, f"{name}.png"))
            papers.add(page.run("getComputedStyle(document.body).backgroundColor"))
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width, f"{name} is wider than its window")
            self.assertGreater(os.path.getsize(os.path.join(PICTURES, f"{name}.png")), 20_000)
            self.assertEqual(page.run(FAINT), [], f"texts that are hard to read in {name}")
            bars, pale = page.run(PALE)
            self.assertEqual(pale, [], f"parts that are hard to see in {name}")
            self.assertGreater(bars, 10)
            self.assertEqual(page.problems, [])
        self.assertEqual(len(papers), 2)

    def test_requests_behind_a_redirect_of_the_plain_port_are_shown(self):
        # The redirect has to name the port, so the system can't choose it then.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        apus = self.serve("--tls-port", str(port), "--tls-self-signed", "--tls-redirect")
        page = self.open(apus)
        for _ in range(20):
            client = http.client.HTTPSConnection("127.0.0.1", apus.tls_port, timeout=PATIENCE,
                                                 context=ssl._create_unverified_context())
            client.request("GET", "/json")
            self.assertEqual(client.getresponse().read()[:1], b"{")
            client.close()
        page.wait_for("[...document.querySelectorAll('#route-table tr')].some((row) => row.textContent.includes('GET/json')"
                      " && row.lastElementChild.textContent == '20')", "the route with its twenty requests")
        past = json.loads(apus.ask("GET", "/api/history")[1])["samples"]
        self.assertEqual(sum(sum(one["heat"]) for one in past), 20)
        self.assertIn("/json", subprocess.run([APUS, "top", apus.dashboard, "--once"], capture_output=True, text=True,
                                              timeout=PATIENCE).stdout)
        self.assertEqual(page.problems, [])

    def test_where_there_is_no_adaptive_limit_none_is_shown(self):
        page = self.open(self.serve())
        page.wait_for("document.querySelectorAll('#pool-list li').length > 0", "the pools")
        self.assertTrue(page.run("document.getElementById('limits').hidden"))

    def test_a_connection_is_closed_by_keyboard(self):
        apus = self.serve()
        with apus.connect() as client:
            client.send("GET /json HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.answer().status, 200)
            page = self.open(apus)
            page.wait_for("document.querySelectorAll('#connection-table tbody button').length == 1", "the connection")
            page.run("document.querySelector('#connection-table tbody button').focus()")
            page.press("Enter")
            page.wait_for("document.getElementById('close-dialog').open", "the question")
            self.assertEqual(page.run("document.activeElement.textContent"), "Keep it")
            page.press("Tab")
            page.press("Enter")
            self.assertEqual(client.rest(), b"")
            page.wait_for("document.getElementById('said').textContent.includes('being closed')", "what became of it")
            page.wait_for("document.querySelectorAll('#connection-table tbody tr').length == 0", "the empty table")
            page.wait_for("document.getElementById('news').textContent.includes('closed from the dashboard')", "the event")
            self.assertEqual(page.problems, [])

    def test_keys_search_freeze_and_move_through_time(self):
        apus = self.serve()
        apus.load(self, "/json", "-c", "2", "--rate", "50")
        page = self.open(apus)
        page.wait_for("document.querySelectorAll('#connection-table tbody tr').length == 2")
        page.press("/")
        self.assertEqual(page.run("document.activeElement.id"), "search")
        page.type("no such thing")
        page.wait_for("document.querySelectorAll('#connection-table tbody tr').length == 0", "the search")
        page.run("document.activeElement.blur()")
        page.press("p")
        page.wait_for("document.getElementById('pause').getAttribute('aria-pressed') == 'true'")
        page.press("p")
        page.run("document.getElementById('heat').focus()")
        page.press("ArrowLeft")
        page.wait_for("/requests\\/s, p50/.test(document.getElementById('readout').textContent)", "what was at that time")
        page.run("document.getElementById('rates').focus()")
        self.assertEqual(page.run("document.getElementById('readout').textContent"), "")
        page.press("ArrowLeft")
        page.wait_for("/requests\\/s, p50/.test(document.getElementById('readout').textContent)", "the same from the other chart")
        self.assertEqual(page.run("document.getElementById('readout').getAttribute('aria-live')"), "polite")
        page.press("Escape")
        self.assertEqual(page.run("document.getElementById('readout').textContent"), "")
        page.wait_for("/now \\d+.*, at most \\d+.* requests a second, none failed/.test(document.getElementById('rates-text').textContent)",
                      "the chart in words")
        page.press("t")
        self.assertEqual(page.run("document.documentElement.dataset.theme"), "light")
        page.run("localStorage.clear()")
        self.assertEqual(page.problems, [])

    def test_a_limit_is_changed_a_mistake_is_told_and_a_change_is_undone(self):
        apus = self.serve()
        page = self.open(apus)
        field = "document.querySelector('[aria-label=\"limits.body\"]')"
        page.wait_for(field, "the key")
        for value, wanted in (("many", "size"), ("1KiB", None)):
            page.run(f"{field}.focus(), {field}.select()")
            page.type(value)
            page.press("Enter")
            if wanted:
                page.wait_for(f"document.getElementById('problems').textContent.includes('{wanted}')", "the mistake")
                self.assertEqual(page.run(f"{field}.getAttribute('aria-invalid')"), "true")
                told = page.run(f"{field}.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent)")
                self.assertEqual(len(told), 2)
                self.assertIn(wanted, told[1])
                self.assertEqual(page.run("document.activeElement.getAttribute('aria-label')"), "limits.body")
        page.wait_for("document.getElementById('said').textContent.includes('limits.body is changed')", "the change")
        entries = json.loads(apus.ask("GET", "/api/configuration")[1])["entries"]
        self.assertEqual(next(one["value"] for one in entries if one["path"] == "limits.body"), "1KiB")
        page.run("document.querySelector('#said button').click()")
        page.wait_for("document.getElementById('said').textContent.includes('as it was before')", "the way back")
        entries = json.loads(apus.ask("GET", "/api/configuration")[1])["entries"]
        self.assertEqual(next(one["value"] for one in entries if one["path"] == "limits.body"), "10MiB")
        # The one refusal is said on the console by the browser itself.
        self.assertEqual([one for one in page.problems if "422" not in one], [])

    def test_who_undoes_what_another_has_changed_since_is_told_and_undoes_nothing(self):
        apus = self.serve()
        page = self.open(apus)
        field = "document.querySelector('[aria-label=\"limits.body\"]')"
        page.wait_for(field, "the key")
        page.run(f"{field}.focus(), {field}.select()")
        page.type("1KiB")
        page.press("Enter")
        page.wait_for("document.getElementById('said').textContent.includes('limits.body is changed')", "the change")
        kind = {"Content-Type": "application/json"}
        self.assertEqual(apus.ask("PATCH", "/api/configuration", '{"drainDelay": "1s"}', **kind)[0], 200)
        page.run("document.querySelector('#said button').click()")
        page.wait_for("document.getElementById('said').textContent.includes('Nothing was taken back')", "what became of it")
        entries = json.loads(apus.ask("GET", "/api/configuration")[1])["entries"]
        values = {one["path"]: one["value"] for one in entries}
        self.assertEqual((values["limits.body"], values["drainDelay"]), ("1KiB", "1s"))
        # The one refusal is said on the console by the browser itself.
        self.assertEqual([one for one in page.problems if "412" not in one], [])

    def test_workers_have_a_page_that_shows_all_of_them_and_closes_a_connection_of_any(self):
        apus = Administered().__enter__()
        self.addCleanup(apus.__exit__)
        apus.dashboard = f"http://127.0.0.1:{apus.admin_port}"
        page = self.open(apus)
        page.wait_for("document.getElementById('workers').textContent.includes('of 2 workers together')", "the words")
        self.assertEqual(page.run("[...document.querySelectorAll('#loop-table tbody th')].map((one) => one.textContent).join()"),
                         "1-0,2-0")
        with apus.connect_to(apus.pids[2]) as theirs:
            address = f"127.0.0.1:{theirs.sock.getsockname()[1]}"
            row = f"[...document.querySelectorAll('#connection-table tbody tr')].find((one) => one.textContent.includes('{address}'))"
            page.wait_for(row, "the connection of worker 2")
            page.run(f"{row}.querySelector('button').click()")
            page.wait_for("document.getElementById('close-text').textContent.includes('of worker 2')", "whose it is")
            page.run("document.querySelector('#close-dialog button[value=soon]').click()")
            self.assertEqual(theirs.rest(), b"")
            # Worker 2 closes before it answers: held a moment too early, it would be missing for the page.
            page.wait_for(f"document.getElementById('said').textContent.includes('{address} is being closed')", "the answer")
        hold(apus.pids[2])
        try:
            page.wait_for("document.querySelector('#member-table tr.missing')?.textContent.includes('missing')", "it is missing")
            page.wait_for("document.getElementById('workers').textContent.includes('Without worker 2')", "the words for it")
        finally:
            os.kill(apus.pids[2], signal.SIGCONT)
        page.wait_for("!document.querySelector('#member-table tr.missing')", "it is back")
        self.assertEqual(page.problems, [])

    def test_the_keyboard_goes_on_in_the_field_when_the_buttons_are_gone(self):
        apus = self.serve()
        page = self.open(apus)
        field = "document.querySelector('[aria-label=\"limits.body\"]')"
        page.wait_for(field, "the key")

        def change(value, button):
            page.run(f"{field}.focus(), {field}.select()")
            page.type(value)
            if value == "many":
                page.press("Enter")
                page.wait_for(f"{field}.getAttribute('aria-invalid') == 'true'", "the mistake")
            page.run(f"[...document.querySelectorAll('#changes button')].find((one) => one.textContent == '{button}').focus()")
            page.press("Enter")
            page.wait_for("document.getElementById('changes').hidden", button)
            page.wait_for("document.activeElement.getAttribute('aria-label') == 'limits.body'", f"the field after {button}")

        change("many", "Discard")
        self.assertEqual(page.run(f"{field}.value"), "10MiB")
        self.assertIsNone(page.run(f"{field}.getAttribute('aria-invalid')"))
        self.assertEqual(page.run(f"{field}.getAttribute('aria-describedby')"), "about-limits.body")
        change("2KiB", "Apply")
        self.assertEqual(page.run(f"{field}.value"), "2KiB")
        # The one refusal is said on the console by the browser itself.
        self.assertEqual([one for one in page.problems if "422" not in one], [])

    def test_the_limit_of_a_pool_is_taken_back_where_it_was_set(self):
        apus = self.serve()
        page = self.open(apus)
        button = "document.querySelector('[aria-label=\"Limit of http:http\"]')"
        page.wait_for(button, "the button")
        for outcome in ("document.getElementById('limit-problem').textContent.includes('nothing to roll back')",
                        "document.getElementById('said').textContent.includes('as it was before')"):
            page.run(f"{button}.focus()")
            page.press("Enter")
            page.wait_for("document.getElementById('limit-dialog').open", "the question")
            page.run("document.getElementById('limit-back').focus()")
            page.press("Enter")
            page.wait_for(outcome, "what came of it")
            if "nothing" in outcome:
                page.press("Escape")
                page.wait_for("!document.getElementById('limit-dialog').open", "the dialog's end")
                self.assertEqual(apus.ask("PATCH", "/api/pools/http:http", '{"limit": 7}', **{"Content-Type": "application/json"})[0], 200)
        self.assertNotIn("limit", json.loads(apus.ask("GET", "/api/pools/http:http")[1]))
        # The one refusal is said on the console by the browser itself.
        self.assertEqual([one for one in page.problems if "409" not in one], [])

    def test_the_limit_of_a_pool_is_set_by_keyboard_and_undone(self):
        apus = self.serve()
        page = self.open(apus)
        page.wait_for("document.querySelector('[aria-label=\"Limit of http:http\"]')", "the button")
        page.run("document.querySelector('[aria-label=\"Limit of http:http\"]').focus()")
        page.press("Enter")
        page.wait_for("document.getElementById('limit-dialog').open", "the question")
        self.assertEqual(page.run("document.activeElement.id"), "limit")
        for value, outcome in (("none", "document.getElementById('limit-problem').textContent.includes('whole number')"),
                               ("3", "document.getElementById('said').textContent.includes('a limit of 3')")):
            page.run("document.getElementById('limit').select()")
            page.type(value)
            page.press("Enter")
            page.wait_for(outcome, f"what came of {value}")
        self.assertEqual(json.loads(apus.ask("GET", "/api/pools/http:http")[1])["limit"], 3)
        page.wait_for("document.getElementById('pool-list').textContent.includes('of 3')"
                      "|| [...document.querySelectorAll('#pool-list .meter span')].some((one) => one.textContent == '0 %')", "the pool")
        page.run("document.querySelector('#said button').click()")
        page.wait_for("document.getElementById('said').textContent.includes('as it was before')", "the way back")
        self.assertNotIn("limit", json.loads(apus.ask("GET", "/api/pools/http:http")[1]))
        # The one refusal is said on the console by the browser itself.
        self.assertEqual([one for one in page.problems if "422" not in one], [])

    def test_who_knows_the_token_signs_in(self):
        apus = self.serve(env=os.environ | {"APUS_ADMIN_TOKEN": TOKEN})
        page = self.browser.page(apus.dashboard + "/")
        page.wait_for("document.getElementById('sign-in').open", "the question")
        for token, outcome in (("guess", "document.getElementById('sign-in-problem').textContent.includes('not the token')"),
                               (TOKEN, "document.querySelector('#state').dataset.state == 'live'")):
            page.run("document.getElementById('token').focus(), document.getElementById('token').select()")
            page.type(token)
            page.press("Enter")
            page.wait_for(outcome)
        self.assertFalse(page.run("document.getElementById('sign-in').open"))
        self.assertNotIn(TOKEN, page.run("document.cookie"))
        self.assertEqual([one for one in page.problems if "401" not in one], [])

    def test_all_that_is_shown_has_a_name_for_who_does_not_see_it(self):
        page = self.open(self.serve())
        nameless = page.run("""[...document.querySelectorAll('button, input, canvas, section, nav, table, dialog')].filter((one) =>
            !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent.trim() || one.labels?.length
              || one.caption)).map((one) => one.outerHTML.slice(0, 80))""")
        self.assertEqual(nameless, [])
        tree = page.ask("Accessibility.getFullAXTree")["nodes"]
        roles = {node["role"]["value"] for node in tree if "role" in node}
        self.assertLessEqual({"main", "banner", "navigation", "contentinfo", "search", "region", "table"}, roles)

    def test_who_asked_for_no_motion_sees_none(self):
        page = self.open(self.serve(), motion="reduce")
        self.assertEqual(page.run("getComputedStyle(document.documentElement).scrollBehavior"), "auto")
        page.wait_for("document.querySelector('.meter b')")
        self.assertEqual(page.run("getComputedStyle(document.querySelector('.meter b')).transitionDuration"), "0s")


@unittest.skipUnless(shutil.which("curl"), "no curl is here: install it to have it ask the admin listener")
class Curl(unittest.TestCase):
    def test_the_lines_of_the_article_do_what_they_say(self):
        with open(os.path.join(DEMO, "Sources", "Apus", "Apus.docc", "DashboardGuide.md")) as article:
            lines = [line.rstrip() for line in article if line.startswith("curl ")]
        with Served() as apus, apus.connect() as client:
            client.send("GET /json HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.answer().status, 200)
            held = json.loads(apus.ask("GET", "/api/connections")[1])["connections"][0]["id"]
            asked = set()
            for line in lines:
                words = shlex.split(line.replace("http://127.0.0.1:9090", apus.dashboard).replace("0-300000002", held))
                with subprocess.Popen(words[:1] + ["-sS", "-o", "-", "-w", "\n%{http_code}\n", *words[1:]],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as curl:
                    if "-N" in words:
                        # A stream: it goes on until somebody leaves.
                        self.assertEqual(curl.stdout.readline(), "retry: 2000\n", line)
                        curl.kill()
                        continue
                    said, problem = curl.communicate(timeout=PATIENCE)
                content, _, status = said.rstrip("\n").rpartition("\n")
                self.assertIn(status, ("200", "202"), f"{line}: {problem}{content}")
                json.loads(content)
                asked.add(next((word for word in words if word in ("PATCH", "DELETE", "POST")), "GET"))
            self.assertEqual(asked, {"GET", "PATCH", "DELETE", "POST"})
            self.assertEqual(client.rest(), b"")


class Browserless(unittest.TestCase):
    def test_a_machine_without_a_browser_skips_and_one_that_must_have_it_fails(self):
        with tempfile.TemporaryDirectory() as empty:
            for required, code, word in (("true", 1, "no Chromium is here"), ("", 0, "skipped")):
                run = subprocess.run(
                    [sys.executable, "-m", "unittest", "-v", "dashboard_tests.Dashboard.test_who_asked_for_no_motion_sees_none"],
                    cwd=os.path.dirname(os.path.abspath(__file__)), env=os.environ | {"PATH": empty, "REQUIRE_BROWSER": required},
                    capture_output=True, text=True, timeout=PATIENCE)
                # Python 3.12 says with 5 that nothing was tried.
                self.assertEqual(run.returncode == 1, code == 1, run.stderr)
                self.assertIn(word, run.stderr)


class Top(unittest.TestCase):
    def top(self, *words, **how):
        return subprocess.run([APUS, "top", *words], capture_output=True, text=True, timeout=PATIENCE, **how)

    def test_one_screen_is_printed_plain_where_there_is_no_terminal(self):
        with Served() as apus:
            apus.settle()
            run = self.top(apus.dashboard)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("Requests/s", run.stdout)
            self.assertNotIn("\x1b", run.stdout)
            self.assertEqual(json.loads(self.top(apus.dashboard, "--json").stdout)["server"]["driver"], "epoll")

    def test_a_unix_socket_that_is_its_owners_alone_is_watched(self):
        import stat, tempfile
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "admin.sock")
            with Apus("serve", "--admin", f"unix:{path}"):
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
                run = self.top(f"unix:{path}", "--once")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertIn("LOOP", run.stdout)

    def test_what_is_wrong_is_said_with_what_to_do(self):
        with Served(env=os.environ | {"APUS_ADMIN_TOKEN": TOKEN}) as apus:
            bare = {name: value for name, value in os.environ.items() if name != "APUS_ADMIN_TOKEN"}
            for words, environment, code, wanted in (
                    ([apus.dashboard], bare, 1, "wants a token"),
                    ([apus.dashboard], bare | {"APUS_ADMIN_TOKEN": "x" * 20}, 1, "another token"),
                    ([apus.dashboard, "--token-file", "/nowhere"], bare, 1, "can't be read"),
                    ([apus.url("")], bare, 1, "no dashboard of Apus"),
                    (["http://127.0.0.1:1"], bare, 1, "--admin"),
                    (["https://127.0.0.1:1"], bare, 2, "ssh -L"),
                    (["ftp://a"], bare, 2, "http://127.0.0.1:9090")):
                run = self.top(*words, env=environment)
                self.assertEqual(run.returncode, code, (words, run.stderr))
                self.assertIn(wanted, run.stderr)
            self.assertEqual(self.top(apus.dashboard, env=bare | {"APUS_ADMIN_TOKEN": TOKEN}).returncode, 0)

    def test_a_terminal_is_filled_and_given_back(self):
        import fcntl, pty, select, struct, termios, time
        with Served() as apus, apus.connect() as client:
            # A connection and a request, to have something to show.
            client.send("GET /json HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.answer().status, 200)
            outer, inner = pty.openpty()
            fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
            process = subprocess.Popen([APUS, "top", apus.dashboard], stdin=inner, stdout=inner, stderr=inner)
            os.close(inner)
            said = b""

            def until(mark):
                nonlocal said
                end = time.monotonic() + PATIENCE
                while mark not in said:
                    rest = end - time.monotonic()
                    self.assertTrue(rest > 0 and select.select([outer], [], [], rest)[0],
                                    f"{mark!r} did not come: {said[-500:]!r}")
                    said += os.read(outer, 65536)

            until(b"Requests/s")
            self.assertIn(b"\x1b[?1049h", said)
            screen = said.rsplit(b"\x1b[H", 1)[1]
            self.assertLessEqual(screen.count(b"\r\n"), 11, "more lines than the terminal has")
            said = b""
            fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            until(b"SLOWEST")
            self.assertIn(b"PROTOCOL", said)
            os.write(outer, b"q")
            until(b"\x1b[?1049l")
            self.assertEqual(process.wait(PATIENCE), 0)
            os.close(outer)


class Refused(unittest.TestCase):
    def test_a_dashboard_that_others_could_reach_is_not_opened_without_a_token(self):
        run = subprocess.run([APUS, "serve", "--port", "0", "--admin", "0.0.0.0:0"], capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual(run.returncode, 1)
        self.assertIn("has no token", run.stderr)
        self.assertIn("--admin-token-file", run.stderr)


if __name__ == "__main__":
    unittest.main()
