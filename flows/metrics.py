"""Metrics of a store in Prometheus' text form, and its reports, on 127.0.0.1; asked of the store when they are read."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily

from msa_core.errors import MsaError
from warehouse import Store

LASTS_S = 10.0
FIGURES = "from store_figures order by name, task nulls first, of nulls first"
GAUGES = {  # name in the view: (name of the metric, what `of` says, help)
    "posts": ("msa_posts", "source", "Posts that the store holds."),
    "labels": ("msa_labels", "label", "Posts by their label in force."),
    "rejects": ("msa_rejects", "reason", "Rows of dumps that were refused."),
    "queue": ("msa_queue_posts", "", "Posts that are worth a person's minute and wait."),
    "review-open": ("msa_review_tasks_open", "project", "Posts that reviewers have not judged yet."),
    "predictions": ("msa_predictions", "model_id", "Posts that the standing model has scored."),
    "champion": ("msa_champion", "model_id", "The standing model; 1 where it was promoted, 0 where none ever was."),
    "weighted-f1": ("msa_weighted_f1", "model_id", "Weighted F1 of the standing model on validation."),
    "caption-cost": ("msa_caption_cost_usd", "captioner", "US dollars that captions cost, where prices were known."),
    "test-reads": ("msa_test_reads", "", "How often a score on the sealed test was read."),
    "last-run": ("msa_last_run_timestamp_seconds", "verb", "When a verb last committed a run."),
}
PAGE = re.compile(r"/reports/([\w.-]+\.(html|png))")
KINDS = {"html": "text/html; charset=utf-8", "png": "image/png"}
HOSTS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


class StoreFigures:
    """What prometheus_client asks at each reading; the store is asked at most every ten seconds, and never locked."""

    def __init__(self, store: Store, *, lasts_s: float = LASTS_S) -> None:
        self._store = store
        self._lasts_s = lasts_s
        self._lock = Lock()
        self._read_at = -lasts_s
        self._rows: list[dict[str, Any]] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family a name, those without rows too, so that a rule on them sees nothing instead of failing."""
        rows = self._figures()
        for name, (metric, of, told) in GAUGES.items():
            family = GaugeMetricFamily(metric, told, labels=["task", *([of] if of else [])])
            for row in rows:
                if row["name"] == name:
                    family.add_metric([row["task"] or "", *([row["of"] or ""] if of else [])], row["value"])
            yield family

    def _figures(self) -> list[dict[str, Any]]:
        with self._lock:
            if time.monotonic() - self._read_at >= self._lasts_s:
                with self._store.moment() as moment:
                    self._rows = moment.table(FIGURES).to_pylist()
                self._read_at = time.monotonic()
            return self._rows


@contextmanager
def serving(store: Store, *, port: int, pages: Path) -> Iterator[str]:
    """Answers `/metrics` and `/reports/NAME.html` (or .png) from a thread while the block lasts; yields the address."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreFigures(store))
    try:
        server = make_server("127.0.0.1", port, _app(make_wsgi_app(registry), pages), _Threads, _Silent)
    except OSError as error:
        raise MsaError(f"Port {port} of 127.0.0.1 cannot be used ({error.strerror}): --metrics-port") from None
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass


def _app(metrics: Callable[..., Iterable[bytes]], pages: Path) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, page = environ["PATH_INFO"], PAGE.fullmatch(environ["PATH_INFO"])
        if not HOSTS.fullmatch(environ.get("HTTP_HOST", "")):  # a name that was bound to us by a stranger
            return _plain(start, "403 Forbidden", "only by the name 127.0.0.1 or localhost")
        if path == "/metrics":
            return metrics(environ, start)
        if page and (pages / page.group(1)).is_file():
            start("200 OK", [("Content-Type", KINDS[page.group(2)])])
            return [(pages / page.group(1)).read_bytes()]
        return _plain(start, "404 Not Found", "/metrics, or /reports/NAME.html")

    return answer


def _plain(start: Callable[..., Any], status: str, text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode() + b"\n"]
