"""Loads a running server with wrk and holds it to the figures it promises.

    qa serve --port 8080 &
    python tests/benchmarks/load.py http://127.0.0.1:8080 [--seconds 60] [--soak 300] [--json OUT]

Prints: the first event of a streamed ask; p50 with one client; p95 with 16 and its ratio to that
p50; replies that were neither 200 nor an honest 429 or 503; how soon articles added during the
load were answerable; and the server's memory over the soak. Exits 1 when a limit is broken.
The server must have articles, and a key-less loopback address; what is added is deleted again.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

HERE = Path(__file__).parent
CLIENTS = 16
QUESTIONS = (
    "Who chaired the informal CICA meeting that Bayramov attended?",
    "Who is the Secretary General of the OSCE?",
    "When did the ministers meet in New York?",
    "Which country will host COP29?",
    "Кто является генеральным секретарём ОБСЕ?",
    "С кем встретился министр иностранных дел Азербайджана?",
    "Когда была основана компания?",
    "Кто стал президентом?",
    "Bayramov hansı ölkənin xarici işlər naziri Ruslan Kazakbayevlə görüşüb?",
    "COP29 harada keçiriləcək?",
    "COP29 hangi tarihlerde yapılacak?",
    "Dışişleri bakanı kiminle görüştü?",
)


def wrk(url: str, *, clients: int, seconds: float) -> dict[str, float]:
    """One run of wrk: its counts and latencies."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(QUESTIONS) + "\n")
        file.flush()
        command = ["wrk", f"-t{min(clients, 2)}", f"-c{clients}", f"-d{seconds:.0f}s"]
        command += ["--timeout", "30s", "-s", str(HERE / "load.lua"), url, "--", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def first_event_ms(client: httpx.Client) -> float:
    """Median time to the first event of a streamed ask."""
    times = []
    for question in QUESTIONS * 2:
        started = time.perf_counter()
        asked = {"question": question, "stream": True}
        with client.stream("POST", "/v1/ask", json=asked) as response:
            pieces = response.iter_raw()
            next(pieces)
            times.append((time.perf_counter() - started) * 1000)
            for _ in pieces:
                pass
    return statistics.median(times)


def memory_mib(client: httpx.Client) -> float:
    """The server's resident memory."""
    text = client.get("/metrics").text
    found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) / 2**20 if found else float("nan")


def add_while(client: httpx.Client, stop: threading.Event, waits: list[float]) -> None:
    """Add an article every other second and note how long it takes to be found."""
    number = 0
    while not stop.wait(2.0):
        number += 1
        name = f"Zarifbek{number}"
        article = {"id": f"load-{number}", "text": f"The lighthouse was painted by {name}."}
        while client.post("/v1/articles", json=article).status_code not in (200, 201):
            time.sleep(0.5)
        started = time.perf_counter()
        while time.perf_counter() - started < 30:
            reply = client.post(
                "/v1/search", json={"question": f"lighthouse painted by {name}", "top_k": 20}
            )
            found = reply.json().get("passages", []) if reply.status_code == 200 else []
            if any(passage["article_id"] == article["id"] for passage in found):
                break
            time.sleep(0.05)
        waits.append(time.perf_counter() - started)
    for n in range(1, number + 1):
        client.delete(f"/v1/articles/load-{n}")


def measure(url: str, *, seconds: float, soak: float) -> dict[str, float]:
    """Every figure."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        wrk(url, clients=1, seconds=3)  # warm
        figures = {"first_event_ms": first_event_ms(client)}
        single = wrk(url, clients=1, seconds=max(seconds / 4, 5))
        if not single["ok"]:
            raise SystemExit("no question was answered in time; is anything else running here?")
        figures["single_p50_ms"] = single["p50_ms"]
        stop, waits = threading.Event(), []
        adding = threading.Thread(target=add_while, args=(client, stop, waits))
        adding.start()
        loaded = wrk(url, clients=CLIENTS, seconds=seconds)
        stop.set()
        adding.join()
        figures |= {f"load_{name}": value for name, value in loaded.items()}
        figures["p95_to_single_p50"] = loaded["p95_ms"] / single["p50_ms"]
        figures["answerable_after_s"] = max(waits, default=0.0)
        figures["articles_added"] = len(waits)
        if soak:
            wrk(url, clients=CLIENTS, seconds=soak / 5)
            early = memory_mib(client)
            wrk(url, clients=CLIENTS, seconds=soak * 4 / 5)
            figures["memory_early_mib"], figures["memory_late_mib"] = early, memory_mib(client)
        figures["bad"] = single["bad"] + loaded["bad"] + loaded["socket_errors"]
    return figures


def broken(figures: dict[str, float]) -> list[str]:
    """The limits that do not hold."""
    late, early = figures.get("memory_late_mib", 1.0), figures.get("memory_early_mib", 1.0)
    limits = {
        "no reply but 200 and honest 429 or 503": figures["bad"] == 0,
        "p95 with 16 clients under 12 times p50 with one": figures["p95_to_single_p50"] < 12,
        "first event of a stream within 60 ms": figures["first_event_ms"] <= 60,
        "added articles answerable within 5 s": figures["answerable_after_s"] <= 5,
        "memory within 10 %": late <= early * 1.1,
    }
    return [name for name, holds in limits.items() if not holds]


def main() -> int:
    """Measure, print, judge."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("url")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--soak", type=float, default=0, help="seconds; 300 for the promise")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    figures = measure(given.url, seconds=given.seconds, soak=given.soak)
    for name, value in figures.items():
        print(f"{name:24} {value:12.2f}")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    failures = broken(figures)
    for name in failures:
        print(f"does not hold: {name}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
