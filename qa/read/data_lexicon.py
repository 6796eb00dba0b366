"""A word list from English into other languages, found with the encoder alone, and its use.

There are no Russian or Turkish questions over English passages to train on. English questions
are turned into half-Russian or half-Turkish ones (code-switching; Qin et al. 2020, "CoSDA-ML"):
question words from a short list made by hand, other words by a list of mutual nearest
neighbours of single words in the encoder's space (CSLS; Conneau et al. 2018, "Word Translation
Without Parallel Data"), or by a dictionary. English passages are mixed in the same way. Names,
figures and words without a partner stay.

This module must not know tokens of training examples, windows or the reader.
"""

from __future__ import annotations

import json
import random
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.read.data import Example
from qa.read.data_dictionary import translate

__all__ = ["QUESTION_WORDS", "build_lexicon", "load_lexicon", "switch", "switch_passage"]

Lexicon = Mapping[str, Mapping[str, str]]
"""Language to English word to the word in that language, all in lower case."""

_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_MIN_SCORE = 0.03
_NEAREST = 10

QUESTION_WORDS: dict[str, dict[str, str]] = {
    "ru": {
        "how many": "сколько",
        "how much": "сколько",
        "how long": "как долго",
        "how old": "сколько лет",
        "how often": "как часто",
        "what year": "в каком году",
        "which year": "в каком году",
        "what kind of": "какой вид",
        "what type of": "какой тип",
        "what does": "что",
        "what did": "что",
        "what is": "что такое",
        "what are": "что такое",
        "what was": "каким был",
        "what were": "какими были",
        "who is": "кто",
        "who was": "кто",
        "who were": "кто",
        "where is": "где находится",
        "where was": "где",
        "where did": "где",
        "when was": "когда",
        "when did": "когда",
        "when were": "когда",
        "when is": "когда",
        "why did": "почему",
        "why is": "почему",
        "how did": "как",
        "how does": "как",
        "how is": "как",
        "how was": "как",
        "in what": "в каком",
        "in which": "в каком",
        "what": "что",
        "which": "какой",
        "who": "кто",
        "whom": "кого",
        "whose": "чей",
        "where": "где",
        "when": "когда",
        "why": "почему",
        "how": "как",
        "the": "",
        "a": "",
        "an": "",
        "of": "",
        "did": "",
        "does": "",
        "do": "",
        "is": "",
        "are": "",
        "was": "был",
        "were": "были",
        "in": "в",
        "on": "на",
        "at": "в",
        "to": "к",
        "from": "из",
        "by": "",
        "for": "для",
        "with": "с",
        "and": "и",
        "or": "или",
        "not": "не",
        "after": "после",
        "before": "до",
        "between": "между",
        "first": "первый",
        "during": "во время",
        "about": "о",
        "his": "его",
        "her": "её",
        "their": "их",
        "its": "его",
        "he": "он",
        "she": "она",
        "they": "они",
        "it": "это",
    },
    "tr": {
        "how many": "kaç",
        "how much": "ne kadar",
        "how long": "ne kadar süre",
        "how old": "kaç yaşında",
        "how often": "ne sıklıkla",
        "what year": "hangi yılda",
        "which year": "hangi yılda",
        "what kind of": "ne tür",
        "what type of": "ne tür",
        "what does": "ne",
        "what did": "neyi",
        "what is": "nedir",
        "what are": "nelerdir",
        "what was": "neydi",
        "what were": "nelerdi",
        "who is": "kimdir",
        "who was": "kimdi",
        "who were": "kimlerdi",
        "where is": "nerede",
        "where was": "nerede",
        "where did": "nerede",
        "when was": "ne zaman",
        "when did": "ne zaman",
        "when were": "ne zaman",
        "when is": "ne zaman",
        "why did": "neden",
        "why is": "neden",
        "how did": "nasıl",
        "how does": "nasıl",
        "how is": "nasıl",
        "how was": "nasıl",
        "in what": "hangi",
        "in which": "hangi",
        "what": "ne",
        "which": "hangi",
        "who": "kim",
        "whom": "kimi",
        "whose": "kimin",
        "where": "nerede",
        "when": "ne zaman",
        "why": "neden",
        "how": "nasıl",
        "the": "",
        "a": "bir",
        "an": "bir",
        "of": "",
        "did": "",
        "does": "",
        "do": "",
        "is": "",
        "are": "",
        "was": "",
        "were": "",
        "in": "",
        "on": "",
        "at": "",
        "to": "",
        "from": "",
        "by": "tarafından",
        "for": "için",
        "with": "ile",
        "and": "ve",
        "or": "veya",
        "not": "değil",
        "after": "sonra",
        "before": "önce",
        "between": "arasında",
        "first": "ilk",
        "during": "sırasında",
        "about": "hakkında",
        "his": "onun",
        "her": "onun",
        "their": "onların",
        "its": "onun",
        "he": "o",
        "she": "o",
        "they": "onlar",
        "it": "o",
    },
}


