"""The README of an exported training set: what it holds, how it was chosen, what was left out; with front matter that
the library `datasets` and the Hugging Face hub read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

LICENCES = (
    "Unknown. The posts came from dumps whose terms this export does not know, and texts and images belong to whoever "
    "made them. Ask before you pass it on."
)
TEST = "Posts of the test split are never exported, so that figures on it stay honest."


@dataclass(frozen=True, slots=True)
class DataCard:
    """`files` names the path of each part and its bytes; `features` each column as the hub's front matter says it, none
    where a reader finds them by itself; `counts` holds part, label and number; `settings` how it was chosen; `drops`
    reason and number.
    """

    snapshot_id: str
    task: str
    files: Sequence[tuple[str, str, int]]
    features: Sequence[Mapping[str, Any]]
    counts: Sequence[tuple[str, str, int]]
    settings: Sequence[tuple[str, str]]
    drops: Sequence[tuple[str, int]]

    def text(self) -> str:
        """The whole file."""
        return "\n".join(["---", *self._front(), "---", "", *self._body(), ""])

    def _front(self) -> list[str]:
        lines = [f"pretty_name: {dumps(f'{self.task}, {self.snapshot_id}')}", "license: unknown", "configs:"]
        lines += ["- config_name: default", "  data_files:"]
        for part, path, _ in self.files:
            lines += [f"  - split: {part}", f"    path: {dumps(path)}"]
        if self.features:
            lines += [
                "dataset_info:",
                "  features:",
                *(f"  - {dumps(feature)}" for feature in self.features),
                "  splits:",
            ]
            for part, _, n_bytes in self.files:
                lines += [f"  - name: {part}", f"    num_bytes: {n_bytes}", f"    num_examples: {self._n_posts(part)}"]
        return lines

    def _body(self) -> list[str]:
        labels = sorted({label for _, label, _ in self.counts})
        parts = [part for part, _, _ in self.files]
        rows = [
            [part, *(str(self._n_posts(part, label)) for label in labels), str(self._n_posts(part))] for part in parts
        ]
        dropped = [[reason, str(n_posts)] for reason, n_posts in self.drops]
        left_out = _table(["reason", "posts"], dropped) if dropped else ["Nothing was."]
        return [
            f"# {self.task}: {self.snapshot_id}", "",
            "A frozen training set of msa-loop. Its id digests its rows.", "",
            "## Posts", "", *_table(["split", *labels, "all"], rows), "", TEST, "",
            "## How it was chosen", "", *_table(["setting", "value"], [list(pair) for pair in self.settings]), "",
            "## What was left out", "", *left_out, "",
            "## Licences", "", LICENCES,
        ]  # fmt: skip

    def _n_posts(self, part: str, label: str | None = None) -> int:
        return sum(n_posts for of, each, n_posts in self.counts if of == part and label in (None, each))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """As Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
