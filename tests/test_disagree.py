from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import make_article
from qa.disagree import opposed, side_by_side, with_support
from qa.models import Answer, Citation, Passage, Scores, Sentence
from qa.service import Service


def answer(
    text: str,
    sentence: str,
    *,
    article: str,
    day: date | None = None,
    confidence: float = 0.9,
    duplicates: tuple[str, ...] = (),
    also: tuple[Citation, ...] = (),
    language: str = "en",
) -> Answer:
    start = sentence.index(text)
    return Answer(
        text=text,
        confidence=confidence,
        confidence_bucket="high",
        citation=Citation(
            article_id=article,
            title=None,
            source=None,
            author=None,
            published_at=day,
            language=language,
            url=None,
            sha256="0" * 64,
            start=start,
            end=start + len(text),
            quote=text,
            sentence=Sentence(0, len(sentence), sentence),
            duplicates=duplicates,
        ),
        scores=Scores(),
        also=also,
    )


SIX = answer("6", "The quake in Agdam killed 6 people.", article="a", day=date(2024, 4, 1))
NINE = answer("9", "The quake in Agdam killed 9 people.", article="b", day=date(2024, 4, 3))


def test_two_values_stand_side_by_side_newest_first() -> None:
    answers, disagreement = side_by_side([SIX, NINE])
    assert disagreement
    assert [each.text for each in answers] == ["9", "6"]


def test_undated_sources_follow_and_other_answers_come_last() -> None:
    undated = answer("7", "The quake in Agdam killed 7 people.", article="c")
    aside = answer("people", "The quake in Agdam killed 6 people.", article="d")
    answers, _ = side_by_side([undated, aside, SIX, NINE])
    assert [each.text for each in answers] == ["9", "6", "7", "people"]


@pytest.mark.parametrize(
    "other",
    [
        answer("9", "The quake in Agdam killed 9 people.", article="a"),
        answer("9", "The quake in Agdam killed 9 people.", article="b", duplicates=("a",)),
        answer("9", "The quake in Agdam killed 9 people.", article="b", confidence=0.3),
        answer("9", "A match in Paris drew 9 thousand.", article="b"),
        answer("6 people", "The quake in Agdam killed 6 people.", article="b"),
        answer("Agdam", "The quake in Agdam killed 9 people.", article="b"),
        answer("the quake", "In Agdam the quake killed many people.", article="b"),
    ],
    ids=["same article", "a copy", "unsure", "another thing", "same value", "kind", "no value"],
)
def test_no_disagreement(other: Answer) -> None:
    answers, disagreement = side_by_side([SIX, other])
    assert not disagreement
    assert answers == (SIX, other)


def test_the_day_of_publication_contradicts_no_report() -> None:
    met = answer("September 22", "The ministers met in Agdam on September 22.", article="a")
    stamp = answer(
        "October 23", "October 23: the ministers met in Agdam.", article="b", day=date(2024, 10, 23)
    )
    assert side_by_side([met, stamp]) == ((met, stamp), False)
    told = answer("October 23", "October 23: the ministers met in Agdam.", article="b")
    assert side_by_side([met, told])[1]


def test_names_and_dates_across_scripts() -> None:
    one = answer("Ceyhun Bayramov", "Ceyhun Bayramov led the talks in Baku.", article="a")
    same = answer(
        "Джейхун Байрамов", "Джейхун Байрамов вёл talks в Baku.", article="b", language="ru"
    )
    other = answer("Hakan Fidan", "Hakan Fidan led the talks in Baku.", article="c")
    assert not side_by_side([one, same])[1]
    assert side_by_side([one, other])[1]
    april = answer("17 April 2024", "The talks in Baku were on 17 April 2024.", article="a")
    also = answer("April 17, 2024", "April 17, 2024 saw the talks in Baku.", article="b")
    may = answer("2 May 2024", "The talks in Baku were on 2 May 2024.", article="c")
    assert not side_by_side([april, also])[1]
    assert side_by_side([april, may])[1]


def test_support_counts_copies_once() -> None:
    cited = [
        answer("6", "6 died.", article=name, duplicates=copies).citation
        for name, copies in (("b", ("a", "c")), ("d", ("e",)), ("f", ()))
    ]
    told = with_support(answer("6", "6 died.", article="a", duplicates=("b",), also=tuple(cited)))
    assert (told.articles, told.independent_reports) == (6, 3)
    alone = with_support(SIX)
    assert (alone.articles, alone.independent_reports) == (1, 1)


