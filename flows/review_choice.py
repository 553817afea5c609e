"""Which posts of the queue go out next: none that is out, or on its way, in whatever project."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flows.review_round import JOURNAL, Round, intended, push_journal
from warehouse import Moment, Places, Store, lease

NEXT = (
    "from review_candidates where task = $task and ($source is null or source = $source) and post_id not in "
    "(select post_id from task_answers where is_open) and post_id not in (select unnest($away)) order by place limit $n"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The queue of a task at one moment. `away`: posts of rounds that were begun, and may be on a server."""

    moment: Moment
    task: str
    away: tuple[str, ...]

    def next(self, *, source: str | None, n: int) -> list[dict[str, Any]]:
        """Its first `n` posts, in order."""
        return self.moment.table(NEXT, task=self.task, source=source, n=n, away=list(self.away)).to_pylist()


@contextmanager
def choosing(store: Store, task: str) -> Iterator[Choice]:
    """One process at a time: it must intend or commit what it chose before the block ends. Raises LeaseHeld."""
    with lease(store.places, f"review-{task}"):
        begun = on_their_way(store.places)  # first, since what is not in a journal any more is in a later moment
        away = tuple(sorted({post.post_id for each in begun for post in each.posts}))
        with store.moment() as moment:
            yield Choice(moment, task, away)


def on_their_way(places: Places) -> tuple[Round, ...]:
    """Rounds that a push of whatever project has begun and not committed: it works, or was cut off."""
    slugs = sorted(path.stem for path in (places.journal / JOURNAL).glob("*.jsonl"))
    left = (intended(push_journal(places, slug)) for slug in slugs)
    return tuple(of for of in left if of is not None)
