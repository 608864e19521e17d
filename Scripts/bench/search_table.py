"""Writes the comparison of the search engines as a page. Usage: search_table.py FOLDER_OF_THE_SUITE PAGE.md

The figures are those of the suite's own report.py, over its stored peers and the runs in $BENCH_RESULTS."""
import datetime
import json
import sys

suite, page = sys.argv[1:3]
sys.path.insert(0, suite)
import report  # noqa: E402
import tasks  # noqa: E402


def black_box(runs, names, workers):
    """A row for each peer that did all tasks, by budget: geometric-mean NR, mean rank."""
    peers = sorted({key[0] for key in runs if key[1] == workers and not key[0].startswith("gpx_")})
    cells, seeds = {}, {}
    for budget in (25, 50, 100, 200):
        for row in report.table(runs, names, peers, budget, workers, nb=1):
            cells.setdefault(row["peer"], {})[budget] = f"{row['gnr']:.3f} ({row['rank']:.1f})"
            seeds.setdefault(row["peer"], set()).update(row["seeds"])
    order = sorted(cells, key=lambda peer: [cells[peer].get(budget, "9") for budget in (50, 25, 100, 200)])
    lines = ["| Engine | Seeds | 25 trials | 50 | 100 | 200 |", "|---|---|---|---|---|---|"]
    for peer in order:
        row = " | ".join(cells[peer].get(budget, "-") for budget in (25, 50, 100, 200))
        lines.append(f"| {peer} | {span(seeds[peer])} | {row} |")
    return lines


def span(counts):
    return str(min(counts)) if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"


def against_random(runs, names):
    """The mean NR on each task beside random search's, whose points do not depend on the number of workers."""
    def mean(peer, workers, task, budget):
        values = [nr[budget - 1] for (p, w, t, _), nr in runs.items()
                  if (p, w, t) == (peer, workers, task) and len(nr) >= budget]
        return sum(values) / len(values) if values else None

    budgets, columns = (25, 50, 100, 200), (("random", 1), ("sweep", 1), ("sweep", 8))
    lines = ["| Task | " + " | ".join(f"{budget} trials" for budget in budgets) + " |", "|---" * (len(budgets) + 1) + "|"]
    worse = 0
    for task in names:
        cells = []
        for budget in budgets:
            values = [mean(peer, workers, task, budget) for peer, workers in columns]
            worse += sum(values[0] is not None and value is not None and value >= values[0] for value in values[1:])
            cells.append(", ".join("-" if value is None else f"{value:.3g}" for value in values))
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    return [f"Mean NR of `random`, of `sweep` with one worker, with eight; not better than random search in {worse} cells.", ""] + lines


def per_task(runs, names, workers, budget):
    """The mean NR of this program's engines on each task, beside the best peer's."""
    own = sorted({key[0] for key in runs if key[0].startswith("sweep") and key[1] == workers})
    if not own:
        return []

    def mean(peer, task):
        values = [nr[budget - 1] for (p, w, t, _), nr in runs.items()
                  if (p, w, t) == (peer, workers, task) and len(nr) >= budget]
        return sum(values) / len(values) if values else None

    others = sorted({key[0] for key in runs if key[1] == workers} - set(own))
    lines = ["| Task | " + " | ".join(own) + " | Best peer |", "|---" * (len(own) + 2) + "|"]
    for task in names:
        best = min(((value, peer) for peer in others if (value := mean(peer, task)) is not None), default=None)
        cells = [f"{value:.3g}" if (value := mean(peer, task)) is not None else "-" for peer in own]
        lines.append(f"| {task} | " + " | ".join(cells) + f" | {f'{best[0]:.3g} ({best[1]})' if best else '-'} |")
    return lines


def fidelity():
    _, rows = report.mf_tables()
    marks = sorted({row["mult"] for row in rows})
    cells = {}
    for row in rows:
        cells.setdefault(row["method"], {})[row["mult"]] = f"{row['gnr']:.3f} ({row['rank']:.1f})"
    lines = ["| Method | " + " | ".join(f"{mark} × R" for mark in marks) + " |", "|---" * (len(marks) + 1) + "|"]
    for method in sorted(cells, key=lambda method: cells[method].get(10, "9")):
        lines.append(f"| {method} | " + " | ".join(cells[method].get(mark, "-") for mark in marks) + " |")
    return lines


