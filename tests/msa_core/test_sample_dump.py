"""The sample dump: what it promises to hold, it holds."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from msa_core.errors import DumpError
from msa_core.sample_dump import write_sample_dump
from msa_core.sample_dump.broken import BROKEN
from msa_core.sample_dump.planning import ENCODINGS, NOISE, ODD_IMAGES, SHARES, both_label, plan


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


@pytest.fixture(scope="module")
def dump(tmp_path_factory) -> Path:
    return write_sample_dump(tmp_path_factory.mktemp("dump"), n_posts=150, seed=7).path


@pytest.fixture(scope="module")
def truth(dump) -> list[dict[str, str]]:
    with (dump / "truth.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def good(truth) -> list[dict[str, str]]:
    return [row for row in truth if not row["broken"]]


def given_labels(dump: Path) -> list[list[str]]:
    return [line.split("\t") for line in (dump / "labelResultAll.txt").read_text().splitlines()[1:]]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    folders = [write_sample_dump(tmp_path / str(n), n_posts=20, seed=seed).path for n, seed in enumerate((7, 7, 8))]
    first, again, other = map(digest, folders)
    assert first == again != other


def test_a_folder_that_holds_files_is_left_alone(dump):
    with pytest.raises(DumpError, match="not empty"):
        write_sample_dump(dump, n_posts=5)


def test_the_label_file_is_laid_out_as_the_real_dump_is(dump):
    lines = (dump / "labelResultAll.txt").read_bytes().split(b"\r\n")
    assert lines[0] == b"ID\ttext,image"
    assert lines[-1] == b""


def test_each_row_of_the_label_file_has_its_truth_and_the_other_way_round(dump, truth):
    assert sorted(row[0] for row in given_labels(dump)) == sorted(row["id"] for row in truth)


def test_every_kind_of_broken_row_is_there_once(truth):
    assert Counter(row["broken"] for row in truth if row["broken"]) == Counter(BROKEN)


def test_good_texts_decode_as_the_truth_says_and_end_in_crlf(dump, good):
    for row in good:
        raw = (dump / "data" / f"{row['id']}.txt").read_bytes()
        assert raw.endswith(b"\r\n")
        assert raw.decode(row["encoding"]).strip()
    assert {row["encoding"] for row in good} == set(ENCODINGS)


def test_good_images_decode_and_odd_ones_come_in_every_mode(dump, good):
    modes = {}
    for row in good:
        with Image.open(dump / "data" / f"{row['id']}.jpg") as image:
            image.load()
            assert 240 * 0.6 - 1 <= min(image.size) <= 500
            modes[row["oddity"]] = image.mode
            if row["oddity"] == "animated":
                assert len(list(ImageSequence.Iterator(image))) == 2
    assert modes.keys() == {"", *ODD_IMAGES}
    assert (modes["cmyk"], modes["palette"], modes["rgba"], modes["grey"]) == ("CMYK", "P", "RGBA", "L")
    assert modes["sixteen-bit"].startswith("I")


def test_the_huge_image_is_small_on_disk_and_huge_in_memory(dump, truth, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    path = dump / "data" / f"{next(row['id'] for row in truth if row['broken'] == 'huge-image')}.jpg"
    assert path.stat().st_size < 25_000
    with Image.open(path) as image:
        assert image.size == (13_000, 13_000)


def test_the_undecodable_text_is_neither_utf8_nor_gb18030_nor_cp1252(dump, truth):
    raw = (
        dump / "data" / f"{next(row['id'] for row in truth if row['broken'] == 'undecodable-text')}.txt"
    ).read_bytes()
    for codec in ("utf-8", "gb18030", "cp1252"):
        with pytest.raises(UnicodeDecodeError):
            raw.decode(codec)


def test_a_row_is_noisy_exactly_when_its_label_by_the_literature_is_wrong(dump, good):
    labels = {row[0]: row[1].split(",") for row in reversed(given_labels(dump)) if row[1].count(",") == 1}
    for row in good:
        if row["both"]:
            assert (both_label(*labels[row["id"]]) != row["both"]) == (row["is_noisy"] == "1")


def test_twins_share_what_they_say_they_share(dump, good):
    rows = {row["id"]: row for row in good}
    seen = Counter()
    for row in (row for row in good if row["twin_of"]):
        first, second = dump / "data" / f"{row['twin_of']}.jpg", dump / "data" / f"{row['id']}.jpg"
        seen[row["twin_kind"]] += 1
        assert (row["text"], row["image"]) == tuple(rows[row["twin_of"]][name] for name in ("text", "image"))
        assert (first.read_bytes() == second.read_bytes()) == (row["twin_kind"] == "copy")
        assert close(first, second) == (row["twin_kind"] != "text")
    assert set(seen) == {"image", "text", "both", "copy"}


def close(first: Path, second: Path) -> bool:
    small = [np.asarray(Image.open(path).convert("L").resize((16, 16)), dtype=float) for path in (first, second)]
    return bool(np.abs(small[0] - small[1]).mean() < 8)


@given(st.integers(10, 400), st.integers(0, 2**32))
def test_the_plan_keeps_its_shares_whatever_the_seed(n, seed):
    posts = plan([str(number) for number in range(n)], np.random.default_rng(seed))
    kinds = Counter((post.kind, post.text, post.image) for post in posts)
    n_twins = sum(post.twin_of is not None for post in posts)
    assert all(abs(kinds[signal] - share * n) <= 1 + n_twins for signal, share in SHARES.items())
    n_labelled = sum(both_label(post.text, post.image) is not None for post in posts)
    assert sum(post.is_noisy for post in posts) == round(n_labelled * NOISE)
