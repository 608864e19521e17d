#!/usr/bin/env python3
"""The pages in a real browser: what a person does there, at two sizes, in light and in dark.

    journeys.py SWEEP_PROGRAM AGENT_PROGRAM [--shots FOLDER] [--only WORD]

Needs Debian's chromium and chromium-driver. Exits with 1 when a journey fails; prints what each found.
"""
import http.server
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from urllib.parse import quote

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
        self.id = sample.make(self.path, case, trials)
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
    foreign = {u for u in browser.requested() if not u.startswith((own, "chrome:", "data:", "about:", "blob:", "file:"))}
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
    browser.wait("document.querySelector('[role=tabpanel]')?.innerText?.includes('0123abcd')", "the code's state on the overview")
    text = browser.run("return document.querySelector('[role=tabpanel]').innerText")
    for words in ("3.12.1", "--lr=", "cd /srv/train && python3 train.py", "1 attempt", "peak memory"):
        expect(words in text, f"{words} is not in {text}")
    browser.click_text("Charts")
    browser.wait("document.querySelector('[role=tabpanel] .note')?.innerText.includes('showing 2 of 2 metrics')", "its curves")
    browser.click_text("System")
    browser.wait("document.querySelector('[role=tabpanel] .note')?.innerText.includes('showing 3 of 3 metrics')", "what the machine had to do")
    browser.wait("document.querySelector('figure[aria-label=\"system.gpu.0.temp\"] canvas')?.getAttribute('aria-label').includes('ends at 7')", "in numbers")
    browser.click_text("Files")
    browser.wait("document.querySelector('.diff .a32') && document.querySelector('.diff .a31')", "the diff in its colours")
    expect("tab=files" in browser.url() and "file=diff.patch" in browser.url(), browser.url())
    text = browser.run("return document.querySelector('[role=tabpanel]')?.innerText")
    for words in ("train.py\t2\t1", "<script>alert(3)</script>"):
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
    expect(browser.run("return document.querySelector('#edit').hidden"), "the form is not in the way")
    browser.click_text("Edit, budget")
    browser.click_text("Selected range")
    box = "document.querySelector('#edit input[name=range]').value"
    expect(browser.run(f"return {box}") == "lr=0.001:0.01", browser.run(f"return {box}"))
    browser.type("#edit input[name=because]", "the rest is <b>worse</b>")
    browser.click_text("Check")
    said = browser.wait("document.querySelector('#edit p').innerText", "what it would change")
    expect("lr" in said and not browser.run("return document.querySelector('#edits')"), said)
    browser.type("#edit input[name=runCap]", "200")
    browser.type("#edit input[name=drop]", "batch_size=128; optimizer=sgd")
    browser.type("#edit input[name=exclude]", "batch_size = 64 and layers > 6")
    browser.click_text("Change")
    edits = browser.wait("document.querySelector('#edits')?.innerText", "the change is in the record")
    for words in ("run cap: 80 → 200", "[16, 32, 64, 128] → [16, 32, 64]", "[adam, adamw]", "excluded: batch_size = 64 and layers > 6"):
        expect(words in edits, f"{words} is not in {edits}")
    expect("of 200" in browser.run("return document.querySelector('.strip').innerText"), "the strip has the new cap")
    expect(browser.run("return [...document.querySelectorAll('#edit input')].every(i => !i.value)"), "the form is empty again")
    expect("the rest is <b>worse</b>" in edits, edits)
    expect("0.001" in browser.run("return document.querySelector('.facts').innerText"), "the new law is shown")
    expect("worse" in home.cli("show", home.id), "the commands show it, too")
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
    expect("0 of 7" in browser.run("return document.querySelector('.strip').innerText"), "and with how many there will be")


