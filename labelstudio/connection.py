"""A Label Studio server, asked through its SDK; what goes wrong becomes one of our errors, named and with a remedy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.request_options import RequestOptions

from labelstudio.errors import NoServer, ProjectGone, ReviewError, ServerBroken, TokenRefused

ONCE: RequestOptions = {"max_retries": 0}  # a write that may have happened is looked for, never blindly sent again
TIMEOUT_S = 600.0
SERVER_FAILED = 500  # below it the request is at fault …
PASSING = (408, 429)  # … but for these


class Connection:
    """`files`: the folder that the server serves local files from, where we share its disk; None where we do not."""

    def __init__(self, url: str, token: str, *, files: Path | None = None) -> None:
        self.url = url.rstrip("/")
        self.files = files
        try:
            self.client = LabelStudio(base_url=self.url, api_key=token, timeout=TIMEOUT_S)
        except Exception as error:  # a malformed token is refused by the SDK itself, in several ways
            raise TokenRefused(f"{self.url}: LABEL_STUDIO_API_KEY is not a token that can be read.") from error

    def post(self, path: str, body: bytes, **asked: str) -> Any:
        """JSON that is written already; the SDK's own calls walk each value of it once more. Raises as they do."""
        http = self.client._client_wrapper.httpx_client
        answer = http.request(
            path,
            method="POST",
            content=body,
            params=asked,
            headers={"content-type": "application/json"},
            request_options=ONCE,
        )
        if not answer.is_success:
            raise ApiError(status_code=answer.status_code, headers=dict(answer.headers), body=_body(answer))
        return answer.json()

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """`what` completes: could not …"""
        try:
            yield
        except ApiError as error:
            raise _named(self.url, what, error) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NoServer(
                f"Nothing answers at {self.url}: could not {what}. Start it (make labelstudio), or set "
                "LABEL_STUDIO_URL; the same command again goes on."
            ) from error
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise ServerBroken(
                f"{self.url} broke off ({type(error).__name__}): could not {what}. The same command again goes on."
            ) from error


def _named(url: str, what: str, error: ApiError) -> ReviewError:
    if error.status_code in (401, 403):
        return TokenRefused(
            f"{url} refuses the token: could not {what}. Set LABEL_STUDIO_API_KEY to a token of Account & Settings "
            "(a personal access token, or a legacy token where the server allows them)."
        )
    if error.status_code == 404:
        return ProjectGone(f"{url} knows no such thing: could not {what}. What stands: msa review status")
    told = f"{url} answered {error.status_code}: could not {what}.{_detail(error)}"
    if error.status_code is not None and error.status_code < SERVER_FAILED and error.status_code not in PASSING:
        return ReviewError(f"{told} Change that first: the same command again is refused again.")
    return ServerBroken(f"{told} The same command again goes on.")


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _detail(error: ApiError) -> str:
    """What the server says is wrong, by field where it says so: its `detail` is then "Validation error" alone."""
    body = error.body if isinstance(error.body, dict) else {}
    wrong = body.get("validation_errors")
    by_field = [f"{field}: {_words(words)}" for field, words in wrong.items()] if isinstance(wrong, dict) else []
    said = "; ".join(by_field) or _words(wrong or body.get("detail") or "")
    return f" It says: {said[:300].removesuffix('.')}." if said else ""


def _words(said: Any) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)
