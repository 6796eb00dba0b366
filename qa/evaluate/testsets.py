"""Reads test sets: SQuAD v1.1 and v2, JSON lines with paragraphs, BEIR folders, the project's own.

The format is told by the content, not by the file's name. Whatever cannot be read is refused in
one line that names the file, the line or question, and the remedy. Public sets with a wrong offset
here and there are repaired or marked, and each repair is in the set's notes; the project's own
form is refused instead, when its gold is checked against the articles
(`qa.evaluate.cases.resolve`).

This module must not know how a question is answered or judged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from embeddings.text import detect_language
from qa.errors import TestSetError
from qa.evaluate.cases import Case, Conversation, TestSet, Turn
from qa.evaluate.testset_fields import (
    FORMS,
    check_text,
    digest_of,
    flag,
    gold_answers,
    json_lines,
    json_or_none,
    optional_text,
    read_text,
)
from qa.evaluate.testset_public import ParagraphReader, load_beir

__all__ = ["load_test_set", "own_case", "pool", "with_questions"]


def load_test_set(
    path: Path, *, language: str | None = None, question_language: str | None = None
) -> TestSet:
    """Read a test set of any form but CSV (see `qa.evaluate.testset_csv`).

    Args:
        path: a file, or a BEIR folder.
        language: of the paragraphs; None detects it from their text.
        question_language: of the questions; None takes the record's own, or detects it.

    Raises:
        TestSetError: it cannot be read; the message names the place and the remedy.
    """
    if path.is_dir():
        made = load_beir(path, language, question_language)
    else:
        text, digest = read_text(path)
        made = _from_text(path, text, digest, language, question_language)
    if not made.cases and not made.conversations:
        raise TestSetError(f"{path} has no question in it", FORMS)
    return made


def with_questions(passages: TestSet, questions: TestSet) -> TestSet:
    """The paragraphs and answers of one file with the questions of a parallel one, by id.

    Raises:
        TestSetError: a question of the first has no counterpart in the second.
    """
    wanted = {case.id: case for case in questions.cases}
    missing = [case.id for case in passages.cases if case.id not in wanted]
    if missing:
        raise TestSetError(
            f"{questions.name} has no question {missing[0]!r} ({len(missing)} are missing)",
            "Give two parallel files whose questions carry the same ids.",
        )
    cases = tuple(
        replace(case, question=wanted[case.id].question, language=wanted[case.id].language)
        for case in passages.cases
    )
    return replace(
        passages,
        name=f"{passages.name} asked in {questions.name}",
        sha256=digest_of(passages.sha256, questions.sha256),
        cases=cases,
    )


def pool(sets: Sequence[TestSet]) -> TestSet:
    """Several files as one pool of paragraphs; ids and keys get their file's name before them.

    Questions with the same id in several files are one group, and the paragraphs they stand
    over are each other's parallels.

    Raises:
        TestSetError: two of the files have the same name, or one has no paragraphs.
    """
    names = [each.name for each in sets]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise TestSetError(f"{twice} is given twice for one pool", "Name each file once.")
    bare = [each.name for each in sets if not each.paragraphs]
    if bare:
        raise TestSetError(
            f"{bare[0]} has no paragraphs of its own to pool", "Pool SQuAD or BEIR sets only."
        )
    together: dict[str, list[str]] = {}
    for each in sets:
        for case in each.cases:
            if case.own is not None:
                together.setdefault(case.id, []).append(f"{each.name}/{case.own}")
    cases = [
        _pooled(each.name, case, together.get(case.id, [])) for each in sets for case in each.cases
    ]
    paragraphs = {
        f"{each.name}/{key}": replace(paragraph, key=f"{each.name}/{key}")
        for each in sets
        for key, paragraph in each.paragraphs.items()
    }
    return TestSet(
        name=" + ".join(names),
        kind=sets[0].kind,
        sha256=digest_of(*(each.sha256 for each in sets)),
        cases=tuple(cases),
        paragraphs=paragraphs,
        notes=tuple(f"{each.name}: {note}" for each in sets for note in each.notes),
    )


def _pooled(name: str, case: Case, together: list[str]) -> Case:
    own = None if case.own is None else f"{name}/{case.own}"
    return replace(
        case,
        id=f"{name}:{case.id}",
        group=case.id if len(together) > 1 else case.group,
        answers=tuple(replace(gold, article=f"{name}/{gold.article}") for gold in case.answers),
        relevant=tuple((f"{name}/{key}", grade) for key, grade in case.relevant),
        parallel=tuple(key for key in together if key != own),
        own=own,
    )


def _from_text(
    path: Path, text: str, digest: str, language: str | None, question_language: str | None
) -> TestSet:
    head = text.lstrip().split("\n", 1)[0]
    first = json_or_none(head)
    if isinstance(first, dict) and "data" not in first:
        records = list(json_lines(path, text))
        return _jsonl(path, records, digest, language, question_language)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TestSetError(f"{path} is not JSON: {error}", FORMS) from error
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        return _squad(path, whole["data"], digest, language, question_language)
    if isinstance(whole, dict) and "question" in whole:
        whole = [whole]
    if isinstance(whole, list) and all(isinstance(each, dict) for each in whole):
        records = [(f"record {place}", each) for place, each in enumerate(whole, start=1)]
        return _jsonl(path, records, digest, language, question_language)
    raise TestSetError(f"{path} is JSON but not a test set", FORMS)


def _squad(
    path: Path,
    data: list[Any],
    digest: str,
    language: str | None,
    question_language: str | None,
) -> TestSet:
    reader = ParagraphReader(path)
    for number, article in enumerate(data, start=1):
        where = f"data[{number - 1}]"
        title = reader.want(article, "title", str, where, optional=True)
        for place, paragraph in enumerate(reader.want(article, "paragraphs", list, where)):
            inside = f"{where}.paragraphs[{place}]"
            context = reader.want(paragraph, "context", str, inside)
            key = reader.paragraph(context, title, inside)
            for at, qa in enumerate(reader.want(paragraph, "qas", list, inside)):
                spot = f"{inside}.qas[{at}]"
                reader.question(qa, key, spot, impossible=flag(qa, "is_impossible"))
    return reader.finish("squad", digest, language, question_language)


def _jsonl(
    path: Path,
    records: Sequence[tuple[str, dict[str, Any]]],
    digest: str,
    language: str | None,
    question_language: str | None,
) -> TestSet:
    if any("turns" in record for _, record in records):
        talks = tuple(_conversation(path, where, record) for where, record in records)
        _refuse_twice(path, [talk.id for talk in talks])
        return TestSet(path.stem, "conversations", digest, (), conversations=talks)
    if any("context" in record for _, record in records):
        reader = ParagraphReader(path)
        for where, record in records:
            context = reader.want(record, "context", str, where)
            key = reader.paragraph(context, optional_text(record, "title"), where)
            spoken = optional_text(record, "language")
            reader.question(
                record,
                key,
                where,
                impossible=flag(record, "is_impossible"),
                language="" if spoken is None else spoken,
            )
        return reader.finish("jsonl", digest, language, question_language)
    cases = tuple(own_case(path, where, record, question_language) for where, record in records)
    _refuse_twice(path, [case.id for case in cases])
    return TestSet(path.stem, "jsonl", digest, cases)


def own_case(
    path: Path, where: str, record: Mapping[str, Any], question_language: str | None = None
) -> Case:
    """A case from one record of the project's own form; its gold is not checked yet.

    Raises:
        TestSetError: a field is missing or of the wrong type.
    """
    question = record.get("question")
    if not isinstance(question, str) or not question.strip():
        raise TestSetError(f"{path} {where} has no question", "Fill it in or delete the line.")
    check_text(path, where, question)
    article = record.get("article")
    if article is not None and not isinstance(article, str):
        raise TestSetError(
            f"{path} {where} has the article {article!r}",
            "Name it by id or file name, or write null where no article has the answer.",
        )
    name = article if article else ""
    golds = tuple(
        gold if gold.article else replace(gold, article=name)
        for gold in gold_answers(path, record.get("answers"), where)
        if gold.text.strip()
    )
    articles = dict.fromkeys([name, *(gold.article for gold in golds)])
    named = [each for each in articles if each]
    if question_language is None:
        question_language = optional_text(record, "language")
    return Case(
        id=str(record.get("id", where)),
        language=detect_language(question) if question_language is None else question_language,
        question=question.strip(),
        answers=golds,
        # A record that says nothing of answers keeps them back; an empty list says there are none.
        answerable=bool(golds) if golds or "answers" in record else None,
        relevant=tuple((each, 1) for each in named) if golds or "answers" not in record else (),
        group=optional_text(record, "group"),
        kind=str(record.get("kind", "")),
        own=named[0] if named else None,
    )


def _conversation(path: Path, where: str, record: Mapping[str, Any]) -> Conversation:
    turns = record.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(t, dict) for t in turns):
        raise TestSetError(f"{path} {where} has no turns", "Give each conversation its turns.")
    talk_id = str(record.get("id", where))
    language = optional_text(record, "language")
    made = []
    for number, turn in enumerate(turns, start=1):
        named = {"id": f"{talk_id}/{number}", **turn, "language": turn.get("language", language)}
        case = own_case(path, f"{where}, turn {number}", named)
        terms = turn.get("key_terms", [])
        if not isinstance(terms, list) or not all(isinstance(each, list | str) for each in terms):
            raise TestSetError(
                f"{path} {where}, turn {number} has key_terms that are not lists",
                'Write them as [["Bayramov", "Bayramow"], ["2022"]].',
            )
        key_terms = tuple(
            (each,) if isinstance(each, str) else tuple(map(str, each)) for each in terms
        )
        stand_alone = turn.get("stand_alone", number == 1) is True
        made.append(Turn(case, stand_alone, key_terms, optional_text(turn, "full_question")))
    spoken = made[0].case.language if language is None else language
    return Conversation(talk_id, spoken, tuple(made))


def _refuse_twice(path: Path, ids: Sequence[str]) -> None:
    twice = [each for each, count in Counter(ids).items() if count > 1]
    if twice:
        raise TestSetError(f"{path} has the id {twice[0]!r} twice", "Give each its own id.")
