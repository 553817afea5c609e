"""One image asked about directly before a batch is: whether the endpoint describes images, and takes the schema."""

from collections.abc import Iterable

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from msa_core.captions.asking import FIRST_WAIT_S, LONGEST_WAIT_S
from msa_core.captions.captioner import Again, Picture, Rejected, Said
from msa_core.captions.checking import checked, rejected
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Purse
from msa_core.captions.reasons import CaptionReason
from msa_core.errors import CaptionError
from msa_core.records import Caption

MOST = 10  # images that are tried until one is answered
N_TRIES = 5


async def tried(endpoint: Endpoint, pictures: Iterable[Picture], purse: Purse, *, knows: bool) -> list[Caption]:
    """The rows of the first images up to the one that is answered, which are the ledger's as any. `knows`: whether this
    model has described images before. Raises CaptionError where it takes none of them, and Again.
    """
    rows: list[Caption] = []
    for picture in pictures:
        try:
            return [*rows, await _answered(endpoint, picture, purse)]
        except Rejected as error:
            rows.append(rejected(endpoint, picture, picture.n_attempts, str(error)))
    refused = [row for row in rows if row.reason == CaptionReason.ENDPOINT_REJECTED]
    if refused and not knows:
        raise CaptionError(
            f"{endpoint.model} takes none of the {len(refused)} images that it was shown first: {refused[0].caption}. "
            "Does it read images, is the account in order? No batch was submitted, nothing is marked as refused."
        )
    return rows


async def _answered(endpoint: Endpoint, picture: Picture, purse: Purse) -> Caption:
    request = await endpoint.prepared(picture, picture.n_attempts)
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(Again),
        stop=stop_after_attempt(N_TRIES),
        wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
        reraise=True,
    )
    said: Said = await retrying(endpoint.say, request)
    cost_usd = purse.pay(said, endpoint.most_tokens(picture))
    return checked(endpoint, picture, picture.n_attempts, said, cost_usd=cost_usd)
