"""A dump whose wrong labels are known: real posts, a share of the labels outside test replaced by others, by seed.

The truth is the label that the literature policy gives; the split is the one that `msa split` makes of the real dump,
written into the dump as the official one, so that every store that takes it in has the same clean test.
"""

import csv
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from flows.ingest import ingest
from flows.split import split
from warehouse import Store

SOURCE = "planted"
POSTS = (
    "select p.source_id, p.post_id, p.text, s.split, l.label from posts p join labels l using (post_id) "
    "join splits s using (post_id) where l.label is not null order by p.post_id"
)


@dataclass(frozen=True, slots=True)
class Planted:
    """`truth`: the right label by post_id of the planted source; `wrong`: posts whose label was replaced."""

    folder: Path
    truth: dict[str, str]
    wrong: frozenset[str]


def planted(real: Path, folder: Path, *, noise: float, seed: int) -> Planted:
    """`noise`: share of the labels of train and val that are replaced by another one (symmetric)."""
    rows = _labelled(real, folder / "aside")
    chance = random.Random(seed)
    labels = sorted({row["label"] for row in rows})
    open_rows = [row for row in rows if row["split"] != "test"]
    wrong = {row["source_id"] for row in chance.sample(open_rows, round(noise * len(open_rows)))}
    dump = folder / "dump"
    (dump / "images").mkdir(parents=True)
    with (dump / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "image", "label", "split"))
        for row in rows:
            image = f"images/{row['source_id']}.jpg"
            shutil.copyfile(real / "data" / f"{row['source_id']}.jpg", dump / image)
            others = [label for label in labels if label != row["label"]]
            label = chance.choice(others) if row["source_id"] in wrong else row["label"]
            writer.writerow((row["source_id"], row["text"], image, label, row["split"]))
    truth = {f"{SOURCE}:{row['source_id']}": row["label"] for row in rows}
    return Planted(dump, truth, frozenset(f"{SOURCE}:{each}" for each in wrong))


def _labelled(real: Path, aside: Path) -> list[dict[str, str]]:
    """Labelled posts of the real dump with their split."""
    store = Store.init(aside)
    ingest(store, format="mvsa-single", path=real, source="real")
    split(store)
    with store.moment() as moment:
        rows: list[dict[str, str]] = moment.table(POSTS).to_pylist()
    return rows
