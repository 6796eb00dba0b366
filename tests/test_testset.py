"""Checks the test set itself: its counts, its offsets, and that what it asks is well formed.

The set is what everything else is measured with, so a wrong offset here is a wrong number
everywhere. Read with plain `json`, so that a fault in the project cannot hide a fault in the set.
`python tests/test_testset.py` prints the counts that stand in `tests/testset/README.md`.

This module must not know anything of the project's code.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTSET = ROOT / "tests" / "testset"
LANGUAGES = ("en", "ru", "az", "tr")
KINDS = ("fact", "two_articles", "spelling", "typo", "near_miss", "not_in_articles")
SEED_KEYS = {"id", "language", "question", "article", "answers", "group", "kind"}
TURN_KEYS = {"question", "stand_alone", "key_terms", "full_question", "article", "answers"}

# What a reader would never take for the article's own words: navigation, the call to subscribe,
# the list of other headlines, the font-size controls, the aggregator's prefix.
EXCLUDED = {
    "002_ee892e8bcfa1019d": (r"\A date 2024-10-23 \(MENAFN- AzerNews\)",),
    "003_85deb69a06af6b7d": (
        r"\AНовости\n",
        r"^Подписывайтесь на Sputnik в Дзен$",
        r"^Читайте также:[\s\S]*\Z",
    ),
    "004_0d5f2c2ab07d43d7": (r"\A date 2024-04-17 \+ ↺ − 16 px", r"^News\.Az\s*\Z"),
}

Record = dict[str, Any]


def read_jsonl(name: str) -> list[Record]:
    lines = (TESTSET / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read_articles() -> dict[str, str]:
    """Each article's text by its id, decoded and with its newlines normalised, nothing else."""
    texts = {}
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        text = path.read_bytes().decode("utf-8")
        texts[path.stem] = text.replace("\r\n", "\n").replace("\r", "\n")
    return texts


def fold(text: str) -> str:
    """Case, accents and the dot of the i aside: how a key term is looked for in a question."""
    parts = unicodedata.normalize("NFD", text.lower().replace("ı", "i"))
    return "".join(char for char in parts if not unicodedata.combining(char))


def article_language(article: str) -> str:
    return "ru" if article.startswith("003_") else "en"


def gold_faults(record: Record, texts: dict[str, str]) -> Iterator[str]:
    """What is wrong with the article and the answers of one question or turn."""
    article, answers = record["article"], record["answers"]
    if article is None:
        if answers:
            yield "has answers but no article"
        return
    if article not in texts:
        yield f"names an article that does not exist: {article}"
        return
    if not answers or answers[0].get("article", article) != article:
        yield "has no first answer in its own article"
    seen = set()
    for answer in answers:
        place = answer.get("article", article)
        if place not in texts:
            yield f"names an article that does not exist: {place}"
            continue
        start, end = answer["start"], answer["end"]
        if not 0 <= start < end <= len(texts[place]):
            yield f"[{start}, {end}) is outside {place}"
        elif texts[place][start:end] != answer["text"]:
            yield f"[{start}, {end}) of {place} is {texts[place][start:end]!r}"
        if answer["text"] != answer["text"].strip():
            yield f"{answer['text']!r} has space around it"
        if "article" in answer and place == article:
            yield "an answer repeats its question's article"
        if (place, start, end) in seen:
            yield f"[{start}, {end}) stands twice"
        seen.add((place, start, end))
        for pattern in EXCLUDED.get(place, ()):
            for found in re.finditer(pattern, texts[place], flags=re.MULTILINE):
                if start < found.end() and found.start() < end:
                    yield f"[{start}, {end}) of {place} is no part of the article's own text"


def language_faults(language: str, question: str) -> Iterator[str]:
    """What in the letters of a question speaks against its language mark."""
    letters = [c for c in question.lower() if c.isalpha()]
    cyrillic = sum("а" <= c <= "я" or c == "ё" for c in letters)
    own = set(question) & set("əƏıİöÖüÜğĞşŞçÇ")
    typed_plainly = question.isascii() and question == question.lower()
    if (cyrillic > len(letters) / 2) != (language == "ru"):
        yield "the script is not its language's"
    if language == "en" and own:
        yield f"English with {sorted(own)}"
    if language == "tr" and set("əƏ") & own:
        yield "Turkish with ə"
    if language == "az" and not own and not typed_plainly:
        yield "Azerbaijani without one of its letters"
    if question != " ".join(question.split()) or len(question) < 3:
        yield "spaces are not single, or it is too short"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return read_articles()


@pytest.fixture(scope="module")
def seeds() -> list[Record]:
    return read_jsonl("seeds.jsonl")


@pytest.fixture(scope="module")
def conversations() -> list[Record]:
    return read_jsonl("conversations.jsonl")


@pytest.fixture(scope="module")
def heldout() -> list[Record]:
    return read_jsonl("heldout.jsonl")


