"""Makes training examples ready: `python -m qa.read.prepare --config FILE --epochs N …`.

    python -m qa.read.prepare --config A.toml --epochs 8 --config B.toml --epochs 4 \\
        --data DATA/train --dev DATA/dev --encoder ENCODER --out EXAMPLES.safetensors

Epochs are numbered through: here 0 to 7 are made by A, 8 to 11 by B. `qa.read.train_plan` trains
on the file. The word list of code-switching is kept beside it, as NAME.lexicon.json.

This module must not know models, nor what is trained on the examples.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embeddings.errors import UsageError
from qa.read.command import exit_code
from qa.read.data import held_out, load_sets
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import make_items
from qa.read.data_words import word_list
from qa.read.prepared import Collector, Prepared, tokenizer_mark, write_prepared
from qa.read.train_settings import Settings, read_settings

__all__ = ["main", "prepare"]


def prepare(
    configurations: Sequence[tuple[Path, int]],
    *,
    data: Path,
    encoder: Path,
    lexicon: Path,
    dev: Path | None = None,
) -> Prepared:
    """The examples of every configuration's epochs, numbered through.

    Args:
        configurations: configuration file and how many epochs of it, at least one pair.
        data: folder with one folder a training set.
        encoder: the encoder's folder.
        lexicon: file of the word list of code-switching; made when it is needed and missing.
        dev: development sets, whose passages are barred.

    Raises:
        UsageError: a configuration or set cannot be read, or two configurations do not go into
            one file.
        WeightsError: `encoder` has no tokenizer.
    """
    tokenizer = tokenizer_mark(encoder / "tokenizer.json")
    settings = [(read_settings(path), epochs) for path, epochs in configurations]
    if len({(s.sets, s.dictionaries) for s, _ in settings}) > 1:
        raise UsageError("the configurations differ in [data] sets or in dictionaries")
    if len({s.recipe.question_tokens for s, _ in settings}) > 1:
        raise UsageError("the configurations differ in question_tokens")
    any_of = settings[0][0]
    examples, report = load_sets(data, any_of.sets, dev=dev)
    examples = [example for example in examples if not held_out(example)]
    print(*report.lines(), sep="\n", flush=True)
    words = {}
    if any(s.recipe.switch_rate > 0 for s, _ in settings):
        words = word_list(lexicon, examples, encoder=encoder, dictionaries=any_of.dictionaries)
    collector = Collector()
    for epoch, made_by in enumerate(_made_by(settings)):
        # A table for each epoch: one for all would hold gigabytes of offsets that are not needed.
        table = TokenTable(encoder / "tokenizer.json")
        switched = words if made_by.recipe.switch_rate > 0 else {}
        items = make_items(examples, table, made_by.recipe, epoch=epoch, lexicon=switched)
        count = collector.add(items, table, epoch=epoch)
        print(f"epoch {epoch}: {count} examples", flush=True)
    return collector.prepared(
        question_tokens=any_of.recipe.question_tokens,
        tokenizer=tokenizer,
        facts={"configurations": [[path.name, epochs] for path, epochs in configurations]},
    )


def _made_by(settings: Sequence[tuple[Settings, int]]) -> list[Settings]:
    """The configuration of each epoch."""
    return [one for one, epochs in settings for _ in range(epochs)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m qa.read.prepare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, action="append", required=True)
    parser.add_argument(
        "--epochs", type=int, action="append", required=True, help="of each --config, or of all"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--dev", type=Path, help="folder of the development sets")
    parser.add_argument("--encoder", type=Path, required=True, help="the encoder's folder")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    given = parser.parse_args(arguments)
    epochs = given.epochs * len(given.config) if len(given.epochs) == 1 else given.epochs

    def run() -> None:
        if len(epochs) != len(given.config) or min(epochs) < 1:
            raise UsageError(
                f"--epochs {' '.join(map(str, given.epochs))} for {len(given.config)} --config",
                "Give one number of at least 1 for all, or one for each",
            )
        if not given.out.parent.is_dir():
            raise UsageError(f"there is no folder {given.out.parent} to write {given.out.name} to")
        prepared = prepare(
            list(zip(given.config, epochs, strict=True)),
            data=given.data,
            encoder=given.encoder,
            lexicon=given.out.with_suffix(".lexicon.json"),
            dev=given.dev,
        )
        write_prepared(given.out, prepared)
        print(f"{given.out}: {len(prepared.rows)} examples, {len(prepared.ids)} tokens")

    return exit_code(run)


if __name__ == "__main__":
    sys.exit(main())
