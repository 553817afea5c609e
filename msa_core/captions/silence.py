"""An endpoint that says nothing at all, also no error: how long that is borne, since each call may have to be paid."""

from time import monotonic

from msa_core.captions.captioner import Again
from msa_core.captions.pace import Limits
from msa_core.errors import CaptionError

TIMEOUTS = 3  # calls, and as long as so many of them may take


class Silence:
    """Calls in a row without a reply; any reply ends it. One image that is never answered does not make it."""

    def __init__(self, limits: Limits, *, timeout_s: float) -> None:
        self._most_sent = limits.patience * limits.n_at_once
        self._longest_s = TIMEOUTS * timeout_s
        self._since = monotonic()
        self._n_calls = self._n_sent = 0
        self._images: set[str] = set()

    def ends(self) -> None:
        """A reply came, whatever it says."""
        if self._n_calls:
            self._n_calls = self._n_sent = 0
            self._images.clear()

    def lasts(self, error: Again, *, image_sha256: str, begun_at: float, lost_usd: float) -> None:
        """One more call, begun at that time, brought nothing. Raises CaptionError where it has lasted too long."""
        if not self._n_calls:
            self._since = begun_at
        self._n_calls += 1
        self._n_sent += error.is_billed
        self._images.add(image_sha256)
        seconds = monotonic() - self._since
        is_long = seconds >= self._longest_s and self._n_calls >= TIMEOUTS
        if len(self._images) > 1 and (is_long or self._n_sent >= self._most_sent):
            lost = f" They may have cost ${lost_usd:.4f}, at most." if lost_usd else ""
            raise CaptionError(
                f"The endpoint does not answer: {self._n_calls} calls in a row, in {seconds:.0f} s, brought no reply "
                f"({error}).{lost} Is it up, and --timeout long enough? What came is kept; the same command goes on "
                "from there."
            )
