"""Runs over a bench whose answers are written down, so that every figure is known beforehand."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import ir_measures
import pytest
from bench_fakes import FakeBench, Says
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import make_article
from embeddings.errors import UsageError
from qa.evaluate.cases import Case, Gold, TestSet, make_paragraph
from qa.evaluate.judge import queries_of
from qa.evaluate.ranking import RANKING_MEASURES, RankedQuery, ranking_values, write_trec
from qa.evaluate.run import Run, default_mode, evaluate

ONE = "Baku hosts the summit. Kazakhstan chairs it in 2022."
TWO = "Ankara sent a delegation. It came by train."
RUS = "Саммит проходит в Баку. Председательствует Казахстан."
PARAGRAPHS = {
    key: make_paragraph(key, text, language=language)
    for key, text, language in (("one", ONE, "en"), ("two", TWO, "en"), ("rus", RUS, "ru"))
}


def gold(text: str, article: str) -> Gold:
    start = PARAGRAPHS[article].text.index(text)
    return Gold(text, start, start + len(text), article)


def case(name: str, question: str, answer: str, article: str, *, language: str = "en") -> Case:
    return Case(
        name, language, question, (gold(answer, article),), True, ((article, 1),), own=article
    )


def nothing(name: str, question: str, *, language: str = "en", own: str | None = "two") -> Case:
    return Case(name, language, question, (), False, own=own)


def small_set(*cases: Case, kind: str = "squad") -> TestSet:
    return TestSet("small", kind, "0" * 64, cases, PARAGRAPHS)


CASES = (
    case("right", "Who chairs?", "Kazakhstan", "one"),
    case("wrong span", "When?", "2022", "one"),
    case("withheld", "Who came?", "Ankara", "two"),
    case("not found", "How?", "train", "two"),
    nothing("silent", "Why?"),
    nothing("talks", "Who left?"),
)
SAYS = {
    "Who chairs?": Says("Kazakhstan", 0.9, "one", ["one", "two"]),
    "When?": Says("Baku", 0.6, "one", ["two", "one"]),
    "Who came?": Says("Ankara", 0.4, "two", ["two"]),
    "How?": Says("summit", 0.8, "one", ["one"]),
    "Why?": Says("delegation", 0.2, "two", ["two"]),
    "Who left?": Says("delegation", 0.7, "two", ["two"]),
}


def ask(mode: str = "open", **more: object) -> Run:
    return evaluate(small_set(*CASES), FakeBench(SAYS), mode=mode, **more)  # type: ignore[arg-type]


# -- a run whose figures are known ---------------------------------------------------------------


def test_open_mode_gives_the_figures_worked_out_by_hand() -> None:
    values = ask().summary.overall.values
    assert values["EM"] == values["F1"] == pytest.approx(100 * 2 / 6)  # right, silent
    assert values["F1_answerable"] == pytest.approx(25.0)
    assert values["F1_unanswerable"] == pytest.approx(50.0)
    assert values["F1_forced"] == pytest.approx(50.0)  # the withheld answer was right
    assert values["span_overlap"] == pytest.approx(0.25)
    assert values["recall@1"] == pytest.approx(0.5)
    assert values["recall@3"] == pytest.approx(0.75)
    assert values["MRR"] == pytest.approx((1 + 0.5 + 1 + 0) / 4)
    assert values["nDCG@10"] == pytest.approx((1 + 1 / math.log2(3) + 1 + 0) / 4)
    assert values["passage_recall@1"] == pytest.approx(0.5)
    assert values["citation_precision"] == pytest.approx(2 / 4)
    assert values["citation_recall"] == pytest.approx(2 / 4)
    assert values["citation_sentence_precision"] == pytest.approx(1 / 4)
    assert values["citation_sentence_recall"] == pytest.approx(1 / 4)
    assert values["no_answer_precision"] == pytest.approx(1 / 2)
    assert values["no_answer_recall"] == pytest.approx(1 / 2)
    assert values["refused_answerable"] == pytest.approx(1 / 4)
    # Of 2 x 4 pairs the unanswerable is less sure in: .2 four times, .7 against .9 and .8.
    assert values["no_answer_AUROC"] == pytest.approx(6 / 8)
    # By confidence .9 .8 .7 .6 .4 .2 the best candidates are right, wrong x 3, right, wrong.
    risks = [0, 1 / 2, 2 / 3, 3 / 4, 3 / 5, 4 / 6]
    assert values["AURC"] == pytest.approx(sum(risks) / 6)


def test_each_wrong_reply_names_the_stage_that_lost_it() -> None:
    run = ask()
    assert {r.case.id: r.lost_at for r in run.results} == {
        "right": "",
        "wrong span": "reading",
        "withheld": "threshold",
        "not found": "retrieval",
        "silent": "",
        "talks": "threshold",
    }
    assert run.summary.lost_at == {"reading": 1, "retrieval": 1, "threshold": 2}


def test_predictions_are_what_squads_own_script_reads() -> None:
    assert ask().predictions() == {
        "right": "Kazakhstan",
        "wrong span": "Baku",
        "withheld": "",
        "not found": "summit",
        "silent": "",
        "talks": "delegation",
    }


def test_reading_mode_reads_each_own_paragraph_and_ranks_nothing() -> None:
    run = ask("reading")
    assert run.predictions()["right"] == "Kazakhstan"
    # "summit" does not stand in its own paragraph, so the fake finds nothing there.
    assert run.predictions()["not found"] == ""
    assert not any(
        name.startswith(("recall", "citation", "MRR")) for name in run.summary.overall.values
    )
    assert {r.lost_at for r in run.results} <= {"", "reading", "threshold"}
    assert set(run.summary.latency_ms) == {"encode", "retrieve", "read", "total"}


def test_always_answer_never_abstains() -> None:
    run = ask(always_answer=True)
    assert run.predictions()["withheld"] == "Ankara"
    assert run.summary.overall.values["no_answer_recall"] == 0.0


def test_always_answer_is_implied_without_unanswerable_questions() -> None:
    run = evaluate(small_set(*CASES[:4]), FakeBench(SAYS), mode="open")
    assert run.always_answer
    assert run.predictions()["withheld"] == "Ankara"
    assert not any(name.startswith("no_answer") for name in run.summary.overall.values)
    assert "refused_answerable" not in run.summary.overall.values


def test_store_mode_resolves_names_against_the_store() -> None:
    kept = [make_article(text=ONE, id="id-1", origin="/seeds/one.txt", language="en")]
    own = Case(
        "q", "ru", "Who chairs?", (Gold("Kazakhstan", article="one"),), True, (("one", 1),),
        own="one",
    )  # fmt: skip
    says = {"Who chairs?": Says("Kazakhstan", 0.9, "id-1", ["id-1"])}
    given_set = TestSet("own", "jsonl", "0" * 64, (own,))
    run = evaluate(given_set, FakeBench(says, kept))
    assert run.mode == "store"
    assert run.summary.overall.values["citation_recall"] == 1.0
    assert run.summary.overall.values["span_overlap"] == 1.0
    assert list(run.summary.by_pair) == ["ru-en"]
    reading = evaluate(given_set, FakeBench(says, kept), mode="reading")
    assert reading.predictions() == {"q": "Kazakhstan"}


def test_an_identical_copy_of_the_article_is_the_right_article() -> None:
    kept = [
        make_article(text=ONE, id=name, origin=f"/x/{name}.txt", language="en")
        for name in ("first", "copy")
    ]
    own = Case(
        "q", "en", "Who chairs?", (Gold("Kazakhstan", article="first"),), True, (("first", 1),)
    )
    says = {"Who chairs?": Says("Kazakhstan", 0.9, "copy", ["copy", "first"])}
    run = evaluate(TestSet("own", "jsonl", "0", (own,)), FakeBench(says, kept))
    values = run.summary.overall.values
    assert values["citation_recall"] == values["citation_sentence_recall"] == 1.0
    assert values["span_overlap"] == 1.0


def test_a_pool_counts_the_paragraph_in_any_language() -> None:
    asked = replace(case("en:q", "Who chairs?", "Kazakhstan", "one"), group="q", parallel=("rus",))
    other = replace(
        case("ru:q", "Кто?", "Казахстан", "rus", language="ru"), group="q", parallel=("one",)
    )
    says = {
        "Who chairs?": Says("Казахстан", 0.9, "rus", ["rus", "one"]),
        "Кто?": Says("Казахстан", 0.9, "rus", ["rus", "one"]),
    }
    run = evaluate(small_set(asked, other), FakeBench(says), mode="open")
    values = run.summary.overall.values
    assert values["any@1"] == 1.0
    assert values["recall@1"] == 0.5
    assert values["citation_recall"] == 1.0
    assert values["same_answer_rate"] == 1.0


def test_the_same_answer_rate_is_over_groups_in_several_languages() -> None:
    cases = [
        replace(case("a", "Who chairs?", "Kazakhstan", "one"), group="g1"),
        replace(case("b", "Кто?", "Казахстан", "rus", language="ru"), group="g1"),
        replace(case("c", "When?", "2022", "one"), group="g2"),
        replace(case("d", "Когда?", "2022", "one", language="ru"), group="g2"),
        replace(case("e", "How?", "train", "two"), group="one language"),
    ]
    says = {
        "Who chairs?": Says("Kazakhstan", 0.9, "one"),
        "Кто?": Says("Казахстан", 0.9, "rus"),
        "When?": Says("2022", 0.9, "one"),
        "Когда?": Says("Baku", 0.9, "one"),
    }
    overall = evaluate(small_set(*cases), FakeBench(says), mode="open").summary.overall
    assert overall.values["same_answer_rate"] == 0.5
    assert overall.judged["same_answer_rate"] == 2


# -- what cannot be judged -----------------------------------------------------------------------


def test_what_cannot_be_judged_has_no_score_and_is_listed() -> None:
    cases = (
        replace(CASES[0], id="hidden", answers=(), answerable=None),
        Case("nowhere", "en", "Who chairs?", (Gold("Kazakhstan"),), True),
        Case("long", "en", "x" * 2001, (gold("train", "two"),), True, (("two", 1),)),
    )
    run = evaluate(small_set(*cases), FakeBench(SAYS), mode="open")
    assert run.summary.overall.n == 3
    assert run.summary.overall.judged["F1"] == 1
    assert run.summary.overall.values["F1"] == 100.0
    assert run.summary.overall.judged["recall@1"] == 1
    listed = run.summary.unjudged
    assert listed["answers: the test set gives no answers for it"] == ["hidden"]
    assert listed["spans: its gold has no offsets"] == ["nowhere"]
    assert listed["citations: the test set does not name its article"] == ["nowhere"]
    assert listed["everything: the question cannot be asked: the question is too long"] == ["long"]
    # Whoever holds the answers back can still judge the predictions.
    assert run.predictions() == {"hidden": "Kazakhstan", "nowhere": "Kazakhstan"}


def test_reading_lists_questions_without_a_paragraph() -> None:
    run = evaluate(
        small_set(CASES[0], nothing("x", "Why?", own=None)), FakeBench(SAYS), mode="reading"
    )
    assert run.summary.unjudged == {"everything: it has no paragraph to read": ["x"]}
    assert run.summary.overall.judged["F1"] == 1


def test_retrieval_alone_does_not_read() -> None:
    bench = FakeBench(SAYS)
    run = evaluate(small_set(*CASES), bench, mode="open", read=False)
    assert bench.asked == []
    assert run.summary.overall.values["recall@1"] == pytest.approx(0.5)
    assert "F1" not in run.summary.overall.values
    assert "no_answer_AUROC" not in run.summary.overall.values


@pytest.mark.parametrize(
    ("given_set", "mode", "read", "message"),
    [
        (small_set(*CASES), "store", True, "has paragraphs of its own"),
        (small_set(*CASES), "reading", False, "measures nothing"),
        (
            small_set(Case("b", "en", "?", relevant=(("one", 1),)), kind="beir"),
            "reading",
            True,
            "names no paragraph",
        ),
        (TestSet("c", "conversations", "0", ()), "store", True, "conversations"),
    ],
)
def test_a_mode_that_does_not_fit_is_refused(
    given_set: TestSet, mode: str, read: bool, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate(given_set, FakeBench(SAYS), mode=mode, read=read)  # type: ignore[arg-type]


def test_default_modes() -> None:
    assert default_mode(small_set(*CASES)) == "reading"
    assert default_mode(small_set(*CASES, kind="beir")) == "open"
    assert default_mode(TestSet("own", "jsonl", "0", CASES)) == "store"


def test_ranking_without_ir_measures_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    bench = FakeBench(SAYS)
    with pytest.raises(UsageError, match=r"menbe\[test\]"):
        evaluate(small_set(*CASES), bench, mode="open")
    assert bench.asked == []
    assert evaluate(small_set(*CASES), bench, mode="reading").summary.overall.n == 6


# -- the run as a whole --------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (replace(ask(seed=seed), seconds=0.0) for seed in (1, 1, 2))
    assert first.to_dict() == again.to_dict()
    assert first.to_dict()["intervals"] != other.to_dict()["intervals"]
    assert first.summary.overall.values == other.summary.overall.values


def test_the_json_has_the_contracts_figures() -> None:
    found = json.loads(json.dumps(ask().to_dict()))
    for name in ("n", "EM", "F1", "EM_unicode", "F1_unicode", *RANKING_MEASURES):
        assert isinstance(found[name], int | float)
    for name in ("citation_precision", "no_answer_precision", "no_answer_recall", "ECE"):
        assert 0.0 <= found[name] <= 1.0
    assert found["by_question_language"]["en"]["n"] == 6
    assert found["by_article_language"]["en"]["n"] == 6
    assert found["by_pair"]["en-en"]["F1"] == found["F1"]
    assert found["latency_ms"]["total"] == {"p50": 6.0, "p95": 6.0}
    assert found["versions"]["index"] == "index-1"
    assert found["versions"]["test_set_sha256"] == "0" * 64
    assert found["risk_coverage"][-1][1] == 1.0
    low, high = found["intervals"]["F1"]
    assert low <= found["F1"] <= high


def test_progress_is_told() -> None:
    told: list[tuple[int, int | None, str]] = []
    ask(progress=lambda *step: told.append(step))
    assert told[-1] == (6, 6, "asking")


# -- ranking -------------------------------------------------------------------------------------

DOCUMENTS = st.sampled_from([f"d {n}" for n in range(15)])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(DOCUMENTS, st.integers(1, 3), min_size=1, max_size=4),
            st.lists(DOCUMENTS, max_size=14, unique=True),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_ranking_measures_by_their_definitions(
    rows: list[tuple[dict[str, int], list[str]]],
) -> None:
    queries = [RankedQuery(f"q {n}", grades, found) for n, (grades, found) in enumerate(rows)]
    values = ranking_values(queries)
    for query in queries:
        hits = [document in query.grades for document in query.ranking]
        expected = {f"recall@{k}": sum(hits[:k]) / len(query.grades) for k in (1, 3, 5, 10)}
        expected["MRR"] = 1 / (1 + hits.index(True)) if True in hits else 0.0
        gains = [query.grades.get(document, 0) for document in query.ranking[:10]]
        best = sorted(query.grades.values(), reverse=True)[:10]
        expected["nDCG@10"] = sum(g / math.log2(i + 2) for i, g in enumerate(gains)) / sum(
            g / math.log2(i + 2) for i, g in enumerate(best)
        )
        assert values[query.id] == pytest.approx(expected)


def test_trec_files_give_the_same_figures_again(tmp_path: Path) -> None:
    run = ask()
    queries = queries_of([result.outcome for result in run.results])
    run_file, qrels_file = write_trec(queries, tmp_path / "trec", tag="menbe")
    assert len({line.split()[0] for line in qrels_file.read_text().splitlines()}) == 4
    found = ir_measures.calc_aggregate(
        [ir_measures.parse_measure(name) for name in ("R@1", "RR", "nDCG@10")],
        list(ir_measures.read_trec_qrels(str(qrels_file))),
        list(ir_measures.read_trec_run(str(run_file))),
    )
    overall = run.summary.overall.values
    assert sorted(found.values()) == pytest.approx(
        sorted([overall["recall@1"], overall["MRR"], overall["nDCG@10"]])
    )
    assert "wrong_span Q0 two 1 2 menbe" in run_file.read_text()


def test_trec_files_need_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_trec([], tmp_path / "file", tag="menbe")


def test_ir_measures_is_not_imported_until_it_is_needed() -> None:
    code = "import sys, qa.evaluate, qa.evaluate.report; sys.exit('ir_measures' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
