"""`msa serve`: the loop on a schedule, its metrics, and where it stands in Prefect; until Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.caption_options import FREE, Paying, PriceOption, paying_of
from flows.justification import ENOUGH, Enough
from flows.kept import Kept, watch
from flows.options import (
    DEFAULT_STORE,
    AtLeastOption,
    DaysOption,
    FewestOption,
    ReadingsOption,
    ShareOption,
    StoreOption,
    open_store,
)
from flows.readings import BUDGET, FEWEST
from flows.review_push import USUAL
from flows.review_push import Asked as Reviewing
from flows.review_server import say_now
from flows.serve_options import (
    CronOption,
    PseudonymsOption,
    ServedBatchOption,
    ServedCaptionerOption,
    ServedOpinionOption,
    ServedOverlapOption,
    crons_of,
    known_captioner,
)
from flows.train import TOWERS_HELP
from msa_core.errors import MsaError
from warehouse import Store, lease

if TYPE_CHECKING:
    from flows.attended import Attended

DEPLOYED_WITHIN_S = 120.0
MODELLESS = "select distinct task from trainable_posts anti join standing_models using (task) order by task"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is served where, and what the flows are given. `reports`: the folder of pages; None: in the store."""

    inbox: Path
    host: str = "127.0.0.1"
    port: int = 4200
    metrics_port: int = 9464
    reports: Path | None = None
    towers: str = "auto"
    enough: Enough = ENOUGH
    fewest: int = FEWEST
    captioner: str = "auto"
    crons: dict[str, str] = field(default_factory=dict)
    at_once: int = 2
    paying: Paying = FREE
    pseudonyms: bool = False
    test_read_budget: int = BUDGET
    reviewing: Reviewing = USUAL

    def given(self, store: Store, *, inbox: Path, pages: Path, metrics: str) -> dict[str, Any]:
        """What the flows are told; each takes its own of it."""
        prices = self.paying.prices
        return {
            "store": str(store.places.root),
            "inbox": str(inbox),
            "output": str(pages),
            "pages_url": f"{metrics}/reports",
            "towers": self.towers,
            "at_least": self.enough.at_least,
            "share": self.enough.share,
            "days": self.enough.days,
            "fewest": self.fewest,
            "test_read_budget": self.test_read_budget,
            "captioner": self.captioner,
            "budget_usd": self.paying.budget_usd,
            "prompt_price": prices.prompt if prices else None,
            "completion_price": prices.completion if prices else None,
            "opinion": self.reviewing.opinion,
            "overlap": self.reviewing.overlap,
            "review_batch": self.reviewing.batch,
            "pseudonyms": self.pseudonyms,
        }


def serve(store: Store, *, asked: Asked, on_ready: Callable[[str, str], None]) -> None:
    """Returns after Ctrl-C or SIGTERM, with all it started. What dies meanwhile is started again. One process a store;
    raises LeaseHeld where another serves it, MsaError where a port is taken or something dies again and again.
    """
    from flows.deployments import on_crons
    from flows.metrics import serving

    on_crons(asked.crons)
    inbox, pages = asked.inbox.absolute(), (asked.reports or store.places.root / "reports").absolute()
    for folder in (inbox, pages):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_until_the_end:
        open_until_the_end.enter_context(lease(store.places, "serve"))
        at = open_until_the_end.enter_context(serving(store, port=asked.metrics_port, pages=pages))
        server, api = open_until_the_end.enter_context(_server(store, asked))
        given = asked.given(store, inbox=inbox, pages=pages, metrics=at)
        runner = open_until_the_end.enter_context(_runner(store, asked, given, api))
        on_ready(api.removesuffix("/api"), f"{at}/metrics")
        watch([each for each in (server, runner) if each is not None])


@contextmanager
def _server(store: Store, asked: Asked) -> Iterator[tuple[Kept | None, str]]:
    """The store's own, where PREFECT_API_URL names no other; and the address of the API."""
    from flows.prefect_server import forget, start
    from flows.servers import ask, shown

    named = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if named:
        if not ask(f"{named}/health", timeout_s=10).is_well:
            raise MsaError(f"No Prefect server answers at {shown(named)}. Start it, or unset PREFECT_API_URL")
        yield None, named
        return
    child, address = start(store.places, host=asked.host, port=asked.port)
    port = int(address.ui.rpartition(":")[2])
    started = iter([child])  # the first time it is up already; later it must come up on the same port
    kept = Kept("Prefect server", lambda: next(started, None) or start(store.places, host=asked.host, port=port)[0])
    try:
        yield kept, address.api
    finally:
        kept.child.stop()
        forget(store.places)


