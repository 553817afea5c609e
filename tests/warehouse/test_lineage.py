"""Lineage: from every prediction, label, caption and promotion back to what it came of; an orphan breaks the audit."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from msa_core.records import (
    Annotation,
    Caption,
    CaptionPrompt,
    Model,
    PostImage,
    Prediction,
    Promotion,
    SnapshotRow,
)
from tests.warehouse.conftest import a_post, an_answer
from warehouse import Store
from warehouse.declarations import views

KINDS = ("prediction_lineage", "label_lineage", "caption_lineage", "promotion_lineage", "lineage")
LABELS = ("negative", "neutral", "positive")
CAPTION = Caption(
    "caption-1", "1" * 64, "endpoint", "small-vlm", "aa" * 32, None, "{}", 0.0, 0, "a dog on a beach", "ok", None, 9, 9,
    None, 0.1,
)  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two posts, two models of which one was promoted over the other, a caption, and what people said of one post."""
    store = Store.init(tmp_path_factory.mktemp("lineage") / "store")
    given = [an_answer(f"mvsa:{n}", "dump-1", side, "positive") for n in (1, 2) for side in ("text", "image")]
    add(store, 1, posts=[a_post("1"), a_post("2")], post_images=[PostImage("mvsa:1", 0, "1" * 64)], annotations=given)
    add(store, 2, annotations=[a_review("ann", "negative"), a_review("bob", "negative"), a_review("eve", "positive")])
    add(store, 3, models=[a_model("one"), a_model("two")], snapshots=[a_row("one"), a_row("two")])
    add(store, 4, predictions=[a_prediction(f"mvsa:{n}", model) for n in (1, 2) for model in ("one", "two")])
    add(store, 5, captions=[CAPTION], prompts=[CaptionPrompt("aa" * 32, "plain", "Describe")])
    add(store, 6, promotions=[a_promotion("one", None), a_promotion("two", "clara-one")])
    return store


@pytest.fixture
def copy(told: Store, tmp_path: Path) -> Store:
    """The same store, to be added to."""
    shutil.copytree(told.places.root, tmp_path / "store")
    return Store.open(tmp_path / "store")


def add(store: Store, number: int, **tables: list[Any]) -> None:
    """One run of these rows."""
    run = store.begin("ingest", parameters={"number": number}, inputs=[], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)


def a_review(who: str, label: str) -> Annotation:
    return replace(an_answer("mvsa:1", who, "both", label, origin="label-studio"), project="round", comment="irony")


def a_model(name: str) -> Model:
    parent = None if name == "one" else "clara-one"
    return Model(
        f"clara-{name}", "clara", "sentiment", LABELS, "{}", parent, f"snapshot-{name}", 2, 1, "{}", name * 4, 1.0
    )


def a_row(name: str) -> SnapshotRow:
    policy = ("literature", "dump")
    return SnapshotRow(f"snapshot-{name}", "mvsa:1", "sentiment", "positive", None, 1.0, "train", 0, None, *policy)


def a_prediction(post_id: str, name: str) -> Prediction:
    probs = (0.1, 0.2, 0.7)
    return Prediction(post_id, f"clara-{name}", None, probs, "positive", 0.7, None, None, None, None, True, None)


def a_promotion(name: str, champion_id: str | None) -> Promotion:
    at = datetime(2026, 1, 1 + len(champion_id or ""), tzinfo=UTC)
    return Promotion(f"clara-{name}", at, champion_id, "promoted", "gate", "better", "{}", 1, None, None)


def ask(store: Store, sql: str, **values: Any) -> list[dict[str, Any]]:
    with store.moment() as moment:
        return moment.table(sql, **values).to_pylist()


def orphans(store: Store) -> list[str]:
    """Those of the five views with a row that breaks a promise."""
    promised = {name: " and ".join(f"({promise})" for promise in views()[name].audits) for name in KINDS}
    with store.moment() as moment:
        broken = "select count(*) from {} where not coalesce({}, false)"
        return [name for name, promise in promised.items() if moment.value(broken.format(name, promise))]


def test_everything_that_was_said_is_in_the_lineage_once_and_nothing_is_an_orphan(told: Store):
    counts = ask(told, "select kind, count(*) as n from lineage group by kind order by kind")
    assert [tuple(row.values()) for row in counts] == [
        ("caption", 1),
        ("label", 5),
        ("prediction", 4),
        ("promotion", 2),
    ]
    grain = ", ".join(views()["lineage"].grain)
    assert ask(told, f"select {grain} from lineage group by all having count(*) > 1") == []
    assert orphans(told) == []


