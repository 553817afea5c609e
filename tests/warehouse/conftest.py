"""Stores and rows made by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from msa_core.records import Annotation, Post
from warehouse import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.init(tmp_path / "store")


def a_post(source_id: str, *, source: str = "mvsa", unlabelled: bool = False) -> Post:
    return Post(
        post_id=f"{source}:{source_id}",
        source=source,
        source_id=source_id,
        task="sentiment",
        text=f"text of {source_id}",
        text_sha256="0" * 64,
        text_path=f"data/{source_id}.txt",
        text_bytes=None,
        encoding="utf-8",
        n_images=0,
        official_split=None,
        is_official_unlabelled=unlabelled,
        published_at=None,
    )


def an_answer(post_id: str, annotator: str, modality: str, label: str, *, origin: str = "dump") -> Annotation:
    return Annotation(
        annotation_id=f"annotation-{post_id}-{annotator}-{modality}-{label}",
        post_id=post_id,
        annotator=annotator,
        modality=modality,
        label=label,
        score=None,
        status="given",
        comment=None,
        origin=origin,
        model_id_shown=None,
        lead_time_s=None,
        annotated_at=None,
        project=None,
        task_id=None,
        server_id=None,
        supersedes=None,
    )


Fill = Callable[..., str]


@pytest.fixture
def fill(store: Store) -> Fill:
    """Commit rows in one run of the verb `ingest` and return its run_id."""

    def commit(number: int = 0, **tables: list[object]) -> str:
        run = store.begin("ingest", parameters={"number": number}, inputs=[], version=1)
        assert run is not None
        with run:
            for table, rows in tables.items():
                run.write(table, rows)
            if "posts" in tables:
                run.count("held", len(tables["posts"]))
        return run.run_id

    return commit
