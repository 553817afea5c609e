"""Images that an endpoint does not take: they stop no other, and what is nobody's fault but theirs is told by name."""

import asyncio
import io
from collections.abc import Set
from dataclasses import replace

import pytest
from PIL import Image

from flows.caption import Captioned, caption, told_of
from flows.caption_ledger import Scope
from flows.caption_options import Paying
from flows.captioners import Asked
from msa_core.captions import rejections
from msa_core.captions.asking import Asking
from msa_core.captions.captioner import Captioner, Picture
from msa_core.captions.keeping import Keeping
from msa_core.captions.pace import Limits
from msa_core.captions.pixels import Pixels
from msa_core.captions.purse import Prices, Purse
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


def refuse_first(endpoint: ScriptedEndpoint, n: int, but: Set[str] = frozenset()) -> None:
    """The next `n` images that are asked about are rejected, each time; not those that stand in `but`."""
    unfit: set[str] = set()

    def is_unfit(asked: Asked_) -> bool:
        if len(unfit) < n and asked.image not in but:
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
    with pytest.raises(
        CaptionError, match=r"took none of the last 12 images.*Nor does it take one .* before: HTTP 400"
    ):
        described(store, limit=12)


def refuse_all_but(endpoint: ScriptedEndpoint, fit: set[str]) -> None:
    endpoint.add(replace(rules.image_rejected(), applies=lambda asked: asked.image not in fit), times=None)


def test_many_unfit_images_at_the_end_are_refused_for_good_where_a_described_one_is_still_taken(
    store: Store, endpoint: ScriptedEndpoint
):
    described(store, limit=3)
    fit = {each.image for each in endpoint.asked}
    refuse_all_but(endpoint, fit)
    done = described(store)
    assert [row.reason for row in done.rows] == ["endpoint-rejected"] * (N_OPEN - 3)
    assert (done.n_failed, done.n_waiting) == (0, 0)
    assert sum(each.image in fit for each in endpoint.asked) == 3 + 1, "one was asked about again, once"
    n_before = len(endpoint.asked)
    assert (described(store).rows, len(endpoint.asked)) == ((), n_before)


def test_an_image_that_this_command_described_tells_as_much(store: Store, endpoint: ScriptedEndpoint):
    fit: set[str] = set()

    def is_unfit(asked: Asked_) -> bool:
        fit.update([asked.image] if len(fit) < 2 else [])
        return asked.image not in fit

    endpoint.add(replace(rules.image_rejected(), applies=is_unfit), times=None)
    done = described(store)
    assert (done.n_ok, done.n_waiting) == (2, 0)


def test_rejections_that_grow_too_many_are_judged_on_the_way_and_the_rest_goes_on(
    store: Store, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rejections, "HELD", 12)
    described(store, limit=3)
    refuse_first(endpoint, 30, but={each.image for each in endpoint.asked})
    done = described(store)
    assert (done.n_ok, done.n_waiting) == (N_OPEN - 3 - 30, 0)


def test_the_question_whether_a_described_image_is_taken_is_within_the_budget_and_told(
    store: Store, endpoint: ScriptedEndpoint
):
    described(store, limit=3)
    refuse_all_but(endpoint, {each.image for each in endpoint.asked})
    asked, scope, prices = Asked("openai", timeout_s=5.0), Scope(), Prices(1.0, 1.0)
    done = caption(store, asked=asked, scope=scope, limits=Limits(1), paying=Paying(prices, 1.0))
    assert done is not None
    assert 0 < done.outcome.again_usd < 0.01
    assert "more for asking again about an image that it had described before" in "\n".join(told_of(done))


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
