"""An example and a span head with weights drawn once, for the tests of the reader."""

from pathlib import Path

import numpy as np

from qa.read.data import Example

WIDTH = 8


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

    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.?,"
    words = ["<s>", "<pad>", "</s>", "<unk>", "▁", *letters]
    tokenizer = Tokenizer(models.Unigram([(w, -float(i)) for i, w in enumerate(words)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(words)
