"""Packs a run's weights for shipping: `python -m qa.read.train_export --run DIR --encoder DIR`.

Takes the weights after the last decay (`final/`) where there are any, else the moving average of
the last checkpoint. Low-rank adapters are merged first. `--mix READER`, which may be given several
times, takes the mean with packed readers that began with the same head, such as the one that an
earlier run shipped and this one started from: ends of one path that err in different places read
better together than any (Wortsman et al. 2022, "Model soups").

This module must not know how a run is made, beyond the files it leaves.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.bundled import BUNDLED_NAME
from embeddings.errors import WeightsError
from embeddings.modelfolder import open_tensors, read_model_folder
from qa.read.command import exit_code
from qa.read.packed import ENCODER, HEAD, PackedReader, read_packed, write_packed

__all__ = ["export", "main", "mean_with"]

FILE = "reader.safetensors"
Floats = NDArray[np.float32]


def export(run: Path, encoder: Path, out: Path, *, mix: Sequence[Path] = ()) -> Path:
    """Write `out/reader.safetensors` and return its path.

    Args:
        run: the training's output folder.
        encoder: the sentence-transformers folder of the encoder it was trained from.
        out: the folder to write into.
        mix: packed readers of the same encoder, to take the mean of all with.

    Raises:
        WeightsError: the run has no weights, or they cannot be read.
        EncoderError: `encoder` is no such folder.
    """
    path, facts = _newest(run)
    model = read_model_folder(encoder, name=BUNDLED_NAME)
    trained = _load(path)
    with open_tensors(model.path) as base:
        out.mkdir(parents=True, exist_ok=True)
        target = out / FILE
        weights = mean_with(_merged(trained, base), mix, base, encoder=model.identity)
        write_packed(target, weights, base, encoder=model.identity, facts=facts)
    read_packed(target)
    return target


def _newest(run: Path) -> tuple[Path, dict[str, Any]]:
    final, last = run / "final" / "weights.safetensors", run / "last" / "average.safetensors"
    if final.is_file():
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(final, framework="np") as file:
                noted = dict(file.metadata() or {})
        except (OSError, SafetensorError) as error:
            raise WeightsError(f"{final} cannot be read ({error})") from error
        return final, {"steps": int(noted["step"]), "examples": int(noted["examples"])}
    if last.is_file():
        progress = json.loads((run / "last" / "progress.json").read_text())["progress"]
        return last, {"steps": progress["step"], "examples": progress["examples"]}
    raise WeightsError(f"{run} holds no weights", "Let the training reach its first checkpoint")


def _load(path: Path) -> dict[str, Floats]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be read ({error})") from error


def _merged(trained: dict[str, Floats], base: Any) -> dict[str, Floats]:
    """Low-rank adapters as the weights they stand for; everything else as it is."""
    merged = {}
    for name, values in trained.items():
        if name.endswith(".up"):
            plain = name.removesuffix(".up")
            own = base(f"{plain.removeprefix(ENCODER)}.weight").astype(np.float32)
            merged[f"{plain}.weight"] = own + values @ trained[f"{plain}.down"]
        elif not name.endswith(".down"):
            merged[name] = values
    return merged


def mean_with(
    weights: dict[str, Floats], mix: Sequence[Path], base: Any, *, encoder: str
) -> dict[str, Floats]:
    """The mean of the weights and those of packed readers, all with equal weight.

    Args:
        weights: by name, as a run keeps them.
        mix: the packed readers' files; none: the weights as they are.
        base: gives a tensor of the encoder by name.
        encoder: its identity.

    Raises:
        WeightsError: a packed reader cannot be read, or does not fit.
    """
    known = {_plain(name) for name in weights}
    others = []
    for path in mix:
        other = read_packed(path)
        if other.encoder != encoder or set(other.changed) - known:
            raise WeightsError(
                f"{path} changes another encoder or other layers",
                "Mix readers of one configuration",
            )
        others.append(other)

    def theirs(other: PackedReader, name: str) -> Floats:
        if name.startswith(HEAD):
            return other.head[name.removeprefix(HEAD)]
        return other.merged(_plain(name), base(_plain(name)))

    return {
        name: sum((theirs(other, name) for other in others), own) / np.float32(1 + len(others))
        for name, own in weights.items()
    }


def _plain(name: str) -> str:
    return name.removeprefix(ENCODER)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m qa.read.train_export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the training's output folder")
    parser.add_argument("--encoder", type=Path, required=True, help="the encoder's folder")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("weights"))
    parser.add_argument(
        "--mix", type=Path, action="append", default=[], help="a packed reader for the mean"
    )
    given = parser.parse_args(arguments)

    def run() -> None:
        path = export(given.run, given.encoder, given.out, mix=given.mix)
        packed = read_packed(path)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {packed.identity}, {packed.facts}")

    return exit_code(run)


if __name__ == "__main__":
    sys.exit(main())
