"""The hardest posts for the report: the head of the queue with its images, and each post's story."""

from flows.why import stories
from msa_core.page.contents import Line, Section
from warehouse import Moment, Store

QUEUED = "from queued_posts where task = $task and place <= $n order by place"


def gallery_section(store: Store, moment: Moment, *, task: str | None, n_posts: int) -> Section:
    """The first `n_posts` of the queue of a task."""
    from msa_core.page.gallery import hardest

    queued = moment.table(QUEUED, task=task, n=n_posts)
    digests = sorted({digest for digest in queued["image_sha256"].to_pylist() if digest is not None})
    found = moment.table("from image_bytes where list_contains($digests, image_sha256)", digests=digests)
    images = dict(zip(found["image_sha256"].to_pylist(), found["bytes"].to_pylist(), strict=True))
    n_queued = moment.value("select count(*) from queue where task = $task", task=task)
    told = stories(store, queued["post_id"].to_pylist())
    lines = {
        each.post_id: tuple(Line(event.event, event.who, event.what, event.run_id) for event in each.events)
        for each in told
    }
    return hardest(queued, images, n_queued=n_queued, stories=lines)
