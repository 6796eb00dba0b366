from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import UsageError
from qa.settings import default_store, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("MENBE_"):
            monkeypatch.delenv(name)


def test_defaults_need_nothing():
    settings = load_settings()
    assert settings.store == default_store()
    assert settings.encoder is None


def test_an_argument_wins_over_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MENBE_STORE", "/from/environment")
    assert load_settings().store == Path("/from/environment")
    assert load_settings(store=tmp_path).store == tmp_path


def test_an_explicit_zero_is_kept():
    assert load_settings(chunk_overlap_sentences=0).chunk_overlap_sentences == 0
    assert load_settings(answer_threshold=0.0).answer_threshold == 0.0


def test_a_misspelt_variable_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("MENBE_STOER", "x")
    with pytest.raises(UsageError, match=r"MENBE_STOER names no setting.*MENBE_STORE"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("top_k", 0), ("top_k", "many"), ("answer_threshold", 1.5), ("chunk_tokens", 1), ("port", -1)],
)
def test_a_value_out_of_range_is_refused_with_its_variable(name, value):
    with pytest.raises(UsageError, match=f"MENBE_{name.upper()}"):
        load_settings(**{name: value})


def test_an_unknown_setting_is_refused():
    with pytest.raises(UsageError, match="chunk_size"):
        load_settings(chunk_size=3)


def test_the_store_follows_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert load_settings().store == tmp_path / "menbe"


def test_a_list_is_read_as_json(monkeypatch):
    monkeypatch.setenv("MENBE_ALLOWED_HOSTS", '["news.example", "menbe.example"]')
    assert load_settings().allowed_hosts == ("news.example", "menbe.example")


@pytest.mark.parametrize("value", ["news.example", "", '{"a": 1}', "[1]"])
def test_a_list_that_is_none_is_refused_with_its_variable(monkeypatch, value):
    monkeypatch.setenv("MENBE_ALLOWED_HOSTS", value)
    with pytest.raises(UsageError, match="MENBE_ALLOWED_HOSTS"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("top_k", "3", 3), ("fetch_urls", "true", True), ("request_timeout_s", "2.5", 2.5)],
)
def test_a_variable_is_read_as_its_settings_type(monkeypatch, name, text, value):
    monkeypatch.setenv(f"MENBE_{name.upper()}", text)
    assert getattr(load_settings(), name) == value


@pytest.mark.parametrize(("name", "text"), [("TOP_K", "many"), ("LOG_FORMAT", "xml")])
def test_a_variable_that_cannot_be_used_is_refused_by_name(monkeypatch, name, text):
    monkeypatch.setenv(f"MENBE_{name}", text)
    with pytest.raises(UsageError, match=f"MENBE_{name}"):
        load_settings()
