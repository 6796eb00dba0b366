"""Every form of test set, and what each says when it is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testset_support import EN, RU, lines, write

from embeddings.articles import make_article
from qa.errors import TestSetError
from qa.evaluate.cases import Case, Gold, TestSet, check_gold, occurrences, resolve
from qa.evaluate.testsets import load_test_set, pool, with_questions

TESTSET = Path(__file__).parent / "testset"
SEEDS = Path(__file__).parent.parent / "seeds"


def squad(*paragraphs: tuple[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    return {
        "version": "1.1",
        "data": [
            {
                "title": "Test_article",
                "paragraphs": [{"context": c, "qas": q} for c, q in paragraphs],
            }
        ],
        **more,
    }


def qa(id: Any, question: str, *answers: tuple[str, Any], **more: Any) -> dict[str, Any]:
    golds = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": id, "question": question, "answers": golds, **more}


# -- SQuAD ---------------------------------------------------------------------------------------


def test_squad_1(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", squad((EN, [qa("q1", " Who chairs? ", ("Kazakhstan", 0))])))
    found = load_test_set(file)
    (case,) = found.cases
    assert (found.name, found.kind, found.has_unanswerable, found.over_store) == (
        "a", "squad", False, False,
    )  # fmt: skip
    assert case.question == "Who chairs?"
    assert case.answers == (Gold("Kazakhstan", 0, 10, "p1"),)
    assert case.relevant == (("p1", 1),)
    assert case.language == "en"
    assert found.paragraphs["p1"].title == "Test article"
    assert found.paragraphs["p1"].language == "en"
    assert found.notes == ()


def test_squad_2_keeps_impossible_apart_from_hidden(tmp_path: Path) -> None:
    questions = [
        qa("yes", "Who?", ("Kazakhstan", 0)),
        qa("no", "When was it abolished?", is_impossible=True, plausible_answers=[]),
        qa("no too", "Where did it end?"),
        qa("hidden", "Who hosts?", ("", 0)),
    ]
    found = load_test_set(write(tmp_path / "a.json", squad((EN, questions))))
    assert [case.answerable for case in found.cases] == [True, False, False, None]
    assert [bool(case.relevant) for case in found.cases] == [True, False, False, True]
    assert found.has_unanswerable


def test_squad_offsets_are_repaired_and_said(tmp_path: Path) -> None:
    questions = [
        qa(1, "Who said?", ("Kazakhstan", "70")),
        qa(2, "What?", ("nowhere", 3)),
        qa(2, "Who?", ("Baku", -1)),
    ]
    found = load_test_set(write(tmp_path / "a.json", squad((EN, questions))))
    at = EN.rindex("Kazakhstan")
    assert found.cases[0].answers == (Gold("Kazakhstan", at, at + 10, "p1"),)
    assert found.cases[1].answers == (Gold("nowhere", None, None, "p1"),)
    assert [case.id for case in found.cases] == ["1", "2", "2#2"]
    assert len(found.notes) == 3


@pytest.mark.parametrize("before", ["\ufeff", "one\r\ntwo\r\n", "a\rb "])
def test_squad_gold_moves_with_what_is_taken_out(tmp_path: Path, before: str) -> None:
    context = before + "Baku, Baku and Baku"
    start = context.rindex("Baku")
    file = write(tmp_path / "a.json", squad((context, [qa("q", "Where?", ("Baku", start))])))
    found = load_test_set(file)
    (gold,) = found.cases[0].answers
    text = found.paragraphs["p1"].text
    assert "\r" not in text
    assert gold.start == text.rindex("Baku")
    assert found.notes == ()


def test_the_same_context_is_one_paragraph(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.json",
        squad((EN, [qa("1", "Who?", ("Baku", 42))]), (EN, [qa("2", "Who?", ("Baku", 42))])),
    )
    assert len(load_test_set(file).paragraphs) == 1


def test_questions_of_a_parallel_file(tmp_path: Path) -> None:
    english = load_test_set(
        write(tmp_path / "en.json", squad((EN, [qa("q", "Who chairs it?", ("Kazakhstan", 0))])))
    )
    russian = load_test_set(
        write(
            tmp_path / "ru.json",
            squad((RU, [qa("q", "Кто председательствует?", ("Казахстан", 0))])),
        )
    )
    (case,) = with_questions(english, russian).cases
    assert (case.language, case.question) == ("ru", "Кто председательствует?")
    assert case.answers == (Gold("Kazakhstan", 0, 10, "p1"),)
    other = TestSet("other", "squad", "0", (Case("x", "en", "?"),))
    with pytest.raises(TestSetError, match=r"other has no question 'q' \(1 are missing\)"):
        with_questions(english, other)


def test_pool_knows_parallel_paragraphs(tmp_path: Path) -> None:
    sets = [
        load_test_set(write(tmp_path / "en.json", squad((EN, [qa("q", "Who?", ("Baku", 42))])))),
        load_test_set(write(tmp_path / "ru.json", squad((RU, [qa("q", "Где?", ("Баку", 74))])))),
    ]
    found = pool(sets)
    assert set(found.paragraphs) == {"en/p1", "ru/p1"}
    assert [case.id for case in found.cases] == ["en:q", "ru:q"]
    assert {case.group for case in found.cases} == {"q"}
    assert found.cases[0].parallel == ("ru/p1",)
    assert found.cases[0].relevant == (("en/p1", 1),)
    assert found.cases[1].answers[0].article == "ru/p1"
    with pytest.raises(TestSetError, match="en is given twice"):
        pool([sets[0], sets[0]])


# -- JSON lines ----------------------------------------------------------------------------------


def test_lines_with_contexts_and_parallel_lists(tmp_path: Path) -> None:
    # Such a file is often named .json all the same.
    file = write(
        tmp_path / "a.json",
        lines(
            {"id": "1", "question": "Who?", "context": EN,
             "answers": {"text": ["Baku"], "answer_start": [EN.index("Baku")]}},
            {"id": "2", "question": "Why?", "context": EN,
             "answers": {"text": [], "answer_start": []}},
        ),
    )  # fmt: skip
    found = load_test_set(file)
    assert found.kind == "jsonl"
    assert not found.over_store
    assert [case.answerable for case in found.cases] == [True, False]
    assert found.cases[0].answers[0].start == EN.index("Baku")


def test_own_form(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.jsonl",
        lines(
            {"id": "1", "language": "tr", "question": "Kim?", "article": "en", "group": "g",
             "kind": "fact", "answers": [{"text": "Kazakhstan", "start": 0, "end": 10}]},
            {"id": "2", "language": "en", "question": "Why?", "article": None, "answers": []},
            {"id": "3", "language": "en", "question": "Who?", "article": "en", "answers": ["Baku"]},
            {"id": "4", "language": "en", "question": "Who?", "article": "en"},
        ),
    )  # fmt: skip
    article = make_article(text=EN, id="id-1", origin="/somewhere/en.txt", language="en")
    found = load_test_set(file)
    assert found.over_store
    resolved = resolve(found, [article])
    assert [case.answerable for case in resolved.cases] == [True, False, True, None]
    assert resolved.cases[0].answers == (Gold("Kazakhstan", 0, 10, "id-1"),)
    assert resolved.cases[0].group == "g"
    assert resolved.cases[2].answers == (Gold("Baku", 42, 46, "id-1"),)
    assert resolved.paragraphs["id-1"].language == "en"


@pytest.mark.parametrize("name", ["id-1", "en", "en.txt", "/somewhere/en.txt"])
def test_an_article_goes_by_several_names(name: str) -> None:
    article = make_article(text=EN, id="id-1", origin="/somewhere/en.txt", language="en")
    case = Case("q", "en", "Who?", (Gold("Baku", 42, 46, name),), True, ((name, 1),), own=name)
    (found,) = resolve(TestSet("t", "jsonl", "0", (case,)), [article]).cases
    assert found.own == found.answers[0].article == "id-1"


def test_a_name_that_fits_two_articles_is_refused() -> None:
    articles = [
        make_article(text=EN, id=f"id-{n}", origin=f"/{n}/en.txt", language="en") for n in (1, 2)
    ]
    case = Case("q", "en", "Who?", own="en")
    with pytest.raises(TestSetError, match="'en' fits 2 articles"):
        resolve(TestSet("t", "jsonl", "0", (case,)), articles)


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (Gold("Kazakhstan", 1, 11, "en"), "found there: «azakhstan».*stands at 0-10"),
        (Gold("Kazakhstan", 5000, 5010, "en"), "found there: «»"),
        (Gold("Turkey", 0, 6, "en"), "found there: «Kazakh».*nowhere in the article"),
        (Gold("Turkey", None, None, "en"), "gold answer «Turkey» is not in article 'en'"),
        (Gold("Baku", 42, 46, "ru"), "article 'ru' is not among the 1 articles"),
    ],
)
def test_gold_that_is_not_in_its_article_is_refused(gold: Gold, message: str) -> None:
    article = make_article(text=EN, id="id-1", origin="/somewhere/en.txt", language="en")
    case = Case("q7", "en", "Who?", (gold,), True, ((gold.article, 1),))
    with pytest.raises(TestSetError, match=rf"question 'q7'.*{message}") as caught:
        resolve(TestSet("t", "jsonl", "0", (case,)), [article])
    assert "\n" not in str(caught.value)


def test_gold_in_another_spelling_is_noted() -> None:
    article = make_article(text=EN, id="en", language="en")
    case = Case("q", "en", "Who?", (Gold("KAZAKHSTAN", article="en"),), True, (("en", 1),))
    found = resolve(TestSet("t", "jsonl", "0", (case,)), [article])
    assert found.cases[0].answers[0].start is None
    assert "another spelling" in found.notes[0]


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=30), st.integers(-3, 33), st.integers(-3, 33))
def test_the_checker_lets_through_exactly_what_stands_there(
    text: str, start: int, end: int
) -> None:
    there = text[start:end] if 0 <= start < end <= len(text) else None
    if there is not None:
        check_gold("q", Gold(there, start, end, "a"), text)
        with pytest.raises(TestSetError):
            check_gold("q", Gold(there + "x", start, end, "a"), text)
    else:
        with pytest.raises(TestSetError):
            check_gold("q", Gold(text, start, end, "a"), text)


def test_occurrences() -> None:
    assert occurrences("aaaa", "aa") == [0, 2]
    assert occurrences("abc", "") == []


def test_conversations(tmp_path: Path) -> None:
    turns = [
        {"question": "Who chairs it?", "article": "en", "answers": ["Kazakhstan"]},
        {"question": "And when?", "stand_alone": False, "key_terms": [["Kazakhstan", "Казахстан"]],
         "full_question": "When does Kazakhstan chair it?", "article": "en", "answers": ["2022"]},
    ]  # fmt: skip
    file = write(tmp_path / "c.jsonl", lines({"id": "c1", "language": "en", "turns": turns}))
    (talk,) = load_test_set(file).conversations
    assert [turn.stand_alone for turn in talk.turns] == [True, False]
    assert talk.turns[1].key_terms == (("Kazakhstan", "Казахстан"),)
    assert talk.turns[1].case.id == "c1/2"
    assert talk.turns[1].case.language == "en"


# -- broken files --------------------------------------------------------------------------------

GOOD = '{"id": "1", "question": "Who?", "answers": []}\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"  \n ", "is empty", id="blank"),
        pytest.param(b"\xff\xfe\x00", "is not UTF-8 text", id="encoding"),
        pytest.param(b"PK\x03\x04 not json", "is not JSON", id="not json"),
        pytest.param(b'{"data": [', "is not JSON", id="cut off"),
        pytest.param(b"[1, 2]", "is JSON but not a test set", id="list"),
        pytest.param(b'"text"', "is JSON but not a test set", id="string"),
        pytest.param(b'{"data": []}', "has no question in it", id="no article"),
        pytest.param(b"[]", "has no question in it", id="no record"),
        pytest.param(b'{"data": [3]}', r"data\[0\] has no 'paragraphs'", id="not an article"),
        pytest.param(
            b'{"data": [{"paragraphs": [{"context": 7, "qas": []}]}]}',
            r"data\[0\]\.paragraphs\[0\] has no 'context' of type str",
            id="context",
        ),
        pytest.param((GOOD * 1 + "{broken\n").encode(), "line 2 is not JSON", id="line 2"),
        pytest.param((GOOD + "[]\n").encode(), "line 2 is not a JSON object", id="not an object"),
        pytest.param((GOOD + GOOD).encode(), "has the id '1' twice", id="id twice"),
        pytest.param(b'{"id": "1"}\n', "line 1 has no question", id="no question"),
        pytest.param(
            b'{"question": "Who?", "answers": 5}\n', "answers that are not a list", id="answers"
        ),
        pytest.param(
            b'{"question": "Who?", "answers": [{"start": 1}]}\n',
            "an answer without a text",
            id="no text",
        ),
        pytest.param(
            b'{"question": "Who?", "answers": [{"text": "a", "start": "x"}]}\n',
            "offset 'x', which is not a whole number",
            id="offset",
        ),
        pytest.param(
            b'{"question": "\\ud800", "answers": []}\n', "half of a surrogate pair", id="surrogate"
        ),
        pytest.param(
            b'{"question": "Who?", "article": 5, "answers": []}\n',
            "has the article 5",
            id="article",
        ),
        pytest.param(b'{"turns": []}\n', "line 1 has no turns", id="turns"),
        pytest.param(
            b'{"turns": [{"question": "Who?", "key_terms": "x"}]}\n', "key_terms", id="key terms"
        ),
        pytest.param(b"[" * 100_000, "is not JSON", id="deep"),
    ],
)
def test_broken_files_get_one_line_and_a_remedy(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(TestSetError, match=message) as caught:
        load_test_set(file)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TestSetError, match="cannot be read"):
        load_test_set(tmp_path / "none.json")


# -- the project's own ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["seeds.jsonl", "heldout.jsonl", "conversations.jsonl"])
def test_the_seeds_set_lies_in_the_seeds(name: str) -> None:
    articles = [
        make_article(text=path.read_text(encoding="utf-8"), id=path.stem, origin=str(path))
        for path in sorted(SEEDS.glob("*.txt"))
    ]
    found = resolve(load_test_set(TESTSET / name), articles)
    cases = [*found.cases, *(turn.case for talk in found.conversations for turn in talk.turns)]
    for case in cases:
        for gold in case.answers:
            text = found.paragraphs[gold.article].text
            assert gold.start is not None
            assert text[gold.start : gold.end] == gold.text
    assert not found.notes
