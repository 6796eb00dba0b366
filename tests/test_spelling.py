"""Azerbaijani and Turkish typed without their letters, as they are meant."""

from __future__ import annotations

import gc
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import FakeEncoder

from embeddings.encoder import load_encoder
from embeddings.errors import WeightsError
from embeddings.vocabulary import Vocabulary, load_vocabulary, read_pieces
from qa.chat.conversation import Conversation
from qa.service import Service
from qa.spelling import Speller, Spelt, as_meant

PIECES = [
    ("▁toplantı", -11.0),
    ("sına", -12.0),
    ("sina", -11.0),
    ("▁iş", -10.0),
    ("▁is", -7.0),
    ("lər", -9.0),
    ("ler", -8.0),
    ("▁kim", -9.0),
    ("▁nisan", -13.0),
    ("▁nişan", -11.0),
    *((letter, -14.0) for letter in "abcdefghijklmnopqrstuvwxyzəğıöüşç▁"),
]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("tr", "toplantisina", "toplantısına"),
        ("tr", "Toplantisina", "Toplantısına"),
        ("tr", "TOPLANTISINA", "TOPLANTISINA"),
        ("az", "isler", "islər"),
        ("tr", "isler", "isler"),
        ("tr", "kim", "kim"),
        ("tr", "nisan", "nisan"),  # April
        ("tr", "x" * 50, "x" * 50),
    ],
)
def test_a_word_is_spelt_as_is_likeliest(language: str, typed: str, meant: str) -> None:
    assert Speller(Vocabulary(PIECES)).respell(typed, language).word == meant


def test_a_word_gains_by_its_letters_and_not_by_staying() -> None:
    speller = Speller(Vocabulary(PIECES))
    assert speller.respell("toplantisina", "tr").gain > 4
    assert speller.respell("kim", "tr").gain == 0


@given(st.from_regex(r"[A-Za-z]+(['’][A-Za-z]+)?", fullmatch=True), st.sampled_from(["az", "tr"]))
def test_only_marks_are_added(word: str, language: str) -> None:
    bare = str.maketrans("əğıöüşçƏĞİÖÜŞÇ", "egiouscEGIOUSC")
    made = Speller(Vocabulary(PIECES)).respell(word, language).word
    assert made.translate(bare) == word
    assert "ə" not in made.lower() or language == "az"


TYPED = {
    "tr": (
        "disisleri bakani bayramov cica toplantisina hangi gun katildi",
        "dışişleri bakanı bayramov cica toplantısına hangi gün katıldı",
    ),
    "tr capitals": ("Istanbul'da kac kisi oldu?", "Istanbul'da kaç kişi oldu?"),
    "az": (
        "ermenistan xarici isler naziri ile ne vaxt gorusub",
        "ermənistan xarici işlər naziri ilə nə vaxt görüşüb",
    ),
    "az so": ("Bes ne vaxt?", "Bəs nə vaxt?"),
    "az five": ("qezada bes nefer var", "qəzada beş nəfər var"),
    "az figures": ("COP29-da nece sened qebul olunub", "COP29-da neçə sənəd qəbul olunub"),
    "abbreviations": ("BMT Tehlukesizlik nedir", "BMT Təhlükəsizlik nədir"),
}


@pytest.mark.parametrize(("typed", "meant"), TYPED.values(), ids=TYPED)
def test_a_question_without_letters_gets_them(typed: str, meant: str, encoder, request) -> None:
    language = "az" if "az" in request.node.name or "abbr" in request.node.name else "tr"
    assert as_meant(typed, language, lambda: encoder, sure=True) == Spelt(meant, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nisan 2024'te CICA Genel Sekreteri'ni kim kabul etti?", "tr"),
        ("Görüş ne zaman yapildi?", "tr"),  # whoever typed it has the letters
        ("Bayramov kimdir?", "az"),
        ("“Disisleri bakani toplantisi” nedir?", "tr"),
        ("When did the meeting take place?", "en"),
        ("Когда состоялась встреча?", "ru"),
        ("2024", "tr"),
        (unicodedata.normalize("NFD", "Dışişleri bakanı kim görüştü?"), "tr"),
        ("?", "az"),
        ("", "tr"),
    ],
)
def test_what_lacks_no_letter_stays(text: str, language: str, encoder) -> None:
    assert as_meant(text, language, lambda: encoder) == Spelt(text, language)


def test_azerbaijani_taken_for_turkish_is_told_by_its_letters(encoder) -> None:
    typed = "cica sedrliyinin azerbaycana kecmesine gore kime tesekkur etdi"
    meant = as_meant(typed, "tr", lambda: encoder)
    assert meant.language == "az"
    assert "sədrliyinin azərbaycana keçməsinə görə kimə təşəkkür" in meant.text
    assert as_meant(typed, "tr", lambda: encoder, sure=True).language == "tr"


