"""Makes a home whose database holds trials that nobody ran: for the pages' tests and figures.

    sample.py HOME CASE [TRIALS]

CASE is one of: zero, one, normal, failed, nan, hostile, repeats. Prints the sweep's id. Rows are written as an engine of
version 2 would have left them; a controller that starts there migrates them.
"""
import json
import math
import os
import random
import sqlite3
import sys
import time

YAML = """name: {name}
method: random
metric: {{name: val_loss, goal: minimize}}
run_cap: {cap}
command: [python3, train.py, "${{args}}"]
parameters:
  lr: {{distribution: log_uniform_values, min: 1.0e-5, max: 0.1}}
  batch_size: {{values: [16, 32, 64, 128]}}
  optimizer: {{values: [sgd, adam, adamw]}}
  dropout: {{min: 0.0, max: 0.6}}
  layers: {{distribution: int_uniform, min: 1, max: 8}}
  weight_decay: {{distribution: log_uniform_values, min: 1.0e-6, max: 0.01}}
"""
LONG = "a-very-long-name-of-a-parameter-that-somebody-chose-because-it-says-everything-about-what-it-does"


def value(rng, p):
    lr = math.log10(p["lr"])
    penalty = {"sgd": 0.10, "adam": 0.02, "adamw": 0.0}[p["optimizer"]]
    return (0.2 + 0.06 * (lr + 3) ** 2 + penalty + 0.3 * (p["dropout"] - 0.2) ** 2
            + 0.01 * abs(p["layers"] - 5) + abs(rng.gauss(0, 0.02)))


# A database of version 2, whose points are rows: the controller makes what it keeps today of them when it starts.
VERSION2 = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/SweepStoreTests/Fixtures/v2.sql")


def home_with_sweep(home, yaml):
    """A home with one paused sweep and no trial."""
    os.makedirs(home, exist_ok=True)
    database = sqlite3.connect(os.path.join(home, "sweep.db"))
    with open(VERSION2) as file:
        database.executescript(file.read())
    identifier = "".join(random.choices("bcdfghjkmnpqrstvwxz23456789", k=8))
    with database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "grdb_migrations":
                database.execute(f"DELETE FROM {table}")
        database.execute(
            "INSERT INTO sweeps (id, name, yaml, file, created_in, seed, state, reason, created, ended)"
            " VALUES (?, ?, ?, 'sweep.yaml', ?, 7, 'paused', 'paused by a person', ?, NULL)",
            (identifier, yaml.split("\n")[0].removeprefix("name: ").strip("'"), yaml, home, int(time.time() * 1000)))
    database.close()
    return identifier


