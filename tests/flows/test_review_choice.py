"""Two projects never hold the same post: what one push has begun, no other push and no file takes."""

import json
from pathlib import Path

import pytest

from flows.review_choice import choosing, on_their_way
from flows.review_export import export
from flows.review_push import Asked
from flows.review_round import Round, intend, task_post
from flows.review_status import status
from flows.reviewing import slug_of
from labelstudio.errors import ReviewError
from tests.flows.filled_store import filled
from warehouse import LeaseHeld, Store
from warehouse.journal import Journal

FOUR = Asked(None, 4, 1, "hidden")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A push of four posts to a project was killed after it had said what it would send."""
    made = filled(tmp_path / "store")
    with choosing(made, "sentiment") as choice:
        rows = choice.next(source=None, n=4)
    with Journal(made.places, "review-push", slug_of("of A. and B.")) as journal:
        posts = tuple(task_post(row, "0001", (), 1) for row in rows)
        intend(journal, Round("0001", "sentiment", "hidden", posts, project="of A. and B."))
    return made


def posts(path: Path) -> set[str]:
    return {task["data"]["post_id"] for task in json.loads(path.read_text(encoding="utf-8"))}


def test_posts_of_a_push_that_was_killed_go_into_no_file(store: Store, tmp_path: Path):
    (begun,) = on_their_way(store.places)
    away = {post.post_id for post in begun.posts}
    done = export(store, output=tmp_path / "posts.json", asked=FOUR)
    assert (len(away), done.n_posts) == (4, 4)
    assert not away & posts(done.path)


def test_a_push_that_was_killed_is_told_until_somebody_repeats_it(store: Store):
    assert status(store).notes == (
        "begun, not finished: 4 posts; msa review push --project 'of A. and B.' --task sentiment",
    )


def test_a_round_that_an_older_version_began_is_told_without_its_project(store: Store):
    journal = Journal(store.places, "review-push", slug_of("of A. and B."))
    journal.path.write_text(journal.path.read_text().replace('"project": "of A. and B.", ', ""))
    assert status(store).notes == ("begun, not finished: 4 posts; the same msa review push again",)


def test_an_opinion_by_another_word_is_refused_before_anybody_sees_it(store: Store, tmp_path: Path):
    with pytest.raises(ReviewError, match=r"'hiden'.*hidden, ask, shown"):
        export(store, output=tmp_path / "posts.json", asked=Asked(None, 4, 1, "hiden"))


def test_one_process_at_a_time_chooses_posts_of_a_task(store: Store, tmp_path: Path):
    with choosing(store, "sentiment"), pytest.raises(LeaseHeld):
        export(store, output=tmp_path / "posts.json", asked=FOUR)
    with choosing(store, "sarcasm"):
        assert export(store, output=tmp_path / "posts.json", asked=FOUR).n_posts == 4
