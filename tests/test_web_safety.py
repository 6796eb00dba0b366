"""The page: markup, policy, keyboard, names, colours, widths, and servers that refuse."""

from __future__ import annotations

import json

import pytest
from api_support import QUESTION
from selenium.webdriver import Keys
from web_support import emulate, needs_browser

pytestmark = needs_browser


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


def test_a_question_that_a_busy_server_turned_away_is_asked_again(site):
    site.script(
        "const real = window.fetch; let refused = 0; window.told = [];"
        "const status = document.querySelector('#status');"
        "new MutationObserver(() => window.told.push(status.textContent))"
        ".observe(status, {childList: true});"
        "window.fetch = (...given) => given[0] === '/v1/ask' && refused++ < 2"
        " ? Promise.resolve(new Response('{}', {status: 503, headers: {'Retry-After': '0'}}))"
        " : real(...given);"
    )
    site.one("#question").send_keys(QUESTION, Keys.ENTER)
    site.wait_for_result()
    assert site.script("return window.told.filter((text) => text.includes('turn')).length") == 2


def test_a_busy_server_is_not_asked_for_ever(site):
    site.script(
        "window.asked = 0; window.fetch = () => { window.asked += 1; return Promise.resolve("
        "new Response('{}', {status: 503, headers: {'Retry-After': '0'}})); };"
    )
    site.one("#question").send_keys(QUESTION, Keys.ENTER)
    site.wait(lambda: "Try again in 0 s" in site.text("#status"))
    assert site.script("return window.asked") == 4
