"""What stands before the routes: names of hosts, scopes, paths, parameters; and the log after."""

from __future__ import annotations

import io
import json

import pytest
from api_support import ASK, NEW, problem, serving

from qa.keys import Keyring, keys_path


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("guard")) as client:
        yield client


def bearer(key):
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("host", ["News.Example", "news.example", "NEWS.EXAMPLE:8080"])
def test_the_case_of_an_allowed_host_does_not_matter(tmp_path, host):
    with serving(tmp_path, allowed_hosts=("News.Example",)) as client:
        assert client.get("/v1/articles", headers={"host": host}).status_code == 200
        problem(client.get("/v1/articles", headers={"host": "old.example"}), 421, "unknown_host")


def test_a_writing_key_follows_its_own_upload_and_reads_nothing_else(tmp_path):
    with serving(tmp_path) as client:
        settings = client.service.settings
        key, _ = Keyring(keys_path(settings.store, settings.keys)).add("uploader", ("write",))
        reading, _ = Keyring(keys_path(settings.store, settings.keys)).add("reader", ("read",))
        headers = {**bearer(key), "prefer": "respond-async"}
        job = client.post("/v1/articles", json=NEW, headers=headers)
        assert job.status_code == 202
        place = job.headers["location"]
        assert client.get(place, headers=bearer(key)).json()["id"] == job.json()["id"]
        assert client.get(place, headers=bearer(reading)).status_code == 200
        problem(client.get(place), 401, "key_needed")
        for path in ("/v1/articles", "/v1/articles/meeting", "/metrics"):
            problem(client.get(path, headers=bearer(key)), 403, "scope_needed")
        problem(client.post("/v1/ask", json=ASK, headers=bearer(key)), 403, "scope_needed")


@pytest.mark.parametrize(
    "path", ["/page/nope", "/page/", "/v1/ask/", "/v1/articles/../ask/", "/healthz/", "/nothing"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_not_there_is_a_problem(client, method, path):
    kept = {"content": b"{}", "headers": {"content-type": "application/json"}}
    response = client.request(method, path, follow_redirects=False, **kept)
    problem(response, 405 if (method, path) == ("POST", "/page/nope") else 404)


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/v1/articles?languages=ru", "language"),
        ("GET", "/v1/search?question=who&languages=az", "article_language"),
        ("GET", "/v1/articles/meeting?text=no", "there is none"),
        ("DELETE", "/v1/articles/meeting?dry_run=1", "there is none"),
        ("GET", "/v1/jobs/nothing?wait=1", "there is none"),
        ("GET", "/v1/models?limit=1", "there is none"),
        ("POST", "/v1/ask?stream=true", "there is none"),
        ("POST", "/v1/articles?replace=no", "there is none"),
        ("GET", "/healthz?verbose", "there is none"),
        ("GET", "/readyz?verbose=1", "there is none"),
        ("GET", "/metrics?name=x", "there is none"),
    ],
)
def test_an_unknown_parameter_is_refused_and_the_known_are_named(client, method, path, named):
    body = client.request(method, path, **({"json": ASK} if method == "POST" else {}))
    refused = problem(body, 422, "invalid_request")
    (one,) = refused["errors"]
    assert one["field"] == path.partition("?")[2].split("&")[-1].partition("=")[0]
    assert named in one["problem"]
    assert client.get("/v1/articles/meeting").status_code == 200


def test_the_known_parameters_are_taken_and_so_is_a_link_to_a_question(client):
    every = "offset=0&limit=1&date_from=2020-01-01&date_to=2030-01-01&source=x&source=y&language=en"
    assert client.get(f"/v1/articles?{every}&undated=false").status_code == 200
    assert client.get("/v1/search?question=who&article_language=en").status_code == 200
    assert client.get("/?q=who").status_code == 200
    assert client.get("/page/app.js?1").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "code"),
    [
        pytest.param("POST", "/v1/ask", b'{"question": 7}', "invalid_request", id="invalid"),
        pytest.param("POST", "/v1/ask", b'{"question": " "}', "question_error", id="empty"),
        pytest.param("POST", "/v1/ask", b"{", "not_json", id="no json"),
        pytest.param("GET", "/nothing", None, "not_found", id="no route"),
        pytest.param("GET", "/v1/articles/nope", None, "article_not_found_error", id="no article"),
        pytest.param("GET", "/v1/articles?foo=1", None, "invalid_request", id="parameter"),
        pytest.param("PUT", "/v1/ask", b"{}", "method_not_allowed", id="method"),
    ],
)
def test_the_log_has_the_code_of_a_refusal(tmp_path, method, path, content, code):
    log = io.StringIO()
    headers = {"x-request-id": "mine", "content-type": "application/json"}
    with serving(tmp_path, log=log) as client:
        response = client.request(method, path, content=content, headers=headers)
        assert response.json()["code"] == code
    (line,) = [json.loads(one) for one in log.getvalue().splitlines() if "mine" in one]
    assert line["code"] == code
    assert line["status"] == response.status_code


def test_the_log_has_the_code_of_a_failure_once(tmp_path):
    log = io.StringIO()
    with serving(tmp_path, log=log) as client:

        def broken(*_, **__):
            raise RuntimeError

        client.service.ask = broken
        client.post("/v1/ask", json=ASK, headers={"x-request-id": "mine"})
    lines = [json.loads(one) for one in log.getvalue().splitlines() if "mine" in one]
    assert [line["event"] for line in lines] == ["failed", "request"]
    assert lines[-1]["code"] == "internal_error"
