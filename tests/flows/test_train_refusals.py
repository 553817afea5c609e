"""`msa train` refuses what cannot be trained, and says what to do; and what it does where no weights are at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.train import train
from msa_core.errors import MsaError, TrainingError
from msa_core.records import Split
from tests.flows.filled_store import filled
from tests.flows.test_train import QUICK, _given, _post, _table, _write


@pytest.mark.parametrize(
    ("stage", "asked", "says"),
    [
        ("empty", {}, "msa ingest"),
        ("ingested", {}, "msa split"),
        ("split", {"task": "hate"}, "Choices: sentiment"),
        ("split", {"source": "nowhere"}, "Choices: hand"),
        ("split", {"towers": "huge"}, "pretrained, tiny, small"),
        ("split", {"preset": "clarity"}, "Presets: clara"),
        ("split", {"folds": 9}, "2 to 2"),
        ("split", {"image_size": 8}, "--image-size 16 or more"),
        ("split", {"learning_rate": -1.0}, "above 0"),
        ("split", {"precision": "foo"}, "auto, fp32, bf16"),
        ("split", {"vision": "/nowhere"}, "--towers pretrained"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, stage: str, asked: dict, says: str):
    with pytest.raises(MsaError, match=says):
        train(filled(tmp_path, stage), **{**QUICK, **asked})


def test_one_class_cannot_train(tmp_path):
    store = filled(tmp_path, "empty")
    names = [f"one:{n}" for n in range(4)]
    _write(store, "posts", [_post(name) for name in names])
    _write(store, "splits", [Split(name, "train", 0, False) for name in names])
    _write(store, "annotations", [row for name in names for row in _given(name, "neutral")])
    with pytest.raises(TrainingError, match="All 4 training posts are neutral"):
        train(store, **QUICK)


def test_offline_the_default_is_tiny_and_says_so_and_pretrained_says_what_to_do(tmp_path):
    store, hub = filled(tmp_path / "store", "split"), tmp_path / "hub"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(hub), "MSA_STORE": str(store.places.root)}

    def msa_train(*options: str) -> subprocess.CompletedProcess[str]:
        quick = ["train", "--epochs", "1", "--image-size", "32", "--max-length", "24", *options]
        program = f"from flows.cli import main; main({quick!r})"
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )

    done = msa_train()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no pretrained weights at hand: tiny towers, random weights, not CLIP;")
    (config,) = _table(store, "select config from models")["config"].to_pylist()
    assert json.loads(config)["config"]["vision"] == "tiny"
    refused = msa_train("--towers", "pretrained")
    assert refused.returncode == 2
    for part in ("openai/clip-vit-base-patch16", str(hub), "hf download", "--towers tiny"):
        assert part in refused.stderr
