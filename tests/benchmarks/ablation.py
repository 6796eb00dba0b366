"""What does each ingredient of the reader's training give? Small runs, one ingredient each.

    python tests/benchmarks/ablation.py --data DATA/train --dev DATA/dev --out DIR

A base is trained on English questions over English passages alone, all of them answerable. Every
other run goes on from it for the same few minutes of work with one ingredient added: half of its
examples are the base's, half the ingredient's; the control goes on with the base's alone. All are
read over the same questions of the development sets (best span of each passage, forced to answer),
and the table shows each figure less the control's. Runs that are there already are not made again.

This script must not know how a step of training is made.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.bundled import unpack_bundled
from qa.read.train import train
from qa.read.train_export import export
from qa.read.train_settings import Settings, read_settings

CONFIG = Path(__file__).resolve().parents[2] / "qa" / "read" / "train.toml"
BASE: Mapping[str, int] = {"squadshifts-new_wiki": 7800, "tydiqa-en": 3600}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What a run has beside the base: sets with their counts, or rates."""

    name: str
    sets: Mapping[str, int]
    negative_rate: float = 0.0
    retrieved_share: float = 0.0
    exchanged_share: float = 0.0
    switch_rate: float = 0.0


INGREDIENTS = (
    Ingredient("control: the base's sets alone", {}),
    Ingredient("reddit and amazon", {"squadshifts-reddit": 6000, "squadshifts-amazon": 5400}),
    Ingredient("MLQA, two languages", {"mlqa-cross": 11400}),
    Ingredient("TQuAD and THQuAD", {"tquad": 7000, "thquad": 4400}),
    Ingredient("questions made from NEREL", {"nerel": 11400}),
    Ingredient("JaQuAD", {"jaquad": 11400}),
    Ingredient("code-switched questions", {}, switch_rate=0.5),
    Ingredient("unanswerable questions, three kinds", {}, 0.8, 0.3, 0.25),
)


def folder_name(name: str) -> str:
    """A run's folder from its name."""
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def settings_for(
    plain: Settings, ingredient: Ingredient, per_group: int, start: Path | None
) -> Settings:
    """The configuration of one run."""
    recipe = replace(
        plain.recipe,
        sets={**BASE, **ingredient.sets},
        negative_rate=ingredient.negative_rate,
        retrieved_share=ingredient.retrieved_share,
        exchanged_share=ingredient.exchanged_share,
        switch_rate=ingredient.switch_rate,
        azeri_rate=0.0,
    )
    run = {**plain.run, "evaluate_per_group": per_group, "evaluate_first_minutes": 1e9}
    optimizer = {**plain.optimizer, "warmup_steps": 20}
    if start is not None:
        # Another order than the base's, or each run would begin with what the base has seen.
        run["seed"] = run["seed"] + 1
        recipe = replace(recipe, seed=recipe.seed + 1)
    return replace(plain, recipe=recipe, run=run, optimizer=optimizer)


def figures(run: Path) -> dict[str, float]:
    """What the run's last measurement said."""
    rows = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    last = [row for row in rows if row["event"] == "dev"][-1]
    return {name: value for name, value in last.items() if name.endswith((" f1", " auroc"))}


def table(results: Mapping[str, Mapping[str, float]]) -> str:
    """The results as Markdown: the control's figures, and the others' less the control's."""
    control = results[INGREDIENTS[0].name]
    lines = [
        f"| | {' | '.join(control)} |",
        f"|---|{'---|' * len(control)}",
        f"| {INGREDIENTS[0].name} | {' | '.join(f'{v:.3g}' for v in control.values())} |",
    ]
    for name, values in results.items():
        if values is not control:
            cells = " | ".join(f"{values[k] - control[k]:+.2g}" for k in control)
            lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base-minutes", type=float, default=9.0)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--per-group", type=int, default=150)
    given = parser.parse_args()
    plain, encoder = read_settings(CONFIG), unpack_bundled()

    def run(ingredient: Ingredient, name: str, minutes: float, start: Path | None) -> Path:
        out = given.out / name
        if not (out / "final" / "weights.safetensors").is_file():
            train(
                settings_for(plain, ingredient, given.per_group, start),
                data=given.data,
                encoder=encoder,
                out=out,
                dev=given.dev,
                max_minutes=minutes,
                decay_minutes=minutes * 0.4,
                start=start,
            )
        return out

    base = run(INGREDIENTS[0], "base", given.base_minutes, None)
    packed = export(base, encoder, base)
    results = {}
    for ingredient in INGREDIENTS:
        out = run(ingredient, folder_name(ingredient.name), given.minutes, packed)
        results[ingredient.name] = figures(out)
        if len(results) > 1:
            print(table(results), flush=True)


if __name__ == "__main__":
    main()
