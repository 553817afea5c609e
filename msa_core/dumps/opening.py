"""A row and the files it names, opened once: a post with its images and annotations, or a reject. Thread-safe."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msa_core.dumps.files import File, read_first
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow
from msa_core.dumps.standing import ANNOTATION, Standing, answer_of, content_of
from msa_core.images import MAX_BYTES, read_image
from msa_core.records import Annotation, Image, Post, PostImage, Reject
from msa_core.refusals import Reason, Refusal
from msa_core.text import Decoded, decode, mask

MAX_TEXT = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Taking:
    """Where the dump lies, and how its posts are taken. `allow_missing`: of `image`, `text`."""

    root: Path
    source: str
    task: str
    allow_missing: frozenset[str] = frozenset()
    keep_raw: bool = False
    keep_names: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A new post. `images` are those whose bytes the store lacks."""

    post: Post
    images: tuple[Image, ...]
    post_images: tuple[PostImage, ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A post that stands in the store, unchanged; annotations only where the dump now says something else."""

    annotations: tuple[Annotation, ...]


def open_post(row: RawPost | RefusedRow, taking: Taking, standing: Standing) -> Taken | Known | Reject:
    """The first thing that is wrong refuses the whole row."""
    if isinstance(row, RefusedRow):
        return row.reject(taking.source)
    opened = _open(row, taking, standing)
    if isinstance(opened, Refusal):
        refused = RefusedRow(row.path, row.line, opened.reason, row.source_id, opened.detail)
        return refused.reject(taking.source)
    return opened


def _open(row: RawPost, taking: Taking, standing: Standing) -> Taken | Known | Refusal:
    post_id = f"{taking.source}:{row.source_id}"
    text = _text_file(row, taking)
    if isinstance(text, Refusal):
        return text
    images = _image_files(row, taking)
    if isinstance(images, Refusal):
        return images
    stands = standing.content(post_id)
    if stands is not None:
        shows = content_of(text.sha256 if text else None, [image.sha256 for image in images])
        return _difference(stands, shows) or Known(_annotations(post_id, row, standing))
    words = _words(row, text, taking)
    if isinstance(words, Refusal):
        return words
    facts = _images(images, standing)
    if isinstance(facts, Refusal):
        return facts
    places = tuple(PostImage(post_id, place, image.sha256) for place, image in enumerate(images))
    post = _post(row, text, words, taking, n_images=len(images))
    return Taken(post, facts, places, _annotations(post_id, row, standing))


def _difference(stands: bytes, shows: bytes) -> Refusal | None:
    parts = [name for name, half in (("text", slice(8)), ("images", slice(8, 16))) if stands[half] != shows[half]]
    return Refusal(Reason.CONTENT_CHANGED, " and ".join(parts)) if parts else None


def _text_file(row: RawPost, taking: Taking) -> File | Refusal | None:
    if isinstance(row.text, InlineText):
        try:
            data = row.text.text.encode()
        except UnicodeEncodeError:
            return Refusal(Reason.UNDECODABLE_TEXT, "half of a surrogate pair")
        return File(row.path, data, hashlib.sha256(data).hexdigest())
    paths = row.text.paths if row.text else ()
    file = read_first(taking.root, paths, limit=MAX_TEXT, too_large=Reason.TEXT_TOO_LARGE)
    if file is not None or "text" in taking.allow_missing:
        return file
    return Refusal(Reason.MISSING_TEXT, paths[0] if paths else None)


def _image_files(row: RawPost, taking: Taking) -> tuple[File, ...] | Refusal:
    files = []
    for paths in row.images:
        file = read_first(taking.root, paths, limit=MAX_BYTES, too_large=Reason.IMAGE_TOO_LARGE)
        if isinstance(file, Refusal):
            return file
        if file is not None:
            files.append(file)
        elif "image" not in taking.allow_missing:
            return Refusal(Reason.MISSING_IMAGE, paths[0])
    if not row.images and "image" not in taking.allow_missing:
        return Refusal(Reason.MISSING_IMAGE)
    return tuple(files)


def _words(row: RawPost, text: File | None, taking: Taking) -> Decoded | Refusal | None:
    """Decoded, masked and stripped; the encoding is the file's, or that of the row it stands in."""
    if text is None:
        return None
    decoded = decode(text.data)
    if isinstance(decoded, Refusal):
        return Refusal(decoded.reason, f"{text.path}: {decoded.detail}")
    words = decoded.text.strip()
    if not words:
        return Refusal(Reason.EMPTY_TEXT, text.path)
    encoding = row.text.encoding if isinstance(row.text, InlineText) else decoded.encoding
    return Decoded(words if taking.keep_names else mask(words), encoding)


def _images(files: Sequence[File], standing: Standing) -> tuple[Image, ...] | Refusal:
    images = []
    for file in files:
        if standing.has_image(file.sha256):
            continue
        image = read_image(file.data, sha256=file.sha256)
        if isinstance(image, Refusal):
            return Refusal(image.reason, f"{file.path}: {image.detail}" if image.detail else file.path)
        images.append(image)
    return tuple(images)


def _post(row: RawPost, text: File | None, words: Decoded | None, taking: Taking, *, n_images: int) -> Post:
    return Post(
        post_id=f"{taking.source}:{row.source_id}",
        source=taking.source,
        source_id=row.source_id,
        task=taking.task,
        text=words.text if words else None,
        text_sha256=text.sha256 if text else None,
        text_path=text.path if text else None,
        text_bytes=text.data if text and taking.keep_raw else None,
        encoding=words.encoding if words else None,
        n_images=n_images,
        official_split=row.official_split,
        is_official_unlabelled=row.is_official_unlabelled,
        published_at=row.published_at,
    )


def _annotations(post_id: str, row: RawPost, standing: Standing) -> tuple[Annotation, ...]:
    """Only what the store does not hold; a changed answer names the annotation that it corrects."""
    found = []
    for answer in row.answers:
        stands = standing.answer(post_id, answer.annotator, answer.modality)
        if stands is None or stands[1] != answer_of(answer.label, answer.score):
            found.append(_annotation(post_id, answer, supersedes=stands[0] if stands else None))
    return tuple(found)


def _annotation(post_id: str, answer: Answer, *, supersedes: str | None) -> Annotation:
    named = "\0".join(map(str, (post_id, answer.annotator, answer.modality, answer.label, answer.score, supersedes)))
    return Annotation(
        annotation_id=ANNOTATION + hashlib.sha256(named.encode()).hexdigest()[:16],
        post_id=post_id,
        annotator=answer.annotator,
        modality=answer.modality,
        label=answer.label,
        score=answer.score,
        status="given",
        comment=None,
        origin="dump",
        model_id_shown=None,
        lead_time_s=None,
        annotated_at=None,
        project=None,
        task_id=None,
        server_id=None,
        supersedes=supersedes,
    )
