"""Training data of the reader: every set as one kind of record, with offsets that hold.

Loads SQuAD-style JSON (SQuADshifts, TyDi QA GoldP, MLQA, TQuAD, THQuAD, JaQuAD), SQuAD-style
JSON lines (KazQAD) and hands NEREL's annotated news to `qa.read.data_nerel`. An answer whose
offset is wrong is moved to the nearest place where its text stands, or dropped; a record that
cannot be understood is counted and skipped.

Offsets are `[start, end)` in Unicode code points of the passage, as everywhere in Menbe.

This module must not know how passages become tokens, nor anything of models.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.read.data_example import Example

__all__ = [
    "Example",
    "LoadReport",
    "check_answer",
    "held_out",
    "load_sets",
    "load_squad_file",
    "passage_hash",
    "passages_of_folder",
]

Range = tuple[int, int]

_NEAR_CHARACTERS = 400
"""How far a wrong offset may be moved when the answer's text stands more than once."""


@dataclass(slots=True)
class LoadReport:
    """What became of the records of each set: counts by `(set, outcome)`.

    Outcomes: `kept`, `unanswerable` (kept, without an answer), `repaired` (kept, an offset was
    moved), `answer_not_found` (dropped), `broken` (not understood, skipped), `in_dev` (dropped:
    the passage stands in a development set), `duplicate` (dropped).
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, outcome: str, problem: str = "") -> None:
        """Count one record; the first few problems are kept in words."""
        self.counts[name, outcome] += 1
        if problem and len(self.problems) < 20:
            self.problems.append(problem)

    def lines(self) -> Iterator[str]:
        """One line a set, for people."""
        for name in sorted({key[0] for key in self.counts}):
            row = {o: n for (s, o), n in sorted(self.counts.items()) if s == name}
            yield f"{name}: " + ", ".join(f"{outcome} {n}" for outcome, n in row.items())
        yield from (f"problem: {problem}" for problem in self.problems)


def passage_hash(passage: str) -> str:
    """A hash that two copies of a passage share whatever their spacing and case."""
    return hashlib.sha256(" ".join(passage.casefold().split()).encode()).hexdigest()


def held_out(example: Example) -> bool:
    """Whether the example is kept from training, to calibrate on: one passage in 40.

    Decided by the passage's text (by the question's key where MLQA is parallel), so that no
    passage stands on both sides.
    """
    mark = example.key if example.set.startswith("mlqa") else example.passage
    return int(passage_hash(mark)[:8], 16) % 40 == 0


def check_answer(passage: str, text: str, start: int) -> tuple[Range, bool] | None:
    """Where `text` really stands in `passage`.

    Returns:
        the range without outer whitespace and whether it had to be moved; None when the text
        does not stand in the passage, or stands in several places, all far from `start`.
    """
    bare = text.strip()
    if not bare:
        return None
    claimed = start + len(text) - len(text.lstrip())
    if passage[claimed : claimed + len(bare)] == bare:
        return (claimed, claimed + len(bare)), False
    found = _occurrences(passage, bare)
    if not found:
        folded = passage.casefold()
        # Case folding changes the length of some strings ("İ"); offsets would not hold then.
        if len(folded) == len(passage) and len(bare.casefold()) == len(bare):
            found = _occurrences(folded, bare.casefold())
    if not found:
        return None
    nearest = min(found, key=lambda place: abs(place - claimed))
    if len(found) > 1 and abs(nearest - claimed) > _NEAR_CHARACTERS:
        return None
    return (nearest, nearest + len(bare)), True


def _occurrences(passage: str, text: str) -> list[int]:
    found = []
    place = passage.find(text)
    while place >= 0:
        found.append(place)
        place = passage.find(text, place + 1)
    return found


def _in_order(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Distinct ranges, the one most annotators chose first, then the shortest."""
    votes = Counter(ranges)
    return tuple(sorted(votes, key=lambda r: (-votes[r], r[1] - r[0], r)))


def _make(
    record: dict[str, Any], passage: str, name: str, languages: tuple[str, str], report: LoadReport
) -> Example | None:
    """One SQuAD question as an `Example`; None when it is dropped (and counted)."""
    try:
        question = " ".join(str(record["question"]).replace("\\n", " ").split())
        identity = str(record["id"])
        raw = record["answers"]
        if isinstance(raw, dict):
            raw = [
                {"text": text, "answer_start": start}
                for text, start in zip(raw["text"], raw["answer_start"], strict=True)
            ]
        claims = [(str(a["text"]), int(a["answer_start"])) for a in raw]
        if not question or not passage.strip():
            raise ValueError("an empty question or passage")
    except (KeyError, TypeError, ValueError) as error:
        report.add(name, "broken", f"{name}: record {record!r:.80}: {error!r}")
        return None
    checked = [check_answer(passage, text, start) for text, start in claims]
    ranges = [found[0] for found in checked if found is not None]
    if claims and not ranges:
        report.add(name, "answer_not_found")
        return None
    if any(found is not None and found[1] for found in checked):
        report.add(name, "repaired")
    report.add(name, "kept" if ranges else "unanswerable")
    return Example(
        id=f"{name}:{languages[0]}-{languages[1]}:{identity}",
        set=name,
        question_language=languages[0],
        passage_language=languages[1],
        question=question,
        passage=passage,
        answers=_in_order(ranges),
        key=identity,
    )


