"""The schedule on a real Prefect: prefect.yaml, a pool, a worker; cron fires, kills are made good, the UI shows."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from prefect.blocks.system import Secret
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.caption_options import paying_of
from flows.deployments import DUTIES, on_crons, runner_deployment
from flows.justification import Enough
from flows.logs import without_secrets
from flows.review_push import Asked as Reviewing
from flows.scheduled.punctual import lateness
from flows.secret_blocks import block_of, load
from flows.serve import Asked
from msa_core.errors import MsaError
from tests.browsing import OUTPUT, browsing, needs_chromium
from tests.flows.filled_store import filled
from tests.flows.scheduling import (
    Api,
    Inbox,
    broken,
    environment,
    posts_by_source,
    prefect_server,
    process,
    until,
)

TOP = Path(__file__).parent.parent.parent


def declared() -> dict:
    return {each["name"]: each for each in yaml.safe_load((TOP / "prefect.yaml").read_text())["deployments"]}


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.name)
def test_prefect_yaml_says_what_msa_serve_deploys(duty):
    told = declared()[duty.name]
    assert (told["entrypoint"], told["description"]) == (duty.entrypoint, duty.description)
    assert [each["cron"] for each in told["schedules"]] == [duty.cron]
    assert told["tags"] == ["msa", *duty.tags]
    assert told["parameters"]["late_after_s"] == duty.late_after_s
    assert told["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
    assert len(declared()) == len(DUTIES)


def test_every_parameter_is_told_in_the_ui():
    for duty in DUTIES:
        flow = getattr(import_module(f"flows.scheduled.{duty.name}"), f"{duty.name}_flow")
        properties = flow.parameters.properties
        assert {name for name, told in properties.items() if not told.get("description")} == set(), duty.name
        assert {"store", "late_after_s", *duty.parameters} <= set(properties)


def test_prefect_yaml_names_what_msa_serve_gives_each_flow_with_the_flows_own_defaults():
    for duty in DUTIES:
        flow = getattr(import_module(f"flows.scheduled.{duty.name}"), f"{duty.name}_flow")
        told = declared()[duty.name]["parameters"]
        assert {*told, "pages_url"} == {"store", "late_after_s", "pages_url", *duty.parameters}, duty.name
        defaults = {name: known["default"] for name, known in flow.parameters.properties.items() if "default" in known}
        given = {name: value for name, value in told.items() if name in defaults and name != "late_after_s"}
        assert given == {name: defaults[name] for name in given}, duty.name


def test_what_is_off_is_started_by_no_event_either():
    triggers = {}
    (retrain,) = [duty for duty in DUTIES if duty.name == "retrain"]
    given = dict.fromkeys(("store", *retrain.parameters))
    for cron in ("0 2 * * 1", "off"):
        (duty,) = [duty for duty in on_crons({"retrain": cron}) if duty.name == "retrain"]
        made = runner_deployment(duty, name="a", given=given, store_id="b" * 32)
        triggers[cron] = (len(made.schedules), len(made.triggers))
    assert triggers == {"0 2 * * 1": (1, 1), "off": (0, 0)}


def test_what_is_asked_of_msa_serve_reaches_the_deployment(tmp_path: Path):
    asked = Asked(
        tmp_path, enough=Enough(9, 0.5, days=6), fewest=12, paying=paying_of(0.1, 0.4, 2.5), pseudonyms=True,
        test_read_budget=40, reviewing=Reviewing(None, 30, 2, "ask"),
    )  # fmt: skip
    given = asked.given(filled(tmp_path / "store", "empty"), inbox=tmp_path, pages=tmp_path, metrics="http://a")
    told = {}
    for duty in DUTIES:
        told |= runner_deployment(duty, name="a", given=given, store_id="b" * 32).parameters
    assert [told[name] for name in ("budget_usd", "prompt_price", "completion_price")] == [2.5, 0.1, 0.4]
    assert [told[name] for name in ("at_least", "days", "fewest", "pseudonyms")] == [9, 6, 12, True]
    assert [told[name] for name in ("share", "test_read_budget")] == [0.5, 40]
    assert [told[name] for name in ("opinion", "overlap", "review_batch")] == ["ask", 2, 30]


def test_a_cron_is_changed_or_put_off_by_name():
    changed = {duty.name: duty.cron for duty in on_crons({"pull": "*/5 * * * *", "report": "off"})}
    assert (changed["pull"], changed["report"], changed["score"]) == ("*/5 * * * *", None, "20 * * * *")
    with pytest.raises(MsaError, match="Deployments: ingest, score"):
        on_crons({"mine": "off"})


@pytest.mark.parametrize(
    ("late_s", "is_auto", "is_skipped"),
    [(-0.4, True, False), (59, True, False), (61, True, True), (3600, False, False)],
)
def test_a_late_run_is_skipped_and_one_that_somebody_asked_for_never(late_s: float, is_auto: bool, is_skipped: bool):
    due = datetime.now(UTC) - timedelta(seconds=late_s)
    run = FlowRun.model_construct(auto_scheduled=is_auto, expected_start_time=due)
    with FlowRunContext.model_construct(flow_run=run):
        ended = lateness(60)
    assert (ended is not None) is is_skipped
    assert ended is None or (ended.type.value, ended.name) == ("CANCELLED", "Skipped")


@dataclass(frozen=True)
class Site:
    """A store, an inbox, a Prefect server, and what a worker for them is started with."""

    folder: Path
    api: Api
    inbox: Inbox
    env: dict[str, str] = field(repr=False)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def prefect(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *words], env=self.env, cwd=self.folder,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def worker(self):
        words = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "local"]
        return process(words, log=self.folder / "worker.log", env=self.env)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("schedule")
    for name in ("home", "inbox"):
        (folder / name).mkdir()
    filled(folder / "store")
    with prefect_server(folder / "home") as api:
        told = {"MSA_STORE": folder / "store", "MSA_INBOX": folder / "inbox", "MSA_REPORTS": folder / "reports"}
        more = {name: str(path) for name, path in told.items()}
        env = environment(
            folder / "home", PREFECT_API_URL=api.url, PREFECT_WORKER_QUERY_SECONDS="2", PYTHONPATH=str(TOP), **more
        )
        yield Site(folder, api, Inbox(folder / "inbox"), env)


def deploy(site: Site) -> None:
    """prefect.yaml as it stands, but with a dump a minute."""
    told = (TOP / "prefect.yaml").read_text().replace('cron: "0 * * * *"', 'cron: "* * * * *"')
    (site.folder / "prefect.yaml").write_text(told)
    site.prefect("work-pool", "create", "local", "--type", "process")
    site.prefect("deploy", "--all")
    site.prefect("deploy", "--all")


def fired_since(site: Site, moment: datetime) -> list[dict]:
    """Runs of ingest that began after a moment and did their work."""
    done = site.api.runs("ingest", "COMPLETED")
    return [run for run in done if datetime.fromisoformat(run["start_time"]) > moment]


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_cron_fires_by_itself_and_what_a_kill_cuts_off_is_done_once(site: Site):
    for seed, name in enumerate(("one", "two")):
        site.inbox.dump(name, seed=seed)
    site.inbox.describe("one")
    site.inbox.hold_up("two")
    deploy(site)
    assert len(site.api.post("automations/filter")) == 1  # round finished, retrain; also after a second deploy
    with site.worker() as worker:
        reader = until(lambda: site.inbox.reader_of("two"), within_s=150, what="cron has fired, a flow is in dump two")
        assert posts_by_source(site.store)["one"] == 20
        worker.kill()
        killed_at = datetime.now(UTC)
        site.inbox.let_go("two", reader)  # the flow lives on a little, without anybody to tell
        until(lambda: site.api.runs("ingest", "CRASHED", "COMPLETED"), within_s=90, what="it ends without its worker")
    with site.worker():
        report = site.api.start("report")
        done = until(lambda: fired_since(site, killed_at), within_s=150, what="the next run does what is left, if any")
        until(lambda: site.api.state(report)[0] == "COMPLETED", within_s=120, what="the report")
    assert done[0]["auto_scheduled"]
    assert posts_by_source(site.store) == {"hand": 60, "one": 20, "two": 20}
    assert broken(site.store) == []


@pytest.mark.prefect
@pytest.mark.slow
def test_a_key_comes_from_a_secret_block_where_the_environment_lacks_it(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "of-the-environment")
    monkeypatch.setenv("MSA_VLM_API_KEY", "")
    with temporary_settings({PREFECT_API_URL: site.api.url}):
        for variable in ("LABEL_STUDIO_API_KEY", "MSA_VLM_API_KEY"):
            Secret(value="of-the-block").save(block_of(variable))
        assert load() == ["MSA_VLM_API_KEY"]
    assert (os.environ["LABEL_STUDIO_API_KEY"], os.environ["MSA_VLM_API_KEY"]) == ("of-the-environment", "of-the-block")
    assert "of-the-block" not in without_secrets("the key is of-the-block")


@pytest.mark.prefect
@pytest.mark.browser
@pytest.mark.slow
@needs_chromium
def test_the_ui_shows_table_link_and_picture(site: Site):
    artifacts = {one["key"]: one for one in site.api.post("artifacts/filter")}
    assert {"msa-ingest-steps", "msa-report", "msa-progress"} <= set(artifacts)
    OUTPUT.mkdir(exist_ok=True)
    ui = site.api.url.removesuffix("/api")
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{ui}/artifacts", wait_until="networkidle")
        page.get_by_text("msa-progress").first.wait_for(timeout=30_000)
        page.screenshot(path=OUTPUT / "prefect-artifacts.png")
        page.goto(f"{ui}/artifacts/artifact/{artifacts['msa-progress']['id']}", wait_until="networkidle")
        picture = page.locator("img[src^='data:image/png']").first
        picture.wait_for(timeout=30_000)
        assert picture.evaluate("image => image.naturalWidth") > 300
        page.screenshot(path=OUTPUT / "prefect-picture.png")
        page.goto(f"{ui}/artifacts/artifact/{artifacts['msa-ingest-steps']['id']}", wait_until="networkidle")
        page.get_by_text("two", exact=True).first.wait_for(timeout=30_000)
        page.screenshot(path=OUTPUT / "prefect-steps.png")
