"""The MCP server, driven by the official SDK's own client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from api_support import MEETING, QUESTION, make_service
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from qa.mcp import make_server


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with make_service(tmp_path_factory.mktemp("mcp")) as made:
        yield made


def call(service, tool, **arguments):
    async def run():
        async with Client(make_server(service)) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(run())


def value(result):
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def test_the_tools_say_what_they_are_and_that_they_only_read(service):
    async def run():
        async with Client(make_server(service)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(run())}
    assert tools.keys() == {"ask", "search", "get_article", "verify"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
    assert tools["ask"].input_schema["required"] == ["question"]


def test_ask_gives_the_contracts_result(service):
    result = value(call(service, "ask", question=QUESTION))
    assert result["answers"][0]["text"] == "Kazakhstan"
    cited = result["answers"][0]["citation"]
    article = value(call(service, "get_article", article_id=cited["article_id"]))
    assert article["text"] == MEETING
    assert article["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_a_follow_up_is_completed_from_the_conversation(service):
    told = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "Kazakhstan"}]
    result = value(call(service, "ask", question="And when?", conversation=told))
    assert "Kazakhstan" in result["rewritten_question"]
    assert value(call(service, "ask", question="And when?"))["rewritten_question"] is None


def test_filters_apply(service):
    result = value(call(service, "search", question=QUESTION, languages=["ru"], top_k=2))
    assert {passage["article_id"] for passage in result["passages"]} == {"vstrecha"}


def test_verify_checks_a_saved_answer(service):
    saved = value(call(service, "ask", question=QUESTION))
    assert value(call(service, "verify", saved=saved))["ok"] is True
    saved["answers"][0]["citation"]["sha256"] = "0" * 64
    assert value(call(service, "verify", saved=saved))["ok"] is False


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {"question": "   "}, "question is empty"),
        ("ask", {"question": QUESTION, "date_from": "yesterday"}, "is not a date"),
        ("ask", {"question": "x", "conversation": [{"role": "sys", "content": "x"}]}, "role"),
        ("ask", {"question": "x", "conversation": [{"role": "user"}] * 201}, "conversation"),
        ("search", {"question": QUESTION, "languages": ["klingon"]}, "not a language code"),
        ("get_article", {"article_id": "nothing"}, "no article"),
        ("verify", {"saved": {}}, "answers"),
        ("ask", {}, "question"),
        ("ask", {"question": QUESTION, "top_k": 0}, "top_k"),
    ],
)
def test_errors_reach_the_agent_in_one_line(service, tool, arguments, words):
    result = call(service, tool, **arguments)
    assert result.is_error
    assert words in result.content[0].text
    assert "Traceback" not in result.content[0].text


def test_articles_without_a_date_can_be_left_out(service):
    asked = {"question": "Who painted the banner?", "date_from": "2020-01-01"}
    for tool in ("search", "ask"):
        kept = value(call(service, tool, **asked))["passages"]
        left = value(call(service, tool, **asked, undated=False))["passages"]
        assert "script" in {passage["article_id"] for passage in kept}
        assert {passage["article_id"] for passage in left} == {"meeting", "vstrecha"}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": QUESTION}),
        ("search", {"question": QUESTION}),
        ("get_article", {"article_id": "meeting"}),
        ("verify", {"saved": {"answers": []}}),
    ],
)
def test_an_unknown_argument_is_refused_by_name(service, tool, arguments):
    assert not call(service, tool, **arguments).is_error
    result = call(service, tool, **arguments, language="ru")
    assert result.is_error
    assert "language" in result.content[0].text


def test_the_command_talks_to_a_client_over_stdin_and_stdout(tmp_path):
    make_service(tmp_path).close()
    here = Path(__file__).parent
    server = StdioServerParameters(
        command=sys.executable,
        args=[str(here / "mcp_fake.py"), "mcp", "--store", str(tmp_path / "store")],
        env={"PYTHONPATH": os.pathsep.join([str(here.parent), *sys.path])},
    )

    async def run():
        async with Client(stdio_client(server)) as client:
            return {
                "tools": await client.list_tools(),
                "ask": await client.call_tool("ask", {"question": QUESTION}),
                "get_article": await client.call_tool("get_article", {"article_id": "meeting"}),
                "wrong": await client.call_tool("ask", {"question": QUESTION, "foo": 1}),
            }

    got = asyncio.run(run())
    for tool in got["tools"].tools:
        assert tool.input_schema["additionalProperties"] is False
    assert value(got["ask"])["answers"][0]["text"] == "Kazakhstan"
    assert value(got["get_article"])["text"] == MEETING
    assert got["wrong"].is_error
