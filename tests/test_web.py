"""The page: asking, answers, filters, links and silence, in a real Chromium."""

from __future__ import annotations

import httpx
import pytest
from api_support import QUESTION
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from web_support import needs_browser

from prompts import LANGUAGES, load_json
from qa.spelling import Spelt

pytestmark = needs_browser
PAGE = load_json("page.json")


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", QUESTION, "Kazakhstan"),
        ("ru", "Кто председательствовал на неформальной встреча министров?", "Казахстана"),
        ("az", "Informal meeting kim tərəfindən chaired by?", "Kazakhstan"),
        ("tr", "Bu informal meeting kim chaired by?", "Kazakhstan"),
    ],
)
def test_asks_and_answers_in_the_chosen_language(site, language, question, answer):
    site.choose("interface", language)
    assert site.text("#ask") == PAGE[language]["ask"]
    assert site.one("html").get_attribute("lang") == language
    site.ask(question)
    assert site.text(".answer .text") == answer
    assert site.text(".answer h2") == PAGE[language]["answer"]
    assert site.text(".answer mark") == answer
    assert PAGE[language]["confidence"] in site.text(".answer .confidence")
    site.open()
    assert site.text("#ask") == PAGE[language]["ask"]


def test_every_language_has_every_word():
    for language in LANGUAGES:
        assert PAGE[language].keys() == PAGE["en"].keys()
        assert all(PAGE[language].values())


def test_the_answer_stands_before_everything_else_with_its_place(site):
    site.ask(QUESTION)
    first = site.one("#result > :first-child")
    assert first.text.splitlines()[:2] == ["Answer", "Kazakhstan"]
    place = site.text(".answer .place")
    assert "Example Agency" in place
    assert "September 23, 2022" in place
    assert "years ago" in place
    assert "Informal meeting held" in place


def test_a_citation_leads_to_its_mark_in_the_article(site):
    site.ask(QUESTION)
    opener = site.one(".answer .links button")
    opener.click()
    mark = site.wait(lambda: site.all("#panel mark"))[0]
    assert mark.text == "Kazakhstan"
    assert site.text("#panel .sentence").startswith("The informal meeting")
    assert site.driver.switch_to.active_element.get_attribute("id") == "panel-title"
    inside = site.script(
        "const a = arguments[0].getBoundingClientRect(),"
        " b = document.querySelector('#panel-text').getBoundingClientRect();"
        " return a.top >= b.top && a.bottom <= b.bottom;",
        mark,
    )
    assert inside
    site.one("body").send_keys(Keys.ESCAPE)
    assert not site.one("#panel").is_displayed()
    assert site.driver.switch_to.active_element == opener


@pytest.fixture
def later_article(server):
    """One more article, published after the one that answers, and gone again afterwards."""
    article = {
        "id": "later",
        "title": "<i>Later</i> that year",
        # Five other names first, so that the reader does not cite it for the same answer.
        "text": "After the informal meeting Ann, Bob, Carl, Dina and Eve met in September "
        "where Kazakhstan was.",
        "published_at": "2022-11-30",
    }
    assert httpx.post(f"{server}/v1/articles", json=article).status_code == 201
    yield article
    assert httpx.delete(f"{server}/v1/articles/later").status_code == 204


def test_newer_articles_are_named_under_the_answer_and_open(site, later_article, monkeypatch):
    # What the fake reader finds in the later article would contradict the answer and stand first.
    monkeypatch.setattr("qa.disagree._SAME_THING", 1.1)
    site.ask(QUESTION)
    assert site.text(".answer .text") == "Kazakhstan"
    assert site.text(".answer .newer").startswith("Newer articles on this:")
    (button,) = site.all(".answer .newer button")
    assert button.text.endswith("November 30, 2022 · <i>Later</i> that year")
    button.click()
    site.wait(lambda: later_article["text"] in site.text("#panel-text"))
    assert site.text("#panel-title") == later_article["title"]


def test_letters_outside_the_basic_plane_do_not_move_the_mark(site):
    marked = site.script(
        "const done = arguments[0]; return import('/page/render.js').then((m) => {"
        " const box = document.createElement('div'); const text = '🙂🙂 a𝒳b Kazakhstan 🙂.';"
        " const cited = {start: 7, end: 17, sentence: {start: 3, end: 20}};"
        " const mark = m.fillArticle(box, text, cited);"
        " return [mark.textContent, box.textContent === text]; });"
    )
    assert marked == ["Kazakhstan", True]


def test_filters_change_what_may_answer_and_stand_in_the_link(site):
    site.ask(QUESTION)
    site.one("#filters summary").click()
    site.one("#languages input[value=ru]").click()
    assert site.text("#filters-summary") == "Filters (1)"
    site.ask(QUESTION)
    site.wait(lambda: site.text(".answer .text") == "Казахстана")
    assert "language=ru" in site.driver.current_url
    site.open(site.driver.current_url.removeprefix(site.url))
    site.wait_for_result()
    assert site.text(".answer .text") == "Казахстана"
    site.one("#clear").click()
    assert site.text("#filters-summary") == "Filters"


def test_a_link_asks_its_question_and_back_goes_to_the_one_before(site):
    site.open("/?q=" + QUESTION.replace(" ", "%20"))
    site.wait_for_result()
    assert site.text(".answer .text") == "Kazakhstan"
    assert QUESTION in site.driver.title
    site.ask("Who painted the banner?")
    site.wait(lambda: site.text(".answer .text") == "Malory")
    site.driver.back()
    site.wait(lambda: site.all(".answer") and site.text(".answer .text") == "Kazakhstan")
    assert site.one("#question").get_attribute("value") == QUESTION


def test_filters_that_leave_nothing_are_named(site):
    site.one("#filters summary").click()
    site.one("[name=source]").send_keys("nobody at all")
    site.ask(QUESTION)
    assert site.text(".silence h2") == "No answer"
    assert "source" in site.text(".silence .text")


@pytest.fixture
def silent_reader(monkeypatch):
    import api_support

    def quiet(self, question, passages):
        return [api_support.Reading((), 0.0) for _ in passages]

    monkeypatch.setattr(api_support.NameReader, "read", quiet)


@pytest.mark.usefixtures("silent_reader")
def test_the_nearest_passages_are_not_called_an_answer(site):
    site.ask(QUESTION)
    assert site.text(".silence h2") == "No answer"
    assert not site.all(".answer")
    assert PAGE["en"]["nearest.note"] in site.text(".section .hint")
    passages = site.all(".section .passage")
    assert len(passages) == 3
    passages[0].find_element(By.CSS_SELECTOR, "button").click()
    site.wait(lambda: site.all("#panel .sentence"))
    assert not site.all("#panel mark")


def test_what_was_asked_instead_of_what_was_typed_is_told(site, monkeypatch):
    monkeypatch.setattr("qa.service.as_meant", lambda text, code, *_, **__: Spelt(QUESTION, code))
    site.ask("who chaird it")
    assert site.text("#result > .understood") == f"Understood as: {QUESTION}"
    assert site.text(".answer .text") == "Kazakhstan"
    monkeypatch.undo()
    site.ask(QUESTION)
    site.wait(lambda: not site.all(".understood"))
