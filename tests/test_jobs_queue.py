"""What waits in the queue of uploads, and short uploads, which do not."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest
from api_support import NEW, problem, serving
from jobs_support import records

from qa.api.jobs import JobsFullError


class Record(dict):
    """A record whose end can be seen."""


def test_waiting_jobs_are_on_disk_and_not_in_memory(start):
    process = start()
    process.hold()
    held = [Record(one) for one in records(20)]
    seen = [weakref.ref(one) for one in held]
    ids = [process.jobs.submit(held).id for _ in range(3)]
    del held
    process.began.wait(10)
    gc.collect()
    assert not any(one() for one in seen)
    assert [process.jobs.get(one).state for one in ids] == ["running", "queued", "queued"]
    process.jobs.stop()
    process.free.set()
    process.jobs.close()
    again = start()
    again.hold()
    assert again.jobs.resume() == 3
    again.began.wait(10)
    assert [again.jobs.get(one).state for one in ids] == ["running", "queued", "queued"]
    again.free.set()
    assert [again.over(one).state for one in ids] == ["done"] * 3


def test_deletions_go_on_while_as_many_jobs_wait_as_may(start):
    process = start(limit=2)
    process.put("a", "A.")
    process.hold()
    for _ in range(2):
        process.jobs.submit(records(20))
    with pytest.raises(JobsFullError):
        process.jobs.now(records(1))
    process.free.set()
    assert process.delete("a") == "A."


def test_a_close_waits_only_so_long(start):
    process = start()
    process.hold()
    process.jobs.submit(records(20))
    process.began.wait(10)
    began = time.monotonic()
    assert process.jobs.close(0.2) is False
    assert time.monotonic() - began < 2
    process.free.set()
    with pytest.raises(JobsFullError):
        process.jobs.now(records(1)).result(1)


def test_the_same_text_twice_in_one_upload_is_one_article(tmp_path):
    with serving(tmp_path) as client:
        twice = {"articles": [{"text": "Only a text."}, {"text": "Only a text."}]}
        reply = client.post("/v1/articles", json=twice).json()
        assert (reply["added"], reply["changed"], reply["unchanged"]) == (1, 0, 1)
        assert len(reply["ids"]) == 1
        headers = {"prefer": "respond-async"}
        twice["articles"] *= 20
        job = client.post("/v1/articles", json=twice, headers=headers).json()
        while (job := client.get(f"/v1/jobs/{job['id']}").json())["state"] != "done":
            time.sleep(0.01)
        assert (job["result"]["unchanged"], job["result"]["ids"]) == (40, reply["ids"])


def test_an_upload_or_a_deletion_that_takes_too_long_is_a_503(tmp_path):
    with serving(tmp_path, request_timeout_s=0.2) as client:
        release = threading.Event()
        jobs = client.app.state.shared.jobs
        add = jobs._add

        def slow(items):
            release.wait(10)
            return add(items)

        jobs._add = slow
        began = time.monotonic()
        response = client.post("/v1/articles", json=NEW)
        problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        problem(client.delete("/v1/articles/meeting"), 503)
        problem(client.post("/v1/articles", json={**NEW, "id": "never"}), 503)
        assert time.monotonic() - began < 3
        release.set()
        while jobs.waiting:
            time.sleep(0.01)
        # What had not begun was given up with its reply.
        jobs.now([]).result(10)
        problem(client.get("/v1/articles/never"), 404)
        assert client.get("/v1/articles/meeting").status_code == 200
