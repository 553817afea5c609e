"""`msa caption` and a real HTTP endpoint: each image is bought once; what cannot be a caption is refused by name."""

import json

import pytest

from flows.caption import Captioned, caption, told_of
from flows.caption_ledger import Scope
from flows.caption_options import FREE, Paying, paying_of
from flows.captioners import Asked
from msa_core.captions.captioner import Decoding
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from tests.asking import rows
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

QWEN = Asked("openai")
N_OPEN = 48  # posts of the store outside test, all of them hard
REFUSED = "select reason, attempt, temperature from captions where status = 'refused' order by image_sha256, attempt"


def described(store: Store, *, paying: Paying = FREE, asked: Asked = QWEN, **scope: object) -> Captioned:
    done = caption(store, asked=asked, scope=Scope(**scope), limits=Limits(4), paying=paying)  # type: ignore[arg-type]
    assert done is not None
    return done


def test_every_hard_image_outside_test_is_asked_about_once_and_never_again(store: Store, endpoint: ScriptedEndpoint):
    first, again = described(store), described(store)
    assert (first.n_ok, len(again.rows), again.n_waiting) == (N_OPEN, 0, 0)
    assert len(endpoint.asked) == len({each.image for each in endpoint.asked}) == N_OPEN
    assert rows(store, "select count(*) as n from post_captions semi join splits s using (post_id)") == [{"n": N_OPEN}]
    assert not rows(store, "from post_captions semi join (from splits where split = 'test') using (post_id)")
    assert "nothing to do" in told_of(again)[0]


def test_hardest_images_come_first(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=5)
    hardest = rows(store, "select image_sha256 from caption_subjects order by place limit 5")
    assert {row["image_sha256"] for row in rows(store, "from captions")} == {row["image_sha256"] for row in hardest}


def test_an_answer_that_the_gate_refuses_is_drawn_once_more_at_another_temperature(
    store: Store, endpoint: ScriptedEndpoint
):
    endpoint.add(rules.garbage())
    done = described(store, limit=1)
    assert [each.chat.temperature for each in endpoint.asked] == [0.2, 0.8]
    assert [(row.status, row.attempt) for row in done.rows] == [("refused", 0), ("ok", 1)]


def test_a_refusal_is_final_until_it_is_asked_again(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.garbage(), times=2)
    described(store, limit=1)
    found = [(row["reason"], row["attempt"]) for row in rows(store, REFUSED)]
    assert found == [("one-character-run", 0), ("one-character-run", 1)]
    n_asked = len(endpoint.asked)
    hardest = rows(store, "from caption_subjects order by place limit 1")[0]["image_sha256"]
    described(store, limit=1)
    assert hardest not in {row["image_sha256"] for row in rows(store, "from captions where status = 'ok'")}
    described(store, limit=1, retry_refused=True)
    assert hardest in {row["image_sha256"] for row in rows(store, "from captions where status = 'ok'")}
    assert len(endpoint.asked) == n_asked + 2
    assert not rows(store, "from post_captions where caption like '!%'")


def test_a_cut_off_answer_is_named_truncated(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.cut_off(), times=2)
    described(store, limit=1)
    assert {row["reason"] for row in rows(store, REFUSED)} == {"truncated"}


def test_a_model_that_refuses_is_refused(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.refusing(), times=2)
    described(store, limit=1)
    assert {row["reason"] for row in rows(store, REFUSED)} == {"refusal"}


def test_without_structured_answers_plain_text_is_the_caption(store: Store, endpoint: ScriptedEndpoint):
    endpoint.manners.speaks_schema = False
    assert described(store, limit=6).n_ok == 6
    assert sum(each.chat.response_format is not None for each in endpoint.asked) <= 4  # those that were in flight
    assert not rows(store, "from captions where caption like '%{%'")


def test_an_image_that_the_endpoint_rejects_is_refused_and_the_rest_goes_on(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=3)
    endpoint.add(rules.image_rejected(), times=2)  # with a schema, and without
    endpoint.manners.speaks_schema = True
    done = caption(store, asked=QWEN, scope=Scope(limit=3), limits=Limits(1))
    assert done is not None
    assert [row.reason for row in done.rows if row.status == "refused"] == ["endpoint-rejected"]
    assert done.n_ok == 2
    n_asked = len(endpoint.asked)
    assert described(store).n_ok == N_OPEN - 6
    assert len(endpoint.asked) == n_asked + N_OPEN - 6


