"""A store: one folder of facts, and the views over them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from warehouse import catalog, declarations
from warehouse.clock import stamp_commits
from warehouse.durable import settle, writing
from warehouse.errors import NoStore, StoreError
from warehouse.moment import Moment
from warehouse.places import SEED, Places
from warehouse.run import Run, run_identity
from warehouse.version import refuse_newer, refuse_other

DEFAULT_POLICY = "literature"


class Store:
    """Open it with `Store.open` or `Store.init`."""

    def __init__(self, places: Places) -> None:
        self.places = places

    @staticmethod
    def open(root: Path) -> "Store":
        """Raises NoStore where there is none, OtherVersion where an older or a newer code made it."""
        places = Places(Path(root).absolute())
        if not places.catalog.exists() or not places.partition("runs", SEED).exists():
            raise NoStore(f"No store in {root}. Make one with: msa init --store {root}")
        refuse_other(places)
        return Store(places)

    @staticmethod
    def init(root: Path, *, label_policy: str | None = None) -> "Store":
        """Make a store, or bring one up to date: seeds, views, times of commits that a copy lost, and the label policy
        in force (None: as it is). Raises OtherVersion where a newer code made it.
        """
        places = Places(Path(root).absolute())
        if label_policy is not None and label_policy not in declarations.label_policies():
            choices = ", ".join(declarations.label_policies())
            raise StoreError(f"No label policy {label_policy!r}. Policies: {choices}")
        refuse_newer(places)
        with writing(places.root):
            for folder in (places.facts, places.tmp, places.journal, places.leases, places.models, places.cache):
                folder.mkdir(parents=True, exist_ok=True)
            catalog.seed(places)
            settle(places.facts)
            settle(places.root)
            stamp_commits(places)
        catalog.rebuild(places)
        store = Store(places)
        store._put_in_force(label_policy)
        return store

    def moment(self, *, hiding: Sequence[str] = (), about: Sequence[str] = ()) -> Moment:
        """A connection that sees one moment of the store. `hiding`: runs to look past, also compacted ones; `about`:
        the only posts to look at.
        """
        moment = Moment(self.places, hiding=hiding, about=about)
        if hiding:
            moment.value(declarations.template("hiding"), hiding=list(hiding))
        return moment

    def begin(
        self,
        verb: str,
        *,
        parameters: Mapping[str, Any],
        inputs: Sequence[str],
        version: int,
        force: bool = False,
    ) -> Run | None:
        """The run of this command on these inputs; None where it is committed already.

        `force` makes a new attempt, which will replace the one that stands, its rows in a compaction's files included.
        """
        identify = {"verb": verb, "parameters": parameters, "inputs": inputs, "algorithm": version}
        replaces: list[str] = []
        for attempt in range(10_000):
            run_id = run_identity(**identify, attempt=attempt)  # type: ignore[arg-type]
            if not self.has_run(run_id):
                return Run(self.places, run_id, parameters=parameters, inputs=inputs, replaces=replaces)
            if not force:
                return None
            replaces = [run_id]
        raise StoreError(f"{verb} was forced 10,000 times on the same inputs.")

    def has_run(self, run_id: str) -> bool:
        """Whether the run is committed, also where a compaction has taken its rows over."""
        return self.places.commit(run_id).exists() or run_id in self._compacted()

    def _compacted(self) -> set[str]:
        commits = self.places.facts.glob("runs/run_id=compact-*/*.parquet")
        carried = [pq.read_table(path, columns=["origin_run_id"], partitioning=None) for path in commits]
        return {name for rows in carried for name in rows["origin_run_id"].to_pylist()}

    def _put_in_force(self, label_policy: str | None) -> None:
        with self.moment() as moment:
            standing = moment.value("select label_policy from policy_in_force")
            earlier = moment.table("select run_id from run_history where verb = 'init'")["run_id"].to_pylist()
        wanted = label_policy or standing or DEFAULT_POLICY
        if wanted == standing and earlier:
            return
        run = self.begin("init", parameters={"label_policy": wanted}, inputs=earlier, version=1)
        if run is not None:
            with run:
                run.count("label_policies", 1)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """`msa.duckdb`, read-only, as any client opens it; built anew first where the folder or the code is another."""
        try:
            connection = duckdb.connect(str(self.places.catalog), read_only=True)
        except duckdb.Error as error:
            raise StoreError(
                f"{self.places.catalog} cannot be opened; if another program writes to it, close it there or "
                f"open it read-only: {error}"
            ) from error
        if not catalog.is_of(connection, self.places):
            connection.close()
            connection = catalog.anew(self.places)
        connection.execute(catalog.SESSION)
        return connection
