"""Articles over HTTP: short uploads, long ones as jobs, and what is refused."""

from __future__ import annotations

import gc
import json
import threading
import time
from urllib.parse import quote

import httpx
import pytest
from api_support import ARTICLES, MEETING, NEW, QUESTION, make_service, problem, running, serving
from starlette.testclient import TestClient

from qa.api import create_app
from qa.api.jobs import Job


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("api")) as client:
        yield client


@pytest.fixture
def fresh(tmp_path):
    with serving(tmp_path) as client:
        yield client


def test_an_article_is_answerable_as_soon_as_it_is_acknowledged(fresh):
    response = fresh.post("/v1/articles", json=NEW)
    assert response.status_code == 201
    assert response.json()["ids"] == ["new"]
    reply = fresh.post("/v1/ask", json={"question": "Who opened the bridge?"}).json()
    assert "new" in {answer["citation"]["article_id"] for answer in reply["answers"]}


def test_posting_again_changes_nothing_and_other_text_replaces(fresh):
    fresh.post("/v1/articles", json=NEW)
    again = fresh.post("/v1/articles", json=NEW)
    assert (again.status_code, again.json()["unchanged"]) == (200, 1)
    other = fresh.post("/v1/articles", json={**NEW, "text": "It was closed again."})
    assert (other.status_code, other.json()["changed"]) == (200, 1)
    assert fresh.get("/v1/articles/new").json()["text"] == "It was closed again."


def test_an_article_without_an_id_gets_one_from_its_text(fresh):
    first = fresh.post("/v1/articles", json={"text": "Only a text."}).json()
    second = fresh.post("/v1/articles", json={"text": "Only a text."}).json()
    assert first["ids"] == second["ids"]
    assert second["unchanged"] == 1


def test_a_deleted_article_is_never_served_again(fresh):
    assert fresh.delete("/v1/articles/meeting").status_code == 204
    problem(fresh.get("/v1/articles/meeting"), 404)
    problem(fresh.delete("/v1/articles/meeting"), 404)
    reply = fresh.post("/v1/ask", json={"question": QUESTION}).json()
    assert "meeting" not in {passage["article_id"] for passage in reply["passages"]}


def test_ids_with_slashes_and_letters_of_any_script_have_their_own_addresses(fresh):
    for article_id in ("2022/09/x", "статья-1", "a?b#c"):
        assert fresh.post("/v1/articles", json={**NEW, "id": article_id}).status_code == 201
        got = fresh.get("/v1/articles/" + quote(article_id, safe=""))
        assert got.json()["id"] == article_id


@pytest.mark.parametrize(
    "article",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"text": ""}, id="empty"),
        pytest.param({"text": " \n "}, id="blank"),
        pytest.param({"text": "x", "id": ".."}, id="dots"),
        pytest.param({"text": "x", "id": "a b"}, id="space"),
        pytest.param({"text": "x", "id": "a" * 201}, id="long id"),
        pytest.param({"text": "x", "url": "javascript:alert(1)"}, id="javascript"),
        pytest.param({"text": "x", "published_at": "yesterday"}, id="day"),
        pytest.param({"text": "x", "language": "xx"}, id="language"),
        pytest.param({"text": "x", "colour": "red"}, id="unknown field"),
        pytest.param({"fetch_url": "http://127.0.0.1/"}, id="fetching is off"),
        pytest.param({"articles": []}, id="no articles"),
        pytest.param({"articles": [{"text": "x", "id": "1"}] * 2}, id="the same id twice"),
    ],
)
def test_bad_articles_are_refused(client, article):
    body = problem(client.post("/v1/articles", json=article), 422)
    assert body["errors"]


def test_good_articles_of_a_mixed_upload_are_kept_and_the_bad_named(fresh):
    upload = {"articles": [NEW, {"id": "bad", "text": "  "}]}
    reply = fresh.post("/v1/articles", json=upload)
    assert reply.status_code == 201
    assert reply.json()["ids"] == ["new"]
    assert [one["article"] for one in reply.json()["failed"]] == ["bad"]


