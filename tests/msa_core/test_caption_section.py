"""What the page says of captions: worth is of the towers that it was measured with."""

import pyarrow as pa

from msa_core.page.caption_section import described

KIND = "pixels:pixels-1:none"
KINDS = pa.table({"kind": [KIND], "source": ["told"], "n_posts": [9], "n_images": [8]})
REFUSED = pa.table({"reason": ["empty"], "captioner": ["openai"], "n": [1]})
COSTS = pa.table({
    "captioner": ["pixels"], "model": ["pixels-1"], "n_answers": [9], "n_prompt_tokens": [0],
    "n_completion_tokens": [0], "cost_usd": [None],
})  # fmt: skip


def worths(**low_and_high: tuple[float, float]) -> pa.Table:
    """By towers; `older` stands for a measurement that did not say them."""
    shared = {"kind": KIND, "name": "weighted_f1", "with_captions": 0.6, "without_captions": 0.5, "difference": 0.1}
    counts = {"n_posts": 40, "n_seeds": 3}
    rows = [
        {**shared, **counts, "towers": None if towers == "older" else towers, "low": low, "high": high}
        for towers, (low, high) in low_and_high.items()
    ]
    return pa.Table.from_pylist(rows)


def test_worth_is_told_for_each_towers():
    (section,) = described(KINDS, REFUSED, COSTS, worths(tiny=(0.01, 0.2), small=(-0.2, -0.01), older=(-0.1, 0.1)))
    assert section.lead.endswith(
        f"To a model: {KIND} help (towers: tiny); {KIND} harm (towers: small); "
        f"{KIND} make no difference that can be told."
    )
    (table,) = [each for each in section.tables if each.caption.startswith("What captions are worth")]
    assert [row[:3] for row in table.rows] == [
        (KIND, "tiny", "weighted f1"), (KIND, "small", "weighted f1"), (KIND, "not said", "weighted f1"),
    ]  # fmt: skip
    assert {len(row) for row in table.rows} == {len(table.columns)}
