"""Words with a slip of the keyboard, as they are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoder import load_encoder
from embeddings.terms import terms
from embeddings.vocabulary import Vocabulary
from qa.render import render_result
from qa.service import Service
from qa.slips import without_slips
from qa.spelling import Spelt, vocabulary_of

ARTICLES = (
    "The platform of the agreement was told to the minister, who took part.",
    "Соглашение участвовал министр иностранных дел в сентября Франция.",
)
HELD = {
    term for text, code in zip(ARTICLES, ("en", "ru"), strict=True) for term in terms(text, code)
}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    found = vocabulary_of(load_encoder())
    assert found is not None
    return found


def mended(text: str, language: str, vocabulary: Vocabulary | None) -> str:
    return without_slips(Spelt(text, language), lambda: vocabulary, HELD.intersection).text


SLIPS = {
    "another letter": ("ru", "С кем встретился минестр?", "С кем встретился министр?"),
    "a letter too many": ("tr", "hangi plartform kuracak", "hangi platform kuracak"),
    "two exchanged": ("en", "What did the minitser say?", "What did the minister say?"),
    "a letter too few": ("en", "Which agreemnt was it?", "Which agreement was it?"),
    "capitals": ("ru", "Соглошение Армении", "Соглашение Армении"),
    "two": ("ru", "кто учавствовал и соглошение", "кто участвовал и соглашение"),
}


@pytest.mark.parametrize(("language", "typed", "meant"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_mended(language: str, typed: str, meant: str, vocabulary) -> None:
    assert mended(typed, language, vocabulary) == meant


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Who is Bayramov?"),  # a name that nothing knows
        ("en", "What did Schmid say?"),
        ("en", "What did the MINITSER say?"),  # an abbreviation, for all one knows
        ("en", "the anti-minitser party"),
        ("en", "Which elephnat was it?"),  # no article speaks of elephants
        ("ru", "Где Франция?"),
        ("tr", "toplantısına kim katıldı"),
        ("en", 'What is "the minitser of Baku"?'),
        ("de", "der Minitser"),
        ("en", ""),
        ("en", "minitser " * 13),
    ],
)
def test_what_is_no_slip_stays(language: str, text: str, vocabulary) -> None:
    assert mended(text, language, vocabulary) == text


def test_the_vocabulary_is_not_loaded_for_words_that_are_known() -> None:
    def no_vocabulary() -> Vocabulary:
        raise AssertionError("loaded")

    asked = Spelt("What did the minister say of the agreement?", "en")
    assert without_slips(asked, no_vocabulary, HELD.intersection) == asked


def test_without_a_vocabulary_nothing_is_mended() -> None:
    assert mended("минестр", "ru", None) == "минестр"


@given(st.text(max_size=60), st.sampled_from(["en", "ru", "az", "tr", "de"]))
def test_any_text_keeps_all_but_its_words(vocabulary, text: str, language: str) -> None:
    found = mended(text, language, vocabulary)
    assert abs(len(found) - len(text)) <= 6
    assert [c for c in found if not c.isalpha()] == [c for c in text if not c.isalpha()]


def test_a_reply_tells_what_was_mended(tmp_path) -> None:
    from embeddings.articles import make_article
    from qa.settings import load_settings

    settings = load_settings(store=tmp_path / "store")
    with Service.open(settings, create=True, encoder=load_encoder()) as service:
        told = "The minister signed the agreement in Baku."
        service.add([make_article(text=told, language="en")])
        result = service.ask("Where did the minister sign the agreemnt?", always_answer=True)
        assert result.rewritten_question == "Where did the minister sign the agreement?"
        assert result.question == "Where did the minister sign the agreemnt?"
        shown = render_result(result).plain.splitlines()
        assert shown[0] == "understood as: Where did the minister sign the agreement?"
        assert "understood" not in render_result(service.ask("Who signed it?")).plain
