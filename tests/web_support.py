"""A real Chromium on the page of a running server."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
# In CI, which installs both, their absence is a failure and no reason to skip.
needs_browser = pytest.mark.skipif(
    (CHROMIUM is None or DRIVER is None) and os.environ.get("CI") != "true",
    reason="no Chromium on this machine: apt-get install chromium chromium-driver",
)


PATIENCE_S = 60  # a machine that is busy with other things is slow, not wrong
FAKE_SERVER = """
const [asks, articles] = arguments;
const waiting = {};
const real = window.fetch;
window.asked = [];
window.release = (name) => waiting[name]();
const reply = async (name, given, dressed) => {
  window.asked.push(name);
  if (given === undefined) return new Response('{}', {status: 404});
  // A late reply comes even though nobody waits for it any more.
  if (given.held) await new Promise((resolve) => { waiting[name] = resolve; });
  if (given.status) return new Response('{}', {status: given.status});
  return new Response(dressed(given));
};
const streamed = (given) => Object.entries({passages: ['passages'], done: Object.keys(given)}).map(
  ([event, names]) => {
    const data = JSON.stringify(Object.fromEntries(names.map((name) => [name, given[name]])));
    return `event: ${event}\\ndata: ${data}\\n\\n`;
  }).join('');
window.fetch = (url, options = {}) => {
  if (url === '/v1/ask') {
    const { question } = JSON.parse(options.body);
    return reply(question, asks[question], streamed);
  }
  const id = url.match(/^\\/v1\\/articles\\/(.*)$/);
  if (!id) return real(url, options);
  return reply(decodeURIComponent(id[1]), articles[decodeURIComponent(id[1])], JSON.stringify);
};
"""


class Site:
    """A browser on the page of a running server."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, path="/"):
        self.driver.get(self.url + path)
        self.wait(lambda: self.one("html").get_attribute("data-ready"))

    def wait(self, condition):
        wait = WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.02)
        return wait.until(lambda _: condition())

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def ask(self, question):
        self.type(question)
        self.wait_for_result()

    def type(self, question):
        """Ask without waiting for what comes of it."""
        field = self.one("#question")
        field.clear()
        field.send_keys(question, Keys.ENTER)

    def fake(self, asks, articles=None):
        """Answer instead of the server, until the page is opened again.

        `asks` has what `/v1/ask` gives by question, `articles` what `/v1/articles/` gives by id:
        the reply, `{"status": 503}` for a refusal, and with `"held": True` only once it is
        released by that question or id.
        """
        self.script(FAKE_SERVER, asks, articles or {})

    def release(self, name):
        self.script("window.release(arguments[0])", name)

    def focused(self):
        return self.driver.switch_to.active_element

    def told(self):
        """What a screen reader is told: all of it, seen or not."""
        return self.one("#status").get_attribute("textContent")

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


@contextmanager
def browser():
    """A headless Chromium that keeps what its console says."""
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
    try:
        yield made
    finally:
        made.quit()


@contextmanager
def fresh_site(driver, url):
    """The page as somebody sees it for the first time; nothing may have gone wrong in the end."""
    driver.set_window_size(1280, 900)
    found = Site(driver, url)
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
