#!/usr/bin/env python3
"""Figures of the pages in a headless Chromium with a fresh profile, over loopback.

    figures.py SWEEP_PROGRAM AGENT_PROGRAM [--quick] [--only WORD]

Prints each figure beside what it should be; exits with 1 when one is not met. --quick leaves out 50,000 trials and the
fifty pages. --only takes one of charts, curves, live, pages.
"""
import json
import os
import sqlite3
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crowd  # noqa: E402
from journeys import LIVE, READY, Home  # noqa: E402
from webdriver import Browser, available  # noqa: E402

failed = 0


def figure(name, value, limit, unit, more=False):
    global failed
    good = value >= limit if more else value <= limit
    failed += not good
    print(f"{name:<46} {value:>9.3g} {unit:<6} {'>=' if more else '<='} {limit:<7} {'ok' if good else 'NOT MET'}", flush=True)


def first_chart(sweep, trials, limit):
    """From the navigation to the first drawn history, signed in already, nothing in the browser's cache."""
    with Home(sweep, "normal", trials) as home, Browser() as browser:
        origin = home.address.split("/sweeps")[0]
        # Signing in is done once in a browser's life.
        browser.open(origin + "/agents#" + home.address.split("#")[1])
        browser.wait("document.querySelector('.empty, .card')", "signed in")
        times = []
        for _ in range(3):
            browser.open("about:blank")
            browser.cdp("Network.clearBrowserCache")
            browser.open(home.address.split("#")[0])
            browser.wait(READY, "all charts", 60)
            times.append(browser.run("return performance.getEntriesByName('first-chart')[0].startTime / 1000"))
        figure(f"first chart, {trials} trials", statistics.median(times), limit, "s")
        print("    (" + ", ".join(f"{t:.3f}" for t in times) + " s; the first read the trials from the disk)")
        if trials == 5000:
            browser.run("window.gc && gc()")
            browser.cdp("Performance.enable")
            metrics = {m["name"]: m["value"] for m in browser.cdp("Performance.getMetrics")["metrics"]}
            figure("heap, 5000 trials", metrics["JSHeapUsedSize"] / 1e6, 50, "MB")
            figure("elements of the page, 5000 trials", browser.run("return document.querySelectorAll('*').length"), 3000, "")
            brushing(browser)


def brushing(browser):
    """Frames a second while a brush on an axis of parallel coordinates moves: each move draws all charts anew."""
    browser.run("document.querySelector('figure[aria-label=\"Parameters together\"]').scrollIntoView({block: 'center'})")
    box = browser.run("const r = document.querySelector('figure[aria-label=\"Parameters together\"] canvas').getBoundingClientRect(); return [r.left, r.top, r.width]")
    browser.run("""
        window.frames_ = 0; window.began = performance.now(); const count = () => { window.frames_++; if (performance.now() - window.began < 2500) requestAnimationFrame(count); else window.spent = performance.now() - window.began; };
        requestAnimationFrame(count);
        const c = document.querySelector('figure[aria-label="Parameters together"] canvas'), r = c.getBoundingClientRect();
        const send = (type, y) => c.dispatchEvent(new PointerEvent(type, {clientX: r.left + 46, clientY: r.top + y, pointerId: 1, bubbles: true}));
        c.setPointerCapture = () => {};
        send('pointerdown', 60);
        let k = 0; const timer = setInterval(() => { k++; send('pointermove', 60 + 150 * Math.abs(Math.sin(k / 20))); if (performance.now() - window.began > 2400) { clearInterval(timer); send('pointerup', 100); } }, 8);
    """)
    spent = browser.wait("window.spent", "the brush has moved", 20)
    figure("frames a second while brushing 5000 trials", browser.run("return window.frames_") / spent * 1000, 30, "fps", more=True)
    print(f"    ({browser.run('return document.querySelector(`#count`).innerText')}; {box[2]:.0f} pixels wide)")


def many_curves(sweep):
    """100 curves of 10,000 points, drawn by the pages' own module: the middle of nine drawings."""
    with Home(sweep, "one", 1) as home, Browser() as browser:
        browser.open(home.address)
        browser.wait(READY, "all charts")
        browser.run("""
            window.result = null;
            Promise.all([import('/static/charts.js')]).then(([charts]) => {
                const curves = Array.from({length: 100}, (_, k) => { let v = 0; const value = Array.from({length: 10000}, () => (v += Math.random() - 0.5)); return {name: 'run ' + k, step: [...value.keys()], value, time: [...value.keys()]}; });
                const box = document.createElement('div'); document.querySelector('main').prepend(box);
                const plot = charts.lineChart(box, {title: 'Many', data: () => curves, height: 400});
                const times = [];
                for (let k = 0; k < 9; k++) { const t = performance.now(); plot.paint(); plot.ctx.getImageData(0, 0, 1, 1); times.push(performance.now() - t); }
                window.result = times;
            });""")
        times = browser.wait("window.result", "drawn", 60)
        figure("100 curves of 10000 points drawn", statistics.median(times), 150, "ms")


