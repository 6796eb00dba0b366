"""Questions over HTTP: what is answered, what is refused, what every reply carries."""

from __future__ import annotations

import json

import pytest
from api_support import ARTICLES, ASK, QUESTION, NameReader, events_in, problem, serving
from support import CALIBRATION

from embeddings.errors import EncoderError


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("api")) as client:
        yield client


# -- asking ---------------------------------------------------------------------------------------


def test_ask_replies_with_the_services_own_result(client):
    reply = client.post("/v1/ask", json={"question": QUESTION}).json()
    own = client.service.ask(QUESTION).to_dict()
    for varying in ("query_id", "timings_ms"):
        reply.pop(varying), own.pop(varying)
    assert reply == json.loads(json.dumps(own))
    assert reply["answers"][0]["text"] == "Kazakhstan"


def test_every_quote_is_the_articles_text_at_its_offsets(client):
    reply = client.post("/v1/ask", json={"question": QUESTION}).json()
    for answer in reply["answers"]:
        cited = answer["citation"]
        text = client.get(f"/v1/articles/{cited['article_id']}").json()["text"]
        assert text[cited["start"] : cited["end"]] == cited["quote"]


def test_a_streamed_ask_says_in_three_events_what_the_plain_reply_says(client):
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_in(response.text)
    assert [name for name, _ in events] == ["passages", "answers", "done"]
    together = {key: value for _, data in events for key, value in data.items()}
    plain = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert together.keys() == plain.keys()
    assert together["answers"] == plain["answers"]


def test_passages_are_sent_before_reading_ends(tmp_path):
    order = []

    class Recorded(NameReader):
        def read(self, question, passages):
            order.append("read")
            return super().read(question, passages)

    with serving(tmp_path) as client:
        client.service._reader = (Recorded(), CALIBRATION)
        client.service.ask(QUESTION, on_passages=lambda found: order.append("passages"))
    assert order == ["passages", "read"]


def test_a_streamed_ask_without_any_article_still_has_its_three_events(tmp_path):
    with serving(tmp_path) as client:
        for article in ARTICLES:
            assert client.delete(f"/v1/articles/{article['id']}").status_code == 204
        events = events_in(client.post("/v1/ask", json={"question": QUESTION, "stream": True}).text)
        assert [name for name, _ in events] == ["passages", "answers", "done"]
        assert events[1][1]["no_answer_reason"] == "no_articles"


@pytest.mark.parametrize("question", [" " * 3, "x" * 2001])
@pytest.mark.parametrize("stream", [True, False])
def test_a_bad_question_is_refused_with_its_status_in_a_stream_too(client, question, stream):
    asked = {"question": question, "stream": stream}
    problem(client.post("/v1/ask", json=asked), 422, "question_error")
    filters = {"date_from": "2024-02-02", "date_to": "2024-01-01"}
    problem(client.post("/v1/ask", json={**ASK, "stream": stream, "filters": filters}), 422)


def test_what_fails_before_the_first_event_has_its_status_and_later_is_an_event(tmp_path):
    class Broken(NameReader):
        def read(self, question, passages):
            raise EncoderError("the reader is broken", "Mend it.")

    streamed = {**ASK, "stream": True}
    with serving(tmp_path) as client:
        client.service._reader = (Broken(), CALIBRATION)
        response = client.post("/v1/ask", json=streamed)
        assert response.status_code == 200
        assert [name for name, _ in events_in(response.text)] == ["passages", "error"]
        client.service.ask = lambda *_, **__: Broken().read(None, None)
        problem(client.post("/v1/ask", json=streamed), 500, "encoder_error")


def test_search_by_query_is_search(client):
    by_post = client.post("/v1/search", json={"question": QUESTION, "top_k": 2}).json()
    by_get = client.get("/v1/search", params={"question": QUESTION, "top_k": 2}).json()
    assert by_get["passages"] == by_post["passages"]
    assert len(by_get["passages"]) == 2


