"""From examples to batches: tokens, windows of whole sentences, the mix, the order.

A passage is read through a window of whole sentences around the answer, whose place in it is
random, because that is what the reader is given in service. Examples are ordered so that every
prefix of an epoch has the stated mix: a run may be ended at any time. Batches hold about the
same number of tokens, of windows of about the same length.

Token positions: a sequence is `<s> question </s> </s> window </s>`.

This module must not know where the data came from, nor anything of models but their tokenizer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from qa.read.data import Example
from qa.read.data_azeri import azeri
from qa.read.data_lexicon import switch, switch_passage
from qa.read.data_negatives import NameExchange, Neighbours, WordExchange, terms
from qa.read.data_tokens import IntArray, Tokens, TokenTable

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "Batch",
    "Item",
    "Recipe",
    "TokenTable",
    "Tokens",
    "batches",
    "collate",
    "make_items",
    "sentence_starts",
]

Range = tuple[int, int]

BOS, PAD, EOS = 0, 1, 2
_LEAST_OWN_TOKENS = 20
_SWITCH_TOO = 0.6  # of the questions over switched passages
_BREAK = re.compile(r"(?<=[.!?。؟…])[\"'»”)\]]*\s+|\n+|(?<=。)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an epoch is mixed. Counts are examples; rates are between 0 and 1.

    `negative_rate`: unanswerable questions made for each answerable one. `window_tokens` are
    the limits of the usual window's size, `long_rate` of windows have up to `long_tokens`.
    `switch_rate` of English questions are code-switched, with `switch_words` of their words, and
    `switch_passages` of the English passages that are asked about in English; `azeri_rate` of
    Turkish questions, and of those switched to Turkish, are turned into near-Azerbaijani.
    """

    sets: Mapping[str, int]
    negative_rate: float
    retrieved_share: float
    exchanged_share: float
    window_tokens: Range
    long_tokens: int
    long_rate: float
    question_tokens: int
    batch_tokens: int
    seed: int
    reworded_share: float = 0.0
    switch_rate: float = 0.0
    switch_words: float = 0.0
    switch_passages: float = 0.0
    azeri_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """One training example: a question over tokens `[first, last)` of a passage.

    `golds` are token ranges `[start, end)` within the passage, all inside the window; empty
    for an unanswerable one. `kind` says how it came about. The tokens `[skip[0], skip[1])` of
    the window are left out, only ever of one without golds.
    """

    question: str
    passage: str
    first: int
    last: int
    golds: tuple[Range, ...]
    kind: str
    set: str
    skip: Range = (0, 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrays of one step.

    `ids`, `mask` `(batch, length)`; `passage` `(batch, length)` is 1 where a span may lie;
    `starts`, `ends` `(batch,)` are the first and last token of the span to learn, 0 without.
    """

    ids: IntArray
    mask: IntArray
    passage: IntArray
    starts: IntArray
    ends: IntArray


def sentence_starts(text: str) -> list[int]:
    """Code points at which a sentence begins, 0 first; rough, for training windows only."""
    breaks = (match.end() for match in _BREAK.finditer(text))
    return sorted({0, *(place for place in breaks if place < len(text))})


def _token_range(tokens: Tokens, answer: Range) -> Range | None:
    """The tokens that cover a code-point range, as `[start, end)`."""
    inside = np.flatnonzero((tokens.ends > answer[0]) & (tokens.starts < answer[1]))
    if len(inside) == 0:
        return None
    return int(inside[0]), int(inside[-1]) + 1


def _sentence_tokens(passage: str, tokens: Tokens) -> list[Range]:
    """Each sentence as a token range; together they cover the passage."""
    edges = np.searchsorted(tokens.starts, sentence_starts(passage)).tolist()
    edges = sorted({0, *edges, len(tokens.ids)})
    return list(pairwise(edges))


def _grow(
    sentences: Sequence[Range], first: int, last: int, budget: int, rng: random.Random
) -> Range:
    """A run of sentences around `[first, last]` of at most `budget` tokens, sides at random."""
    begin, end = sentences[first][0], sentences[last][1]
    while True:
        sides = []
        if first > 0 and end - sentences[first - 1][0] <= budget:
            sides.append(-1)
        if last + 1 < len(sentences) and sentences[last + 1][1] - begin <= budget:
            sides.append(1)
        if not sides:
            return begin, end
        if rng.choice(sides) < 0:
            first -= 1
            begin = sentences[first][0]
        else:
            last += 1
            end = sentences[last][1]


def _window_around(
    sentences: Sequence[Range], gold: Range, budget: int, rng: random.Random
) -> Range:
    """A window of at most `budget` tokens that holds `gold` (or as much as it can)."""
    first = max(i for i, (begin, _) in enumerate(sentences) if begin <= gold[0])
    last = max(i for i, (begin, _) in enumerate(sentences) if begin < gold[1])
    begin, end = sentences[first][0], sentences[last][1]
    if end - begin <= budget:
        return _grow(sentences, first, last, budget, rng)
    spare = max(0, budget - (gold[1] - gold[0]))
    low = max(begin, gold[0] - rng.randint(0, spare))
    return low, min(end, low + budget)


def _budget(recipe: Recipe, rng: random.Random) -> int:
    if rng.random() < recipe.long_rate:
        return rng.randint(recipe.window_tokens[1], recipe.long_tokens)
    return rng.randint(*recipe.window_tokens)


def _answerable(
    example: Example, table: TokenTable, recipe: Recipe, rng: random.Random
) -> Item | None:
    tokens = table[example.passage]
    found = [_token_range(tokens, answer) for answer in example.answers]
    ranges = [place for place in found if place is not None]
    if not ranges or ranges[0][1] - ranges[0][0] > recipe.window_tokens[0]:
        return None
    window = _window_around(
        _sentence_tokens(example.passage, tokens), ranges[0], _budget(recipe, rng), rng
    )
    golds = tuple(g for g in ranges if window[0] <= g[0] and g[1] <= window[1])
    if not golds:
        return None
    return Item(example.question, example.passage, *window, golds, "answerable", example.set)


def _without(
    example: Example,
    passage: str,
    kind: str,
    table: TokenTable,
    recipe: Recipe,
    rng: random.Random,
) -> Item | None:
    """A window of `passage` without the answer: around the sentence most like the question."""
    tokens = table[passage]
    sentences = _sentence_tokens(passage, tokens)
    free = list(range(len(sentences)))
    if not free:
        return None
    asked = set(terms(example.question))
    shared = [
        len(asked & set(terms(passage[tokens.starts[a] : tokens.ends[b - 1]])))
        for a, b in sentences
    ]
    centre = max(free, key=lambda i: (shared[i], rng.random()))
    budget = _budget(recipe, rng)
    begin, end = sentences[centre]
    window = (
        (begin, begin + budget)
        if end - begin > budget
        else _grow(sentences, centre, centre, budget, rng)
    )
    return Item(example.question, passage, *window, (), kind, example.set)


def _own(example: Example, table: TokenTable, recipe: Recipe, rng: random.Random) -> Item | None:
    """The right window, its sentences with the answer left out."""
    tokens = table[example.passage]
    sentences = _sentence_tokens(example.passage, tokens)
    places = [_token_range(tokens, answer) for answer in example.answers]
    answers = [example.passage[a:b].casefold() for a, b in example.answers]
    first = next((place for place in places if place is not None), None)
    if first is None:
        return None
    window = _window_around(sentences, first, _budget(recipe, rng), rng)
    held = [
        (a, b)
        for a, b in sentences
        if a < window[1]
        and window[0] < b
        and (
            any(place is not None and a < place[1] and place[0] < b for place in places)
            or any(
                answer in example.passage[tokens.starts[a] : tokens.ends[b - 1]].casefold()
                for answer in answers
            )
        )
    ]
    skip = (max(window[0], held[0][0]), min(window[1], held[-1][1]))
    if window[1] - window[0] - (skip[1] - skip[0]) < _LEAST_OWN_TOKENS:
        return None
    return Item(example.question, example.passage, *window, (), "own", example.set, skip)


def _sampled(examples: Sequence[Example], recipe: Recipe, epoch: int) -> list[Example]:
    """The examples of one epoch, ordered so that each prefix has the same mix of sets.

    A later epoch goes on where the one before ended, so that all of a set gets its turn.
    """
    placed: list[tuple[float, Example]] = []
    for name, count in recipe.sets.items():
        members = [example for example in examples if example.set == name]
        if not members:
            continue
        random.Random(f"{recipe.seed}-{name}").shuffle(members)
        rng = random.Random(f"{recipe.seed}-{name}-{epoch}")
        for turn in range(count):
            example = members[(epoch * count + turn) % len(members)]
            placed.append(((turn + rng.random()) / count, example))
    placed.sort(key=lambda pair: pair[0])
    return [example for _, example in placed]


def make_items(
    examples: Sequence[Example],
    table: TokenTable,
    recipe: Recipe,
    *,
    epoch: int = 0,
    lexicon: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Item]:
    """One epoch of items: answerable ones, each perhaps followed by an unanswerable one.

    With a `lexicon` (see `qa.read.data_lexicon`) some English questions are code-switched.
    """
    rng = random.Random(f"{recipe.seed}-items-{epoch}")
    sample = _sampled(examples, recipe, epoch)
    table.add([text for e in sample for text in (e.question, e.passage)])
    chosen = _choose_kinds(sample, recipe, rng)
    searched = [place for place, kind in chosen.items() if kind == "retrieved"]
    neighbours = Neighbours(examples)
    near = dict(zip(searched, neighbours.find([sample[i] for i in searched]), strict=True))
    exchanges: dict[str, NameExchange | WordExchange] = {
        "exchanged": NameExchange(examples),
        "reworded": WordExchange(examples),
    }
    items: list[Item] = []
    for place, example in enumerate(sample):
        if not example.answers:
            window = _without(example, example.passage, "annotated", table, recipe, rng)
            items += [window] if window is not None else []
            continue
        asked = _switched(example, recipe, lexicon, rng)
        item = _answerable(asked, table, recipe, rng)
        if item is None:
            continue
        items.append(item)
        kind = chosen.get(place)
        negative: Item | None = None
        if kind in exchanges:
            question = exchanges[kind].exchange(example, rng)
            if question is not None:
                negative = replace(item, question=question, golds=(), kind=kind)
        elif kind == "retrieved" and near[place]:
            passage = near[place][min(int(rng.expovariate(0.5)), len(near[place]) - 1)]
            negative = _without(asked, passage, kind, table, recipe, rng)
        if kind is not None and negative is None:
            negative = _own(asked, table, recipe, rng)
        items += [negative] if negative is not None else []
    return items


def _switched(
    example: Example,
    recipe: Recipe,
    lexicon: Mapping[str, Mapping[str, str]] | None,
    rng: random.Random,
) -> Example:
    """The example, perhaps with English question or passage code-switched, or Turkish turned."""
    if example.question_language == "tr":
        # A generator of its own: the draws of the others stay what they were without this.
        turned = random.Random(f"{recipe.seed}-{example.question}").random() < recipe.azeri_rate
        return replace(example, question=azeri(example.question)) if turned else example
    if not lexicon or example.question_language != "en":
        return example
    language = rng.choice(sorted(lexicon))
    switched = False
    if example.passage_language == "en" and rng.random() < recipe.switch_passages:
        passage, answers = switch_passage(
            example.passage, example.answers, language, lexicon, recipe.switch_words, rng
        )
        if answers:
            example, switched = replace(example, passage=passage, answers=answers), True
    if rng.random() >= (_SWITCH_TOO if switched else recipe.switch_rate):
        return example
    question = switch(example.question, language, lexicon, recipe.switch_words, rng)
    if language == "tr" and rng.random() < recipe.azeri_rate:
        question = azeri(question)
    return replace(example, question=question)


def _choose_kinds(sample: Sequence[Example], recipe: Recipe, rng: random.Random) -> dict[int, str]:
    chosen = {}
    for place, example in enumerate(sample):
        if not example.answers or rng.random() >= recipe.negative_rate:
            continue
        draw = rng.random()
        if draw < recipe.retrieved_share:
            chosen[place] = "retrieved"
        elif draw < recipe.retrieved_share + recipe.exchanged_share:
            chosen[place] = "exchanged"
        elif draw < recipe.retrieved_share + recipe.exchanged_share + recipe.reworded_share:
            chosen[place] = "reworded"
        else:
            chosen[place] = "own"
    return chosen


def _length(item: Item, table: TokenTable, recipe: Recipe) -> int:
    asked = min(len(table[item.question].ids), recipe.question_tokens)
    return asked + item.last - item.first - (item.skip[1] - item.skip[0]) + 4


def batches(
    items: Sequence[Item], table: TokenTable, recipe: Recipe, *, epoch: int = 0, block: int = 256
) -> Iterator[list[Item]]:
    """Batches of about `recipe.batch_tokens` tokens; the order of items is kept block by block."""
    table.add([item.question for item in items] + [item.passage for item in items])
    rng = random.Random(f"{recipe.seed}-batches-{epoch}")
    for begin in range(0, len(items), block):
        part = sorted(items[begin : begin + block], key=lambda i: _length(i, table, recipe))
        groups: list[list[Item]] = [[]]
        for item in part:
            length = _length(item, table, recipe)
            if groups[-1] and (len(groups[-1]) + 1) * length > recipe.batch_tokens:
                groups.append([])
            groups[-1].append(item)
        rng.shuffle(groups)
        yield from groups


def collate(
    items: Sequence[Item], table: TokenTable, *, question_tokens: int, pad_to: int = 8
) -> Batch:
    """Arrays of a batch, padded to its longest sequence rounded up to a multiple of `pad_to`."""
    rows = []
    for item in items:
        asked = table[item.question].ids[:question_tokens].tolist()
        tokens = table[item.passage].ids
        window = tokens[item.first : item.last].tolist()
        if item.skip[1] > item.skip[0]:
            window = [*tokens[item.first : item.skip[0]], *tokens[item.skip[1] : item.last]]
        ids = [BOS, *asked, EOS, EOS, *window, EOS]
        offset = len(asked) + 3 - item.first
        start, end = item.golds[0] if item.golds else (-offset, 1 - offset)
        rows.append((ids, len(asked) + 3, start + offset, end - 1 + offset))
    length = -(-max(len(ids) for ids, *_ in rows) // pad_to) * pad_to
    shape = (len(rows), length)
    ids_out = np.full(shape, PAD, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    passage = np.zeros(shape, dtype=np.int64)
    for row, (ids, begin, _, _) in enumerate(rows):
        ids_out[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
        passage[row, begin : len(ids) - 1] = 1
    starts = np.array([row[2] for row in rows], dtype=np.int64)
    ends = np.array([row[3] for row in rows], dtype=np.int64)
    return Batch(ids_out, mask, passage, starts, ends)
