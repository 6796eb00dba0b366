from __future__ import annotations

import json
import re
import stat
import threading

import pytest

from embeddings.errors import UsageError
from qa.keys import KeyFileError, Keyring, keys_path


@pytest.fixture
def keyring(tmp_path):
    return Keyring(tmp_path / "keys.json")


def test_a_key_opens_and_is_nowhere_in_the_file(keyring):
    key, record = keyring.add("A person", ("read",))
    assert keyring.check(key) == record
    text = keyring.path.read_text()
    assert key not in text
    assert key.split("_", 2)[2] not in text
    assert record.sha256 in text


def test_the_file_is_for_its_owner_only(keyring):
    keyring.add("A person", ("read",))
    assert stat.S_IMODE(keyring.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: key + "A"])
def test_a_key_that_is_almost_right_opens_nothing(keyring, change):
    key, _ = keyring.add("A person", ("read",))
    assert keyring.check(change(key)) is None
    assert keyring.check("") is None
    assert keyring.check("\ud800") is None


def test_keys_differ_and_have_a_known_form(keyring):
    keys = {keyring.add("Same name", ("read",))[0] for _ in range(20)}
    assert len(keys) == 20
    assert all(re.fullmatch(r"menbe_[0-9a-f]{8}_[\w-]{43}", key) for key in keys)


def test_a_revoked_key_opens_nothing_but_stays_on_the_list(keyring):
    key, record = keyring.add("A person", ("read",))
    other, _ = keyring.add("Another", ("write",))
    keyring.revoke(record.id)
    assert keyring.check(key) is None
    assert keyring.check(other) is not None
    assert [one.revoked_at is None for one in keyring.records] == [False, True]
    with pytest.raises(UsageError, match="no valid key"):
        keyring.revoke(record.id)
    with pytest.raises(UsageError, match="qa keys list"):
        keyring.revoke("nothing")


def test_another_process_sees_changes(keyring):
    other = Keyring(keyring.path)
    assert not other.usable
    key, record = keyring.add("A person", ("read",))
    assert other.check(key) == record
    keyring.revoke(record.id)
    assert other.check(key) is None
    assert not other.usable


def test_keys_made_at_once_are_all_kept(keyring):
    threads = [
        threading.Thread(target=lambda: Keyring(keyring.path).add("A person", ("read",)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keyring.records) == 12


def test_scopes_are_kept_in_one_order_and_without_repetition(keyring):
    _, record = keyring.add("A person", ("write", "read", "write"))
    assert record.scopes == ("read", "write")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x1b[31m"])
def test_what_cannot_be_a_name_is_refused(keyring, name):
    with pytest.raises(UsageError, match="cannot name a key"):
        keyring.add(name, ("read",))
    assert not keyring.path.exists()


@pytest.mark.parametrize("scopes", [(), ("admin",), ("read", "admin")])
def test_what_is_no_scope_is_refused(keyring, scopes):
    with pytest.raises(UsageError, match="is not a scope"):
        keyring.add("A person", scopes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        json.dumps({"keys": [{"id": "x"}]}),
        json.dumps({"keys": 3}),
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_refused_and_never_taken_for_an_empty_one(keyring, text):
    keyring.path.write_text(text)
    with pytest.raises(KeyFileError, match="is not a file of keys"):
        _ = keyring.records


def test_a_file_that_goes_missing_does_not_open_the_server(keyring):
    key, _ = keyring.add("A person", ("read",))
    assert keyring.check(key)
    keyring.path.unlink()
    assert keyring.records


def test_the_file_stands_beside_the_store(tmp_path):
    assert keys_path(tmp_path / "store", None) == tmp_path / "store.keys.json"
    assert keys_path(tmp_path / "store", tmp_path / "mine") == tmp_path / "mine"
