"""The reader that ships, with the calibration that was fitted to it.

    weights/reader.safetensors   the difference to the bundled encoder's layers, and the span head
    weights/calibration.json     how its log-odds become confidences, and when it is silent

This module must not know what is read.
"""

from __future__ import annotations

import json
from pathlib import Path

from embeddings.cache import Progress
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import WeightsError
from qa.errors import ReaderError
from qa.read.calibration import Calibration
from qa.read.packed import RESTORE
from qa.read.protocol import Reader
from qa.read.span import WEIGHTS, load_span_reader

__all__ = ["CALIBRATION", "load_reader", "read_calibration"]

CALIBRATION = WEIGHTS.with_name("calibration.json")


def load_reader(
    encoder: Encoder, *, cache_dir: Path | None = None, progress: Progress | None = None
) -> tuple[Reader, Calibration]:
    """The reader and its calibration.

    Args:
        encoder: the one in use. The reader shares the word table of the bundled one; beside any
            other, the bundled one is loaded for the reader.
        cache_dir: where exports are kept.
        progress: told what is being prepared on first use.

    Raises:
        WeightsError: the weights or the calibration are missing or damaged.
        EncoderError: the bundled encoder cannot be loaded.
    """
    try:
        reader = load_span_reader(encoder, cache_dir=cache_dir, progress=progress)
    except ReaderError:  # another encoder searches; the reader still reads with its own
        bundled = load_encoder(None, cache_dir=cache_dir, progress=progress)
        reader = load_span_reader(bundled, cache_dir=cache_dir, progress=progress)
    return reader, read_calibration(CALIBRATION, reader=reader.identity)


def read_calibration(path: Path, *, reader: str) -> Calibration:
    """The calibration in `path`, which must have been fitted to `reader`.

    Raises:
        WeightsError: it is missing, is no calibration, or belongs to other weights.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        calibration = Calibration(
            slope=float(record["slope"]),
            intercept=float(record["intercept"]),
            retrieval_weight=float(record.get("retrieval_weight", 0.0)),
            retrieval_centre=float(record.get("retrieval_centre", 0.0)),
            threshold=float(record["threshold"]),
            high=float(record["high"]),
            medium=float(record["medium"]),
        )
        fitted_to = record["reader"]
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})", RESTORE) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is no calibration ({error})", RESTORE) from error
    if fitted_to != reader:
        raise WeightsError(f"{path} was fitted to the reader {fitted_to}, not to {reader}", RESTORE)
    return calibration
