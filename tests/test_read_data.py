import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_support import example

from embeddings.errors import UsageError
from qa.read.data import (
    LoadReport,
    check_answer,
    held_out,
    load_sets,
    load_squad_file,
    passage_hash,
    passages_of_folder,
)
from qa.read.data_lexicon import load_lexicon, switch
from qa.read.data_nerel import make_questions


def squad(path: Path, passage: str, *questions: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    paragraph = {"context": passage, "qas": list(questions)}
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("passage", "text", "start", "expected"),
    [
        pytest.param("a London b", "London", 2, ((2, 8), False), id="right"),
        pytest.param("a London b", " London ", 1, ((2, 8), False), id="spaces around"),
        pytest.param("a London b", "London", 5, ((2, 8), True), id="moved"),
        pytest.param("Rome, Rome, Rome", "Rome", 7, ((6, 10), True), id="nearest"),
        pytest.param("a LONDON b", "London", 0, ((2, 8), True), id="other case"),
        pytest.param("a London b", "Paris", 2, None, id="absent"),
        pytest.param("a London b", "  ", 2, None, id="empty"),
        pytest.param("x" * 600 + "ab ab", "ab", 0, None, id="several, all far"),
        pytest.param("x" * 600 + "ab", "ab", 0, ((600, 602), True), id="one, far"),
        pytest.param("İ a LONDON", "London", 0, None, id="case folding changes the length"),
    ],
)
def test_check_answer(passage, text, start, expected):
    assert check_answer(passage, text, start) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.text(max_size=40), st.text(min_size=1, max_size=8), st.text(max_size=40), st.integers(-9, 99)
)
def test_a_found_answer_always_stands_where_it_is_said_to(before, text, after, start):
    found = check_answer(before + text + after, text, start)
    if found is not None:
        (begin, end), _ = found
        assert (before + text + after)[begin:end].casefold() == text.strip().casefold()


def test_broken_records_are_counted_and_skipped(tmp_path):
    path = squad(
        tmp_path / "a.json",
        "Ada lived in London.",
        {"id": 1, "question": "Where?", "answers": [{"text": "London", "answer_start": "13"}]},
        {"id": 2, "question": "Where?", "answers": [{"text": "London", "answer_start": 11}]},
        {"id": 3, "question": "Where?", "answers": [{"text": "Paris", "answer_start": 0}]},
        {"id": 4, "question": "Where?", "answers": [{"text": "London"}]},
        {"id": 5, "answers": []},
        "nonsense",
        {"id": 6, "question": "Why?", "answers": []},
    )
    report = LoadReport()
    found = load_squad_file(path, "s", ("en", "en"), report)
    assert [e.id.split(":")[-1] for e in found] == ["1", "2", "6"]
    assert all(e.passage[a:b] == "London" for e in found for a, b in e.answers)
    assert report.counts == Counter(
        {
            ("s", "kept"): 2,
            ("s", "repaired"): 1,
            ("s", "answer_not_found"): 1,
            ("s", "broken"): 3,
            ("s", "unanswerable"): 1,
        }
    )
    assert any("broken 3" in line for line in report.lines())


@pytest.mark.parametrize("text", ["{", "[]", '{"data": 3}', '{"data": [{"paragraphs": [7]}]}'])
def test_a_file_that_is_not_squad_is_reported(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    report = LoadReport()
    assert load_squad_file(path, "s", ("en", "en"), report) == []
    assert report.counts["s", "broken"] == 1


def test_a_broken_line_of_jsonl_costs_only_itself(tmp_path):
    good = {
        "id": "1",
        "context": "In London.",
        "question": "Where?",
        "answers": {"text": ["London"], "answer_start": [3]},
    }
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(good) + "\n{oops\n\n" + json.dumps({**good, "context": 7}) + "\n")
    report = LoadReport()
    (found,) = load_squad_file(path, "s", ("kk", "kk"), report)
    assert found.answers == ((3, 9),)
    assert report.counts["s", "broken"] == 2


