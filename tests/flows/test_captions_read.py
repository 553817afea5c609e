"""Captions in training and scoring: which are read, what is kept of them, and that nothing changes without them."""

import json

import numpy as np
import pytest

from flows.captions_read import NONE, Captions, captions_of, chosen, kind_named
from flows.score import score
from flows.train import train
from flows.training_set import Curation, Subject, freeze, subject
from msa_core import Classifier
from msa_core.errors import TrainingError
from msa_core.records import CaptionWorth
from tests.asking import rows
from tests.flows.captioned_store import KIND, LABELS, QUICK, N, add_captions, captioned, post_id, split_of
from tests.flows.captioned_store import store_of_posts as without_captions
from warehouse import Store, digest
from warehouse.audit import audit

ASKED = {name: value for name, value in QUICK.items() if name != "caption_length"} | {"epochs": 1}
FORCED = Captions(KIND, 16, is_forced=True)
ABOUT = Subject("sentiment", "told", LABELS)
EVEN, ODD = range(0, N, 2), range(1, N, 2)


def a_street(n: int) -> str:
    return f"a street with {n % 4} lamps" + (" by @jane_doe" if n == 0 else "")


def half_captioned(root) -> Store:
    store = without_captions(root)
    add_captions(store, a_street, among=EVEN)
    return store


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Every other post has a caption."""
    store = half_captioned(tmp_path_factory.mktemp("scored"))
    done = train(store, folds=2, captions=FORCED, **ASKED)
    score(store)
    return store, done


def measured(
    store: Store, low: float, *, kind: str = KIND, snapshot_id: str = "snapshot-1", towers: str | None = "tiny"
) -> None:
    """As if `msa caption-worth` had found this; without towers as an older version did."""
    figures = (0.6, 0.5, 0.1, low, 0.2, 40, 3, 40)
    worth = CaptionWorth("sentiment", "told", kind, snapshot_id, "weighted_f1", *figures, towers)
    asked = {"low": low, "kind": kind, "towers": towers}
    with store.begin("caption-worth", parameters=asked, inputs=[snapshot_id], version=1) as run:
        run.write("caption_worths", [worth])


def expected(n: int) -> str | None:
    return f"caption-pixels-1-{n:03}-0" if n in EVEN and split_of(n) != "test" else None


def test_a_snapshot_names_the_caption_of_each_post(scored):
    store, _ = scored
    found = {row["post_id"]: row["caption_id"] for row in rows(store, "from snapshots")}
    assert found == {post_id(n): expected(n) for n in range(N) if split_of(n) != "test"}


def test_a_prediction_names_the_caption_that_was_read_and_a_test_post_has_none(scored):
    store, done = scored
    found = {row["post_id"]: row["caption_id"] for row in rows(store, "from predictions")}
    assert found == {post_id(n): expected(n) for n in range(N)}
    (model,) = rows(store, "from models")
    assert json.loads(model["config"])["config"]["captions"] == KIND
    assert model["model_id"] == done.model_id


def test_the_classifier_says_the_same_with_the_same_captions(scored):
    store, done = scored
    stored = rows(
        store,
        "select p.text, b.bytes, c.caption, r.* from predictions r join posts p using (post_id)"
        " join post_images i using (post_id) join image_bytes b using (image_sha256)"
        " left join captions c using (caption_id) where r.fold is null order by r.post_id",
    )
    assert {row["caption"] is None for row in stored} == {True, False}
    classifier = Classifier.from_pretrained(store.places.models / done.model_id)
    columns = ([row[name] for row in stored] for name in ("bytes", "text", "caption"))
    for row, answer in zip(stored, classifier.predict_batch(*columns, batch_size=7), strict=True):
        for name, found in (
            ("probs", answer.probs),
            ("text_probs", answer.text_probs),
            ("image_probs", answer.image_probs),
        ):
            np.testing.assert_allclose(row[name], list(found.values()), atol=1e-5)


def test_trained_posts_are_scored_out_of_fold_with_their_captions(scored):
    store, _ = scored
    found = rows(store, "from predictions where fold is not null and caption_id is not null")
    assert found
    assert all(row["is_out_of_fold"] for row in found)


def test_every_promise_of_the_store_holds(scored):
    store, _ = scored
    with store.moment() as moment:
        assert [finding for finding in audit(moment) if finding.n_broken] == []


def test_a_caption_that_comes_later_changes_no_prediction_but_the_next_model(tmp_path):
    store = half_captioned(tmp_path)
    first = train(store, captions=FORCED, **ASKED)
    score(store)
    before = rows(store, "from predictions order by post_id")
    add_captions(store, a_street, among=ODD)
    assert score(store).run_ids == ()
    assert rows(store, "from predictions order by post_id") == before
    second = train(store, captions=FORCED, **ASKED)
    assert second.run_id is not None
    assert second.model_id != first.model_id


def test_a_snapshot_without_captions_bears_the_id_that_it_always_bore(tmp_path):
    store = half_captioned(tmp_path)
    with store.moment() as moment:
        plain, told = (freeze(moment, ABOUT, Curation("literature", captions=kind)) for kind in (None, KIND))
        with pytest.raises(TrainingError, match="None of the 48 training posts has a caption 'pixels:none:none'"):
            freeze(moment, ABOUT, Curation("literature", captions="pixels:none:none"))
    shown = [(r.post_id, r.label, r.label_policy, r.label_origin, r.split, r.fold) for r in plain.rows]
    told_rows = [
        [*map(str, row), *([t.caption_id] if t.caption_id else [])] for row, t in zip(shown, told.rows, strict=True)
    ]
    assert plain.snapshot_id == "snapshot-" + digest(["sentiment", *([str(value) for value in row] for row in shown)])
    assert told.snapshot_id == "snapshot-" + digest(["sentiment", *told_rows])
    assert told.snapshot_id != plain.snapshot_id


def test_another_caption_of_one_post_is_another_snapshot(tmp_path):
    store = half_captioned(tmp_path)
    with store.moment() as moment:
        first = freeze(moment, ABOUT, Curation("literature", captions=KIND))
    add_captions(store, a_street, among=range(0, 1), attempt=1)
    with store.moment() as moment:
        assert freeze(moment, ABOUT, Curation("literature", captions=KIND)).snapshot_id != first.snapshot_id


def test_a_model_without_captions_is_the_one_of_a_store_without_any(tmp_path):
    told, plain = half_captioned(tmp_path / "told"), without_captions(tmp_path / "plain")
    one, other = train(told, captions=Captions(NONE), **ASKED), train(plain, **ASKED)
    assert one == other
    digests = [rows(store, "select checkpoint_sha256, config from models") for store in (told, plain)]
    assert digests[0] == digests[1]
    score(told)
    assert {row["caption_id"] for row in rows(told, "from predictions")} == {None}


def test_auto_reads_nothing_that_has_not_shown_its_worth(tmp_path, capsys):
    store = half_captioned(tmp_path)
    measured(store, -0.01)
    train(store, **ASKED)
    assert capsys.readouterr().out == "captions: none has shown its worth; to measure it: msa caption-worth\n"
    assert {row["caption_id"] for row in rows(store, "from snapshots")} == {None}


def test_auto_reads_the_kind_whose_worth_is_surest_and_says_so(tmp_path):
    store = half_captioned(tmp_path)
    add_captions(store, a_street, model="other")
    measured(store, 0.01)
    measured(store, 0.05, kind="pixels:other:none")
    with store.moment() as moment:
        read = chosen(moment, ABOUT, Captions())
    assert read.kind == "pixels:other:none"
    worth = "captions: pixels:other:none, worth +0.100 [+0.050, +0.200] weighted F1"
    assert read.words == f"{worth} to the towers tiny; --captions none: without"


def test_the_latest_measurement_counts(tmp_path):
    store = half_captioned(tmp_path)
    measured(store, 0.05)
    assert [row["kind"] for row in rows(store, "from worthy_captions")] == [KIND]
    measured(store, -0.05, snapshot_id="snapshot-2")
    assert rows(store, "from worthy_captions") == []


def test_a_store_without_captions_says_nothing_of_them(tmp_path, capsys):
    train(without_captions(tmp_path), **ASKED)
    assert capsys.readouterr().out == ""


def test_captions_of_unshown_worth_are_refused_unless_forced(tmp_path):
    store = half_captioned(tmp_path)
    measured(store, -0.01)
    with pytest.raises(TrainingError) as refused:
        train(store, captions=Captions(KIND), **ASKED)
    for part in (repr(KIND), "sentiment of told", f"msa caption-worth --captions {KIND}", "--force-captions"):
        assert part in str(refused.value)
    with store.moment() as moment:
        assert chosen(moment, ABOUT, Captions("pixels", is_forced=True)).kind == KIND
    measured(store, 0.01)
    with store.moment() as moment:
        assert chosen(moment, ABOUT, Captions("pixels")).kind == KIND


def test_evidence_of_one_source_is_none_of_another(tmp_path):
    store = half_captioned(tmp_path)
    measured(store, 0.01)
    with store.moment() as moment:
        everything = subject(moment, None, "all")
        assert chosen(moment, everything, Captions()).kind is None
        with pytest.raises(TrainingError, match="sentiment of all"):
            chosen(moment, everything, Captions(KIND))


def test_a_kind_is_named_whole_or_by_its_captioner_if_that_is_plain(tmp_path):
    store = half_captioned(tmp_path)
    with store.moment() as moment:
        assert {kind_named(moment, ABOUT, name) for name in (None, "pixels", KIND)} == {KIND}
        with pytest.raises(TrainingError, match=rf"No captions 'openai'.*{KIND} \(48 posts\)"):
            kind_named(moment, ABOUT, "openai")
    add_captions(store, a_street, model="other")
    with store.moment() as moment:
        assert kind_named(moment, ABOUT, KIND) == KIND
        for name in (None, "pixels"):
            with pytest.raises(TrainingError, match=rf"Several kinds.*pixels:other:none \(96 posts\), {KIND}"):
                kind_named(moment, ABOUT, name)


def test_without_any_caption_the_remedy_is_named(tmp_path):
    with without_captions(tmp_path).moment() as moment, pytest.raises(TrainingError, match="msa caption"):
        chosen(moment, ABOUT, Captions(KIND))


def test_names_in_captions_are_masked_and_test_posts_have_none(tmp_path):
    store = captioned(tmp_path, a_street)
    with store.moment() as moment:
        told = captions_of(moment, KIND, [post_id(n) for n in range(10)])
        assert captions_of(moment, None, [post_id(0)]) == {}
    assert told[post_id(0)].caption == "a street with 0 lamps by @user"
    assert set(told) == {post_id(n) for n in range(10) if split_of(n) != "test"}
