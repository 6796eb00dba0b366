"""Two small plots as SVG text: risk over coverage, and how confidence keeps its word.

Colours come from the page through CSS variables, so that both light and dark pages can show them.

This module must not know where its numbers come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.metrics import CurvePoint, ReliabilityBin

__all__ = ["reliability_svg", "risk_coverage_svg"]

_SIDE = 260.0
_LEFT, _TOP = 58.0, 12.0
_WIDTH, _HEIGHT = 342, 320
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_POINTS = 400


def risk_coverage_svg(
    curve: Sequence[CurvePoint], *, operating: tuple[float, float] | None = None
) -> str:
    """Share of wrong answers over share of questions answered.

    Args:
        curve: by growing coverage.
        operating: (coverage, risk) of the threshold in use, drawn as a dot.
    """
    step = max(1, len(curve) // _MOST_POINTS)
    kept = [*curve[::step], *curve[-1:]]
    points = " ".join(f"{_x(p.coverage):.1f},{_y(p.risk):.1f}" for p in kept)
    body = f'<polyline class="line" points="{points}"/>' if kept else ""
    if operating is not None:
        coverage, risk = operating
        body += (
            f'<circle class="dot" cx="{_x(coverage):.1f}" cy="{_y(risk):.1f}" r="4.5">'
            f"<title>threshold in use: coverage {coverage:.2f}, risk {risk:.2f}</title></circle>"
        )
    return _frame(
        body,
        title="Risk over coverage",
        across="share of questions answered",
        up="share of those wrong",
    )


def reliability_svg(bins: Sequence[ReliabilityBin]) -> str:
    """Share right over confidence; the area of a dot grows with its bin's answers."""
    most = max((each.n for each in bins), default=1)
    body = f'<path class="ideal" d="M{_x(0):.1f} {_y(0):.1f}L{_x(1):.1f} {_y(1):.1f}"/>'
    for each in bins:
        radius = 2.5 + 9.0 * (each.n / most) ** 0.5
        body += (
            f'<circle class="bin" cx="{_x(each.mean_confidence):.1f}" '
            f'cy="{_y(each.share_right):.1f}" r="{radius:.1f}">'
            f"<title>{each.n} answers of confidence {each.low:.1f} to {each.high:.1f}: "
            f"{each.mean_confidence:.2f} on average, {each.share_right:.2f} right</title></circle>"
        )
    return _frame(body, title="Reliability", across="confidence", up="share right")


def _frame(body: str, *, title: str, across: str, up: str) -> str:
    """Axes from 0 to 1 both ways around `body`."""
    parts = [
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
    ]
    for tick in _TICKS:
        x, y = _x(tick), _y(tick)
        parts.append(
            f'<path class="grid" d="M{x:.1f} {_y(0):.1f}V{_y(1):.1f}'
            f'M{_x(0):.1f} {y:.1f}H{_x(1):.1f}"/>'
            f'<text x="{x:.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{tick:g}</text>'
            f'<text x="{_LEFT - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    middle = _LEFT + _SIDE / 2
    parts += [
        body,
        f'<text x="{middle:.1f}" y="{_y(0) + 36:.1f}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(12 {_TOP + _SIDE / 2:.1f}) rotate(-90)" '
        f'text-anchor="middle">{escape(up)}</text>',
        "</svg>",
    ]
    return "".join(parts)


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1.0 - share)
