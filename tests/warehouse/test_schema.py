"""Records fit their tables; headers tell the truth."""

import json
from dataclasses import fields
from typing import Any

import duckdb
import pytest

from msa_core import records
from warehouse import Store, declarations
from warehouse.schema import arrow_schema

RECORD_OF = {
    "posts": records.Post,
    "post_images": records.PostImage,
    "images": records.Image,
    "annotations": records.Annotation,
    "rejects": records.Reject,
    "clusters": records.Cluster,
    "splits": records.Split,
    "snapshots": records.SnapshotRow,
    "snapshot_drops": records.SnapshotDrop,
    "models": records.Model,
    "curves": records.CurvePoint,
    "predictions": records.Prediction,
    "doubts": records.Doubt,
    "evaluations": records.Evaluation,
    "promotions": records.Promotion,
    "drifts": records.Drift,
    "review_tasks": records.ReviewTask,
    "quarantine": records.Quarantined,
    "ground_truth": records.GroundTruth,
    "consensus": records.Consensus,
    "annotator_names": records.AnnotatorName,
    "captions": records.Caption,
    "prompts": records.CaptionPrompt,
    "caption_worths": records.CaptionWorth,
}


@pytest.mark.parametrize(("table", "record"), RECORD_OF.items())
def test_a_record_fits_its_table(table: str, record: type):
    names = [field.name for field in fields(record)]
    assert [name for name in arrow_schema(table).names if name != "origin_run_id"] == names


@pytest.mark.parametrize("fact", declarations.facts().values(), ids=lambda fact: fact.name)
def test_every_column_of_a_fact_has_a_comment(fact: declarations.Declaration):
    declared = [name for name in arrow_schema(fact.name).names if name != "origin_run_id"]
    assert [column.name for column in fact.columns] == declared
    assert fact.what
    assert fact.grain


def tables_in(node: Any) -> set[str]:
    """The relations that a parsed statement names, without its own CTEs."""
    if isinstance(node, list):
        return set().union(*map(tables_in, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(tables_in, node.values())) if node else set()
    if node.get("type") == "BASE_TABLE":
        found.add(".".join(filter(None, [node["schema_name"].replace("main", ""), node["table_name"]])))
    ctes = {entry["key"] for entry in node.get("cte_map", {}).get("map", [])}
    return found - ctes


@pytest.mark.parametrize("view", declarations.views().values(), ids=lambda view: view.name)
def test_a_view_says_what_it_reads(view: declarations.Declaration):
    body = view.sql.split(" as\n", 1)[1]
    (parsed,) = duckdb.execute("select json_serialize_sql($1::varchar)", [body]).fetchall()[0]
    assert tables_in(json.loads(parsed)) == set(view.reads)


def test_comments_reach_every_client(store: Store):
    reader = duckdb.connect(str(store.places.catalog), read_only=True)
    (comment,) = reader.sql("select comment from duckdb_views() where view_name = 'labels'").fetchall()[0]
    assert "policy in force" in comment
