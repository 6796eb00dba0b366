"""Uploads that take long: what they may not undo, and what they survive."""

from __future__ import annotations

import json
import time

import pytest
from api_support import NEW, problem, serving
from jobs_support import records, stop_after

from embeddings.errors import StoreFullError
from qa.api.jobs import Jobs


def test_what_a_later_request_wrote_or_deleted_stays_so(start):
    process = start()
    process.put("n78", "BEFORE.")
    process.hold()
    job = process.jobs.submit(records(80))
    process.began.wait(10)
    written = process.jobs.now([{"id": "n79", "text": "NEW."}])
    same = process.jobs.now([{"id": "n77", "text": "NEW."}])
    deleted = process.jobs.remove("n78", lambda: process.store.pop("n78"))
    process.free.set()
    assert (written.result(10).added, same.result(10).added) == (1, 1)
    assert deleted.result(10) == "BEFORE."
    done = process.over(job.id)
    assert process.store["n79"] == process.store["n77"] == "NEW."
    assert "n78" not in process.store
    assert (done.done, done.result.added, done.result.unchanged) == (80, 77, 3)


def test_of_two_jobs_the_later_wins(start):
    process = start()
    process.hold()
    first = process.jobs.submit(records(40))
    second = process.jobs.submit(records(20, "NEW"))
    process.free.set()
    process.over(second.id)
    assert process.jobs.get(first.id).state == "done"
    assert process.store["n3"] == "NEW 3."
    assert process.store["n30"] == "OLD 30."


def test_a_restart_undoes_no_later_request(start):
    first = start()
    first.hold()
    job = first.jobs.submit(records(40))
    first.began.wait(10)
    written = first.jobs.now([{"id": "n39", "text": "NEW."}])
    first.jobs.stop()
    first.free.set()
    assert written.result(10).added == 1
    first.jobs.close()
    assert 0 < len(first.batches) < 5
    later = start()
    later.hold()
    assert later.jobs.resume() == 1
    later.began.wait(10)
    gone = later.jobs.remove("n0", lambda: later.store.pop("n0"))
    later.jobs.stop()
    later.free.set()
    gone.result(10)
    later.jobs.close()
    # A kill may lose the progress that was noted since, never what was acknowledged.
    for path in start.folder.glob("*.progress"):
        path.unlink()
    last = start()
    assert last.jobs.resume() == 1
    last.over(job.id)
    assert "n0" not in last.store
    assert last.store["n39"] == "NEW."
    assert set(last.store) == {f"n{number}" for number in range(1, 40)}
    assert not list(start.folder.iterdir())


def test_a_job_acknowledged_after_a_deletion_may_write_the_article_again(start):
    process = start()
    process.put("n1", "BEFORE.")
    process.hold()
    process.jobs.submit(records(4, "FIRST"))
    process.began.wait(10)
    deleted = process.jobs.remove("n1", lambda: process.store.pop("n1"))
    process.free.set()
    deleted.result(10)
    again = process.jobs.submit(records(2))
    process.over(again.id)
    assert process.store["n1"] == "OLD 1."


def test_a_deletion_of_nothing_overrules_nothing(start):
    process = start()
    process.hold()
    job = process.jobs.submit(records(20))
    process.began.wait(10)
    missing = process.jobs.remove("n19", lambda: process.store.pop("n19"))
    process.free.set()
    with pytest.raises(KeyError):
        missing.result(10)
    process.over(job.id)
    assert "n19" in process.store


def test_an_upload_beside_a_job_that_is_being_kept_is_written_down(start):
    process = start()
    process.jobs._pending["a job that is not on disk yet"] = 1
    assert process.put("n1", "NEW.").added == 1
    assert '"n1"' in (start.folder / "later.jsonl").read_text()


def test_over_http_a_job_undoes_no_later_upload_and_no_deletion(tmp_path):
    upload = {"articles": [{"id": f"n{n}", "text": f"Number {n} was OLD."} for n in range(32)]}
    with serving(tmp_path) as client:
        jobs = client.app.state.shared.jobs
        add = jobs._add

        def slow(items):
            time.sleep(0.02)
            return add(items)

        jobs._add = slow
        client.post("/v1/articles", json={**NEW, "id": "n30"})
        job = client.post("/v1/articles", json=upload).json()
        newer = client.post("/v1/articles", json={"id": "n31", "text": "Number 31 is NEW."})
        assert newer.status_code == 201
        assert client.delete("/v1/articles/n30").status_code == 204
        while client.get(f"/v1/jobs/{job['id']}").json()["state"] != "done":
            time.sleep(0.02)
        assert client.get("/v1/articles/n31").json()["text"] == "Number 31 is NEW."
        problem(client.get("/v1/articles/n30"), 404)