@pytest.fixture(scope="module", params=["seeds.jsonl", "heldout.jsonl"])
def single(request: pytest.FixtureRequest) -> list[Record]:
    """Each set of single questions in turn."""
    return read_jsonl(str(request.param))


def later_turns(conversations: list[Record]) -> list[Record]:
    return [turn for talk in conversations for turn in talk["turns"][1:]]


def test_every_gold_answer_is_the_articles_own_text(
    texts: dict[str, str], single: list[Record], conversations: list[Record]
) -> None:
    asked = [(record["id"], record) for record in single]
    asked += [(talk["id"], turn) for talk in conversations for turn in talk["turns"]]
    assert [(name, f) for name, record in asked for f in gold_faults(record, texts)] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"start": 0}, "is '"),
        ({"end": 10**6}, "is outside"),
        ({"start": -1}, "is outside"),
        ({"text": "Uzbekistan"}, "is 'Kazakhstan'"),
        ({"article": "nowhere"}, "does not exist"),
    ],
)
def test_the_checker_refuses_gold_that_is_not_in_its_article(
    texts: dict[str, str], change: Record, fault: str
) -> None:
    article = "000_f3622e533ebd1299"
    start = texts[article].index("Kazakhstan")
    answer: Record = {"text": "Kazakhstan", "start": start, "end": start + len("Kazakhstan")}
    assert list(gold_faults({"article": article, "answers": [answer]}, texts)) == []
    faults = list(gold_faults({"article": article, "answers": [{**answer, **change}]}, texts))
    assert any(fault in f for f in faults)


@pytest.mark.parametrize("words", ["Новости", "Sputnik в Дзен", "сопредседателями МГ ОБСЕ"])
def test_the_checker_refuses_gold_outside_the_articles_own_text(
    texts: dict[str, str], words: str
) -> None:
    article = "003_85deb69a06af6b7d"
    start = texts[article].index(words)
    answer = {"text": words, "start": start, "end": start + len(words)}
    (fault,) = gold_faults({"article": article, "answers": [answer]}, texts)
    assert "no part of the article's own text" in fault


def test_single_questions_are_well_formed(single: list[Record]) -> None:
    for record in single:
        assert set(record) - {"note"} == SEED_KEYS, record["id"]
        assert record["language"] in LANGUAGES, record["id"]
        assert record["kind"] in KINDS, record["id"]
        unanswerable = record["kind"] in ("near_miss", "not_in_articles")
        assert (record["article"] is None) == unanswerable, record["id"]
    assert max(Counter(record["id"] for record in single).values()) == 1
    assert max(Counter(fold(record["question"]) for record in single).values()) == 1


def test_single_questions_are_in_the_language_they_say(single: list[Record]) -> None:
    faults = [(r["id"], f) for r in single for f in language_faults(r["language"], r["question"])]
    assert faults == []


def test_seeds_cover_languages_articles_and_silence(
    texts: dict[str, str], seeds: list[Record]
) -> None:
    answerable = [record for record in seeds if record["article"] is not None]
    silent = [record for record in seeds if record["article"] is None]
    near = [record for record in silent if record["kind"] == "near_miss"]
    crossing = [r for r in answerable if r["language"] != article_language(r["article"])]
    by_article = Counter(record["article"] for record in answerable)
    assert len(seeds) >= 168
    assert min(Counter(r["language"] for r in seeds)[x] for x in LANGUAGES) >= 42
    assert min(by_article[article] for article in texts) >= 22
    assert len(crossing) >= len(seeds) / 2
    assert len(silent) >= 44
    assert len(near) >= len(silent) / 2
    for language in LANGUAGES:
        assert sum(record["language"] == language for record in silent) >= 10, language
        assert sum(record["language"] == language for record in near) >= 5, language


def test_seeds_cover_two_articles_spellings_and_typing_mistakes(seeds: list[Record]) -> None:
    kinds = Counter(record["kind"] for record in seeds)
    assert kinds["two_articles"] >= 8
    assert kinds["spelling"] >= 5
    assert kinds["typo"] >= 8
    typed = [record for record in seeds if record["kind"] == "typo"]
    assert {record["language"] for record in typed} == set(LANGUAGES)
    assert all(r["question"] == r["question"].lower() and "?" not in r["question"] for r in typed)