def test_most_chosen_answer_comes_first(tmp_path):
    answers = [{"text": t, "answer_start": 0} for t in ("In London town", "In London", "In London")]
    path = squad(
        tmp_path / "a.json", "In London town.", {"id": 1, "question": "Where?", "answers": answers}
    )
    (found,) = load_squad_file(path, "s", ("en", "en"), LoadReport())
    assert found.answers == ((0, 9), (0, 14))


def test_dev_passages_and_duplicates_are_dropped(tmp_path):
    question = {"id": 1, "question": "Where?", "answers": [{"text": "London", "answer_start": 3}]}
    squad(tmp_path / "train/tquad/a.json", "In London.", question, dict(question, id=2))
    squad(tmp_path / "dev/x/b.json", "Another one.")
    kept, report = load_sets(tmp_path / "train", ["tquad"], dev=tmp_path / "dev")
    assert len(kept) == 1
    assert report.counts["tquad", "duplicate"] == 1
    squad(tmp_path / "dev/x/b.json", "in  LONDON.", question)
    kept, report = load_sets(tmp_path / "train", ["tquad"], dev=tmp_path / "dev")
    assert kept == []
    assert report.counts["tquad", "in_dev"] == 2


def test_json_lines_under_the_name_json_bar_passages_too(tmp_path):
    rows = [json.dumps({"context": text, "question": "?"}) for text in ("One.", "Two.")]
    (tmp_path / "m.json").write_text("\n".join(rows))
    assert passages_of_folder(tmp_path) == {passage_hash("One."), passage_hash("two.")}


@pytest.mark.parametrize("name", ["nosuch", "tquad"])
def test_an_unknown_or_missing_set_is_an_error(tmp_path, name):
    with pytest.raises(UsageError, match=name):
        load_sets(tmp_path, [name])


def test_nerel_questions_are_grammatical_and_true(tmp_path):
    text = "Анна Петрова, министр культуры, приехала в Москву. Илья Сидоров родился в 1950 году."

    def entity(n: int, kind: str, words: str) -> str:
        at = text.index(words)
        return f"T{n}\t{kind} {at} {at + len(words)}\t{words}"

    lines = [
        entity(1, "PERSON", "Анна Петрова"),
        entity(2, "PROFESSION", "министр культуры"),
        entity(3, "PERSON", "Илья Сидоров"),
        entity(4, "DATE", "1950 году"),
        "T5\tPERSON 0 4\tНичто",
        "R1\tWORKS_AS Arg1:T1 Arg2:T2\t",
        "R2\tDATE_OF_BIRTH Arg1:T3 Arg2:T4\t",
        "R3\tWORKS_AS Arg1:T9 Arg2:T2\t",
    ]
    (tmp_path / "1.ann").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "1.txt").write_text(text, encoding="utf-8")
    (tmp_path / "2.ann").write_text("T1\tPERSON 0 4\tАнна", encoding="utf-8")
    made = {
        e.question: [e.passage[a:b] for a, b in e.answers]
        for e in make_questions(tmp_path, tmp_path)
    }
    assert made["Когда родился Илья Сидоров?"] == ["1950 году"]
    assert ["министр культуры"] in made.values()
    assert ["Анна Петрова"] in made.values()


def test_switch_keeps_names_and_uses_the_hand_list():
    lexicon = {"tr": {"live": "yaşamak", "ada": "ada"}}
    made = switch("Where did Ada live in 1833?", "tr", lexicon, 1.0, random.Random(1))
    assert made == "Nerede Ada yaşamak 1833?"
    assert "live" in switch("Where did Ada live in 1833?", "tr", lexicon, 0.0, random.Random(1))


def test_a_damaged_word_list_is_an_error(tmp_path):
    path = tmp_path / "lexicon.json"
    path.write_text("[1]")
    with pytest.raises(UsageError, match="lexicon"):
        load_lexicon(path)


def test_held_out_passages_stand_on_one_side():
    many = [example(passage=f"Passage {n}.", question=q) for n in range(2000) for q in ("a?", "b?")]
    kept = [held_out(e) for e in many]
    assert kept[::2] == kept[1::2]
    assert 20 < sum(kept[::2]) < 90
    parallel = [example(set="mlqa", key="7", passage=p) for p in ("One.", "Eins.")]
    assert held_out(parallel[0]) == held_out(parallel[1])
