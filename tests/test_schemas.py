from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest
from api_support import QUESTION, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from qa import schemas
from qa.schemas import (
    AskReply,
    AskRequest,
    ContextReply,
    FiltersIn,
    SearchReply,
    VerifyReply,
    examples,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("schemas")) as client:
        yield client


def described(value, model):
    """Fails where `value` holds a field that `model` does not describe, at any depth."""
    read = model.model_validate(value, strict=False)
    back = json.loads(read.model_dump_json())

    def compare(given, kept, where):
        if isinstance(given, dict):
            assert isinstance(kept, dict)
            assert given.keys() <= kept.keys(), where
            assert all(kept[name] is None for name in kept.keys() - given.keys()), where
            for name in given:
                compare(given[name], kept[name], f"{where}.{name}")
        elif isinstance(given, list):
            assert len(given) == len(kept), where
            for number, pair in enumerate(zip(given, kept, strict=True)):
                compare(*pair, f"{where}[{number}]")

    compare(value, back, model.__name__)


@pytest.mark.parametrize(
    ("path", "model"),
    [("ask", AskReply), ("search", SearchReply), ("context", ContextReply)],
)
def test_replies_hold_what_the_contract_describes_and_nothing_else(client, path, model):
    described(client.post(f"/v1/{path}", json={"question": QUESTION}).json(), model)


def test_a_silence_is_described_too(client):
    asked = {"question": QUESTION, "filters": {"sources": ["nobody"]}}
    reply = client.post("/v1/ask", json=asked).json()
    assert reply["state"] == "no_answer"
    described(reply, AskReply)


def test_articles_jobs_and_checks_are_described(client):
    saved = client.post("/v1/ask", json={"question": QUESTION}).json()
    described(client.post("/v1/verify", json=saved).json(), VerifyReply)
    described(client.get("/v1/articles").json(), schemas.ArticleList)
    described(client.get("/v1/articles/meeting").json(), schemas.ArticleReply)
    new = {"id": "new", "text": "A new text about a bridge."}
    described(client.post("/v1/articles", json=new).json(), schemas.UploadReply)
    job = client.post("/v1/articles", json=new, headers={"prefer": "respond-async"}).json()
    described(job, schemas.JobReply)
    described(client.get("/nothing").json(), schemas.Problem)


def test_every_example_is_what_its_model_describes(client):
    document = client.get("/openapi.json").json()
    count = 0
    for name, schema in document["components"]["schemas"].items():
        model = getattr(schemas, name, None)
        for example in schema.get("examples", []):
            assert isinstance(model, type), name
            assert issubclass(model, BaseModel), name
            if name.endswith(("Reply", "List", "Problem", "Health")):
                described(example, model)
            else:
                model.model_validate(example)
            count += 1
    assert count >= 20


def test_every_reply_that_works_has_an_example(client):
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, reply in operation["responses"].items():
                for kind, content in reply.get("content", {}).items():
                    if kind in ("application/json", "application/problem+json"):
                        name = content["schema"]["$ref"].rpartition("/")[2]
                        content = document["components"]["schemas"][name]
                    if kind != "text/event-stream":
                        assert {"example", "examples"} & content.keys(), (path, method, status)


@pytest.mark.parametrize("name", ["SEARCH", "ASK", "CONTEXT", "CHAT", "EMBEDDINGS"])
def test_an_example_has_the_fields_of_the_servers_own_reply(client, name):
    path, body = {
        "CHAT": ("chat/completions", {"model": "menbe", "messages": [{"role": "user"}]}),
        "EMBEDDINGS": ("embeddings", {"model": "menbe-embeddings", "input": "One text."}),
    }.get(name, (name.lower(), {"question": QUESTION}))
    if name == "CHAT":
        body["messages"][0]["content"] = QUESTION
    reply = client.post(f"/v1/{path}", json=body).json()

    def compare(shown, real, where):
        if isinstance(shown, dict) and isinstance(real, dict):
            if where.endswith("removed_by_filters"):
                return
            assert list(shown) == list(real) or shown.keys() == real.keys(), where
            for key in shown:
                compare(shown[key], real[key], f"{where}.{key}")
        elif isinstance(shown, list) and isinstance(real, list) and shown and real:
            compare(shown[0], real[0], f"{where}[]")

    compare(getattr(examples, name), reply, name)


def test_the_examples_quote_their_article():
    article = examples.ARTICLE
    assert article["sha256"] == hashlib.sha256(article["text"].encode()).hexdigest()
    (answer,) = examples.ASK["answers"]
    for cited in (answer["citation"], *examples.CHAT["citations"], *examples.VERIFY["checks"]):
        assert article["text"][cited["start"] : cited["end"]] == cited["quote"]
    cited = answer["citation"]
    sentence = cited["sentence"]
    assert article["text"][sentence["start"] : sentence["end"]] == sentence["text"]
    assert {key: article[key] for key in article.keys() & cited.keys()}.items() <= cited.items()
    (choice,) = examples.CHAT["choices"]
    place = choice["message"]["annotations"][0]["url_citation"]
    content = choice["message"]["content"]
    quoted = content[place["start_index"] : place["end_index"]]
    assert quoted.startswith(f"“{article['text']}”")
    assert quoted.endswith("[1]")


def test_a_problem_is_described_with_openais_error_and_the_real_title(client):
    refused = client.post("/v1/ask", json={"question": " "}).json()
    (example,) = schemas.Problem.model_json_schema()["examples"]
    assert {**refused, "request_id": ""} == {**example, "request_id": ""}
    chat = client.post("/v1/chat/completions", json={"model": "menbe", "messages": []}).json()
    assert chat["error"]["type"] == "invalid_request_error"
    described(chat, schemas.Problem)
    described(client.get("/v1/models/nope").json(), schemas.Problem)


def test_openai_replies_are_described(client):
    described(client.get("/v1/models").json(), schemas.ModelList)
    described(client.get("/v1/models/menbe").json(), schemas.ModelReply)
    chat = {"model": "menbe", "messages": [{"role": "user", "content": QUESTION}]}
    described(client.post("/v1/chat/completions", json=chat).json(), schemas.ChatReply)
    for form in ("float", "base64"):
        asked = {"model": "menbe-embeddings", "input": ["One text."], "encoding_format": form}
        reply = client.post("/v1/embeddings", json=asked).json()
        described(reply, schemas.EmbeddingsReply)


def test_every_route_documents_its_errors_as_problems(client):
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"], (path, method)
            assert operation["summary"], (path, method)
            for status, reply in operation["responses"].items():
                if int(status) >= 400:
                    assert list(reply["content"]) == ["application/problem+json"], (path, status)


@pytest.mark.parametrize(
    ("given_day", "kept"),
    [("2024-04-17", date(2024, 4, 17)), (None, None), (date(2024, 4, 17), date(2024, 4, 17))],
)
def test_days_are_read(given_day, kept):
    assert FiltersIn(date_from=given_day).date_from == kept


@pytest.mark.parametrize(
    "given_day", ["17.04.2024", "2024-4-7", "2024-02-30", "2024-04-17T10:00:00", "", 0, 1.5, [], {}]
)
def test_what_is_no_day_is_refused(given_day):
    with pytest.raises(ValidationError):
        FiltersIn(date_from=given_day)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
@settings(max_examples=80, deadline=None)
def test_any_value_as_a_question_is_taken_or_refused_without_a_crash(value):
    try:
        asked = AskRequest.model_validate({"question": value})
    except ValidationError:
        return
    assert isinstance(asked.question, str)
