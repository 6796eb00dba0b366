"""Takes the README's pictures of the page from a running server: light, dark, narrow.

    pip install pillow
    qa index seeds --store STORE && qa serve --store STORE &
    python tests/screenshots/make.py http://127.0.0.1:8080

Needs Chromium and its driver, and articles that answer the questions below: the seeds.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

HERE = Path(__file__).parent
COLOURS = 48  # a page of text needs no more, and the files stay small
SHOTS = (
    ("light", 1180, 700, "light", "en", "Which country chaired the informal CICA meeting?", True),
    ("dark", 1180, 700, "dark", "ru", "Кто является генеральным секретарём ОБСЕ?", False),
    ("narrow", 390, 780, "light", "tr", "COP29 hangi ülkede yapılacak?", False),
    ("silent", 390, 780, "light", "az", "Marsda neçə nəfər yaşayır?", False),
)


def browser() -> webdriver.Chrome:
    """A headless Chromium."""
    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for switch in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--no-proxy-server"):
        options.add_argument(switch)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def main(url: str) -> None:
    """Take every picture."""
    driver = browser()
    wait = WebDriverWait(driver, 60)
    for name, width, height, scheme, language, question, article in SHOTS:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(url)
        driver.execute_script("localStorage.setItem('menbe-language', arguments[0])", language)
        driver.get(f"{url}/?q={quote(question)}")
        found = "#result .answer, #result .silence"
        wait.until(lambda _, css=found: driver.find_elements(By.CSS_SELECTOR, css))
        if article:
            # By script: a pointer would stay and colour what moves under it.
            opener = driver.find_element(By.CSS_SELECTOR, "#result .links button")
            driver.execute_script("arguments[0].click()", opener)
            marked = "#panel .sentence"
            wait.until(lambda _, css=marked: driver.find_elements(By.CSS_SELECTOR, css))
        time.sleep(0.5)  # the panel slides in
        picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(
            HERE / f"{name}.png", optimize=True
        )
        print(name, (HERE / f"{name}.png").stat().st_size)
    driver.quit()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
