"""Which language a text or a question is in.

English, Russian, Azerbaijani and Turkish are told apart by their letters, function words and
endings, which is instant and works on a question of three words; py3langid decides the rest.
Azerbaijani and Turkish typed on an ASCII keyboard are told apart by words and endings, since
to a character model they look the same.

This module must not know what the language is used for.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from embeddings.fold import fold_text

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["detect_language", "function_words"]

# Three windows of a long text are enough, and keep a text of any length in constant time.
_WINDOW = 1500
# py3langid's probability above which a language outside the four is believed. Its softmax is
# scaled by length, so short texts seldom reach it.
_SURE = 0.55
_CERTAIN = 0.9  # for a neighbour of Russian in text without a letter that Russian lacks
_LIKELY = 0.3
_OPENING_CHARS = 40
_CHANCE = 0.06  # of the four: below it a word or two says nothing ("Vugar Khalilov")
_ALIASES = {"arz": "ar", "ary": "ar", "nn": "no", "yue": "zh", "wuu": "zh", "srl": "sr"}
# Written without their own letters, Azerbaijani and Turkish are taken for these.
_TURKIC = frozenset({"uz", "tk", "tt", "ug", "ku", "kk", "ky"})

_WORD = re.compile(r"[^\W\d_]+")

_SCRIPTS: tuple[tuple[str, int, int], ...] = (
    ("latin", 0x0041, 0x024F),
    ("latin", 0x1E00, 0x1EFF),
    ("el", 0x0370, 0x03FF),
    ("cyrillic", 0x0400, 0x052F),
    ("hy", 0x0530, 0x058F),
    ("he", 0x0590, 0x05FF),
    ("arabic", 0x0600, 0x077F),
    ("th", 0x0E00, 0x0E7F),
    ("ka", 0x10A0, 0x10FF),
    ("ka", 0x1C90, 0x1CBF),
    ("ko", 0x1100, 0x11FF),
    ("kana", 0x3040, 0x30FF),
    ("han", 0x3400, 0x9FFF),
    ("ko", 0xAC00, 0xD7AF),
)


def _word_set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_FOLDED_WORDS: dict[str, frozenset[str]] = {
    language: _word_set(words)
    for language, words in {
        "en": "the of and who whom whose what when where which how why did does were with that "
        "this these those from been are his her their it its would could should has have had "
        "there about between after before said says will was is by many much year president "
        "minister tell",
        # Azerbaijani and Turkish share much; words of both stand in neither list.
        "az": "və nə nədir kimdir hansı necə neçə harada hara haraya nəyi nəyə niyə üçün ilə "
        "olub edib deyib bildirib gedib keçirib görüşüb baş ilk hansıdır haqqında barədə "
        "görə sonra əvvəl isə ki bir olan olunub edilib nazir naziri xarici işlər dünən bu gün "
        "nəzərə belə həmin daha öz onun hər kim kimi kimə kimlə yox var deyil edir olur "
        "olacaq edəcək ölkə ölkənin haçan sədri tərəfindən arasında üzrə haqda verib "
        "dedi gəldi çıxış iştirak ədəd qədər mən sən biz dair cənab",
        "tr": "ve ne nedir kimdir hangi nasıl kaç nerede nereye neden niçin için ile olan oldu "
        "etti dedi söyledi hakkında göre sonra önce ise ki bir bu gün kim kimi kime "
        "değil eder olur olacak ülke ülkenin başkanı bakan bakanı bakanlığı dışişleri dün "
        "bugün tarafından arasında zaman çok daha her kendi onun gibi kadar ancak olarak "
        "var yok mı mi mu mü mısın yapıldı verdi kimle kiminle hangisi sayın ben sen biz dair "
        "yılında tarihinde yaptı görüştü şu şey ama eden edilen olduğu olduğunu etmek "
        "neyi neye neyin kaçıncı",
        # Their neighbours: enough of each to hand the text to py3langid without prejudice.
        "other": "der die das und ist den dem ein eine einer wer wie nicht von mit zu auf welche "
        "welcher wurde wurden waren im el la los las que del en un una por con para quien qué "
        "quién cuál cuándo dónde cómo fue le les des est dans qui et du au si și în care este "
        "cu din pe sunt cine când unde cum ce fost il di che della nel gli het een van w na się "
        "z do nie jest co da os as no em o do dos för och att på är som hvad hvem og af til",
    }.items()
}
_RUSSIAN_WORDS = _word_set(
    "и в во на с со не что это как кто где когда какой какая какие какое сколько почему зачем "
    "чем о об из за по от до для при после он она они его её ее их был была было были будет "
    "есть или но же ли к у который которая которые также бы так куда кем кого кому чего "
    "министр президент сказал заявил сообщил встретился расскажи"
)


def function_words(language: str) -> frozenset[str]:
    """Words by which English, Azerbaijani or Turkish is known, as they are spelt."""
    return _FOLDED_WORDS[language]


def _ascii_typed(word: str) -> str:
    return fold_text(word).translate(_TO_ASCII)


_TO_ASCII = str.maketrans("əğöüşç", "egousc")


@cache
def _latin_words() -> dict[str, dict[str, float]]:
    """Folded word to its votes by language: 1 if it is one language's alone, less if shared.

    An Azerbaijani or Turkish word also votes in its ASCII spelling ("naziri", "hansi").
    """
    spellings: dict[str, set[str]] = {}
    for language, listed in _FOLDED_WORDS.items():
        for word in listed:
            for spelling in {fold_text(word), _ascii_typed(word)}:
                spellings.setdefault(spelling, set()).add(language)
    return {
        word: dict.fromkeys(languages, 1.0 if len(languages) == 1 else 0.3)
        for word, languages in spellings.items()
    }


# Endings of verbs and nouns that one of the two has and the other has not.
_ENDINGS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("az", ("ib", "ub", "üb", "iblər", "ublar", "ibler", "mişdir", "misdir"), 1.2),
    ("az", ("acaq", "əcək", "maq", "liq", "luq", "diq", "araq"), 0.8),
    # Turkish hardens: "görüştü", "gitti", and lets no word end in b.
    ("az", ("şdu", "şdi", "şdü", "sdu", "sdi", "sdü", "çdi", "tdi", "kdi", "xdi", "pdi"), 1.2),
    ("tr", ("yor", "yorlar", "iyordu", "uyordu", "acak", "mak", "lik", "luk", "dik"), 0.6),
    ("tr", ("yla", "yle", "daki", "deki", "ları", "di", "du", "ti", "tu", "dü", "tü"), 0.15),
)


# An article or a question that opens so is in that language whatever names it holds.
_OPENINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("en", re.compile(r"\W*(?:who|whom|whose|what|which|when|where|why|how)\b")),
    # In ASCII "bəs" is also the Turkish "beş", but no one asks "five who?".
    ("az", re.compile(r"\W*b[eə]s (?:kim|nə|ne|niyə|niye|necə|nece|hara|haçan|hacan|hans[iı])")),
)
# Turkish has no q; "qu" and "që" are other languages' and "iraq" anyone's.
_AZERI_Q = re.compile(r"q(?![uë])")
_Q_NAMES = frozenset({"iraq", "qatar", "nasdaq"})
_NAME_VOTE = 0.5  # of a name with ə: "Who is Əliyev?" is English


def detect_language(text: str, *, default: str = "und") -> str:
    """The language most of the text is in.

    Args:
        text: a question or a whole article; long texts are sampled.
        default: returned when nothing can be told (no letters, names only).

    Returns:
        "en", "ru", "az" or "tr"; for other languages their ISO 639-1 code where py3langid is
        sure of it; otherwise `default`.
    """
    sample = _sample(text)
    counts = _script_counts(sample)
    if not counts:
        return default
    script, _ = counts.most_common(1)[0]
    if script == "latin":
        return _latin(sample, default)
    if script == "cyrillic":
        return _cyrillic(sample, default)
    if script in {"han", "kana"}:
        return "ja" if counts["kana"] * 10 >= counts["han"] else "zh"
    if script in {"arabic", "other"}:
        return _from_model(sample, default=default, among=(), votes={})
    return script


def _sample(text: str) -> str:
    if len(text) <= 3 * _WINDOW:
        return text
    middle = (len(text) - _WINDOW) // 2
    return "\n".join((text[:_WINDOW], text[middle : middle + _WINDOW], text[-_WINDOW:]))


def _script_counts(sample: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for character, times in Counter(sample).items():
        if character.isalpha():
            counts[_script(ord(character))] += times
    return counts


def _script(code: int) -> str:
    for name, first, last in _SCRIPTS:
        if first <= code <= last:
            return name
    return "other"


def _cyrillic(sample: str, default: str) -> str:
    lower = sample.lower()
    letters = set(lower)
    if letters & set("әғһҝҹ") and "ы" in letters and letters & set("ҹҝ"):
        return "az"
    if not letters & set("іїєґўқңұүөһәғҷҳӯљњћђџјѓќѕ"):
        words = _WORD.findall(lower)
        known = sum(word in _RUSSIAN_WORDS for word in words)
        if known and 10 * known >= len(words):
            return "ru"
        # ы, э and ё stand in neither Bulgarian, Macedonian nor Serbian
        if letters & set("ыэё") and len(words) <= 8:
            return "ru"
        return _from_model(sample, default="ru", among=("ru",), votes={})
    return _from_model(sample, default=default, among=(), votes={})


def _latin(sample: str, default: str) -> str:
    votes, words = _latin_votes(sample)
    if not words:
        return default
    best, second = sorted(votes, key=votes.__getitem__, reverse=True)[:2]
    if best != "other" and votes[best] >= max(1.0, 0.18 * words, 2.0 * votes[second]):
        return best
    foreign = votes["other"]
    votes = {language: max(votes[language] - foreign, 0.0) for language in ("en", "az", "tr")}
    return _from_model(sample, default=default, among=("en", "az", "tr"), votes=votes)


def _latin_votes(sample: str) -> tuple[dict[str, float], int]:
    votes = {"en": 0.0, "az": 0.0, "tr": 0.0, "other": 0.0}
    table = _latin_words()
    words = _WORD.findall(sample)
    for word in words:
        folded = fold_text(word)
        for language, weight in table.get(folded, {}).items():
            votes[language] += weight
        if "ə" in folded:
            votes["az"] += _NAME_VOTE if word.istitle() else 1.5
        elif word[0].islower():
            votes["az"] += 0.8 * (_AZERI_Q.search(folded) is not None and folded not in _Q_NAMES)
            for language, endings, weight in _ENDINGS:
                if len(folded) > 4 and folded.endswith(endings):
                    votes[language] += weight
    opening = fold_text(sample[:_OPENING_CHARS])
    for language, pattern in _OPENINGS:
        votes[language] += 1.0 * (pattern.match(opening) is not None)
    return votes, len(words)


def _from_model(
    sample: str,
    *,
    default: str,
    among: tuple[str, ...],
    votes: Mapping[str, float],
) -> str:
    """What py3langid says, with the votes of the words and the four languages preferred."""
    ranked: dict[str, float] = {
        _ALIASES.get(code, code): p for code, p in reversed(_identifier().rank(sample))
    }
    first, surest = max(ranked.items(), key=lambda item: item[1])
    ours = {code: math.log(ranked[code] + 1e-6) + votes.get(code, 0.0) for code in among}
    best = max(ours, key=ours.__getitem__) if ours else default
    if first in among and surest >= _CHANCE:
        return best
    if among == ("ru",):
        return first if len(first) == 2 and surest >= _CERTAIN else best
    foreign = len(first) == 2 and (first not in _TURKIC or not among)
    sure = surest >= _SURE or (surest >= _LIKELY and surest > 4 * ranked.get(best, 0.0))
    if foreign and sure and votes.get(best, 0.0) < 1.0:
        return first
    if votes.get(best, 0.0) >= 0.5 or ranked.get(best, 0.0) >= _CHANCE:
        return best
    return default


@cache
def _identifier() -> LanguageIdentifier:
    """py3langid's model: 1 s to load, so only when a text needs it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
