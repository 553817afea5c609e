"""Whether a server answers; addresses without what may be secret in them."""

from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 where no answer came; `problem` says why."""

    status: int
    problem: str = ""

    @property
    def is_well(self) -> bool:
        """Any answer of the 200s."""
        return 200 <= self.status < 300


def ask(url: str, *, timeout_s: float, key: str = "") -> Answer:
    """GET, with `key` as a bearer token if there is one. Never raises."""
    if not url.startswith(("http://", "https://")):
        return Answer(0, "an address begins with http:// or https://")
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with urlopen(Request(url, headers=headers), timeout=timeout_s) as response:  # noqa: S310
            return Answer(response.status)
    except HTTPError as error:
        return Answer(error.code, f"HTTP {error.code}")
    except URLError as error:
        return Answer(0, f"no answer ({error.reason})")
    except (OSError, ValueError, HTTPException) as error:
        return Answer(0, f"no answer ({type(error).__name__})")


def shown(url: str) -> str:
    """The address without user, password, query or fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else "an address without a host"
