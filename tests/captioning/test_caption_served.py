"""`msa caption` against `transformers serve`, with a tiny random model: the protocol is real, its words are noise."""

from typing import TYPE_CHECKING

import pytest

from flows.caption import caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from msa_core.captions.captioner import Decoding
from msa_core.captions.pace import Limits
from msa_core.errors import CaptionError
from warehouse import Store

if TYPE_CHECKING:
    from tests.captioning.tiny_llava import Served

pytestmark = pytest.mark.slow


def asked(served: "Served", monkeypatch: pytest.MonkeyPatch, *, model: str | None = None) -> Asked:
    monkeypatch.setenv("MSA_VLM_BASE_URL", served.url)
    monkeypatch.setenv("MSA_VLM_MODEL", model or served.model)
    return Asked("openai", decoding=Decoding(max_tokens=24, side=64))


def test_every_image_gets_an_answer_and_noise_does_not_pass_unlooked_at(store: Store, llava: "Served", monkeypatch):
    who = asked(llava, monkeypatch)
    done = caption(store, asked=who, scope=Scope(limit=6), limits=Limits(3))
    assert done is not None
    assert len({row.image_sha256 for row in done.rows}) == 6
    assert done.n_failed == 0
    assert all(row.n_prompt_tokens and row.latency_s > 0 for row in done.rows)
    assert all(row.reason for row in done.rows if row.status == "refused")
    again = caption(store, asked=who, scope=Scope(limit=6), limits=Limits(3))
    assert again is not None
    assert not {row.caption_id for row in again.rows} & {row.caption_id for row in done.rows}


def test_an_unknown_model_is_an_error_that_keeps_no_row(store: Store, llava: "Served", monkeypatch):
    with pytest.raises(CaptionError):
        caption(store, asked=asked(llava, monkeypatch, model="nobody/nothing"), scope=Scope(limit=4), limits=Limits(1))
    with store.moment() as moment:
        assert moment.value("select count(*) from captions") == 0
