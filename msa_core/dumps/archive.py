"""Dumps in a zip or tar, unpacked where nothing can reach outside and nothing can fill the disk."""

import lzma
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msa_core.errors import DumpError

UNPACKING_ERRORS = (
    *(OSError, EOFError, ValueError),
    *(RuntimeError, NotImplementedError),  # how zipfile refuses an encrypted zip, or an unknown packing
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
ENDINGS = ("zip", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz")
MAX_FILES = 5_000_000
MAX_RATIO = 100  # unpacked to packed: photographs do not shrink, label files do by 10
ALWAYS_ALLOWED = 256 * 2**20  # bytes, whatever the ratio


class Budget:
    """How much an archive may still unpack."""

    def __init__(self, archive: Path, into: Path) -> None:
        self._archive = archive
        self._bytes = min(max(ALWAYS_ALLOWED, MAX_RATIO * archive.stat().st_size), shutil.disk_usage(into).free)
        self._files = MAX_FILES

    def spend(self, name: str, n_bytes: int) -> None:
        """Raises DumpError before the file is written."""
        self._files -= 1
        self._bytes -= n_bytes
        if self._bytes < 0 or self._files < 0:
            raise DumpError(
                f"{self._archive} unpacks to more than its size allows (at {name!r}). "
                "If you trust it, unpack it yourself and name the folder."
            )


@contextmanager
def unpacked(path: Path, scratch: Path) -> Iterator[Path]:
    """The dump's folder: `path` itself, or what the archive holds, under `scratch` until the context ends.

    Raises DumpError for what is absent, no archive, or unsafe.
    """
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise DumpError(f"No dump at {path}: neither a folder nor a file.")
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=scratch) as folder:
        _unpack(path, Path(folder))
        top = _top(Path(folder))
        try:
            yield top
        except DumpError as error:
            if str(top) not in str(error):
                raise
            said = str(error).replace(str(top), str(path))
            raise DumpError(f"{said} Of an archive: unpack it, and name the folder inside.") from error


def _unpack(path: Path, into: Path) -> None:
    try:
        if zipfile.is_zipfile(path):
            _unzip(path, into)
        elif tarfile.is_tarfile(path):
            _untar(path, into)
        else:
            raise DumpError(f"{path} is neither a folder nor one of {', '.join(ENDINGS)}.")
    except UNPACKING_ERRORS as error:
        raise DumpError(f"{path} cannot be unpacked: {error}") from error
    except tarfile.TarError as error:
        raise DumpError(f"{path} is refused: {error}") from error


def _unzip(path: Path, into: Path) -> None:
    """A zip entry never yields more than the size it declares; that is what the budget is asked for."""
    budget = Budget(path, into)
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise DumpError(f"{path} is refused: {entry.filename!r} is a link or a device.")
            target = _target(path, into, entry.filename)
            if not entry.is_dir():
                budget.spend(entry.filename, entry.file_size)
                with archive.open(entry) as packed:
                    _write(packed, target)


def _untar(path: Path, into: Path) -> None:
    """Links are refused even where they stay inside: chains of them have led out before."""
    budget = Budget(path, into)
    with tarfile.open(path) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise DumpError(f"{path} is refused: {member.name!r} is a link or a device.")
            _target(path, into, member.name)
            budget.spend(member.name, member.size)
            archive.extract(member, into, filter="data")
        _refuse_cut(path, archive)


def _refuse_cut(path: Path, archive: tarfile.TarFile) -> None:
    """A damaged header in the middle reads like the end, which is a block of zeros."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise DumpError(f"{path} is damaged or cut off at byte {archive.offset} of what it packs.")


def _target(path: Path, into: Path, name: str) -> Path:
    steps = name.replace("\\", "/").split("/")
    if steps[0] == "" or ".." in steps or "\0" in name or ":" in steps[0]:
        raise DumpError(f"{path} is refused: {name!r} leads out of it.")
    return into / name


def _write(packed: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(packed, file, 2**20)


def _top(folder: Path) -> Path:
    """Many archives hold one folder that holds everything."""
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    return _top(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder
