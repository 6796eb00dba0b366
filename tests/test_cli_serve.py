from __future__ import annotations

import json

import pytest
import typer
from api_support import QUESTION, make_service
from support import FakeEncoder
from typer.testing import CliRunner

from embeddings.errors import UsageError
from qa import cli_serve
from qa.keys import Keyring
from qa.service import Service

app = typer.Typer()
cli_serve.register(app)


@pytest.fixture
def run(tmp_path):
    def call(*arguments, store=tmp_path / "store"):
        result = CliRunner().invoke(app, [*arguments, "--store", str(store)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return call


def test_a_key_is_printed_once_and_alone_on_stdout(run, tmp_path):
    key = run("keys", "add", "A person", "--scope", "read", "--scope", "write").stdout.strip()
    record = Keyring(tmp_path / "store.keys.json").check(key)
    assert record is not None
    assert record.scopes == ("read", "write")
    listed = run("keys", "list").stdout
    assert record.id in listed
    assert "A person" in listed
    assert key not in listed


def test_a_key_reads_only_unless_told_otherwise_and_can_be_revoked(run):
    made = json.loads(run("keys", "add", "A person", "--json").stdout)
    assert made["scopes"] == ["read"]
    run("keys", "revoke", made["id"])
    (shown,) = json.loads(run("keys", "list", "--json").stdout)["keys"]
    assert shown["revoked_at"] is not None
    assert "sha256" not in shown
    with pytest.raises(UsageError, match="no valid key"):
        run("keys", "revoke", made["id"])


def test_context_prints_a_prompt_within_its_budget(run, tmp_path, monkeypatch):
    make_service(tmp_path).close()
    opened = Service.open
    monkeypatch.setattr(
        Service, "open", lambda settings, **_: opened(settings, encoder=FakeEncoder())
    )
    prompt = run("context", QUESTION, "--max-tokens", "400").stdout
    assert "chaired by Kazakhstan" in prompt
    grounded = json.loads(run("context", QUESTION, "--json").stdout)
    assert grounded["prompt"].startswith("Answer the question")
    assert grounded["tokens"] <= 2000


def test_serve_refuses_other_addresses_without_a_key(run):
    with pytest.raises(UsageError, match="no API key"):
        run("serve", "--host", "0.0.0.0")