def keyboard_only(browser, home, _):
    """From the list of sweeps to why a trial failed and back, with Tab, arrows and Enter alone."""
    origin = home.address.split("/sweeps")[0]
    browser.open(home.address)
    browser.wait(READY, "signed in")
    browser.open(origin + "/")
    browser.wait("document.querySelector('tbody tr a')", "the sweeps")
    focus = "(e => e === document.body ? '' : `${e.tagName} ${e.getAttribute('aria-label') ?? e.textContent}`.trim())(document.activeElement)"

    def tab(until, most=60):
        """Tab until the focused element is called so; it must be seen that it is focused."""
        for _ in range(most):
            browser.keys("\ue004")
            name = browser.run(f"return {focus}")
            if until in name:
                expect(browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", f"{name}: its focus is seen")
                return name
        raise Failure(f"no '{until}' by Tab; the last was {name!r}")

    browser.keys("\ue004")
    expect("Skip to the content" in browser.run(f"return {focus}"), "the first Tab offers to skip")
    tab("normal 30")
    browser.keys("\ue007")
    browser.wait(f"location.pathname.startsWith('/sweeps/') && {READY}", "Enter opens it")
    browser.wait("document.activeElement.tagName === 'MAIN'", "and reading begins there")
    tab("Edit, budget")
    browser.keys("\ue007")
    browser.wait("document.activeElement.name === 'runCap'", "the form is open, in its first field")
    browser.keys("12")
    tab("Check", 20)
    browser.keys("\ue007")
    browser.wait("document.querySelector('#edit p').innerText.includes('12')", "and says what it would do")
    tab("Filter by an expression")
    browser.keys("lr < 0.01\ue007")
    browser.wait("location.search.includes('where=')", "the filter is typed")
    tab("CANVAS History")
    browser.keys("\ue014\ue014")
    browser.wait("document.querySelector('figure[aria-label=History] .tip:not([hidden])')", "arrows go from point to point")
    tip = browser.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector('figure[aria-label=History] .tip').innerText))))")
    browser.keys("\ue007")
    browser.wait("location.pathname.includes('/trials/')", "Enter opens the trial")
    expect(tip.split(" ")[1] == browser.url().split("/")[-1].split("?")[0], f"that of {tip}")
    browser.wait("document.querySelector('[role=tab]')", "its tabs")
    tab("Overview")
    for name in ("charts", "system", "model", "logs", "files", "artifacts", "why"):
        browser.keys("\ue014")
        browser.wait(f"location.search.includes('tab={name}') && document.activeElement.dataset.tab === '{name}'", f"an arrow leads to {name}")
        browser.wait("document.querySelector('[role=tabpanel]').children.length", f"{name} shows something")
    browser.run("history.back()")
    browser.wait("location.search.includes('where=')", "back, and the filter is as it was")
    browser.wait(f"{COUNT} && !{COUNT}.includes('30 of 30')", "and works")


STATES = {
    "states": "c", "where": "lr < 0.05", "brush": "lr:[0.0001..0.05]", "sort": "-lr", "group": "", "cols": "dropout,lr", "rows": "30",
    "logy": "1", "whole": "1", "hx": "lr", "hy": "dropout", "px": "train_loss", "pxg": "high", "py": "acc", "pyg": "high", "value": "low",
    "derive": "gap = val_loss - train_loss", "smooth": "0.9", "curvex": "time", "curvelog": "1", "curve": "train_loss", "unpruned": "1",
    "table:History": "1", "table:What matters": "1", "agents": "1",
}