@contextmanager
def _runner(store: Store, asked: Asked, given: dict[str, Any], api: str) -> Iterator[Kept]:
    """The process that runs the flows; ready when everything is deployed."""
    from flows.attended import attended
    from flows.automations import identity_of
    from flows.prefect_server import home_of, surroundings
    from flows.serving import Serving

    store_id = identity_of(store)
    name = f"{store.places.root.name}-{store_id[:6]}"
    words = Serving(name, store_id, given, asked.crons, asked.at_once).words()
    own = not os.environ.get("PREFECT_API_URL")
    environment = surroundings(store.places, api=api) if own else dict(os.environ)

    def start() -> "Attended":
        return attended(["flows.serving", words], environment=environment, log=home_of(store.places) / "runner.log")

    kept = Kept("runner", start)
    try:
        _wait(kept)
        yield kept
    finally:
        kept.child.stop()


def _wait(kept: Kept) -> None:
    began = time.monotonic()
    while "deployed" not in kept.child.log.read_text(encoding="utf-8", errors="replace"):
        if not kept.child.is_alive or time.monotonic() - began > DEPLOYED_WITHIN_S:
            raise MsaError(f"Nothing could be deployed. The end of {kept.child.log}: {kept.child.last_words()}")
        time.sleep(0.2)


def command(
    store: StoreOption = DEFAULT_STORE,
    *,
    inbox: Annotated[Path, typer.Option(help="Watched folder: each dump with NAME.toml beside it.")] = Path("inbox"),
    host: Annotated[str, typer.Option(help="Of the Prefect server.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the Prefect server; 0: any free one.")] = 4200,
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0: any free one.")] = 9464,
    reports: Annotated[Path | None, typer.Option(help="Folder for the pages. [STORE/reports]")] = None,
    towers: Annotated[str, typer.Option(help=f"Of the first model: {TOWERS_HELP}")] = "auto",
    at_least: AtLeastOption = ENOUGH.at_least,
    share: ShareOption = ENOUGH.share,
    days: DaysOption = ENOUGH.days,
    fewest: FewestOption = FEWEST,
    test_read_budget: ReadingsOption = BUDGET,
    captioner: ServedCaptionerOption = "auto",
    budget_usd: Annotated[float | None, typer.Option(help="US dollars that a run of curate may spend.")] = None,
    prompt_price: PriceOption = None,
    completion_price: PriceOption = None,
    opinion: ServedOpinionOption = USUAL.opinion,
    overlap: ServedOverlapOption = USUAL.overlap,
    review_batch: ServedBatchOption = USUAL.batch,
    cron: CronOption = None,
    at_once: Annotated[int, typer.Option(min=1, help="Flows that run at the same time.")] = 2,
    pseudonyms: PseudonymsOption = False,
) -> None:
    """Print where everything is, then wait. PREFECT_API_URL names a server that runs already."""
    opened = open_store(store)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    crons, known = crons_of(cron or ()), known_captioner(captioner)
    paying = paying_of(prompt_price, completion_price, budget_usd)
    reviewing = Reviewing(None, review_batch, overlap, opinion)
    asked = Asked(
        inbox, host, port, metrics_port, reports, towers, Enough(at_least, share, days), fewest, known, crons, at_once,
        paying, pseudonyms, test_read_budget, reviewing,
    )  # fmt: skip
    serve(opened, asked=asked, on_ready=lambda ui, metrics: welcome(opened, asked, ui, metrics))
    say_now("stopped")


def welcome(store: Store, asked: Asked, ui: str, metrics: str) -> None:
    """Says where everything is, when what runs, and what a new house waits for."""
    from flows.scheduled.spending import unwatched
    from flows.servers import shown

    say_now(f"Prefect   {shown(ui)}")
    say_now(f"metrics   {metrics}")
    say_now(f"inbox     {asked.inbox.absolute()}")
    say_now(f"logs      {store.places.root / 'prefect'}")
    for line in _schedule(asked):
        say_now(line)
    if words := _modelless(store, asked):
        say_now(f"models    {words}")
    _, money = unwatched(asked.captioner, asked.paying)
    if money:
        say_now(f"captions  {money}")
    say_now(f"Ctrl-C stops it. How it stands: msa status --store {store.places.root}")


def _modelless(store: Store, asked: Asked) -> str:
    """What a house waits for; empty where a model of each task that can have one stands."""
    from flows.deployments import on_crons

    with store.moment() as moment:
        waiting = moment.table(MODELLESS)["task"].to_pylist()
        if not waiting and moment.value("select count(*) from standing_models"):
            return ""
    (cron,) = (duty.cron for duty in on_crons(asked.crons) if duty.name == "retrain")
    alone = f"by itself at {cron!r}, UTC" if cron else "by itself never, since retrain is off"
    of = f" of {', '.join(waiting)}" if waiting else ""
    named = f" --task {waiting[0]}" if waiting else ""
    return f"none yet{of}: msa retrain --store {store.places.root}{named} makes the first ({alone})"


def _schedule(asked: Asked) -> list[str]:
    from flows.deployments import OFF, on_crons

    return [f"{duty.name:<10}{duty.cron or OFF:<16}{duty.description}" for duty in on_crons(asked.crons)]
