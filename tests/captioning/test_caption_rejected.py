"""Images that an endpoint does not take: they stop no other, and what is nobody's fault but theirs is told by name."""

import asyncio
import io
from dataclasses import replace

import pytest
from PIL import Image

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from msa_core.captions.asking import Asking
from msa_core.captions.captioner import Captioner, Picture
from msa_core.captions.keeping import Keeping
from msa_core.captions.pace import Limits
from msa_core.captions.pixels import Pixels
from msa_core.captions.purse import Purse
from msa_core.errors import CaptionError
from msa_core.records import Caption
from tests.captioning import rules
from tests.captioning.request_log import Asked as Asked_
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

N_OPEN = 48


def described(store: Store, limit: int | None = None) -> Captioned:
    done = caption(store, asked=Asked("openai", timeout_s=5.0), scope=Scope(limit=limit), limits=Limits(1))
    assert done is not None
    return done


def refuse_first(endpoint: ScriptedEndpoint, n: int) -> None:
    """The next `n` images that are asked about are rejected, each time."""
    unfit: set[str] = set()

    def is_unfit(asked: Asked_) -> bool:
        if len(unfit) < n:
            unfit.add(asked.image)
        return asked.image in unfit

    endpoint.add(replace(rules.image_rejected(), applies=is_unfit), times=None)


def test_many_unfit_images_at_the_head_do_not_keep_a_known_model_from_the_rest(
    store: Store, endpoint: ScriptedEndpoint
):
    described(store, limit=3)
    refuse_first(endpoint, 20)
    done = described(store)
    assert (done.n_ok, done.n_waiting) == (N_OPEN - 3 - 20, 0)
    assert {row.reason for row in done.rows if row.status == "refused"} == {"endpoint-rejected"}


def test_a_model_that_took_images_before_is_not_said_to_take_none(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=3)
    endpoint.add(rules.image_rejected(), times=None)
    with pytest.raises(CaptionError, match=r"took none of the last 12 images.*unsupported image"):
        described(store, limit=12)


def a_png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    return written.getvalue()


def kept(captioner: Captioner, *files: bytes) -> list[Caption]:
    pictures = [Picture(f"{place:064x}", data) for place, data in enumerate(files)]
    rows: list[Caption] = []
    keeping = Keeping(rows.extend, lambda: None)
    asking = Asking(captioner, keeping, limits=Limits(2), purse=Purse())
    asyncio.run(asking.describe(pictures))
    return sorted(rows, key=lambda row: row.image_sha256)


def test_a_file_that_cannot_be_decoded_is_its_own_fault_whoever_describes():
    (row,) = kept(Pixels(), b"no image")
    assert (row.status, row.reason, row.caption) == ("refused", "unreadable-image", "unreadable")


def test_files_that_cannot_be_decoded_are_no_sign_that_a_model_takes_no_images():
    rows = kept(Pixels(), *[b"no image"] * 12, a_png())
    assert [row.reason for row in rows] == ["unreadable-image"] * 12 + [None]
