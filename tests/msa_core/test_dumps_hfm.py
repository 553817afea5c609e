"""The Twitter sarcasm set of Cai et al., and Facebook's Hateful Memes: both are called HFM."""

from pathlib import Path

import pytest

from msa_core.dumps import hateful_memes, hfm
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow
from msa_core.errors import DumpError
from tests.msa_core.dump_files import posts, reasons, write


def test_the_last_field_is_the_label(tmp_path: Path):
    files = {"text/train.txt": "['1', 'oh great', 1]\n", "text/valid2.txt": "['2', 'so ... grim', 1, 0]\n"}
    train, val = posts(hfm.read(write(tmp_path, files)))
    assert (train.answers, train.official_split) == ((Answer("hfm", "both", "sarcastic"),), "train")
    assert (val.answers, val.official_split) == ((Answer("hfm", "both", "not-sarcastic"),), "val")
    assert train.text == InlineText("oh great", "utf-8")


@pytest.mark.parametrize("name", ["valid2", "valid", "val"])
@pytest.mark.parametrize("folder", ["text/", ""])
def test_every_spelling_of_the_split_files_is_read(tmp_path: Path, name: str, folder: str):
    files = {f"{folder}{stem}.txt": f"['{stem}', 'text', 0]\n" for stem in ("train", name, "test2")}
    found = posts(hfm.read(write(tmp_path, files)))
    assert [(post.source_id, post.official_split) for post in found] == [
        ("train", "train"),
        (name, "val"),
        ("test2", "test"),
    ]


def test_of_two_files_of_a_split_the_one_with_peoples_labels_counts(tmp_path: Path):
    files = {"test.txt": "['1', 'a', 1]\n", "test2.txt": "['1', 'a', 1, 0]\n"}
    (post,) = posts(hfm.read(write(tmp_path, files)))
    assert (post.path, post.answers[0].label) == ("test2.txt", "not-sarcastic")


def test_the_word_filter_names_the_word_and_spares_val_and_test(tmp_path: Path):
    files = {
        "train.txt": "['1', 'what irony , a <url>', 1]\n['2', 'ironically', 1]\n",
        "valid.txt": "['3', 'a joke', 1]\n",
        "test.txt": "['4', 'a <url>', 1]\n",
    }
    root = write(tmp_path, files)
    refused, *others = hfm.read(root)
    assert isinstance(refused, RefusedRow)
    assert (refused.reason, refused.line, refused.detail) == ("word-filter", 1, "<url>")
    assert all(isinstance(row, RawPost) for row in others)
    assert len(posts(hfm.read(root, word_filter=False))) == 4


def test_images_lie_in_the_splits_folder_or_in_one_for_all(tmp_path: Path):
    files = {"train.txt": "['1', 'a', 1]\n", "train/x.png": b"", "image/x.png": b""}
    (post,) = posts(hfm.read(write(tmp_path, files)))
    assert post.images[0] == tuple(f"{folder}/1.{end}" for folder in ("train", "image") for end in hfm.ENDINGS)


def test_a_dump_without_image_folders_still_says_where_an_image_would_be(tmp_path: Path):
    (post,) = posts(hfm.read(write(tmp_path, {"train.txt": "['1', 'a', 1]\n"})))
    assert post.images[0][0] == "image/1.jpg"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("['2', 'text']", "too-few-columns"),
        ("['2', 'text', 1", "malformed-row"),
        ("__import__('os').system('true')", "malformed-row"),
        ("{'id': 2}", "malformed-row"),
        ("['2', 7, 1]", "malformed-row"),
        ("[" * 5000, "malformed-row"),
        ("['2', 'text', 2]", "unknown-label"),
        ("['2', 'text', None]", "unknown-label"),
        ("['1', 'text', 1]", "duplicated-id"),
        ("['../2', 'text', 1]", "unsafe-id"),
        ("['\\ud83d', 'text', 1]", "unsafe-id"),
    ],
)
def test_a_bad_line_is_refused_by_name(tmp_path: Path, row: str, reason: str):
    root = write(tmp_path, {"train.txt": f"['1', 'text', 1]\n{row}\n"})
    assert reasons(hfm.read(root), "sarcasm") == [(2, reason)]


