"""An answer becomes a row of the ledger: looked at by the gate, under an id that its key alone decides."""

import hashlib
import json
from dataclasses import replace

from msa_core.captions.captioner import UNREADABLE, Captioner, Picture, Said
from msa_core.captions.gate import refused
from msa_core.captions.reasons import CaptionReason
from msa_core.records import Caption
from msa_core.text import mask


def checked(captioner: Captioner, picture: Picture, attempt: int, said: Said, *, cost_usd: float | None) -> Caption:
    """Ok, or refused with a reason; names and links that an image shows are masked, once the gate has seen them. What
    nobody was asked for (no prompt) needs no gate.
    """
    prompt = captioner.prompt
    reason = refused(said.caption, prompt=prompt, finish=said.finish) if prompt else None
    row = _row(captioner, picture, attempt, mask(said.caption.strip()))
    return replace(
        row,
        status="refused" if reason else "ok",
        reason=reason,
        n_prompt_tokens=said.n_prompt_tokens,
        n_completion_tokens=said.n_completion_tokens,
        cost_usd=cost_usd,
        latency_s=said.latency_s,
    )


def rejected(captioner: Captioner, picture: Picture, attempt: int, words: str) -> Caption:
    """The endpoint takes no such image, or the file cannot be decoded; asking again is useless."""
    reason = CaptionReason.UNREADABLE_IMAGE if words == UNREADABLE else CaptionReason.ENDPOINT_REJECTED
    return replace(_row(captioner, picture, attempt, words), status="refused", reason=reason)


def caption_id(captioner: Captioner, picture: Picture, attempt: int) -> str:
    """Decided by the key alone: image, captioner, model, prompt, text, parameters, attempt."""
    key = [picture.image_sha256, captioner.name, captioner.model, *_digests(captioner, picture), captioner.parameters]
    return f"caption-{hashlib.sha256(json.dumps([*key, attempt]).encode()).hexdigest()[:16]}"


def _digests(captioner: Captioner, picture: Picture) -> tuple[str | None, str | None]:
    """Of the prompt and of the post's text in it."""
    prompt_sha256 = captioner.prompt.sha256 if captioner.prompt else None
    return prompt_sha256, None if picture.text is None else hashlib.sha256(picture.text.encode()).hexdigest()


def _row(captioner: Captioner, picture: Picture, attempt: int, caption: str) -> Caption:
    prompt_sha256, text_sha256 = _digests(captioner, picture)
    return Caption(
        caption_id=caption_id(captioner, picture, attempt),
        image_sha256=picture.image_sha256,
        captioner=captioner.name,
        model=captioner.model,
        prompt_sha256=prompt_sha256,
        text_sha256=text_sha256,
        parameters=captioner.parameters,
        temperature=captioner.temperature_of(attempt),
        attempt=attempt,
        caption=caption,
        status="ok",
        reason=None,
        n_prompt_tokens=None,
        n_completion_tokens=None,
        cost_usd=None,
        latency_s=0.0,
    )