def test_a_label_leads_to_whoever_gave_it(told: Store):
    of_one = ask(told, "from label_lineage where post_id = 'mvsa:1' order by annotator")
    assert [(row["annotator"], row["answer"], row["label"]) for row in of_one] == [
        ("ann", "negative", "negative"),
        ("bob", "negative", "negative"),
        ("eve", "positive", "negative"),
    ]
    of_two = ask(told, "from label_lineage where post_id = 'mvsa:2'")
    assert {(row["annotator"], row["modality"]) for row in of_two} == {("dump-1", "text"), ("dump-1", "image")}
    assert all(row["policy_run_id"].startswith("init-") for row in of_two)


def test_a_simulated_answer_is_no_reason_for_a_label_where_a_person_spoke(copy: Store):
    simulated = [
        replace(an_answer(f"mvsa:{n}", "sim", "both", "neutral", origin="simulated"), project="round") for n in (1, 2)
    ]
    add(copy, 7, annotations=simulated)
    named = ask(
        copy, "select post_id, list(annotator order by annotator) as by from label_lineage group by 1 order by 1"
    )
    assert [row["by"] for row in named] == [["ann", "bob", "eve"], ["sim"]]


def test_a_prediction_a_caption_and_a_promotion_lead_to_weights_prompt_and_runs(told: Store):
    (predicted,) = ask(told, "from lineage where post_id = 'mvsa:2' and model_id = 'clara-two' and kind = 'prediction'")
    assert (predicted["checkpoint_sha256"], predicted["snapshot_id"]) == ("two" * 4, "snapshot-two")
    assert predicted["train_run_id"] != predicted["score_run_id"] == predicted["run_id"]
    (caption,) = ask(told, "from lineage where kind = 'caption'")
    assert (caption["post_id"], caption["prompt"], caption["caption_model"]) == ("mvsa:1", "plain", "small-vlm")
    promoted = ask(told, "from lineage where kind = 'promotion' order by decided_at")
    assert [row["champion_checkpoint_sha256"] for row in promoted] == [None, "one" * 4]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("predictions", a_prediction("mvsa:1", "nowhere")),
        ("predictions", replace(a_prediction("mvsa:1", "one"), fold=0, caption_id="caption-1+caption-gone")),
        ("captions", replace(CAPTION, caption_id="caption-2", image_sha256="9" * 64)),
        ("captions", replace(CAPTION, caption_id="caption-3", prompt_sha256="bb" * 32)),
        ("promotions", a_promotion("nowhere", None)),
        ("promotions", a_promotion("two", "clara-gone")),
    ],
)
def test_an_orphan_breaks_the_audit(copy: Store, table: str, row: object):
    add(copy, 8, **{table: [row]})
    assert orphans(copy)


def test_a_prediction_may_have_read_several_captions(copy: Store):
    add(copy, 7, captions=[replace(CAPTION, caption_id="caption-2", caption="a red boat")])
    read = replace(a_prediction("mvsa:1", "one"), fold=0, caption_id="caption-2+caption-1")
    add(copy, 8, predictions=[read])
    assert orphans(copy) == []
    told = ask(copy, "select c.caption from lineage join caption_texts c using (caption_id) where kind = 'prediction'")
    assert told == [{"caption": "a red boat a dog on a beach"}]


def test_a_moment_about_a_post_says_of_it_what_the_whole_store_says(told: Store):
    for view in ("posts", "labels", "latest_predictions", "shown_captions", "post_events", "label_lineage"):
        wanted = f"from {view} where post_id = 'mvsa:1' order by all"
        with told.moment() as whole, told.moment(about=["mvsa:1"]) as about:
            assert about.table(f"from {view} order by all") == whole.table(wanted), view


def test_a_moment_about_a_post_whose_name_is_sql_holds_nothing(told: Store):
    with told.moment(about=["x'); drop table facts.runs; --"]) as moment:
        assert moment.value("select count(*) from posts") == 0


def test_an_answer_that_corrects_another_takes_its_place_in_the_lineage(copy: Store):
    first = a_review("ann", "negative")
    add(copy, 9, annotations=[replace(first, annotation_id="annotation-second", supersedes=first.annotation_id)])
    rows = ask(copy, "select annotation_id from label_lineage where annotator = 'ann'")
    assert rows == [{"annotation_id": "annotation-second"}]
