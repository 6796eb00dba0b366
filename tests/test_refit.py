"""Fits of confidence to a user's own test set: written, read back, and applied by the service."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bench_fakes import make_run
from hypothesis import given
from hypothesis import strategies as st
from support import CALIBRATION, FakeEncoder, FakeReader

from embeddings.articles import make_article
from embeddings.errors import UsageError
from qa.errors import ReaderError
from qa.evaluate.bench import ServiceBench
from qa.evaluate.calibrate import logit
from qa.evaluate.calibration_file import calibration_record
from qa.evaluate.report import write_json
from qa.evaluate.run import evaluate
from qa.evaluate.testsets import load_test_set
from qa.read.calibration import Calibration
from qa.read.refit import FORMAT, LanguageFit, Platt, read_fits
from qa.service import Service
from qa.settings import load_settings

MADE_WITH = {
    "encoder": FakeEncoder.identity,
    "reader": FakeReader.identity,
    "calibration": CALIBRATION.identity,
}
ENTRY = {"slope": 2.0, "offset": -1.0, "threshold": 0.25, "n": 80, "unanswerable": 20}
GOOD = {
    "format": FORMAT,
    "versions": MADE_WITH,
    "languages": {"*": ENTRY, "ru": {**ENTRY, "slope": 0.5, "offset": 0.25, "threshold": 0.75}},
}


def write(folder: Path, record: object) -> Path:
    path = folder / "fit.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    return path


def fitted(service: Service, path: Path, **settings: object) -> Service:
    """The same store and models, with the calibration in `path`."""
    return Service(
        service.store,
        load_settings(store=service.store.path, calibration=path, **settings),
        encoder=service.encoder(),
        reader=service.reader(),
    )


# -- written and read back ------------------------------------------------------------------------


def test_a_fit_is_made_written_and_read_back(tmp_path: Path) -> None:
    record = calibration_record(make_run(wrong=4), min_questions=15)
    assert set(record["languages"]) == {"*", "en", "ru"}
    assert record["languages"]["*"]["n"] == 40
    assert record["languages"]["*"]["unanswerable"] == 10
    # No Russian question is unanswerable: nothing says when to be silent there.
    assert record["languages"]["ru"]["threshold"] == 0.0
    shares = record["cross_validated"]["*"]
    assert shares["no_answer_recall"] >= 0.8
    assert shares["refused_answerable"] <= 0.2
    file = tmp_path / "c.json"
    write_json(record, file)
    found = read_fits(file).by_language
    assert found["*"].threshold == pytest.approx(record["languages"]["*"]["threshold"])
    assert found["en"].platt.slope == pytest.approx(record["languages"]["en"]["slope"])


def test_too_few_questions_cannot_be_fitted_on() -> None:
    run = make_run(wrong=4)
    with pytest.raises(UsageError, match="3 questions are too few"):
        calibration_record(replace(run, results=run.results[:3]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{", "is not JSON", id="cut"),
        pytest.param("[" * 100_000, "is not JSON", id="deep"),
        pytest.param({"format": "other"}, "is not a calibration", id="another file"),
        pytest.param([1], "is not a calibration", id="a list"),
        pytest.param({**GOOD, "languages": {"en": ENTRY}}, "no entry for all", id="no star"),
        pytest.param({**GOOD, "languages": {"*": {"slope": 1}}}, "is not whole", id="a part"),
        pytest.param({**GOOD, "languages": {"*": [1]}}, "is not whole", id="a list in it"),
        pytest.param(
            {**GOOD, "languages": {"*": {**ENTRY, "slope": float("nan")}}}, "not whole", id="nan"
        ),
        pytest.param(
            {**GOOD, "languages": {"*": {**ENTRY, "offset": 10**400}}}, "not whole", id="huge"
        ),
        pytest.param(
            {**GOOD, "languages": {"*": {**ENTRY, "slope": True}}}, "not whole", id="a truth"
        ),
        pytest.param(
            {**GOOD, "languages": {"*": {**ENTRY, "slope": -1}}}, "impossible", id="it falls"
        ),
        pytest.param(
            {**GOOD, "languages": {"*": {**ENTRY, "threshold": 1.5}}}, "impossible", id="over 1"
        ),
        pytest.param({**GOOD, "versions": {}}, "which encoder it was made with", id="no versions"),
        pytest.param(
            {**GOOD, "versions": {**MADE_WITH, "reader": 3}}, "which reader", id="odd version"
        ),
    ],
)
def test_what_is_no_fit_is_refused_before_anything_is_asked(
    tmp_path: Path, content: object, message: str
) -> None:
    file = write(tmp_path, content)
    with pytest.raises(UsageError, match=message) as caught:
        read_fits(file)
    assert "qa eval FILE --calibrate" in str(caught.value)
    with pytest.raises(UsageError, match=message):
        Service.open(load_settings(store=tmp_path / "store", calibration=file), create=True)


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_fit_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_fits(tmp_path / name)


# -- applied --------------------------------------------------------------------------------------


@given(
    margin=st.floats(-8, 8),
    base=st.tuples(st.floats(0.1, 2), st.floats(-2, 2)),
    fit=st.tuples(st.floats(0, 3), st.floats(-3, 3)),
)
def test_the_two_curves_make_one(
    margin: float, base: tuple[float, float], fit: tuple[float, float]
) -> None:
    shipped = Calibration(*base, retrieval_weight=0.0, threshold=0.5, high=0.8, medium=0.6)
    one = LanguageFit("*", 50, 10, Platt(*fit), 0.3)
    measured = shipped.confidence(shipped.evidence(margin, 0.0))
    if 1e-6 < measured < 1 - 1e-6:
        wanted = one.platt.probability(logit(measured))
        assert one.over(shipped).confidence(margin) == pytest.approx(wanted, abs=1e-9)
    over = one.over(shipped)
    assert (over.threshold, over.high, over.medium) == (0.3, 0.8, 0.6)


def test_each_language_has_its_own_and_the_others_the_common_one(
    service: Service, tmp_path: Path
) -> None:
    one = fitted(service, write(tmp_path, GOOD))
    assert (one.threshold("ru"), one.threshold("en"), one.threshold("fi")) == (0.75, 0.25, 0.25)
    assert one.calibration("ru").slope == 0.5 * CALIBRATION.slope
    assert one.calibration("en").intercept == 2.0 * CALIBRATION.intercept - 1.0
    assert service.calibration("ru") == CALIBRATION


def test_answers_have_the_fitted_confidence_and_the_fitted_silence(
    service: Service, tmp_path: Path
) -> None:
    service.add([make_article(text="The chair was Kazakhstan.", id="a", language="en")])
    fit = LanguageFit("*", 80, 20, Platt(2.0, -1.0), 0.25)
    plain = service.ask("who was the chair", language="en").answers[0]
    one = fitted(service, write(tmp_path, GOOD)).ask("who was the chair", language="en")
    wanted = fit.platt.probability(logit(plain.confidence))
    assert one.answers[0].confidence == pytest.approx(wanted)
    strict = {**GOOD, "languages": {"*": {**ENTRY, "threshold": 1.0}}}
    silent = fitted(service, write(tmp_path, strict)).ask("who was the chair", language="en")
    assert (silent.state, silent.no_answer_reason) == ("no_answer", "not_in_articles")
    assert silent.best_confidence == pytest.approx(wanted)


def test_a_threshold_that_was_set_wins(service: Service, tmp_path: Path) -> None:
    one = fitted(service, write(tmp_path, GOOD), answer_threshold=0.0)
    assert (one.threshold("ru"), one.threshold("en")) == (0.0, 0.0)


@pytest.mark.parametrize("name", sorted(MADE_WITH))
def test_a_fit_of_other_models_is_refused(seeded: Service, tmp_path: Path, name: str) -> None:
    record = {**GOOD, "versions": {**MADE_WITH, name: "another"}}
    one = fitted(seeded, write(tmp_path, record))
    with pytest.raises(ReaderError, match=rf"fitted with the {name} another.*Fit it again"):
        one.ask("Who chaired the meeting?")
    assert one.search("Who chaired the meeting?").passages


def test_the_evaluation_measures_what_is_applied(seeded: Service, tmp_path: Path) -> None:
    fit = write(tmp_path, GOOD)
    bench = ServiceBench(fitted(seeded, fit))
    assert (bench.threshold("ru"), bench.threshold("tr")) == (0.75, 0.25)
    article = make_article(text="The chair was Kazakhstan.", id="a", language="en")
    items = [("who", language, article) for language in ("en", "ru")]
    english, russian = (found[0].confidence for found in bench.read_many(items))
    assert english != russian
    with bench.over([article]) as service:
        assert service.threshold("ru") == 0.75
    assert bench.versions()["fit"] == read_fits(fit).identity


def test_what_is_fitted_is_not_fitted_again(seeded: Service, tmp_path: Path) -> None:
    run = make_run(wrong=4)
    fit = {"fit": read_fits(write(tmp_path, GOOD)).identity}
    with pytest.raises(UsageError, match=r"applied already.*Unset MENBE_CALIBRATION"):
        calibration_record(replace(run, versions={**run.versions, **fit}))


def test_the_command_says_so_before_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa.evaluate import command

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was measured")

    def opened(settings: object, *, create: bool = False) -> Service:
        models = {"encoder": FakeEncoder(), "reader": (FakeReader(), CALIBRATION)}
        return real(settings, create=create, **models)

    real = Service.open
    monkeypatch.setattr(command.Service, "open", opened)
    monkeypatch.setattr(command, "evaluate", never)
    monkeypatch.setenv("MENBE_CALIBRATION", str(write(tmp_path, GOOD)))
    names = command.EvalOptions.__dataclass_fields__
    options = command.EvalOptions(
        **{
            **dict.fromkeys(names),
            **dict.fromkeys(("pooled", "always_answer"), False),
            "read": True,
            "fail_under": (),
            "seed": 0,
            "calibrate": tmp_path / "out.json",
        }
    )
    with pytest.raises(UsageError, match="applied already"):
        command.run_eval(options)
    assert not (tmp_path / "out.json").exists()


def test_a_round_trip_from_the_command_line_to_the_service(seeded: Service, tmp_path: Path) -> None:
    """What a person does: measure, fit, set the variable, ask."""
    test_set = load_test_set(Path(__file__).parent / "testset" / "seeds.jsonl")
    run = evaluate(test_set, ServiceBench(seeded))
    file = tmp_path / "fit.json"
    write_json(calibration_record(run), file)
    bench = ServiceBench(fitted(seeded, file))
    again = evaluate(test_set, bench)
    languages = json.loads(file.read_text())["languages"]
    for before, after in zip(run.results, again.results, strict=True):
        fit = languages.get(before.case.language, languages["*"])
        if before.outcome.confidence is None:
            continue
        wanted = Platt(fit["slope"], fit["offset"]).probability(logit(before.outcome.confidence))
        assert after.outcome.confidence == pytest.approx(wanted)
        assert after.outcome.refused is (wanted < fit["threshold"])
