"""Many running trials without their processes: agents that speak the wire and report, for the pages' figures."""
import json
import os
import socket
import threading
import time


class Agent(threading.Thread):
    """One connection with `slots` trials; each reports every `period` seconds until `stop()`."""

    def __init__(self, home, number, slots, period, sweep):
        super().__init__(daemon=True)
        facts = json.load(open(os.path.join(home, "controller.json")))
        token = open(facts["agentTokenFile"]).read().strip()
        self.socket = socket.create_connection((facts["host"], facts["port"]))
        self.slots, self.period = slots, period
        self.running = {}
        self.stopped = threading.Event()
        self.say(kind="hello", protocol=1, role="agent", token=token, build="crowd", agent={
            "id": f"crowd{number}", "incarnation": f"i{number}", "name": f"crowd{number}", "host": f"h{number}", "pid": 1,
            "slots": [{"index": k, "gpus": []} for k in range(slots)], "held": [], "sweep": sweep})

    def say(self, **message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def run(self):
        try:
            self.report()
        except OSError:
            # It is stopped in the midst of a message.
            if not self.stopped.is_set():
                raise

    def report(self):
        threading.Thread(target=self.listen, daemon=True).start()
        for slot in range(self.slots):
            self.say(kind="ready", slot=slot)
        began, step, beat = time.time(), 0, 0
        while not self.stopped.is_set():
            # The trials report one after the other, evenly over the period.
            for k, (attempt, sent) in enumerate(list(self.running.items())):
                self.running[attempt] = sent + 1
                self.say(kind="report", attempt=json.loads(attempt), sequence=sent + 1, reports=[
                    {"step": sent, "time": int(time.time() * 1000), "metrics": {"val_loss": 1 / (sent + k % 7 + 1)}}])
                if k % 20 == 19:
                    due = began + self.period * (step + k / max(1, len(self.running)))
                    time.sleep(max(0, due - time.time()))
                if time.time() - beat > 5:
                    beat = time.time()
                    self.say(kind="heartbeat", attempts=[json.loads(a) for a in self.running])
            step += 1
            time.sleep(max(0.05, began + self.period * step - time.time()))

    def listen(self):
        with self.socket.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if message["kind"] == "assign":
                    attempt = json.dumps(message["attempt"])
                    if attempt in self.running:
                        continue
                    self.say(kind="started", attempt=message["attempt"], sequence=1, argv=["train"], directory="/", pid=2,
                             time=int(time.time() * 1000))
                    self.running[attempt] = 1
                elif message["kind"] == "refused":
                    raise SystemExit(f"the controller refused: {message}")
                if self.stopped.is_set():
                    return

    def stop(self):
        self.stopped.set()
        self.socket.close()


class Page(threading.Thread):
    """What a page of a sweep asks while it is open: its data once, then the stream and what each change has it read."""

    def __init__(self, origin, token, sweep):
        super().__init__(daemon=True)
        self.origin, self.token, self.base = origin, token, f"/api/v1/sweeps/{sweep}"
        self.changes = self.bytes = 0
        self.ready, self.stopped = threading.Event(), threading.Event()

    def open(self, path):
        import urllib.request
        request = urllib.request.Request(self.origin + path, headers={"Authorization": f"Bearer {self.token}"})
        return urllib.request.urlopen(request, timeout=120)

    def read(self, path):
        with self.open(path) as answer:
            return answer.read()

    def run(self):
        try:
            self.look()
        except OSError:
            # The controller ends before its pages.
            if not self.stopped.is_set():
                raise

    def look(self):
        for path in ("", "/trials?limit=5000", "/remarks", "/timeline?limit=3000", "/insight", "/landscape?across=lr&up=layers"):
            self.read(self.base + path)
        now = time.time()
        last = {"curves": 0.0, "timeline": now, "insight": now, "landscape": now}
        with self.open(self.base + "/events") as stream:
            for line in stream:
                self.bytes += len(line)
                self.ready.set()
                if self.stopped.is_set():
                    return
                if not line.startswith(b"event: change"):
                    continue
                self.changes += 1
                # As sweep.js does.
                for what, pause, path in (("curves", 5, "/curves?metric=val_loss&width=500&trials=" + ",".join(map(str, range(1, 21)))),
                                          ("timeline", 5, "/timeline?limit=3000"), ("insight", 15, "/insight"),
                                          ("landscape", 60, "/landscape?across=lr&up=layers")):
                    if time.time() - last[what] > pause:
                        last[what] = time.time()
                        self.read(self.base + path)
