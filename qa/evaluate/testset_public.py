"""Reads public forms of test sets: paragraphs with their questions, and BEIR folders.

A wrong offset here and there is repaired, or its answer is kept as text only, and each repair is
in the set's notes.

This module must not know how a form is told from another, nor how anything is judged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.errors import TestSetError
from qa.evaluate.cases import Case, Gold, Paragraph, TestSet, make_paragraph, occurrences
from qa.evaluate.testset_fields import (
    FORMS,
    check_text,
    digest_of,
    gold_answers,
    json_lines,
    language_of,
    optional_text,
    read_text,
)

__all__ = ["ParagraphReader", "load_beir"]


class ParagraphReader:
    """Gathers paragraphs and their questions while a file of a public form is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.texts: dict[str, str] = {}
        self.raw: dict[str, str] = {}
        self.titles: dict[str, str | None] = {}
        self.keys: dict[str, str] = {}
        self.cases: list[Case] = []
        self.ids: Counter[str] = Counter()
        self.notes: list[str] = []
        self.repaired = 0

    def want(
        self, record: Any, name: str, kind: type, where: str, *, optional: bool = False
    ) -> Any:
        """The field of a record; refused where it is missing or of another type."""
        value = record.get(name) if isinstance(record, dict) else None
        if value is None and optional:
            return None
        if not isinstance(value, kind):
            raise TestSetError(
                f"{self.path}: {where} has no {name!r} of type {kind.__name__}", FORMS
            )
        return value

    def paragraph(self, context: str, title: str | None, where: str) -> str:
        """The key of a paragraph; the same text always has the same key."""
        text = _as_kept(context)
        if not text.strip():
            raise TestSetError(f"{self.path}: {where} has an empty context", "Delete it.")
        check_text(self.path, where, text)
        if text not in self.keys:
            key = f"p{len(self.keys) + 1}"
            self.keys[text] = key
            self.texts[key] = text
            self.raw[key] = context
            self.titles[key] = None if title is None else title.replace("_", " ")
        return self.keys[text]

    def question(
        self, record: Any, key: str, where: str, *, impossible: bool, language: str = ""
    ) -> None:
        """Take in one question over the paragraph `key`."""
        question = self.want(record, "question", str, where)
        if not question.strip():
            raise TestSetError(f"{self.path}: {where} has an empty question", "Write it or delete.")
        check_text(self.path, where, question)
        case_id = str(record.get("id", where))
        self.ids[case_id] += 1
        if self.ids[case_id] > 1:
            self.notes.append(f"{case_id}: this id stands twice; the later is read as #2")
            case_id = f"{case_id}#{self.ids[case_id]}"
        golds = [] if impossible else gold_answers(self.path, record.get("answers"), where)
        # Sets that keep their answers back write them as "": nothing says they have none.
        hidden = bool(golds) and not any(gold.text for gold in golds)
        kept = [] if hidden else [self._placed(case_id, gold, key) for gold in golds if gold.text]
        answers = list(dict.fromkeys(kept))
        self.cases.append(
            Case(
                id=case_id,
                language=language,
                question=question.strip(),
                answers=tuple(answers),
                answerable=None if hidden else bool(answers),
                # What has no answer has no passage that should be found either.
                relevant=((key, 1),) if hidden or answers else (),
                own=key,
                group=optional_text(record, "group"),
                kind=str(record.get("kind", "")),
            )
        )

    def _placed(self, case_id: str, gold: Gold, key: str) -> Gold:
        """The gold with offsets that hold, or without any."""
        text, wanted = self.texts[key], 0
        if gold.start is not None:
            # What is taken out before the answer moves it.
            wanted = len(_as_kept(self.raw[key][: gold.start]))
            if text[wanted : wanted + len(gold.text)] == gold.text:
                return Gold(gold.text, wanted, wanted + len(gold.text), key)
        places = occurrences(text, gold.text)
        if not places:
            self.notes.append(f"{case_id}: {gold.text[:60]!r} is not in its paragraph; text only")
            return Gold(gold.text, article=key)
        self.repaired += gold.start is not None
        start = min(places, key=lambda at: abs(at - wanted))
        return Gold(gold.text, start, start + len(gold.text), key)

    def finish(
        self, kind: str, digest: str, language: str | None, question_language: str | None
    ) -> TestSet:
        """The test set of all that was taken in; languages that are not given are detected."""
        of_texts = language_of(self.texts.values()) if language is None else language
        of_questions = question_language
        if of_questions is None:
            of_questions = language_of(case.question for case in self.cases)
        if self.repaired:
            self.notes.append(f"{self.repaired} gold answers had wrong offsets and were moved")
        return TestSet(
            name=self.path.stem,
            kind=kind,
            sha256=digest,
            cases=tuple(
                replace(case, language=case.language if case.language else of_questions)
                for case in self.cases
            ),
            paragraphs={
                key: make_paragraph(key, text, language=of_texts, title=self.titles[key])
                for key, text in self.texts.items()
            },
            notes=tuple(self.notes),
        )