def live(sweep, agent):
    """From the line that a script prints to the number on the page."""
    with Home(sweep, "one", 1) as home, Browser() as browser:
        script = os.path.join(home.path, "train.sh")
        with open(script, "w") as file:
            file.write('i=0\nwhile [ $i -lt 60 ]; do i=$((i+1)); echo "step=$i loss=$(date +%s.%N)"; sleep 0.7; done\n')
        path = os.path.join(home.path, "live.yaml")
        with open(path, "w") as file:
            file.write(LIVE.format(script=script).replace("parallel: 2", "parallel: 1"))
        identifier = home.cli("create", path, "-o", "id").split()[-1]
        browser.open(home.cli("dashboard", identifier).strip())
        browser.wait(READY, "all charts")
        # The value is the time at which it was printed.
        browser.run("""
            window.lags = []; let last = null;
            const source = new EventSource(`/api/v1/sweeps/${arguments[0]}/events`);
            source.addEventListener('change', e => requestAnimationFrame(() => setTimeout(() => { const t = JSON.parse(e.data).trials, v = t.objective[t.objective.length - 1]; if (typeof v === 'number' && v !== last) { last = v; window.lags.push(Date.now() / 1000 - v); } })));""", identifier)
        home.agent(agent, "--slots", "1")
        lags = browser.wait("window.lags.length >= 15 && window.lags", "reports arrive", 60)
        figure("report on the page after it was printed (largest)", max(lags), 1, "s")


CROWD = """name: crowd
method: random
metric: {name: val_loss, goal: minimize}
run_cap: 100000
command: [train, "${args}"]
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-5, max: 0.1}
  dropout: {min: 0.0, max: 0.6}
  layers: {distribution: int_uniform, min: 1, max: 8}
"""
GAPS = """name: gaps
method: grid
command: ["true"]
parameters: {x: {distribution: int_uniform, min: 1, max: 100000}}
run_cap: 100000
"""


def seconds_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """The controller's share of a core, and the gaps between the trials of a slot, between two moments."""

    def __init__(self, home, pid, sweep):
        self.home, self.pid, self.sweep = home, pid, sweep

    def during(self, seconds):
        began, used = time.time(), seconds_of(self.pid)
        time.sleep(seconds)
        share = (seconds_of(self.pid) - used) / (time.time() - began) * 100
        database = sqlite3.connect(os.path.join(self.home.path, "sweep.db"), timeout=20)
        rows = database.execute("SELECT process_started, process_ended FROM attempts WHERE sweep = ? AND process_ended > ?"
                                " ORDER BY process_started", (self.sweep, began * 1000)).fetchall()
        database.close()
        gaps = sorted(b[0] - a[1] for a, b in zip(rows, rows[1:]))
        return share, gaps


def many_pages(sweep, agent, pages=50, trials=1000, period=10):
    """Pages that look at 1,000 trials which run and report, and a slot beside them that runs trials of no length."""
    with Home(sweep, "zero", 0) as home:
        origin, token = home.address.split("/sweeps")[0], home.address.split("token=")[1]
        pid = json.load(open(os.path.join(home.path, "controller.json")))["pid"]
        ids = []
        for name, text in (("crowd", CROWD), ("gaps", GAPS)):
            path = os.path.join(home.path, name + ".yaml")
            with open(path, "w") as file:
                file.write(text)
            ids.append(home.cli("create", path, "-o", "id").split()[-1])
        agents = [crowd.Agent(home.path, k, trials // 4, period, ids[0]) for k in range(4)]
        for one in agents:
            one.start()
        deadline = time.time() + 120
        while sum(len(one.running) for one in agents) < trials:
            if time.time() > deadline:
                raise SystemExit(f"only {sum(len(one.running) for one in agents)} of {trials} trials run")
            time.sleep(0.1)
        watch = Watch(home, pid, ids[1])
        time.sleep(period)
        alone, _ = watch.during(20)
        looking = [crowd.Page(origin, token, ids[0]) for _ in range(pages)]
        for page in looking:
            page.start()
        for page in looking:
            page.ready.wait(120)
        time.sleep(5)
        before = [page.changes for page in looking]
        share, _ = watch.during(30)
        told = statistics.median(page.changes - b for page, b in zip(looking, before))
        # Only now the slot of short trials, which keeps the controller busy whoever looks.
        home.agent(agent, "--slots", "1", "--sweep", ids[1])
        time.sleep(period)
        _, seen = watch.during(20)
        for page in looking:
            page.stopped.set()
        # Their streams end with the next change.
        time.sleep(period)
        _, gaps = watch.during(20)
        for one in agents:
            one.stop()
        figure(f"CPU of the controller, {pages} pages, {trials} trials run", share, 30, "%")
        print(f"    ({alone:.1f} % with no page open; each page was told of changes {told / 30:.1f} times a second, "
              f"{trials / period:.0f} reports a second came in)")
        middle = [statistics.median(g) if g else float("nan") for g in (gaps, seen)]
        # Two halves of the time without pages say what noise is.
        noise = max(2.0, abs(statistics.median(gaps[::2]) - statistics.median(gaps[1::2])) * 3 if len(gaps) > 4 else 2.0)
        figure(f"idle gap beside them, longer by", middle[1] - middle[0], max(noise, middle[0] * 0.25), "ms")
        print(f"    (median {middle[0]:.1f} ms over {len(gaps)} trials without pages, {middle[1]:.1f} ms over {len(seen)} with)")


def main():
    if not available():
        print("no chromium and chromedriver here: skipped")
        return 0
    sweep, agent = (os.path.abspath(program) for program in sys.argv[1:3])
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    is_quick = "--quick" in sys.argv
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if only in ("", "charts"):
        for trials, limit in [(500, 0.5), (5000, 1)] + ([] if is_quick else [(50000, 2)]):
            first_chart(sweep, trials, limit)
    if only in ("", "curves"):
        many_curves(sweep)
    if only in ("", "live"):
        live(sweep, agent)
    if only == "pages" or not only and not is_quick:
        many_pages(sweep, agent)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
