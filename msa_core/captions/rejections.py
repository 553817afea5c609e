"""Images that the endpoint rejects: held back until it is plain whether that is their fault, or its own."""

from msa_core.errors import CaptionError
from msa_core.records import Caption

DOUBTS = 10  # images rejected in a row: then it is not the images
HELD = 200  # where the model has described images: so many may be unfit, and rejections cost nothing


class Rejections:
    """Of one command, in a row. `knows`: whether the model has described images before."""

    def __init__(self, model: str, *, knows: bool) -> None:
        self._model = model
        self._knows = knows
        self._rows: list[Caption] = []

    def add(self, row: Caption) -> None:
        """Raises CaptionError where they are too many."""
        self._rows.append(row)
        if len(self._rows) >= (HELD if self._knows else DOUBTS):
            self.judged()

    def answered(self) -> list[Caption]:
        """An answer came, so that those held back are the images' own."""
        self._knows = True
        held, self._rows = self._rows, []
        return held

    def judged(self) -> list[Caption]:
        """Where no answer will come: a few are the images' own. Raises CaptionError where they are many, or all that
        this model was ever shown.
        """
        if self._rows and not self._knows:
            raise CaptionError(
                f"{self._model} takes none of the images: {self._rows[-1].caption}. Does it read images, is it served "
                "under this name, is the account in order? Nothing of them is marked as refused."
            )
        if len(self._rows) >= DOUBTS:
            raise CaptionError(
                f"{self._model} took none of the last {len(self._rows)} images: {self._rows[-1].caption}. Is the "
                "account in order? Nothing of them is marked as refused; if it is the images, they are marked as soon "
                "as it takes another one after them."
            )
        return self.answered() if self._rows else []
