"""Rows and their files become posts, or rejects with a name."""

import hashlib
import os
from pathlib import Path

import pytest

from msa_core.dumps import Known, RawPost, RefusedRow, Standing, Taken, Taking, open_post
from msa_core.dumps.files import File, read_first
from msa_core.dumps.opening import MAX_TEXT
from msa_core.dumps.row import Answer, InlineText, TextFile
from msa_core.dumps.standing import Index, answer_of, answer_pair, image_list_pair, image_pair, key, text_pair
from msa_core.images import MAX_BYTES
from msa_core.records import Reject
from msa_core.refusals import Reason, Refusal
from tests.msa_core.dump_files import jpeg, write

ROW = RawPost("1", "labels.txt", 2, TextFile(("1.txt",)), (("1.jpg",),), (Answer("mvsa", "text", "positive"),))
WORDS = b" hello @kate \r\n"


def dump(root: Path, **files: bytes) -> Path:
    return write(
        root, {"1.txt": WORDS, "1.jpg": jpeg()} | {name.replace("_", "."): data for name, data in files.items()}
    )


def opened(
    root: Path, row: RawPost = ROW, *, standing: Standing | None = None, **how: object
) -> Taken | Known | Reject:
    return open_post(row, Taking(root, "s", "sentiment", **how), standing or Standing())  # type: ignore[arg-type]


def taken(root: Path, row: RawPost = ROW, **how: object) -> Taken:
    found = opened(root, row, **how)
    assert isinstance(found, Taken), found
    return found


def reason(root: Path, row: RawPost = ROW, **how: object) -> tuple[str, str | None]:
    found = opened(root, row, **how)
    assert isinstance(found, Reject), found
    assert (found.source, found.path, found.line, found.source_id) == ("s", "labels.txt", 2, "1")
    return found.reason, found.detail


def test_a_post_is_masked_and_stripped_and_its_digest_is_of_the_raw_bytes(tmp_path: Path):
    post = taken(dump(tmp_path)).post
    assert (post.post_id, post.text, post.encoding) == ("s:1", "hello @user", "utf-8")
    assert (post.text_sha256, post.text_path) == (hashlib.sha256(WORDS).hexdigest(), "1.txt")
    assert (post.text_bytes, post.n_images, post.task) == (None, 1, "sentiment")


def test_raw_bytes_and_names_are_kept_on_demand(tmp_path: Path):
    post = taken(dump(tmp_path), keep_raw=True, keep_names=True).post
    assert (post.text, post.text_bytes) == ("hello @kate", WORDS)


def test_an_inline_text_has_the_encoding_of_its_row(tmp_path: Path):
    row = RawPost("1", "labels.txt", 2, InlineText("café", "cp1252"), (("1.jpg",),), ())
    post = taken(dump(tmp_path), row).post
    assert (post.text, post.encoding, post.text_path) == ("café", "cp1252", "labels.txt")
    assert post.text_sha256 == hashlib.sha256("café".encode()).hexdigest()


def test_images_keep_their_order_and_are_found_at_the_first_of_their_paths(tmp_path: Path):
    root = write(dump(tmp_path), {"b/2.png": jpeg(2)})
    found = taken(root, RawPost("1", "l", 1, InlineText("a", "utf-8"), (("a/2.jpg", "b/2.png"), ("1.jpg",)), ()))
    digests = [image.image_sha256 for image in found.images]
    assert [(row.position, row.image_sha256) for row in found.post_images] == list(enumerate(digests))
    assert digests[0] == hashlib.sha256(jpeg(2)).hexdigest()
    assert found.post.n_images == 2


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"1_jpg": b""}, ("empty-image", "1.jpg")),
        ({"1_jpg": b"404 Not Found"}, ("not-an-image", "1.jpg")),
        ({"1_txt": b" \r\n\t"}, ("empty-text", "1.txt")),
        ({"1_txt": b""}, ("empty-text", "1.txt")),
        ({"1_txt": b"good \x81 day"}, ("undecodable-text", "1.txt: neither of utf-8, gb18030, cp1252")),
        ({"1_txt": "hi".encode("utf-16")}, ("undecodable-text", "1.txt: NUL: UTF-16 or binary data")),
        ({"1_txt": b"x" * (MAX_TEXT + 1)}, ("text-too-large", f"1.txt: {MAX_TEXT + 1} bytes")),
    ],
)
def test_a_bad_file_refuses_the_row_and_is_named(tmp_path: Path, files: dict[str, bytes], expected: tuple[str, str]):
    assert reason(dump(tmp_path, **files)) == expected


def test_a_truncated_image_is_named(tmp_path: Path):
    name, detail = reason(dump(tmp_path, **{"1_jpg": jpeg()[:-200]}))
    assert name == "truncated-image"
    assert detail is not None
    assert detail.startswith("1.jpg: ")


def test_an_image_of_too_many_bytes_is_not_read(tmp_path: Path):
    with (dump(tmp_path) / "1.jpg").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)  # a sparse file: no bytes on the disk
    assert reason(tmp_path) == ("image-too-large", f"1.jpg: {MAX_BYTES + 1} bytes")