# -- what a job survives --------------------------------------------------------------------------


def test_a_job_goes_on_where_it_was_and_knows_all_that_became_of_it(start):
    first = start()
    job = first.jobs.submit(records(60))
    stop_after(first, 2)
    seen = len(first.batches)
    assert seen < 8
    again = start()
    again.hold()
    assert again.jobs.resume() == 1
    assert again.jobs.get(job.id).done == seen * 8
    again.free.set()
    done = again.over(job.id)
    assert min(again.read_numbers) == seen * 8
    assert (done.result.added, len(done.result.ids)) == (60, 60)


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("odd"), KeyError("x")])
def test_a_record_that_nobody_expected_to_fail_fails_alone(start, error):
    process = start()
    read = process.read

    def failing(records, first):
        if any(one["id"] == "n5" for one in records):
            raise error
        return read(records, first)

    process.jobs._read = failing
    job = process.over(process.jobs.submit(records(20)).id)
    assert (job.state, job.result.added) == ("done", 19)
    assert [one["article"] for one in job.result.failed] == ["n5"]
    assert process.errors == [error]
    assert process.put("n99", "One.").added == 1


def test_an_article_that_cannot_be_indexed_fails_alone(start):
    def fail(items):
        if any(item.id == "n5" for item in items):
            raise ValueError("it cannot be cut")

    process = start(fail=fail)
    job = process.over(process.jobs.submit(records(20)).id)
    assert (job.state, job.result.added, job.done) == ("done", 19, 20)
    assert len(job.result.failed) == 1
    with pytest.raises(ValueError, match="cannot be cut"):
        process.put("n5", "The only one.")


def test_a_job_that_failed_is_marked_and_not_taken_up_again(start):
    def full(items):
        raise StoreFullError("no space is left", "Free some.")

    process = start(fail=full)
    job = process.over(process.jobs.submit(records(20)).id)
    assert (job.state, job.error) == ("failed", "no space is left. Free some.")
    again = start()
    assert again.jobs.resume() == 0
    assert again.jobs.get(job.id).state == "failed"
    assert again.jobs.get(job.id).error == job.error
    assert again.batches == []
    assert [path.suffix for path in start.folder.glob(f"{job.id}.[!p]*")] == [".failed"]


@pytest.mark.parametrize("name", ["json", "jsonl"])
@pytest.mark.parametrize("content", ["{", "", "[]", '{"records": 3}', "\x00" * 40, "[" * 90_000])
def test_a_damaged_job_is_set_aside_and_the_others_go_on(start, name, content):
    first = start()
    first.hold()
    job = first.jobs.submit(records(20))
    first.began.wait(10)
    first.jobs.stop()
    first.free.set()
    first.jobs.close()
    damaged = start.folder / f"{'a' * 32}.{name}"
    damaged.write_text(content)
    again = start()
    assert again.jobs.resume() == 1
    assert again.over(job.id).state == "done"
    assert [path.name for path in start.folder.iterdir()] == [f"{damaged.name}.damaged"]
    (error,) = again.errors
    assert str(damaged) in str(error)


def test_a_server_starts_with_a_damaged_job(tmp_path):
    with serving(tmp_path) as client:
        folder = client.service.store.path / "jobs"
    folder.mkdir()
    (folder / f"{'0' * 32}.json").write_text("{")
    process = Jobs(
        folder, add=lambda items: None, read=lambda *_: [], limit=1, on_error=lambda error: None
    )
    assert process.resume() == 0


def test_what_an_earlier_version_kept_is_taken_up(start):
    start.folder.mkdir()
    body = {"created_at": "2026-01-01T00:00:00.000+00:00", "records": records(20)}
    (start.folder / f"{'b' * 32}.json").write_text(json.dumps(body))
    process = start()
    assert process.jobs.resume() == 1
    assert process.over("b" * 32).result.added == 20


def test_a_file_that_ends_early_is_no_finished_job(start):
    first = start()
    first.hold()
    job = first.jobs.submit(records(20))
    first.began.wait(10)
    first.jobs.stop()
    first.free.set()
    first.jobs.close()
    path = start.folder / f"{job.id}.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:15]))
    again = start()
    again.jobs.resume()
    assert again.over(job.id).state == "failed"
    assert "n13" in again.store
