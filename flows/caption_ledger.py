"""The ledger of captions: which images wait for one, and answers that came, from the journal into a committed run."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from msa_core.captions.captioner import Captioner, Picture
from msa_core.captions.reasons import CaptionReason
from msa_core.errors import CaptionError
from msa_core.records import Caption, CaptionPrompt
from warehouse import Moment, Run, Store, digest
from warehouse.journal import Journal

SUBJECTS = (
    "select image_sha256, text from caption_subjects "
    "where (is_hard or $is_all) and ($source is null or source = $source) order by place"
)
HOW_MANY = "select count(*) from caption_subjects where (is_hard or $is_all) and ($source is null or source = $source)"
SOURCES = "select distinct source from posts order by source"
ATTEMPTS = (
    "from caption_attempts where captioner = $captioner and model = $model "
    "and prompt_sha256 is not distinct from $prompt and parameters = $parameters"
)
EARLIER = (
    "select count(*) as n, min(prompt_sha256) as sha256 from captions join prompts using (prompt_sha256) "
    "where model = $model and name = $name and prompt_sha256 <> $sha256"
)
UNDER_THIS = "select 1 from captions where model = $model and prompt_sha256 = $sha256 limit 1"
BYTES = "select image_sha256, bytes from image_bytes where image_sha256 in (select unnest($digests))"
KNOWN = (
    "select min(image_sha256) from captions where captioner = $captioner and model = $model and status = 'ok' "
    "and image_sha256 in (select image_sha256 from images)"
)
SIZES = "select image_sha256, n_bytes from images where image_sha256 in (select unnest($digests))"
HOPELESS = (CaptionReason.ENDPOINT_REJECTED, CaptionReason.UNREADABLE_IMAGE)
IMAGES_AT_ONCE, BYTES_AT_ONCE = 128, 64 * 2**20

Waiting = tuple[str, str | None, int]  # an image, the post's text where the prompt holds it, attempts made


@dataclass(frozen=True, slots=True)
class Scope:
    """Which posts: the hard ones, or all that are not sealed; `limit` images at most."""

    posts: str = "hard"
    source: str | None = None
    limit: int | None = None
    retry_refused: bool = False
    with_text: bool = False


def batches_of(store: Store) -> Journal:
    """What was submitted to a batch endpoint and is not collected yet."""
    return Journal(store.places, "caption", "batches")


def intents(batches: Journal) -> list[dict[str, Any]]:
    """Lines with the rows of batches that are to be submitted, or were; by tag."""
    lines = list(batches.read())
    dropped = {line["tag"] for line in lines if "is_dropped" in line}
    return [line for line in lines if "rows" in line and line["tag"] not in dropped]


def under_way(store: Store, captioner: Captioner) -> frozenset[tuple[str, str | None]]:
    """Images, each with the text in its prompt, that a batch asks this captioner about: not to be paid for twice."""
    sha256 = captioner.prompt.sha256 if captioner.prompt else None
    key = [captioner.model, sha256, captioner.parameters]
    lines = (line for line in intents(batches_of(store)) if line["key"] == key)
    return frozenset((row[0], row[1]) for line in lines for row in line["rows"])


def waiting(
    moment: Moment,
    captioner: Captioner,
    scope: Scope,
    *,
    aside: frozenset[tuple[str, str | None]] = frozenset(),
    journalled: Sequence[Caption] = (),
) -> list[Waiting]:
    """Images without a caption that nobody refused for good, hardest first; each once; none that stands `aside`.
    `journalled`: answers that no run holds yet. Raises CaptionError where the source is unknown.
    """
    _refuse_unknown(moment, scope.source)
    subjects = moment.table(SUBJECTS, is_all=scope.posts == "all", source=scope.source)
    done = _attempts(moment, captioner) | _journalled(captioner, journalled)
    found: dict[tuple[str, str | None], int] = {}
    for image, text in zip(*(column.to_pylist() for column in subjects.columns), strict=True):
        shown = text if scope.with_text else None
        n_attempts, is_open = done.get((image, _sha256(shown)), (0, True))
        if is_open or (scope.retry_refused and n_attempts > 0):
            found.setdefault((image, shown), n_attempts)
    rows = [(image, text, n) for (image, text), n in found.items() if (image, text) not in aside]
    return rows[: scope.limit]


def idle(moment: Moment, captioner: Captioner, scope: Scope, *, n_under_way: int) -> str:
    """Why no image waits."""
    is_all, of = scope.posts == "all", f" of {scope.source}" if scope.source else ""
    if not moment.value(HOW_MANY, is_all=is_all, source=scope.source):
        if is_all:
            return f"no post{of} outside test has an image"
        return f"no post{of} is hard yet: msa mine finds those that are, --posts all describes the rest, too"
    done = f"its caption of {captioner.name} ({captioner.model}), or was refused"
    if n_under_way:
        return f"{n_under_way:,} images are under way in a batch: msa caption-batch collects it; every other has {done}"
    return f"every image in question has {done}"


def pictures(moment: Moment, rows: Sequence[Waiting]) -> Iterator[Picture]:
    """Their files, in order, some at a time."""
    for part in _parts(moment, rows):
        table = moment.table(BYTES, digests=[image for image, _, _ in part])
        files = dict(zip(table["image_sha256"].to_pylist(), table["bytes"].to_pylist(), strict=True))
        yield from (Picture(image, files[image], text, n) for image, text, n in part)


def _parts(moment: Moment, rows: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Of few images and few bytes: photos may be large."""
    table = moment.table(SIZES, digests=[image for image, _, _ in rows])
    sizes = dict(zip(table["image_sha256"].to_pylist(), table["n_bytes"].to_pylist(), strict=True))
    part: list[Waiting] = []
    held = 0
    for row in rows:
        if part and (len(part) == IMAGES_AT_ONCE or held + sizes[row[0]] > BYTES_AT_ONCE):
            yield part
            part, held = [], 0
        part.append(row)
        held += sizes[row[0]]
    if part:
        yield part


