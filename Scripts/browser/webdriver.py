"""As much of WebDriver as the pages' tests need, over chromedriver, with the standard library alone."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEY = "element-6066-11e4-a52e-4f735466cecf"


class Failure(Exception):
    pass


def available():
    return shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("google-chrome"))


class Browser:
    """One Chromium with a fresh profile. Console messages and requests are kept by the browser's own logs."""

    def __init__(self, width=1440, height=900, dark=False):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.profile = tempfile.mkdtemp(prefix="sweep-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}", "--silent"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        self.session = None
        deadline = time.time() + 30
        while True:
            try:
                urllib.request.urlopen(self.base + "/status", timeout=2).read()
                break
            except OSError:
                if time.time() > deadline:
                    raise Failure("chromedriver does not answer")
                time.sleep(0.05)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},{height}",
                     f"--user-data-dir={self.profile}", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--js-flags=--expose-gc", "--force-device-scale-factor=1"]
        if dark:
            arguments += ["--blink-settings=preferredColorScheme=0"]
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}}, timeout=120)
        self.session = answer["sessionId"]
        self.size(width, height)

    def _call(self, method, path, body=None, timeout=60):
        prefix = f"/session/{self.session}" if self.session else ""
        request = urllib.request.Request(
            self.base + prefix + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise Failure(json.load(error)["value"]["message"].split("\n")[0]) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", "")
        except (Failure, OSError):
            pass
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def cdp(self, command, parameters=None):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters or {}})

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def url(self):
        return self._call("GET", "/url")

    def run(self, script, *arguments):
        """The value of `script` (a function's body)."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, what, seconds=20):
        """Until `return SCRIPT` is true; gives its value."""
        deadline = time.time() + seconds
        while True:
            value = self.run(f"return ({script})")
            if value:
                return value
            if time.time() > deadline:
                raise Failure(f"never: {what}\n{self.run('return document.body.innerText')[:1500]}")
            time.sleep(0.03)

    def find(self, css):
        return self._call("POST", "/element", {"using": "css selector", "value": css})[KEY]

    def click(self, css):
        self.retried(lambda: self._call("POST", f"/element/{self.find(css)}/click", {}))

    def click_text(self, text, tag="button"):
        """The first TAG whose text begins so."""
        self.retried(lambda: self._click_text(text, tag))

    def _click_text(self, text, tag):
        found = self.run(
            "return [...document.querySelectorAll(arguments[0])].find(e => e.textContent.trim().startsWith(arguments[1]))",
            tag, text)
        if not found:
            raise Failure(f"no {tag} '{text}'")
        self._call("POST", f"/element/{found[KEY]}/click", {})

    @staticmethod
    def retried(act):
        """A table that is drawn anew takes its elements with it: found again, clicked again."""
        for attempt in range(5):
            try:
                return act()
            except Failure as error:
                if "stale" not in str(error) or attempt == 4:
                    raise

    def type(self, css, text):
        self._call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def keys(self, text):
        actions = [{"type": kind, "value": c} for c in text for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def drag(self, x0, y0, x1, y1, moves=6):
        steps = [{"type": "pointerMove", "duration": 0, "x": int(x0), "y": int(y0)}, {"type": "pointerDown", "button": 0}]
        for k in range(1, moves + 1):
            steps.append({"type": "pointerMove", "duration": 16, "x": int(x0 + (x1 - x0) * k / moves),
                          "y": int(y0 + (y1 - y0) * k / moves)})
        steps.append({"type": "pointerUp", "button": 0})
        self._call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "m", "parameters": {"pointerType": "mouse"}, "actions": steps}]})

    def screenshot(self, path, full=False):
        if full:
            data = self.cdp("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})["data"]
        else:
            data = self._call("GET", "/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def errors(self):
        """What the console said that is no plain log line."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def requested(self):
        """Every address that the browser asked for since the last call."""
        urls = []
        for entry in self._call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls
