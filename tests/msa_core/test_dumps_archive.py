"""Archives unpack where nothing can reach outside, and the manifest is the dump's identity."""

import io
import shutil
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from msa_core.dumps import Dump, archive, in_order, manifest, mvsa_single, open_dump, space_of
from msa_core.dumps.archive import unpacked
from msa_core.errors import DumpError
from tests.msa_core.dump_files import mvsa, write

PACKED = ["zip", "tar", "gztar", "bztar", "xztar"]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, data: bytes = b"") -> Path:
    with tarfile.open(path, "w") as packed:
        for member in members:
            packed.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def refused(path: Path, scratch: Path) -> str:
    with pytest.raises(DumpError) as error, unpacked(path, scratch):
        pass
    assert list(scratch.iterdir()) == [], "nothing stays behind"
    return str(error.value)


@pytest.mark.parametrize("end", [1024, 1100, None])
def test_a_tar_that_is_cut_or_damaged_between_its_members_is_refused(tmp_path: Path, end: int | None):
    whole = tarred(tmp_path / "whole.tar", member("data"), member("labels"), member("rest")).read_bytes()
    damaged = bytearray(whole)
    damaged[512 + 10] ^= 1  # of the second member's name: its checksum is wrong
    (tmp_path / "bad.tar").write_bytes(damaged if end is None else whole[:end])
    assert "damaged or cut off at byte" in refused(tmp_path / "bad.tar", tmp_path / "scratch")


def test_an_archive_without_a_dump_is_named_and_not_the_folder_it_was_unpacked_to(tmp_path: Path):
    path = zipped(tmp_path / "odd.zip", {"README.txt": b"read me", "dump/labels.csv": b"id"})
    with (
        pytest.raises(DumpError, match=r"odd\.zip: looked for .* unpack it, and name the folder inside"),
        open_dump("mvsa-single", path, tmp_path / "scratch", space=space_of("sentiment")) as dump,
    ):
        list(dump.rows())


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("inside", [".", "top"])
def test_an_archive_is_the_same_dump_as_its_folder(tmp_path: Path, kind: str, inside: str):
    mvsa(tmp_path / "dump" / "top", {"1": "positive,neutral"})
    root = tmp_path / "dump" / inside if inside == "top" else tmp_path / "dump"
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), kind, root))
    found = []
    for path in (tmp_path / "dump" / "top", packed):
        with open_dump("mvsa-single", path, tmp_path / "scratch", space=space_of("sentiment")) as dump:
            found.append(manifest(dump.root, dump.rows()))
    assert found[0] == found[1]
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "C:\\out.txt"])
def test_a_name_that_leads_out_refuses_the_archive(tmp_path: Path, name: str):
    scratch = tmp_path / "scratch"
    assert "leads out" in refused(zipped(tmp_path / "x.zip", {name: b"gotcha"}), scratch)
    assert "leads out" in refused(tarred(tmp_path / "x.tar", member(name)), scratch)
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_refuse_the_archive(tmp_path: Path, kind: bytes):
    path = tarred(tmp_path / "x.tar", member("data/1.jpg", kind, "/etc/passwd"))
    assert "link or a device" in refused(path, tmp_path / "scratch")


def test_a_link_in_a_zip_refuses_it(tmp_path: Path):
    link = zipfile.ZipInfo("data/1.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
    assert "link or a device" in refused(tmp_path / "x.zip", tmp_path / "scratch")


def test_an_archive_that_would_fill_the_disk_is_refused_before_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "ALWAYS_ALLOWED", 1_000_000)
    bomb = zipped(tmp_path / "x.zip", {"labelResultAll.txt": bytes(20_000_000)})
    assert bomb.stat().st_size < 30_000
    assert "more than its size allows" in refused(bomb, tmp_path / "scratch")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as packed:
        zeros = tarfile.TarInfo("zeros")
        zeros.size = 20_000_000
        packed.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    assert "more than its size allows" in refused(tmp_path / "x.tar.gz", tmp_path / "scratch")


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    many = zipped(tmp_path / "x.zip", {f"{n}.txt": b"" for n in range(4)})
    assert "more than its size allows" in refused(many, tmp_path / "scratch")


