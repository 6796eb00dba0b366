"""Packing a run's weights: the mean with a reader that was shipped before."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.errors import WeightsError
from qa.read.packed import write_packed
from qa.read.train_export import mean_with

LAYER = "encoder.layer.2.output.dense.weight"
BASE = {LAYER: np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)}
HEAD = {"head.null.bias": np.array([3.0], dtype=np.float32)}


@pytest.fixture
def shipped(tmp_path):
    path = tmp_path / "reader.safetensors"
    trained = {f"encoder.{LAYER}": BASE[LAYER] + np.float32(0.5), **HEAD}
    write_packed(path, trained, BASE.__getitem__, encoder="tiny", facts={})
    return path


def test_the_mean_lies_between_both_readers(shipped):
    weights = {
        f"encoder.{LAYER}": BASE[LAYER] + np.float32(0.1),
        "head.null.bias": np.array([1.0], dtype=np.float32),
    }
    made = mean_with(weights, [shipped], BASE.__getitem__, encoder="tiny")
    assert np.allclose(made[f"encoder.{LAYER}"], BASE[LAYER] + 0.3, atol=0.005)
    assert made["head.null.bias"].tolist() == [2.0]
    assert all(values.dtype == np.float32 for values in made.values())


def test_every_reader_of_a_mean_weighs_the_same(shipped, tmp_path):
    other = tmp_path / "other.safetensors"
    trained = {f"encoder.{LAYER}": BASE[LAYER] - np.float32(0.2), "head.null.bias": np.ones(1)}
    write_packed(other, trained, BASE.__getitem__, encoder="tiny", facts={})
    weights = {
        f"encoder.{LAYER}": BASE[LAYER],
        "head.null.bias": np.array([-1.0], dtype=np.float32),
    }
    made = mean_with(weights, [shipped, other], BASE.__getitem__, encoder="tiny")
    assert np.allclose(made[f"encoder.{LAYER}"], BASE[LAYER] + 0.1, atol=0.005)
    assert made["head.null.bias"].tolist() == [1.0]


def test_a_layer_that_the_shipped_one_left_alone_is_the_encoders(shipped):
    other = LAYER.replace("2", "3")
    base = BASE | {other: np.ones((2, 2), dtype=np.float32)}
    weights = {
        f"encoder.{LAYER}": BASE[LAYER],
        f"encoder.{other}": np.full((2, 2), 2.0, dtype=np.float32),
        **HEAD,
    }
    made = mean_with(weights, [shipped], base.__getitem__, encoder="tiny")
    assert made[f"encoder.{other}"].tolist() == [[1.5, 1.5], [1.5, 1.5]]


@pytest.mark.parametrize(
    ("encoder", "weights"),
    [
        pytest.param("another", {f"encoder.{LAYER}": BASE[LAYER], **HEAD}, id="another encoder"),
        pytest.param("tiny", HEAD, id="a layer is missing"),
    ],
)
def test_readers_that_do_not_fit_are_refused(shipped, encoder, weights):
    with pytest.raises(WeightsError, match=r"reader\.safetensors"):
        mean_with(weights, [shipped], BASE.__getitem__, encoder=encoder)