def _counted(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(w.lower() for w in _WORD.findall(text) if len(w) > 1)
    return counts


def build_lexicon(
    encoder: Path,
    examples: Sequence[Example],
    texts: Mapping[str, Sequence[str]],
    *,
    english_words: int = 5000,
    other_words: int = 10000,
) -> dict[str, dict[str, str]]:
    """Mutual nearest neighbours between words of English questions and words of `texts`.

    Args:
        encoder: the encoder's folder.
        examples: whose English questions are to be switched.
        texts: language to texts in it, from which its words are taken.
        english_words: the most frequent so many are looked up.
        other_words: of each other language the most frequent so many are candidates.
    """
    import torch

    asked = _counted(e.question for e in examples if e.question_language == "en")
    english = [w for w, _ in asked.most_common(english_words) if w.isascii()]
    vectors = _vectors(encoder, english)
    lexicon: dict[str, dict[str, str]] = {}
    for language, written in texts.items():
        # English words stand in texts of every language and would be their own partners.
        others = [w for w, _ in _counted(written).most_common(other_words) if w not in asked]
        found: dict[str, str] = {}
        if others:
            cosine = vectors @ _vectors(encoder, others).T  # (english, others)
            near = min(_NEAREST, *cosine.shape)
            rows = cosine.topk(near, dim=1).values.mean(dim=1, keepdim=True)
            columns = cosine.topk(near, dim=0).values.mean(dim=0, keepdim=True)
            score = 2 * cosine - rows - columns
            forth, back = score.argmax(dim=1), score.argmax(dim=0)
            mutual = torch.arange(len(english)) == back[forth]
            for place in torch.flatten(torch.nonzero(mutual)).tolist():
                partner = int(forth[place])
                if float(score[place, partner]) >= _MIN_SCORE:
                    found[english[place]] = others[partner]
        lexicon[language] = found
    return lexicon


def _vectors(encoder: Path, words: Sequence[str]) -> Any:
    """Unit vectors `(words, width)` of single words, mean-pooled, with the question's prefix."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel

    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")  # noqa: S106
    model = BertModel.from_pretrained(str(encoder), add_pooling_layer=False)
    model.train(False)
    # By length, so that little is spent on padding.
    order = sorted(range(len(words)), key=lambda i: len(words[i]))
    found = torch.empty(len(words), model.config.hidden_size)
    for begin in range(0, len(words), 256):
        places = order[begin : begin + 256]
        encodings = tokenizer.encode_batch([f"query: {words[i]}" for i in places])
        ids = torch.tensor([e.ids for e in encodings])
        mask = torch.tensor([e.attention_mask for e in encodings])
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        found[places] = torch.nn.functional.normalize(pooled, dim=1)
    return found


def load_lexicon(path: Path) -> dict[str, dict[str, str]]:
    """A lexicon written as JSON.

    Raises:
        UsageError: the file cannot be read or is something else.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {str(k): {str(a): str(b) for a, b in v.items()} for k, v in raw.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"the word list {path} cannot be read: {error}") from None


def switch(question: str, language: str, lexicon: Lexicon, rate: float, rng: random.Random) -> str:
    """The English question with its question words and `rate` of its other words in `language`.

    Words with a capital inside the sentence are taken for names and stay.
    """
    by_hand, found = QUESTION_WORDS[language], lexicon.get(language, {})
    words = list(_WORD.finditer(question))
    parts: list[str] = []
    place, index = 0, 0
    while index < len(words):
        for length in (3, 2, 1):
            run = words[index : index + length]
            phrase = " ".join(w.group().lower() for w in run)
            if len(run) == length and phrase in by_hand:
                new: str | None = by_hand[phrase]
                break
        else:
            run = words[index : index + 1]
            word = run[0].group()
            name = index > 0 and word[0].isupper()
            new = None if name or rng.random() >= rate else translate(word.lower(), found)
        parts.append(question[place : run[0].start()])
        kept = question[run[0].start() : run[-1].end()]
        parts.append(kept if new is None else new)
        place, index = run[-1].end(), index + len(run)
    parts.append(question[place:])
    switched = " ".join("".join(parts).split())
    return switched[:1].upper() + switched[1:] if switched[:1].islower() else switched


def switch_passage(
    passage: str,
    answers: Sequence[tuple[int, int]],
    language: str,
    lexicon: Lexicon,
    rate: float,
    rng: random.Random,
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The English passage with `rate` of its words in `language`, and where its answers stand.

    Words with a capital stay, and figures, and a word within which an answer begins or ends. An
    answer's words are exchanged like any others, so that its range grows or shrinks; one that an
    article began loses it, and one of which nothing is left is dropped.

    Args:
        passage: in English.
        answers: `[start, end)` code points of it.
        language: a key of `QUESTION_WORDS`.
        lexicon: of that language too.
        rate: share of the words that have a partner, 0 to 1.
        rng: of the choice.
    """
    by_hand, found = QUESTION_WORDS[language], lexicon.get(language, {})
    parts: list[str] = []
    moved: list[tuple[int, int]] = []  # old place, how much later what stands there is now
    edges = sorted({edge for answer in answers for edge in answer})
    place = shift = 0
    for match in _WORD.finditer(passage):
        word = match.group()
        inside = bisect_left(edges, match.end()) > bisect_right(edges, match.start())
        if inside or not word.islower() or rng.random() >= rate:
            continue
        new = by_hand[word] if word in by_hand else translate(word, found)
        if new is None:
            continue
        parts += [passage[place : match.start()], new]
        place = match.end()
        shift += len(new) - len(word)
        moved.append((place, shift))
        if not new and passage[place : place + 1] == " ":  # the space goes with its word
            place += 1
            shift -= 1
            moved.append((place, shift))
    parts.append(passage[place:])
    switched = "".join(parts)
    places = [old for old, _ in moved]

    def now(old: int) -> int:
        """The new place of an old edge, which lies in no exchanged word."""
        before = bisect_right(places, old)
        return old + (moved[before - 1][1] if before else 0)

    ranges = []
    for start, end in answers:
        first, last = now(start), now(end)
        while first < last and switched[first].isspace():
            first += 1
        while first < last and switched[last - 1].isspace():
            last -= 1
        if first < last:
            ranges.append((first, last))
    return switched, tuple(ranges)
