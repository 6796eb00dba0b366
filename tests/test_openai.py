"""The official client of OpenAI against the server, over a socket."""

from __future__ import annotations

import base64

import numpy as np
import openai
import pytest
from api_support import QUESTION, running, serving


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        running(tmp_path_factory.mktemp("openai")) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as made,
    ):
        yield made


def ask(client, *messages, **options):
    turns = [{"role": role, "content": content} for role, content in messages]
    return client.chat.completions.create(model="menbe", messages=turns, **options)


def test_the_last_user_message_is_answered_with_citations(client):
    reply = ask(
        client,
        ("system", "Be brief."),
        ("user", "Who painted the banner?"),
        ("assistant", "Malory"),
        ("user", QUESTION),
        temperature=0,
        max_tokens=50,
    )
    (choice,) = reply.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content.startswith("Kazakhstan\n")
    assert reply.citations[0]["article_id"] == "meeting"
    assert reply.citations[0]["quote"] == "Kazakhstan"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_earlier_turns_are_the_context_of_the_question(client):
    first = ask(client, ("user", QUESTION)).choices[0].message.content
    reply = ask(client, ("user", QUESTION), ("assistant", first), ("user", "And when?"))
    assert "Kazakhstan" in reply.rewritten_question
    assert ask(client, ("user", QUESTION)).rewritten_question is None


def test_a_conversation_without_end_is_taken(client):
    turns = [("user", f"Question number {n}?") for n in range(300)]
    assert ask(client, *turns, ("user", QUESTION)).choices[0].message.content


def test_annotations_point_into_the_content(client):
    message = ask(client, ("user", QUESTION)).choices[0].message
    (annotation,) = message.annotations[:1]
    cited = annotation.url_citation
    quoted = message.content[cited.start_index : cited.end_index]
    assert quoted.startswith("“The informal meeting was chaired by Kazakhstan")
    assert quoted.endswith("[1]")
    assert cited.title == "Informal meeting held"
    assert cited.url.endswith("/v1/articles/meeting")


def test_a_message_may_come_in_parts(client):
    parts = [{"type": "text", "text": "Who chaired the"}, {"type": "text", "text": "meeting?"}]
    assert ask(client, ("user", parts)).choices[0].message.content.startswith("Kazakhstan")


def test_a_stream_adds_up_to_the_plain_reply(client):
    plain = ask(client, ("user", QUESTION))
    chunks = list(
        ask(client, ("user", QUESTION), stream=True, stream_options={"include_usage": True})
    )
    text = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert text == plain.choices[0].message.content
    with_end = [one for one in chunks if one.choices and one.choices[0].finish_reason]
    assert [one.choices[0].finish_reason for one in with_end] == ["stop"]
    assert with_end[0].citations == plain.citations
    assert with_end[0].choices[0].delta.annotations
    assert chunks[-1].usage == plain.usage
    assert len({one.id for one in chunks}) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param({"n": 2}, openai.UnprocessableEntityError, id="two choices"),
        pytest.param(
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            openai.UnprocessableEntityError,
            id="tools",
        ),
        pytest.param(
            {"response_format": {"type": "json_object"}},
            openai.UnprocessableEntityError,
            id="json",
        ),
        pytest.param(
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {}},
                }
            },
            openai.UnprocessableEntityError,
            id="json of a schema",
        ),
        pytest.param({"logprobs": True}, openai.UnprocessableEntityError, id="logprobs"),
        pytest.param({"top_logprobs": 3}, openai.UnprocessableEntityError, id="top logprobs"),
        pytest.param(
            {"modalities": ["text", "audio"]}, openai.UnprocessableEntityError, id="audio"
        ),
    ],
)
def test_what_there_is_not_is_refused(client, options, error):
    with pytest.raises(error) as caught:
        ask(client, ("user", QUESTION), **options)
    assert caught.value.body["message"]


def test_the_plain_form_may_be_asked_for_by_name(client):
    options = {"response_format": {"type": "text"}, "logprobs": False, "modalities": ["text"]}
    assert ask(client, ("user", QUESTION), **options).choices[0].message.content


@pytest.mark.parametrize(
    ("question", "words"), [("  ", "empty"), ("x" * 3000, "more than 2000")], ids=["blank", "long"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_question_that_cannot_be_asked_is_refused_before_a_stream_begins(
    client, question, words, stream
):
    with pytest.raises(openai.UnprocessableEntityError, match=words) as caught:
        ask(client, ("user", question), stream=stream)
    assert caught.value.body["code"] == "question_error"


def test_the_address_of_an_article_is_percent_encoded(tmp_path):
    identity = "a/b?c#d\u044f"
    new = {"id": identity, "text": "The bridge was opened by Aliyeva in Ganja.", "language": "en"}
    asked = {"model": "menbe", "messages": [{"role": "user", "content": "Who opened the bridge?"}]}
    with serving(tmp_path) as client:
        assert client.post("/v1/articles", json=new).status_code == 201
        reply = client.post("/v1/chat/completions", json=asked).json()
        assert reply["citations"][0]["article_id"] == identity
        cited = reply["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]
        assert cited.endswith("/v1/articles/a%2Fb%3Fc%23d%D1%8F")
        assert client.get(cited).json()["id"] == identity


def test_errors_are_openais_and_problems_at_once(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hello?"}]
        )
    assert "Use menbe" in caught.value.body["message"]
    assert caught.value.response.headers["content-type"] == "application/problem+json"
    assert caught.value.response.json()["status"] == 404
    with pytest.raises(openai.UnprocessableEntityError):
        ask(client, ("system", "No question."))
    with pytest.raises(openai.UnprocessableEntityError, match="empty"):
        ask(client, ("user", "  "))


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["menbe", "menbe-embeddings"]
    assert client.models.retrieve("menbe").id == "menbe"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_embeddings_are_the_encoders_unit_vectors(client):
    texts = ["The bridge was opened.", "Мост открыт."]
    reply = client.embeddings.create(model="menbe-embeddings", input=texts)
    vectors = np.array([one.embedding for one in reply.data])
    assert vectors.shape == (2, 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert reply.usage.total_tokens > 0
    plain = client.embeddings.create(
        model="menbe-embeddings", input=texts[0], encoding_format="float"
    )
    assert np.allclose(plain.data[0].embedding, vectors[0], atol=1e-6)


def test_embeddings_in_base64_are_little_endian_floats(client):
    raw = client.embeddings.with_raw_response.create(
        model="menbe-embeddings", input="One text.", encoding_format="base64"
    )
    encoded = raw.http_response.json()["data"][0]["embedding"]
    assert np.frombuffer(base64.b64decode(encoded), dtype="<f4").shape == (64,)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"input": ""}, id="empty"),
        pytest.param({"input": []}, id="no texts"),
        pytest.param({"input": ["x"] * 257}, id="too many"),
        pytest.param({"input": [1, 2]}, id="token ids"),
        pytest.param({"input": "x", "dimensions": 3}, id="other dimensions"),
        pytest.param({"input": "word " * 600}, id="longer than the encoder reads"),
    ],
)
def test_bad_inputs_of_embeddings_are_refused(client, options):
    with pytest.raises(openai.UnprocessableEntityError):
        client.embeddings.create(model="menbe-embeddings", **options)
