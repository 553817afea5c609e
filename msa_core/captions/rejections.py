"""Images that the endpoint rejects: held back until it is plain whether that is their fault, or its own."""

from collections.abc import Awaitable, Callable

from msa_core.captions.captioner import Picture
from msa_core.errors import CaptionError
from msa_core.records import Caption

DOUBTS = 10  # images rejected in a row: then it may be the endpoint
HELD = 200  # where the model has described images: so many may be unfit, and rejections cost nothing

Against = Callable[[Picture], Awaitable[str | None]]


class Rejections:
    """Of one command, in a row. `known`: an image that the model has described before; `against`: why the endpoint does
    not take such an image now, None where it does. It is asked only where many others were rejected: once, and paid.
    """

    def __init__(self, model: str, *, known: Picture | None, against: Against) -> None:
        self._model = model
        self._known = known
        self._against = against
        self._rows: list[Caption] = []

    def add(self, row: Caption) -> bool:
        """Whether they are so many that they must be judged."""
        self._rows.append(row)
        return len(self._rows) >= (DOUBTS if self._known is None else HELD)

    def answered(self, picture: Picture) -> list[Caption]:
        """An answer came, so that those held back are the images' own."""
        self._known = picture
        held, self._rows = self._rows, []
        return held

    async def judged(self) -> list[Caption]:
        """Where no answer will come: a few are the images' own, and many are where one that was described before is
        taken now. Raises CaptionError where it is not, or where the model was never shown one that it took; Spent.
        """
        held, self._rows = self._rows, []
        if not held:
            return []
        told = f"{held[-1].caption}. "
        if self._known is None:
            raise CaptionError(
                f"{self._model} takes none of the images: {told}Does it read images, is it served under this name, is "
                "the account in order? Nothing of them is marked as refused."
            )
        if len(held) >= DOUBTS and (why := await self._against(self._known)):
            raise CaptionError(
                f"{self._model} took none of the last {len(held)} images: {told}Nor does it take one that it has "
                f"described before: {why}. Is the account in order? Nothing of them is marked as refused."
            )
        return held