@pytest.mark.parametrize(
    ("text", "language", "quote", "counts"),
    [
        ("The quake killed 1,240 people.", "en", "1240", True),
        ("The quake killed 1,400 people.", "en", "1240", False),
        ("The quake shook Lankaran.", "en", "1240", False),
        ("Погибли 1 240 человек.", "ru", "1240", True),
        ("Погибли многие.", "ru", "1240", False),
        ("Погибли шесть человек.", "ru", "6", True),
        ("Six were killed.", "en", "6", False),
        ("Встречу вёл Джейхун Байрамов.", "ru", "Jeyhun Bayramov", True),
        ("Görüşə Ceyhun Bayramov sədrlik edib.", "az", "Jeyhun Bayramov", True),
        ("Toplantıya Hakan Fidan başkanlık etti.", "tr", "Jeyhun Bayramov", False),
        ("The talks were led by JEYHUN BAYRAMOV.", "en", "Jeyhun Bayramov", True),
        ("The talks were led by Hakan Fidan.", "en", "Jeyhun Bayramov", False),
        ("Говорили о торговле.", "ru", "closer ties in trade", True),
        ("They spoke of trade.", "en", "closer ties in trade", False),
    ],
)
def test_a_copy_counts_where_it_holds_the_answer(
    text: str, language: str, quote: str, counts: bool
) -> None:
    copy = make_article(text=text, id="copy", language=language)
    told = with_support(
        answer(quote, quote, article="a", duplicates=("copy", "unknown")), {"copy": copy}
    )
    assert (told.articles, told.independent_reports) == (2 + counts, 1)


_NAMES = st.sampled_from("abcdef")


@given(
    cited=st.lists(st.tuples(_NAMES, st.frozensets(_NAMES)), min_size=1, max_size=6),
    silent=st.frozensets(_NAMES),
    order=st.randoms(use_true_random=False),
)
def test_counts_hold_for_any_set_of_stories_in_any_order(
    cited: list[tuple[str, frozenset[str]]], silent: frozenset[str], order: random.Random
) -> None:
    known = {
        name: make_article(text="It shook." if name in silent else "6 died.", id=name)
        for name in "abcdef"
    }

    def counted() -> tuple[int, int]:
        first, *also = [
            answer("6", "6 died.", article=name, duplicates=tuple(sorted(copies - {name})))
            for name, copies in cited
        ]
        told = with_support(replace(first, also=tuple(each.citation for each in also)), known)
        return told.articles, told.independent_reports

    articles, reports = counted()
    assert articles >= reports >= 1
    order.shuffle(cited)
    assert counted() == (articles, reports)


# -- what is the same thing -----------------------------------------------------------------------


def passage(one: Answer, text: str, *, duplicates: tuple[str, ...] = ()) -> Passage:
    """What an answer stands in, when `text` is behind its sentence."""
    cited = one.citation
    whole = f"{cited.sentence.text} {text}"
    return Passage(
        article_id=cited.article_id,
        chunk_id=f"{cited.article_id}:0",
        start=0,
        end=len(whole),
        text=whole,
        scores=Scores(),
        title=None,
        source=None,
        published_at=cited.published_at,
        language=cited.language,
        sentences=((0, len(whole)),),
        duplicates=duplicates,
    )


MINISTER = "Minister of Foreign Affairs of Azerbaijan Jeyhun Bayramov"
GUESTS = [
    answer("Helga Schmid", f"Today, the {MINISTER} has met with OSCE Secretary General Helga "
           "Schmid, who is on a visit to Azerbaijan.", article="osce"),
    answer("Hikmet Hajiyev", f"The {MINISTER} met with presidential assistant Hikmet Hajiyev.",
           article="aide"),
    answer("Ruslan Kazakbayev", f"The {MINISTER} met with Kyrgyz minister Ruslan Kazakbayev.",
           article="kyrgyz"),
]  # fmt: skip


