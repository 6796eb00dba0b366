"""The text kernel: language, sentences, folding, words, terms, names across scripts."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.text import (
    detect_language,
    fold,
    fold_text,
    is_shared,
    name_forms,
    sentences,
    terms,
    transliterate,
    without_surrogates,
    words,
)

ODD = st.one_of(
    st.text(max_size=120),
    st.text(
        alphabet="aIİıiə\u0307e\u0301й\u0306ё\u0308ﬁßǅ👨\u200d👩\u200d🇦🇿漢한\u1100\u1161\u00ad\ufeff"
        ".!?…«»\"'’—-(),12 \t\r\n\u2028\u0085\u00a0",
        max_size=120,
    ),
    st.lists(
        st.sampled_from(
            [
                *(
                    "Bayramov",
                    "İ.",
                    "J.",
                    "Prof.",
                    "dedi.",
                    "сказал",
                    "г.",
                    "3.",
                    "млн.",
                    "News.Az",
                ),
                *(
                    "peace.Azerbaijan",
                    "— ",
                    "«Да!»",
                    "\r\n",
                    "\n\n",
                    "\n",
                    " ",
                    " ",
                    " ",
                    "U.S.",
                    "Ə",
                ),
            ]
        ),
        max_size=40,
    ).map("".join),
)


# --- folding ---------------------------------------------------------------------------------

SAME = {
    "dotted capital": ("İSTANBUL", "istanbul"),
    "dotless": ("ISTANBUL", "ıstanbul"),
    "Python's lower of İ": ("İ".lower() + "stanbul", "İstanbul"),
    "decomposed İ": ("I\u0307stanbul", "istanbul"),
    "ё": ("Ёлка Артём", "елка артем"),
    "decomposed ё": ("е\u0308лка", "елка"),
    "й composed and not": ("Байрамов", unicodedata.normalize("NFD", "Байрамов")),
    "ç composed and not": ("Çavuşoğlu", unicodedata.normalize("NFD", "Çavuşoğlu")),
    "Hangul composed and not": ("한국", unicodedata.normalize("NFD", "한국")),
    "stress mark": ("за\u0301мок", "замок"),
    "apostrophes": ("Bayramov’un", "Bayramov'un"),
    "quotes": ("«Да» „nein“ “yes”", '"да" "nein" "yes"'),
    "dashes": ("2020–2024 — so", "2020-2024 - so"),
    "soft hyphen": ("Azer\u00adbaijan", "azerbaijan"),
    "zero width": ("Azer\u200bbaijan\ufeff", "azerbaijan"),
    "spaces": ("1\u00a0234\u202f567", "1 234 567"),
    "full width": ("ＯＳＣＥ", "osce"),
    "ligature": ("ﬁnance", "finance"),
    "sharp s": ("Straße", "STRASSE"),
    "final sigma": ("Χρίστος", "ΧΡΊΣΤΟΣ"),
}
DIFFERENT = {
    "й and и": ("май", "маи"),
    "ş and s": ("şam", "sam"),
    "ə and e": ("ələ", "ele"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_fold_joins(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_fold_keeps_apart(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


@given(ODD)
@settings(deadline=None, max_examples=300)
def test_fold_offsets_never_move(text: str) -> None:
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text) + 1
    assert folded.offsets[-1] == len(text)
    assert all(0 <= a <= b for a, b in zip(folded.offsets, folded.offsets[1:], strict=False))
    assert fold_text(text) == folded.text


@given(ODD)
@settings(deadline=None, max_examples=300)
def test_fold_does_not_see_normal_forms(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert fold_text(composed) == fold_text(unicodedata.normalize("NFD", text))


@given(st.text(alphabet="abcİIıəğşçöüёйЯ ", max_size=40), st.data())
@settings(deadline=None, max_examples=150)
def test_a_folded_match_is_found_in_the_original(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    needle = fold_text(text[start:end])
    folded = fold(text)
    place = folded.text.find(needle)
    assert place >= 0
    found = text[folded.offsets[place] : folded.offsets[place + len(needle)]]
    assert fold_text(found) == needle


def test_many_marks_on_one_letter_take_linear_time() -> None:
    text = "a" + "\u0301\u0316" * 100_000
    began = time.process_time()
    assert len(fold(text).offsets) == len(fold(text).text) + 1
    transliterate(text)
    assert time.process_time() - began < 20


def test_surrogates_are_replaced_one_for_one() -> None:
    assert without_surrogates("a\ud800b\udfffc") == "a\ufffdb\ufffdc"
    assert fold_text("\ud800İ") == "\ud800i"


# --- transliteration and names ---------------------------------------------------------------

TRANSLITERATED = {
    "bayramov": "Байрамов Bayramov Bayramow BAYRAMOV",
    "jeyhun": "Ceyhun Jeyhun Djeyhun",
    "aliyev": "Aliyev",
    "chavushoglu": "Çavuşoğlu Чавушоглу",
    "khankendi": "Xankəndi Ханкенди Khankendi",
    "pashinyan": "Пашинян Pashinyan Paşinyan",
}


@pytest.mark.parametrize(("plain", "spellings"), TRANSLITERATED.items(), ids=TRANSLITERATED.keys())
def test_transliterate(plain: str, spellings: str) -> None:
    assert {transliterate(spelling) for spelling in spellings.split()} == {plain}


def test_transliterate_keeps_other_scripts() -> None:
    assert transliterate("東京 é") == "東京 e"


SAME_NAMES = """
Байрамов Bayramov Bayramow Bayramova Байрамова Байрамовым Байрамову Bayramovun Bayramovdan
Джейхун Ceyhun Jeyhun Djeykhun Джейхуна Джейхуном Ceyhunun Ceyhunla
Алиев Əliyev Aliyev Eliyev Алиевым Алиева Əliyevin Əliyeva
Хаджиев Гаджиев Hacıyev Hajiyev Haciyev Хаджиевым Hacıyevin
Гасанов Həsənov Hasanov Hesenov
Гейдар Heydər Heydar Гейдара
Гусейнов Hüseynov Huseynov Huseinov
Мамедов Məmmədov Mammadov Mamedov
Ильхам İlham Ilham Ильхамом İlhamın
Зеленский Zelensky Zelenskiy Zelenskyy Зеленского Зеленским
Казакбаев Kazakbayev Kazakbaev Казакбаевым
Сарыбай Sarybay Sarıbay
Кайрат Kairat Kayrat Qayrat
Шмид Schmid Şmid
Чавушоглу Çavuşoğlu Cavusoglu Chavushoglu
Пашинян Paşinyan Pashinyan Pasinyan Пашиняна
Эрдоган Erdoğan Erdogan Ərdoğan Эрдоганом
Азербайджан Azərbaycan Azerbaijan Azerbaycan Азербайджана
Карабах Qarabağ Karabakh Garabagh Карабаха
Баку Bakı Bakü Baku
Ханкенди Xankəndi Khankendi
Макрон Makron Macron
Мария Maria Mariya Марии
Ереван Yerevan
""".strip().splitlines()


@pytest.mark.parametrize("names", SAME_NAMES, ids=lambda names: names.split()[0])
def test_spellings_of_a_name_meet(names: str) -> None:
    first, *others = names.split()
    forms = set(name_forms(first))
    apart = [other for other in others if not forms & set(name_forms(other))]
    assert apart == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bayramov", "Aliyev"),
        ("Ceyhun", "Hikmət"),
        ("Байрамов", "Мирзоян"),
        ("Baku", "Tbilisi"),
        ("Mammadov", "Mammadyarov"),
        ("Schmid", "Smirnov"),
    ],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert not set(name_forms(one)) & set(name_forms(other))


@pytest.mark.parametrize("word", ["", "a", "42", "漢字", "U.", "👍"])
def test_what_is_no_name_has_no_form(word: str) -> None:
    assert name_forms(word) == ()


# --- words and terms -------------------------------------------------------------------------

WORDS = {
    "apostrophe": ("Bayramov'un evi", ["Bayramov", "un", "evi"]),
    "hyphen": ("44-дневной COVID-19", ["44", "дневной", "COVID", "19"]),
    "number": ("1,234.5 and 22.09.2022.", ["1,234.5", "and", "22.09.2022"]),
    "letters and digits": ("COP29, 29th", ["COP29", "29", "th"]),
    "decomposed": ("cafe\u0301 й\u0306", ["cafe\u0301", "й\u0306"]),
    "soft hyphen": ("Azer\u00adbaijan", ["Azer\u00adbaijan"]),
    "underscore": ("a_b", ["a", "b"]),
    "emoji": ("👨‍👩‍👧 ok", ["ok"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS.keys())
def test_words(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected


@given(ODD)
@settings(deadline=None, max_examples=200)
def test_words_are_ordered_and_hold_every_letter_and_digit(text: str) -> None:
    found = words(text)
    position = 0
    for start, end in found:
        assert position <= start < end <= len(text)
        position = end
    held = {i for start, end in found for i in range(start, end)}
    assert held >= {i for i, c in enumerate(text) if c.isalnum()}


SHARED = {
    "English stem": ("en", "meetings", "en", "meeting"),
    "Russian stem": ("ru", "министров", "ru", "министр"),
    "Azerbaijani case": ("az", "naziri", "az", "nazirinin"),
    "Azerbaijani in ASCII": ("az", "görüşdü", "az", "gorusdu"),
    "Turkish case": ("tr", "toplantısı", "tr", "toplantıya"),
    "capital İ": ("tr", "İstanbul", "tr", "istanbul'da"),
    "name, ru to az": ("ru", "Байрамовым", "az", "Bayramovun"),
    "name, en to ru": ("en", "Jeyhun", "ru", "Джейхуна"),
    "name, tr to en": ("tr", "Ceyhun", "en", "Jeyhun's"),
    "name in a lower-case question": ("az", "ceyhun bayramov", "en", "Jeyhun"),
    "month": ("en", "in April", "az", "aprelində"),
    "day and month": ("en", "on September 22", "ru", "22 сентября"),
    "numeric date": ("en", "2022-09-22", "ru", "22.09.2022"),
    "written and numeric day": ("ru", "22 сентября", "en", "2022-09-22"),
    "grouped number": ("en", "1,234,567", "ru", "1\u00a0234\u00a0567"),
    "decimal": ("en", "3.5", "ru", "3,5"),
    "ordinal": ("en", "29th", "az", "29-cu"),
    "compound": ("en", "COVID-19", "en", "covid19"),
    "abbreviation": ("en", "COP29", "ru", "COP29"),
    "office": ("en", "chaired", "az", "sədrlik"),
    "organisation, initials": ("en", "OSCE", "az", "ATƏT-in"),
    "organisation, name and initials": ("ru", "Организация Объединённых Наций", "tr", "BM'nin"),
}


@pytest.mark.parametrize(("a", "one", "b", "other"), SHARED.values(), ids=SHARED.keys())
def test_terms_meet(a: str, one: str, b: str, other: str) -> None:
    assert set(terms(one, a)) & set(terms(other, b))


def test_stop_words_are_left_out() -> None:
    assert terms("What did the minister of Armenia say", "en") == [
        *("minist", "=minister", "armenia", "=armenia", "say"),
    ]


@pytest.mark.parametrize(
    ("text", "language"), [("Who?", "en"), ("Кто он?", "ru"), ("Bu nə?", "az")]
)
def test_a_text_of_stop_words_keeps_them(text: str, language: str) -> None:
    assert terms(text, language)


def test_every_word_is_a_concept_or_has_a_form_without_script() -> None:
    found = terms("The minister of Naftalan met Bayramov", "en")
    shared = [term for term in found if is_shared(term)]
    assert shared == ["=minister", "~naftal", "=meet", "~bairam"]
    assert "=minister" in terms("Министры", "ru")
    assert "~minist" in terms("Ministerium", "de")


@pytest.mark.parametrize(
    ("term", "shared"),
    [("~bairam", True), ("=chair", True), ("@0922", True), ("2024", True), ("minist", False)],
)
def test_what_languages_share(term: str, shared: bool) -> None:
    assert is_shared(term) is shared


@pytest.mark.parametrize("text", ["", "  ", "!!!", "👍", "\u0301", "\ud800"])
def test_nothing_to_index(text: str) -> None:
    assert terms(text, "und") == []


def test_unspaced_scripts_are_pairs() -> None:
    assert terms("外務大臣", "ja") == ["外務", "務大", "大臣"]


@given(ODD, st.sampled_from(["en", "ru", "az", "tr", "de", "ja", "und", "xx"]))
@settings(deadline=None, max_examples=200)
def test_terms_are_words_without_spaces(text: str, language: str) -> None:
    for term in terms(text, language):
        assert term
        assert not any(character.isspace() for character in term)


# --- language --------------------------------------------------------------------------------

LANGUAGES = """
en|Who met with the OSCE Secretary General?
en|Who?
en|Who is Əliyev?
en|Who met Ceyhun Bayramov in Ağdam?
en|When did Əliyev visit Şuşa?
en|COP29 chairmanship of Azerbaijan
en|minister of foreign affairs
en|Kairat Sarybay congratulated Azerbaijan
ru|Кто?
ru|Президент Азербайджана
ru|Кайрат Сарыбай
ru|С кем встретился Джейхун Байрамов?
ru|Министр
ru|Что сказал Çavuşoğlu?
az|Əliyev kim?
az|Əliyev hardadır?
az|Seferin meqsedi ne idi?
az|Neft qiymeti ne qederdir?
az|bes kim?
az|Xarici işlər naziri kimlə görüşüb?
az|Nazir ne dedi?
az|SOCAR neçə ton neft ixrac edib?
az|Bayramov kiminlə görüşüb
az|Bakıda iclas keçirilib
az|ATƏT baş katibi kimdir
az|Azerbaycanin xarici isler naziri Ceyhun Bayramov bu gun Bakida gorus kecirib
az|Prezident Ilham Eliyev kiminle gorusdu
az|Bayramov hansi olkenin naziri ile gorusub?
az|COP29 harada kecirilecek?
az|Azerbaycan neft qiymetleri
az|Toplantiya kim sedrlik edib?
az|Qarabag haqqinda son xeberler
az|kim gelib?
az|Bu gun Bakida ne bas verib
tr|Dışişleri Bakanı kiminle görüştü?
tr|Toplantı ne zaman yapıldı?
tr|Bakanlık ne dedi?
tr|Ceyhun Bayramov hangi ülkenin bakanı?
tr|deprem kaç kişinin ölümüne yol açtı
tr|Merkez Bankası faiz kararını açıkladı
tr|İstanbul'da düzenlenen toplantı
tr|Cumhurbaskani Ilham Aliyev kiminle gorustu
tr|Toplantiya kim baskanlik etti?
tr|Azerbaycan Disisleri Bakani ne soyledi
tr|COP29 nerede yapilacak?
tr|Bayramov kiminle gorustu
uk|Президент України зустрівся з міністром
kk|Қазақстан президенті Қасым-Жомарт Тоқаев
de|Wer hat sich mit dem Außenminister getroffen?
es|¿Quién se reunió con el ministro de Asuntos Exteriores?
fr|Le ministre des affaires étrangères a rencontré son homologue
ro|Cine s-a întâlnit cu ministrul de externe?
el|Ποιος συναντήθηκε με τον υπουργό;
ar|من التقى وزير الخارجية؟
he|מי נפגש עם שר החוץ
ka|ვინ შეხვდა მინისტრს
zh|谁会见了外交部长
ja|外務大臣は誰と会いましたか
ko|외무장관은 누구를 만났습니까
und|12.04.2024
und|👍
und|!!!
""".strip().splitlines()


@pytest.mark.parametrize("case", LANGUAGES)
def test_language(case: str) -> None:
    code, text = case.split("|", 1)
    assert detect_language(text) == code


def test_mixed_text_is_what_most_of_it_is() -> None:
    english = "The minister said that the talks would go on and that there is hope. "
    russian = "Министр сказал, что переговоры будут продолжены и что надежда есть. "
    assert detect_language(english * 5 + russian) == "en"
    assert detect_language(russian * 5 + english) == "ru"


def test_what_cannot_be_told_is_the_default() -> None:
    assert detect_language("2024", default="ru") == "ru"


def test_a_long_text_is_sampled() -> None:
    began = time.process_time()
    assert detect_language("Министр сказал, что это так. " * 1_000_000) == "ru"
    assert time.process_time() - began < 5


# --- sentences -------------------------------------------------------------------------------

SENTENCES: dict[str, tuple[str, list[str]]] = {
    "en initials": (
        "In his speech, J. Bayramov spoke. K. J. Smith left.",
        ["In his speech, J. Bayramov spoke.", "K. J. Smith left."],
    ),
    "en titles": ("Dr. Smith met Mr. Lee. He left.", ["Dr. Smith met Mr. Lee.", "He left."]),
    "en not an initial": ("This is plan B. He left.", ["This is plan B.", "He left."]),
    "en abbreviation at the end": ("He came to the U.S. The plan held.", None),
    "en glued": (
        "It serves stability.Azerbaijan's army grew.",
        ["It serves stability.", "Azerbaijan's army grew."],
    ),
    "en outlet": (
        "In Asia, News.Az reports. It said so.",
        ["In Asia, News.Az reports.", "It said so."],
    ),
    "en address": ("See www.Trend.Az/en now. Go.", ["See www.Trend.Az/en now.", "Go."]),
    "en quotation": ('"Fine," he said. "Go." He went.', None),
    "en number": (
        "No. 5 is alive. It rose 3.5 percent.",
        ["No. 5 is alive.", "It rose 3.5 percent."],
    ),
    "en stray brackets": ("He left (at last). Then... )", None),
    "ru initials": ("Пришёл И. И. Иванов. Он сел.", ["Пришёл И. И. Иванов.", "Он сел."]),
    "ru speech tag": (
        "«Нет!» — ответил министр. Он ушёл.",
        ["«Нет!» — ответил министр.", "Он ушёл."],
    ),
    "ru speech tag after a dash": (
        "— Да! — сказал он. Все ушли.",
        ["— Да! — сказал он.", "Все ушли."],
    ),
    "ru abbreviations": (
        "Улица им. Ленина, д. 5. Это 5 млн. руб. и т. д. по списку.",
        ["Улица им. Ленина, д. 5.", "Это 5 млн. руб. и т. д. по списку."],
    ),
    "ru city and year": (
        "В г. Баку тепло. Шёл 2020 г. и зима.",
        ["В г. Баку тепло.", "Шёл 2020 г. и зима."],
    ),
    "ru year before a new sentence": (
        "Встреча прошла в 2022 г. Потом министр уехал.",
        ["Встреча прошла в 2022 г.", "Потом министр уехал."],
    ),
    "ru year before a preposition": (
        "Договор подписан в 2022 г. В Баку ёлка. Конец.",
        ["Договор подписан в 2022 г.", "В Баку ёлка.", "Конец."],
    ),
    "ru year that goes on": (
        "В 1998 г. Москва решила иначе. Ещё раз.",
        ["В 1998 г. Москва решила иначе.", "Ещё раз."],
    ),
    "ru city with an initial": (
        "Был в г. В. Иванов, ёлка. Он сел.",
        ["Был в г. В. Иванов, ёлка.", "Он сел."],
    ),
    "ru and so on": (
        "Это ёлки, груши и т. д. Но это не всё и т. п. Однако он ушёл.",
        ["Это ёлки, груши и т. д.", "Но это не всё и т. п.", "Однако он ушёл."],
    ),
    "ru and so on, no spaces": (
        "Ёлки и т.д. Он заплатил 5 руб. Они ушли.",
        ["Ёлки и т.д.", "Он заплатил 5 руб.", "Они ушли."],
    ),
    "ru roubles and a noun": ("Ещё 5 млн руб. Министр доволен.", None),
    "az and so on": ("Alma və s. Sonra getdi.", ["Alma və s.", "Sonra getdi."]),
    "en clock before a weekday": (
        "The talks begin at 6 p.m. Monday in Baku. They end at 9 p.m. The doors close.",
        ["The talks begin at 6 p.m. Monday in Baku.", "They end at 9 p.m.", "The doors close."],
    ),
    "ru double initial": ("Пришёл Дж. Байрамов. Он сел.", ["Пришёл Дж. Байрамов.", "Он сел."]),
    "az initial": ("Bunu İ.Əliyev dedi. O getdi.", ["Bunu İ.Əliyev dedi.", "O getdi."]),
    "az initial with a space": (
        "Bunu C. Bayramov dedi. O getdi.",
        ["Bunu C. Bayramov dedi.", "O getdi."],
    ),
    "az titles": ("Prof. Dr. Əli gəldi və s. dedi.", ["Prof. Dr. Əli gəldi və s. dedi."]),
    "tr ordinal": ("Bu 3. dönem başladı. O gitti.", ["Bu 3. dönem başladı.", "O gitti."]),
    "tr ordinal before a name": (
        "Dün 29. Taraflar Konferansı başladı. O gitti.",
        ["Dün 29. Taraflar Konferansı başladı.", "O gitti."],
    ),
    "tr republic": ("T.C. Cumhurbaşkanı geldi. O gitti.", None),
    "heading": ("CICA\n\nThe talks began.", ["CICA", "The talks began."]),
    "heading on the next line": (
        "Organization\nThe talks began.",
        ["Organization", "The talks began."],
    ),
    "subscription line": (
        "Подписывайтесь на Sputnik в Дзен\nБАКУ, 25 сен — Sputnik.",
        ["Подписывайтесь на Sputnik в Дзен", "БАКУ, 25 сен — Sputnik."],
    ),
    "line that goes on": (
        "As part of his\nvisit to Baku. End.",
        ["As part of his\nvisit to Baku.", "End."],
    ),
    "wrapped lines": (
        "The minister of foreign affairs of the republic met with\n"
        "Bayramov and the secretary general of the organization in the\n"
        "city of Baku. They spoke.",
        None,
    ),
    "carriage returns": ("One is.\r\nTwo is.\r\rThree", ["One is.", "Two is.", "Three"]),
    "bullets": ("Three points\n- one\n- two", ["Three points", "- one", "- two"]),
    "list of headlines": (
        "Глава МИД Азербайджана встретился с сопредседателями и главой МИД Армении\n"
        "Азербайджану необходимо новое соглашение с ЕС на основе равного партнерства\n"
        "Джейхун Байрамов: открытие коммуникаций усилит роль Южного Кавказа",
        None,
    ),
    "emoji": ("Well done 👨‍👩‍👧! Next 🇦🇿.", ["Well done 👨‍👩‍👧!", "Next 🇦🇿."]),
    "only marks": ("...", ["..."]),
    "surrogate": ("One \ud800 is. Two is.", ["One \ud800 is.", "Two is."]),
    "nothing": (" \n\t ", []),
}
COUNTS = {
    "en abbreviation at the end": 2,
    "en quotation": 3,
    "en stray brackets": 2,
    "tr republic": 2,
    "ru roubles and a noun": 1,
    "wrapped lines": 2,
    "list of headlines": 3,
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences(name: str) -> None:
    text, expected = SENTENCES[name]
    language = name[:2] if name[2:3] == " " else "ru" if "ё" in text or "Б" in text else "en"
    found = [text[start:end] for start, end in sentences(text, language)]
    if expected is None:
        assert len(found) == COUNTS[name], found
    else:
        assert found == expected


def test_a_text_in_lower_case_is_still_cut() -> None:
    assert len(sentences("he came. she left. they stayed.", "en")) == 3


def test_no_sentence_crosses_a_range() -> None:
    text = "one two three four"
    assert sentences(text, "en", within=[(0, 8), (8, 18)]) == [(0, 7), (8, 18)]


def test_ranges_beyond_the_text_are_clipped() -> None:
    assert sentences("One.", "en", within=[(-5, 2), (2, 99)]) == [(0, 2), (2, 4)]


@given(
    text=ODD,
    language=st.sampled_from(["en", "ru", "az", "tr", "ja", "und", "nonsense"]),
    cuts=st.sets(st.integers(0, 120), max_size=4),
)
@settings(deadline=None, max_examples=300)
def test_sentences_cover_what_they_are_asked_to_and_no_more(
    text: str, language: str, cuts: set[int]
) -> None:
    bounds = sorted(min(cut, len(text)) for cut in cuts)
    within = list(zip(bounds[::2], bounds[1::2], strict=False)) if cuts else None
    found = sentences(text, language, within=within)
    allowed = [(0, len(text))] if within is None else within
    position = 0
    for start, end in found:
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        assert any(first <= start and end <= last for first, last in allowed)
        position = end
    held = {i for start, end in found for i in range(start, end)}
    asked = {i for first, last in allowed for i in range(first, last)}
    assert held >= {i for i in asked if not text[i].isspace()}


def test_a_megabyte_without_a_full_stop_takes_linear_time() -> None:
    began = time.process_time()
    found = sentences("слово word " * 100_000, "ru")
    assert found[0][0] == 0
    assert time.process_time() - began < 20
