"""Training examples made ready once, in one safetensors file: token ids and where to read them.

Making an epoch's examples takes minutes of one core, a step on an accelerator a few thousandths of
a second: several runs read one file. Every distinct text stands in it once.

    ids      (tokens,)           int32, the texts one behind the other
    lengths  (texts,)            int32, tokens of each text
    rows     (examples, 11)      int32, see `COLUMNS`

This module must not know how examples are made, nor torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import WeightsError
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Item
from qa.read.sealed import read_sealed, write_sealed

__all__ = [
    "COLUMNS",
    "FORMAT",
    "Collector",
    "Prepared",
    "read_prepared",
    "tokenizer_mark",
    "write_prepared",
]

FORMAT = "1"
COLUMNS = (
    *("question", "passage"),  # numbers of texts
    *("first", "last"),  # the window: tokens [first, last) of the passage
    *("skip_start", "skip_end"),  # of these, what is left out: [skip_start, skip_end)
    *("gold_start", "gold_end"),  # the span to learn, tokens of the passage; -1 and -1 for none
    *("kind", "set"),  # numbers of names in `Prepared.kinds` and `.sets`
    "epoch",
)
REMEDY = "Make it again with python -m qa.read.prepare"

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the file holds.

    Attributes:
        ids: `(tokens,)`, the texts' token ids one behind the other.
        lengths: `(texts,)`, tokens of each text.
        rows: `(examples, 11)`, with the columns `COLUMNS`.
        question_tokens: a longer question is cut to so many.
        kinds: how examples came about, by number.
        sets: training sets, by number.
        tokenizer: SHA-256 of the tokenizer's file.
        facts: what else was written down (configurations and their epochs).
    """

    ids: Int32s
    lengths: Int32s
    rows: Int32s
    question_tokens: int
    kinds: tuple[str, ...]
    sets: tuple[str, ...]
    tokenizer: str
    facts: Mapping[str, Any]

    def column(self, name: str) -> npt.NDArray[np.int64]:
        """`(examples,)`, one of `COLUMNS`."""
        return self.rows[:, COLUMNS.index(name)].astype(np.int64)


def tokenizer_mark(file: Path) -> str:
    """SHA-256 of a tokenizer's file.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(
            f"the tokenizer {file} cannot be read: {error.strerror}",
            "Name the unpacked encoder's folder with --encoder",
        ) from None


class Collector:
    """Collects the items of many epochs; texts are told apart by their hash and not kept."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._ids: list[Int32s] = []
        self._rows: list[Int32s] = []
        self._names: dict[str, dict[str, int]] = {"kind": {}, "set": {}}

    def add(self, items: Iterable[Item], table: TokenTable, *, epoch: int) -> int:
        """Take an epoch's items; returns how many they were."""
        rows = []
        for item in items:
            gold = item.golds[0] if item.golds else (-1, -1)
            texts = (self._text(item.question, table), self._text(item.passage, table))
            names = (self._name("kind", item.kind), self._name("set", item.set))
            rows.append((*texts, item.first, item.last, *item.skip, *gold, *names, epoch))
        self._rows.append(np.array(rows, np.int32).reshape(-1, len(COLUMNS)))
        return len(rows)

    def _text(self, text: str, table: TokenTable) -> int:
        mark = hashlib.blake2b(text.encode(), digest_size=16).digest()
        number = self._numbers.setdefault(mark, len(self._ids))
        if number == len(self._ids):
            self._ids.append(table[text].ids.astype(np.int32))
        return number

    def _name(self, column: str, name: str) -> int:
        known = self._names[column]
        return known.setdefault(name, len(known))

    def prepared(
        self, *, question_tokens: int, tokenizer: str, facts: Mapping[str, Any]
    ) -> Prepared:
        """Everything collected."""
        return Prepared(
            ids=np.concatenate([np.zeros(0, np.int32), *self._ids]),
            lengths=np.array([len(ids) for ids in self._ids], np.int32),
            rows=np.concatenate([np.zeros((0, len(COLUMNS)), np.int32), *self._rows]),
            question_tokens=question_tokens,
            kinds=tuple(self._names["kind"]),
            sets=tuple(self._names["set"]),
            tokenizer=tokenizer,
            facts=facts,
        )


def write_prepared(path: Path, prepared: Prepared) -> None:
    """Write the file; one that is there is replaced when the new one is whole."""
    tensors = {name: getattr(prepared, name) for name in _TENSORS}
    noted = {name: getattr(prepared, name) for name in _NOTED}
    notes = {"notes": json.dumps(noted, ensure_ascii=False, sort_keys=True)}
    write_sealed(path, tensors, notes, version=FORMAT)


_TENSORS = ("ids", "lengths", "rows")
_NOTED = ("question_tokens", "kinds", "sets", "tokenizer", "facts")


def read_prepared(path: Path) -> Prepared:
    """Read and check a file of prepared examples.

    Raises:
        WeightsError: it is missing, truncated, altered, something else, or of another format.
    """
    what = "prepared examples"
    tensors, metadata, _ = read_sealed(path, what=what, version=FORMAT, remedy=REMEDY)
    if "notes" not in metadata or set(tensors) != set(_TENSORS):
        raise WeightsError(f"{path} holds no {what}", REMEDY)
    notes = json.loads(metadata["notes"])
    fields: dict[str, Any] = {**tensors, **{name: _tuple(notes[name]) for name in _NOTED}}
    return Prepared(**fields)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