@pytest.mark.parametrize(
    ("typed", "language", "meant"),
    [
        (
            "Azerbaycanın xarici işler naziri kimdir?",
            "az",
            "Azərbaycanın xarici işlər naziri kimdir?",
        ),
        ("Görüş harada olub?", "az", "Görüş harada olub?"),
        ("Nazir görüşde ne dedi?", "az", "Nazir görüşdə nə dedi?"),
        ("Ermenistan ile sülh danışıqları ne vaxt başlayıb?", "tr",
         "Ermənistan ilə sülh danışıqları nə vaxt başlayıb?"),
    ],
)  # fmt: skip
def test_azerbaijani_from_a_turkish_keyboard_gets_its_own_letter(
    typed: str, language: str, meant: str, encoder
) -> None:
    assert as_meant(typed, language, lambda: encoder) == Spelt(meant, "az")


def test_only_the_letters_that_may_lack_are_put_back() -> None:
    speller = Speller(Vocabulary([*PIECES, ("▁işlər", -8.0)]))
    assert speller.respell("isler", "az").word == "işlər"
    assert speller.respell("işler", "az", "ə").word == "işlər"
    assert speller.respell("isler", "az", "ə").word == "islər"
    assert speller.respell("IŞLER", "az", "ə").word == "IŞLER"  # ıšler is no word


def test_another_encoder_knows_no_letters() -> None:
    typed = "toplanti ne zaman yapildi"
    assert as_meant(typed, "tr", FakeEncoder) == Spelt(typed, "tr")


def test_the_encoder_is_not_loaded_for_what_lacks_no_letter() -> None:
    def no_encoder() -> FakeEncoder:
        raise AssertionError("loaded")

    turkish = "Görüşme hangi şehirde yapıldı?"
    assert as_meant(turkish, "tr", no_encoder) == Spelt(turkish, "tr")
    azeri = "Görüş nə vaxt olub?"
    assert as_meant(azeri, "az", no_encoder) == Spelt(azeri, "az")
    assert as_meant("Who chaired it?", "en", no_encoder).text == "Who chaired it?"


@given(st.text(max_size=60), st.sampled_from(["az", "tr", "en"]))
def test_any_text_keeps_its_length(encoder, text: str, language: str) -> None:
    assert len(as_meant(text, language, lambda: encoder).text) == len(text)


# --- in a service and a conversation -----------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory, encoder):
    from qa.settings import load_settings

    settings = load_settings(store=tmp_path_factory.mktemp("spelling") / "store")
    with Service.open(settings, create=True, encoder=encoder) as opened:
        opened.index([Path(__file__).parent.parent / "seeds"])
        yield opened


def test_a_reply_tells_how_the_question_was_read(service: Service) -> None:
    typed = "azerbaycanin xarici isler naziri kimdir"
    result = service.ask(typed, always_answer=True)
    assert result.question == typed
    assert result.rewritten_question == "azərbaycanın xarici işlər naziri kimdir"
    assert result.language == "az"
    assert service.ask("Who chaired the meeting?").rewritten_question is None


def test_a_conversation_goes_on_with_what_was_meant(service: Service) -> None:
    talk = Conversation(service)
    first = talk.ask("disisleri bakani hangi gun toplantiya katildi")
    assert first.rewritten_question == "dışişleri bakanı hangi gün toplantıya katıldı"
    azeri = Conversation.from_turns(
        service, [("Bakı Prosesi neçənci ildən fəaliyyət göstərir?", None)]
    )
    assert azeri.language_of("bes onun adi nedir") == "az"
    assert azeri.language_of("Başkanın adı nedir?") == "tr"
    again = Conversation.from_turns(service, [("disisleri bakani kim", None)])
    assert again.turns[0].understood == "dışişleri bakanı kim"


def test_reading_leaves_the_collector_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text('{"model": {"type": "WordPiece", "vocab": {}}}')
    assert load_vocabulary(path) is None
    assert gc.isenabled()
    with pytest.raises(WeightsError):
        load_vocabulary(tmp_path / "none.json")
    assert gc.isenabled()


# --- the pieces --------------------------------------------------------------------------------


def test_pieces_are_read_with_their_probabilities(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "Unigram", "vocab": [["▁ə", -1.5]]}}))
    assert read_pieces(path) == [("▁ə", -1.5)]


def test_other_tokenizers_have_none(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": {"a": 0}}}))
    assert read_pieces(path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": 3}', '{"model": {"type": "Unigram"}}'])
def test_a_damaged_tokenizer_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match=r"tokenizer\.json"):
        read_pieces(path)
    with pytest.raises(WeightsError):
        read_pieces(tmp_path / "none.json")
