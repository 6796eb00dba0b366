"""The page, the saved run, the comparison with an older one, and the gate."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bench_fakes import make_run

from embeddings.errors import UsageError
from qa.evaluate.gate import below_floor, compare, load_run, parse_floor, regressions
from qa.evaluate.plots import reliability_svg, risk_coverage_svg
from qa.evaluate.report import html_report, summary_lines, write_json, write_report
from qa.metrics import CurvePoint, ReliabilityBin


class Tags(HTMLParser):
    """Collects elements and their attributes, and checks that each that opens is closed."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


# -- the page ------------------------------------------------------------------------------------


def test_the_page_asks_nothing_of_anyone_and_escapes_all_text() -> None:
    run = make_run(wrong=6)
    page = html_report(run, comparison=compare(make_run(wrong=3).to_dict(), run.to_dict()))
    parser = tags_of(page)
    names = {tag for tag, _ in parser.found}
    assert not names & {"script", "img", "link", "iframe", "a", "form", "object"}
    for _, attributes in parser.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
    policy = dict(parser.found)["meta"]
    assert any(
        "default-src 'none'" in str(attributes.get("content"))
        for tag, attributes in parser.found
        if tag == "meta"
    ), policy
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "url(" not in page
    assert (
        re.findall(r"https?://[^\"'\s<]+", page.replace("http://evil.example/a.png", ""))
        == ["http://www.w3.org/2000/svg"] * 2
    )


def test_the_page_shows_every_wrong_answer_with_passage_expected_and_stage() -> None:
    run = make_run(wrong=6)
    page = html_report(run)
    lost = [result for result in run.results if result.lost_at]
    assert len(lost) == 6
    assert page.count("<article>") == 6
    entry = page[page.index("<article>") :]
    assert "Got <span" in entry
    assert "<mark>Ganja1</mark>" in page
    assert "<mark>Baku1</mark>" in page
    assert "Lost at <b>reading</b>" in page
    assert "Lost at <b>threshold</b>" in page
    assert "By question language" in page
    assert "en-en" in page
    assert "ru-en" in page
    assert page.count("<svg") == 2


def test_the_page_of_a_run_without_a_mistake() -> None:
    page = html_report(make_run(wrong=0))
    assert "<h2>Wrong answers</h2><p>None.</p>" in page
    tags_of(page)


def test_the_report_is_a_page_and_a_record(tmp_path: Path) -> None:
    run = make_run(wrong=6)
    comparison = compare(make_run(wrong=0).to_dict(), run.to_dict())
    page = write_report(run, tmp_path / "out", comparison=comparison)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    record = load_run(tmp_path / "out" / "report.json")
    assert record["F1"] == run.to_dict()["F1"]
    # p of a statistic without a permutation test is not a number; JSON has no such thing.
    assert {c["measure"]: c["test"]["p_value"] for c in record["comparison"]["changes"]}[
        "AURC"
    ] is None


def test_a_report_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(make_run(wrong=0), tmp_path / "file")
    with pytest.raises(UsageError, match="cannot be written"):
        write_json({}, tmp_path / "none" / "a.json")


def test_summary_lines_name_what_was_measured() -> None:
    lines = summary_lines(make_run(wrong=6))
    text = "\n".join(lines)
    assert "40 questions, mode open" in lines[0]
    for part in ("encoder: fake", "index: index-1", "test_set_sha256: 1111", "lost at reading: "):
        assert part in text
    assert re.search(r"^F1_unicode +\d+\.\d +\d+\.\d–\d+\.\d$", text, re.MULTILINE)
    assert "F1_unicode by question language: en " in text


def test_plots_stay_in_their_frame() -> None:
    curve = [CurvePoint(1 - n / 2000, (n + 1) / 2000, n / 2000) for n in range(2000)]
    svg = risk_coverage_svg(curve, operating=(0.5, 0.2))
    numbers = re.findall(r'points="([^"]+)"', svg)[0].replace(",", " ").split()
    assert len(numbers) < 1000
    assert all(0 <= float(number) <= 342 for number in numbers)
    bins = [ReliabilityBin(0.0, 0.1, 3, 0.05, 0.0), ReliabilityBin(0.9, 1.0, 30, 1.0, 1.0)]
    assert reliability_svg(bins).count('class="bin"') == 2
    tags_of(svg)
    tags_of(reliability_svg([]))
    tags_of(risk_coverage_svg([]))