@pytest.mark.parametrize(
    "question",
    ["Whom did Bayramov meet?", "Bayramov kiminlə görüşüb?", "С кем встретился Байрамов?",
     "Bayramov kiminle görüştü?", "Whom did the minister meet?"],
)  # fmt: skip
@pytest.mark.parametrize("days", [(None, None, None), (1, 2, 3)], ids=["undated", "one week"])
def test_guests_of_different_meetings_are_no_disagreement(
    question: str, days: tuple[int | None, ...]
) -> None:
    guests = [
        replace(one, citation=replace(one.citation, published_at=day and date(2024, 5, day)))
        for one, day in zip(GUESTS, days, strict=True)
    ]
    found = [passage(one, "Bayramov spoke of peace in the region.") for one in guests]
    answers, disagreement = side_by_side(guests, question=question, passages=found)
    assert not disagreement
    assert list(answers) == guests
    assert opposed(answers, question=question, passages=found) == ()


def test_what_two_stories_alone_name_is_the_same_thing() -> None:
    chairs = [
        answer(name, f"{name} chaired the talks of the {MINISTER} at Zira Palace.", article=name)
        for name in ("Kazakhstan", "Turkmenistan")
    ]
    found = [passage(one, "Bayramov spoke of peace.") for one in (*chairs, *GUESTS)]
    asked = "Who chaired the talks with Bayramov?"
    assert side_by_side(chairs, question=asked, passages=found)[1]
    # Where the question itself names it, it does not tell one sitting there from another.
    asked = "Who chaired the talks with Bayramov at Zira Palace?"
    assert not side_by_side(chairs, question=asked, passages=found)[1]


FIRST = {
    "en": ("The Ministry of Emergency Situations said that 12 people were killed and 140 injured.",
           "An earthquake shook the Lankaran district. Tents stand near Astara."),
    "ru": ("Министерство по чрезвычайным ситуациям сообщило, что погибли 12 человек, 140 ранены.",
           "Землетрясение произошло в Лянкяране. Палатки стоят близ Астары."),
    "tr": ("Acil Durumlar Bakanlığı 12 kişinin öldüğünü, 140 kişinin yaralandığını açıkladı.",
           "Deprem, ülkenin güneyindeki Lenkeran ilçesinde oldu."),
    "az": ("Fövqəladə Hallar Nazirliyi 12 nəfərin öldüyünü, 140 nəfərin yaralandığını bildirib.",
           "Zəlzələ Azərbaycanın Lənkəran rayonunda olub."),
}  # fmt: skip
SECOND = ("Hospital doctors said that 19 people were killed by the earthquake in Lankaran.",
          "Hundreds sleep outside.")  # fmt: skip
TOLL = {
    "en": "How many people were killed by the earthquake in Lankaran?",
    "ru": "Сколько человек погибло при землетрясении в Лянкяране?",
    "az": "Lənkəranda zəlzələ nəticəsində neçə nəfər ölüb?",
    "tr": "Lenkeran'daki depremde kaç kişi öldü?",
}
ASIDE = [
    answer("3", "A road accident near Ganja killed 3 people.", article="road"),
    answer("11,000", "Neftchi beat Qarabag in Baku in front of 11,000 people.", article="match"),
    answer("Baku", "Investors from Kazakhstan came to Baku.", article="wind"),
]


def tolls(shown: str, days: tuple[date | None, date | None]) -> tuple[list[Answer], list[Passage]]:
    """The first report in the language in which it is shown, the second, and other stories."""
    copies = tuple(f"first-{each}" for each in FIRST if each != shown)
    first = answer("12", FIRST[shown][0], article=f"first-{shown}", language=shown, day=days[0],
                   duplicates=copies)  # fmt: skip
    second = answer("19", SECOND[0], article="second", confidence=0.8, day=days[1])
    answers = [first, second, *(replace(each, confidence=0.6) for each in ASIDE)]
    texts = [FIRST[shown][1], SECOND[1], *("It was on Sunday." for _ in ASIDE)]
    return answers, [passage(one, text) for one, text in zip(answers, texts, strict=True)]


@pytest.mark.parametrize("asked", TOLL)
@pytest.mark.parametrize("shown", FIRST)
@pytest.mark.parametrize(
    "days",
    [(date(2024, 5, 7), date(2024, 5, 9)), (None, None)],
    ids=["dated", "undated"],
)
def test_disagreement_in_whatever_language_a_report_is_shown(
    asked: str, shown: str, days: tuple[date | None, date | None]
) -> None:
    answers, found = tolls(shown, days)
    ordered, disagreement = side_by_side(answers, question=TOLL[asked], passages=found)
    assert disagreement
    against = opposed(ordered, question=TOLL[asked], passages=found)
    assert {each.text for each in against} == {"12", "19"}
    assert ordered[: len(against)] == against


