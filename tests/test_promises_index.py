"""The index is only a copy: what is wrong with it is named and changes no answer."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from promises_support import ENCODER, answers, articles

from embeddings.build import index_articles, open_generation
from embeddings.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", create=True) as opened:
        index_articles(opened, ENCODER, articles(range(40)))
        open_generation(opened)
        yield opened


INDEX_FILES = ["CURRENT", "manifest.json", "vectors.faiss", "rowids.npy", "checksums.npy"]


def index_file(store, name):
    home = store.path / "index"
    return (
        home / name if name == "CURRENT" else home / (home / "CURRENT").read_text().strip() / name
    )


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 0x10
    path.write_bytes(content)


DAMAGES = {
    "deleted": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "first byte flipped": lambda path: flip(path, 0),
    "middle byte flipped": lambda path: flip(path, path.stat().st_size // 2),
    "last byte flipped": lambda path: flip(path, -2),
    "noise": lambda path: path.write_bytes(np.random.default_rng(0).bytes(4000)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("name", INDEX_FILES)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_any_damage_to_the_index_is_named_and_changes_no_answer(store, name, damage):
    expected = answers(store)
    damage(index_file(store, name))
    warnings: list[str] = []
    generation = open_generation(store, warn=warnings.append)
    assert "cannot be used" in warnings[0]
    assert generation.version == store.version
    assert answers(store) == expected


def test_a_deleted_index_folder_changes_no_answer(store):
    expected = answers(store)
    shutil.rmtree(store.path / "index")
    assert answers(store) == expected
    assert open_generation(store, rebuild=False).version == store.version


def test_every_single_flipped_byte_of_a_manifest_is_seen(store):
    path = index_file(store, "manifest.json")
    sound = path.read_bytes()
    for place in range(0, len(sound), 7):
        path.write_bytes(sound)
        flip(path, place)
        warnings: list[str] = []
        generation = open_generation(store, save=False, warn=warnings.append)
        assert generation.version == store.version
        assert generation.index.count == store.chunk_count
        assert warnings, f"byte {place} of the manifest was flipped unseen"


@pytest.mark.parametrize(
    "pointer",
    ["gen-1-0000", "../../etc", "gen-1-00/../..", "/etc", "", "gen-1-0000\ngen-2-00", "gen-٣-00"],
)
def test_a_pointer_to_anything_else_is_not_followed(store, pointer):
    expected = answers(store)
    (store.path / "index" / "CURRENT").write_text(pointer, encoding="utf-8")
    warnings: list[str] = []
    open_generation(store, save=False, warn=warnings.append)
    assert "cannot be used" in warnings[0]
    assert answers(store) == expected


def test_a_stale_pointer_is_followed_up(store):
    stale = (store.path / "index" / "CURRENT").read_text()
    index_articles(store, ENCODER, articles(range(40, 50)))
    store.delete_article("a0011")
    expected = answers(store)
    (store.path / "index" / "CURRENT").write_text(stale)
    assert answers(store) == expected


def test_the_index_of_another_store_is_not_used(store, tmp_path):
    with Store.open(tmp_path / "other", create=True) as other:
        index_articles(other, ENCODER, articles(range(100, 140)))
        expected = answers(other)
        shutil.rmtree(other.path / "index")
        shutil.copytree(store.path / "index", other.path / "index")
        warnings: list[str] = []
        open_generation(other, warn=warnings.append)
        assert "belongs to another store" in warnings[0]
        assert answers(other) == expected


# 3. Each answer comes from one generation