def is_last(row: Caption) -> bool:
    """Whether no second answer follows: it passed, it was the second, or asking again is useless."""
    return row.status == "ok" or row.attempt % 2 == 1 or row.reason in HOPELESS


def known(moment: Moment, captioner: Captioner) -> Picture | None:
    """An image that this model has described before."""
    image = moment.value(KNOWN, captioner=captioner.name, model=captioner.model)
    return next(pictures(moment, [(image, None, 0)])) if image else None


def refuse_another_prompt(moment: Moment, captioner: Captioner) -> None:
    """Raises CaptionError where the prompt's words are others than those that captions were bought with."""
    prompt = captioner.prompt
    if prompt is None:
        return
    asked = {"model": captioner.model, "sha256": prompt.sha256}
    earlier = moment.table(EARLIER, name=prompt.name, **asked).to_pylist()[0]
    if earlier["n"] and not moment.value(UNDER_THIS, **asked):
        raise CaptionError(
            f"The prompt {prompt.name!r} has changed: {earlier['n']} answers of {captioner.model} were bought under "
            f"{earlier['sha256'][:12]}, it is {prompt.sha256[:12]} now, so that every image would be asked about "
            "again. If that is meant: --new-prompt. They stay in any case."
        )


def begin(journal: Journal, captioner: Captioner) -> None:
    """What is asked stands in the journal before the answers do."""
    prompt = captioner.prompt
    if prompt:
        journal.append({"prompt": asdict(CaptionPrompt(prompt.sha256, prompt.name, prompt.words))})


def keep(journal: Journal, rows: Sequence[Caption]) -> None:
    """Answers are safe when this returns."""
    hand_over(journal, rows)
    journal.settle()


def hand_over(journal: Journal, rows: Sequence[Caption]) -> None:
    """Answers are safe from a kill when this returns, and from a power cut once the journal is settled."""
    journal.hand_over([{"answer": asdict(row)} for row in rows])


def left_in_journal(store: Store) -> list[Caption]:
    """Answers that a killed command left, or that another one gets right now."""
    lines = Journal(store.places, "caption", "answers").read()
    return [Caption(**line["answer"]) for line in lines if "answer" in line]


def fold(store: Store, journal: Journal) -> str | None:
    """What the journal holds becomes a committed run, and the journal is empty; None where it held no answer."""
    lines = list(journal.read())
    answers = [Caption(**line["answer"]) for line in lines if "answer" in line]
    rows = sorted({row.caption_id: row for row in answers}.values(), key=lambda row: row.caption_id)
    prompts = {CaptionPrompt(**line["prompt"]) for line in lines if "prompt" in line}
    run = _run(store, rows)
    if run is not None:
        with run:
            run.write("captions", rows)
            run.write("prompts", sorted(prompts, key=lambda prompt: prompt.prompt_sha256))
    journal.fold()
    return run.run_id if run else None


def _run(store: Store, rows: Sequence[Caption]) -> Run | None:
    """None where there is nothing, or where it was committed just before a kill."""
    if not rows:
        return None
    asked = {"models": sorted({f"{row.captioner}:{row.model}" for row in rows})}
    return store.begin(
        "caption", parameters=asked, inputs=[f"answers-{digest([row.caption_id for row in rows])}"], version=1
    )


def _refuse_unknown(moment: Moment, source: str | None) -> None:
    known = moment.table(SOURCES)["source"].to_pylist() if source is not None else []
    if source is not None and source not in known:
        raise CaptionError(f"No source {source!r}. Sources: {', '.join(known) or 'none yet; msa ingest'}")


def _attempts(moment: Moment, captioner: Captioner) -> dict[tuple[str, str | None], tuple[int, bool]]:
    """Attempts of each image and text, and whether one more is due: every second one is the retry of a refusal."""
    asked = {"captioner": captioner.name, "model": captioner.model, "parameters": captioner.parameters}
    rows = moment.table(ATTEMPTS, prompt=captioner.prompt.sha256 if captioner.prompt else None, **asked).to_pylist()
    return {
        (row["image_sha256"], row["text_sha256"]): (
            0 if row["is_ok"] else row["n_attempts"],
            not row["is_ok"] and not row["is_hopeless"] and row["n_attempts"] % 2 == 1,
        )
        for row in rows
    }


def _journalled(captioner: Captioner, rows: Sequence[Caption]) -> dict[tuple[str, str | None], tuple[int, bool]]:
    """The same of rows; the last word on an image comes last."""
    key = (captioner.name, captioner.model, captioner.prompt.sha256 if captioner.prompt else None, captioner.parameters)
    return {
        (row.image_sha256, row.text_sha256): (0 if row.status == "ok" else row.attempt + 1, not is_last(row))
        for row in rows
        if (row.captioner, row.model, row.prompt_sha256, row.parameters) == key
    }


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
