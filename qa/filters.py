"""From what a person asked for to the store's filters, checked.

This module must not know how filters are applied.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from datetime import date

from embeddings.errors import UsageError
from embeddings.store import Filters

__all__ = ["check_language", "make_filters", "parse_day"]

# ISO 639-1, the two-letter codes in use (https://www.loc.gov/standards/iso639-2/).
_CODES = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffi"
        "fjfofrfygagdglgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkw"
        "kylalblglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnro"
        "rurwsascsdsesgsiskslsmsnsosqsrssststsvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyi"
        "yozazhzu",
    )
) | {"und"}


def make_filters(
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    as_of: date | None = None,
    sources: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    undated: bool = True,
) -> Filters | None:
    """The filters, or None when nothing is asked for.

    Args:
        undated: keep articles without a date when a date is asked for.

    Raises:
        UsageError: the dates are the wrong way round, or a language or source cannot be one.
    """
    chosen = tuple(check_language(code) for code in languages) if languages is not None else ()
    named = tuple(source.strip() for source in sources) if sources is not None else ()
    if "" in named:
        raise UsageError("an empty source was given", "Name a source, as in qa articles list.")
    filters = Filters(
        date_from=date_from,
        date_to=date_to,
        as_of=as_of,
        sources=named,
        languages=chosen,
        undated=undated,
    )
    return None if filters.is_empty else filters


def check_language(code: str) -> str:
    """The code in lower case.

    Raises:
        UsageError: it is not a two-letter code of ISO 639-1, nor "und".
    """
    lowered = code.strip().lower()
    if lowered not in _CODES:
        raise UsageError(
            f"{code!r} is not a language code", "Use a two-letter code such as en, ru, az or tr."
        )
    return lowered


def parse_day(name: str, value: str | None) -> date | None:
    """The ISO 8601 day `value`; None for None. `name` is what the person called it.

    Raises:
        UsageError: it is no such day.
    """
    if value is None:
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        with contextlib.suppress(ValueError):  # 2024-02-31 has the shape of a date
            return date.fromisoformat(value)
    raise UsageError(
        f"{name} {value!r} is not a date", "Write it as YYYY-MM-DD, such as 2024-04-17."
    )
