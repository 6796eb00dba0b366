"""The page, driven in a real Chromium by the keyboard and the mouse."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import httpx
import pytest
from api_support import QUESTION, running
from selenium import webdriver
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from prompts import LANGUAGES, load_json

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="no Chromium on this machine: apt-get install chromium chromium-driver",
)
SCREENSHOTS = Path(__file__).parent / "screenshots"
PAGE = load_json("page.json")


class Site:
    """A browser on the page of a running server."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, path="/"):
        self.driver.get(self.url + path)
        self.wait(lambda: self.one("html").get_attribute("data-ready"))

    def wait(self, condition):
        return WebDriverWait(self.driver, 15, poll_frequency=0.02).until(lambda _: condition())

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def ask(self, question):
        field = self.one("#question")
        field.clear()
        field.send_keys(question, Keys.ENTER)
        self.wait_for_result()

    def wait_for_result(self):
        self.wait(lambda: self.all("#result:not([aria-busy]) .answer, #result .silence"))

    def text(self, css):
        return self.one(css).text

    def script(self, code, *given):
        return self.driver.execute_script(code, *given)

    def choose(self, select, value):
        self.one(f"#{select} option[value={value}]").click()

    def problems(self):
        return [one for one in self.driver.get_log("browser") if one["level"] == "SEVERE"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("web")) as url:
        yield url


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=1280,900",
        "--lang=en",
        "--no-proxy-server",
    ):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    # Selenium's own manager would look for a driver on the network.
    os.environ["SE_OFFLINE"] = "true"
    made = webdriver.Chrome(options=options, service=service)
    yield made
    made.quit()


@pytest.fixture
def site(driver, server):
    driver.set_window_size(1280, 900)
    found = Site(driver, server)
    found.open()
    found.script("localStorage.clear(); sessionStorage.clear();")
    emulate(driver, scheme="light")
    found.open()
    found.driver.get_log("browser")
    yield found
    assert found.problems() == []


def emulate(driver, *, scheme):
    # What fades in is not displayed, and so without text, in its first frame: nothing moves here.
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


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


def test_newer_articles_are_named_under_the_answer_and_open(site, later_article):
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


def test_markup_in_articles_is_only_ever_text(site):
    site.ask("Who painted the banner?")
    assert site.text(".answer .text") == "Malory"
    assert "<b>Bold</b>" in site.text(".answer .place")
    assert "<script>" in site.text(".answer .place")
    site.one(".answer .links button").click()
    site.wait(lambda: site.all("#panel mark"))
    assert "onerror=" in site.text("#panel-text")
    assert "<script>" in site.text("#panel-title")
    assert (
        site.all(
            "#panel-text img, #panel-text script, #result script, #result b:not(.confidence b)"
        )
        == []
    )
    assert site.driver.title.startswith("Who painted")


def test_the_page_loads_nothing_from_elsewhere(site):
    site.ask(QUESTION)
    loaded = site.script("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert loaded
    assert all(name.startswith(site.url) for name in loaded)


def test_the_policy_forbids_inline_scripts_and_markup(site):
    site.script(
        "const s = document.createElement('div');"
        "const markup = '<img src=x onerror=\"window.owned = 1\">';"
        "try { s.innerHTML = markup; } catch { window.kept = 1; }"
    )
    assert site.script("return [window.kept, window.owned]") == [1, None]
    site.driver.get_log("browser")  # the refusal is reported there


def test_copying_gives_the_quote_with_its_citation(site):
    site.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": site.url},
    )
    site.ask(QUESTION)
    buttons = site.all(".answer .links button")
    assert buttons[1].text == "Copy with citation"
    buttons[1].click()
    site.wait(lambda: buttons[1].text == "Copied")
    copied = site.script("return navigator.clipboard.readText()")
    assert copied.startswith("“Kazakhstan”\nThe informal meeting")
    assert "Example Agency, 2022-09-23" in copied
    assert "meeting [" in copied
    buttons[2].click()
    site.wait(lambda: buttons[2].text == "Copied")
    assert site.script("return navigator.clipboard.readText()").startswith(site.url + "/?q=Who")


def test_the_keyboard_is_enough(site):
    site.one("body").send_keys(Keys.ESCAPE)
    site.script("document.activeElement.blur()")
    site.one("body").send_keys("/")
    assert site.driver.switch_to.active_element.get_attribute("id") == "question"
    site.driver.switch_to.active_element.send_keys(QUESTION, Keys.ENTER)
    site.wait_for_result()
    for _ in range(12):
        site.driver.switch_to.active_element.send_keys(Keys.TAB)
        if site.driver.switch_to.active_element.text == "Show in the article":
            break
    site.driver.switch_to.active_element.send_keys(Keys.ENTER)
    site.wait(lambda: site.all("#panel mark"))


def test_every_field_and_button_has_a_name(site):
    site.ask(QUESTION)
    site.one("#filters summary").click()
    tree = site.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    for node in tree:
        role = node.get("role", {}).get("value")
        if role in ("button", "textbox", "combobox", "checkbox", "link", "dialog"):
            assert node["name"]["value"], node


def test_dark_follows_the_system_and_the_switch(site, driver):
    def paper():
        colour = site.script("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.strip("rgb()").split(",")) / 3

    assert paper() > 200
    emulate(driver, scheme="dark")
    assert paper() < 60
    site.choose("theme", "light")
    assert paper() > 200
    site.choose("theme", "dark")
    emulate(driver, scheme="light")
    assert paper() < 60


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow_screens_show_everything_without_scrolling_sideways(site, width):
    site.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        site.ask(QUESTION)
        site.one("#filters summary").click()
        assert site.script("return document.documentElement.scrollWidth") <= width
        site.one("#filters summary").click()
        site.one(".answer .links button").click()
        site.wait(lambda: site.all("#panel mark"))
        assert site.script("return document.querySelector('#panel').offsetWidth") <= width
        assert site.one("#close").is_displayed()
    finally:
        site.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_server_that_wants_a_key_gets_it_asked_for(site, monkeypatch):
    site.script(
        "window.realFetch = window.fetch; window.asked = [];"
        "window.fetch = (url, options = {}) => { window.asked.push(options.headers);"
        " return options.headers?.Authorization ? window.realFetch(url, options)"
        " : Promise.resolve(new Response(JSON.stringify({detail: 'no key'}), {status: 401})); };"
    )
    site.one("#question").send_keys(QUESTION, Keys.ENTER)
    site.wait(lambda: site.one("#key-form").is_displayed())
    site.one("#key").send_keys("menbe_x", Keys.ENTER)
    site.wait_for_result()
    assert not site.one("#key-form").is_displayed()
    assert json.loads(site.script("return JSON.stringify(window.asked.at(-1))")) == {
        "Content-Type": "application/json",
        "Authorization": "Bearer menbe_x",
    }


def test_a_busy_server_says_when_to_come_back(site):
    site.script(
        "window.fetch = () => Promise.resolve(new Response('{}',"
        " {status: 503, headers: {'Retry-After': '7'}}));"
    )
    site.one("#question").send_keys(QUESTION, Keys.ENTER)
    site.wait(lambda: "7 s" in site.text("#status"))
