"""The page: who else says so, what is newer, who disagrees, and what a screen reader is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from selenium.webdriver import Keys
from web_support import needs_browser

import qa.web
from prompts import LANGUAGES, load_json, reply
from qa.disagree import with_support
from qa.models import (
    Answer,
    AskResult,
    Citation,
    NewerArticle,
    Passage,
    Scores,
    Sentence,
    Timings,
)

PAGE = load_json("page.json")
QUESTION = "How many were hurt?"


def citation(
    text: str,
    sentence: str,
    *,
    article: str,
    source: str | None = "Example Agency",
    day: date | None = date(2024, 4, 1),
    duplicates: tuple[str, ...] = (),
    age_days: int | None = 10,
) -> Citation:
    start = sentence.index(text)
    return Citation(
        article_id=article,
        title=f"Title of {article}",
        source=source,
        author=None,
        published_at=day,
        language="en",
        url=None,
        sha256="0" * 64,
        start=start,
        end=start + len(text),
        quote=text,
        sentence=Sentence(0, len(sentence), sentence),
        duplicates=duplicates,
        age_days=age_days,
    )


def answer(cited: Citation, *, also=(), newer=()) -> Answer:
    return with_support(
        Answer(cited.quote, 0.9, "high", cited, Scores(), also=tuple(also), newer=tuple(newer))
    )


def passage(article: str, *, title: str, source: str) -> Passage:
    return Passage(
        article_id=article,
        chunk_id=f"{article}:0",
        start=0,
        end=5,
        text="Text.",
        scores=Scores(),
        title=title,
        source=source,
        published_at=date(2024, 4, 2),
        language="en",
        sentences=((0, 5),),
    )


def copied(one: Passage, *copies: str) -> Passage:
    return replace(one, duplicates=copies)


def replied(*answers: Answer, disagreement=False, passages=(), message="It is said.") -> dict:
    return AskResult(
        query_id="q",
        question=QUESTION,
        language="en",
        rewritten_question=None,
        state="answered" if answers else "no_answer",
        no_answer_reason=None if answers else "not_in_articles",
        message=message,
        answers=answers,
        passages=tuple(passages),
        index_version="1",
        timings_ms=Timings(1, 1, 1, 3),
        disagreement=disagreement,
    ).to_dict()


def article(name: str, *, day: str | None = "2024-03-05", text: str = "Its text.") -> dict:
    return {
        "id": name,
        "title": f"Title of {name}",
        "source": f"Source of {name}",
        "author": None,
        "published_at": day,
        "language": "en",
        "url": None,
        "sha256": "0" * 64,
        "text": text,
        "excluded": [],
    }


SIX = citation("6", "The quake in Agdam hurt 6 people.", article="six")
NINE = citation("9", "The quake in Agdam hurt 9.", article="nine", source="Other", day=None)


def lines(site, css):
    return [one.text for one in site.all(css)]


@needs_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_disagreement_is_said_above_the_answers_that_differ(site, language):
    site.choose("interface", language)
    site.fake({QUESTION: replied(answer(SIX), answer(NINE), disagreement=True)})
    site.ask(QUESTION)
    assert lines(site, "#result > :first-child") == [reply("disagreement", language)]
    assert site.text(".answer .text") == "6"
    assert lines(site, ".other .text") == ["9"]
    assert "2024" in site.text(".answer .place")
    assert PAGE[language]["undated.article"] in site.text(".other .place")
    assert site.told().startswith(reply("disagreement", language))


@needs_browser
@pytest.mark.parametrize(
    ("language", "counts", "more"),
    [
        ("en", "6 articles, 2 independent reports", "… and 1 more"),
        ("ru", "6 статей, 2 независимых источника", "… и ещё 1"),
        ("az", "6 məqalə, 2 müstəqil mənbə", "… və daha 1"),
        ("tr", "6 makale, 2 bağımsız kaynak", "… ve 1 tane daha"),
    ],
)
def test_copies_are_counted_and_named_the_earliest_first(site, language, counts, more):
    cited = replace(SIX, duplicates=("c1", "c2", "c3", "c4"))
    known = passage("c2", title="Known already", source="From the reply")
    site.choose("interface", language)
    site.fake(
        {QUESTION: replied(answer(cited, also=[NINE]), passages=[known])},
        {"c1": article("c1"), "c3": article("c3", day="2024-03-01"), "c4": article("c4", day=None)},
    )
    site.ask(QUESTION)
    assert site.text(".answer .counts") == counts
    assert site.text(".copies > p") == PAGE[language]["copies"] + ":"
    site.wait(lambda: len(site.all(".copies button")) == 4)
    named = lines(site, ".copies li")
    assert [line.split(" · ")[-1] for line in named] == [
        "Title of c3",
        "Title of c1",
        "Known already",
        more,
    ]
    assert named[0].startswith("Source of c3 · ")
    assert "2024" in named[0]
    site.all(".copies button")[-1].click()
    assert lines(site, ".copies li")[3] == "Source of c4 · Title of c4"
    assert site.focused().text == "Source of c4 · Title of c4"
    assert site.script("return window.asked") == [QUESTION, "c1", "c3", "c4"]
    site.all(".copies button")[0].click()
    site.wait(lambda: site.text("#panel-text") == "Its text.")
    assert site.text("#panel-title") == "Title of c3"


@needs_browser
def test_a_copy_that_cannot_be_fetched_keeps_its_id(site):
    site.fake({QUESTION: replied(answer(replace(SIX, duplicates=("gone",))))})
    site.ask(QUESTION)
    site.wait(lambda: lines(site, ".copies button") == ["gone"])
    assert site.text(".answer .counts") == "2 articles, 1 independent report"


@needs_browser
def test_one_article_is_not_counted(site):
    site.fake({QUESTION: replied(answer(SIX))})
    site.ask(QUESTION)
    assert not site.all(".counts, .elsewhere, .note")


@needs_browser
@pytest.mark.parametrize("language", ["en", "az"])
def test_further_citations_stand_with_their_sentences(site, language):
    twice = replace(SIX, start=30, end=31)
    again = replace(SIX, start=99, end=100, sentence=Sentence(90, 111, "Of them, 6 went home."))
    other = citation("6", "Doctors saw <b>6</b> people.", article="other", source="Other Agency")
    site.choose("interface", language)
    site.fake(
        {QUESTION: replied(answer(SIX, also=[twice, again, other, other]))},
        {"six": article("six", text="." * 90 + again.sentence.text)},
    )
    site.ask(QUESTION)
    assert site.text(".also > p") == PAGE[language]["also"] + ":"
    assert [line.split(" · ")[0] for line in lines(site, ".also button")] == ["Other Agency"]
    assert lines(site, ".also blockquote") == [other.sentence.text]
    assert lines(site, ".also mark") == ["6"]
    assert site.text(".same summary") == PAGE[language]["also.same"] + " (1)"
    site.one(".same summary").click()
    assert lines(site, ".same blockquote") == [again.sentence.text]
    site.one(".same button").click()
    site.wait(lambda: lines(site, "#panel mark") == ["6"])
    assert site.text("#panel .sentence") == again.sentence.text


@needs_browser
@pytest.mark.parametrize("language", ["en", "ru"])
def test_newer_articles_stand_with_source_and_date(site, language):
    later = NewerArticle("later", "Later that year", None, date(2024, 11, 30))
    site.choose("interface", language)
    site.fake({QUESTION: replied(answer(SIX, newer=[later]))}, {"later": article("later")})
    site.ask(QUESTION)
    assert site.text(".newer > p") == PAGE[language]["newer"] + ":"
    (button,) = site.all(".newer button")
    assert button.text.startswith(PAGE[language]["unsourced"] + " · ")
    assert button.text.endswith("Later that year")
    assert "2024" in button.text


@needs_browser
def test_the_answer_and_its_source_are_told_to_screen_readers(site):
    site.fake({QUESTION: replied(answer(SIX)), "Why?": replied(message="Nobody says it.")})
    site.ask(QUESTION)
    assert site.told() == "Answer: 6. Example Agency, April 1, 2024"
    assert site.one("#status span [lang=en]").get_attribute("textContent") == "6"
    assert site.one("#status .hidden").size["width"] <= 1
    site.choose("interface", "ru")
    assert site.told() == "Ответ: 6. Example Agency, 1 апреля 2024 г."
    site.ask("Why?")
    assert site.told() == "Нет ответа. Nobody says it."


@needs_browser
def test_the_nearest_passages_name_their_copies_where_nothing_answers(site):
    one, other = (passage(name, title=name, source=name) for name in ("a1", "a2"))
    site.fake({QUESTION: replied(passages=[copied(one, "c1", "c2"), other])}, {"c1": article("c1")})
    site.ask(QUESTION)
    site.wait(lambda: len(site.all(".passage .copies button")) == 2)
    assert lines(site, ".copies li") == ["Source of c1 · March 5, 2024 · Title of c1", "c2"]
    assert len(site.all(".passage")) == 2
    site.fake({QUESTION: replied(answer(SIX), passages=[copied(one, "c1")])}, {"c1": article("c1")})
    site.ask(QUESTION)
    assert site.all(".passage .copies") == []


@needs_browser
def test_ages_are_rounded_down_and_a_day_to_come_has_none(site):
    ages = [-3, 0, 1, 60, 61, 730, 731, None]
    told = site.script(
        "const ages = arguments[0]; return import('/page/render.js').then("
        " (m) => ages.map((days) => m.age(days, 'en', 'today')));",
        ages,
    )
    assert told == [
        None,
        "today",
        "1 day ago",
        "60 days ago",
        "2 months ago",
        "23 months ago",
        "2 years ago",
        None,
    ]
    tomorrow = replace(SIX, age_days=-1)
    site.fake({QUESTION: replied(answer(tomorrow))})
    site.ask(QUESTION)
    assert site.text(".answer .place") == "Example Agency · April 1, 2024 · Title of six"


@needs_browser
def test_a_refused_question_does_not_stand_above_the_answer_before(site):
    site.fake({QUESTION: replied(answer(SIX)), "Why?": {"status": 503}})
    site.ask(QUESTION)
    site.type("Why?")
    site.wait(lambda: site.text("#status") == PAGE["en"]["wait"].replace("{seconds}", "1"))
    site.choose("interface", "tr")
    assert site.text("#status") == PAGE["tr"]["wait"].replace("{seconds}", "1")
    assert site.all("#result > *") == []


@needs_browser
@pytest.mark.parametrize("late", [{"status": 503}, replied(answer(NINE))])
def test_a_late_reply_to_an_earlier_question_is_not_shown(site, late):
    site.fake({"Slow?": {**late, "held": True}, QUESTION: replied(answer(SIX))})
    site.type("Slow?")
    site.wait(lambda: site.script("return window.asked") == ["Slow?"])
    site.ask(QUESTION)
    site.release("Slow?")
    site.script("return new Promise((resolve) => setTimeout(resolve, 50))")
    assert lines(site, "#result .text") == ["6"]
    assert site.told().startswith("Answer: 6.")


@needs_browser
def test_a_reply_that_is_cut_off_is_not_waited_for(site):
    site.script(
        "window.fetch = () => Promise.resolve(new Response("
        " 'event: passages\\ndata: {\"passages\": []}\\n\\n'));"
    )
    site.type(QUESTION)
    site.wait(lambda: site.text("#status") == PAGE["en"]["offline"])
    assert not site.all("[aria-busy]")


@needs_browser
@pytest.mark.parametrize("late", [article("nine", text="Late."), {"status": 404}])
def test_of_two_articles_opened_at_once_the_second_stays(site, late):
    site.fake(
        {QUESTION: replied(answer(SIX), answer(NINE))},
        {"six": article("six", text=SIX.sentence.text), "nine": {**late, "held": True}},
    )
    site.ask(QUESTION)
    slow = site.one(".other .links button")
    slow.click()
    site.wait(lambda: site.script("return window.asked").count("nine"))
    assert site.text("#panel-text") == PAGE["en"]["loading"]
    site.one(".answer .links button").click()
    site.wait(lambda: site.all("#panel mark"))
    site.release("nine")
    site.script("return new Promise((resolve) => setTimeout(resolve, 50))")
    assert site.text("#panel-title") == "Title of six"
    assert site.text("#panel-text") == SIX.sentence.text


@needs_browser
@pytest.mark.parametrize("width", [390, 768])
def test_a_panel_that_covers_the_page_keeps_the_keyboard_inside(site, width):
    site.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        site.fake({QUESTION: replied(answer(SIX))}, {"six": article("six")})
        site.ask(QUESTION)
        opener = site.one(".answer .links button")
        opener.send_keys(Keys.ENTER)
        panel = site.one("#panel")
        assert panel.get_attribute("aria-modal") == "true"
        for _ in range(6):
            site.focused().send_keys(Keys.SHIFT, Keys.TAB)
            focused = site.focused()
            assert focused.tag_name == "body" or site.script(
                "return document.querySelector('#panel').contains(arguments[0])", focused
            )
        site.one("#close").send_keys(Keys.ESCAPE)
        assert not panel.is_displayed()
        assert site.focused() == opener
        assert not site.all("[inert]")
    finally:
        site.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@needs_browser
def test_a_panel_beside_the_page_leaves_it_usable(site):
    site.fake({QUESTION: replied(answer(SIX))}, {"six": article("six")})
    site.ask(QUESTION)
    site.one(".answer .links button").click()
    panel = site.one("#panel")
    assert panel.get_attribute("aria-modal") is None
    assert not site.all("[inert]")
    site.driver.set_window_size(700, 900)
    site.wait(lambda: panel.get_attribute("aria-modal") == "true")
    site.driver.set_window_size(1280, 900)
    site.wait(lambda: panel.get_attribute("aria-modal") is None)
    site.choose("interface", "ru")
    site.wait(lambda: "2024 г." in site.text("#panel-place"))
    site.ask(QUESTION)
    assert not panel.is_displayed()
    assert site.focused().get_attribute("id") == "question"


def test_the_page_has_no_word_that_nothing_shows():
    folder = Path(qa.web.__path__[0])
    names = ("app.js", "panel.js", "render.js", "index.html")
    code = "".join((folder / name).read_text() for name in names)
    made = ("confidence.", "count.")
    shown = {key for key in PAGE["en"] if f'"{key}"' in code or key.startswith(made)}
    assert PAGE["en"].keys() - shown == {"name"}


def test_the_page_counts_in_the_words_of_the_terminal():
    for language in LANGUAGES:
        for key in PAGE[language]:
            if key.startswith("count."):
                assert PAGE[language][key] == load_json("replies.json")[key][language]
