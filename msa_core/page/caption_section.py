"""The section on captions: what describes the images, what the gate refused, what it cost and what it is worth."""

import pyarrow as pa

from msa_core.captions.reasons import CaptionReason
from msa_core.page.contents import Section, Table
from msa_core.page.data_sections import rows_of

KIND_HEADS = ("captioner, model and prompt", "source", "posts", "different images")
REFUSED_HEADS = ("reason", "what it means", "captioner", "answers")
COST_HEADS = ("captioner", "model", "answers", "prompt tokens", "completion tokens", "US dollars")
WORTH_HEADS = ("captions", "towers", "figure", "with", "without", "difference", "95 % interval", "posts", "seeds")


def described(kinds: pa.Table, refused: pa.Table, costs: pa.Table, worths: pa.Table) -> tuple[Section, ...]:
    """Kinds and worths of one task, refused answers by reason, costs without their days; nothing where nobody asked."""
    if not costs.num_rows:
        return ()
    n_posts = sum(row[0] for row in rows_of(kinds, "n_posts"))
    n_refused = sum(row[0] for row in rows_of(refused, "n"))
    lead = f"{n_posts:,} captions of posts passed the gate, {n_refused:,} answers were refused. {_verdict(worths)}"
    tables = [
        Table("What describes images", KIND_HEADS, tuple(rows_of(kinds, "kind", "source", "n_posts", "n_images")), 2),
        Table("What it cost", COST_HEADS, tuple((*row, _dollars(usd)) for *row, usd in rows_of(costs, *_COSTS)), 2),
    ]
    if refused.num_rows:
        rows = ((reason, CaptionReason(reason).sentence, who, n) for reason, who, n in rows_of(refused, *_REFUSED))
        tables.append(Table("Answers that were refused", REFUSED_HEADS, tuple(rows), 3))
    if worths.num_rows:
        tables.append(
            Table(
                "What captions are worth, on validation", WORTH_HEADS, tuple(map(_worth, rows_of(worths, *_WORTH))), 3
            )
        )
    return (Section("captions", "Captions", lead, tables=tuple(tables)),)


_COSTS = ("captioner", "model", "n_answers", "n_prompt_tokens", "n_completion_tokens", "cost_usd")
_REFUSED = ("reason", "captioner", "n")
_FIGURES = ("with_captions", "without_captions", "difference", "low", "high")
_WORTH = ("kind", "towers", "name", *_FIGURES, "n_posts", "n_seeds")


def _verdict(worths: pa.Table) -> str:
    """In words, of the weighted F1 that decides."""
    found = [row for row in rows_of(worths, "kind", "name", "low", "high", "towers") if row[1] == "weighted_f1"]
    if not found:
        return "Whether they help a model was not measured yet: msa caption-worth."
    words = [
        f"{kind} {'help' if low > 0 else 'harm' if high < 0 else 'make no difference that can be told'}{_to(towers)}"
        for kind, _, low, high, towers in found
    ]
    return f"To a model: {'; '.join(words)}."


def _to(towers: str | None) -> str:
    return "" if towers is None else f" (towers: {towers})"


def _dollars(usd: float | None) -> str:
    return "no price known" if usd is None else f"{usd:.4f}"


def _worth(row: tuple) -> tuple:
    kind, towers, name, *figures, low, high, n_posts, n_seeds = row
    shown = (f"{figure:+.3f}" if place == 2 else f"{figure:.3f}" for place, figure in enumerate(figures))
    names = (kind, towers or "not said", name.replace("_", " "))
    return (*names, *shown, f"{low:+.3f} to {high:+.3f}", n_posts, n_seeds)