def test_years_apart_it_is_another_quake() -> None:
    answers, found = tolls("en", (date(2014, 5, 7), date(2024, 5, 9)))
    assert not side_by_side(answers, question=TOLL["en"], passages=found)[1]


def test_of_another_story_only_the_most_confident_value_is_shown() -> None:
    answers, found = tolls("en", (date(2024, 5, 7), date(2024, 5, 9)))
    more = "Hospital doctors said that 19 people were killed and 230 injured in Lankaran."
    also = [answer(value, more, article="second", confidence=sure, day=date(2024, 5, 9))
            for value, sure in (("230", 0.75), ("19", 0.85))]  # fmt: skip
    given = [answers[0], also[1], also[0], *answers[2:]]
    ordered, disagreement = side_by_side(given, question=TOLL["en"], passages=found)
    assert disagreement
    assert [each.text for each in ordered] == ["19", "12", "230", *(each.text for each in ASIDE)]
    assert len(opposed(ordered, question=TOLL["en"], passages=found)) == 2


DAILY = [
    answer(f"1.70{day} manats", f"The bank set the official rate of the euro for {day} May at "
           f"1.70{day} manats.", article=f"rate-{day}", day=date(2024, 5, day), confidence=sure)
    for day, sure in ((7, 0.6), (8, 0.7), (9, 0.65))
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "against"),
    [
        ("What was the rate of the euro?", ["rate-9", "rate-8", "rate-7"]),
        ("What was the rate of the euro in May 2024?", ["rate-9", "rate-8", "rate-7"]),
        ("What was the rate of the euro on 8 May 2024?", []),
        ("Каков был курс евро 8 мая?", []),
        ("8 may 2024-cü ildə avronun məzənnəsi nə qədər olub?", []),
    ],
)
def test_another_days_value_contradicts_only_where_no_day_is_asked_for(
    question: str, against: list[str]
) -> None:
    found = [passage(one, "The dollar did not change.") for one in DAILY]
    ordered, disagreement = side_by_side(
        [DAILY[1], DAILY[2], DAILY[0]], question=question, passages=found
    )
    assert disagreement is bool(against)
    shown = opposed(ordered, question=question, passages=found)
    assert [each.citation.article_id for each in shown] == against


@given(order=st.permutations(range(5)), asked=st.sampled_from(sorted(TOLL)))
def test_who_contradicts_does_not_depend_on_the_order(order: list[int], asked: str) -> None:
    answers, found = tolls("ru", (date(2024, 5, 7), date(2024, 5, 9)))
    turned = [answers[each] for each in order]
    against = opposed(turned, question=TOLL[asked], passages=[found[each] for each in order])
    assert {each.text for each in against} == {"12", "19"}


@pytest.mark.parametrize("days", [(7, 9), (None, None)], ids=["dated", "undated"])
def test_the_service_compares_by_the_question_and_the_passages(
    service: Service, days: tuple[int | None, int | None]
) -> None:
    """Meetings in one week are told apart by what each adds, which only passages show."""
    texts = [one.citation.sentence.text for one in GUESTS]
    service.add(
        make_article(text=text, id=f"meeting {at}", language="en", published_at=day and
                     date(2024, 5, day))
        for at, (text, day) in enumerate(zip(texts, (*days, None), strict=True))
    )  # fmt: skip
    result = service.ask("Whom did Bayramov meet?", always_answer=True)
    assert len({one.citation.article_id for one in result.answers}) > 1
    assert not result.disagreement


def test_explain_shows_each_part(service: Service) -> None:
    service.add([make_article(text="The council met in Baku in 2024.", id="a", language="en")])
    result = service.ask("Where did the council meet in 2024?", explain=True, always_answer=True)
    told = result.to_dict()["explain"]
    assert told["period"] == {"from": "2024-01-01", "to": "2024-12-31"}
    (passage,) = told["passages"]
    assert {"dense", "lexical", "lexical_share", "time", "fused", "reader"} <= passage.keys()
    assert passage["reader"] is not None
    assert "explain" not in service.ask("Where did the council meet?").to_dict()
    assert service.search("council", explain=True).to_dict()["explain"]["candidates"] == 1
