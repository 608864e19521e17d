"""How long one suggestion takes and how much memory it needs, for an engine that speaks the suite's line protocol.

Usage: search_latency.py FOLDER_OF_THE_SUITE LABEL COMMAND [N,N,…]. Ten numbers, Hartmann-6 over six of them at random points, as the suite's latency.py, but the trials
before are told (`{"op":"tell","params":…}`) and not asked for. Writes lines like its to $BENCH_RESULTS/latency.jsonl, with `cpu` (the median of 40, on whatever else the
machine does it depends little), `cpu_max` and `memory` (the most, in MB) besides."""
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

suite, label, command = sys.argv[1:4]
counts = [int(n) for n in (sys.argv[4] if len(sys.argv) > 4 else "50,100,200,500,1000,5000,100000").split(",")]
sys.path.insert(0, suite)
import numpy as np  # noqa: E402
import tasks  # noqa: E402

NAMES = [f"x{index}" for index in range(10)]
ASKS = 40


def value(point):
    return float(tasks.hart6(np.array([point[name] for name in NAMES])[:6]))


def cpu(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def threads(pid):
    return sum(cpu(f"{pid}/task/{thread}") for thread in os.listdir(f"/proc/{pid}/task"))


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def measure(count):
    rng = np.random.default_rng(count)
    folder = tempfile.mkdtemp(prefix="latency")
    path = os.path.join(folder, "sweep.yaml")
    with open(path, "w") as file:
        json.dump({"method": "bayes", "metric": {"name": "value", "goal": "minimize"}, "seed": 0,
                   "parameters": {name: {"min": 0.0, "max": 1.0} for name in NAMES}}, file)
    with subprocess.Popen(shlex.split(command) + [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
        def say(message):
            engine.stdin.write(json.dumps(message) + "\n")

        for row in rng.random((count, 10)):
            point = dict(zip(NAMES, map(float, row)))
            say({"op": "tell", "params": point, "value": value(point)})
        walls, cpus = [], []
        for _ in range(ASKS + 1):
            began, used = time.perf_counter(), threads(engine.pid)
            say({"op": "ask"})
            engine.stdin.flush()
            answer = json.loads(engine.stdout.readline())
            walls.append(time.perf_counter() - began)
            cpus.append(threads(engine.pid) - used)
            say({"op": "tell", "id": answer["id"], "value": value(answer["params"])})
        most = memory(engine.pid)
        engine.stdin.close()
    # The first one also reads what was told.
    return {"peer": label, "n": count, "median": float(np.median(walls[1:])), "max": max(walls[1:]), "first": walls[0],
            "cpu": float(np.median(cpus[1:])), "cpu_max": max(cpus[1:]), "memory": most, "reps": ASKS}


for count in counts:
    row = measure(count)
    print(row, flush=True)
    with open(os.path.join(tasks.RESULTS, "latency.jsonl"), "a") as file:
        file.write(json.dumps(row) + "\n")