def test_search_explains_the_order_where_it_is_asked_to(client):
    asked = {"question": QUESTION, "filters": {"languages": ["en"]}}
    plain = client.post("/v1/search", json=asked).json()
    assert "explain" not in plain
    by_post = client.post("/v1/search", json={**asked, "explain": True}).json()
    given = {"question": QUESTION, "article_language": "en", "explain": "true"}
    by_get = client.get("/v1/search", params=given).json()
    assert by_get["explain"] == by_post["explain"]
    explained = by_post["explain"]
    assert [one["chunk_id"] for one in explained["passages"]] == [
        passage["chunk_id"] for passage in plain["passages"]
    ]
    assert {"dense", "lexical", "fused", "time"} <= explained["passages"][0].keys()
    assert explained["removed_by_filters"] == {"language": 1}


@pytest.mark.parametrize("explain", ["maybe", "", "2"])
def test_explain_is_a_truth_value(client, explain):
    problem(client.get("/v1/search", params={"question": "x", "explain": explain}), 422)
    problem(client.post("/v1/search", json={"question": "x", "explain": explain}), 422)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        pytest.param({"languages": ["ru"]}, {"vstrecha"}, id="language"),
        pytest.param({"sources": ["example agency"]}, {"meeting"}, id="source"),
        pytest.param({"date_from": "2023-01-01", "undated": False}, {"vstrecha"}, id="from"),
        pytest.param({"date_to": "2022-12-31", "undated": False}, {"meeting"}, id="to"),
        pytest.param({"as_of": "2022-12-31", "undated": False}, {"meeting"}, id="as of"),
    ],
)
def test_filters_choose_the_articles(client, filters, ids):
    reply = client.post("/v1/search", json={"question": QUESTION, "filters": filters}).json()
    assert {passage["article_id"] for passage in reply["passages"]} == ids


def test_verify_holds_for_an_answer_and_fails_for_a_changed_quote(client):
    saved = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert client.post("/v1/verify", json=saved).json()["ok"] is True
    saved["answers"][0]["citation"]["quote"] = "Pakistan"
    report = client.post("/v1/verify", json=saved).json()
    assert report["ok"] is False
    assert "Kazakhstan" in report["checks"][0]["problem"]


def test_context_keeps_within_its_budget_and_numbers_what_it_holds(client):
    asked = {"question": QUESTION, "max_tokens": 260}
    reply = client.post("/v1/context", json=asked).json()
    assert reply["tokens"] <= 260
    assert [passage["number"] for passage in reply["passages"]] == list(
        range(1, len(reply["passages"]) + 1)
    )
    for passage in reply["passages"]:
        assert passage["text"] in reply["prompt"]
    assert QUESTION in reply["prompt"]


