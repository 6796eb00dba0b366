"""Reading measured while training: F1 and EM on a small fixed sample, no-answer AUROC.

For the learning curve only. The figures that are reported come from `qa eval --mode reading`.

This module must not know how the model is trained.
"""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item, collate
from qa.read.model import Output, span_scores

__all__ = ["Network", "Question", "auroc", "dev_questions", "evaluate", "exact_match", "f1"]

Network = Callable[[Tensor, Tensor, Tensor], Output]
"""Ids, mask and passage, each `(batch, length)`, to scores; a `ReaderNetwork` is one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the texts that count as right; none when it cannot be answered."""

    group: str
    question: str
    passage: str
    answers: tuple[str, ...]


def _normal(text: str) -> list[str]:
    """SQuAD's normalisation: lower case, no punctuation, no articles, split on spaces."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def f1(said: str, truth: str) -> float:
    """SQuAD's F1 of two answers, 0 to 1."""
    ours, theirs = _normal(said), _normal(truth)
    if not ours or not theirs:
        return float(ours == theirs)
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs))


def exact_match(said: str, truth: str) -> float:
    """SQuAD's exact match, 0 or 1."""
    return float(_normal(said) == _normal(truth))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive scores higher than a negative (Mann-Whitney); NaN if one kind."""
    order = np.argsort(np.asarray(scores), kind="stable")
    values = np.asarray(scores)[order]
    ranks = np.empty(len(values))
    begin = 0
    while begin < len(values):
        end = begin + 1
        while end < len(values) and values[end] == values[begin]:
            end += 1
        ranks[order[begin:end]] = (begin + end + 1) / 2
        begin = end
    chosen = np.asarray(positive, dtype=bool)
    ones, zeros = int(chosen.sum()), int((~chosen).sum())
    if ones == 0 or zeros == 0:
        return float("nan")
    return float((ranks[chosen].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _xquad(folder: Path, language: str) -> list[tuple[str, str, tuple[str, ...]]]:
    data = json.loads((folder / f"xquad.{language}.json").read_text(encoding="utf-8"))["data"]
    return [
        (qa["question"], paragraph["context"], tuple(a["text"] for a in qa["answers"]))
        for article in data
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def dev_questions(dev: Path, *, per_group: int) -> list[Question]:
    """The fixed sample: XQuAD en, ru, tr, questions in ru and tr over en, and M2QA's news."""
    found = []
    folder = dev / "xquad-first-half"
    if folder.is_dir():
        sets = {language: _xquad(folder, language) for language in ("en", "ru", "tr")}
        chosen = np.linspace(0, len(sets["en"]) - 1, min(per_group, len(sets["en"]))).astype(int)
        for asked, read in (("en", "en"), ("ru", "ru"), ("tr", "tr"), ("ru", "en"), ("tr", "en")):
            found += [
                Question(f"xquad {asked}-{read}", sets[asked][i][0], *sets[read][i][1:])
                for i in chosen
            ]
    for path in sorted((dev / "m2qa").glob("*.json")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for place in np.linspace(0, len(rows) - 1, min(2 * per_group, len(rows))).astype(int):
            row = rows[place]
            found.append(
                Question("m2qa tr", row["question"], row["context"], tuple(row["answers"]["text"]))
            )
    return found


@torch.no_grad()
def evaluate(
    model: Network,
    questions: Sequence[Question],
    table: TokenTable,
    *,
    question_tokens: int,
    max_tokens: int = 384,
    batch_tokens: int = 6000,
    device: str = "cpu",
) -> dict[str, float]:
    """F1 and EM (percent) of each group, forced to answer; AUROC where some have no answer.

    A passage over `max_tokens` is cut (rare in these sets): the learning curve can bear it. The
    model must not be dropping anything out.
    """
    items = []
    for q in questions:
        last = min(len(table[q.passage].ids), max_tokens)
        items.append(Item(q.question, q.passage, 0, last, (), "dev", q.group))
    order = sorted(range(len(items)), key=lambda i: items[i].last)
    said: dict[int, tuple[str, float]] = {}
    begin = 0
    while begin < len(order):
        count = max(1, batch_tokens // (items[order[begin]].last + 40))
        part = order[begin : begin + count]
        begin += count
        answers = _read([items[i] for i in part], model, table, question_tokens, device)
        said.update(zip(part, answers, strict=True))
    return _figures(questions, said)


def _read(
    items: Sequence[Item],
    model: Network,
    table: TokenTable,
    question_tokens: int,
    device: str,
) -> list[tuple[str, float]]:
    """Best span's text and its score less the null score, for each item."""
    batch = collate(items, table, question_tokens=question_tokens)
    output = model(
        torch.from_numpy(batch.ids).to(device),
        torch.from_numpy(batch.mask).to(device),
        torch.from_numpy(batch.passage).to(device),
    )
    scores = span_scores(output)
    length = scores.shape[1]
    best, place = scores.flatten(1).max(dim=1)
    answers = []
    for row, item in enumerate(items):
        begin = int(batch.passage[row].argmax()) - item.first
        start, end = divmod(int(place[row]), length)
        tokens = table[item.passage]
        text = item.passage[tokens.starts[start - begin] : tokens.ends[end - begin]]
        answers.append((text.strip(" .,;:"), float(best[row] - output.null[row])))
    return answers


def _figures(questions: Sequence[Question], said: dict[int, tuple[str, float]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for group in dict.fromkeys(q.group for q in questions):
        members = [(q, *said[i]) for i, q in enumerate(questions) if q.group == group]
        held = [(q, text) for q, text, _ in members if q.answers]
        figures[f"{group} f1"] = 100 * float(
            np.mean([max(f1(text, a) for a in q.answers) for q, text in held])
        )
        figures[f"{group} em"] = 100 * float(
            np.mean([max(exact_match(text, a) for a in q.answers) for q, text in held])
        )
        if len(held) < len(members):
            figures[f"{group} auroc"] = auroc(
                [score for *_, score in members], [bool(q.answers) for q, *_ in members]
            )
    return {name: round(value, 3) for name, value in figures.items()}
