"""Models of the store: which one is meant, and its networks as they lie on disk."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msa_core.errors import MsaError
from warehouse import Moment, Store

LATEST, CHAMPION = "latest", "champion"
KNOWN = (
    "select m.*, s.is_champion from models m left join standing_models s using (model_id)"
    " left join run_history h on h.run_id = m.origin_run_id where $task is null or m.task = $task"
    " order by h.finished_at desc, m.model_id"
)


@dataclass(frozen=True, slots=True)
class ScoredModel:
    """What scoring needs to know of a model; `folds` 0 means that it has no fold models, `captions` is the kind that it
    reads.
    """

    model_id: str
    task: str
    labels: tuple[str, ...]
    folds: int
    origin_run_id: str
    folder: Path
    captions: str | None = None

    def folder_of(self, fold: int | None) -> Path:
        """The checkpoint of the model itself, or of the model that held `fold` out."""
        return self.folder if fold is None else self.folder / f"fold-{fold}"


def model_named(store: Store, moment: Moment, name: str, task: str | None = None) -> ScoredModel:
    """The model `name`; or the `latest` one (of a task); or its `champion`, which is the latest one where none was ever
    promoted. Raises MsaError that says how to list or make models.
    """
    known = moment.table(KNOWN, task=task).to_pylist()
    if name == CHAMPION:
        known = [row for row in known if row["is_champion"]] or known
    rows = [row for row in known if name in (LATEST, CHAMPION, row["model_id"])]
    if not rows and name in (LATEST, CHAMPION):
        of, named = (f" of {task}", f" --task {task}") if task else ("", "")
        raise MsaError(f"No model{of} in {store.places.root}. Train one: msa train clara{named}")
    if not rows:
        raise MsaError(f'No model {name!r} in {store.places.root}. List them with: msa sql "from models"')
    return _described(rows[0], store.places.models)


def check_posts_of(moment: Moment, source: str | None) -> None:
    """Raises MsaError where a source is named that has no posts."""
    known = moment.table("select distinct source from posts order by source")["source"].to_pylist() if source else []
    if source and source not in known:
        raise MsaError(f"No posts of source {source!r}. Choices: {', '.join(known) or 'none'}")


def _described(row: dict[str, Any], models: Path) -> ScoredModel:
    config = json.loads(row["config"])
    return ScoredModel(
        row["model_id"],
        row["task"],
        tuple(row["labels"]),
        config.get("folds", 0),
        row["origin_run_id"],
        models / row["model_id"],
        config.get("config", {}).get("captions"),
    )