def test_a_budget_without_room_for_the_question_is_refused(client):
    body = problem(client.post("/v1/context", json={"question": QUESTION, "max_tokens": 9}), 422)
    assert "9 is too few" in body["detail"]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="not json"),
        pytest.param(b'{"question": "\xff"}', 400, id="not utf-8"),
        pytest.param(b'{"question": "\\ud800"}', 400, id="half a surrogate pair"),
        pytest.param(b'{"question": "x", "top_k": NaN}', 400, id="nan"),
        pytest.param(b'{"question": "x", "top_k": -Infinity}', 400, id="infinity"),
        pytest.param(b"[" * 5000 + b"]" * 5000, 400, id="deep"),
        pytest.param(b'{"top_k": ' + b"9" * 5000 + b"}", 400, id="a huge number"),
        pytest.param(b'{"question": "x", "top_k": 1e999}', 422, id="overflow"),
        pytest.param(b'{"question": "x", "top_k": 1.5}', 422, id="fraction"),
        pytest.param(b'{"question": "x", "top_k": 0}', 422, id="zero"),
        pytest.param(b'{"question": "x", "topk": 3}', 422, id="misspelt"),
        pytest.param(b'{"question": 7}', 422, id="number"),
        pytest.param(b'{"question": null}', 422, id="null"),
        pytest.param(b'{"question": ""}', 422, id="empty"),
        pytest.param(b'{"question": " \\t "}', 422, id="blank"),
        pytest.param(b"{}", 422, id="no question"),
        pytest.param(b"[]", 422, id="a list"),
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b'{"question": "' + b"x" * 3000 + b'"}', 422, id="too long a question"),
        pytest.param(b'{"question": "x", "language": "klingon"}', 422, id="language"),
        pytest.param(b'{"question": "x", "filters": {"date_from": "2024-02-31"}}', 422, id="day"),
        pytest.param(b'{"question": "x", "filters": {"date_from": 1700000000}}', 422, id="time"),
        pytest.param(b'{"question": "x", "filters": {"sources": [" "]}}', 422, id="blank source"),
        pytest.param(
            b'{"question": "x", "filters": {"date_from": "2024-02-02", "date_to": "2024-01-01"}}',
            422,
            id="dates the wrong way round",
        ),
    ],
)
def test_bad_bodies_are_refused_as_the_clients_fault(client, body, status):
    headers = {"content-type": "application/json"}
    for path in ("/v1/ask", "/v1/search", "/v1/context"):
        problem(client.post(path, content=body, headers=headers), status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(client, kind):
    headers = {"content-type": kind}
    content = json.dumps(ASK).encode()
    problem(client.post("/v1/ask", content=content, headers=headers), 415)


@pytest.mark.parametrize(
    "question", ["\x00", "\u202e", "İıŞş", "🙂" * 500, "a\u0301" * 50, '" OR 1=1 --', "NEAR(a b)"]
)
def test_strange_questions_are_answered(client, question):
    assert client.post("/v1/ask", json={"question": question}).status_code == 200


@pytest.mark.parametrize(
    "saved", [{}, {"answers": 3}, {"answers": [{}]}, {"answers": [{"citation": {"start": 1e999}}]}]
)
def test_what_is_no_saved_answer_is_refused(client, saved):
    content = json.dumps(saved).replace("Infinity", "1e999").encode()
    headers = {"content-type": "application/json"}
    problem(client.post("/v1/verify", content=content, headers=headers), 422, "saved_answer_error")


def test_a_long_body_is_refused_before_it_is_read(tmp_path):
    with serving(tmp_path, max_body_bytes=2048) as client:
        content = json.dumps({"question": "x" * 5000}).encode()
        headers = {"content-type": "application/json"}
        problem(client.post("/v1/ask", content=content, headers=headers), 413)

        def pieces():
            for _ in range(100):
                yield b"x" * 1000

        problem(client.post("/v1/ask", content=pieces(), headers=headers), 413)


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 30])
def test_a_false_content_length_is_refused(client, length):
    headers = {"content-type": "application/json", "content-length": length}
    response = client.post("/v1/ask", content=b"{}", headers=headers)
    assert response.status_code in (400, 413)


def test_what_is_not_there_is_a_problem_too(client):
    problem(client.get("/nothing"), 404, "not_found")
    problem(client.get("/v1/articles/nothing"), 404, "article_not_found_error")
    problem(client.get("/v1/jobs/nothing"), 404, "no_such_job")
    problem(client.delete("/v1/articles/nothing"), 404)


def test_a_wrong_method_names_the_right_ones(client):
    response = client.put("/v1/articles/meeting")
    problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
    options = client.options("/v1/search")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_head_is_get_without_a_body(client):
    response = client.head("/v1/articles/meeting")
    assert response.status_code == 200
    assert response.content == b""
    assert client.head("/nothing").status_code == 404


# -- what every reply carries ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/articles", "/nothing", "/v1/ask"])
def test_every_reply_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123", True), ("", False), ("x" * 200, False), ("a b", False)]
)
def test_a_good_request_id_is_kept_and_any_other_replaced(client, given, kept):
    got = client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
    assert (got == given) is kept
    assert got


def test_a_foreign_host_name_is_refused_on_loopback(client):
    problem(client.get("/v1/articles", headers={"host": "evil.example"}), 421)
    assert client.get("/v1/articles", headers={"host": "localhost:8080"}).status_code == 200