def load_beir(folder: Path, language: str | None, question_language: str | None) -> TestSet:
    """Read a BEIR folder: corpus.jsonl, queries.jsonl, qrels/test.tsv (or its only .tsv).

    Raises:
        TestSetError: a file is missing or broken, or the three do not fit together.
    """
    digests = []
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for name in ("corpus.jsonl", "queries.jsonl"):
        text, digest = read_text(folder / name)
        digests.append(digest)
        rows[name] = {}
        for where, record in json_lines(folder / name, text):
            key = record.get("_id")
            if not isinstance(key, str | int) or not isinstance(record.get("text"), str):
                raise TestSetError(f"{folder / name} {where} lacks '_id' or 'text'", FORMS)
            rows[name][str(key)] = record
    file = _qrels_file(folder)
    text, digest = read_text(file)
    grades = _qrels(file, text)
    corpus, queries = rows["corpus.jsonl"], rows["queries.jsonl"]
    spoken = language_of(str(queries[each]["text"]) for each in grades if each in queries)
    written = language_of(str(each["text"]) for each in corpus.values())
    written = written if language is None else language
    cases = []
    for query, judged in grades.items():
        lost = [key for key in judged if key not in corpus]
        if query not in queries or lost:
            raise TestSetError(
                f"{file} names {'document ' + lost[0] if lost else 'query ' + query}, "
                f"which {'corpus.jsonl' if lost else 'queries.jsonl'} does not have",
                "Take all three files from the same data set.",
            )
        relevant = tuple(sorted(judged.items(), key=lambda item: (-item[1], item[0])))
        said = spoken if question_language is None else question_language
        cases.append(Case(query, said, str(queries[query]["text"]).strip(), relevant=relevant))
    paragraphs: dict[str, Paragraph] = {
        key: make_paragraph(
            key,
            _as_kept(str(record["text"])),
            language=written,
            title=optional_text(record, "title"),
        )
        for key, record in corpus.items()
        if str(record["text"]).strip()
    }
    return TestSet(
        folder.name, "beir", digest_of(*digests, digest), tuple(cases), paragraphs=paragraphs
    )


def _qrels_file(folder: Path) -> Path:
    files = sorted((folder / "qrels").glob("*.tsv"))
    test = [file for file in files if file.name == "test.tsv"]
    if test or len(files) == 1:
        return (test + files)[0]
    raise TestSetError(
        f"{folder} has {len(files)} files in qrels/ and no test.tsv among them",
        "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/test.tsv.",
    )


def _qrels(file: Path, text: str) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.strip().split("\t")
        if fields == [""] or (number == 1 and fields[-1] == "score"):
            continue
        try:
            query, document, grade = fields[0], fields[1], int(fields[2])
        except (IndexError, ValueError) as error:
            raise TestSetError(
                f"{file} line {number} is not query, document and whole score between tabs",
                "Correct the line.",
            ) from error
        if grade > 0:
            grades.setdefault(query, {})[document] = grade
    return grades


def _as_kept(text: str) -> str:
    """The text as `embeddings.articles.make_article` keeps it; gold is moved along with it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
