"""Follow-ups over HTTP: `/v1/ask` with a conversation."""

from __future__ import annotations

import pytest
from api_support import QUESTION, events_in, problem, serving

TOLD = [
    {"role": "user", "content": QUESTION},
    {"role": "assistant", "content": "Kazakhstan"},
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("conversation")) as client:
        yield client


def ask(client, question, **more):
    return client.post("/v1/ask", json={"question": question, **more})


def test_a_follow_up_is_completed_and_both_forms_come_back(client):
    reply = ask(client, "And when?", conversation=TOLD).json()
    assert reply["question"] == "And when?"
    assert "Kazakhstan" in reply["rewritten_question"]
    asked = ask(client, reply["rewritten_question"]).json()
    assert [one["citation"] for one in reply["answers"]] == [
        one["citation"] for one in asked["answers"]
    ]


def test_it_is_understood_as_by_chat_completions(client):
    messages = [*TOLD, {"role": "user", "content": "And when?"}]
    chat = client.post("/v1/chat/completions", json={"model": "menbe", "messages": messages})
    reply = ask(client, "And when?", conversation=TOLD)
    assert reply.json()["rewritten_question"] == chat.json()["rewritten_question"]


@pytest.mark.parametrize(
    ("question", "conversation"),
    [
        pytest.param("And when?", None, id="no conversation"),
        pytest.param("And when?", [], id="an empty one"),
        pytest.param("And when?", TOLD[1:], id="an answer to nothing"),
        pytest.param("And when?", [{"role": "user", "content": "  "}], id="a blank question"),
        pytest.param("Who leads the OSCE?", TOLD, id="it stands by itself"),
        pytest.param("And when? " + "x" * 600, TOLD, id="nobody says so much to lean"),
    ],
)
def test_what_leans_on_nothing_is_asked_as_it_was_typed(client, question, conversation):
    more = {} if conversation is None else {"conversation": conversation}
    reply = ask(client, question, **more).json()
    assert reply["question"] == question
    assert reply["rewritten_question"] is None


def test_an_unanswered_question_counts_too(client):
    reply = ask(client, "And when?", conversation=TOLD[:1]).json()
    assert "chaired" in reply["rewritten_question"]


def test_the_language_given_is_that_of_the_question(client):
    reply = ask(client, "And when?", conversation=TOLD, language="de").json()
    assert (reply["language"], reply["rewritten_question"]) == ("de", None)


def test_filters_and_explanations_go_with_a_follow_up(client):
    filters = {"languages": ["ru"]}
    reply = ask(client, "And when?", conversation=TOLD, filters=filters, explain=True).json()
    assert {passage["article_id"] for passage in reply["passages"]} == {"vstrecha"}
    assert reply["explain"]["removed_by_filters"] == {"language": 2}


def test_a_streamed_follow_up_tells_what_it_was_understood_as(client):
    response = ask(client, "And when?", conversation=TOLD, stream=True)
    events = events_in(response.text)
    assert [name for name, _ in events] == ["passages", "answers", "done"]
    plain = ask(client, "And when?", conversation=TOLD).json()
    assert events[2][1]["rewritten_question"] == plain["rewritten_question"]
    assert events[1][1]["answers"] == plain["answers"]


def test_a_long_conversation_and_long_answers_are_taken(client):
    turns = [
        {"role": role, "content": text}
        for n in range(99)
        for role, text in (("user", f"Who came as number {n}?"), ("assistant", "He did. " * 900))
    ]
    assert "Kazakhstan" in ask(client, "And when?", conversation=[*turns, *TOLD]).text


@pytest.mark.parametrize(
    ("conversation", "field"),
    [
        pytest.param(TOLD * 5000, "conversation", id="10,000 turns"),
        pytest.param([TOLD[0]] * 201, "conversation", id="one too many"),
        pytest.param([{"role": "system", "content": "x"}], "conversation.0.role", id="role"),
        pytest.param([{"role": "USER", "content": "x"}], "conversation.0.role", id="capitals"),
        pytest.param([{"content": "x"}], "conversation.0.role", id="no role"),
        pytest.param([{"role": "user"}], "conversation.0.content", id="no content"),
        pytest.param([{"role": "user", "content": ""}], "conversation.0.content", id="empty"),
        pytest.param([{"role": "user", "content": None}], "conversation.0.content", id="null"),
        pytest.param([{"role": "user", "content": ["x"]}], "conversation.0.content", id="parts"),
        pytest.param(
            [*TOLD, {"role": "assistant", "content": "x" * 20_001}],
            "conversation.2.content",
            id="too long an answer",
        ),
        pytest.param([{**TOLD[0], "name": "me"}], "conversation.0.name", id="unknown field"),
        pytest.param(["And when?"], "conversation.0", id="a text"),
        pytest.param({"role": "user", "content": "x"}, "conversation", id="an object"),
        pytest.param("user: x", "conversation", id="one text"),
        pytest.param(None, "conversation", id="null instead of none"),
    ],
)
def test_what_is_no_conversation_is_refused(client, conversation, field):
    body = problem(ask(client, "And when?", conversation=conversation), 422)
    assert body["errors"][0]["field"] == field


def test_a_question_that_nobody_could_have_asked_is_named(client):
    turns = [*TOLD, {"role": "user", "content": "x" * 2001}]
    body = problem(ask(client, "And when?", conversation=turns), 422)
    assert body["detail"].startswith("conversation.2.content: a question of 2001 characters")


def test_a_blank_question_is_refused_after_any_conversation(client):
    problem(ask(client, "  ", conversation=TOLD), 422, "question_error")


def test_only_what_is_answered_takes_a_conversation(client):
    for path in ("search", "context"):
        given = {"question": QUESTION, "conversation": TOLD}
        problem(client.post(f"/v1/{path}", json=given), 422)


def test_the_document_shows_one(client):
    document = client.get("/openapi.json").json()
    examples = document["components"]["schemas"]["AskRequest"]["examples"]
    shown = [example for example in examples if "conversation" in example]
    assert shown
    assert client.post("/v1/ask", json=shown[0]).json()["rewritten_question"]
