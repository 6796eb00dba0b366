from __future__ import annotations

import json

import pytest

from embeddings.errors import WeightsError
from qa.read.load import CALIBRATION, read_calibration

GOOD = {
    "slope": 1.0,
    "intercept": 0.5,
    "threshold": 0.4,
    "high": 0.8,
    "medium": 0.5,
    "reader": "reader-1",
}


def write(path, record):
    path.write_text(json.dumps(record))
    return path


def test_a_calibration_is_read_for_its_own_reader(tmp_path):
    found = read_calibration(write(tmp_path / "c.json", GOOD), reader="reader-1")
    assert (found.slope, found.intercept, found.threshold) == (1.0, 0.5, 0.4)


def test_the_shipped_calibration_belongs_to_the_shipped_weights():
    fitted_to = json.loads(CALIBRATION.read_text())["reader"]
    assert 0.0 < read_calibration(CALIBRATION, reader=fitted_to).threshold < 1.0


@pytest.mark.parametrize(
    ("record", "says"),
    [
        pytest.param({**GOOD, "reader": "another"}, "fitted to the reader another", id="other"),
        pytest.param({**GOOD, "slope": "steep"}, "no calibration", id="text"),
        pytest.param({"slope": 1.0}, "no calibration", id="fields missing"),
        pytest.param([], "no calibration", id="a list"),
    ],
)
def test_what_is_no_calibration_is_refused_with_the_remedy(tmp_path, record, says):
    with pytest.raises(WeightsError, match=says):
        read_calibration(write(tmp_path / "c.json", record), reader="reader-1")


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        read_calibration(tmp_path / "none.json", reader="r")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(WeightsError, match="no calibration"):
        read_calibration(tmp_path / "broken.json", reader="r")
