"""A real HTTP endpoint that speaks the OpenAI protocol by a script: each request is logged, and answered by a rule.

In a test: `with ScriptedEndpoint() as endpoint: endpoint.add(too_many(), times=2)`; see `rules.py`. As a process of its
own: `python -m tests.captioning.scripted_endpoint --latency 0.2 --log asked.jsonl` prints its port.
"""

import argparse
import asyncio
import signal
import threading
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Self

from tests.captioning.batch_shelf import Shelf
from tests.captioning.manners import Manners
from tests.captioning.request_log import Asked, RequestLog
from tests.captioning.rules import Ending, Rule
from tests.captioning.script import CHAT, Line, Script
from tests.captioning.wire import READ_AHEAD, Reply, Request, read_request

HOST = "127.0.0.1"


class ScriptedEndpoint:
    """Serves from a thread of its own, until `stop`; `start` again takes the same port, with log and script kept."""

    def __init__(self, manners: Manners | None = None, *, port: int = 0, log: Path | None = None) -> None:
        self.manners = manners or Manners()
        self.port = port
        self.script = Script()
        self.log = RequestLog(log)
        self.shelf = Shelf(self._batch_line)
        self._at_once = 0

    @property
    def url(self) -> str:
        """The base URL that a client of the protocol is given."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def asked(self) -> list[Asked]:
        """Chat requests so far, lines of batches among them, in the order they came."""
        return [asked for asked in self.log.every if asked.path == CHAT]

    @property
    def most_at_once(self) -> int:
        return max((asked.at_once for asked in self.log.every), default=0)

    def add(self, rule: Rule, *, times: int | None = 1, image: str | None = None, path: str = CHAT) -> None:
        """For the next `times` requests (None: all) that begin with `path`, of this image where its digest is given."""
        self.script.add(Line(rule, times, image, path))

    def start(self) -> Self:
        """Raises OSError where the port is taken."""
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        self.port = ready.result(10)
        return self

    def stop(self) -> None:
        """All connections close; a request in flight counts as not delivered."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, ready: "Future[int]") -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._connection, HOST, self.port, limit=READ_AHEAD, backlog=512)
        except OSError as problem:
            ready.set_exception(problem)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._over.wait()
        server.close()
        here = asyncio.current_task()
        connections = [task for task in asyncio.all_tasks() if task is not here]
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await read_request(reader):
                if not await self._exchange(request, reader, writer) or not request.stays:
                    break
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays. The request is logged as over before the first byte of the reply leaves."""
        arrived_s, is_chat = self._loop.time(), request.path == CHAT
        self._at_once += is_chat
        asked = self.log.begin(request, at_once=self._at_once * is_chat)
        status, delivered = None, False
        try:
            rule = self.script.take(asked) or Rule()
            reply = rule.reply(asked) if rule.reply else self.manners.answer(request, asked, self.shelf)
            latency_s = self.manners.latency_s * (is_chat and reply.status == HTTPStatus.OK)
            await self._wait(rule, arrived_s, latency_s, reader)
            if rule.ending not in (Ending.HANGING, Ending.BEFORE):
                status = reply.status
                delivered = rule.ending is not Ending.MIDDLE and not reader.at_eof() and not writer.is_closing()
        finally:
            self._at_once -= is_chat
            self.log.end(asked, status, delivered=delivered)
        if status is not None:
            await _send(reply, rule.ending, writer)
        return rule.ending is Ending.WHOLE

    async def _wait(self, rule: Rule, arrived_s: float, latency_s: float, reader: asyncio.StreamReader) -> None:
        """So many seconds after the request came, whatever reading it took."""
        if rule.ending is Ending.HANGING:
            await reader.read()  # ends where the client goes
        else:
            wait_s = latency_s if rule.wait_s is None else rule.wait_s
            await asyncio.sleep(arrived_s + wait_s - self._loop.time())

    def _batch_line(self, custom_id: str, body: bytes) -> Reply | None:
        asked = self.log.begin(Request("POST", CHAT, {}, {}, body), custom_id=custom_id)
        rule = self.script.take(asked) or Rule()
        reply = rule.reply(asked) if rule.reply else self.manners.chat(asked)
        is_met = rule.ending in (Ending.WHOLE, Ending.LEAVING)
        self.log.end(asked, reply.status if is_met else None, delivered=is_met)
        return reply if is_met else None


async def _send(reply: Reply, ending: Ending, writer: asyncio.StreamWriter) -> None:
    data = reply.on_the_wire()
    with suppress(ConnectionError):
        writer.write(data[: len(data) - len(reply.body) // 2] if ending is Ending.MIDDLE else data)
        await writer.drain()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--latency", type=float, default=0.0, help="seconds")
    options.add_argument("--at-once", type=int, help="more chat requests in flight get a 429")
    options.add_argument("--log", type=Path, help="where each request that is over becomes a line of JSON")
    chosen = options.parse_args()
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    manners = Manners(latency_s=chosen.latency, at_once=chosen.at_once)
    with ScriptedEndpoint(manners, port=chosen.port, log=chosen.log) as endpoint:
        print(endpoint.port, flush=True)
        signal.sigwait(signals)


if __name__ == "__main__":
    main()