@pytest.mark.parametrize(("name", "expected"), [("1.jpg", "missing-image"), ("1.txt", "missing-text")])
def test_an_absent_file_refuses_the_row_unless_it_may_be_missing(tmp_path: Path, name: str, expected: str):
    (dump(tmp_path) / name).unlink()
    assert reason(tmp_path) == (expected, name)
    assert taken(tmp_path, allow_missing=frozenset(("text", "image"))).annotations


def test_a_post_may_have_neither_where_both_may_be_missing(tmp_path: Path):
    found = taken(tmp_path, allow_missing=frozenset(("text", "image")))
    assert (found.post.text, found.post.text_sha256, found.post.encoding, found.post.text_path) == (None,) * 4
    assert (found.post.n_images, found.images, found.post_images) == (0, (), ())


def test_a_file_that_is_there_and_broken_is_refused_even_where_it_may_be_missing(tmp_path: Path):
    assert reason(dump(tmp_path, **{"1_jpg": b""}), allow_missing=frozenset(("image",)))[0] == "empty-image"


def test_a_pipe_or_folder_with_an_images_name_is_no_image(tmp_path: Path):
    (dump(tmp_path) / "1.jpg").unlink()
    os.mkfifo(tmp_path / "1.jpg")
    assert reason(tmp_path)[0] == "missing-image"
    (tmp_path / "1.jpg").unlink()
    (tmp_path / "1.jpg").mkdir()
    assert reason(tmp_path)[0] == "missing-image"


def test_a_name_that_no_file_system_holds_is_a_missing_file(tmp_path: Path):
    row = RawPost("1", "labels.txt", 2, InlineText("a", "utf-8"), (("x" * 5000 + ".jpg",),), ())
    assert reason(tmp_path, row)[0] == "missing-image"


def test_what_the_system_will_not_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    found = read_first(dump(tmp_path), ("1.jpg",), limit=9, too_large=Reason.IMAGE_TOO_LARGE)
    assert found == Refusal(Reason.UNREADABLE_FILE, "1.jpg: Permission denied")


def test_a_refusal_says_no_more_than_a_row_can_hold():
    reject = RefusedRow("l", 1, Reason.MALFORMED_ROW, "\ud83d", "x" * 10_000).reject("s")
    assert reject.source_id == "\\ud83d"
    assert len(reject.detail or "") == 300


def held(root: Path, label: str = "positive", *, text: bytes = WORDS, image: bytes | None = None) -> Standing:
    """A store that holds the post with this text, image and answer."""
    digest = hashlib.sha256(image or (root / "1.jpg").read_bytes()).hexdigest()
    named = ("s:1", "mvsa", "text")
    return Standing(
        texts=Index([text_pair("s:1", hashlib.sha256(text).hexdigest())]),
        image_lists=Index([image_list_pair("s:1", [digest])]),
        answers=Index([answer_pair(named, "annotation-00112233aabbccdd", answer_of(label, None))]),
        images=Index([image_pair(digest)]),
    )


def test_an_unchanged_post_is_known_and_adds_nothing(tmp_path: Path):
    assert opened(dump(tmp_path), standing=held(tmp_path)) == Known(())


def test_a_changed_label_is_a_new_annotation_that_names_the_old_one(tmp_path: Path):
    found = opened(dump(tmp_path), standing=held(tmp_path, "negative"))
    assert isinstance(found, Known)
    (annotation,) = found.annotations
    assert (annotation.label, annotation.supersedes) == ("positive", "annotation-00112233aabbccdd")
    (first,) = taken(tmp_path).annotations
    assert first.annotation_id != annotation.annotation_id
    assert first.supersedes is None


@pytest.mark.parametrize(
    ("changed", "detail"),
    [({"text": b"other"}, "text"), ({"image": b"other"}, "images"), ({"text": b"o", "image": b"o"}, "text and images")],
)
def test_changed_content_under_a_known_id_is_refused(tmp_path: Path, changed: dict[str, bytes], detail: str):
    dump(tmp_path)
    assert reason(tmp_path, standing=held(tmp_path, **changed)) == ("content-changed", detail)


def test_an_image_that_the_store_holds_is_neither_decoded_nor_written_again(tmp_path: Path):
    broken = dump(tmp_path, **{"1_jpg": b"not decoded"})
    standing = Standing(images=held(broken).images)
    found = taken(broken, standing=standing)
    assert (found.images, len(found.post_images)) == ((), 1)


def test_an_index_finds_what_it_holds_and_nothing_else():
    pairs = [(key(str(n)), key("value", str(n))) for n in range(500)] + [(bytes(16), bytes(16))]
    index = Index(iter(pairs))
    assert len(index) == 501
    assert all(index.get(name) == value for name, value in pairs)
    assert index.get(key("absent")) is None
    assert Index().get(key("absent")) is None


def test_a_file_is_read_whole_with_its_digest(tmp_path: Path):
    data = os.urandom(3_000_000)
    write(tmp_path, {"x": data})
    found = read_first(tmp_path, ("absent", "x"), limit=len(data), too_large=Reason.IMAGE_TOO_LARGE)
    assert found == File("x", data, hashlib.sha256(data).hexdigest())
