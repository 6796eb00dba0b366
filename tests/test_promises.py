"""Each promise of the store and its index, with a test that tries to break it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import apsw
import numpy as np
import pytest
from promises_support import ENCODER, answers, articles, run, script

from embeddings.build import index_articles, open_generation, refresh
from embeddings.errors import StoreBusyError, StoreError, StoreFullError
from embeddings.generations import save_generation
from embeddings.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", create=True) as opened:
        index_articles(opened, ENCODER, articles(range(40)))
        open_generation(opened)
        yield opened


@pytest.mark.parametrize("after", [1, 40])
def test_what_was_acknowledged_survives_kill_9(tmp_path, after):
    body = """
        with Store.open(path, create=True) as store:
            def tell(stage, done, total):
                print(done, flush=True)
            index_articles(store, ENCODER, articles(range(10**6)), batch_chunks=4, progress=tell)
    """
    child = subprocess.Popen(script(body, tmp_path / "s"), stdout=subprocess.PIPE, text=True)
    acknowledged = 0
    for line in child.stdout:
        acknowledged = int(line)
        if acknowledged >= after:
            break
    child.send_signal(signal.SIGKILL)
    for line in child.stdout:  # what it had said before it died counts as well
        if line.endswith("\n"):
            acknowledged = int(line)
    child.wait()
    child.stdout.close()
    with Store.open(tmp_path / "s") as store:
        assert store.problems() == []
        assert acknowledged <= store.article_count <= acknowledged + 1
        assert store.articles_with_damaged_chunks() == []
        assert open_generation(store).index.count == store.chunk_count
        rest = index_articles(store, ENCODER, articles(range(acknowledged + 5)))
        assert rest.unchanged in (acknowledged, acknowledged + 1)


def test_kill_9_while_a_generation_is_written_leaves_the_old_one_in_use(store):
    expected = answers(store)
    body = """
        import embeddings.generations as generations
        def die(*_, **__):
            os.kill(os.getpid(), 9)
        setattr(generations, sys.argv[2], die)
        with Store.open(path) as store:
            save_generation(store, open_generation(store))
    """
    for step in ("_write_files", "_point", "_remove_old"):
        done = subprocess.run(script(body, store.path, step), capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGKILL
        warnings: list[str] = []
        assert open_generation(store, rebuild=False, warn=warnings.append).version
        assert warnings == []
        assert answers(store) == expected
    save_generation(store, open_generation(store))
    folders = [entry for entry in (store.path / "index").iterdir() if entry.is_dir()]
    assert len(folders) == 2


# 2. The index is a function of the store; 4. corruption is named, never served


def test_searching_goes_on_consistently_while_articles_are_written(store):
    stop = threading.Event()
    problems: list[str] = []
    asked = 0

    def ask() -> None:
        nonlocal asked
        generation = open_generation(store, save=False)
        question = ENCODER.encode_questions(["envoy minister report"])
        while not stop.is_set():
            with store.snapshot() as snapshot:
                generation = refresh(generation, snapshot)
                (dense,) = generation.index.search(question, 10_000)
                lexical = snapshot.lexical_search(["~baku", "report"], 10_000)
                rows = {row for row, _ in dense}
                stored = snapshot.chunks_by_rowid(rows)
                if set(stored) != rows:
                    problems.append("the index has chunks that the snapshot has not")
                if len(rows) != snapshot.chunk_count:
                    problems.append("the snapshot has chunks that the index has not")
                if not {hit.rowid for hit in lexical} <= rows:
                    problems.append("terms and vectors are of two moments")
                wanted = {each.chunk.article_id for each in stored.values()}
                if set(snapshot.articles(wanted)) != wanted:
                    problems.append("a chunk has no article")
            asked += 1

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for round_ in range(3):
        index_articles(store, ENCODER, articles(range(round_ * 5, round_ * 5 + 20)), force=True)
        store.delete_article(f"a{round_:04}")
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert asked >= 2


# 5. A full disk keeps the old generation serving and fails the write cleanly


def test_a_full_database_fails_the_write_cleanly(store):
    expected = answers(store)
    version = store.version
    pages = store._query("PRAGMA page_count")[0][0]
    with store._transaction() as connection:
        connection.execute("UPDATE state SET sequence = sequence - 1")
    connection.execute(f"PRAGMA max_page_count = {pages + 12}")
    with pytest.raises(StoreFullError, match=r"no space is left .*\d+ articles of this run"):
        index_articles(store, ENCODER, articles(range(1000, 2000)), batch_chunks=4)
    kept = store.article_count - 40
    assert 0 < kept < 100
    assert store.problems() == []
    for number in range(1000, 1000 + kept):
        assert store.delete_article(f"a{number}")
    assert store.version != version
    assert answers(store) == expected


def test_no_space_for_files_keeps_what_was_committed(store):
    body = """
        with Store.open(path) as store:
            before = store.article_count
            size = (path / "store.db").stat().st_size
            wal = (path / "store.db-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, wal) + 60_000,) * 2)
            try:
                index_articles(store, ENCODER, articles(range(1000, 3000)), batch_chunks=4)
            except StoreFullError as error:
                print(error)
            kept = store.article_count - before
            assert 0 < kept < 2000, kept
            assert store.problems() == []
            assert store.articles_with_damaged_chunks() == []
            print(kept)
    """
    message, kept = run(body, store.path).splitlines()
    assert "no space is left" in message
    assert f"{kept} articles of this run were indexed before" in message
    assert store.article_count == 40 + int(kept)
    report = index_articles(store, ENCODER, articles(range(1000, 1200)))
    assert report.unchanged == int(kept)
    assert open_generation(store).index.count == store.chunk_count


def test_no_space_for_the_index_keeps_serving_the_old_one(store):
    expected = answers(store)
    body = """
        with Store.open(path) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096,) * 2)
            try:
                save_generation(store, open_generation(store))
            except StoreFullError as error:
                print(error)
            (path / "index" / "CURRENT").unlink()
            warnings = []
            generation = open_generation(store, warn=warnings.append)
            assert generation.index.count == store.chunk_count
            print(warnings[1])
    """
    pointer = (store.path / "index" / "CURRENT").read_text()
    refused, warning = run(body, store.path).splitlines()
    assert "no space is left" in refused
    assert "kept in memory only" in warning
    folders = [entry.name for entry in (store.path / "index").iterdir()]
    assert folders == [pointer.strip()]
    assert answers(store) == expected


# 7. What was deleted is never served again


def test_what_was_deleted_is_served_by_no_way_at_all(store):
    old = open_generation(store)
    rows = {
        row
        for row in old.index.rowids.tolist()
        if store.chunks_by_rowid([row])[row].chunk.article_id == "a0011"
    }
    assert rows
    store.delete_article("a0011")
    assert store.chunks_by_rowid(rows) == {}, "also while an older index still proposes them"
    with store.snapshot() as snapshot:
        assert not rows & set(refresh(old, snapshot).index.rowids.tolist())
    for generation in (open_generation(store), open_generation(store, rebuild=False)):
        assert not rows & set(generation.index.rowids.tolist())
    assert not rows & {hit.rowid for hit in store.lexical_search(["report", "~baku"], 999)}
    shutil.rmtree(store.path / "index")
    assert not rows & set(open_generation(store).index.rowids.tolist())


def test_a_deletion_by_another_process_is_noticed(store):
    generation = open_generation(store)
    run('Store.open(path).delete_article("a0003")', store.path)
    with store.snapshot() as snapshot:
        followed = refresh(generation, snapshot)
    assert followed.sequence == generation.sequence + 1
    assert followed.index.count == store.chunk_count < generation.index.count


# 10. Backup and restore


def test_a_restored_backup_never_meets_the_index_of_a_later_state(store, tmp_path):
    store.backup(tmp_path / "backup")
    index_articles(store, ENCODER, articles(range(50, 53)))
    later = open_generation(store)
    store.close()
    path = store.path
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup" / "store.db", path / "store.db")
    with Store.open(path) as restored:
        # As many writes as the lost history had: the sequence and the rows are the same again.
        index_articles(restored, ENCODER, articles(range(60, 63)))
        assert restored.sequence == later.sequence
        generation = open_generation(restored)
        rowids, vectors = restored.vectors()
        assert np.array_equal(generation.index.rowids, rowids)
        assert np.array_equal(generation.index.vectors, vectors)


def test_a_backup_gives_identical_answers(store, tmp_path):
    expected = answers(store)
    store.backup(tmp_path / "backup")
    with Store.open(tmp_path / "backup") as copy:
        assert answers(copy) == expected


# One process writes


def test_of_two_writers_the_second_is_told_and_a_dead_one_blocks_nobody(store):
    body = """
        with Store.open(path) as store, store.writing():
            print(os.getpid(), flush=True)
            time.sleep(60)
    """
    child = subprocess.Popen(script(body, store.path), stdout=subprocess.PIPE, text=True)
    number = child.stdout.readline().strip()
    with Store.open(store.path, busy_timeout_s=0.1) as second:
        with pytest.raises(StoreBusyError, match=f"process {number} is writing"):
            index_articles(second, ENCODER, articles([500]))
        assert answers(second)
        child.kill()
        child.wait()
        child.stdout.close()
        assert index_articles(second, ENCODER, articles([500])).added == 1


def test_two_processes_that_index_at_the_same_time_lose_nothing(tmp_path):
    body = """
        first = int(sys.argv[2])
        with Store.open(path, create=True, busy_timeout_s=30) as store:
            report = index_articles(
                store, ENCODER, articles(range(first, first + 60)), batch_chunks=8
            )
            assert report.added == 60, report
            open_generation(store)
    """
    path = tmp_path / "s"
    children = [subprocess.Popen(script(body, path, first)) for first in (0, 60)]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    with Store.open(path) as store:
        assert store.article_count == 120
        assert store.problems() == []
        assert open_generation(store).index.count == store.chunk_count


# A folder that cannot be written to


@pytest.fixture
def public_folder():
    # Outside pytest's own folder, which another user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="menbe-test-"))
    folder.chmod(0o755)
    yield folder
    for each in (folder, *folder.rglob("*")):
        if each.is_dir():
            each.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("with_index", [True, False], ids=["index", "no index"])
def test_a_read_only_folder_is_searched_and_refuses_writes(public_folder, with_index):
    path = public_folder / "s"
    with Store.open(path, create=True) as store:
        index_articles(store, ENCODER, articles(range(20)))
        expected = answers(store)
    if not with_index:
        shutil.rmtree(path / "index")
    for each in (*path.rglob("*"), path):
        each.chmod(0o555 if each.is_dir() else 0o444)
    body = """
        with Store.open(sys.argv[2], create=True) as other:  # imports all that is imported late
            index_articles(other, ENCODER, articles(range(2)))
            answers(other)
        if os.getuid() == 0:  # nothing is read-only for root
            os.setgid(65534)
            os.setuid(65534)
        with Store.open(path) as store:
            assert store.read_only
            for write in (
                lambda: store.delete_article("a0001"),
                lambda: index_articles(store, ENCODER, articles([500])),
            ):
                try:
                    write()
                except StoreError as error:
                    assert "is read-only" in str(error), error
                else:
                    raise AssertionError("it was written to")
            print(repr(answers(store)))
    """
    assert run(body, path, public_folder / "other").strip() == repr(expected)


# Something else


def test_a_database_that_is_cut_off_is_named(store):
    store.close()
    database = store.path / "store.db"
    os.truncate(database, database.stat().st_size // 2)
    with pytest.raises(StoreError, match="damaged"):
        everything_in(store.path)


def everything_in(path):
    with Store.open(path) as store:
        problems = store.problems()
        if problems:
            raise StoreError(f"damaged: {problems[0]}")
        return store.articles(store.article_ids())


def test_a_foreign_lock_on_the_database_is_waited_for_and_named(store):
    other = apsw.Connection(str(store.path / "store.db"))
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    store._busy_timeout_s = 0.1
    store._writer.set_busy_timeout(100)
    with pytest.raises(StoreBusyError, match="another process is writing"):
        store.delete_article("a0001")
    assert time.monotonic() - started < 5
    other.execute("ROLLBACK")
    other.close()
    assert store.delete_article("a0001")
