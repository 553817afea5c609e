"""A reading of the sealed test: on what terms, within what budget, and the decision that it comes to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.scored_models import ScoredModel
from flows.succession import Standing, decided_at
from msa_core.errors import GateError
from msa_core.records import Promotion

if TYPE_CHECKING:
    from flows.sealed_test import SealedTest
    from msa_core.gate import Limits

BUDGET, FEWEST = 20, 30
GROWS = "each reading makes it likelier that luck is promoted"


@dataclass(frozen=True, slots=True)
class Terms:
    """Posts of a source (None: of all that either model was trained on), the margin of each label, how many readings
    the test can bear, and how few posts tell nothing.
    """

    source: str | None = None
    margin: float | None = None
    budget: int = BUDGET
    fewest: int = FEWEST

    def limits(self) -> "Limits":
        """What a challenger may cost."""
        from msa_core.gate import Limits

        return Limits() if self.margin is None else Limits(margin=self.margin)

    def parameters(self, challenger: ScoredModel, champion: ScoredModel) -> dict[str, Any]:
        """What makes a reading another one; `split` marks it as a reading of the test, as it does in `msa evaluate`."""
        of = {"model_id": challenger.model_id, "champion_id": champion.model_id, "split": "test"}
        return {**of, "source": self.source, "margin": self.limits().margin}

    def afford(self, task: str, n_reads: int) -> None:
        """Raises GateError where this reading would be one too many."""
        if n_reads > self.budget:
            raise GateError(
                f"The posts of the test of {task} were read {n_reads - 1} times, and {self.budget} are allowed: "
                f"{GROWS}. It is their mean, rounded up, so take in new labelled posts; or allow more with "
                "--test-read-budget; or decide yourself: msa promote --override"
            )

    def warning(self, task: str, n_reads: int) -> str:
        """From half of the budget on; else empty."""
        if 2 * n_reads < self.budget:
            return ""
        return f"the posts of the test of {task} were read {n_reads} times of {self.budget} that are allowed: {GROWS}"


def decision(
    challenger: ScoredModel,
    champion: ScoredModel,
    test: "SealedTest",
    terms: Terms,
    *,
    before: Standing | None,
    took_ms: tuple[float | None, float | None],
    n_reads: int,
) -> Promotion:
    """The verdict with its figures; `took_ms` a post by the challenger and by the champion."""
    from msa_core.gate import Latency, evidence, fallen, verdict

    seen = (test.truth, test.challenger, test.champion)
    found = evidence(*seen, labels=challenger.labels, limits=terms.limits())
    doubts = [*test.doubts(), *fallen(test.sources, *seen, labels=challenger.labels, fewest=terms.fewest)]
    said = verdict(found, Latency(*took_ms), doubts=doubts, remarks=test.remarks())
    of = (challenger.model_id, decided_at(before), champion.model_id)
    return Promotion(*of, said.word, "gate", said.why, found.json(), n_reads, *took_ms)
