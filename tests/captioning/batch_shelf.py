"""Files and batches of a scripted endpoint, as the OpenAI Batch API has them. Lines are answered by the same script."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.captioning.replies import error, told
from tests.captioning.wire import Reply, Request

AnswerLine = Callable[[str, bytes], Reply | None]  # of a custom id and a body; None where it gets no answer
Job = dict[str, Any]


@dataclass(slots=True)
class Shelf:
    """`looks`: how often a batch is still `in_progress` when asked for. `end`: completed, expired (after half of its
    lines), failed or cancelled.
    """

    answer: AnswerLine
    looks: int = 1
    end: str = "completed"
    files: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)

    def reply(self, request: Request) -> Reply:
        """To any request under /v1/files or /v1/batches."""
        _, _, room, *rest = request.path.split("/")
        found = self._of_one(request.method, room, rest) if rest else self._of_all(room, request)
        return found or error(404, f"No such object: {request.path}")

    def _of_all(self, room: str, request: Request) -> Reply | None:
        match (request.method, room):
            case ("POST", "files"):
                return self._upload(request)
            case ("POST", "batches"):
                return self._submit(request.body)
            case ("GET", "files" | "batches"):
                return self._listed(room, request.query)
        return None

    def _of_one(self, method: str, room: str, rest: list[str]) -> Reply | None:
        match (method, room, rest):
            case ("GET", "files", [name, *more]) if name in self.files and more in ([], ["content"]):
                row, data = self.files[name]
                return Reply(200, data, "application/octet-stream") if more else told(row)
            case ("GET", "batches", [name]) if name in self.jobs:
                return told(self._look(name))
            case ("POST", "batches", [name, "cancel"]) if name in self.jobs:
                self.jobs[name] |= {"status": "cancelled", "cancelled_at": int(time.time())}
                return told(self.jobs[name])
        return None

    def _upload(self, request: Request) -> Reply:
        parts = form(request)
        if set(parts) < {"file", "purpose"}:
            return error(400, "A file comes as multipart form with `file` and `purpose`.")
        return told(self._file(parts["file"][1], parts["file"][0], parts["purpose"][1].decode()))

    def _file(self, data: bytes, name: str, purpose: str) -> dict[str, Any]:
        file_id = f"file-{len(self.files)}"
        row = {"id": file_id, "object": "file", "bytes": len(data), "created_at": int(time.time())}
        row |= {"filename": name, "purpose": purpose, "status": "processed"}
        self.files[file_id] = (row, data)
        return row

    def _listed(self, room: str, query: dict[str, str]) -> Reply:
        rows = [*self.jobs.values()][::-1] if room == "batches" else [row for row, _ in self.files.values()][::-1]
        ids = [row["id"] for row in rows]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        page = rows[start : start + int(query.get("limit", "20"))]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
        return told({"object": "list", "data": page, "has_more": start + len(page) < len(rows), **ends})

    def _submit(self, body: bytes) -> Reply:
        try:
            wanted = json.loads(body)
            given = wanted["input_file_id"]
        except (ValueError, KeyError, TypeError) as problem:
            return error(400, f"Invalid request: {problem!r}")
        if given not in self.files:
            return error(400, f"Invalid input_file_id: {given}")
        now, name = int(time.time()), f"batch_{len(self.jobs)}"
        job: Job = {"id": name, "object": "batch", "status": "validating", "created_at": now, "errors": None}
        job |= {"output_file_id": None, "error_file_id": None, "metadata": None, "expires_at": now + 86_400}
        job |= {key: wanted.get(key) for key in ("endpoint", "input_file_id", "completion_window", "metadata")}
        self.jobs[name], self.looked[name] = job, 0
        self._validate(job)
        return told(job)

    def _validate(self, job: Job) -> None:
        try:
            names = [(line["custom_id"], line["body"]["model"])[0] for line in self._lines(job)]
        except (ValueError, KeyError, TypeError) as problem:
            return _fail(job, f"a line is no request: {problem!r}")
        if len(set(names)) < len(names):
            return _fail(job, "a custom_id stands twice")
        job["request_counts"] = {"total": len(names), "completed": 0, "failed": 0}

    def _lines(self, job: Job) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[job["input_file_id"]][1].splitlines() if line.strip()]

    def _look(self, name: str) -> Job:
        job = self.jobs[name]
        if job["status"] in ("validating", "in_progress"):
            job["status"] = "in_progress"
            self.looked[name] += 1
            if self.looked[name] > self.looks:
                self._finish(job)
        return job

    def _finish(self, job: Job) -> None:
        """Answers come in another order than the lines; what got none is in the file of errors."""
        lines = self._lines(job) if self.end in ("completed", "expired") else []
        n_met = len(lines) if self.end == "completed" else len(lines) // 2
        rows = [self._answered(line) for line in lines[:n_met]] + [_unmet(line["custom_id"]) for line in lines[n_met:]]
        good = [row for row in rows if (row["response"] or {}).get("status_code") == 200][::-1]
        bad = [row for row in rows if row not in good]
        for rows_of, key in ((good, "output_file_id"), (bad, "error_file_id")):
            if rows_of:
                data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_of)
                job[key] = self._file(data.encode(), f"{job['id']}_{key}.jsonl", "batch_output")["id"]
        job["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        job |= {"status": self.end, f"{self.end}_at": int(time.time())}
        if self.end == "failed":
            _fail(job, "The model is not there")

    def _answered(self, line: dict[str, Any]) -> dict[str, Any]:
        reply = self.answer(line["custom_id"], json.dumps(line["body"]).encode())
        if reply is None:
            return _unmet(line["custom_id"])
        try:
            body = json.loads(reply.body)
        except ValueError:
            body = reply.body.decode(errors="replace")
        name = line["custom_id"]
        response = {"status_code": reply.status, "request_id": f"req_{name}", "body": body}
        return {"id": f"batch_req_{name}", "custom_id": name, "response": response, "error": None}


def _fail(job: Job, message: str) -> None:
    listed = [{"code": "invalid_json_line", "message": message, "param": None, "line": None}]
    job |= {"status": "failed", "errors": {"object": "list", "data": listed}}


def _unmet(custom_id: str) -> dict[str, Any]:
    why = {"code": "batch_expired", "message": "This request could not be executed before the window expired."}
    return {"id": f"batch_req_{custom_id}", "custom_id": custom_id, "response": None, "error": why}


def form(request: Request) -> dict[str, tuple[str, bytes]]:
    """The parts of a multipart form by name: file name ("" where it is no file) and bytes."""
    found = re.search(r'boundary="?([^";]+)', request.headers.get("content-type", ""))
    parts = {}
    for part in request.body.split(b"--" + found[1].encode())[1:-1] if found else []:
        head, _, data = part.partition(b"\r\n\r\n")
        name = re.search(rb'[ ;]name="([^"]*)"', head)
        filename = re.search(rb'filename="([^"]*)"', head)
        if name:
            parts[name[1].decode()] = (filename[1].decode() if filename else "", data.removesuffix(b"\r\n"))
    return parts