def test_listing_pages_through_everything_once(client):
    seen, offset = [], 0
    while offset is not None:
        page = client.get("/v1/articles", params={"offset": offset, "limit": 2}).json()
        seen += [article["id"] for article in page["articles"]]
        offset = page["next_offset"]
    assert seen == sorted(article["id"] for article in ARTICLES)
    assert page["total"] == len(ARTICLES)
    assert client.get("/v1/articles", params={"language": "ru"}).json()["total"] == 1
    problem(client.get("/v1/articles", params={"limit": 0}), 422)
    problem(client.get("/v1/articles", params={"offset": -1}), 422)


def test_the_text_is_kept_as_it_came(client):
    assert client.get("/v1/articles/meeting").json()["text"] == MEETING


HEADERS = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        pytest.param('{"articles": [%s, {"text": "x"}', 400, "JSON", id="cut off"),
        pytest.param('{"articles": [%s, {"text": NaN}]}', 400, "JSON", id="nan"),
        pytest.param('{"articles": [%s, {"text": "\\ud800"}]}', 400, "JSON", id="half a pair"),
        pytest.param('{"articles": [%s] } x', 400, "JSON", id="more after the end"),
        pytest.param('{"articles": [%s,]}', 400, "JSON", id="a comma too many"),
        pytest.param('{"articles": [%s, {"id": "n1", "text": 3}]}', 422, "many", id="a number"),
        pytest.param('{"articles": [%s, []]}', 422, "articles.900", id="a list"),
        pytest.param('{"articles": [%s], "more": 1}', 422, "more", id="an unknown field"),
        pytest.param('{"articles": [%s, {"id": "n1", "text": "x"}]}', 422, "n1", id="twice"),
    ],
)
def test_a_long_list_with_one_fault_is_refused_as_a_short_one_is(client, content, status, says):
    def post(count):
        good = ", ".join(json.dumps({"id": f"n{n}", "text": "x" * 90}) for n in range(count))
        return client.post("/v1/articles", content=(content % good).encode(), headers=HEADERS)

    long, short = (problem(post(count), status) for count in (900, 3))
    place = ("articles.900", "articles.3")
    assert long["code"] == short["code"]
    if status == 422:
        assert long["detail"].replace(*place) == short["detail"]
        assert [error["problem"] for error in long["errors"]] == [
            error["problem"] for error in short["errors"]
        ]


def test_a_long_list_is_read_as_it_is_written(fresh):
    text = 'İki 🙂 \\ " \t ' * 9
    articles = [{"id": f"n{n}", "text": f"{text}{n}"} for n in range(900)]
    taken = []
    fresh.app.state.shared.jobs.submit = lambda records: taken.append(records) or Job("a", 1, "b")
    for ascii_only in (True, False):
        content = json.dumps({"articles": articles}, ensure_ascii=ascii_only, indent=1).encode()
        assert fresh.post("/v1/articles", content=content, headers=HEADERS).status_code == 202
    assert taken == [articles, articles]


def test_too_many_articles_are_refused(client):
    content = b'{"articles": [' + b"{}," * 100_000 + b"{}]}"
    body = problem(client.post("/v1/articles", content=content, headers=HEADERS), 422)
    assert "at most 100000" in body["detail"]


