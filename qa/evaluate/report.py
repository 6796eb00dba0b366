"""Writes a run as one page a person can read and one file a program can: report.html, report.json.

The page asks nothing of any other host, runs no script, and holds article and question text only
as escaped text, under a Content-Security-Policy that would stop anything else.

This module must not know how anything was measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from embeddings.errors import UsageError
from qa.evaluate.cases import Paragraph
from qa.evaluate.gate import Comparison
from qa.evaluate.judge import LOWER_IS_BETTER, CaseResult
from qa.evaluate.plots import reliability_svg, risk_coverage_svg
from qa.evaluate.run import Run
from qa.evaluate.summary import MEASURES, Slice

__all__ = ["html_report", "summary_lines", "write_json", "write_report"]

_MARGIN_CHARS = 160
_PASSAGE_CHARS = 700
_BY_SLICE = (
    "EM",
    "F1",
    "F1_unicode",
    "recall@1",
    "recall@5",
    "nDCG@10",
    "any@3",
    "citation_recall",
    "no_answer_AUROC",
    "no_answer_recall",
    "refused_answerable",
)
_STAGES = {
    "retrieval": "no passage that was read holds the answer",
    "reading": "a passage with the answer was read, another span was chosen",
    "threshold": "the confidence stood on the wrong side of the threshold",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
_STYLE = """
:root{--ink:#1b1f24;--soft:#5b6570;--rule:#d8dde3;--page:#fff;--mark:#fff1a8;--good:#1a7f4b;
--bad:#b3261e;--accent:#2457a6}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa5b1;--rule:#3a424c;
--page:#15181c;--mark:#5c5312;--good:#6fcf97;--bad:#ff8a80;--accent:#8ab4f8}}
*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:1.5rem;color:var(--ink);
background:var(--page);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.2rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}.soft,small{color:var(--soft)}
.plots{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}.grid{stroke:var(--rule)}
.line{fill:none;stroke:var(--accent);stroke-width:2}
.ideal{stroke:var(--soft);stroke-dasharray:4 4}.bin{fill:var(--accent);fill-opacity:.6}
.dot{fill:var(--bad)}article{border-top:1px solid var(--rule);padding:.8rem 0;
overflow-wrap:anywhere}article p{margin:.2rem 0}mark{background:var(--mark);color:inherit}
.wrong{color:var(--bad)}.right{color:var(--good)}
"""


def write_report(run: Run, folder: Path, *, comparison: Comparison | None = None) -> Path:
    """Write report.html and report.json into `folder`; returns the page's path.

    Raises:
        UsageError: the folder cannot be written.
    """
    page = folder / "report.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(html_report(run, comparison=comparison), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}", "Name a folder you can write to."
        ) from error
    record = run.to_dict()
    if comparison is not None:
        record["comparison"] = comparison.to_dict()
    write_json(record, folder / "report.json")
    return page


def write_json(record: Mapping[str, Any], path: Path) -> None:
    """Write a record as JSON that any program reads: UTF-8, no NaN.

    Raises:
        UsageError: the file cannot be written.
    """
    text = json.dumps(_finite(record), ensure_ascii=False, indent=1, allow_nan=False)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", "Name a file in a folder you can write."
        ) from error


def summary_lines(run: Run) -> list[str]:
    """The run in a few lines of plain text: what was measured, every measure with its interval."""
    lines = [f"{run.test_set.name}: {run.summary.overall.n} questions, mode {run.mode}"]
    lines += [f"{name}: {value}" for name, value in run.versions.items()]
    overall = run.summary.overall
    lines += [
        f"{name:<28} {_number(name, overall.values[name]):>7}  {_interval(name, overall)}".rstrip()
        for name in _shown(run)
    ]
    languages = run.summary.by_question_language
    if len(languages) > 1:
        main = "F1_unicode" if "F1_unicode" in overall.values else "recall@1"
        parts = [
            f"{name} {_number(main, part.values[main])}"
            for name, part in languages.items()
            if main in part.values
        ]
        lines.append(f"{main} by question language: {', '.join(parts)}")
    for stage, value in run.summary.latency_ms.items():
        lines.append(f"{stage + ' ms':<28} p50 {value['p50']:.1f}, p95 {value['p95']:.1f}")
    for stage, n in run.summary.lost_at.items():
        lines.append(f"lost at {stage}: {n}")
    for reason, ids in run.summary.unjudged.items():
        lines.append(f"not judged, {reason}: {len(ids)}")
    return lines


def html_report(run: Run, *, comparison: Comparison | None = None) -> str:
    """The page."""
    name = escape(run.test_set.name)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Evaluation: {name}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Evaluation: {name}</h1>",
        _head(run),
        "<h2>Summary</h2>",
        _summary_table(run),
        _plots(run),
        _slices("By question language", run.summary.by_question_language),
        _slices("By article language", run.summary.by_article_language),
        _slices("By question and article language", run.summary.by_pair),
        _latency(run.summary.latency_ms),
        "" if comparison is None else _comparison(comparison),
        _wrong(run),
        _not_judged(run),
        "</body></html>\n",
    ]
    return "".join(parts)


def _head(run: Run) -> str:
    facts = {
        "questions": str(run.summary.overall.n),
        "mode": run.mode + (", always answering" if run.always_answer else ""),
        **run.versions,
        "seed": str(run.seed),
        "seconds": f"{run.seconds:.1f}",
    }
    rows = "".join(f"<tr><td>{escape(k)}</td><td>{escape(v)}</td></tr>" for k, v in facts.items())
    return f'<div class="scroll"><table class="soft">{rows}</table></div>'


def _summary_table(run: Run) -> str:
    overall = run.summary.overall
    rows = "".join(
        f"<tr><td>{escape(name)}{' <small>(lower is better)</small>' * (name in LOWER_IS_BETTER)}"
        f"</td><td>{_number(name, overall.values[name])}</td><td>{_interval(name, overall)}</td>"
        f"<td>{overall.judged[name]}</td></tr>"
        for name in _shown(run)
    )
    return (
        '<p class="soft">EM and F1 in percent; all others are shares from 0 to 1. Intervals: 95 %, '
        "bootstrap over questions.</p>"
        '<div class="scroll"><table><tr><th>measure</th><th>value</th><th>interval</th>'
        f"<th>judged</th></tr>{rows}</table></div>"
    )


def _plots(run: Run) -> str:
    if not run.summary.curve:
        return ""
    rated = [r for r in run.results if r.outcome.read and r.case.answerable is not None]
    given = [r for r in rated if not r.outcome.refused]
    operating = None
    if given:
        wrong = sum(1.0 - r.right for r in given) / len(given)
        operating = (len(given) / len(rated), wrong)
    return (
        '<h2>Silence and confidence</h2><div class="plots">'
        f"<figure>{risk_coverage_svg(run.summary.curve, operating=operating)}"
        "<figcaption>Risk over coverage; the dot is the threshold in use.</figcaption></figure>"
        f"<figure>{reliability_svg(run.summary.bins)}"
        "<figcaption>Reliability; on the dashed line confidence keeps its word.</figcaption>"
        "</figure></div>"
    )


def _slices(title: str, slices: Mapping[str, Slice]) -> str:
    names = [name for name in _BY_SLICE if any(name in each.values for each in slices.values())]
    if not slices or not names:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><td>{escape(key)}</td><td>{each.n}</td>"
        + "".join(
            f"<td>{_number(name, each.values[name])}<br><small>{_interval(name, each)}</small></td>"
            if name in each.values
            else "<td>–</td>"
            for name in names
        )
        + "</tr>"
        for key, each in slices.items()
    )
    return (
        f'<h2>{escape(title)}</h2><div class="scroll"><table><tr><th></th><th>n</th>{head}</tr>'
        f"{rows}</table></div>"
    )


def _latency(latency: Mapping[str, Mapping[str, float]]) -> str:
    if not latency:
        return ""
    rows = "".join(
        f"<tr><td>{escape(stage)}</td><td>{each['p50']:.1f}</td><td>{each['p95']:.1f}</td></tr>"
        for stage, each in latency.items()
    )
    return (
        '<h2>Latency, ms</h2><div class="scroll"><table><tr><th>stage</th><th>p50</th><th>p95</th>'
        f"</tr>{rows}</table></div>"
    )


def _comparison(comparison: Comparison) -> str:
    rows = "".join(
        f"<tr><td>{escape(each.measure)}</td><td>{_number(each.measure, each.old)}</td>"
        f"<td>{_number(each.measure, each.new)}</td>"
        f'<td class="{"wrong" if each.regressed else "right" if each.improved else ""}">'
        f"{each.test.difference:+.3f}</td>"
        f"<td>{each.test.interval.low:+.3f} to {each.test.interval.high:+.3f}</td>"
        f"<td>{'–' if each.test.p_value != each.test.p_value else f'{each.test.p_value:.3f}'}</td>"
        "</tr>"
        for each in comparison.changes
    )
    odd = "" if comparison.same_test_set else " The test set itself has changed."
    return (
        f"<h2>Compared with the older run</h2><p>{comparison.common} questions in common, "
        f"{len(comparison.only_old)} only in the old, {len(comparison.only_new)} only in the new."
        f"{odd}</p>"
        '<div class="scroll"><table><tr><th>measure</th><th>old</th><th>new</th><th>difference</th>'
        f"<th>95 % interval</th><th>p</th></tr>{rows}</table></div>"
        f"<p>Became right: {escape(', '.join(comparison.gained)) or 'none'}.</p>"
        f"<p>Became wrong: {escape(', '.join(comparison.lost)) or 'none'}.</p>"
    )


def _wrong(run: Run) -> str:
    lost = [result for result in run.results if result.lost_at]
    if not lost:
        return "<h2>Wrong answers</h2><p>None.</p>"
    counts = "".join(
        f"<li><b>{escape(stage)}</b>: {n} ({escape(_STAGES[stage])})</li>"
        for stage, n in run.summary.lost_at.items()
    )
    entries = "".join(_entry(result, run.test_set.paragraphs) for result in lost)
    return f"<h2>Wrong answers: {len(lost)}</h2><ul>{counts}</ul>{entries}"


def _entry(result: CaseResult, paragraphs: Mapping[str, Paragraph]) -> str:
    outcome, case = result.outcome, result.case
    confidence = "" if outcome.confidence is None else f", confidence {outcome.confidence:.2f}"
    said = "no answer" if outcome.refused else f"«{outcome.text}»"
    withheld = f" (withheld: «{outcome.text}»)" if outcome.refused and outcome.text else ""
    expected = " | ".join(dict.fromkeys(gold.text for gold in case.answers)) or "no answer"
    return (
        f"<article><p><b>{escape(case.question)}</b> <small>{escape(case.id)}, "
        f"{escape(case.language)}{escape(', ' + case.kind if case.kind else '')}</small></p>"
        f'<p>Got <span class="wrong">{escape(said)}</span>{escape(withheld)}{confidence}. '
        f'Expected <span class="right">{escape(expected)}</span>. Lost at '
        f"<b>{escape(result.lost_at)}</b>.</p>{_got(result, paragraphs)}"
        f"{_gold_context(result, paragraphs)}</article>"
    )


def _got(result: CaseResult, paragraphs: Mapping[str, Paragraph]) -> str:
    """The best candidate in its surroundings, and where it stands."""
    cited = result.outcome.cited
    if cited is None:
        passages = result.outcome.passages
        if not passages:
            return ""
        first = passages[0].text[:_PASSAGE_CHARS]
        return f"<p><small>nearest passage</small> {escape(first)}</p>"
    paragraph = paragraphs.get(cited.article)
    if paragraph is None:
        return f"<p><small>{escape(cited.article)}</small> {escape(cited.sentence_text)}</p>"
    return _marked("cited", paragraph, cited.start, cited.end)


def _gold_context(result: CaseResult, paragraphs: Mapping[str, Paragraph]) -> str:
    for gold in result.case.answers:
        paragraph = paragraphs.get(gold.article)
        if paragraph is not None and gold.start is not None and gold.end is not None:
            return _marked("expected", paragraph, gold.start, gold.end)
    return ""


def _marked(label: str, paragraph: Paragraph, start: int, end: int) -> str:
    text = paragraph.text
    first, last = max(0, start - _MARGIN_CHARS), min(len(text), end + _MARGIN_CHARS)
    return (
        f"<p><small>{escape(label)}: {escape(paragraph.key)} {start}–{end}</small> "
        f"{'…' if first else ''}{escape(text[first:start])}<mark>{escape(text[start:end])}</mark>"
        f"{escape(text[end:last])}{'…' if last < len(text) else ''}</p>"
    )


def _not_judged(run: Run) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in run.test_set.notes)
    reasons = "".join(
        f"<li>{escape(reason)}: {len(ids)}<br><small>{escape(', '.join(ids))}</small></li>"
        for reason, ids in run.summary.unjudged.items()
    )
    if not notes and not reasons:
        return ""
    return f"<h2>Not judged, and notes on the test set</h2><ul>{reasons}{notes}</ul>"


def _shown(run: Run) -> list[str]:
    """The measures to show; those that only repeat another for want of unanswerables are left."""
    split = run.test_set.has_unanswerable
    parts = ("_answerable", "_unanswerable")
    return [
        name
        for name in MEASURES
        if name in run.summary.overall.values
        and (split or not (name.endswith((*parts, "_forced")) or name == "refused_answerable"))
    ]


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name.startswith(("EM", "F1")) else f"{value:.3f}"


def _interval(name: str, part: Slice) -> str:
    span = part.intervals.get(name)
    return "" if span is None else f"{_number(name, span.low)}–{_number(name, span.high)}"


def _finite(value: Any) -> Any:
    """The same with None for numbers that JSON cannot write."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(each) for each in value]
    return value
