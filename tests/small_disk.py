"""A file system of its own, with room for little: only root can mount one; else the tests skip."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """Mounted at a folder that is made for it."""
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(at)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk (needs root)")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)
