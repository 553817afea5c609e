"""Two projects of one task: a push that was cut off in one keeps its posts out of the other, and is then finished."""

from dataclasses import replace

import pytest

from flows import review_round
from flows.review_choice import on_their_way
from labelstudio import importing
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio


class CutOffError(Exception):
    """In the place of a kill: nothing is committed, and the journal stays."""


def cut_off(*_: object, **__: object) -> None:
    raise CutOffError


def posts(desk: QueueDesk) -> set[str]:
    return {task.data["post_id"] for task in desk.tasks()}


def test_a_push_cut_off_in_one_project_and_a_push_to_another_share_no_post(
    desk: QueueDesk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "QUIET_S", 0.5)
    other = replace(desk, title=f"other {desk.title}")
    with monkeypatch.context() as cut:
        cut.setattr(review_round, "commit", cut_off)
        with pytest.raises(CutOffError):
            desk.push(4)
    assert other.push(4).n_pushed == 4
    assert desk.push(4).n_unanswered == 4
    assert len(posts(desk) | posts(other)) == 8
    assert on_their_way(desk.store.places) == ()
    assert desk.is_clean()