def load_squad_file(
    path: Path, name: str, languages: tuple[str, str], report: LoadReport
) -> list[Example]:
    """All questions of one SQuAD JSON file, or of one JSON-lines file (`.jsonl`).

    Args:
        path: the file.
        name: the set it belongs to.
        languages: of the questions, of the passages.
        report: where outcomes are counted.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        report.add(name, "broken", f"{path.name}: {error}")
        return []
    pairs = _jsonl_pairs if path.suffix == ".jsonl" else _squad_pairs
    examples = []
    for record, passage in pairs(text, path.name, name, report):
        example = _make(record, passage, name, languages, report)
        if example is not None:
            examples.append(example)
    return examples


def _jsonl_pairs(
    text: str, origin: str, name: str, report: LoadReport
) -> Iterator[tuple[dict[str, Any], str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            passage = record["context"]
            if not isinstance(passage, str):
                raise TypeError("the context is not a text")
        except (ValueError, KeyError, TypeError) as error:
            report.add(name, "broken", f"{origin}:{number}: {error!r}")
            continue
        yield record, passage


def _squad_pairs(
    text: str, origin: str, name: str, report: LoadReport
) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        articles = json.loads(text)["data"]
        if not isinstance(articles, list):
            raise TypeError("data is not a list")
    except (ValueError, KeyError, TypeError) as error:
        report.add(name, "broken", f"{origin}: {error!r}")
        return
    for article in articles:
        try:
            rows = [
                (question, str(paragraph["context"]))
                for paragraph in article["paragraphs"]
                for question in paragraph["qas"]
            ]
        except (KeyError, TypeError) as error:
            report.add(name, "broken", f"{origin}: {error!r}")
            continue
        yield from rows


def _squadshifts(folder: Path, report: LoadReport) -> Iterator[Example]:
    for path in sorted(folder.glob("*.json")):
        part = path.stem.split("_v")[0].replace("_reviews", "")
        yield from load_squad_file(path, f"squadshifts-{part}", ("en", "en"), report)


def _tydiqa(folder: Path, report: LoadReport) -> Iterator[Example]:
    for path in sorted(folder.glob("goldp.*.train.json")):
        language = path.name.split(".")[1]
        yield from load_squad_file(path, f"tydiqa-{language}", (language, language), report)


def _mlqa(folder: Path, report: LoadReport) -> Iterator[Example]:
    for path in sorted(folder.glob("dev-context-*-question-*.json")):
        parts = path.stem.split("-")
        languages = (parts[4], parts[2])
        name = "mlqa" if languages[0] == languages[1] else "mlqa-cross"
        yield from load_squad_file(path, name, languages, report)


def _one_language(name: str, language: str) -> Callable[[Path, LoadReport], Iterator[Example]]:
    def load(folder: Path, report: LoadReport) -> Iterator[Example]:
        for path in sorted(folder.glob("*.json*")):
            yield from load_squad_file(path, name, (language, language), report)

    return load


def _nerel(folder: Path, report: LoadReport) -> Iterator[Example]:
    from qa.read.data_nerel import make_questions

    articles = folder.parent.parent / "articles" / "nerel"
    if not articles.is_dir():
        report.add("nerel", "broken", f"{articles}: the annotated texts are not there")
        return
    for example in make_questions(folder, articles):
        report.add("nerel", "kept")
        yield example


_LOADERS: dict[str, Callable[[Path, LoadReport], Iterator[Example]]] = {
    "squadshifts": _squadshifts,
    "tydiqa": _tydiqa,
    "mlqa": _mlqa,
    "tquad": _one_language("tquad", "tr"),
    "thquad": _one_language("thquad", "tr"),
    "jaquad": _one_language("jaquad", "ja"),
    "kazqad": _one_language("kazqad", "kk"),
    "nerel": _nerel,
}


def passages_of_folder(folder: Path) -> set[str]:
    """Hashes of every passage in a folder of SQuAD JSON and JSON-lines files."""
    report = LoadReport()
    hashes = set()
    for path in sorted(folder.rglob("*.json*")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        # M2QA's files are JSON lines under the name .json.
        as_lines = path.suffix == ".jsonl" or (len(lines) > 1 and lines[0].rstrip().endswith("}"))
        pairs = _jsonl_pairs if as_lines else _squad_pairs
        hashes |= {passage_hash(p) for _, p in pairs(text, path.name, path.stem, report)}
    return hashes


def load_sets(
    train: Path, names: Iterable[str], *, dev: Path | None = None
) -> tuple[list[Example], LoadReport]:
    """Every example of the named sets under `train`, none of whose passages stands under `dev`.

    Args:
        train: the folder with one folder a set.
        names: the sets, each a folder's name; see `_LOADERS`.
        dev: development sets; passages found there are dropped and counted.

    Raises:
        UsageError: an unknown set, or a set without a folder.
    """
    report = LoadReport()
    barred = passages_of_folder(dev) if dev is not None else set()
    examples: list[Example] = []
    seen: set[tuple[str, str, str]] = set()
    for name in names:
        if name not in _LOADERS:
            raise UsageError(f"unknown training set {name!r}", f"known: {', '.join(_LOADERS)}")
        folder = train / name
        if not folder.is_dir():
            raise UsageError(f"no folder {folder} for the training set {name!r}")
        for example in _LOADERS[name](folder, report):
            mark = passage_hash(example.passage)
            same = (example.question.casefold(), mark, example.set)
            if mark in barred:
                report.add(example.set, "in_dev")
            elif same in seen:
                report.add(example.set, "duplicate")
            else:
                seen.add(same)
                examples.append(example)
    return examples, report