def test_what_is_said_of_a_bad_line_is_the_same_each_time(tmp_path: Path):
    for row in hfm.read(write(tmp_path, {"train.txt": "guid,tag\n__import__('os')\n[\n"})):
        assert isinstance(row, RefusedRow)
        assert row.detail in ("no Python list: not a literal", "no Python list: '[' was never closed")


def test_a_folder_without_texts_says_what_was_looked_for(tmp_path: Path):
    with pytest.raises(DumpError, match=r"looked for text/train\.txt"):
        list(hfm.read(tmp_path))


MEME = '{"id": 42953, "img": "img/42953.png", "label": 0, "text": "its their character"}\n'


def test_a_meme_is_a_json_object(tmp_path: Path):
    (post,) = posts(hateful_memes.read(write(tmp_path, {"train.jsonl": MEME})))
    assert (post.source_id, post.official_split, post.line) == ("42953", "train", 1)
    assert post.answers == (Answer("hateful-memes", "both", "not-hateful"),)
    assert (post.text, post.images) == (InlineText("its their character", "utf-8"), (("img/42953.png",),))


def test_labels_may_be_missing_and_are_withheld_only_of_a_test(tmp_path: Path):
    files = {
        "train.jsonl": '{"id": "01", "img": "img/01.png", "text": "a"}\n',
        "test_seen.jsonl": '{"id": "02", "img": "img/02.png", "text": "a"}\n',
        "dev_seen.jsonl": '{"id": "03", "img": "img/03.png", "text": "a", "label": 1}\n',
    }
    train, val, test = posts(hateful_memes.read(write(tmp_path, files)))
    assert (train.answers, train.is_official_unlabelled) == ((), False)
    assert (val.official_split, val.answers[0].label) == ("val", "hateful")
    assert (test.official_split, test.answers, test.is_official_unlabelled) == ("test", (), True)


def test_labels_of_a_column_with_gaps_are_read(tmp_path: Path):
    made = [f'{{"id": {n}, "img": "a.png", "text": "a", "label": {label}}}\n' for n, label in enumerate(("1.0", "NaN"))]
    one, other = posts(hateful_memes.read(write(tmp_path, {"train.jsonl": "".join(made)})))
    assert (one.answers[0].label, other.answers) == ("hateful", ())


def test_a_meme_of_both_dev_files_counts_once(tmp_path: Path):
    root = write(tmp_path, {"dev_seen.jsonl": MEME, "dev_unseen.jsonl": MEME})
    assert reasons(hateful_memes.read(root), "hate") == [(1, "duplicated-id")]


def test_a_refused_meme_leaves_its_id_to_a_good_one(tmp_path: Path):
    bad = MEME.replace('"label": 0', '"label": 7')
    root = write(tmp_path, {"dev_seen.jsonl": bad, "dev_unseen.jsonl": MEME + MEME})
    assert reasons(hateful_memes.read(root), "hate") == [(1, "unknown-label"), (2, "duplicated-id")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"id": 2, "img": "2.png"}', "too-few-columns"),
        ('{"id": 2, "img": "2.png", "text": null, "label": 1}', "too-few-columns"),
        ('{"id": 2, "img": "2.png", "text": 5, "label": 1}', "malformed-row"),
        ('{"id": 2, "img"', "malformed-row"),
        ("[1, 2]", "malformed-row"),
        ("[" * 100_000, "malformed-row"),
        ('{"id": 2, "img": "2.png", "text": "a", "label": 2}', "unknown-label"),
        ('{"id": 2, "img": "2.png", "text": "a", "label": "\\ud83d"}', "unknown-label"),
        ('{"id": "../2", "img": "2.png", "text": "a", "label": 1}', "unsafe-id"),
        ('{"id": 2, "img": "../2.png", "text": "a", "label": 1}', "unsafe-path"),
        ('{"id": 2, "img": "a/..\\\\..\\\\2.png", "text": "a", "label": 1}', "unsafe-path"),
        ('{"id": 2, "img": "\\ud83d.png", "text": "a", "label": 1}', "unsafe-path"),
    ],
)
def test_a_bad_meme_is_refused_by_name(tmp_path: Path, row: str, reason: str):
    root = write(tmp_path, {"train.jsonl": f"{MEME}{row}\n"})
    assert reasons(hateful_memes.read(root), "hate") == [(2, reason)]


def test_a_folder_without_memes_says_what_was_looked_for(tmp_path: Path):
    with pytest.raises(DumpError, match=r"looked for train\.jsonl"):
        list(hateful_memes.read(tmp_path))
