"""The sections on the data: what came in, labels, duplicates, splits. Each takes tables of the store as they are."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from msa_core.page.charts import matrix, stacked
from msa_core.page.colours import UNLABELLED
from msa_core.page.contents import Cell, Chart, Missing, Section, Table
from msa_core.page.page import percent

INGEST = Missing("Nothing has been ingested.", "msa ingest FORMAT PATH --source NAME")
SPLIT = Missing("The posts are not split yet.", "msa split")
CONTENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "text characters": ("Texts, in characters", ("texts", "shortest", "median", "longest")),
    "encoding": ("Encodings", ()),
    "images": ("Images", ("images", "different_files", "median_width", "median_height", "most_pixels", "median_bytes")),
}
LEAKS = {
    "official": "the dump's own split leaks",
    "reveals": "a label reveals a hidden test label",
    "ours": "our split leaks: an error, run msa audit",
}


def rows_of(table: pa.Table, *columns: str) -> list[tuple]:
    """The rows as tuples, in the order of `columns`."""
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def came_in(ingests: pa.Table, rejects: pa.Table, figures: pa.Table) -> Section:
    """`ingests`, `reject_counts` and `data_figures` of the store."""
    title, slug = "What came in", "intake"
    if not ingests.num_rows:
        return Section(slug, title, missing=(INGEST,))
    held, taken, refused = (pc.sum(ingests[name]).as_py() for name in ("n_held", "n_posts", "n_refused"))
    over = f"Over {ingests.num_rows} ingests, " if ingests.num_rows > 1 else ""
    lead = f"{over}{held:,} rows were read: {taken:,} became posts, {refused:,} were refused."
    columns = ("source", "format", "n_held", "n_posts", "n_known", "n_refused", "n_annotations")
    heads = ("source", "format", "rows", "posts", "known before", "refused", "annotations")
    tables = [Table("Ingests", heads, tuple(rows_of(ingests, *columns)), n_names=2)]
    if rejects.num_rows:
        found = sorted(rows_of(rejects, "reason", "source", "example", "n"), key=lambda row: (-row[3], row))
        tables.append(
            Table("Refused, and why", ("reason", "source", "the first of them", "rows"), tuple(found), n_names=3)
        )
    return Section(slug, title, lead, tables=(*tables, *_content(figures)))


def _content(figures: pa.Table) -> list[Table]:
    """Texts, their encodings and the images: one row a source, one column a figure."""
    found: dict[str, dict[str, Counter[str]]] = {figure: {} for figure in CONTENT}
    for figure, source, name, value in rows_of(figures, "figure", "source", "name", "value"):
        if figure in found:
            found[figure].setdefault(source, Counter())[name] += round(value)
    tables = []
    for figure, (caption, order) in CONTENT.items():
        names = order or tuple(sorted({name for row in found[figure].values() for name in row}))
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (source, *(row[name] for name in names)) for source, row in found[figure].items()
        )
        if rows:
            tables.append(Table(caption, ("source", *(name.replace("_", " ") for name in names)), rows))
    return tables


def labelled(counts: pa.Table, pairs: pa.Table, labels: tuple[str, ...]) -> Section:
    """`label_counts` and `modality_pairs` of one task."""
    title, slug = "Labels", "labels"
    if not counts.num_rows:
        return Section(slug, title, missing=(Missing("No post has a label.", INGEST.command),))
    by_policy: dict[str, Counter[str]] = {}
    agreeing: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for policy, label, n, agreement in sorted(rows_of(counts, "label_policy", "label", "n", "agreement")):
        by_policy.setdefault(policy, Counter())[label] += n
        agreeing.setdefault((policy, label), []).append((agreement, n))
    chart = stacked("label-counts", "Posts per label, by policy", by_policy, labels)
    rows = tuple(
        (policy, label, n, percent(n / by_policy[policy].total()), _mean(agreeing[policy, label]))
        for policy in by_policy
        for label, n in sorted(by_policy[policy].items(), key=lambda pair: _place(pair[0], labels))
    )
    table = Table("Labels and agreement", ("policy", "label", "posts", "share", "agreement"), rows, n_names=2)
    lead, charts = _modalities(pairs, labels)
    return Section(slug, title, lead, (chart, *charts), (table,))


def _place(label: str, labels: tuple[str, ...]) -> int:
    return labels.index(label) if label in labels else len(labels)


def _mean(weighted: list[tuple[float, int]]) -> float:
    return sum(value * n for value, n in weighted) / sum(n for _, n in weighted)


def _modalities(pairs: pa.Table, labels: tuple[str, ...]) -> tuple[str, list[Chart]]:
    """How text and image agree: a sentence, and a matrix a source."""
    found = [row for row in rows_of(pairs, "source", "text_label", "image_label", "n") if {*row[1:3]} <= {*labels}]
    total = sum(row[3] for row in found)
    if not total:
        return "No post has been judged by text and by image apart.", []
    same = sum(n for _, text, image, n in found if text == image)
    charts = []
    for number, source in enumerate(sorted({row[0] for row in found}), start=1):
        counts = np.zeros((len(labels), len(labels)), dtype=int)
        for of, text, image, n in found:
            if of == source:
                counts[labels.index(text), labels.index(image)] += n
        title = f"Text against image, {source}"
        charts.append(
            matrix(f"modalities-{number}", title, counts, labels, sides=("label of the text", "of the image"))
        )
    return f"Text and image were given the same label in {percent(same / total)} of {total:,} posts.", charts


def duplicates(clusters: pa.Table, leaks: pa.Table) -> Section:
    """`cluster_counts` and `leak_counts` of the store."""
    title, slug = "Duplicates and leaks", "duplicates"
    if not clusters.num_rows:
        return Section(slug, title, missing=(SPLIT,))
    shared = [row for row in rows_of(clusters, "why", "n_clusters", "n_posts", "largest") if row[0] != "none"]
    n_posts, n_clusters = sum(row[2] for row in shared), sum(row[1] for row in shared)
    groups = "1 cluster" if n_clusters == 1 else f"{n_clusters:,} clusters"
    lead = f"{n_posts:,} posts have a near-duplicate ({groups}). A cluster of ours never crosses a split."
    tables = [
        Table("Clusters, by what their posts share", ("what", "clusters", "posts", "largest"), tuple(sorted(shared)))
    ]
    found = [(LEAKS.get(kind, kind), *rest) for kind, *rest in rows_of(leaks, "kind", "split", "twin_split", "n")]
    if found:
        heads = ("leak", "posts in", "with a twin in", "posts")
        tables.append(Table("Leaks", heads, tuple(sorted(found)), n_names=3))
    else:
        lead += " No leak was found."
    return Section(slug, title, lead, tables=tuple(tables))


def divided(counts: pa.Table, labels: tuple[str, ...]) -> Section:
    """`split_counts` of one task."""
    title, slug = "Splits", "splits"
    if not counts.num_rows:
        return Section(slug, title, missing=(SPLIT,))
    names = [name for name in ("train", "val", "test", "pool") if name in set(counts["split"].to_pylist())]
    by_split: dict[str, Counter[str]] = {name: Counter() for name in names}
    folds: Counter[int] = Counter()
    for split, fold, label, n in rows_of(counts, "split", "fold", "label", "n"):
        by_split[split][label or UNLABELLED] += n
        if fold is not None:
            folds[fold] += n
    everyone = sum(row.total() for row in by_split.values())
    rows = tuple(
        (name, row.total(), percent(row.total() / everyone), row[UNLABELLED]) for name, row in by_split.items()
    )
    tables = [Table("Posts per split", ("split", "posts", "share", "without a label"), rows)]
    if folds:
        tables.append(
            Table("Posts per fold", ("fold", "posts"), tuple((f"fold {fold}", folds[fold]) for fold in sorted(folds)))
        )
    lead = "A post stays in its split for ever. The test split is sealed: never mined, and each look at it is counted."
    drawn = (*labels, UNLABELLED) if any(row[UNLABELLED] for row in by_split.values()) else labels
    chart = stacked("split-counts", "Labels per split", by_split, drawn)
    return Section(slug, title, lead, (chart,), tuple(tables))
