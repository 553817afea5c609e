"""What is measured of new posts against those that a model learned from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """One figure on both sides, with its effect, its p-value and a verdict; `bins` name what `reference` and `current`
    are shares of.
    """

    model_id: str
    compared_sha256: str
    source: str | None
    name: str
    measure: str
    effect: float
    threshold: float
    p_value: float
    p_holm: float
    is_drifted: bool
    n_reference: int
    n_current: int
    bins: tuple[str, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]
