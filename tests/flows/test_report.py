"""`msa report`: a page at every stage of a store, and the data figures as CSV that no spreadsheet runs."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.evaluate import evaluate
from flows.report import audit_csv, report
from msa_core.errors import MsaError, TaskError
from msa_core.records import Evaluation, Post, SnapshotRow, Split
from tests.flows.filled_store import STAGES, filled
from tests.flows.test_mine import a_label, a_post, a_prediction

WAITS = {
    "empty": 7,
    "ingested": 5,
    "split": 3,
    "trained": 2,
    "mined": 0,
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_page_works_at_every_stage_and_names_what_is_missing(tmp_path: Path, stage: str):
    done = report(filled(tmp_path / "store", stage), output=tmp_path / "report.html")
    text = done.path.read_text(encoding="utf-8")
    assert len(done.missing) == WAITS[stage]
    assert text.count("Fill this with <code>msa ") >= WAITS[stage]
    assert "sentiment" in text or stage == "empty"


def test_the_same_store_gives_the_same_page(tmp_path: Path):
    for name in ("one", "two"):
        report(filled(tmp_path / name), output=tmp_path / f"{name}.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_texts_of_posts_and_refused_values_stay_text(tmp_path: Path):
    report(filled(tmp_path / "store"), output=tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;joyful&lt;/b&gt;" in text


def test_the_gallery_shows_the_queue_in_its_order_and_never_a_test_post(tmp_path: Path):
    store = filled(tmp_path / "store")
    done = report(store, output=tmp_path / "report.html", n_posts=5)
    text = done.path.read_text(encoding="utf-8")
    with store.moment() as moment:
        queue = moment.table("from queue where place <= 5 order by place")["post_id"].to_pylist()
    places = [text.index(f"> {post_id} ·") for post_id in queue]
    assert done.n_posts == len(queue) == 5
    assert places == sorted(places)
    assert "· test</p>" not in text
    assert text.count('src="data:image/jpeg;base64,') == 5


def test_each_post_of_the_gallery_tells_its_story_and_no_word_of_it_is_markup(tmp_path: Path):
    store = filled(tmp_path / "store")
    run = store.begin("review-pull", parameters={}, inputs=["by hand"], version=1)
    assert run is not None
    with run:
        words = replace(a_label("hand:00", "negative"), annotator="<i>eve</i>", status="unsure", comment="<b>what?</b>")
        run.write("annotations", [words])
    report(store, output=tmp_path / "report.html", n_posts=3)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count('<details class="story">') == 3
    assert "<b>was predicted</b> clara-hand" in text
    assert "&lt;i&gt;eve&lt;/i&gt;" in text
    assert "“&lt;b&gt;what?&lt;/b&gt;”" in text


def test_a_test_score_is_shown_only_where_it_was_stored(tmp_path: Path):
    store = filled(tmp_path / "store")
    report(store, output=tmp_path / "before.html")
    run = store.begin("evaluate", parameters={"split": "test"}, inputs=["score"], version=1)
    assert run is not None
    with run:
        run.write("evaluations", [Evaluation("clara-hand", "test", "accuracy", None, 0.123, 0.1, 0.2, 12)])
    report(store, output=tmp_path / "after.html")
    assert "this model, test" not in (tmp_path / "before.html").read_text(encoding="utf-8")
    assert "this model, test" in (tmp_path / "after.html").read_text(encoding="utf-8")


def test_a_model_is_shown_on_the_sources_it_was_trained_on_as_evaluate_judges_it(tmp_path: Path):
    store = filled(tmp_path / "store")
    other, policy = "other:1", ("literature", "dump")
    run = store.begin("ingest", parameters={"source": "other"}, inputs=["other"], version=1)
    assert run is not None
    with run:
        run.write("posts", [a_post(other)])
        run.write("annotations", [a_label(other, "negative")])
        run.write("splits", [Split(other, "val", None, False)])
        run.write("predictions", [a_prediction(other, (0.1, 0.2, 0.7), model_id="clara-hand")])
        run.write(
            "snapshots",
            [SnapshotRow("snapshot-hand", "hand:00", "sentiment", "negative", None, 1.0, "train", 0, None, *policy)],
        )
    n_posts = evaluate(store).n_posts
    assert (n_posts, evaluate(store, source="other").n_posts) == (9, 1)
    report(store, output=tmp_path / "report.html")
    assert f"{n_posts} labelled posts, not trained on" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_several_tasks_are_told_apart(tmp_path: Path):
    store = filled(tmp_path / "store", "ingested")
    run = store.begin("ingest", parameters={"source": "memes", "format": "hateful-memes"}, inputs=["memes"], version=1)
    assert run is not None
    with run:
        run.write("posts", [Post("memes:1", "memes", "1", "hate", "t", "0", "t", None, "utf-8", 0, None, False, None)])
    with pytest.raises(TaskError, match="hate, sentiment"):
        report(store, output=tmp_path / "report.html")
    assert report(store, output=tmp_path / "report.html", task="hate").path.exists()


def test_a_folder_is_no_page(tmp_path: Path):
    with pytest.raises(MsaError, match=r"is a folder\. Name the page"):
        report(filled(tmp_path / "store"), output=tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["store"]


def test_an_unknown_model_is_an_error_that_says_how_to_list_them(tmp_path: Path):
    with pytest.raises(MsaError, match=r'msa sql "from models"'):
        report(filled(tmp_path / "store"), output=tmp_path / "report.html", model_id="clara-none")
    assert not (tmp_path / "report.html").exists()


def test_the_csv_holds_every_data_figure_and_no_formula(tmp_path: Path):
    store = filled(tmp_path / "store")
    run = store.begin("ingest", parameters={"source": "=cmd()"}, inputs=["evil"], version=1)
    assert run is not None
    with run:
        run.write(
            "posts", [Post("=cmd():1", "=cmd()", "1", "sentiment", "t", "0", "t", None, "utf-8", 0, None, False, None)]
        )
    n_rows = audit_csv(store, output=tmp_path / "deep" / "audit.csv")
    with (tmp_path / "deep" / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == n_rows + 1
    assert ["refused", "hand", "", "missing-image", "3.0"] in rows
    assert ["held", "hand", "", "held", "64.0"] in rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell == "'=cmd()" for row in rows for cell in row)


def test_the_command_says_where_the_page_lies(tmp_path: Path):
    filled(tmp_path / "store", "ingested")
    page, figures = tmp_path / "report.html", tmp_path / "audit.csv"
    words = ["report", "--store", str(tmp_path / "store"), "--output", str(page), "--audit-csv", str(figures)]
    out = CliRunner().invoke(app, words)
    assert out.exit_code == 0, out.output
    assert f"report: {page}" in out.output
    assert "still empty: Duplicates and leaks" in out.output
    assert figures.exists()