# -- comparing -----------------------------------------------------------------------------------


def test_a_run_compared_with_itself_has_not_changed() -> None:
    record = make_run(wrong=6).to_dict()
    found = compare(record, record)
    assert found.common == 40
    assert found.same_test_set
    assert (found.gained, found.lost) == ((), ())
    assert {change.test.difference for change in found.changes} == {0.0}
    assert not any(change.regressed or change.improved for change in found.changes)
    assert regressions(found) == []


def test_a_regression_beyond_chance_fails_the_gate() -> None:
    old, new = make_run(wrong=2).to_dict(), make_run(wrong=20).to_dict()
    found = compare(old, new)
    named = [line.split()[0] for line in regressions(found)]
    assert {"F1", "EM", "F1_unicode", "no_answer_recall", "AURC"} <= set(named)
    assert len(found.lost) == 18
    assert regressions(compare(new, old)) == []
    assert any(change.improved for change in compare(new, old).changes)


def test_one_more_mistake_is_within_chance() -> None:
    found = compare(make_run(wrong=6).to_dict(), make_run(wrong=7).to_dict())
    assert len(found.lost) == 1
    assert regressions(found) == []


def test_runs_over_other_questions() -> None:
    old, new = make_run(wrong=6).to_dict(), make_run(wrong=6).to_dict()
    new["cases"] = dict(list(new["cases"].items())[:10])
    new["versions"] = {**new["versions"], "test_set_sha256": "2"}
    found = compare(old, new)
    assert (found.common, len(found.only_old), found.same_test_set) == (10, 30, False)
    new["cases"] = {}
    with pytest.raises(UsageError, match="no question in common"):
        compare(old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("not json", "is not JSON"),
        ("[1]", "is not a saved run"),
        ('{"cases": {"a": 1}}', "is not a saved run"),
        ('{"cases": {"a": {"values": {"F1": "high"}, "unit": "a"}}}', "is not a saved run"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_an_old_run_that_is_none(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "old.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load_run(file)


def test_a_saved_run_reads_back(tmp_path: Path) -> None:
    run = make_run(wrong=6)
    write_json(run.to_dict(), tmp_path / "a.json")
    assert load_run(tmp_path / "a.json") == json.loads(json.dumps(run.to_dict()))
    assert compare(load_run(tmp_path / "a.json"), run.to_dict()).lost == ()


# -- floors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "measure", "least"),
    [
        ("f1=75", "F1", 75.0),
        ("F1_Unicode=68.5", "F1_unicode", 68.5),
        ("recall@1=0.9", "recall@1", 0.9),
        ("mrr=1", "MRR", 1.0),
        ("no_answer_auroc=0.92", "no_answer_AUROC", 0.92),
        ("completed=0.8", "completed", 0.8),
        ("f1_as_follow_up=50", "f1_as_follow_up", 50.0),
    ],
)
def test_floors(given: str, measure: str, least: float) -> None:
    found = parse_floor(given)
    assert (found.measure, found.least) == (measure, least)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("75", "names no measure"),
        ("f2=75", "names no measure"),
        ("f1=", "between 0 and 100"),
        ("f1=high", "between 0 and 100"),
        ("f1=nan", "between 0 and 100"),
        ("f1=101", "between 0 and 100"),
        ("recall@1=98", "between 0 and 1"),
        ("ece=0.1", "better when lower"),
    ],
)
def test_bad_floors(given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_floor(given)


def test_a_run_below_a_floor_says_so() -> None:
    run = make_run(wrong=6).to_dict()
    assert below_floor(run, [parse_floor("f1=10")]) == []
    (line,) = below_floor(run, [parse_floor("f1=99")])
    assert re.fullmatch(r"F1 is [\d.]+, below 99", line)
    del run["MRR"]
    (line,) = below_floor(run, [parse_floor("mrr=0.1")])
    assert "was not measured" in line


def test_a_run_is_the_same_whatever_ran_before() -> None:
    first, second = (replace(make_run(wrong=6), seconds=0.0) for _ in range(2))
    assert html_report(first) == html_report(second)