def fidelity_seeds():
    """How many seeds of each task this program's engines ran."""
    counts = {}
    for file in report.files("mf_sweep*.jsonl"):
        for row in map(json.loads, open(file)):
            counts.setdefault(row["peer"], {}).setdefault(row["task"], set()).add(row["seed"])
    return ", ".join(f"`{peer}` {span([len(seeds) for seeds in by_task.values()])} seeds" for peer, by_task in sorted(counts.items()))


def latency():
    median, own = {}, {}
    for file in report.files("latency.jsonl"):
        for row in map(json.loads, open(file)):
            if "median" in row:
                median.setdefault(row["peer"], {})[row["n"]] = row.get("cpu", row["median"])
            if "cpu" in row:
                own.setdefault(row["peer"], {})[row["n"]] = row
    counts = sorted({count for row in median.values() for count in row})
    lines = ["| Engine | " + " | ".join(f"n = {count}" for count in counts) + " |", "|---" * (len(counts) + 1) + "|"]
    for peer in sorted(median, key=lambda peer: median[peer].get(200, 1e9)):
        cells = [f"{1000 * median[peer][count]:.3g} ms" if count in median[peer] else "-" for count in counts]
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    for peer, rows in sorted(own.items()):
        lines += ["", f"Of `{peer}` it is processor time (`search_latency.py`), of the others elapsed time on an idle machine. Of 40 suggestions:", "",
                  "| n | median | longest | first, with all that was told | most memory |", "|---|---|---|---|---|"]
        for count, row in sorted(rows.items()):
            lines.append(f"| {count:,} | {1000 * row['cpu']:.3g} ms | {1000 * row['cpu_max']:.3g} ms | {1000 * row['first']:,.0f} ms | {row['memory']:.0f} MB |")
    return lines


def main():
    runs = report.load()
    lines = [
        "# The search engine against the others", "",
        "What `Scripts/bench/search` measured, with the stored runs of the other engines beside.", "",
        "## Overview", "",
        f"Made on {datetime.date.today()} by `Scripts/bench/search`; the page is written by it, so change nothing here "
        "by hand. NR: 1 is random search with 100 trials, 0 the optimum; each cell is the geometric mean over tasks and "
        "seeds (floor 0.001) with the mean rank among the engines of its column in brackets. Engines with one or two "
        "seeds are uncertain by a factor of two.", "",
        "`sweep` is `method: bayes` over the line protocol of `sweep ask-tell`, with the suite's sweep files: `runner.py "
        "--tasks core`, with one worker and with `--workers 8`, and `mf.py --tasks all --mult 40`; `sweep+resume` is the "
        "latter with trials that pause and go on (`search_resume.py`). `auto` makes the same suggestions up to 2,000 trials. "
        "With early stopping: " + fidelity_seeds() + "; the other engines have the suite's own numbers of seeds.",
    ]
    for title, names in (("eight tasks, which every engine did", tasks.MINI), ("thirteen tasks", tasks.CORE)):
        for workers, how in ((1, "one trial at a time"), (8, "eight workers")):
            lines += ["", f"## Black box, {title}, {how}", ""] + black_box(runs, names, workers)
    lines += ["", "## Mean NR by task, 100 trials, one at a time", ""] + per_task(runs, tasks.CORE, 1, 100)
    lines += ["", "## Against random search, by task", ""] + against_random(runs, tasks.CORE)
    lines += ["", "## With early stopping, by epochs in units of a full training", ""] + fidelity()
    lines += ["", "## Time of one suggestion, ten dimensions, one core", ""] + latency()
    with open(page, "w") as file:
        file.write("\n".join(lines) + "\n")
    print("wrote", page)


if __name__ == "__main__":
    main()
