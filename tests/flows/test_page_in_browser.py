"""The report in a real Chromium: it fits a desk and a telephone, runs nothing and asks for nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.report import report
from tests.browsing import OUTPUT, browsing, needs_chromium
from tests.flows.filled_store import SCRIPT, STAGES, filled

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    return {stage: report(filled(folder / stage, stage), output=folder / f"{stage}.html").path for stage in STAGES}


@pytest.mark.parametrize("stage", ["empty", "ingested", "mined"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_the_page_fits_and_is_quiet(browser: Any, reports: dict[str, Path], width: int, scheme: str, stage: str):
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(reports[stage].as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [reports[stage].as_uri()]
    assert tab.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    OUTPUT.mkdir(exist_ok=True)
    tab.screenshot(path=OUTPUT / f"report-{stage}-{width}-{scheme}.png", full_page=True)
    tab.close()


def test_a_script_in_a_post_is_text(browser: Any, reports: dict[str, Path]):
    tab = browser.new_page()
    tab.goto(reports["mined"].as_uri())
    assert tab.locator("article.post blockquote").first.inner_text() == SCRIPT
    assert tab.locator("script").count() == 0
    assert tab.title() == "hand – msa-loop report"
    tab.close()


def test_every_chart_is_named_and_every_section_is_reached_by_the_nav(browser: Any, reports: dict[str, Path]):
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    tab.goto(reports["mined"].as_uri())
    n_charts = tab.locator("svg.chart").count()
    named = tab.evaluate(
        "[...document.querySelectorAll('svg.chart')].filter(svg => svg.getAttribute('aria-labelledby').split(' ')"
        ".every(id => document.getElementById(id).textContent.length > 3)).length"
    )
    targets = tab.evaluate("[...document.querySelectorAll('nav a')].map(a => document.querySelector(a.hash) !== null)")
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert named == n_charts >= 9
    assert targets == [True] * 7
    assert len(ids) == len(set(ids))
    tab.close()
