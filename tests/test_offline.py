"""After the install nothing is fetched: index, ask and eval run with the network taken away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SEEDS

# Any attempt to leave the machine ends the process, also where the library would swallow an error.
GUARD = """
import os, socket, sys

def refuse(*args, **kwargs):
    sys.stderr.write(f"network used: {args[1:]!r}\\n")
    sys.stderr.flush()
    os._exit(99)

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.socket.sendto = refuse
socket.getaddrinfo = lambda *args, **kwargs: refuse(None, *args)
"""


def cut_off() -> list[str]:
    """A command prefix that gives a process no network at all, where the system allows it."""
    if shutil.which("unshare") is None:
        return []
    prefix = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else []


@pytest.fixture
def qa(tmp_path, monkeypatch):
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path / 'guard'}{os.pathsep}{Path(__file__).parent.parent}",
    }

    def run(*words):
        return subprocess.run(
            [*cut_off(), sys.executable, "-m", "qa.cli", *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_guard_bites(tmp_path, qa):
    script = "import urllib.request; urllib.request.urlopen('http://192.0.2.1')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "guard")}
    tried = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert tried.returncode == 99


@pytest.mark.real
def test_index_ask_and_eval_need_no_network(tmp_path, qa):
    store = tmp_path / "store"
    indexed = qa("index", SEEDS, "--store", store)
    assert (indexed.returncode, indexed.stderr) == (0, "")
    asked = qa("ask", "ATƏT Baş katibi kimdir?", "--store", store, "--json")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert json.loads(asked.stdout)["passages"]
    test_set = Path(__file__).parent / "testset" / "seeds.jsonl"
    measured = qa("eval", test_set, "--store", store, "--limit", "4", "--json", tmp_path / "o.json")
    assert (measured.returncode, measured.stderr) == (0, "")
    assert json.loads((tmp_path / "o.json").read_text())["n"] == 4