def every_state_in_the_address(browser, home, _):
    """Each view state comes back from the address alone, and is written there when it is chosen."""
    arrive(browser, home)
    query = "&".join(f"{quote(k)}={quote(v)}" for k, v in STATES.items() if v)
    browser.open(home.address.split("#")[0] + "?" + query)
    browser.wait("performance.getEntriesByName('all-charts').length", "the page")
    heads = browser.wait("(t => t.includes('dropout') && t)(document.querySelector('figure[aria-label=Leaderboard] thead').innerText)", "the columns")
    expect(heads.index("dropout") < heads.index("lr"), heads)
    expect("gap" in browser.run("document.querySelector('.menu').open = true; return document.querySelector('.menu').innerText") or
           browser.wait("document.querySelector('.menu').innerText.includes('gap')", "the computed column can be chosen"), "the computed column")
    expect(browser.run("return document.querySelector('th[aria-sort=descending]').innerText").startswith("lr"), "the order")
    expect(browser.run("return document.querySelector('#where').value") == STATES["where"], "the filter")
    expect(browser.run("return document.querySelector('.chip[aria-pressed=true]').dataset.state") == "c", "the state")
    expect("lr" in browser.run(f"return {COUNT}"), "the brush")
    pressed = browser.run("return [...document.querySelectorAll('figure button[aria-pressed=true]')].map(b => b.textContent + '|' + (b.getAttribute('aria-label') ?? ''))")
    for name in ("Log scale|", "Whole range|", "Without pruned|", "Table|History: show as a table", "Table|What matters: show as a table", "Log|"):
        expect(name in pressed, f"{name} is not pressed: {pressed}")
    chosen = browser.run("return Object.fromEntries([...document.querySelectorAll('figure select')].map(s => [s.getAttribute('aria-label'), s.value]))")
    expect(browser.run("return [...document.querySelectorAll('figure[aria-label=\"Two parameters\"] select, figure[aria-label=\"Trade-off\"] select')].map(s => s.value)")
           == ["lr", "dropout", "train_loss", "high", "acc", "high"], f"the axes: {chosen}")
    expect(chosen["Smoothing"] == "0.9" and chosen["Metric"] == "train_loss", f"how curves are shown: {chosen}")
    expect(browser.wait("document.querySelector('details[open] .slots, details[open] .empty')", "the agents are open"), "")
    kept = browser.run("return Object.fromEntries(new URLSearchParams(location.search))")
    for name, value in STATES.items():
        expect(not value or name == "brush" or kept.get(name) == value, f"{name} is {kept.get(name)!r} in the address, not {value!r}")
    browser.click("#clear")
    browser.wait("!location.search.includes('where=') && !location.search.includes('brush=')", "what is let go leaves the address")


def compare_and_share(browser, home, _):
    """Two trials side by side with their code; a link that only reads; a group with its mean."""
    arrive(browser, home)
    origin = home.address.split("/sweeps")[0]
    for n in (0, 1):
        browser.run("document.querySelectorAll('tbody input[type=checkbox]')[arguments[0]].click()", n)
    browser.click_text("Compare 2", "a")
    browser.wait("document.querySelector('h1')?.innerText === 'Compare 2 trials'", "both")
    browser.open(f"{origin}/sweeps/{home.id}/compare?trials=1,2")
    browser.wait("document.querySelector('.diff .a31')?.innerText.includes('-rate = 0.1') && document.querySelector('table').innerText.includes('node2')", "environment and code")
    rows = browser.run("return document.querySelectorAll('tbody tr').length")
    browser.click_text("Only what differs")
    browser.wait(f"document.querySelectorAll('tbody tr').length > {rows}", "what is the same, on demand")
    browser.wait("document.querySelector('canvas').getAttribute('aria-label').includes('ends at')", "their curves")
    browser.open(home.address.split("#")[0])
    browser.wait(READY, "the sweep")
    link = json.loads(browser.run("return fetch(`/api/v1${location.pathname}`).then(r => r.text())"))["link"]
    with Browser() as other:
        other.open(f"{origin}/api/v1/sweeps/{home.id}?key={link}")
        other.open(f"{origin}/sweeps/{home.id}?key={link}")
        other.wait(READY, "whoever has the link sees the sweep")
        expect("read only" in other.run("return document.body.innerText") and not other.run("return document.querySelector('#edit, .quiet[aria-label^=Star]')"), "and can change nothing")
        expect(not other.errors(), "without a word in the console")
        other.open(origin + "/")
        other.wait("document.querySelector('main').innerText.includes('this link reads one sweep only')", "nor see another")


