"""An example, a span head, and a reader whose network is none, for the tests of the reader."""

from pathlib import Path

import numpy as np

from embeddings.runtime import TextTokenizer, WordTable
from qa.read.data import Example
from qa.read.decode import SpanHead
from qa.read.look import SecondLook
from qa.read.span import ReadBudget, SpanReader

WIDTH = 8
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.?,"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "▁")


def head_weights(width: int = WIDTH, pair: int = 6) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {"edges": (2, width), "pair": (2 * pair, width),
              "null_hidden": (width, 2 * width), "null": (1, width)}  # fmt: skip
    made = {}
    for name, shape in shapes.items():
        made[f"{name}.weight"] = rng.normal(size=shape).astype(np.float32)
        made[f"{name}.bias"] = rng.normal(size=shape[0]).astype(np.float32)
    return made


def example(**changes: object) -> Example:
    values: dict[str, object] = {
        "id": "1",
        "set": "s",
        "question_language": "en",
        "passage_language": "en",
        "question": "Where did Ada Byron live in 1833?",
        "passage": "In 1833 Ada Byron lived in London. It was cold. Paris was far.",
        "answers": ((27, 33),),
    }
    return Example(**(values | changes))  # type: ignore[arg-type]


def save_letters(folder: Path) -> int:
    """A tokenizer of single letters as `tokenizer.json`; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = [*SPECIAL, *LETTERS]
    tokenizer = Tokenizer(models.Unigram([(w, -float(i)) for i, w in enumerate(words)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(words)


class FakeNetwork:
    """States that are the embeddings: what a token is decides alone. Remembers its batches."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def run(self, embeddings, mask):
        self.lengths += [int(n) for n in mask.sum(axis=1)]
        return [embeddings]


def reader_for(
    tokenizer: TextTokenizer,
    network: object,
    limit: int = 512,
    budget: ReadBudget | None = None,
    look: SecondLook | None = None,
) -> SpanReader:
    """Scores x as a start and y as an end; everything else is worth nothing."""
    words = np.zeros((len(SPECIAL) + len(LETTERS), WIDTH), np.float32)
    words[len(SPECIAL) + LETTERS.index("x"), 0] = 5.0
    words[len(SPECIAL) + LETTERS.index("y"), 1] = 5.0
    weights = {name: np.zeros_like(w) for name, w in head_weights().items()}
    weights["edges.weight"][0, 0] = 1.0
    weights["edges.weight"][1, 1] = 1.0
    return SpanReader(
        network=network, words=WordTable(words), tokenizer=tokenizer,
        head=SpanHead.of(weights, WIDTH), identity="span-test", limit=limit,
        budget=budget, look=look,
    )  # type: ignore[arg-type]  # fmt: skip
