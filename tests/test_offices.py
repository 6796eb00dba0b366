"""Who holds an office, by what stands beside a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts import load_json
from qa.offices import Office
from qa.plausible import Expectation

ASKED = {
    "en": ("Who is the Secretary General of CICA?", {"secretary-general"}, {"cica"}),
    "en name": (
        "What is the name of the president of Kyrgyzstan?",
        {"president"},
        {"kyrgyz", "Kyrgyzstan"},
    ),
    "en before": ("Who was the Red Cross president that Ada met?", {"president"}, {"red-cross"}),
    "ru": ("Кто генеральный секретарь ОБСЕ?", {"secretary-general"}, {"osce"}),
    "ru name": (
        "Как зовут генсека ОБСЕ, с которым встретился министр Ирана?",
        {"secretary-general"},
        {"osce"},
    ),
    "az": (
        "Ermənistanın xarici işlər naziri kimdir?",
        {"foreign-minister"},
        {"armenia", "Armenia"},
    ),
    "az name": ("ATƏT-in baş katibinin adı nədir?", {"secretary-general"}, {"osce"}),
    "tr": ("İngiltere Başbakanı kimdir?", {"prime-minister"}, {"uk", "United Kingdom"}),
    "tr finance": ("Yunanistan maliye bakanı kim?", {"minister"}, {"greece", "Greece"}),
    "tr bare": ("ingiltere basbakani kim", {"prime-minister"}, {"uk", "United Kingdom"}),
    "tr name": ("AGİT Genel Sekreteri'nin adı ne?", {"secretary-general"}, {"osce"}),
}


@pytest.mark.parametrize(("question", "posts", "owners"), ASKED.values(), ids=ASKED.keys())
def test_the_office_that_a_question_asks_for(question, posts, owners) -> None:
    office = Office.asked(question)
    assert office is not None
    assert office.posts == posts
    assert office.owners == owners


@pytest.mark.parametrize(
    "question",
    [
        "Who received the Secretary General of CICA?",
        "Who was received by the president of Iran?",
        "Кто принял генсека СВМДА?",
        "CICA-nın baş katibini kim qəbul edib?",
        "CICA Genel Sekreteri'ni kim kabul etti?",
        "What did the president say?",
        "",
        "kim",
    ],
)
def test_a_question_for_something_else_asks_for_no_office(question: str) -> None:
    assert Office.asked(question) is None


def place(name: str, text: str) -> tuple[int, int]:
    start = text.index(name)
    return start, start + len(name)


OSCE = "Who is the Secretary General of the OSCE?"
TOLD = {
    "before the name": (OSCE, "He met OSCE Secretary General Helga Schmid.", "en", "holds"),
    "with of": (OSCE, "He met the Secretary General of the OSCE Helga Schmid.", "en", "holds"),
    "behind it": (OSCE, "Helga Schmid, the OSCE's Secretary General, spoke.", "en", "holds"),
    "without whose": (OSCE, "Secretary General Helga Schmid spoke.", "en", "may hold"),
    "of another": (OSCE, "He met NATO Secretary General Helga Schmid.", "en", "holds another"),
    "another office": (OSCE, "He met OSCE spokesman Helga Schmid.", "en", "holds another"),
    "the same of another country": (
        "Кто министр финансов Греции?",
        "Приехал министр финансов Франции Helga Schmid.",
        "ru",
        "holds another",
    ),
    "a deputy": (OSCE, "OSCE Deputy Secretary General Helga Schmid.", "en", "holds another"),
    "a verb between": (OSCE, "The Secretary General of the OSCE met Helga Schmid.", "en", None),
    "a clause between": (OSCE, "The OSCE Secretary General, and Helga Schmid.", "en", None),
    "nothing told": (OSCE, "Helga Schmid spoke.", "en", None),
    "ru": (OSCE, "Генеральный секретарь ОБСЕ Helga Schmid прибыла.", "ru", "holds"),
    "ru with": (OSCE, "Генеральный секретарь ОБСЕ встретился с Helga Schmid.", "ru", None),
    "ru behind": (OSCE, "Helga Schmid, генсек ОБСЕ, прибыла.", "ru", "holds"),
    "tr": (OSCE, "AGİT Genel Sekreteri Helga Schmid geldi.", "tr", "holds"),
    "az": (OSCE, "ATƏT-in Baş katibi Helga Schmid gəlib.", "az", "holds"),
    "az of another": (OSCE, "NATO-nun Baş katibi Helga Schmid gəlib.", "az", "holds another"),
    "told later": (OSCE, "Helga Schmid spoke. OSCE Secretary General Schmid left.", "en", "holds"),
    "told of two": (
        OSCE,
        "Minister of Iran Helga Schmid spoke. OSCE Secretary General Schmid left.",
        "en",
        "holds",
    ),
    "another ministry's": (
        "Who is the finance minister of Greece?",
        "The Greek defence minister Helga Schmid spoke.",
        "en",
        "holds another",
    ),
    "the same ministry's": (
        "Yunanistan maliye bakanı kim?",
        "Министр финансов Греции Helga Schmid выступила.",
        "ru",
        "holds",
    ),
    "a ministry by its short name": (
        "Кто министр финансов Греции?",
        "Глава Минфина Греции Helga Schmid выступила.",
        "ru",
        "holds",
    ),
    "of an unnamed ministry": (
        "Who is the finance minister of Greece?",
        "The Greek minister Helga Schmid spoke.",
        "en",
        "may hold",
    ),
    "a minister is no prime minister": (
        "Кто премьер-министр Греции?",
        "Министр финансов Греции Helga Schmid выступила.",
        "ru",
        "holds another",
    ),
    "of a department": (
        "Who is the foreign minister of Iran?",
        "The head of the Foreign Affairs Department of Iran Helga Schmid spoke.",
        "en",
        "holds another",
    ),
    "who once held it": (
        "Кто президент Ирана?",
        "Выступила экс-президент Ирана Helga Schmid.",
        "ru",
        "may hold",
    ),
    "a candidate": (
        "Кто президент Ирана?",
        "Выступила кандидат на пост президента Ирана Helga Schmid.",
        "ru",
        "holds another",
    ),
    "a candidate asked for": (
        "Who is the candidate for president of Iran?",
        "The candidate for President of Iran Helga Schmid spoke.",
        "en",
        "holds",
    ),
    "a clause about another": (
        "Кто президент Ирана?",
        "Там была Helga Schmid, а президент Ирана нет.",
        "ru",
        None,
    ),
    "the head of something in a country": (
        "Кто президент Ирана?",
        "Глава комитета Ирана Helga Schmid выступила.",
        "ru",
        "holds another",
    ),
    "the head of an organisation": (
        "Who is the president of the Red Cross?",
        "The head of the Red Cross Helga Schmid spoke.",
        "en",
        "holds",
    ),
    "an office is another's": (
        "Кто президент МВФ?",
        "Соперником главы МВФ был банкир Helga Schmid.",
        "ru",
        None,
    ),
    "an adviser of the president": (
        "Who is the president of Iran?",
        "The spokesman of the president of Iran Helga Schmid spoke.",
        "en",
        "holds another",
    ),
}


@pytest.mark.parametrize(("question", "text", "language", "verdict"), TOLD.values(), ids=TOLD)
def test_what_is_told_of_a_name(question, text, language, verdict) -> None:
    office = Office.asked(question)
    assert office is not None
    assert office.verdict(text, place("Helga Schmid", text), language) == verdict


def test_a_name_in_another_case_is_the_same_person() -> None:
    text = "Встреча с министром Ирана Русланом Казакбаевым. Выступил Руслан Казакбаев."
    office = Office.asked("Кто президент Ирана?")
    assert office is not None
    assert office.verdict(text, place("Руслан Казакбаев", text), "ru") == "holds another"


def test_only_a_name_can_hold_an_office() -> None:
    office = Office.asked("Who is the president of Iran?")
    assert office is not None
    text = "The president of Iran spoke."
    assert office.verdict(text, place("Iran", text), "en") is None
    assert office.verdict(text, place("president of Iran", text), "en") is None


NOBODY = {
    "a word at the head of a sentence": (
        "ru",
        "Спор был. Француженка знает.",
        "Француженка",
        False,
    ),
    "a surname there and elsewhere": ("ru", "Лагард знает. Так и Лагард.", "Лагард", True),
    "a surname inside": ("en", "Then Berg spoke.", "Berg", True),
    "a full name at the head": ("en", "Ada Berg spoke.", "Ada Berg", True),
    "a surname in quotes": ("en", "He said: «Berg».", "Berg", False),
    "a country": ("en", "He met Iran.", "Iran", False),
    "no capital": ("en", "He met people.", "people", False),
}


@pytest.mark.parametrize(("language", "text", "name", "may"), NOBODY.values(), ids=NOBODY)
def test_only_what_may_be_a_name_may_hold_an_office(language, text, name, may) -> None:
    office = Office.asked("Who is the president of Iran?")
    assert office is not None
    assert office.may_be_held_by(text, place(name, text), language) is may


@pytest.mark.parametrize(
    ("question", "may"),
    [
        ("Who is the defence minister of Iran?", True),
        ("Who is the defence minister of Greece?", False),
        ("Who is the Secretary General of the OSCE?", True),
        ("Who is the defence minister?", True),
    ],
)
def test_an_office_is_mostly_that_of_the_country_named_most(question: str, may: bool) -> None:
    office = Office.asked(question)
    assert office is not None
    text = "Iran and Greece talked. The Iranian side came. The defence minister Ada Berg spoke."
    assert office.may_be_in(text) is may
    assert office.may_be_in("The defence minister Ada Berg spoke.")
    assert office.may_be_in("")
    margin = Expectation.of(question).margins(text, [(place("Ada Berg", text), 4.0)], "en")[0]
    assert (margin == 4.0) is (may and "OSCE" not in question)


def test_what_is_nobody_is_hardly_the_holder() -> None:
    text = "Спор был. Француженка знает, и Карла Лагард знает."
    spans = [(place("Француженка", text), 4.0), (place("Карла Лагард", text), 4.0)]
    nobody, somebody = Expectation.of("Кто министр финансов Греции?").margins(text, spans, "ru")
    assert nobody < somebody


def test_a_country_may_be_in_the_chair() -> None:
    text = "The chair was Kazakhstan."
    assert Expectation.of("Who was the chair?").margins(text, [((14, 24), 4.0)], "en") == [4.0]


def test_who_is_told_to_hold_the_office_is_the_surest() -> None:
    text = "Minister of Iran Ada Berg met OSCE Secretary General Helga Schmid."
    spans = [(place("Ada Berg", text), 4.0), (place("Helga Schmid", text), -3.0)]
    minister, secretary = Expectation.of(OSCE).margins(text, spans, "en")
    assert secretary > minister
    assert secretary == pytest.approx(4.0, abs=0.1)


def test_the_article_tells_what_the_passage_does_not() -> None:
    article = "Minister of Iran Ada Berg came. Then Berg spoke."
    start = article.index("Then Berg")
    spans = [((5, 9), 4.0)]
    expected = Expectation.of(OSCE)
    # Without the article no office is told of Berg, which speaks against holding one.
    assert expected.margins("Then Berg spoke.", spans, "en") == [1.0]
    assert expected.margins("Then Berg spoke.", spans, "en", within=(article, start)) == [-5.0]
    nobodys = Expectation.of("Who is the president?")
    assert nobodys.margins("Then Berg spoke.", spans, "en") == [4.0]


def test_whom_the_question_describes_is_not_its_answer() -> None:
    text = "Ada Berg received OSCE Secretary General Helga Schmid."
    spans = [(place("Ada Berg", text), 1.0), (place("Helga Schmid", text), 2.0)]
    expected = Expectation.of("Who received the OSCE's Secretary General?")
    assert expected.margins(text, spans, "en") == [1.0, -4.0]
    appointed = Expectation.of("Who was elected in May? Who became the OSCE's Secretary General?")
    assert appointed.margins(text, spans, "en") == [1.0, 2.0]


def test_the_lists_name_concepts_that_exist() -> None:
    from embeddings.concepts import concept_names

    lists = load_json("offices.json")
    named = {*lists["posts"], *lists["general"], *lists["persons"], *lists["vague"]}
    named |= {*lists["kinds"], *lists["kinds"].values()}
    assert named <= set(lists["posts"])
    assert all(lists["portfolios"].values())
    assert named <= concept_names()


@given(
    st.text(alphabet="Ada Bergpresident of Iran,.(\n'-Кирил", max_size=120),
    st.integers(0, 119),
    st.integers(1, 20),
    st.sampled_from(["en", "ru", "az", "tr", "de", "und"]),
)
def test_any_place_in_any_text_has_a_verdict(text, start, length, language) -> None:
    office = Office.asked("Who is the president of Iran?")
    assert office is not None
    if start < len(text):
        span = (start, min(start + length, len(text)))
        assert office.verdict(text, span, language) in {None, "holds", "may hold", "holds another"}


HOLDERS = {
    "before the name": (
        "OSCE Secretary General Helga Maria Schmid met Ada Lovelace.", "en", ["Helga Maria Schmid"],
    ),
    "behind the name": (
        "He received Kairat Sarybay, Secretary General of the OSCE.", "en", ["Kairat Sarybay"],
    ),
    "in Russian": ("Генсек ОБСЕ Хельга Шмид прибыла в Баку.", "ru", ["Хельга Шмид"]),
    "of another one": ("CICA Secretary General Kairat Sarybay came.", "en", []),
    "an organisation's name": (
        "Secretary General of the OSCE and Confidence Building came.", "en", [],
    ),
    "a surname alone": ("OSCE Secretary General Schmid came.", "en", []),
    "nobody": ("The OSCE has a Secretary General.", "en", []),
    "nothing": ("", "en", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "language", "names"), HOLDERS.values(), ids=HOLDERS)
def test_who_is_named_as_holding_the_office(text: str, language: str, names: list[str]) -> None:
    office = Office.asked("Who is the Secretary General of the OSCE?")
    assert office is not None
    assert [text[a:b] for a, b in office.holders(text, language)] == names


@given(st.text(max_size=120))
def test_holders_are_names_in_the_text(text: str) -> None:
    office = Office.asked("Who is the Secretary General of the OSCE?")
    assert office is not None
    for language in ("en", "ru", "az", "tr"):
        for start, end in office.holders(text, language):
            assert 0 <= start < end <= len(text)
            assert text[start].isupper()
