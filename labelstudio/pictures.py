"""Images where the server can show them: files under its document root, each once."""

import os
from collections.abc import Iterator
from pathlib import Path

FOLDER = "msa"
SUFFIX = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}  # what browsers show


def address(sha256: str, image_format: str) -> str:
    """Where the server serves the exported file."""
    return f"/data/local-files/?d={FOLDER}/{name(sha256, image_format)}"


def name(sha256: str, image_format: str) -> str:
    """`<digest>.<suffix>`; a format that browsers do not show is exported as JPEG."""
    return f"{sha256}.{SUFFIX.get(image_format, 'jpg')}"


def absent(files: Path, names: Iterator[str]) -> Iterator[str]:
    """Those that are not exported yet, or no longer."""
    folder = files / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    there = set(os.listdir(folder))
    yield from (each for each in names if each not in there)


def export(files: Path, file_name: str, raw: bytes) -> None:
    """Whole or absent: written aside, then renamed into place."""
    path = files / FOLDER / file_name
    aside = path.with_name(f".{file_name}.{os.getpid()}")
    aside.write_bytes(raw)
    aside.replace(path)
