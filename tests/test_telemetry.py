"""What /metrics shows."""

from __future__ import annotations

import os
import re
import time

import pytest
from api_support import ASK, NEW, QUESTION, serving

from embeddings.database import DATABASE
from qa.api.telemetry import Telemetry


def figure(text, name):
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found)


def stage_counts(client):
    text = client.get("/metrics").text
    return {
        stage: float(count)
        for stage, count in re.findall(r'menbe_stage_seconds_count{stage="(\w+)"} (\S+)', text)
    }


def test_only_the_stages_that_ran_are_counted(tmp_path):
    with serving(tmp_path) as client:
        client.get("/v1/search", params={"question": QUESTION})
        client.post("/v1/context", json=ASK)
        assert stage_counts(client) == {"encode": 2, "retrieve": 2, "total": 2}
        client.post("/v1/ask", json=ASK)
        assert stage_counts(client) == {"encode": 3, "retrieve": 3, "read": 1, "total": 3}
        client.post("/v1/ask", json={**ASK, "filters": {"sources": ["nobody"]}})
        assert stage_counts(client)["read"] == 1


def test_the_age_of_the_index_is_that_of_its_last_change(tmp_path):
    with serving(tmp_path) as client:
        then = time.time() - 1000
        for file in client.service.store.path.glob(f"{DATABASE}*"):
            os.utime(file, (then, then))
        assert 1000 <= figure(client.get("/metrics").text, "menbe_index_age_seconds") < 1060
        client.post("/v1/articles", json=NEW)
        assert 0 <= figure(client.get("/metrics").text, "menbe_index_age_seconds") < 60


def test_a_time_that_moves_on_without_a_change_does_not_count():
    telemetry = Telemetry()
    now = time.time()
    assert telemetry.index_age("1-a", lambda: now - 50) == pytest.approx(50, abs=5)
    assert telemetry.index_age("1-a", lambda: now) == pytest.approx(50, abs=5)
    assert telemetry.index_age("2-b", lambda: now - 7) == pytest.approx(7, abs=5)
    assert telemetry.index_age("3-c", lambda: now + 10_000) == pytest.approx(0, abs=5)
