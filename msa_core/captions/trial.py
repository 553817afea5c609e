"""One image asked about directly before a batch is: whether the endpoint describes images, and takes the schema."""

from collections.abc import Iterable

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from msa_core.captions.asking import FIRST_WAIT_S, LONGEST_WAIT_S
from msa_core.captions.captioner import Again, Picture, Rejected
from msa_core.captions.checking import checked, rejected
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Purse
from msa_core.captions.reasons import CaptionReason
from msa_core.captions.rejections import DOUBTS, Rejections
from msa_core.records import Caption

MOST = DOUBTS  # images that are tried until one is answered
N_TRIES = 5


async def tried(
    endpoint: Endpoint, pictures: Iterable[Picture], purse: Purse, *, known: Picture | None
) -> list[Caption]:
    """The rows of the first images up to the one that is answered, which are the ledger's as any. `known`: an image
    that this model has described before. Raises CaptionError where it takes none of them, Again, and Spent.
    """

    async def against(image: Picture) -> str | None:
        try:
            await _answered(endpoint, image, purse)
        except (Again, Rejected) as error:
            return str(error)
        return None

    rejections = Rejections(endpoint.model, known=known, against=against)
    unreadable: list[Caption] = []
    for picture in pictures:
        try:
            answer = await _answered(endpoint, picture, purse)
        except Rejected as error:
            row = rejected(endpoint, picture, picture.n_attempts, str(error))
            if row.reason == CaptionReason.UNREADABLE_IMAGE:
                unreadable.append(row)
            else:
                rejections.add(row)
        else:
            return [*unreadable, *rejections.answered(picture), answer]
    return [*unreadable, *await rejections.judged()]


async def _answered(endpoint: Endpoint, picture: Picture, purse: Purse) -> Caption:
    """Tried again some times, each call within the budget."""
    request, most = await endpoint.prepared(picture, picture.n_attempts), endpoint.most_tokens(picture)

    async def once() -> Caption:
        async with purse.reserving(most):
            try:
                said = await endpoint.say(request)
            except Again as error:
                if error.is_billed:
                    purse.lose(most)
                raise
            return checked(endpoint, picture, picture.n_attempts, said, cost_usd=purse.pay(said, most))

    return await AsyncRetrying(
        retry=retry_if_exception_type(Again),
        stop=stop_after_attempt(N_TRIES),
        wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
        reraise=True,
    )(once)