def test_a_broken_or_locked_archive_is_an_error(tmp_path: Path):
    whole = zipped(tmp_path / "x.zip", {"a.txt": b"words" * 1000, "b.txt": b""}).read_bytes()
    damaged = bytearray(whole)
    damaged[40:60] = bytes(20)
    write(tmp_path, {"damaged.zip": bytes(damaged), "words.rar": b"Rar!"})
    locked = bytearray(whole)
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    locked[6] |= 1
    unknown = bytearray(whole)
    unknown[whole.index(b"PK\x01\x02") + 10] = unknown[8] = 99  # packed by a method that Python does not know
    write(tmp_path, {"locked.zip": bytes(locked), "unknown.zip": bytes(unknown)})
    assert "cannot be unpacked" in refused(tmp_path / "damaged.zip", tmp_path / "scratch")
    assert "encrypted" in refused(tmp_path / "locked.zip", tmp_path / "scratch")
    assert "compression method" in refused(tmp_path / "unknown.zip", tmp_path / "scratch")
    assert "zip, tar" in refused(tmp_path / "words.rar", tmp_path / "scratch")


def test_a_tar_that_ends_early_is_an_error(tmp_path: Path):
    mvsa(tmp_path / "dump", {"1": "positive,neutral", "2": "neutral,neutral"})
    whole = Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path / "dump")).read_bytes()
    write(tmp_path, {"cut.tar.gz": whole[: len(whole) // 2]})
    refused(tmp_path / "cut.tar.gz", tmp_path / "scratch")


def test_no_dump_at_all_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(DumpError, match=r"No dump at .*absent"), unpacked(tmp_path / "absent", tmp_path):
        pass


def digest(root: Path, n_threads: int = 1) -> str:
    dump = Dump(root, mvsa_single.read, space_of("sentiment"))
    return manifest(root, dump.rows(), n_threads=n_threads).digest


def test_a_dump_is_its_files_wherever_they_lie(tmp_path: Path):
    rows = {"1": "positive,neutral", "2": "neutral,neutral"}
    here, there = mvsa(tmp_path / "here", rows), mvsa(tmp_path / "there", rows)
    write(there, {"README": "not read by anybody"})
    assert digest(here) == digest(there) == digest(there, n_threads=4)


@pytest.mark.parametrize("name", ["labelResultAll.txt", "data/1.jpg", "data/2.txt"])
def test_any_change_of_a_file_is_another_dump(tmp_path: Path, name: str):
    root = mvsa(tmp_path, {"1": "positive,neutral", "2": "neutral,neutral"})
    before = digest(root)
    (root / name).write_bytes((root / name).read_bytes() + b"\r\n")
    assert digest(root) != before


def test_a_file_that_goes_is_another_dump_and_no_error(tmp_path: Path):
    root = mvsa(tmp_path, {"1": "positive,neutral"})
    before = digest(root)
    (root / "data/1.jpg").unlink()
    assert digest(root) != before


def test_files_outside_are_not_looked_at(tmp_path: Path):
    root = write(tmp_path / "dump", {"labelResultAll.txt": "../secret\tpositive,neutral\n"})
    write(tmp_path / "dump" / "data", {})
    before = digest(root)
    write(tmp_path, {"secret.txt": "one", "dump/secret.jpg": "two"})
    assert digest(root) == before


def test_the_manifest_counts_rows_files_and_bytes(tmp_path: Path):
    root = mvsa(tmp_path, {"1": "positive,neutral", "2": "neutral,neutral"})
    (root / "data/2.jpg").unlink()
    found = manifest(root, Dump(root, mvsa_single.read).rows(), n_threads=2)
    there = [path for path in root.rglob("*") if path.is_file()]
    assert (found.n_rows, found.n_files, found.n_bytes) == (2, 4, sum(path.stat().st_size for path in there))


def test_results_come_in_order_and_no_more_than_a_window_waits():
    most, running, lock = 0, 0, threading.Lock()

    def values():
        nonlocal most, running
        for value in range(200):
            with lock:
                running += 1
                most = max(most, running)
            yield value

    found = []
    for result in in_order(lambda value: value * 2, values(), n_threads=2):
        with lock:
            running -= 1
        found.append(result)
    assert found == list(range(0, 400, 2))
    assert most <= 2 * 3 * 8 + 1


def test_what_fails_in_a_thread_fails_here():
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda value: 1 // value, [1, 0, 1], n_threads=2))
