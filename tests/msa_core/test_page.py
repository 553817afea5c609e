"""The page: texts of the world stay text, charts are the same for the same figures, and what is missing is said."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from msa_core.metrics import expected_calibration_error
from msa_core.page.charts import Bin, Line, Whisker, curve, matrix, per_label, reliability, stacked, whiskers
from msa_core.page.colours import LIGHT, OF_SENTIMENT, colour_of
from msa_core.page.contents import Bar, Chart, Figure, HardPost, Missing, Page, Reason, Section, Table
from msa_core.page.data_sections import came_in, divided, duplicates, labelled
from msa_core.page.gallery import hardest, thumbnail
from msa_core.page.model_sections import filled_bins, judged, trained
from msa_core.page.page import percent, render, written

LABELS = ("negative", "neutral", "positive")
EVIL = "<script>alert(1)</script>\"'&"


def page(*sections: Section) -> Page:
    return Page("mvsa", "sentiment", (Figure("Posts", "60"),), (("model", "clara-1f3a"),), sections)


def every_chart(name: str = "negative") -> list[Chart]:
    labels = (name, "neutral")
    return [
        stacked("a", name, {"strict": {name: 3, "neutral": 1}}, labels),
        matrix("b", name, np.array([[3, 1], [0, 2]]), labels, sides=("given", "predicted")),
        curve("c", name, [Line("model", (0, 1, 2), (1.0, 0.7, 0.6), True), Line("fold 0", (0, 1), (1.1, 0.9), False)]),
        per_label("d", name, {"f1": {label: Whisker("f1", 0.4, 0.3, 0.5) for label in labels}}, labels),
        reliability("e", name, [Bin(0.0, 0.5, 0, 0.0, 0.0), Bin(0.5, 1.0, 4, 0.8, 0.5)]),
        whiskers("f", name, {"this model": [Whisker("accuracy", 0.6, None, None)]}),
    ]


def test_equal_figures_give_equal_bytes():
    assert every_chart() == every_chart()


def test_a_page_tells_no_time():
    text = render(page(Section("s", "Charts", charts=tuple(every_chart()))))
    assert not re.search(r"20\d\d-\d\d|\d\d:\d\d:\d\d", text)


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: chart.slug)
def test_a_chart_has_a_title_and_words_and_stands_alone(chart: Chart):
    root = ElementTree.fromstring(chart.svg.replace("xlink:", ""))
    named = root.attrib["aria-labelledby"].split()
    texts = {child.attrib["id"]: child.text for child in root if "id" in child.attrib}
    assert root.attrib["role"] == "img"
    assert all(texts[name] for name in named)
    assert not re.search(r"<style|<metadata|https?://(?!www\.w3\.org)", chart.svg)


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: chart.slug)
def test_charts_take_their_colours_from_the_page(chart: Chart):
    assert not re.search(r"(?:fill|stroke): #(?!ffffff)", chart.svg)


@pytest.mark.parametrize("name", [EVIL, "$x_{1}$", "a\x00b\x1b", "ありがとう", "]]>", "--><b>"])
def test_a_label_of_the_world_cannot_break_a_chart(name: str):
    for chart in every_chart(name):
        ElementTree.fromstring(chart.svg.replace("xlink:", "").replace("\x00", "").replace("\x1b", ""))
        assert "<script" not in chart.svg
        assert "<b>" not in chart.svg


def test_ids_of_two_charts_never_meet():
    found = [set(re.findall(r' id="([^"]+)"', chart.svg)) for chart in every_chart()]
    assert sum(len(ids) for ids in found) == len(set().union(*found))


def test_a_sentiment_keeps_its_colour_in_any_order_and_others_are_told_apart():
    assert [colour_of(label, LABELS[::-1]) for label in LABELS] == [OF_SENTIMENT[label] for label in LABELS]
    moods = ("angry", "happy", "sad")
    assert len({colour_of(mood, moods) for mood in moods}) == 3
    assert {colour_of(mood, moods) for mood in moods} <= set(LIGHT)


def test_every_text_of_the_world_stays_text():
    said = (Bar(EVIL, 0.5, "blue"),)
    post = HardPost(1, EVIL, "val", EVIL, None, EVIL, EVIL, EVIL, said, (), (), (Reason(EVIL, 0.5),))
    table, figure = Table(EVIL, (EVIL,), ((EVIL,),)), Figure(EVIL, EVIL, EVIL)
    section = Section("s", EVIL, EVIL, tables=(table,), posts=(post,), missing=(Missing(EVIL, EVIL),))
    text = render(Page(EVIL, EVIL, (figure,), ((EVIL, EVIL),), (section,)))
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 15


def test_the_page_allows_no_script_and_no_request():
    text = render(page())
    assert "default-src 'none'" in text
    assert not re.search(r"<(?:script|link|iframe|object)\b|@import|url\(", text)


@pytest.mark.parametrize(
    ("cell", "text"), [(None, "–"), (1205, "1,205"), (0.66666, "0.667"), (-0.5, "−0.500"), ("mvsa-1", "mvsa-1")]
)
def test_cells_are_written_for_reading(cell: str | float | None, text: str):
    assert written(cell) == text


@pytest.mark.parametrize(("share", "text"), [(0, "0 %"), (0.001, "< 1 %"), (0.544, "54 %"), (1, "100 %")])
def test_what_is_not_nothing_never_reads_nothing(share: float, text: str):
    assert percent(share) == text


def empty(*columns: str) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def test_each_section_of_an_empty_store_names_the_command_that_fills_it():
    nothing = empty("n")
    sections = [
        came_in(nothing, nothing, nothing),
        labelled(nothing, nothing, LABELS),
        duplicates(nothing, nothing),
        divided(nothing, LABELS),
        trained(nothing, None),
        judged(nothing, nothing, LABELS, None),
        hardest(nothing, {}, n_queued=0),
    ]
    assert all(one.command.startswith("msa ") for section in sections for one in section.missing)
    assert all(section.missing for section in sections)
    assert "msa ingest FORMAT PATH --source NAME" in render(page(*sections))


def test_a_training_of_one_epoch_is_a_dot_that_can_be_seen():
    points = pa.table({"name": ["loss"], "fold": pa.array([None], pa.int32()), "epoch": [0], "value": [0.9]})
    section = trained(points, "clara-1f3a")
    assert "1 epoch:" in section.lead
    assert "<use" in section.charts[0].svg
    assert section.charts[0].description == "model: 0.900"


@pytest.mark.parametrize("value_of_words", [0.3, 0.4])
def test_a_baseline_of_words_that_learned_nothing_is_told_of(value_of_words: float):
    of = pa.table({
        "model_id": ["m", "majority@m", "tfidf-lr@m"], "split": ["val"] * 3, "name": ["accuracy"] * 3,
        "label": pa.array([None] * 3, pa.string()), "value": [0.5, 0.3, value_of_words],
        "low": [0.1] * 3, "high": [0.6] * 3, "n": [9] * 3,
    })  # fmt: skip
    section = judged(empty("n"), of, LABELS, "m")
    assert ("tfidf-lr says the commonest label" in section.lead) == (value_of_words == 0.3)


def test_the_sentence_on_modalities_counts_agreement():
    pairs = pa.table({
        "source": ["a", "a", "b"], "text_label": ["positive", "positive", "neutral"],
        "image_label": ["positive", "negative", "neutral"], "n": [2, 1, 1],
    })  # fmt: skip
    counts = pa.table({"label_policy": ["strict"], "label": ["positive"], "n": [4], "agreement": [1.0]})
    section = labelled(counts, pairs, LABELS)
    assert section.lead == "Text and image were given the same label in 75 % of 4 posts."
    assert [chart.title for chart in section.charts[1:]] == ["Text against image, a", "Text against image, b"]


def test_bins_hold_every_post_and_agree_with_the_calibration_error():
    confidence, is_right = np.array([0.34, 0.5, 0.5, 0.9, 1.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    bins = filled_bins(confidence, is_right)
    assert sum(one.n for one in bins) == 5
    error = sum(one.n * abs(one.confidence - one.accuracy) for one in bins) / 5
    assert error == pytest.approx(expected_calibration_error(confidence, is_right))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "L", "I;16"])
def test_a_thumbnail_is_a_small_jpeg_whatever_the_picture_was(mode: str):
    raw = io.BytesIO()
    picture = Image.new("L" if mode == "I;16" else mode, (900, 500))
    picture.convert("I;16" if mode == "I;16" else mode).save(raw, "TIFF" if mode in ("CMYK", "I;16") else "PNG")
    url = thumbnail(raw.getvalue())
    assert url is not None
    shown = Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))))
    assert (shown.format, max(shown.size)) == ("JPEG", 320)


def test_a_broken_picture_is_no_thumbnail():
    assert thumbnail(b"\xff\xd8\xff not a picture") is None


def test_a_model_judged_over_folds_alone_has_its_figures_and_no_gap():
    stored = pa.table({
        "model_id": ["m"], "split": ["folds"], "name": ["accuracy"], "label": pa.array([None], pa.string()),
        "value": [0.6], "low": [0.5], "high": [0.7], "n": [40],
    })  # fmt: skip
    section = judged(empty("probs"), stored, LABELS, "m")
    assert section.missing == ()
    assert section.tables[0].rows == (("this model", "folds", "accuracy", 0.6, "0.500 to 0.700", 40),)
