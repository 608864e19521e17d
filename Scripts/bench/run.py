"""Measures the built programs from outside; Scripts/bench/run calls it. Usage: run.py FOLDER_OF_PROGRAMS SWEEPBENCH [--quick]"""

import json
import math
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.argv[1]).resolve()
SWEEP_BENCH = Path(sys.argv[2]).resolve()
TENTH = 10 if "--quick" in sys.argv[3:] else 1

# A trial that does nothing but leave its id, start and end, in nanoseconds of the machine's monotonic clock.
NOOP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
int main(int count, char **arguments) {
    long long start = now();
    const char *trial = getenv("SWEEP_TRIAL_ID");
    char line[100];
    int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
    int length = snprintf(line, sizeof line, "%.40s %lld %lld\n", trial ? trial : "-", start, now());
    return write(file, line, length) != length;
}
"""


class Home:
    """A controller in a folder of its own on the project's disk, and the programs that speak with it."""

    def __init__(self, folder):
        self.path = folder
        self.environment = {**os.environ, "SWEEP_HOME": str(folder), "NO_COLOR": "1"}
        self.controller = None

    def start(self):
        log = open(self.path / "bench.log", "ab")
        self.controller = subprocess.Popen(
            [PROGRAMS / "sweep", "controller", "--port", "0"], env=self.environment, cwd=self.path,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        wait_for(lambda: (self.path / "controller.json").exists(), "the controller to listen", 30, self.controller)

    def stop(self):
        if self.controller and self.controller.poll() is None:
            self.controller.send_signal(signal.SIGTERM)
            try:
                self.controller.wait(30)
            except subprocess.TimeoutExpired:
                self.controller.kill()
                self.controller.wait()

    def sweep(self, *arguments):
        done = subprocess.run(
            [PROGRAMS / "sweep", *arguments], env=self.environment, cwd=self.path, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )
        if done.returncode != 0:
            sys.exit(f"error: sweep {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout


def wait_for(condition, what, seconds, process=None):
    deadline = time.monotonic() + seconds
    while not condition():
        if process and process.poll() is not None:
            sys.exit(f"error: the process ended with {process.returncode} before {what}")
        if time.monotonic() > deadline:
            sys.exit(f"error: waited {seconds} s for {what}")
        time.sleep(0.02)


def resident_megabytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError("no VmRSS")


def sync_milliseconds(folder):
    """The median time of an fdatasync after 4 KiB more in a file, as a commit of the database makes it."""
    times = []
    with open(folder / "sync", "wb", buffering=0) as file:
        for _ in range(200):
            file.write(os.urandom(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    os.unlink(folder / "sync")
    return statistics.median(times)


def seconds_of(home, times, *arguments):
    """The median wall time of a `sweep` command, its output read by a pipe."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        home.sweep(*arguments)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def idle_gaps(folder, trials):
    """Milliseconds between the end of one trial's process and the start of the next on the same slot; the agent's memory."""
    (folder / "noop.c").write_text(NOOP)
    compiler = shutil.which("cc") or shutil.which("clang") or sys.exit("error: no C compiler")
    subprocess.run([compiler, "-O2", "-o", folder / "noop", folder / "noop.c"], check=True)
    times = folder / "times"
    (folder / "noop.yaml").write_text(
        f"method: random\nrun_cap: {trials}\ncommand: ['{folder}/noop', '{times}']\n"
        "parameters: {x: {min: 0.0, max: 1.0}}\n"
    )
    home = Home(folder)
    home.start()
    try:
        agent = subprocess.Popen(
            [PROGRAMS / "agent", "--slots", "2"], env=home.environment, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=open(folder / "agent.log", "ab"), stderr=subprocess.STDOUT,
        )
        try:
            home.sweep("create", "noop.yaml")
            wait_for(
                lambda: times.exists() and times.read_bytes().count(b"\n") >= trials, f"{trials} no-op trials", 300, agent
            )
            memory = resident_megabytes(agent.pid)
            wait_for(lambda: json.loads(home.sweep("show", "--json"))["sweep"]["state"] == "finished", "the end", 30)
            slot_of = {trial["id"]: trial["slot"] for trial in json.loads(home.sweep("trials", "--json"))["trials"]}
        finally:
            agent.kill()
            agent.wait()
    finally:
        home.stop()
    slots = {}
    for line in times.read_text().splitlines():
        trial, start, end = line.split()
        slots.setdefault(slot_of[trial], []).append((int(start), int(end)))
    gaps = []
    for runs in slots.values():
        runs.sort()
        gaps += [(after[0] - before[1]) / 1e6 for before, after in zip(runs, runs[1:])]
    if len(slots) != 2:
        sys.exit(f"error: trials ran on {len(slots)} slots instead of 2: {sorted(slots)}")
    return gaps, memory


# A trial that logs a point a millisecond, ten at a time, to the metrics file.
LOGGER = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(int count, char **arguments) {
    int points = atoi(arguments[1]);
    FILE *file = fopen(getenv("SWEEP_METRICS_FILE"), "a");
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int step = 0; step < points; step++) {
        fprintf(file, "{\"step\": %d, \"loss\": %.4f}\n", step, 1.0 / (step % 1000 + 1));
        if (step % 10 == 9) {
            fflush(file);
            next.tv_nsec += 10000000;
            if (next.tv_nsec >= 1000000000) next.tv_nsec -= 1000000000, next.tv_sec++;
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        }
    }
    return fclose(file) != 0;
}
"""


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ingest(folder, trials, seconds):
    """`trials` at once, each logging 1,000 points a second: trials with a point lost, CPU seconds of agent and controller."""
    (folder / "logger.c").write_text(LOGGER)
    compiler = shutil.which("cc") or shutil.which("clang") or sys.exit("error: no C compiler")
    subprocess.run([compiler, "-O2", "-o", folder / "logger", folder / "logger.c"], check=True)
    (folder / "ingest.yaml").write_text(
        f"method: random\nrun_cap: {trials}\nmetric: {{name: loss}}\n"
        f"command: ['{folder}/logger', '{1000 * seconds}']\nparameters: {{x: {{min: 0.0, max: 1.0}}}}\n"
    )
    home = Home(folder)
    home.start()
    try:
        with open(folder / "agent.log", "ab") as log:
            agent = subprocess.Popen(
                [PROGRAMS / "agent", "--slots", str(trials)], env=home.environment, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
        try:
            before = cpu_seconds(agent.pid), cpu_seconds(home.controller.pid)
            home.sweep("create", "ingest.yaml")
            deadline = time.monotonic() + 20 * seconds + 120
            while json.loads(home.sweep("show", "--json"))["sweep"]["state"] != "finished":
                if time.monotonic() > deadline:
                    sys.exit("error: the trials that log do not end")
                time.sleep(1)
            used = cpu_seconds(agent.pid) - before[0], cpu_seconds(home.controller.pid) - before[1]
        finally:
            agent.kill()
            agent.wait()
        whole = home.sweep(
            "query", "-o", "csv",
            "SELECT count(*) FROM (SELECT trial, count(*) AS n, sum(step) AS s, min(step) AS a, max(step) AS b "
            f"FROM points GROUP BY trial HAVING n = {1000 * seconds} AND a = 0 AND b = n - 1 AND s = n * b / 2)",
        ).split()[1]
        return trials - int(whole), used
    finally:
        home.stop()


# A training of a fixed amount of work a step, that logs a point a step: to the file that is named, or where Sweep reads it.
# It leaves how long its loop took.
TRAINER = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(int count, char **arguments) {
    int points = atoi(arguments[1]);
    FILE *file = fopen(arguments[2][0] == '/' ? arguments[2] : getenv("SWEEP_METRICS_FILE"), "a");
    struct timespec begin, end;
    volatile double weight = 1.0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int step = 0; step < points; step++) {
        for (int k = 0; k < 3000; k++) weight = weight * 0.999999 + 1e-6;
        fprintf(file, "{\"step\": %d, \"loss\": %.6f}\n", step, weight / (step % 1000 + 1));
    }
    fflush(file);
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *times = fopen(arguments[3], "a");
    fprintf(times, "%s %.6f\n", arguments[2], end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9);
    return fclose(times) != 0;
}
"""


def overhead(folder, points, times):
    """How much longer a loop of `points` logged points takes than with logging to /dev/null, in percent: to a file that nobody
    reads, and to where Sweep reads it; all under `agent`."""
    (folder / "trainer.c").write_text(TRAINER)
    compiler = shutil.which("cc") or shutil.which("clang") or sys.exit("error: no C compiler")
    subprocess.run([compiler, "-O2", "-o", folder / "trainer", folder / "trainer.c"], check=True)
    (folder / "trainer.yaml").write_text(
        f"method: grid\ncommand: ['{folder}/trainer', '{points}', '${{to}}', '{folder}/times']\n"
        f"parameters: {{again: {{values: {list(range(times))}}}, to: {{values: [/dev/null, {folder}/plain, sweep]}}}}\n"
    )
    home = Home(folder)
    home.start()
    try:
        home.sweep("run", "trainer.yaml", "--slots", "1")
    finally:
        home.stop()
    taken = {}
    for line in (folder / "times").read_text().splitlines():
        to, seconds = line.split()
        taken.setdefault(to, []).append(float(seconds))

    def longer(to):
        # Each with the one beside it: what else the machine does changes slowly.
        return 100 * (statistics.median(a / b for a, b in zip(taken[to], taken["/dev/null"])) - 1)

    return longer(f"{folder}/plain"), longer("sweep")


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def wandb_file(path, megabytes):
    """A run file as wandb writes it: a LevelDB log of protobuf records, twenty metrics a step."""
    out = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))

    def append(record):
        kind, rest = 1, record
        while True:
            room = 32768 - len(out) % 32768
            if room < 7:
                out.extend(bytes(room))
                room = 32768
            piece, rest = rest[: room - 7], rest[room - 7 :]
            kind = (1 if kind == 1 and not rest else 2 if kind == 1 else 4 if not rest else 3)
            out.extend(struct.pack("<IHB", zlib.crc32(bytes([kind]) + piece), len(piece), kind) + piece)
            if not rest:
                return

    names = [f"train/metric_{index}".encode() for index in range(20)]
    step = 0
    while len(out) < megabytes * 1_000_000:
        items = b"".join(
            field(1, field(2, name) + field(16, repr(math.sin(step * 0.001 + index)).encode()))
            for index, name in enumerate(names)
        )
        append(varint(1 << 3) + varint(step + 1) + field(2, items + field(2, varint(1 << 3) + varint(step))))
        step += 1
    path.write_bytes(out)


def crc32c_masked(data, table=[]):
    if not table:
        for index in range(256):
            value = index
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
            table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tensorboard_file(path, megabytes):
    """An event file of scalars (`simple_value`), four tags; the same two thousand events again and again."""
    def event(step):
        tag = (b"loss/train", b"loss/validation", b"accuracy", b"learning_rate")[step % 4]
        value = field(1, tag) + varint(2 << 3 | 5) + struct.pack("<f", math.sin(step))
        body = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9 + step) + varint(2 << 3) + varint(step) + field(5, field(1, value))
        head = struct.pack("<Q", len(body))
        return head + struct.pack("<I", crc32c_masked(head)) + body + struct.pack("<I", crc32c_masked(body))

    block = b"".join(event(step) for step in range(2000))
    path.write_bytes(block * (megabytes * 1_000_000 // len(block) + 1))


def bench(*arguments):
    done = subprocess.run([SWEEP_BENCH, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: SweepBench {' '.join(map(str, arguments))}:\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    rows = []

    def row(what, value, unit, limit, good):
        """`good` says whether the value is; the limit is shown as it is."""
        rows.append((what, value, unit, limit, "ok" if good else "MISSED"))
        print(f"  {what}: {value} {unit}", file=sys.stderr)

    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".build") as scratch:
        scratch = Path(scratch)
        gap_folder, slots_folder = scratch / "gap", scratch / "slots"
        gap_folder.mkdir()
        slots_folder.mkdir()

        sync = sync_milliseconds(scratch)
        gaps, agent_memory = idle_gaps(gap_folder, 2000 // TENTH)
        sync = statistics.mean([sync, sync_milliseconds(scratch)])
        # On a disk where a sync takes longer than half a millisecond, no more than three of them count.
        median_limit = 5.0 if sync <= 0.5 else 4 + 3 * sync
        p95_limit = max(20.0, 4 * median_limit)
        gaps.sort()
        median, p95 = statistics.median(gaps), gaps[int(len(gaps) * 0.95)]
        row("one fdatasync of the disk (median)", f"{sync:.2f}", "ms", "", True)
        row("idle gap of a slot, median", f"{median:.2f}", "ms", f"<= {median_limit:.1f}", median <= median_limit)
        row("idle gap of a slot, p95", f"{p95:.2f}", "ms", f"<= {p95_limit:.1f}", p95 <= p95_limit)
        row("idle gap of a slot, longest", f"{gaps[-1]:.2f}", "ms", "", True)
        row("agent's memory after these trials", f"{agent_memory:.1f}", "MB", "< 30", agent_memory < 30)

        engine = bench("engine", "--trials", 200_000 // TENTH)
        row("engine alone", f"{engine['rate']:,.0f}", "trials/s", ">= 50,000", engine["rate"] >= 50_000)

        home = Home(slots_folder)
        home.start()
        try:
            many = bench("slots", "--home", slots_folder, "--slots", 100, "--trials", 10_000 // TENTH)
            row("controller, 100 slots over TCP", f"{many['rate']:,.0f}", "trials/s", ">= 2,000", many["rate"] >= 2000)
            memory = resident_megabytes(home.controller.pid)
            row("controller's memory after these", f"{memory:.1f}", "MB", "< 60", memory < 60)
            home.stop()
            home.start()
            memory = resident_megabytes(home.controller.pid)
            row("the same, started anew", f"{memory:.1f}", "MB", "< 60", memory < 60)
            board = seconds_of(home, 7, "leaderboard", many["sweep"])
            row(f"sweep leaderboard, {many['trials']:,} trials", f"{board:.3f}", "s", "< 0.3", board < 0.3)
        finally:
            home.stop()
        long_run = bench("points", "--file", scratch / "points.db", "--points", 1_000_000 // TENTH)
        size = long_run["bytes_per_point"]
        row(f"a run of {long_run['points']:,} points", f"{size:.2f}", "B/point", "<= 16", size <= 16)
        view, export = long_run["view_milliseconds"], long_run["export_seconds"]
        row("500-point view of its longest metric", f"{view:.1f}", "ms", "< 50", view < 50)
        row("full export of it", f"{export:.2f}", "s", "< 2", export < 2)

        ingest_folder = scratch / "ingest"
        ingest_folder.mkdir()
        seconds, trials = (10, 100) if TENTH == 1 else (3, 10)
        lost, (agent_cpu, controller_cpu) = ingest(ingest_folder, trials, seconds)
        row(f"{trials} trials, 1,000 points/s each: trials with a point lost", lost, "", "0", lost == 0)
        share = 100 * agent_cpu / (trials * seconds)
        row("agent's CPU for 1,000 points/s", f"{share:.2f}", "% core", "<= 1", share <= 1)
        row("controller's CPU for the same", f"{100 * controller_cpu / (trials * seconds):.2f}", "% core", "", True)
        logging = scratch / "overhead"
        logging.mkdir()
        plain, longer = overhead(logging, 1_000_000 // TENTH, 5)
        row(f"a loop of {1_000_000 // TENTH:,} logged points takes longer by", f"{longer:.2f}", "%", "<= 1", longer <= 1)
        row("the same with a file that nobody reads", f"{plain:.2f}", "%", "", True)
        for what, name, write in (
            (".wandb", "run-bench.wandb", wandb_file),
            ("TensorBoard", "events.out.tfevents.1700000000.bench", tensorboard_file),
        ):
            write(scratch / name, 32 // min(TENTH, 4))
            speed = bench("parse", scratch / name)["megabytes_per_second"]
            row(f"reading a {what} file", f"{speed:.0f}", "MB/s", ">= 100", speed >= 100)
        usage = seconds_of(home, 20, "--help") * 1000
        row("sweep --help", f"{usage:.1f}", "ms", "< 50", usage < 50)

    width = max(len(row[0]) for row in rows)
    print(f"{'':{width}}  {'measured':>18}  {'wanted':>10}")
    for what, value, unit, limit, verdict in rows:
        print(f"{what:{width}}  {value:>9} {unit:8}  {limit:>10}  {verdict if limit else ''}".rstrip())
    return any(row[4] == "MISSED" for row in rows)


sys.exit(main())