def repeats(browser, home, _):
    """± over the repeats of a point, what cannot be told from the best, GPU-hours, a note in its row, a computed column."""
    arrive(browser, home)
    text = browser.run("return document.querySelector('figure[aria-label=Leaderboard]').innerText")
    expect("±" in text and "≈ best" in text and "GPU-h" in text, text[:600])
    expect("GPU-hours" in browser.run("return document.querySelector('.strip').innerText"), "the strip counts GPUs")
    browser.click('button[aria-label^="Note on trial"]')
    browser.keys("look here\ue007")
    browser.wait("document.querySelector('td.state .dim')?.innerText.includes('look here')", "the note is in its row")
    expect("look here" in home.cli("report", home.id), "and in the report")
    browser.open(home.address.split("#")[0] + "?cols=gap,train_loss&group=")
    browser.wait(READY, "again")
    browser.wait("document.querySelector('thead').innerText.includes('gap') && !document.querySelector('tbody tr td:last-child').innerText.includes('–')", "the file's computed metric is a column")
    browser.run("document.querySelector('.menu').open = true")
    browser.wait("document.querySelector('.menu select')", "the menu of columns")
    browser.run("const s = document.querySelector('.menu select'); s.value = 'high'; s.dispatchEvent(new Event('change'))")
    browser.wait("document.querySelector('thead').innerText.includes('train_loss (high)') && Number(document.querySelector('tbody tr td:last-child').innerText) > 1", "the highest value on demand")
    browser.run("const s = document.querySelector('select[aria-label=\"Group by\"]'); s.value = 'optimizer'; s.dispatchEvent(new Event('change'))")
    browser.wait("document.querySelector('figure[aria-label=Leaderboard] thead').innerText.includes('± error')", "groups with their mean and error")


def quarantine(browser, home, agent):
    """A slot that fails trial after trial stands still, says why, and has a button."""
    path = os.path.join(home.path, "broken.yaml")
    with open(path, "w") as file:
        file.write("name: broken\nmethod: grid\nretries: 0\ncommand: ['false']\nparameters: {x: {values: [1, 2, 3, 4, 5, 6, 7, 8]}}\n")
    home.cli("create", path)
    home.agent(agent, "--slots", "1")
    browser.open(home.address.split("/sweeps")[0] + "/agents#" + home.address.split("#")[1])
    browser.wait("document.querySelector('.slot .warn')?.innerText.includes('3 trials in a row failed')", "the slot says why it takes nothing", 60)
    browser.click_text("Use it again")
    browser.wait("!document.querySelector('.slot .warn') || document.querySelector('.slot .warn').innerText.includes('4 trials')", "and is used again", 30)