def grouped(records: list[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record["group"] is not None:
            groups.setdefault(record["group"], []).append(record)
    return groups


def test_groups_ask_one_fact_once_in_each_language(single: list[Record]) -> None:
    groups = grouped(single)
    assert sum(records[0]["article"] is not None for records in groups.values()) >= 15
    for name, records in groups.items():
        assert sorted(r["language"] for r in records) == sorted(LANGUAGES), name
        facts = {json.dumps([r["article"], r["answers"], r["kind"]]) for r in records}
        assert len(facts) == 1, name


def test_held_out_questions_cover_articles_and_silence_in_groups_alone(
    texts: dict[str, str], heldout: list[Record]
) -> None:
    groups = grouped(heldout)
    assert sum(map(len, groups.values())) == len(heldout)
    assert all(tuple(r["language"] for r in records) == LANGUAGES for records in groups.values())
    concepts = [records[0] for records in groups.values()]
    kinds = Counter(record["kind"] for record in concepts)
    by_article = Counter(record["article"] for record in concepts)
    assert (len(heldout), len(concepts)) == (128, 32)
    assert (kinds["near_miss"], kinds["not_in_articles"]) == (6, 2)
    assert set(kinds) == {"fact", "two_articles", "near_miss", "not_in_articles"}
    assert min(by_article[article] for article in texts) >= 4


def test_held_out_questions_are_not_those_of_the_other_sets(
    seeds: list[Record], conversations: list[Record], heldout: list[Record]
) -> None:
    """Else what was fitted on the others would be measured again with what it was fitted on."""
    turns = [turn for talk in conversations for turn in talk["turns"]]
    asked = {fold(record["question"]) for record in seeds + turns}
    asked |= {fold(turn["full_question"]) for turn in turns}
    assert [r["id"] for r in heldout if fold(r["question"]) in asked] == []
    for field in ("id", "group"):
        assert {r[field] for r in heldout}.isdisjoint(r[field] for r in seeds), field


def test_conversation_records_are_well_formed(conversations: list[Record]) -> None:
    assert max(Counter(talk["id"] for talk in conversations).values()) == 1
    for talk in conversations:
        assert set(talk) == {"id", "language", "turns"}, talk["id"]
        assert 2 <= len(talk["turns"]) <= 5, talk["id"]
        assert talk["turns"][0]["stand_alone"] is True, talk["id"]
        questions = [fold(turn["question"]) for turn in talk["turns"]]
        assert len(set(questions)) == len(questions), talk["id"]
        for turn in talk["turns"]:
            assert set(turn) == TURN_KEYS, talk["id"]


def test_conversations_are_enough(conversations: list[Record]) -> None:
    assert len(conversations) >= 40
    assert min(Counter(t["language"] for t in conversations)[x] for x in LANGUAGES) >= 10
    assert sum(turn["stand_alone"] for turn in later_turns(conversations)) >= 16
    openings = [fold(" ".join(t["question"] for t in talk["turns"])) for talk in conversations]
    assert len(set(openings)) == len(openings)


def test_conversation_questions_are_in_the_language_they_say(conversations: list[Record]) -> None:
    faults = []
    for talk in conversations:
        for turn in talk["turns"]:
            faults += [
                (talk["id"], f) for f in language_faults(talk["language"], turn["full_question"])
            ]
    assert faults == []


def test_key_terms_are_in_the_full_question_and_not_all_in_the_one_asked(
    conversations: list[Record],
) -> None:
    for talk in conversations:
        for turn in talk["turns"]:
            name = f"{talk['id']}: {turn['question']}"
            terms = turn["key_terms"]
            if turn["stand_alone"]:
                assert terms == [], name
                assert turn["full_question"] == turn["question"], name
                continue
            assert terms, name
            assert turn["full_question"] != turn["question"], name

            def held(text: str, terms: list[list[str]] = terms) -> list[bool]:
                return [any(fold(word) in fold(text) for word in words) for words in terms]

            assert all(held(turn["full_question"])), name
            assert not all(held(turn["question"])), name


def counts() -> str:
    """The table of `tests/testset/README.md`."""
    seeds, talks = read_jsonl("seeds.jsonl"), read_jsonl("conversations.jsonl")
    rows = ["| | en | ru | az | tr | all |", "|---|---|---|---|---|---|"]

    def row(name: str, marks: list[str]) -> None:
        numbers = Counter(marks)
        cells = [*(numbers[language] for language in LANGUAGES), len(marks)]
        rows.append(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |")

    row("questions", [r["language"] for r in seeds])
    for article in read_articles():
        row(f"article {article[:3]}", [r["language"] for r in seeds if r["article"] == article])
    row(
        "asked in another language than the article's",
        [
            r["language"]
            for r in seeds
            if r["article"] and r["language"] != article_language(r["article"])
        ],
    )
    for kind in KINDS:
        row(f"kind `{kind}`", [r["language"] for r in seeds if r["kind"] == kind])
    row("in a group, answerable", [r["language"] for r in seeds if r["group"] and r["article"]])
    row("in a group, no answer", [r["language"] for r in seeds if r["group"] and not r["article"]])
    row("conversations", [t["language"] for t in talks])
    turns = [(t["language"], place, turn) for t in talks for place, turn in enumerate(t["turns"])]
    row("turns", [x for x, _, _ in turns])
    row("turns to complete", [x for x, _, turn in turns if not turn["stand_alone"]])
    row(
        "turns to leave alone, beyond the first",
        [x for x, place, turn in turns if place and turn["stand_alone"]],
    )
    row("turns without an answer", [x for x, _, turn in turns if turn["article"] is None])
    return "\n".join(rows)


def test_readme_holds_the_counts_as_they_are() -> None:
    assert counts() in (TESTSET / "README.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(counts())
