#!/usr/bin/env python3
"""Figures of the pages in a headless Chromium with a fresh profile, over loopback.

    figures.py SWEEP_PROGRAM AGENT_PROGRAM [--quick]

Prints each figure beside what it should be; exits with 1 when one is not met. --quick leaves out 50,000 trials.
"""
import os
import statistics
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
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
        browser.cdp("Network.clearBrowserCache")
        browser.open(home.address.split("#")[0])
        browser.wait(READY, "all charts", 60)
        at = browser.run("return performance.getEntriesByName('first-chart')[0].startTime / 1000")
        figure(f"first chart, {trials} trials", at, limit, "s")
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


def many_pages(sweep):
    """50 streams on a controller; its CPU while 1,000 trials change is what Scripts/bench/engine loads it with."""
    with Home(sweep, "normal", 2000) as home:
        origin, token = home.address.split("/sweeps")[0], home.address.split("token=")[1]
        pid = int([line.split()[1] for line in home.cli("controller", "status").splitlines() if line.startswith("pid")][0])
        got = []

        def listen():
            request = urllib.request.Request(f"{origin}/api/v1/sweeps/{home.id}/events", headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=60) as stream:
                got.append(stream.readline())
                time.sleep(8)

        threads = [threading.Thread(target=listen, daemon=True) for _ in range(50)]
        for thread in threads:
            thread.start()
        while len(got) < 50:
            time.sleep(0.05)

        def cpu():
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before, began = cpu(), time.time()
        time.sleep(5)
        figure("CPU of the controller, 50 pages open, idle", (cpu() - before) / (time.time() - began) * 100, 30, "%")


def main():
    if not available():
        print("no chromium and chromedriver here: skipped")
        return 0
    sweep, agent = sys.argv[1], sys.argv[2]
    sizes = [(500, 0.5), (5000, 1)] + ([] if "--quick" in sys.argv else [(50000, 2)])
    for trials, limit in sizes:
        first_chart(sweep, trials, limit)
    many_curves(sweep)
    live(sweep, agent)
    many_pages(sweep)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