def test_nothing_waits_for_a_long_body(tmp_path):
    articles = [{"id": f"n{n}", "text": "x" * 80} for n in range(95_000)]
    content = json.dumps({"articles": articles}).encode()
    with running(tmp_path) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as one:
        waits, replies = [], []
        sending = threading.Thread(
            target=lambda: replies.append(
                httpx.post(
                    f"{url}/v1/articles", content=content, headers=HEADERS, timeout=60,
                    trust_env=False,
                )
            )
        )  # fmt: skip
        one.get("/healthz")
        begun = time.monotonic()
        sending.start()
        while sending.is_alive():
            began = time.monotonic()
            assert one.get("/healthz").status_code == 200
            waits.append(time.monotonic() - began)
            time.sleep(0.01)
        took = time.monotonic() - begun
        assert replies[0].status_code == 202
    assert len(waits) > 5
    assert max(waits) < took / 4  # relative, since the machine may be slow
    assert gc.isenabled()


# -- jobs -----------------------------------------------------------------------------------------


def wait_for(client, job_id, *, state="done"):
    for _ in range(400):
        job = client.get(f"/v1/jobs/{job_id}").json()
        if job["state"] in (state, "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def many(count):
    return {"articles": [{"id": f"n{n}", "text": f"Number {n} was chosen."} for n in range(count)]}


def test_a_long_upload_is_a_job_with_progress(fresh):
    response = fresh.post("/v1/articles", json=many(30))
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    done = wait_for(fresh, job["id"])
    assert (done["done"], done["articles"], done["result"]["added"]) == (30, 30, 30)
    assert fresh.get("/v1/articles").json()["total"] == 33


def test_any_upload_can_be_asked_to_be_a_job(fresh):
    response = fresh.post("/v1/articles", json=NEW, headers={"prefer": "respond-async"})
    assert response.status_code == 202
    assert wait_for(fresh, response.json()["id"])["result"]["added"] == 1


def test_an_acknowledged_upload_survives_the_servers_end(tmp_path):
    service = make_service(tmp_path)
    started = threading.Event()
    release = threading.Event()
    add = service.add

    def slow(articles):
        started.set()
        release.wait(10)
        return add(articles)

    service.add = slow
    with TestClient(
        create_app(service, service.settings, warm=False), base_url="http://127.0.0.1"
    ) as client:
        job = client.post("/v1/articles", json=many(40)).json()
        assert started.wait(10)
        threading.Timer(0.3, release.set).start()
    # The server has stopped after the batch at hand; the rest is still on disk.
    assert service.store.article_count < 43
    service.add = add
    with TestClient(
        create_app(service, service.settings, warm=False), base_url="http://127.0.0.1"
    ) as client:
        assert wait_for(client, job["id"])["state"] == "done"
    assert service.store.article_count == 43
    assert not list((service.store.path / "jobs").iterdir())
    service.close()


def test_a_short_upload_does_not_wait_for_a_long_one(fresh):
    order = []
    add = fresh.service.add

    def recorded(articles):
        order.append([article.id for article in articles])
        time.sleep(0.05)
        return add(articles)

    fresh.app.state.shared.jobs._add = recorded
    job = fresh.post("/v1/articles", json=many(80)).json()
    assert fresh.post("/v1/articles", json=NEW).status_code == 201
    assert fresh.get(f"/v1/jobs/{job['id']}").json()["state"] == "running"
    assert wait_for(fresh, job["id"])["result"]["added"] == 80
    assert ["new"] in order[:4]


def test_articles_of_a_job_that_fail_are_named_by_their_place(fresh):
    upload = many(20)
    del upload["articles"][13]["id"]
    upload["articles"][13]["text"] = "  "
    job = fresh.post("/v1/articles", json=upload).json()
    (failed,) = wait_for(fresh, job["id"])["result"]["failed"]
    assert failed["article"] == "articles[13]"


def test_too_many_uploads_are_refused_with_a_time_to_wait(tmp_path):
    with serving(tmp_path, upload_queue_limit=1) as client:
        release = threading.Event()
        add = client.service.add

        def slow(articles):
            release.wait(10)
            return add(articles)

        client.app.state.shared.jobs._add = slow
        first = client.post("/v1/articles", json=many(20)).json()
        response = client.post("/v1/articles", json=many(20))
        problem(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        release.set()
        wait_for(client, first["id"])
