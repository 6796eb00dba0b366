"""What a text says about itself: title, source, author, date, and what is no article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from articles_support import AZ, EN, RU, TR, quotes

from embeddings.articles import make_article


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    title: str | None = None
    source: str | None = None
    author: str | None = None
    day: date | None = None


CASES = [
    # English
    Case(
        "Reuters",
        f"Minister holds talks in Ankara\nBy Nailia Bagirova\n"
        f"BAKU, May 3 (Reuters) - {EN}\n(Reporting by Nailia Bagirova; Editing by Mark Heinrich)",
        *("Minister holds talks in Ankara", "Reuters", "Nailia Bagirova"),
    ),
    Case(
        "Reuters with a year",
        f"MOSCOW, May 3, 2024 (Reuters) - {EN}",
        source="Reuters",
        day=date(2024, 5, 3),
    ),
    Case(
        "AP",
        f"Minister holds talks in Ankara\n\nBy JOHN SMITH\n\nWASHINGTON (AP) — {EN}",
        *("Minister holds talks in Ankara", "AP", "JOHN SMITH"),
    ),
    Case("Xinhua", f"BEIJING, April 12 (Xinhua) -- {EN}", source="Xinhua"),
    Case(
        "MENAFN by way of another",
        f"date 2023-01-31 (MENAFN- Trend News Agency) {EN}",
        source="Trend News Agency",
        day=date(2023, 1, 31),
    ),
    Case(
        "Trend English",
        f"Minister holds talks in Ankara\n\nBAKU, Azerbaijan, October 23. "
        f"{EN[:-1]}, Trend reports.",
        *("Minister holds talks in Ankara", "Trend"),
    ),
    Case(
        "Report English",
        f"Minister holds talks in Ankara\n{EN[:-1]}, Report informs, citing the ministry.",
        *("Minister holds talks in Ankara", "Report"),
    ),
    Case(
        "site byline with date",
        f"Minister holds talks in Ankara\nBy Jane Doe | 17 April 2024\n{EN}",
        *("Minister holds talks in Ankara", None, "Jane Doe"),
    ),
    Case(
        "published label and an update",
        f"Minister holds talks in Ankara\nPublished: 17 April 2024, 14:30\n{EN}",
        *("Minister holds talks in Ankara", None, None, date(2024, 4, 17)),
    ),
    Case(
        "only updated",
        f"Minister holds talks\nUpdated: 17 April 2024\n{EN}",
        "Minister holds talks",
    ),
    Case(
        "two authors",
        f"By Jane Doe and John Smith\n{EN}",
        author="Jane Doe and John Smith",
    ),
    Case("organisation's byline", f"By Daily Sabah\n{EN}", source="Daily Sabah"),
    Case(
        "a year in the headline",
        f"Премию 2012 года получил писатель\nЖером Феррари.\n{RU}",
        "Премию 2012 года получил писатель",
    ),
    Case("a line that leads on", f"The minister named three points:\n{EN}"),
    Case(
        "foreign agency only quoted",
        f"Minister holds talks\n{EN[:-1]}, Reuters reports.",
        "Minister holds talks",
    ),
    Case(
        "day in the news is no date",
        f"Minister holds talks\nOn 5 May 2024 {EN}",
        "Minister holds talks",
    ),
    # Russian
    Case(
        "TASS",
        f"Министр провел переговоры в Анкаре\n\nМОСКВА, 3 мая. /ТАСС/. {RU}",
        *("Министр провел переговоры в Анкаре", "ТАСС"),
    ),
    Case(
        "TASS correspondent",
        f"АНКАРА, 3 мая 2024 года. /Корр. ТАСС Иван Петров/. {RU}",
        *(None, "ТАСС", "Иван Петров", date(2024, 5, 3)),
    ),
    Case(
        "RIA with author",
        f"Министр провел переговоры в Анкаре\nМОСКВА, 3 мая — РИА Новости, Мария Иванова. {RU}",
        *("Министр провел переговоры в Анкаре", "РИА Новости", "Мария Иванова"),
    ),
    Case(
        "Interfax",
        f"Министр провел переговоры в Анкаре\nМосква. 3 мая. INTERFAX.RU - {RU}",
        *("Министр провел переговоры в Анкаре", "INTERFAX.RU"),
    ),
    Case("Trend in Russian", f"БАКУ /Trend/ - {RU}", source="Trend"),
    Case(
        "Sputnik after a standfirst",
        f"Министр провел переговоры\n\n{RU}\nБАКУ, 25 сен — Sputnik. {RU}",
        *("Министр провел переговоры", "Sputnik"),
    ),
    Case(
        "date line above",
        f"17.04.2024, 14:30\nМинистр провел переговоры в Анкаре\n{RU}",
        *("Министр провел переговоры в Анкаре", None, None, date(2024, 4, 17)),
    ),
    Case("author label below", f"{RU}\n{RU}\nАвтор: Иван Петров", author="Иван Петров"),
    Case("source label below", f"{RU}\n{RU}\nИсточник: Day.Az", source="Day.Az"),
    Case(
        "caption with a date",
        f"Министр провел переговоры\nДжейхун Байрамов, 26 марта 2017 года\n{RU}",
        "Министр провел переговоры",
    ),
    Case(
        "caption of a date",
        f"Министр вышел из дома\n15 апреля 2013 года\n{RU}",
        "Министр вышел из дома",
    ),
    Case("parenthesis of a person", f"Иван Петров (Россия) - {RU}"),
    # Azerbaijani
    Case(
        "AZƏRTAC",
        f"Nazir Ankarada danışıqlar aparıb\n\nBakı, 23 oktyabr, AZƏRTAC\n\n{AZ}",
        *("Nazir Ankarada danışıqlar aparıb", "AZƏRTAC"),
    ),
    Case(
        "APA citing another",
        f"Nazir Ankarada danışıqlar aparıb\n{AZ[:-1]}, APA TASS-a istinadən xəbər verir.",
        *("Nazir Ankarada danışıqlar aparıb", "APA"),
    ),
    Case("Report in Azerbaijani", f"Bakı. 5 may. REPORT.AZ/ {AZ}", source="REPORT.AZ"),
    Case("Trend in Azerbaijani", f"Bakı. Trend: {AZ}", source="Trend"),
    Case(
        "site, date and author",
        f"Nazir Ankarada danışıqlar aparıb\n12 aprel 2024, 10:15\n{AZ[:-1]}, Oxu.Az xəbər verir.\n"
        "Müəllif: Leyla Məmmədova",
        *("Nazir Ankarada danışıqlar aparıb", "Oxu.Az", "Leyla Məmmədova", date(2024, 4, 12)),
    ),
    Case("foreign agency in Azerbaijani", f"{AZ[:-1]}, bu barədə TASS xəbər verir."),
    # Turkish
    Case(
        "Anadolu",
        f"Bakan başkentte görüştü\nANKARA (AA) - {TR}",
        *("Bakan başkentte görüştü", "AA"),
    ),
    Case(
        "DHA",
        f"Mehmet YILMAZ/ANKARA, (DHA)- {TR}",
        source="DHA",
        author="Mehmet YILMAZ",
    ),
    Case(
        "Hürriyet",
        f"Bakan başkentte görüştü\nOluşturulma Tarihi: 17 Nisan 2024 10:15\n{TR}\nHaber: Ali Veli",
        *("Bakan başkentte görüştü", None, "Ali Veli", date(2024, 4, 17)),
    ),
    Case("organisation in parentheses", f"Avrupa Birliği (AB) - {TR}"),
    Case("footer", f"{TR}\n{TR}\nhaber7.com", source="haber7.com"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_metadata_of_the_text(case: Case) -> None:
    article = make_article(text=case.text)
    found = (article.title, article.source, article.author, article.published_at)
    assert found == (case.title, case.source, case.author, case.day)


def test_bylines_and_date_lines_may_be_quoted() -> None:
    text = f"By Vugar Khalilov\n17 April 2024, 14:30\n{EN}\nNews.Az"
    article = make_article(text=text)
    assert quotes(article) == ["News.Az"]


def test_what_is_given_wins() -> None:
    article = make_article(
        text=f"A headline of the text\nBy Jane Doe\n17 April 2024, 14:30\n{EN}\nAzernews",
        id="given",
        title="Title",
        source="Azernews",
        author="Author",
        published_at="2020-01-02T23:59:00+04:00",
        language="en-GB",
        url="https://example.org/1",
    )
    assert (article.id, article.title, article.author) == ("given", "Title", "Author")
    assert (article.published_at, article.language) == (date(2020, 1, 2), "en")
    assert article.url == "https://example.org/1"
    assert quotes(article) == ["Azernews"]


def test_a_text_of_boilerplate_only_keeps_it() -> None:
    assert make_article(text="News.Az").excluded == ()
    assert quotes(make_article(text="Реклама\n\nNews.Az")) == ["Реклама"]
