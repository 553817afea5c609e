"""`msa doctor`: what is there, what is not, and what to do about it. Imports no framework and prints no secret."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated

import typer
from packaging.requirements import Requirement

from flows.options import DEFAULT_STORE, StoreOption
from flows.output import say, show
from flows.servers import Answer, ask, shown
from labelstudio.server import known
from warehouse import Places, Store, StoreError

THERE, ABSENT, BROKEN = "ok", "absent", "broken"
PYTHON = (3, 11)
GIB = 2**30
LEAST_DISK, LITTLE_DISK = 0.5, 5.0  # GiB
TOWERS = ("openai/clip-vit-base-patch16", "microsoft/deberta-v3-base")
WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True, slots=True)
class Check:
    """`todo` is empty where all is well; only what is required and not there makes the doctor fail."""

    what: str
    state: str
    found: str
    todo: str = ""
    is_required: bool = False


def doctor(root: Path, *, timeout_s: float = 3.0) -> list[Check]:
    """Every check, required ones first. A server that does not answer costs at most `timeout_s`."""
    return [
        _python(),
        _packages(),
        _disk(root),
        _store(root),
        _processors(),
        _gpu(),
        *_weights(),
        _prefect(timeout_s),
        _label_studio(root, timeout_s),
        _vlm(timeout_s),
    ]


def command(
    store: StoreOption = DEFAULT_STORE,
    timeout_s: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for each server.")] = 3.0,
) -> None:
    """Exit 1 only where something required is missing."""
    checks = doctor(store, timeout_s=timeout_s)
    show("doctor", ["what", "state", "found", "what to do"], [(c.what, c.state, c.found, c.todo) for c in checks])
    failed = [check.what for check in checks if check.is_required and check.state != THERE]
    if failed:
        say(f"required, and not well: {', '.join(failed)}")
        raise typer.Exit(1)


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= PYTHON:
        return Check("Python", THERE, found, is_required=True)
    return Check("Python", BROKEN, found, "make setup PYTHON=python3.11 (or newer)", is_required=True)


def _packages() -> Check:
    """What this distribution requires, against what is installed: some wrong versions break in silence."""
    try:
        wanted = [Requirement(line) for line in requires("msa-loop") or ()]
    except PackageNotFoundError:
        return Check("packages", BROKEN, "msa-loop is not installed", "make setup", is_required=True)
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = [problem for one in wanted if (problem := _problem(one))]
    if wrong:
        return Check("packages", BROKEN, "; ".join(wrong), "make clean setup", is_required=True)
    return Check("packages", THERE, f"{len(wanted)} of {len(wanted)} as required", is_required=True)


def _problem(wanted: Requirement) -> str:
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    return "" if wanted.specifier.contains(found, prereleases=True) else f"{wanted} wanted, {found} found"


def _disk(root: Path) -> Check:
    place = next(folder for folder in (root.absolute(), *root.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free / GIB
    found = f"{free:.1f} GiB free at {place}"
    if free < LEAST_DISK:
        return Check("disk", BROKEN, found, "free some space, or put the store elsewhere: --store", is_required=True)
    little = "an image dump of some size may not fit; a store can lie elsewhere: --store" if free < LITTLE_DISK else ""
    return Check("disk", THERE, found, little, is_required=True)


def _store(root: Path) -> Check:
    try:
        with Store.open(root).moment() as moment:
            n_posts = moment.value("select count(*) from posts")
            n_runs = moment.value("select count(*) from runs")
    except StoreError as error:
        absent = not (root / "msa.duckdb").exists()
        todo = f"msa init --store {root}"
        return Check("store", ABSENT if absent else BROKEN, f"none in {root}" if absent else str(error), todo)
    return Check("store", THERE, f"{root}: {n_posts:,} posts in {n_runs:,} runs")


def _processors() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB if hasattr(os, "sysconf") else 0.0
    return Check("processors", THERE, f"{cores} cores, {memory:.0f} GiB of memory")


def _gpu() -> Check:
    """By the driver's own tool: importing torch would take seconds."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("GPU", ABSENT, "no NVIDIA driver", "none needed for --towers tiny; pretrained towers train slowly")
    asked = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        out = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return Check("GPU", BROKEN, f"nvidia-smi: {error}", "mend the driver: nvidia-smi must list the GPU")
    names = "; ".join(line.strip() for line in out.splitlines() if line.strip())
    if not names:
        return Check("GPU", ABSENT, "a driver without a GPU", "check the machine, or CUDA_VISIBLE_DEVICES")
    if "+cpu" in _version("torch"):
        return Check("GPU", BROKEN, f"{names}, but torch is built for CPUs", "pip install a CUDA build of torch")
    return Check("GPU", THERE, names)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _weights() -> Iterator[Check]:
    """Whether the pretrained towers lie in the cache of the hub."""
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(_hf_home()) / "hub").expanduser()
    for tower in TOWERS:
        snapshots = hub / f"models--{tower.replace('/', '--')}" / "snapshots"
        if any(path.suffix in WEIGHTS and path.exists() for path in snapshots.glob("*/*")):
            yield Check(f"weights of {tower}", THERE, str(hub))
        else:
            todo = f"hf download {tower}; or offline: --towers tiny, or a local folder (--vision, --text)"
            yield Check(f"weights of {tower}", ABSENT, f"not in {hub}", todo)


def _hf_home() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return os.environ.get("HF_HOME") or str(Path(cache) / "huggingface")


def _prefect(timeout_s: float) -> Check:
    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        return Check("Prefect", THERE, "no PREFECT_API_URL: an ephemeral server starts with each msa loop")
    return _server("Prefect", url, ask(f"{url.rstrip('/')}/health", timeout_s=timeout_s), "prefect server start")


def _label_studio(root: Path, timeout_s: float) -> Check:
    url, token = os.environ.get("LABEL_STUDIO_URL", ""), os.environ.get("LABEL_STUDIO_API_KEY", "")
    own = known(Places(root).labelstudio)
    if not url and own is not None:
        return _server("Label Studio", own.url, ask(f"{own.url}/health", timeout_s=timeout_s), "msa review server")
    if not url:
        todo = "for reviews: make labelstudio (msa review server), or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
        return Check("Label Studio", ABSENT, "no LABEL_STUDIO_URL, and none of the store's own runs", todo)
    check = _server("Label Studio", url, ask(f"{url.rstrip('/')}/health", timeout_s=timeout_s), "label-studio start")
    if check.state == THERE and not token:
        return Check("Label Studio", BROKEN, f"{check.found}, no token", "set LABEL_STUDIO_API_KEY (account settings)")
    return check


def _vlm(timeout_s: float) -> Check:
    url, key = os.environ.get("MSA_VLM_BASE_URL", ""), os.environ.get("MSA_VLM_API_KEY", "")
    if not url:
        todo = "for captions: serve a vision-language model (vLLM, Ollama …) and set MSA_VLM_BASE_URL"
        return Check("VLM endpoint", ABSENT, "no MSA_VLM_BASE_URL", todo)
    answer = ask(f"{url.rstrip('/')}/models", timeout_s=timeout_s, key=key)
    if answer.status in (401, 403):
        return Check("VLM endpoint", BROKEN, f"{shown(url)} refuses the key", "set MSA_VLM_API_KEY")
    return _server("VLM endpoint", url, answer, "start the server, or mend MSA_VLM_BASE_URL (it ends in /v1)")


def _server(what: str, url: str, answer: Answer, todo: str) -> Check:
    if answer.is_well:
        return Check(what, THERE, f"{shown(url)} answers")
    return Check(what, BROKEN, f"{shown(url)}: {answer.problem}", todo)
