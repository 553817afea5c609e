"""`msa caption` at the prompt, with the embedded captioner, and what the page says of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.report import report
from tests.flows.filled_store import filled
from warehouse import Store

N_OPEN = 48


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("captioned") / "store")


def msa(store: Store, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MSA_VLM")}
    program = [sys.executable, "-c", "from flows.cli import main; main()", *words, "--store", str(store.places.root)]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=environment)


def test_offline_the_embedded_captioner_describes_each_image_once(store: Store):
    first, again = msa(store, "caption"), msa(store, "caption")
    assert f"pixels (pixels-1): {N_OPEN} images described" in first.stdout
    assert "nothing to do" in again.stdout
    with store.moment() as moment:
        found = moment.table("select distinct kind, prompt from post_captions").to_pylist()
        assert found == [{"kind": "pixels:pixels-1:none", "prompt": "none"}]
        assert moment.value("select sum(cost_usd) from costs") == 0


def test_the_page_shows_captions_and_says_that_their_worth_is_not_known(store: Store, tmp_path: Path):
    msa(store, "caption")
    text = report(store, output=tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert "pixels:pixels-1:none" in text
    assert "msa caption-worth" in text
    assert "Image: Measured from its pixels" in text


def test_the_reviewers_queue_shows_the_caption(store: Store):
    msa(store, "caption")
    with store.moment() as moment:
        assert moment.value("select count(*) from review_posts where caption like 'Measured%'") == N_OPEN


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--captioner", "openai"), "MSA_VLM_BASE_URL is not set"),
        (("--captioner", "gpt"), "No captioner 'gpt'"),
        (("--budget-usd", "0"), "buys nothing"),
        (("--budget-usd", "3"), "wants --prompt-price and --completion-price"),
        (("--posts", "test"), "never described"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(store: Store, words: tuple[str, ...], told: str):
    done = msa(store, "caption", *words)
    assert done.returncode == 2
    assert told in re.sub(r"\s+", " ", done.stderr.replace("│", ""))
    assert "Traceback" not in done.stderr


def test_a_dry_run_and_no_captioner_ask_nothing(store: Store):
    assert "nothing was asked" in msa(store, "caption", "--dry-run").stdout
    assert "no captioner is wanted" in msa(store, "caption", "--captioner", "none").stdout


def test_a_batch_without_an_endpoint_says_what_is_missing(store: Store):
    done = msa(store, "caption-batch")
    assert (done.returncode, "MSA_VLM_BASE_URL is not set" in done.stderr) == (2, True)
