from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import cache
from embeddings.cache import cache_root, check_folder, ensure_folder
from embeddings.errors import EncoderError, WeightsError


def fill(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"weights" * 100)
    (folder / "sub").mkdir()
    (folder / "sub" / "config.json").write_text("{}")


def make(folder: Path) -> Path:
    return ensure_folder(folder, fill, needed_bytes=2_000_000)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MENBE_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/menbe"),
        ({"MENBE_CACHE": "", "XDG_CACHE_HOME": ""}, "/home/x/.cache/menbe"),
        ({}, "/home/x/.cache/menbe"),
    ],
)
def test_cache_root(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MENBE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/x")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_root() == Path(expected)
    assert cache_root(Path("/given")) == Path("/given")


def test_a_folder_is_filled_once(tmp_path: Path) -> None:
    made = make(tmp_path / "cache" / "model")
    before = (made / "weights.bin").stat().st_mtime_ns
    make(made)
    assert (made / "weights.bin").stat().st_mtime_ns == before
    manifest = json.loads((made / "manifest.json").read_text())
    assert set(manifest["files"]) == {"weights.bin", "sub/config.json"}
    assert not list(made.parent.glob(".*tmp*"))


def flip(folder: Path) -> None:
    path = folder / "weights.bin"
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[350] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # a time set back hides nothing


DAMAGE: dict[str, Callable[[Path], object]] = {
    "flipped bit": flip,
    "truncated": lambda folder: (folder / "weights.bin").write_bytes(b"weights" * 99),
    "missing file": lambda folder: (folder / "sub" / "config.json").unlink(),
    "missing manifest": lambda folder: (folder / "manifest.json").unlink(),
    "broken manifest": lambda folder: (folder / "manifest.json").write_text("[1]"),
    "manifest of something else": lambda folder: (folder / "manifest.json").write_text(
        '{"files": {"a": 1}}'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_named_and_mended(damage: Callable[[Path], object], tmp_path: Path) -> None:
    made = make(tmp_path / "model")
    damage(made)
    with pytest.raises(WeightsError, match="Delete"):
        check_folder(made)
    make(made)
    check_folder(made)
    assert (made / "weights.bin").read_bytes() == b"weights" * 100


def test_a_file_in_the_place_of_the_folder_gives_way(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("something")
    check_folder(make(tmp_path / "model"))


def test_a_checked_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path / "model")
    read: list[Path] = []
    monkeypatch.setattr(cache, "file_sha256", lambda path: read.append(path))
    check_folder(made)
    assert read == []


def test_many_at_once_get_one_whole_folder(tmp_path: Path) -> None:
    fills: list[Path] = []

    def slow(folder: Path) -> None:
        fills.append(folder)
        fill(folder)

    def run() -> None:
        check_folder(ensure_folder(tmp_path / "model", slow, needed_bytes=1))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1
    check_folder(tmp_path / "model")


def test_two_processes_at_once_get_one_whole_folder(tmp_path: Path) -> None:
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            try:
                make(tmp_path / "model")
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    check_folder(tmp_path / "model")


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".model.tmp-abc" / "new").mkdir(parents=True)
    make(tmp_path / "model")
    assert not (tmp_path / ".model.tmp-abc").exists()


def test_a_failed_fill_leaves_nothing_and_keeps_its_error(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        fill(folder)
        raise WeightsError("the source is broken")

    with pytest.raises(WeightsError, match="source is broken"):
        ensure_folder(tmp_path / "model", broken, needed_bytes=1)
    assert [path.name for path in tmp_path.iterdir()] == [".model.lock"]


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(EncoderError, match=r"No space left .* Free 260 MB .* MENBE_CACHE"):
        ensure_folder(tmp_path / "model", full, needed_bytes=260_000_000)


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match=r"cannot be written .* MENBE_CACHE"):
        make(tmp_path / "file" / "model")
