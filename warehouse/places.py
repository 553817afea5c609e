"""Every path of a store, in one place, so that an object-store URL can take the folder's place later."""

import glob
from dataclasses import dataclass
from pathlib import Path

SEED = "init-seed"  # the partition of a table's empty file, from which its columns are known


@dataclass(frozen=True, slots=True)
class Places:
    """`root` is absolute: views name their files by it."""

    root: Path

    @property
    def facts(self) -> Path:
        """Append-only Parquet, one folder a table, one partition a run."""
        return self.root / "facts"

    @property
    def tmp(self) -> Path:
        """Work in progress; no glob covers it."""
        return self.root / "tmp"

    @property
    def journal(self) -> Path:
        """Answers of the outside world that no run has folded in yet."""
        return self.root / "journal"

    @property
    def leases(self) -> Path:
        """One file a resource that somebody works on."""
        return self.root / "leases"

    @property
    def models(self) -> Path:
        """Checkpoints, one folder a model."""
        return self.root / "models"

    @property
    def cache(self) -> Path:
        """What can be rebuilt."""
        return self.root / "cache"

    @property
    def labelstudio(self) -> Path:
        """Data, images and login of a Label Studio of the store's own."""
        return self.root / "labelstudio"

    @property
    def catalog(self) -> Path:
        """The DuckDB file: views only."""
        return self.root / "msa.duckdb"

    def partition(self, table: str, run_id: str) -> Path:
        """Where a run's rows of a table lie."""
        return self.facts / table / f"run_id={run_id}"

    def commit(self, run_id: str) -> Path:
        """The file whose presence makes a run visible."""
        return self.partition("runs", run_id) / "part-0.parquet"

    def has_older(self, table: str) -> Path:
        """Where an upgrade notes that a table may hold files that lack its newer columns."""
        return self.facts / table / "has-older-columns"

    def glob(self, table: str) -> str:
        """What a fact view reads."""
        return str(Path(glob.escape(str(self.facts))) / table / "*" / "*.parquet")