def test_where_every_image_is_rejected_it_is_not_the_images(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.image_rejected(), times=None)
    with pytest.raises(CaptionError, match="takes none of the images"):
        described(store)
    assert not rows(store, "from captions")
    endpoint.script.clear()
    assert described(store).n_ok == N_OPEN


def test_a_budget_is_never_exceeded_and_the_rest_waits(store: Store, endpoint: ScriptedEndpoint):
    paying = Paying(Prices(100.0, 400.0), 1.0)
    done = described(store, paying=paying)
    assert done.outcome.is_spent
    assert 0 < done.n_ok < N_OPEN
    assert done.cost_usd is not None
    assert 0.2 < done.cost_usd <= 1.0
    assert rows(store, "select sum(cost_usd) as usd from costs") == [{"usd": pytest.approx(done.cost_usd)}]
    assert done.n_waiting == N_OPEN - done.n_ok


@pytest.mark.parametrize(
    ("prices", "budget", "words"),
    [((1, 1), 0, "buys nothing"), ((None, None), 5, "wants"), ((1, None), None, "together")],
)
def test_a_budget_that_cannot_be_kept_is_an_error(prices, budget, words: str):
    with pytest.raises(CaptionError, match=words):
        paying_of(*prices, budget)


def test_a_missing_usage_is_charged_as_the_most_it_can_be(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.without_usage(), times=None)
    done = described(store, paying=Paying(Prices(1.0, 1.0)), limit=2)
    assert all(row.cost_usd and row.cost_usd > 300e-6 and row.n_prompt_tokens is None for row in done.rows)


def test_another_version_of_a_prompt_does_not_buy_everything_again_by_mistake(
    store: Store, endpoint: ScriptedEndpoint, tmp_path
):
    mine = tmp_path / "mine.toml"
    mine.write_text('words = "Describe the image."\n[fields]\ndescription = "What is there."\n')
    asked = Asked("openai", prompt=str(mine))
    described(store, asked=asked, limit=2)
    mine.write_text('words = "Describe it all."\n[fields]\ndescription = "What is there."\n')
    with pytest.raises(CaptionError, match="--new-prompt"):
        described(store, asked=asked, limit=2)
    done = caption(store, asked=asked, scope=Scope(limit=2), limits=Limits(1), new_prompt=True)
    assert done is not None
    assert done.n_ok == 2
    assert rows(store, "select count(*) as n from captions") == [{"n": 4}]
    assert rows(store, "select kind, n_posts from caption_kinds") == [
        {"kind": "openai:scripted-vlm:mine", "n_posts": 2}
    ]


def test_the_posts_text_is_only_sent_where_it_is_wanted_and_then_as_data(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=1)
    described(store, limit=1, with_text=True)
    first, second = (str(each.chat.messages) for each in endpoint.asked)
    assert "document.title" not in first
    assert "<post>\\n‹script›document.title" in second
    assert rows(store, "select count(distinct text_sha256) as n from captions") == [{"n": 1}]


def test_the_image_that_is_sent_is_a_small_jpeg(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=1, asked=Asked("openai", decoding=Decoding(side=64)))
    sent = endpoint.asked[0].chat.image_bytes
    assert 0 < sent < 4000


@pytest.mark.parametrize("door", ["captions", "post_captions", "shown_captions", "review_posts"])
def test_names_and_links_that_an_image_shows_are_masked_for_people_too(
    store: Store, endpoint: ScriptedEndpoint, door: str
):
    shown = "A screenshot of a post by @jane_doe, with a blue bird on it and the line https://t.co/abc below."
    endpoint.add(rules.saying(json.dumps({"description": shown})))
    described(store, limit=1)
    told = [row["caption"] for row in rows(store, f"select caption from {door} where caption <> ''")]
    assert told == ["A screenshot of a post by @user, with a blue bird on it and the line <url> below."]
