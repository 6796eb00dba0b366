"""Russian questions made from NEREL's annotated news: few and clean rather than many.

A question is asked only where Russian grammar is safe: the name in it stands in the text in the
nominative (checked with a morphological analyser), the verb agrees with it in gender, and the
relation between the name and the answer was annotated by people. Every annotated answer of the
same relation is a right answer.

This module must not know other training sets, nor how examples are mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.read.data_example import Example

__all__ = ["make_questions"]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entity:
    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Template:
    """`question` holds `{name}` and, where the verb agrees with it, `{a|b}` for masc|fem."""

    relation: str
    asked: str
    """Which argument the question names: its kind, and whether it is the first."""
    asked_first: bool
    answer_kinds: frozenset[str]
    questions: tuple[str, ...]


def _template(
    relation: str, asked: str, answers: str, *questions: str, first: bool = True
) -> _Template:
    return _Template(relation, asked, first, frozenset(answers.split()), questions)


_PLACES = "CITY COUNTRY STATE_OR_PROVINCE LOCATION DISTRICT FACILITY"
_PLACE_KINDS = frozenset(_PLACES.split())
_TEMPLATES = (
    _template(
        "WORKS_AS",
        "PERSON",
        "PROFESSION",
        "Какую должность занимает {name}?",
        "Кто такой {name}?|Кто такая {name}?",
        "Кем работает {name}?",
    ),
    _template(
        "WORKS_AS",
        "PROFESSION",
        "PERSON",
        "Как зовут человека, чья должность — {name}?",
        "Кто {name}?",
        first=False,
    ),
    _template(
        "WORKPLACE",
        "PERSON",
        "ORGANIZATION COUNTRY",
        "Где работает {name}?",
        "Какую организацию представляет {name}?",
    ),
    _template(
        "AGE_IS", "PERSON", "AGE", "Какого возраста {name}?", "Какой возраст указан: {name}?"
    ),
    _template(
        "HEADQUARTERED_IN",
        "ORGANIZATION",
        _PLACES,
        "Где находится {name}?",
        "Где расположена организация {name}?",
    ),
    _template("LOCATED_IN", "FACILITY", _PLACES, "Где находится {name}?"),
    _template(
        "LOCATED_IN",
        "CITY",
        "COUNTRY STATE_OR_PROVINCE",
        "Где расположен город {name}?",
        "В какой стране или области находится город {name}?",
    ),
    _template("DATE_OF_BIRTH", "PERSON", "DATE", "Когда родился {name}?|Когда родилась {name}?"),
    _template("PLACE_OF_BIRTH", "PERSON", _PLACES, "Где родился {name}?|Где родилась {name}?"),
    _template("DATE_OF_DEATH", "PERSON", "DATE", "Когда умер {name}?|Когда умерла {name}?"),
    _template("PLACE_OF_DEATH", "PERSON", _PLACES, "Где умер {name}?|Где умерла {name}?"),
    _template(
        "AGE_DIED_AT",
        "PERSON",
        "AGE",
        "В каком возрасте умер {name}?|В каком возрасте умерла {name}?",
    ),
    _template(
        "CAUSE_OF_DEATH",
        "PERSON",
        "DISEASE MEDICAL_CONDITION EVENT CRIME",
        "От чего умер {name}?|От чего умерла {name}?",
    ),
    _template(
        "SCHOOLS_ATTENDED",
        "PERSON",
        "ORGANIZATION FACILITY",
        "Где учился {name}?|Где училась {name}?",
    ),
    _template("PLACE_RESIDES_IN", "PERSON", _PLACES, "Где живёт {name}?"),
    _template("ORIGINS_FROM", "PERSON", "COUNTRY CITY STATE_OR_PROVINCE", "Откуда родом {name}?"),
    _template(
        "AWARDED_WITH",
        "PERSON",
        "AWARD",
        "Какую награду получил {name}?|Какую награду получила {name}?",
    ),
    _template(
        "CONVICTED_OF",
        "PERSON",
        "CRIME EVENT",
        "За что осуждён {name}?|За что осуждена {name}?",
        "В чём обвиняется {name}?",
    ),
    _template(
        "PENALIZED_AS",
        "PERSON",
        "PENALTY",
        "Какое наказание получил {name}?|Какое наказание получила {name}?",
    ),
    _template("MEDICAL_CONDITION", "PERSON", "DISEASE", "Чем болен {name}?|Чем больна {name}?"),
    _template("MEMBER_OF", "PERSON", "ORGANIZATION", "В какой организации состоит {name}?"),
    _template("SPOUSE", "PERSON", "PERSON", "С кем состоит в браке {name}?"),
    _template(
        "FOUNDED_BY", "ORGANIZATION", "PERSON ORGANIZATION", "Кем была основана организация {name}?"
    ),
    _template(
        "DATE_FOUNDED_IN",
        "ORGANIZATION",
        "DATE",
        "Когда появилась организация {name}?",
        "В каком году основана организация {name}?",
    ),
    _template("DATE_OF_CREATION", "PRODUCT", "DATE", "Когда появился продукт {name}?"),
    _template("DATE_OF_CREATION", "WORK_OF_ART", "DATE", "Когда создано произведение {name}?"),
    _template("DATE_OF_CREATION", "LAW", "DATE", "Когда принят документ {name}?"),
    _template(
        "OWNER_OF",
        "ORGANIZATION",
        "PERSON ORGANIZATION COUNTRY",
        "Кому принадлежит {name}?",
        first=False,
    ),
    _template(
        "OWNER_OF",
        "PRODUCT",
        "PERSON ORGANIZATION COUNTRY",
        "Кому принадлежит {name}?",
        first=False,
    ),
    _template("PRODUCES", "PRODUCT", "ORGANIZATION PERSON", "Кто выпускает {name}?", first=False),
    _template(
        "PRODUCES",
        "WORK_OF_ART",
        "PERSON ORGANIZATION",
        "Кто автор произведения {name}?",
        first=False,
    ),
    _template("PRICE_OF", "PRODUCT", "MONEY", "Сколько стоит {name}?"),
    _template(
        "POINT_IN_TIME",
        "EVENT",
        "DATE TIME",
        "Когда произошёл {name}?|Когда произошла {name}?",
        "Когда состоялся {name}?|Когда состоялась {name}?",
    ),
    _template(
        "TAKES_PLACE_IN",
        "EVENT",
        _PLACES,
        "Где произошёл {name}?|Где произошла {name}?",
        "Где прошёл {name}?|Где прошла {name}?",
    ),
    _template(
        "ORGANIZES",
        "EVENT",
        "ORGANIZATION PERSON",
        "Кем был организован {name}?|Кем была организована {name}?",
        first=False,
    ),
)

_UNCHANGING = frozenset({"ORGANIZATION", "PRODUCT", "WORK_OF_ART", "FACILITY"})
_PER_ARTICLE = 7
_WORKS_AS_PER_ARTICLE = 2
_MANY = frozenset({"POINT_IN_TIME", "TAKES_PLACE_IN", "WORKPLACE", "WORKS_AS", "AGE_IS"})


class _Grammar:
    """Answers two questions about a name: is it in the nominative, and of which gender."""

    def __init__(self) -> None:
        from pymorphy3 import MorphAnalyzer

        self._analyzer: Any = MorphAnalyzer()

    def gender(self, name: str, kind: str) -> str | None:
        """`masc` or `femn` when every word of `name` can be a nominative singular; else None.

        A word that the analyser does not know (Latin letters, figures) is let through for
        organisations and products, whose names do not change, and counts as masculine.
        """
        words = name.replace("«", " ").replace("»", " ").replace('"', " ").split()
        if not words:
            return None
        quoted = name[0] in '«"' and name[-1] in '»"'
        if kind in _UNCHANGING and (name.isascii() or quoted):
            return "masc"
        if not name[0].isalnum():
            return None
        return self._of_person(words) if kind == "PERSON" else self._of_phrase(words)

    def _of_person(self, words: Sequence[str]) -> str | None:
        """First name and surname must be nominatives that agree."""
        common = {"masc", "femn"}
        for word in words:
            tags = [parse.tag for parse in self._analyzer.parse(word.strip(".,"))]
            common &= {
                str(t.gender) for t in tags if "nomn" in t and "sing" in t and t.gender is not None
            }
        if len(common) == 1:
            return common.pop()
        return "masc" if common else None

    def _of_phrase(self, words: Sequence[str]) -> str | None:
        """The head, after adjectives in the nominative, must be a nominative noun."""
        for word in words:
            tag = self._analyzer.parse(word.strip(".,"))[0].tag
            if "nomn" not in tag or "sing" not in tag or tag.gender not in {"masc", "femn"}:
                return None
            if tag.POS != "ADJF":
                return str(tag.gender)
        return None


def _read(annotation: Path) -> tuple[dict[str, _Entity], list[tuple[str, str, str]]]:
    entities: dict[str, _Entity] = {}
    relations = []
    for line in annotation.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if line.startswith("T") and len(fields) == 3 and ";" not in fields[1]:
            kind, start, end = fields[1].split()
            entities[fields[0]] = _Entity(kind, int(start), int(end), fields[2])
        elif line.startswith("R") and len(fields) >= 2:
            relation, first, second = fields[1].split()
            relations.append((relation, first.split(":")[1], second.split(":")[1]))
    return entities, relations


def _lower_first(entity: _Entity, text: str) -> str:
    """The name as it stands inside a sentence: a common noun loses its opening capital."""
    name = entity.text
    if entity.kind in {"PROFESSION", "EVENT"} and name[1:2].islower() and text[0].isupper():
        return name[0].lower() + name[1:]
    return name


def make_questions(annotations: Path, articles: Path) -> Iterator[Example]:
    """Questions over each annotated article, at most `_PER_ARTICLE` of them.

    Args:
        annotations: folder of brat `.ann` files.
        articles: folder of the texts of the same names, `.txt`.
    """
    grammar = _Grammar()
    for annotation in sorted(annotations.glob("*.ann")):
        source = articles / f"{annotation.stem}.txt"
        if not source.is_file():
            continue
        with source.open(encoding="utf-8", newline="") as file:
            text = file.read()
        entities, relations = _read(annotation)
        entities = {k: e for k, e in entities.items() if text[e.start : e.end] == e.text}
        yield from _of_article(annotation.stem, text, entities, relations, grammar)


def _of_article(
    stem: str,
    text: str,
    entities: dict[str, _Entity],
    relations: list[tuple[str, str, str]],
    grammar: _Grammar,
) -> Iterator[Example]:
    facts: dict[tuple[int, str], set[Range]] = defaultdict(set)
    names: dict[tuple[int, str], _Entity] = {}
    for relation, first, second in relations:
        if first not in entities or second not in entities:
            continue
        for number, template in enumerate(_TEMPLATES):
            if template.relation != relation:
                continue
            asked, answer = entities[first], entities[second]
            if not template.asked_first:
                asked, answer = answer, asked
            # A place written small is an adjective ("казанская"), no answer to "where".
            adjective = answer.kind in _PLACE_KINDS and answer.text[0].islower()
            if (
                asked.kind == template.asked
                and answer.kind in template.answer_kinds
                and not adjective
            ):
                facts[number, asked.text].add((answer.start, answer.end))
                names.setdefault((number, asked.text), asked)
    made: list[Example] = []
    # Rare relations first: the frequent ones would fill every article with the same question.
    order = sorted(facts, key=lambda k: (_TEMPLATES[k[0]].relation in _MANY, k[0], k[1]))
    for turn, (number, name) in enumerate(order):
        example = _ask(
            stem, text, names[number, name], _TEMPLATES[number], turn, grammar, facts[number, name]
        )
        if example is not None:
            made.append(example)
    works = [e for e in made if ":WORKS_AS:" in e.id]
    spared = {e.id for e in works[_WORKS_AS_PER_ARTICLE:]}
    made = [e for e in made if e.id not in spared]
    step = max(1, -(-len(made) // _PER_ARTICLE))
    yield from made[::step]


def _ask(
    stem: str,
    text: str,
    asked: _Entity,
    template: _Template,
    turn: int,
    grammar: _Grammar,
    answers: set[Range],
) -> Example | None:
    """One question; None where grammar or sense is not safe."""
    words = asked.text.split()
    if asked.kind == "PERSON" and len(words) < 2:
        return None
    if asked.kind == "EVENT" and (len(words) < 2 or words[0].isdigit() or words[0] == "один"):
        return None
    if asked.kind == "PROFESSION" and len(words) < 2:
        return None
    if "\n" in asked.text or len(asked.text) > 80:
        return None
    gender = grammar.gender(asked.text, asked.kind)
    if gender is None:
        return None
    forms = template.questions[turn % len(template.questions)].split("|")
    form = forms[1] if gender == "femn" and len(forms) == 2 else forms[0]
    # The answer nearest to the name was most likely the annotators' reason for the relation.
    near = sorted(answers, key=lambda r: abs(r[0] - asked.start))
    if any(asked.start <= start < asked.end for start, _ in near):
        return None
    return Example(
        id=f"nerel:{stem}:{template.relation}:{asked.start}",
        set="nerel",
        question_language="ru",
        passage_language="ru",
        question=form.format(name=_lower_first(asked, asked.text)),
        passage=text,
        answers=tuple(near),
        key=f"{stem}:{template.relation}:{asked.start}",
    )
