"""From annotations to one label a post."""

import pytest

from tests.warehouse.conftest import Fill, a_post, an_answer
from warehouse import Store


def labels(store: Store, view: str = "labels") -> dict[str, str]:
    with store.moment() as moment:
        rows = moment.table(f"select post_id, label from {view} order by post_id")
    return dict(zip(rows[0].to_pylist(), rows[1].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("text", "image", "literature", "strict"),
    [
        ("positive", "positive", "positive", "positive"),
        ("neutral", "negative", "negative", None),
        ("positive", "neutral", "positive", None),
        ("positive", "negative", None, None),
        ("neutral", "neutral", "neutral", "neutral"),
    ],
)
def test_two_modalities_make_one_label(
    store: Store, fill: Fill, text: str, image: str, literature: str | None, strict: str | None
):
    answers = [an_answer("mvsa:1", "mvsa", "text", text), an_answer("mvsa:1", "mvsa", "image", image)]
    fill(posts=[a_post("1")], annotations=answers)
    assert labels(store, "labels_literature").get("mvsa:1") == literature
    assert labels(store, "labels_strict").get("mvsa:1") == strict


def test_three_annotators_of_whom_no_two_agree_make_no_label(store: Store, fill: Fill):
    words = ("positive", "neutral", "negative")
    answers = [an_answer("mvsa:1", f"mvsa-{n}", "text", word) for n, word in enumerate(words)]
    answers += [an_answer("mvsa:1", f"mvsa-{n}", "image", "positive") for n in range(3)]
    fill(posts=[a_post("1")], annotations=answers)
    assert labels(store) == {}


def test_two_of_three_annotators_make_a_majority(store: Store, fill: Fill):
    answers = [
        an_answer("mvsa:1", f"mvsa-{n}", modality, word)
        for modality in ("text", "image")
        for n, word in enumerate(("positive", "positive", "negative"))
    ]
    fill(posts=[a_post("1")], annotations=answers)
    assert labels(store) == {"mvsa:1": "positive"}
    with store.moment() as moment:
        assert moment.value("select agreement from labels") == pytest.approx(2 / 3)


def test_one_reviewer_outweighs_the_dump(store: Store, fill: Fill):
    fill(
        1,
        posts=[a_post("1")],
        annotations=[
            an_answer("mvsa:1", "mvsa", "text", "positive"),
            an_answer("mvsa:1", "mvsa", "image", "positive"),
        ],
    )
    assert labels(store) == {"mvsa:1": "positive"}
    fill(2, annotations=[an_answer("mvsa:1", "ann", "both", "negative", origin="label-studio")])
    assert labels(store) == {"mvsa:1": "negative"}
    with store.moment() as moment:
        assert moment.value("select label_origin from labels") == "review"


def test_reviewers_who_tie_leave_the_label_of_the_dump(store: Store, fill: Fill):
    answers = [an_answer("mvsa:1", "mvsa", modality, "neutral") for modality in ("text", "image")]
    answers += [
        an_answer("mvsa:1", "ann", "both", "negative", origin="label-studio"),
        an_answer("mvsa:1", "ben", "both", "positive", origin="label-studio"),
    ]
    fill(posts=[a_post("1")], annotations=answers)
    assert labels(store) == {"mvsa:1": "neutral"}


def test_a_label_that_the_dump_changed_is_its_last_word(store: Store, fill: Fill):
    fill(1, posts=[a_post("1")], annotations=[an_answer("mvsa:1", "course", "both", "positive")])
    fill(2, annotations=[an_answer("mvsa:1", "course", "both", "negative")])
    assert labels(store) == {"mvsa:1": "negative"}
    with store.moment() as moment:
        assert moment.value("select count(*) from annotations") == 2


def test_the_policy_in_force_decides(store: Store, fill: Fill):
    answers = [an_answer("mvsa:1", "mvsa", "text", "neutral"), an_answer("mvsa:1", "mvsa", "image", "positive")]
    fill(posts=[a_post("1")], annotations=answers)
    assert labels(store) == {"mvsa:1": "positive"}
    assert labels(Store.init(store.places.root, label_policy="strict")) == {}
