"""Images where the server can show them: files under its document root, each once."""

import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = "msa"
SERVED = f"/data/local-files/?d={FOLDER}/"
SUFFIX = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}  # what browsers show


def address(sha256: str, image_format: str) -> str:
    """Where the server serves the exported file."""
    return SERVED + name(sha256, image_format)


def name(sha256: str, image_format: str) -> str:
    """`<digest>.<suffix>`; a format that browsers do not show is exported as JPEG."""
    return f"{sha256}.{SUFFIX.get(image_format, 'jpg')}"


def absent(files: Path, addresses: Iterable[str]) -> list[str]:
    """Digests of the images that are to be served and are not exported yet, or no longer."""
    folder = files / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    names = {each.removeprefix(SERVED) for each in addresses if each.startswith(SERVED)}
    return sorted(each.partition(".")[0] for each in names - set(os.listdir(folder)))


def export(files: Path, file_name: str, raw: bytes) -> None:
    """Whole or absent: written aside, then renamed into place."""
    path = files / FOLDER / file_name
    aside = path.with_name(f".{file_name}.{os.getpid()}")
    aside.write_bytes(raw)
    aside.replace(path)
