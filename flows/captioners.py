"""Which captioner a command means: what stands in the environment, else the embedded one."""

import os
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from urllib.parse import urlsplit

from msa_core.captions.captioner import Captioner, Decoding
from msa_core.captions.pixels import Pixels
from msa_core.captions.prompts import prompt_named
from msa_core.errors import CaptionError

USUAL = Decoding()
CAPTIONERS = ("auto", "openai", "pixels", "none")
REMEDY = (
    "Serve a vision-language model, such as Qwen2.5-VL or Qwen3-VL (vLLM, SGLang, Ollama, or hosted), then set "
    "MSA_VLM_BASE_URL (it usually ends in /v1), MSA_VLM_MODEL and, where it wants one, MSA_VLM_API_KEY. Without one: "
    "--captioner pixels"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to describe, and how; `model` None: the environment's."""

    captioner: str = "auto"
    model: str | None = None
    prompt: str = "objective"
    decoding: Decoding = USUAL
    timeout_s: float = 60.0


def captioner_of(asked: Asked) -> Captioner | None:
    """None where none is wanted. Raises CaptionError with the remedy."""
    if asked.captioner not in CAPTIONERS:
        raise CaptionError(f"No captioner {asked.captioner!r}. Captioners: {', '.join(CAPTIONERS)}")
    if asked.captioner == "none":
        return None
    url = os.environ.get("MSA_VLM_BASE_URL", "").strip()
    if asked.captioner == "pixels" or (asked.captioner == "auto" and not url):
        return Pixels()
    return _endpoint(asked, url)


def opened(captioner: Captioner) -> AbstractAsyncContextManager[object]:
    """The captioner as a context: what it holds open is closed at the end."""
    return captioner if isinstance(captioner, AbstractAsyncContextManager) else nullcontext(captioner)


def _endpoint(asked: Asked, url: str) -> Captioner:
    from msa_core.captions.endpoint import Endpoint
    from msa_core.captions.request import Request

    model = asked.model or os.environ.get("MSA_VLM_MODEL", "").strip()
    if not url:
        raise CaptionError(f"No endpoint: MSA_VLM_BASE_URL is not set. {REMEDY}")
    _check_address(url)
    if not model:
        raise CaptionError(f"No model is named. {REMEDY}; or --model NAME")
    request = Request(model, prompt_named(asked.prompt), asked.decoding)
    key = os.environ.get("MSA_VLM_API_KEY", "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CaptionError("MSA_VLM_API_KEY holds characters that no key has. Set it again, without quotes and blanks.")
    return Endpoint(request, base_url=url, api_key=key, timeout_s=asked.timeout_s)


def _check_address(url: str) -> None:
    """Raises CaptionError; the address is not repeated, since it may hold a password."""
    problem = ""
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in url or parts.port == 0:
            problem = "is no address: it begins with http:// or https://, and usually ends in /v1"
        elif parts.username or parts.password or parts.query:
            problem = "holds a name, a password or a query: the key belongs into MSA_VLM_API_KEY"
    except ValueError:
        problem = "is no address: its host or port cannot be read"
    if problem:
        raise CaptionError(f"MSA_VLM_BASE_URL {problem}.")