def notified(browser, home, agent):
    """A webhook in Slack's shape, tried again after a refusal."""
    got = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(503 if len(got) == 1 else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = os.path.join(home.path, "told.yaml")
    with open(path, "w") as file:
        file.write("name: told\nmethod: grid\nmetric: {name: loss, goal: minimize}\ncommand: [sh, -c, 'echo loss=${x}']\n"
                   "parameters: {x: {values: [3, 2, 1]}}\n"
                   f"notify: {{webhook: 'http://127.0.0.1:{server.server_port}/hook', format: slack, on: [finished]}}\n")
    sweep = home.cli("create", path, "-o", "id").split()[-1]
    browser.open(home.cli("dashboard", sweep).strip())
    browser.wait(READY, "the sweep")
    home.agent(agent, "--slots", "1")
    browser.wait("document.querySelector('.badge').innerText === 'finished'", "it ends", 60)
    deadline = time.time() + 60
    while len(got) < 2:
        expect(time.time() < deadline, f"told {len(got)} times")
        time.sleep(0.05)
    server.shutdown()
    expect(got[0] == got[1] and "told" in got[1]["text"] and "finished" in got[1]["text"], f"{got}")
    browser.wait("document.querySelector('.strip .big').innerText.startsWith('1')", "and the best is shown")


def reports(browser, home, _):
    """The report: valid HTML, no request, readable without a style."""
    path = os.path.join(home.path, "report.html")
    home.cli("report", home.id, "-o", path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if importlib.util.find_spec("html5lib"):
        import html5lib
        html5lib.HTMLParser(strict=True).parse(text)
    else:
        print("    html5lib is not installed: the report was not checked as HTML")
    if shutil.which("tidy"):
        said = subprocess.run(["tidy", "-errors", "-quiet", path], capture_output=True, text=True).stderr
        expect("Error" not in said, said[:2000])
    if shutil.which("w3m"):
        words = subprocess.run(["w3m", "-dump", "-cols", "120", path], capture_output=True, text=True).stdout
        for part in ("minimize val_loss", "Best trials", "Reproduce", "log_uniform_values 1e-05", "History: showing "):
            expect(part in words, f"'{part}' is not in {words[:3000]}")
    browser.open("file://" + path)
    browser.wait("document.querySelectorAll('img').length >= 3 && [...document.querySelectorAll('img')].every(i => i.naturalWidth && i.alt)", "charts without a script")
    expect(not browser.run("return document.querySelectorAll('script, link, img:not([src^=\"data:\"])').length"), "and nothing else is asked for")
    wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
    expect(wide <= 0, f"{wide} pixels wider than the screen")
    expect(not [u for u in browser.requested() if u.startswith("http")], "no request")


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
    for page in ("/", "/agents", "", "/trials/3", *(f"/trials/1?tab={tab}" for tab in ("charts", "system", "model", "logs", "files", "artifacts", "why")),
                 "/compare?trials=1,2"):
        for theme in ("light", "dark"):
            browser.run("localStorage.setItem('sweep.theme', arguments[0])", theme)
            browser.open((home.address.split("/sweeps")[0] if page in ("/", "/agents") else home.address.split("#")[0]) + page)
            if not page:
                browser.wait(READY, "the sweep")
                browser.run("document.querySelector('#edit').hidden = false; for (const d of document.querySelectorAll('details')) d.open = true")
            browser.wait(READY if not page else "document.querySelector('.card, .log, .small, .empty')", "the page")
            time.sleep(0.4)
            browser.run(source + "; window.axe = axe; window.found = null; axe.run(document, {resultTypes: ['violations']}).then(r => { window.found = r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary).join(' | ')); });")
            found = browser.wait("window.found !== null && [window.found]", "axe ends", 60)[0]
            expect(not found, f"{page} {theme}: " + "\n".join(found))


CASES = [
    ("best and why", "normal", 30, best_and_why), ("brush, filter, restore", "normal", 300, brush_filter_restore),
    ("dark and keys", "normal", 30, dark_and_keys), ("hostile", "hostile", 12, hostile),
    ("note in the report", "normal", 30, note_in_report),
    ("record", "normal", 60, record_tabs), ("edit", "normal", 30, edit),
    ("keyboard", "normal", 30, keyboard_only), ("address", "normal", 60, every_state_in_the_address),
    ("compare and share", "normal", 30, compare_and_share), ("repeats", "repeats", 30, repeats),
    ("quarantine", "zero", 0, quarantine), ("notified", "zero", 0, notified), ("report", "hostile", 30, reports),
    ("accessible", "normal", 30, accessible), ("live, stop, retry", "one", 1, live_stop_retry),
    ("none", "zero", 0, lambda b, h, s: (arrive(b, h), looks(b, h, s, "zero"))),
    ("one", "one", 1, lambda b, h, s: (arrive(b, h), looks(b, h, s, "one"))),
    ("all failed", "failed", 20, lambda b, h, s: (arrive(b, h), looks(b, h, s, "failed"))),
    ("not a number", "nan", 20, lambda b, h, s: (arrive(b, h), looks(b, h, s, "nan"))),
    ("5000", "normal", 5000, lambda b, h, s: (arrive(b, h), looks(b, h, s, "5000"))),
]


WITH_AGENT = (live_stop_retry, record_tabs, edit, quarantine, notified)


def main():
    arguments = sys.argv[1:]
    shots = arguments[arguments.index("--shots") + 1] if "--shots" in arguments else None
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    if not available():
        print("no chromium and chromedriver here: skipped (apt-get install chromium chromium-driver)")
        return 0
    if shots:
        os.makedirs(shots, exist_ok=True)
    sweep, agent = (os.path.abspath(program) for program in arguments[:2])
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
                    journey(browser, home, agent if journey in WITH_AGENT else shots)
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
