from __future__ import annotations

import json
from datetime import date

import pytest
from api_support import QUESTION, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from qa import schemas
from qa.schemas import AskReply, AskRequest, ContextReply, FiltersIn, SearchReply, VerifyReply


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


def test_every_example_is_a_request_that_is_taken(client):
    document = client.get("/openapi.json").json()
    count = 0
    for name, schema in document["components"]["schemas"].items():
        model = getattr(schemas, name, None)
        for example in schema.get("examples", []):
            if isinstance(model, type) and issubclass(model, BaseModel):
                model.model_validate(example)
                count += 1
    assert count >= 6


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
