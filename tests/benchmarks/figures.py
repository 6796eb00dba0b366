"""What a user waits for: a cold question, a warm one, indexing, and the memory that it takes.

    python tests/benchmarks/figures.py [--articles DIR] [--runs 5]

Prints a Markdown table with the machine, the command and the date. Nothing else should run
meanwhile; the load before the run is printed, so that a reader can tell.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
QUESTIONS = ROOT / "tests" / "testset" / "seeds.jsonl"

WARM = """
import json, statistics, sys, time
from pathlib import Path
from qa.service import Service
from qa.settings import load_settings
questions = [json.loads(line)["question"] for line in Path(sys.argv[2]).open(encoding="utf-8")]
with Service.open(load_settings(store=sys.argv[1])) as service:
    for question in questions[:5]:
        service.ask(question)
    taken = []
    for question in questions[5:105]:
        started = time.perf_counter()
        service.ask(question)
        taken.append((time.perf_counter() - started) * 1000)
taken.sort()
print(statistics.median(taken), taken[int(len(taken) * 0.95)])
"""


def timed(*words: object) -> float:
    started = time.perf_counter()
    subprocess.run([str(word) for word in words], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - started


def warm(store: Path) -> tuple[float, float]:
    """Median and 95th percentile of a warm ask, milliseconds."""
    ran = subprocess.run(
        [sys.executable, "-c", WARM, str(store), str(QUESTIONS)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    median, high = map(float, ran.stdout.split())
    return median, high


def indexed(articles: list[Path], store: Path) -> tuple[dict[str, float], float]:
    """The report of `qa index --json`, and the peak resident memory of its process in MB."""
    ran = subprocess.run(
        [sys.executable, "-m", "qa.cli", "index", "--json", "--store", store, *articles],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return json.loads(ran.stdout), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, nargs="*", help="folders of a larger corpus")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "seeds"
        if given.articles:
            report, peak = indexed(given.articles, Path(folder) / "large")
            rate = report["chunks"] / report["seconds"]
            what = f"{report['added']} articles, {report['chunks']} chunks"
            rows.append((f"indexing {what}", f"{rate:.1f} chunks/s, peak {peak:.0f} MB"))
            median, high = warm(Path(folder) / "large")
            rows.append(("warm ask over them", f"p50 {median:.0f} ms, p95 {high:.0f} ms"))
        indexed([SEEDS], store)
        cold = [
            timed(sys.executable, "-m", "qa.cli", "ask", "Who chaired CICA?", "--store", store)
            for _ in range(given.runs)
        ]
        rows.append(("`qa ask` from cold", f"median {statistics.median(cold):.2f} s"))
        median, high = warm(store)
        rows.append(("warm ask over the seeds", f"p50 {median:.0f} ms, p95 {high:.0f} ms"))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"load {load:.1f} before, {datetime.now(UTC):%Y-%m-%d}:", " ".join(sys.argv), "\n")
    print("| what | measured |\n|---|---|")
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
