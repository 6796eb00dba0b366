"""Which of the articles found lack what a question names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_cite import passage_of

from embeddings.articles import make_article
from qa.named import Lack, lacking, lacking_here

CICA = ("Kazakhstan chaired the meeting of CICA.", "en")
BILATERAL = ("Джейхун Байрамов встретился в Баку с главой МИД Турции.", "ru")

CASES = {
    "an organisation under another name": ("Кто вёл встречу СВМДА?", CICA, BILATERAL, (0, 1)),
    "its long name": (
        "Who is CICA's secretary general?",
        ("the Conference on Interaction and Confidence Building in Asia met", "en"),
        BILATERAL,
        (0, 1),
    ),
    "a country": ("Кто министр Турции?", CICA, BILATERAL, (1, 0)),
    "a person in another script": ("Where did Bayramov meet him?", CICA, BILATERAL, (1, 0)),
    "a person in a case": ("Dün Bayramov'un ziyareti nasıldı?", CICA, BILATERAL, (1, 0)),
    "a person without a capital": ("where did bayramov meet him", CICA, BILATERAL, (0, 0)),
    "two things, one each": ("Did Bayramov speak at CICA?", CICA, BILATERAL, (1, 1)),
    "an ending is no organisation": ("Bayramov'un", CICA, ("The UN met.", "en"), (0, 0)),
    "what none of them names": ("Who leads NATO in Brussels?", CICA, BILATERAL, (0, 0)),
    "nothing": ("who spoke there?", CICA, BILATERAL, (0, 0)),
    "a first word is no name": ("Bayramov or who?", CICA, BILATERAL, (0, 0)),
    "all in capitals": ("WHERE DID BAYRAMOV MEET HIM?", CICA, BILATERAL, (0, 0)),
    "a short word": ("What did Li do?", ("Li ran.", "en"), ("He ran.", "en"), (0, 0)),
}


def article(number: int, text: str, language: str, title: str | None = None):
    return make_article(text=text, id=f"a{number}", language=language, title=title)


@pytest.mark.parametrize(("question", "one", "other", "lacks"), CASES.values(), ids=CASES)
def test_what_each_article_lacks_that_the_other_has(question, one, other, lacks) -> None:
    found = lacking(question, [article(0, *one), article(1, *other)])
    assert (found["a0"].told, found["a1"].told) == lacks


def test_a_headline_names_what_its_article_is_about() -> None:
    told = [article(0, "It met.", "en", "CICA in Astana"), article(1, *CICA)]
    assert lacking("When did CICA meet?", told) == {"a0": Lack(), "a1": Lack()}


def test_one_article_alone_lacks_what_is_known_by_all_its_names() -> None:
    assert lacking("Who leads NATO?", [article(0, *CICA)] * 3) == {"a0": Lack(untold=1)}
    assert lacking("Who leads CICA?", [article(0, *CICA)] * 3) == {"a0": Lack()}
    assert lacking("Who leads NATO?", []) == {}


@pytest.mark.parametrize(
    ("question", "language", "untold"),
    [
        ("Сколько человек погибло в Непале?", "en", 1),
        ("Сколько человек погибло в Непале?", "de", 0),
        ("Where was Maurer born?", "en", 0),
        ("Did NATO and Nepal speak?", "en", 2),
        ("Who chaired CICA?", "en", 0),
    ],
)
def test_what_no_article_names_counts_only_where_a_table_knows_it(
    question: str, language: str, untold: int
) -> None:
    found = lacking(question, [article(0, CICA[0], language), article(1, "It met.", language)])
    assert {one.untold for one in found.values()} == {untold}


def test_passages_lack_what_another_one_of_their_article_names() -> None:
    text = "CICA met. Kazakhstan chaired. The OIC met. Pakistan chaired."
    told = article(0, text, "en")
    cut = text.index("The OIC")
    cica, oic = passage_of(told, 0, cut), passage_of(told, cut)
    found = lacking_here("Who chaired the OIC?", [cica, oic])
    assert (found[cica.chunk_id].told, found[oic.chunk_id].told) == (1, 0)
    under = replace(cica, context="The OIC and others")
    assert lacking_here("Who chaired the OIC?", [under, oic])[cica.chunk_id] == Lack()
    assert set(lacking_here("Who chaired?", [cica, oic]).values()) == {Lack()}


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@given(question=TEXT, texts=st.lists(TEXT, max_size=4))
def test_no_article_lacks_what_all_of_them_lack(question: str, texts: list[str]) -> None:
    found = lacking(question, [article(n, text + ".", "en") for n, text in enumerate(texts)])
    assert set(found) == {f"a{n}" for n in range(len(texts))}
    assert all(one.told >= 0 and one.untold >= 0 for one in found.values())
    same = lacking(question, [article(n, question + ".", "en") for n in range(2)])
    assert all(one.told == 0 for one in same.values())
