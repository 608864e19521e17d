#!/usr/bin/env python3
"""The pages in a real browser: what a person does there, at two sizes, in light and in dark.

    journeys.py SWEEP_PROGRAM AGENT_PROGRAM [--shots FOLDER] [--only WORD]

Needs Debian's chromium and chromium-driver. Exits with 1 when a journey fails; prints what each found.
"""
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sample  # noqa: E402
from webdriver import Browser, Failure, available  # noqa: E402

LIVE = """name: live
method: grid
metric: {{name: loss, goal: minimize}}
parallel: 2
command: [sh, {script}, "${{args_no_hyphens}}"]
parameters:
  x: {{values: [1, 2, 3, 4, 5, 6]}}
"""
SCRIPT = """i=0
while [ $i -lt 400 ]; do i=$((i+1)); echo "step=$i loss=0.$((1000 - i))"; sleep 0.25; done
"""


class Home:
    """A controller of its own, started for a case and ended after it."""

    def __init__(self, sweep, case, trials=30):
        self.sweep = sweep
        self.path = tempfile.mkdtemp(prefix="sweep-pages-")
        self.env = dict(os.environ, SWEEP_HOME=self.path)
        self.agents = []
        self.id = sample.make(sweep, self.path, case, trials)
        self.cli("controller", "start", "--port", "0", "--dashboard-port", "0")
        self.address = self.cli("dashboard", self.id).strip()

    def cli(self, *arguments):
        return subprocess.run([self.sweep, *arguments], env=self.env, check=True, capture_output=True, text=True).stdout

    def pruned(self):
        """The first trial that a stopping rule ended."""
        return next(t["number"] for t in self.trials() if t["state"] == "pruned")

    def trials(self):
        database = sqlite3.connect(os.path.join(self.path, "sweep.db"), timeout=20)
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM trials WHERE sweep = ? ORDER BY number", (self.id,)).fetchall()
        database.close()
        return rows

    def agent(self, program, *arguments):
        log = open(os.path.join(self.path, "agent.log"), "w")
        self.agents.append(subprocess.Popen([program, *arguments], env=self.env, stdout=log, stderr=log, cwd=self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for agent in self.agents:
            agent.terminate()
        for agent in self.agents:
            agent.wait(timeout=60)
        subprocess.run([self.sweep, "controller", "stop"], env=self.env, capture_output=True)
        shutil.rmtree(self.path, ignore_errors=True)


def expect(condition, what):
    if not condition:
        raise Failure(what)


COUNT = "document.querySelector('#count')?.textContent"
READY = "performance.getEntriesByName('all-charts').length && document.querySelectorAll('canvas').length > 5"


def arrive(browser, home):
    browser.open(home.address)
    browser.wait(READY, "all charts")


def clean(browser, home):
    """No word in the console, no request to anybody else."""
    errors = browser.errors()
    expect(not errors, f"the console says {errors}")
    own = home.address.split("/sweeps")[0]
    foreign = {u for u in browser.requested() if not u.startswith((own, "chrome:", "data:", "about:", "blob:"))}
    expect(not foreign, f"requests to others: {foreign}")


def best_and_why(browser, home, _):
    """Which is best, which parameter matters, is it worth going on: no click. Why did one fail: one."""
    arrive(browser, home)
    expect(browser.run("return document.querySelector('.strip .big').innerText").startswith("0."), "the best value is shown")
    expect(browser.run("return document.querySelector('.strip').innerText").count("ETA") == 1, "the ETA is shown")
    first = browser.run("return document.querySelector('tbody tr td:nth-child(3)').innerText.split(' ')[0]")
    expect(first == browser.run("return document.querySelector('.strip .big').innerText.split(' ')[0]"), "the best is the first row")
    matters = "document.querySelector('figure[aria-label=\"What matters\"] canvas').getAttribute('aria-label')"
    browser.wait(f"{matters}.includes(': lr ')", "lr matters most")
    expect("for a new best" in browser.run("return document.querySelector('.strip').innerText"), "what more trials may bring is shown")
    for card in ("History", "Leaderboard"):
        bottom = browser.run("return document.querySelector(`figure[aria-label=${arguments[0]}]`).getBoundingClientRect().bottom", card)
        expect(bottom <= 900, f"{card} ends at {bottom}: below the first screen")
    browser.click(".strip dd.bad a")
    log = "document.querySelector('.log:not([hidden])')?.innerText"
    text = browser.wait(f"({log})?.includes('RuntimeError') && {log}", "the last lines of the failed trial")
    expect(text.count("\n") >= 40, "forty lines of it are there")
    expect(browser.run("return document.querySelector('.log .a31').innerText").startswith("RuntimeError"), "in its colours")


def brush_filter_restore(browser, home, _):
    arrive(browser, home)
    everything = browser.run(f"return {COUNT}")
    browser.run("scrollTo(0, 0)")
    box = browser.run("const r = document.querySelector('figure[aria-label=History] canvas').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]")
    browser.drag(box[0] + 80, box[1] + 30, box[0] + box[2] / 2, box[1] + box[3] - 40)
    brushed = browser.wait(f"{COUNT} !== '{everything}' && {COUNT}", "the brush selects")
    browser.wait("location.search.includes('brush=')", "the brush is in the address")
    browser.type("#where", "lr < 0.01\ue007")
    filtered = browser.wait(f"{COUNT} !== '{brushed}' && {COUNT}", "the expression selects fewer")
    browser.click('.chip[data-state="c"]')
    browser.wait("location.search.includes('states=c')", "the state is in the address")
    final = browser.run(f"return {COUNT}")
    rows = browser.run("return document.querySelectorAll('tbody tr').length")
    browser.open(browser.url())
    browser.wait(READY, "all charts again")
    expect(browser.run(f"return {COUNT}") == final, f"restored: {browser.run(f'return {COUNT}')} is not {final}")
    expect(browser.run("return document.querySelector('figure[aria-label=Leaderboard] tbody').rows.length") <= rows, "the table too")
    browser.click("#clear")
    browser.wait(f"{COUNT} === '{everything}'", "all are shown again")
    browser.type("#where", "nonsense >\ue007")
    browser.wait("document.querySelector('#notice .bad')", "a wrong expression is explained")
    expect(filtered, "")
    # The console names the refused request, a little later than the page does, and nothing else.
    told, deadline = [], time.time() + 10
    while not told and time.time() < deadline:
        told += browser.errors()
    expect(told and all("400" in e for e in told), f"only the refusal is in the console: {told}")


def dark_and_keys(browser, home, _):
    arrive(browser, home)
    theme = "document.documentElement.dataset.theme"
    before = browser.run(f"return {theme}")
    browser.click("#theme")
    browser.wait(f"{theme} !== '{before}'", "the theme changes")
    after = browser.run(f"return {theme}")
    browser.open(browser.url())
    browser.wait(READY, "again")
    expect(browser.run(f"return {theme}") == after, "it is remembered")
    browser.run("document.querySelector('figure[aria-label=History] canvas').focus()")
    browser.keys("\ue014")
    tip = browser.wait("document.querySelector('figure[aria-label=History] .tip:not([hidden])')?.innerText", "a key shows a point")
    expect(tip.startswith("trial "), tip)
    browser.run("document.querySelector('figure[aria-label=\"Parameters together\"] canvas').focus()")
    browser.keys("\ue014-")
    browser.wait("location.search.includes('brush=')", "keys brush an axis")
    browser.click('figure[aria-label="History"] .bar button:last-child')
    browser.wait("document.querySelector('figure[aria-label=History] table')", "a chart has a table")
    expect(browser.run("return [...document.querySelectorAll('canvas[role=img]')].every(c => c.getAttribute('aria-label').length > 5)"), "every chart has words")


def note_in_report(browser, home, _):
    """A star and a note that are given on the pages stand in the report, and the search finds them."""
    arrive(browser, home)
    browser.click('button[aria-label^="Star trial"]')
    browser.wait("document.querySelector('tbody button[aria-pressed=true]')", "the star is there")
    browser.click("figure[aria-label=Leaderboard] tbody tr td:nth-child(2) a")
    browser.wait("document.querySelector('.remark button[aria-pressed=true]')", "the run has it too")
    browser.type('.remark textarea', "worth a longer run\ue004")
    browser.wait("document.querySelector('.remark textarea').textContent", "the note is kept")
    browser.open(home.address.split("#")[0])
    browser.wait(READY, "the sweep")
    browser.type('.remark input', "thesis\ue004")
    browser.wait("document.querySelector('.remark input').getAttribute('value') === 'thesis'", "the tag is kept")
    report = home.cli("report", home.id)
    expect("worth a longer run" in report and "★" in report and "thesis" in report, report)
    path = os.path.join(home.path, "report.html")
    home.cli("report", home.id, "-o", path)
    browser.open(home.address.split("/sweeps")[0] + "/?q=thesis")
    browser.wait("document.querySelectorAll('tbody tr').length === 1", "the search finds it")
    browser.type("input[type=search]", " nonsense")
    browser.wait("document.querySelectorAll('tbody tr').length === 0", "and only it")


def live_stop_retry(browser, home, agent):
    script = os.path.join(home.path, "train.sh")
    with open(script, "w") as file:
        file.write(SCRIPT)
    path = os.path.join(home.path, "live.yaml")
    with open(path, "w") as file:
        file.write(LIVE.format(script=script))
    sweep = home.cli("create", path, "-o", "id").split()[-1]
    browser.open(home.cli("dashboard", sweep).strip())
    browser.wait(READY, "all charts")
    expect("showing 0 of 0" in browser.run(f"return {COUNT}"), "no trial yet")
    home.agent(agent, "--slots", "2")
    browser.wait("document.querySelectorAll('figure[aria-label=Leaderboard] tbody tr').length >= 2", "trials appear by themselves", 60)
    browser.wait("document.querySelector('tbody .s-running')", "they run", 30)
    value = "document.querySelector('figure[aria-label=Leaderboard] tbody tr td:nth-child(3)').innerText"
    browser.wait(f"{value} !== '–'", "a value appears", 30)
    old = browser.run(f"return {value}")
    browser.wait(f"{value} !== '{old}'", "and changes", 10)
    browser.click("figure[aria-label=Leaderboard] tbody tr td:nth-child(2) a")
    browser.wait("document.querySelector('.tabs')", "the run's page")
    number = browser.url().split("/")[-1].split("?")[0]
    browser.click_text("Stop")
    browser.click_text("Stop this trial?")
    browser.wait("document.querySelector('.badge').innerText === 'cancelled'", "it is stopped", 40)
    browser.click_text("Retry")
    browser.wait("['waiting', 'assigned', 'running'].includes(document.querySelector('.badge').innerText)", "it waits again", 30)
    browser.open(home.address.split("/sweeps")[0] + f"/sweeps/{sweep}")
    browser.wait("document.querySelector('tr:has(.s-running) a')", "one that runs", 40)
    browser.click("tr:has(.s-running) a")
    browser.wait("document.querySelector('.tabs')", "its page")
    number = browser.url().split("/")[-1].split("?")[0]
    browser.click_text("Logs")
    browser.wait("document.querySelector('pre.log')?.innerText.includes('loss=')", "its output", 40)
    lines = browser.run("return document.querySelector('pre.log').innerText.split('\\n').length")
    browser.wait(f"document.querySelector('pre.log').innerText.split('\\n').length > {lines}", "grows", 40)
    expect(number in browser.run("return document.querySelector('h1').innerText"), "still the same trial")
    browser.open(home.address.split("/sweeps")[0] + f"/sweeps/{sweep}")
    browser.wait(READY, "the sweep again")
    browser.click_text("Cancel")
    browser.click_text("Cancel?")
    browser.wait("document.querySelector('.badge').innerText === 'cancelled'", "it is cancelled", 40)
    browser.click("header nav a[href='/agents']")
    browser.wait("document.querySelector('.slot')", "the agent's slots")
    browser.click("header nav a[href='/']")
    browser.wait("document.querySelectorAll('tbody tr').length === 2", "both sweeps")


def record_tabs(browser, home, agent):
    """Files, histograms, why, artifacts: each with its address, by keys, with its table."""
    arrive(browser, home)
    origin = home.address.split("/sweeps")[0]
    trial = f"{origin}/sweeps/{home.id}/trials"
    browser.open(f"{trial}/1")
    browser.wait("document.querySelector('[role=tab]')", "the tabs")
    browser.click_text("Files")
    browser.wait("document.querySelector('.diff .a32') && document.querySelector('.diff .a31')", "the diff in its colours")
    expect("tab=files" in browser.url() and "file=diff.patch" in browser.url(), browser.url())
    text = browser.run("return document.querySelector('[role=tabpanel]')?.innerText")
    for words in ("train.py\t2\t1", "<script>alert(3)</script>", "0123abcd", "3.12.1"):
        expect(words in text, f"{words} is not in {text}")
    browser.click_text("requirements.txt", "a")
    browser.wait("document.querySelector('pre.log')?.innerText.includes('torch==2.5.0')", "another file")
    browser.open(browser.url())
    browser.wait("document.querySelector('pre.log')?.innerText.includes('torch==2.5.0')", "and again by its address")
    browser.run("document.querySelector('[role=tab][aria-selected=true]').focus()")
    browser.keys("\ue012\ue012")
    browser.wait("document.querySelectorAll('[role=tabpanel] canvas').length === 2", "keys lead to the histograms")
    expect("tab=model" in browser.url(), browser.url())
    browser.wait("document.querySelector('[role=tabpanel] .note')?.innerText.includes('showing 2 of 2')", "two of them")
    browser.wait("document.querySelector('[role=tabpanel] canvas')?.getAttribute('aria-label').includes('at last around')", "described")
    browser.click('button[aria-label^="gradients/layer.0.weight"]')
    browser.wait("document.querySelector('[role=tabpanel] figure table')?.innerText.includes('95 %')", "a table of them")
    browser.type("[role=tabpanel] input[type=search]", "param")
    browser.wait("document.querySelectorAll('[role=tabpanel] canvas').length === 1", "found by name")
    browser.click_text("Why")
    browser.wait("document.querySelector('[role=tabpanel]')?.innerText?.includes('0.41 ± 0.05, learnt from 11 trials')", "why this point")
    browser.open(f"{trial}/{home.pruned()}?tab=why")
    browser.wait("document.querySelector('[role=tabpanel]')?.innerText?.includes('needed 0.5 or less (median)')", "why it was stopped")
    browser.click_text("trial 2", "[role=tabpanel] a")
    browser.wait("location.pathname.endsWith('/trials/2')", "one that it was compared with")
    artifacts(browser, home, agent, origin)


def artifacts(browser, home, agent, origin):
    path = os.path.join(home.path, "made.yaml")
    with open(path, "w") as file:
        file.write('name: made\nmethod: grid\nmetric: {name: loss, goal: minimize}\nparallel: 1\n'
                   'command: [sh, -c, "mkdir -p $SWEEP_ARTIFACTS_DIR/model; echo weights ${x} > $SWEEP_ARTIFACTS_DIR/model/w.txt; echo loss=${x}"]\n'
                   'parameters: {x: {values: [1, 2]}}\n')
    sweep = home.cli("create", path, "-o", "id").split()[-1]
    home.agent(agent, "--slots", "1")
    deadline = time.time() + 60
    while len(json.loads(home.cli("artifact", "ls", "--sweep", sweep, "--json"))["artifacts"]) < 2:
        expect(time.time() < deadline, "no artifacts")
        time.sleep(0.2)
    # The second trial was given what the first has made.
    database = sqlite3.connect(os.path.join(home.path, "sweep.db"), timeout=20)
    with database:
        database.execute("INSERT INTO artifact_uses (artifact, sweep, trial, attempt, time)"
                         " SELECT id, sweep, 2, 1, 0 FROM artifacts WHERE sweep = ? AND trial = 1", (sweep,))
    database.close()
    browser.open(f"{origin}/sweeps/{sweep}/trials/2?tab=artifacts")
    browser.wait("document.querySelectorAll('svg.lineage a').length === 4", "two runs and two artifacts")
    expect(browser.run("return document.querySelectorAll('svg.lineage path').length") == 3, "and what leads where")
    browser.click('button[aria-label="Lineage: show as a table"]')
    browser.wait("document.querySelector('figure[aria-label=Lineage] tbody')?.rows.length === 3", "the same as a table")
    browser.click('button[aria-label="Lineage: show as a table"]')
    browser.wait("document.querySelector('svg.lineage a')", "the graph again")
    browser.run("document.querySelector('svg.lineage a').focus()")
    browser.keys("\ue007")
    browser.wait("location.pathname.endsWith('/trials/1') && document.querySelectorAll('svg.lineage a').length === 3", "a key leads to who made it")
    expect("tab=artifacts" in browser.url(), browser.url())
    browser.click_text("model:v0", "td a")
    browser.wait("location.search.includes('artifact=')", "an artifact has an address")
    browser.wait("document.querySelector('[role=tabpanel]')?.innerText?.includes('w.txt')", "and its files")
    row = "document.querySelector('tbody tr')?.innerText"
    browser.wait(f"{row}?.includes('best') && !{row}.includes('latest')", "the older one is the best, and not the latest")
    browser.wait("document.querySelector('a[download]')", "its file can be had")
    saved = browser.run("return fetch(document.querySelector('a[download]').href).then(r => r.text())")
    expect(saved == "weights 1\n", f"its content is {saved!r}")


def edit(browser, home, agent):
    """A brushed range becomes the sweep's, checked first; a grid grows, and other pages hear of it."""
    arrive(browser, home)
    browser.open(home.address.split("#")[0] + "?brush=lr:[0.001..0.01]")
    browser.wait(READY, "all charts")
    browser.click("#edit summary")
    browser.click_text("Selected range")
    box = "document.querySelector('#edit input[name=range]').value"
    expect(browser.run(f"return {box}") == "lr=0.001:0.01", browser.run(f"return {box}"))
    browser.type("#edit input[name=because]", "the rest is <b>worse</b>")
    browser.click_text("Check")
    said = browser.wait("document.querySelector('#edit p').innerText", "what it would change")
    expect("lr" in said and not browser.run("return document.querySelector('#edits')"), said)
    browser.click_text("Change")
    edits = browser.wait("document.querySelector('#edits')?.innerText", "the change is in the record")
    expect("the rest is <b>worse</b>" in edits, edits)
    expect("0.001" in browser.run("return document.querySelector('.facts').innerText"), "the new law is shown")
    expect("worse" in home.cli("show", home.id), "the commands show it, too")
    browser.click("#edit summary")
    browser.type("#edit input[name=range]", "nothing=1:2")
    browser.click_text("Change")
    browser.wait("document.querySelector('#notice .bad')", "a wrong one is explained")
    browser.wait("document.querySelector('#notice .bad').innerText.includes('nothing')", "by its name")
    browser.errors()
    path = os.path.join(home.path, "grid.yaml")
    with open(path, "w") as file:
        file.write(LIVE.format(script="train.sh"))
    sweep = home.cli("create", path, "-o", "id").split()[-1]
    browser.open(home.address.split("/sweeps")[0] + f"/sweeps/{sweep}")
    browser.wait(READY, "the grid")
    home.cli("edit", sweep, "--add", "x=7")
    browser.wait("document.querySelector('#edits')?.innerText.includes('7')", "an edit elsewhere is heard of here")
    expect("7 values" in browser.run("return document.querySelector('.facts').innerText"), "with the new law")


def looks(browser, home, shots, name):
    """No sideways scrolling, no overlap with the frame, at both sizes; pictures for whoever looks."""
    # Both themes at both sizes only where somebody looks at the pictures: what is checked depends on the size.
    for width, height in ((1440, 900), (390, 844)):
        for theme in ("light", "dark") if shots else ("light" if width > 600 else "dark",):
            browser.size(width, height)
            browser.run("localStorage.setItem('sweep.theme', arguments[0])", theme)
            browser.open(home.address.split("#")[0])
            browser.wait(READY, f"all charts at {width}")
            wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
            expect(wide <= 0, f"{name} at {width}: {wide} pixels wider than the screen")
            if shots:
                browser.screenshot(os.path.join(shots, f"{name}-{width}-{theme}.png"), full=width < 600)
    browser.size(1440, 900)


def hostile(browser, home, shots):
    arrive(browser, home)
    expect("<script>alert(1)</script>" in browser.run("return document.body.innerText"), "a name that is markup is shown as text")
    expect(browser.run("return document.querySelectorAll('main script, main img').length") == 0, "and nothing of it is an element")
    expect("owned" not in browser.run("return document.title"), "nothing of it runs")
    looks(browser, home, shots, "hostile")


def accessible(browser, home, _):
    """axe-core, where the package that has it is installed (pip install axe-core-python)."""
    found = importlib.util.find_spec("axe_core_python")
    if not found:
        print("    axe-core-python is not installed: skipped")
        return
    with open(os.path.join(os.path.dirname(found.origin), "axe.min.js"), encoding="utf-8") as file:
        source = file.read()
    arrive(browser, home)
    for page in ("", "/trials/3", *(f"/trials/1?tab={tab}" for tab in ("charts", "model", "logs", "files", "artifacts", "why")),
                 "/compare?trials=1,2"):
        for theme in ("light", "dark"):
            browser.run("localStorage.setItem('sweep.theme', arguments[0])", theme)
            browser.open(home.address.split("#")[0] + page)
            browser.wait(READY if not page else "document.querySelector('.card, .log, .small, [role=tabpanel] .empty')", "the page")
            time.sleep(0.4)
            browser.run(source + "; window.axe = axe; window.found = null; axe.run(document, {resultTypes: ['violations']}).then(r => { window.found = r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary).join(' | ')); });")
            found = browser.wait("window.found !== null && [window.found]", "axe ends", 60)[0]
            expect(not found, f"{page} {theme}: " + "\n".join(found))


CASES = [
    ("best and why", "normal", 30, best_and_why), ("brush, filter, restore", "normal", 300, brush_filter_restore),
    ("dark and keys", "normal", 30, dark_and_keys), ("hostile", "hostile", 12, hostile),
    ("note in the report", "normal", 30, note_in_report),
    ("record", "normal", 60, record_tabs), ("edit", "normal", 30, edit),
    ("accessible", "normal", 30, accessible), ("live, stop, retry", "one", 1, live_stop_retry),
    ("none", "zero", 0, lambda b, h, s: (arrive(b, h), looks(b, h, s, "zero"))),
    ("one", "one", 1, lambda b, h, s: (arrive(b, h), looks(b, h, s, "one"))),
    ("all failed", "failed", 20, lambda b, h, s: (arrive(b, h), looks(b, h, s, "failed"))),
    ("not a number", "nan", 20, lambda b, h, s: (arrive(b, h), looks(b, h, s, "nan"))),
    ("5000", "normal", 5000, lambda b, h, s: (arrive(b, h), looks(b, h, s, "5000"))),
]


def main():
    arguments = sys.argv[1:]
    shots = arguments[arguments.index("--shots") + 1] if "--shots" in arguments else None
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    if not available():
        print("no chromium and chromedriver here: skipped (apt-get install chromium chromium-driver)")
        return 0
    if shots:
        os.makedirs(shots, exist_ok=True)
    sweep, agent = arguments[0], arguments[1]
    failed = 0
    with Browser() as browser:
        for name, case, trials, journey in CASES:
            if only not in name:
                continue
            began = time.time()
            try:
                with Home(sweep, case, trials) as home:
                    browser.requested()
                    browser.errors()
                    journey(browser, home, agent if journey in (live_stop_retry, record_tabs, edit) else shots)
                    clean(browser, home)
                    browser.open("about:blank")
                print(f"ok      {name} ({time.time() - began:.1f} s)", flush=True)
            except (Failure, OSError, subprocess.SubprocessError, StopIteration) as error:
                failed += 1
                detail = getattr(error, "stderr", "") or ""
                print(f"FAILED  {name}: {error} {detail}", flush=True)
                if shots:
                    browser.screenshot(os.path.join(shots, f"failed-{name.replace(' ', '-')}.png"))
                if not isinstance(error, Failure):
                    traceback.print_exc()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