def fill(home, sweep, case, count, steps):
    rng = random.Random(7)
    db = sqlite3.connect(os.path.join(home, "sweep.db"))
    start = int(time.time() * 1000) - count * 4000 - 100_000
    free = [start] * 8
    trials, attempts, reports = [], [], []
    for n in range(1, count + 1):
        p = {"lr": 10 ** rng.uniform(-5, -1), "batch_size": rng.choice([16, 32, 64, 128]),
             "optimizer": rng.choice(["sgd", "adam", "adamw"]), "dropout": round(rng.uniform(0, 0.6), 4),
             "layers": rng.randint(1, 8), "weight_decay": 10 ** rng.uniform(-6, -2)}
        if case == "hostile":
            p = {"<script>alert(1)</script>": "</td><img src=x onerror=alert(2)>", LONG: "x" * 300, **p}
        if case == "repeats" and n % 3 != 1:
            p = point
        point = p
        final = value(rng, p)
        state, reason, outcome = "completed", None, "completed"
        roll = rng.random()
        if case == "failed" or roll < 0.06 or n % 25 == 7:
            state = outcome = "failed"
            reason = rng.choice(["CUDA out of memory", "CUDA out of memory", "loss is NaN", "exit code 1: KeyError: 'x'"])
            if case == "hostile":
                reason = "<script>document.title='owned'</script>"
        elif roll < 0.3 and final > 0.4:
            state = outcome = "pruned"
            reason = "median of the others at step 10 is better"
        slot = min(range(8), key=lambda k: free[k])
        began = free[slot] + rng.randint(20, 200)
        took = rng.randint(8_000, 60_000) if state == "completed" else rng.randint(2_000, 20_000)
        free[slot] = began + took
        ended = began + took
        objective = None if state == "failed" else final
        metrics = {} if state == "failed" else {"val_loss": final, "train_loss": final * 0.8, "acc": 1 - final / 2}
        if case == "nan" and n % 2:
            objective, metrics = None, {"val_loss": float("nan"), "train_loss": float("inf"), "acc": 0.0}
        place = ((n + 2) // 3, (n - 1) % 3) if case == "repeats" else (n, 0)
        trials.append((sweep, n, *place, json.dumps(p), began, state, 1, objective, 20, json.dumps(metrics), reason,
                       1 if state == "failed" else 0, 0, began, ended))
        attempts.append((sweep, n, 1, f"agent{slot // 4}", f"node{slot // 4}", f"host{slot // 4}", str(slot % 4), slot % 4,
                         began, 3, json.dumps(["python3", "train.py", f"--lr={p['lr']}"]), "/srv/train", began, outcome,
                         reason, ended, 1 if state == "failed" else 0, began, ended, 1_500_000_000, took / 1000,
                         "RuntimeError: " + reason if state == "failed" else None))
        if n <= steps[0]:
            for step in range(1, steps[1] + 1):
                v = final + 2 * math.exp(-step / (steps[1] / 8)) + rng.gauss(0, 0.01)
                if case == "nan" and n % 2 and step > steps[1] / 2:
                    v = float("nan")
                reports.append((sweep, n, 1, step, 0, step, began + took * step // steps[1],
                                json.dumps({"val_loss": v, "train_loss": v * 0.8})))
    with db:
        db.executemany(
            "INSERT INTO trials (sweep, number, point, repetition, parameters, created, state, attempt, objective, step,"
            " metrics, reason, failures, losses, started, ended) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", trials)
        db.executemany(
            "INSERT INTO attempts (sweep, trial, number, agent, agent_name, host, slot, slot_index, assigned, acknowledged,"
            " argv, directory, started, outcome, reason, ended, exit_code, process_started, process_ended, peak_memory,"
            " cpu_seconds, last_line) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", attempts)
        db.executemany(
            "INSERT INTO reports (sweep, trial, attempt, sequence, position, step, time, metrics) VALUES (?,?,?,?,?,?,?,?)",
            reports)
    with db:
        # What a search and a stopping rule say of a point.
        db.execute("UPDATE trials SET suggestion = ? WHERE number = 1", (json.dumps(
            {"origin": "gaussian process", "mean": 0.41, "deviation": 0.05, "learntFrom": 11}),))
        db.execute("UPDATE attempts SET stopping = ? WHERE outcome = 'pruned'", (json.dumps(
            {"rule": "median", "rung": 10, "value": 0.6, "threshold": 0.5, "neighbours": [1, 2]}),))
    db.close()
    for n in range(1, min(2, count) + 1):
        record(os.path.join(home, "runs", sweep, str(n), "1"), rng, PATCH if n == 1 else PATCH.replace("rate = 0.1", "rate = 0.3"))
    for n, trial in enumerate(trials, 1):
        if trial[6] == "failed" and n <= 200:
            folder = os.path.join(home, "runs", sweep, str(n), "1")
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "output.log"), "w") as log:
                for line in range(80):
                    log.write(f"step {line} \x1b[32mloss\x1b[0m={2 / (line + 1):.4f}\n")
                log.write(f"\x1b[31mRuntimeError: {trial[11]}\x1b[0m\n")


PATCH = """diff --git a/train.py b/train.py
index 1..2 100644
--- a/train.py
+++ b/train.py
@@ -1,3 +1,4 @@
 import numpy
-rate = 0.1
+rate = 0.2
+# <script>alert(3)</script>
"""


def record(folder, rng, patch):
    """The files of a trial's record, with two histograms over time."""
    os.makedirs(folder, exist_ok=True)
    overview = {"host": f"node{os.path.basename(os.path.dirname(folder))}", "cpu": {"logical": 8}, "python": {"version": "3.12.1", "packages": 2},
                "code": {"remote": "https://example.org/x.git", "branch": "main", "commit": "0123abcd", "dirty": True}}
    lines = []
    for step in range(200):
        for name, width in (("gradients/layer.0.weight", 1 / (step + 5)), ("parameters/layer.0.weight", 0.2 + step / 400)):
            values = [0] * 64
            for _ in range(300):
                values[min(63, max(0, int(32 + 32 * rng.gauss(0, width))))] += 1
            histogram = {"_type": "histogram", "bins": [k / 32 - 1 for k in range(65)], "values": values}
            lines.append(json.dumps({"name": name, "kind": "histogram", "step": step, "json": json.dumps(histogram)}))
    for name, text in (("overview.json", json.dumps(overview)), ("diff.patch", patch),
                       ("system.jsonl", "".join(json.dumps({"time": 1_700_000_000_000 + 15_000 * k, "system.cpu": 40 + k % 7, "system.proc.memory.rssMB": 900 + k, "system.gpu.0.temp": 60 + k / 10}) + "\n" for k in range(120))),
                       ("requirements.txt", "numpy==2.1.0\ntorch==2.5.0\n"), ("details.jsonl", "\n".join(lines) + "\n")):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)


def make(home, case, count, steps=(40, 60)):
    count = {"zero": 0, "one": 1}.get(case, count)
    name = f"'{LONG}'" if case == "hostile" else f"'{case} {count}'"
    yaml = YAML.format(name=name, cap=max(10, count + 50))
    if case == "repeats":
        yaml += "repeat: 3\nresources: {gpus: 2}\nmetrics: {gap: val_loss - train_loss}\n"
    identifier = home_with_sweep(home, yaml)
    if count:
        fill(home, identifier, case, count, steps)
    return identifier


if __name__ == "__main__":
    print(make(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 30))
