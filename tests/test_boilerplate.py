"""What is excluded from articles and what must stay, in four languages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.boilerplate import find_boilerplate, is_headline, is_prose, merge, split_lines

RU = "Министр иностранных дел провел переговоры с коллегой в столице, сообщили в ведомстве."
EN = "The foreign minister held talks with his counterpart in the capital, the ministry said."
AZ = "Xarici işlər naziri paytaxtda həmkarı ilə danışıqlar aparıb, nazirlikdən bildirilib."
TR = "Dışişleri bakanı başkentte mevkidaşıyla görüşmeler yaptı, bakanlıktan açıklama geldi."


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    excluded: tuple[str, ...]


CASES = [
    # English
    Case("en section and headline", f"World\n\nMinister holds talks in Ankara\n\n{EN}", ("World",)),
    Case(
        "en breadcrumbs",
        f"Home > World > Asia\nMinister holds talks in Ankara\n{EN}",
        ("Home > World > Asia",),
    ),
    Case("en advert", f"{EN}\nADVERTISEMENT\n{EN}", ("ADVERTISEMENT",)),
    Case(
        "en related at the end",
        f"{EN}\n\nRelated articles:\n\nOil prices rise for a third day\nParliament votes on budget",
        ("Related articles:", "Oil prices rise for a third day", "Parliament votes on budget"),
    ),
    Case(
        "en read more inline between paragraphs",
        f"{EN}\nRead more: Parliament votes on budget after long debate\n{EN}",
        ("Read more: Parliament votes on budget after long debate",),
    ),
    Case(
        "en list before a heading and more prose",
        f"{EN}\n\nRead also:\nOil prices rise for a third day\n\nBackground\n\n{EN}",
        ("Read also:", "Oil prices rise for a third day"),
    ),
    Case(
        "en share row and counter",
        f"Facebook Twitter WhatsApp Telegram\nMinister holds talks in Ankara\nViews: 1 204\n{EN}",
        ("Facebook Twitter WhatsApp Telegram", "Views: 1 204"),
    ),
    Case(
        "en follow us",
        f"{EN}\nFollow us on Twitter @AzernewsAz",
        ("Follow us on Twitter @AzernewsAz",),
    ),
    Case(
        "en newsletter",
        f"{EN}\nSign up for our morning newsletter.\n{EN}",
        ("Sign up for our morning newsletter.",),
    ),
    Case(
        "en Trend footer",
        f"{EN}\nStay up-to-date with more news on Trend News Agency's WhatsApp channel",
        ("Stay up-to-date with more news on Trend News Agency's WhatsApp channel",),
    ),
    Case(
        "en MENAFN footer",
        f"{EN}\n\nMENAFN23102024000195011045ID1108809123\n\nLegal Disclaimer:\n"
        'MENAFN provides the information "as is" without warranty of any kind.',
        (
            "MENAFN23102024000195011045ID1108809123",
            "Legal Disclaimer:",
            'MENAFN provides the information "as is" without warranty of any kind.',
        ),
    ),
    Case(
        "en Reuters footer",
        f"{EN}\n(Reporting by Nailia Bagirova; Editing by Andrew Osborn)\n"
        "Our Standards: The Thomson Reuters Trust Principles.",
        ("Our Standards: The Thomson Reuters Trust Principles.",),
    ),
    Case(
        "en AP footer",
        f"{EN}\n____\nCopyright 2024 The Associated Press. All rights reserved.",
        ("____", "Copyright 2024 The Associated Press. All rights reserved."),
    ),
    Case("font size, one way", f"17 April 2024 + ↺ − 16 px\n{EN}", ("+ ↺ − 16 px",)),
    Case("font size, another way", f"A- A+\n{EN}", ("A- A+",)),
    # Russian
    Case(
        "ru Sputnik",
        f"Новости\n\nМинистр провел переговоры в Анкаре\n\n{RU}\n"
        f"Подписывайтесь на Sputnik в Дзен\n{RU}\n\nЧитайте также:\n\n"
        "Цены на нефть растут третий день\nПарламент принял бюджет - спикер",
        (
            "Новости",
            "Подписывайтесь на Sputnik в Дзен",
            "Читайте также:",
            "Цены на нефть растут третий день",
            "Парламент принял бюджет - спикер",
        ),
    ),
    Case(
        "ru telegram channel",
        f"{RU}\nВсе самое интересное — в нашем Telegram-канале",
        ("Все самое интересное — в нашем Telegram-канале",),
    ),
    Case(
        "ru subscribe with exclamation",
        f"{RU}\nПодпишитесь на наш канал в Яндекс.Дзен!\n{RU}",
        ("Подпишитесь на наш канал в Яндекс.Дзен!",),
    ),
    Case(
        "ru related inside",
        f"{RU}\nПо теме: Парламент принял бюджет в первом чтении\n{RU}",
        ("По теме: Парламент принял бюджет в первом чтении",),
    ),
    Case(
        "ru mistake form and rights",
        f"{RU}\nНашли ошибку? Выделите ее и нажмите Ctrl+Enter\n© 2024 Все права защищены",
        ("Нашли ошибку? Выделите ее и нажмите Ctrl+Enter", "© 2024 Все права защищены"),
    ),
    Case("ru tags below", f"{RU}\nТеги:\n  Баку, переговоры", ("Теги:", "Баку, переговоры")),
    Case("ru tags beside", f"{RU}\nТеги: Баку, ООН", ("Теги: Баку, ООН",)),
    Case(
        "ru advert mark",
        f"{RU}\nРеклама. ООО «Ромашка», erid: 2VtzqxKmN1a\n{RU}",
        ("Реклама. ООО «Ромашка», erid: 2VtzqxKmN1a",),
    ),
    Case("ru photo credit", f"{RU}\nФото: Reuters\n{RU}", ("Фото: Reuters",)),
    # Azerbaijani
    Case(
        "az Report",
        f"Ana səhifə / Xarici siyasət\nNazir Ankarada danışıqlar aparıb\n{AZ}\n"
        "Bizi Google News-da izləyin\nOxşar xəbərlər\nNeft bahalaşır, qiymət yenə artıb\n"
        "Parlament büdcəni qəbul edib",
        (
            "Ana səhifə / Xarici siyasət",
            "Bizi Google News-da izləyin",
            "Oxşar xəbərlər",
            "Neft bahalaşır, qiymət yenə artıb",
            "Parlament büdcəni qəbul edib",
        ),
    ),
    Case("az capitals", f"XƏBƏRLƏR\nNazir Ankarada danışıqlar aparıb\n{AZ}", ("XƏBƏRLƏR",)),
    Case(
        "az subscribe",
        f"{AZ}\nTelegram kanalımıza abunə olun!",
        ("Telegram kanalımıza abunə olun!",),
    ),
    Case("az views", f"Nazir Ankarada\nBaxış sayı: 312\n{AZ}", ("Baxış sayı: 312",)),
    Case(
        "az rights",
        f"{AZ}\nBütün hüquqlar qorunur. Xəbərdən istifadə edərkən istinad mütləqdir.",
        ("Bütün hüquqlar qorunur. Xəbərdən istifadə edərkən istinad mütləqdir.",),
    ),
    Case(
        "az read also",
        f"{AZ}\nBunları da oxuyun:\n• Neft üçüncü gün bahalaşır\n• Parlament toplaşıb\n{AZ}",
        ("Bunları da oxuyun:", "• Neft üçüncü gün bahalaşır", "• Parlament toplaşıb"),
    ),
    # Turkish
    Case(
        "tr Anadolu footer",
        f"{TR}\nAnadolu Ajansı web sitesinde, AA Haber Akış Sistemi (HAS) üzerinden abonelere "
        "sunulan haberler, özetlenerek yayımlanmaktadır. Abonelik için lütfen iletişime geçiniz.",
        (
            "Anadolu Ajansı web sitesinde, AA Haber Akış Sistemi (HAS) üzerinden abonelere "
            "sunulan haberler, özetlenerek yayımlanmaktadır. Abonelik için lütfen iletişime "
            "geçiniz.",
        ),
    ),
    Case(
        "tr Hürriyet",
        f"Haberler\nDünya Haberleri\nBakan başkentte görüştü\nPaylaş\n{TR}\n"
        "HABERİN DEVAMI\nİLGİLİ HABERLER\nPetrol fiyatları üçüncü gün yükseldi",
        (
            "Haberler",
            "Dünya Haberleri",
            "Paylaş",
            "HABERİN DEVAMI",
            "İLGİLİ HABERLER",
            "Petrol fiyatları üçüncü gün yükseldi",
        ),
    ),
    Case(
        "tr subscribe",
        f"{TR}\nBizi Instagram'da takip edin\n{TR}",
        ("Bizi Instagram'da takip edin",),
    ),
    Case("tr tags", f"{TR}\nEtiketler: Ankara, Bakü", ("Etiketler: Ankara, Bakü",)),
    # What only looks like it
    Case("kept: byline", f"By Vugar Khalilov\n\n{EN}", ()),
    Case("kept: date line", f"17 April 2024, 14:30\n{EN}", ()),
    Case("kept: follow in a sentence", f"{EN}\nFollow the money, the analyst said.\n{EN}", ()),
    Case(
        "kept: subscribe in a sentence",
        f"{RU}\nПодпишитесь под петицией, призвал депутат жителей города.\n{RU}",
        (),
    ),
    Case("kept: copyright law", f"Copyright law was passed by parliament on Monday.\n{EN}", ()),
    Case("kept: destruction", f"Полное или частичное разрушение зданий.\n{RU}\n{RU}", ()),
    Case("kept: match of two countries", f"Россия — Турция\n{RU}", ()),
    Case("kept: heading amid prose", f"{EN}\n\nSport\n\n{EN}", ()),
    Case("kept: year as a heading", f"{EN}\n2024\n{EN}", ()),
    Case("kept: comment", f"Comment: the plan is sound, the minister said.\n{EN}", ()),
    Case("kept: quoted call", f"{RU}\n«Мы в нашем городе», — сказал мэр.\n{RU}", ()),
    Case("kept: nothing but boilerplate", "Реклама\nПоделиться", ()),
    Case("kept: prose after a list label", f"{EN}\nSee also\n{EN}", ("See also",)),
    Case("kept: pixels in prose", f"{EN}\nThe margin is 16 px wide.", ()),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_named_cases(case: Case) -> None:
    found = tuple(case.text[start:end] for start, end in find_boilerplate(case.text))
    assert found == case.excluded


def test_prose_and_headlines_are_told_apart() -> None:
    assert is_prose(EN)
    assert is_prose("Он сказал: «Да». Потом " + "слово " * 12)
    assert is_headline("Will the talks resume?")
    assert is_headline("«Как поплавали?»")
    assert not is_headline("CICA")
    assert not is_headline(RU)


def test_lines_end_at_line_feeds_only() -> None:
    text = "a\u2028b\n  c\x0c \n\n\td\x85e"
    assert [text[line.start : line.end] for line in split_lines(text)] == [
        "a\u2028b",
        "c",
        "d\x85e",
    ]


def test_merging_joins_what_touches() -> None:
    assert merge([(5, 7), (0, 2), (2, 3), (6, 9), (4, 4)]) == ((0, 3), (5, 9))


PIECES = st.sampled_from(
    [
        *(
            "Реклама",
            "Читайте также:",
            "İlgili haberler",
            "+ ↺ − 16 px",
            "News",
            "Теги:",
            "©",
            "\n",
        ),
        *("İSTANBUL", "ẞ", "e\u0301", "👩\u200d🚀", "\u2028", "\x85", "\x0c", " ", "A- A+", EN, RU),
        *(
            "Oil prices rise for a third day",
            "Подписывайтесь на наш канал",
            "Views: 3",
            "ﬁ",
            "\u00ad",
        ),
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=30), st.sampled_from("\n \t"))
def test_ranges_are_sorted_disjoint_and_in_range(pieces: list[str], joint: str) -> None:
    text = joint.join(pieces)
    found = find_boilerplate(text)
    last = 0
    for start, end in found:
        assert last <= start < end <= len(text)
        last = end + 1
    assert find_boilerplate(text) == found
    if found:
        left = "".join(
            text[end:start]
            for (_, end), (start, _) in zip(
                [(0, 0), *found], [*found, (len(text), len(text))], strict=True
            )
        )
        assert any(char.isalnum() for char in left)


def test_long_texts_take_linear_time() -> None:
    """A list label on each of 20,000 lines must not look ahead over all the others."""
    text = "\n".join(["Read more: One more headline about oil"] * 20_000 + [EN])
    assert len(find_boilerplate(text)) == 20_000
