"""Drives a headless Chromium by its DevTools protocol over a pipe: JSON objects with a NUL behind each, on descriptors 3 and
4, so that no port is opened and nothing but Python's own library is needed."""
import base64, json, os, queue, shutil, subprocess, tempfile, threading, time

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60  # seconds until something that does not come is a failure


def own_place(folder):
    """The environment of a browser that leaves nothing outside of a folder: killed, it does not tidy up."""
    return os.environ | {"TMPDIR": folder}


class Chromium:
    """`with Chromium() as browser: page = browser.page(url)`."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp()
        inner_read, outer_write = os.pipe()
        outer_read, inner_write = os.pipe()

        def descriptors():
            # Moved out of the way first, for one of them may be the other's goal.
            read, write = os.dup(inner_read), os.dup(inner_write)
            spare = [os.dup(read), os.dup(write)]
            while min(spare) < 10:
                spare = [os.dup(one) for one in spare]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self.process = subprocess.Popen(
            [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=own_place(self.profile))
        os.close(inner_read)
        os.close(inner_write)
        self.out, self.into = os.fdopen(outer_write, "wb", 0), os.fdopen(outer_read, "rb")
        self.number, self.answers, self.listeners = 0, {}, []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.reader.join(PATIENCE)
        self.into.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        rest = b""
        while piece := self.into.read1(1 << 16):
            *messages, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self.answers.pop(message["id"]).put(message)
                else:
                    for listen in list(self.listeners):
                        listen(message)
        for answer in self.answers.values():
            answer.put({"error": {"message": "the browser has ended"}})

    def ask(self, method, session=None, **parameters):
        self.number += 1
        answer = self.answers[self.number] = queue.Queue()
        message = {"id": self.number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        self.out.write(json.dumps(message).encode() + b"\0")
        try:
            found = answer.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"the browser did not answer {method} within {PATIENCE} s")
        if "error" in found:
            raise AssertionError(f"{method}: {found['error']['message']}")
        return found["result"]

    def page(self, url, width=1280, height=900, scheme="light", touch=False, motion="no-preference"):
        return Page(self, url, width, height, scheme, touch, motion)


class Page:
    def __init__(self, browser, url, width, height, scheme, touch, motion):
        self.browser, self.problems = browser, []
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.listeners.append(self._hear)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.resize(width, height, touch)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                         {"name": "prefers-reduced-motion", "value": motion}])
        self.ask("Page.navigate", url=url)
        self.wait_for("location.href != 'about:blank' && document.readyState == 'complete'", f"the page {url}")

    def _hear(self, message):
        if message.get("sessionId") != self.session:
            return
        if message["method"] == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            entry = message["params"]["entry"]
            self.problems.append(f"{entry['text']} {entry.get('url', '')}")
        elif message["method"] == "Runtime.consoleAPICalled" and message["params"]["type"] in ("error", "warning", "assert"):
            self.problems.append(str([argument.get("value") for argument in message["params"]["args"]]))

    def ask(self, method, **parameters):
        return self.browser.ask(method, self.session, **parameters)

    def resize(self, width, height, touch=False):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if touch else 1,
                 mobile=touch)

    def run(self, script):
        """The value of an expression of JavaScript; what it throws is a failure."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(f"{script}: {found['exceptionDetails'].get('exception', {}).get('description')}")
        return found["result"].get("value")

    def wait_for(self, script, what=None):
        """Waits until an expression is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.run(f"!!({script})"):
                return
            time.sleep(0.05)
        raise AssertionError(f"{what or script} did not become true within {PATIENCE} s; said: {self.problems}")

    KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowLeft": (37, ""), "ArrowRight": (39, ""),
            " ": (32, " ")}

    def press(self, key, shift=False):
        code, text = self.KEYS.get(key, (ord(key.upper()) if len(key) == 1 else 0, key))
        common = dict(key=key, windowsVirtualKeyCode=code, modifiers=8 if shift else 0)
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def picture(self, path, whole=True):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}} if whole else {}
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
