"""Near-duplicates: what is the same stays together, what only looks empty does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msa_core.duplicates import MAX_DISTANCE, Pictures, clusters, is_blank, is_telling, near_pairs, normalise
from msa_core.images import read_image
from msa_core.records import Cluster
from msa_core.sample_dump.encoding import jpeg, twin
from msa_core.sample_dump.scenes import draw

LONG = "what a lovely morning at the harbour"
OTHER = "nothing left to say about that awful game"
PICTURE = 0x9A3C55E10F7722D4
UNLIKE = 0x31E6A88B5CD0479F
VIGNETTE = 0xF0F0F0F0F0F0F0F0
NO_PICTURES = Pictures(np.array([], dtype=np.int64), [], np.array([], dtype=np.uint64))


def pictures(*rows: tuple[int, int]) -> Pictures:
    """(place of the post, hash); equal hashes come from different files."""
    posts, hashes = zip(*rows, strict=True)
    files = [f"file-{number}" for number in range(len(rows))]
    return Pictures(np.array(posts), files, np.array(hashes, dtype=np.uint64))


def flipped(dhash: int, *bits: int) -> int:
    return dhash ^ sum(1 << bit for bit in bits)


def groups(found: list[Cluster]) -> set[frozenset[str]]:
    together: dict[str, set[str]] = {}
    for row in found:
        together.setdefault(row.cluster_id, set()).add(row.post_id)
    return {frozenset(posts) for posts in together.values()}


def why(found: list[Cluster]) -> list[str]:
    return [row.why for row in found]


@pytest.mark.parametrize(
    "other",
    [
        "What a LOVELY morning, at the harbour!!",
        "RT @kate_b: what a lovely morning at the harbour http://t.co/Ab12cd",
        "what a lovely morning at the harbour <url> @user",
        "ｗｈａｔ ａ ｌｏｖｅｌｙ ｍｏｒｎｉｎｇ ａｔ ｔｈｅ ｈａｒｂｏｕｒ",
        "#what a #lovely morning at the harbour http",
    ],
)
def test_names_links_case_and_punctuation_make_no_other_text(other):
    found = clusters(["a", "b"], [LONG, other], NO_PICTURES)
    assert groups(found) == {frozenset("ab")}
    assert why(found) == ["text", "text"]


@pytest.mark.parametrize(
    "text", [None, "", " \r\n", "@user <url>", "RT @kate: http://t.co/x", "this", "☕☕", "Just posted a photo <url>"]
)
def test_texts_that_say_nothing_glue_nothing(text):
    found = clusters(["a", "b"], [text, text], NO_PICTURES)
    assert groups(found) == {frozenset("a"), frozenset("b")}
    assert why(found) == ["none", "none"]


def test_scripts_without_spaces_are_compared_too():
    assert normalise("届いたぞ") == ""
    assert normalise("今日はとても素晴らしい一日でした、ありがとう") != ""


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    assert normalise(once) == once


def test_a_picture_a_few_bits_away_is_the_same_picture():
    near, far = flipped(PICTURE, *range(0, 4 * MAX_DISTANCE, 4)), flipped(PICTURE, *range(0, 4 * MAX_DISTANCE + 4, 4))
    found = clusters(["a", "b"], [LONG, OTHER], pictures((0, PICTURE), (1, near)))
    assert why(found) == ["image", "image"]
    assert why(clusters(["a", "b"], [LONG, OTHER], pictures((0, PICTURE), (1, far)))) == ["none", "none"]


@pytest.mark.parametrize("dhash", [0, 2**64 - 1, VIGNETTE, 0x0101010101010101])
def test_hashes_of_flat_pictures_glue_nothing(dhash):
    found = clusters(["a", "b"], [LONG, OTHER], pictures((0, dhash), (1, dhash)))
    assert why(found) == ["none", "none"]


def test_copies_of_one_file_are_twins_however_plain_it_is_unless_it_is_blank():
    for dhash, expected in ((VIGNETTE, "image"), (0, "none")):
        files = Pictures(np.array([0, 1]), ["same", "same"], np.array([dhash, dhash], dtype=np.uint64))
        assert why(clusters(["a", "b"], [LONG, OTHER], files)) == [expected] * 2


def test_any_picture_of_a_post_can_make_it_a_twin_and_two_of_its_own_do_not():
    several = pictures(
        (0, PICTURE), (0, UNLIKE), (1, UNLIKE), (2, PICTURE), (3, 0x5A5AC3C3969612ED), (3, 0x5A5AC3C3969612ED)
    )
    found = clusters(list("abcd"), [None] * 4, several)
    assert groups(found) == {frozenset("abc"), frozenset("d")}
    assert why(found) == ["image", "image", "image", "none"]


def test_links_chain_and_each_post_says_its_own_why():
    found = clusters(list("abcd"), [LONG, LONG, OTHER, None], pictures((1, PICTURE), (2, PICTURE), (3, UNLIKE)))
    assert groups(found) == {frozenset("abc"), frozenset("d")}
    assert why(found) == ["text", "both", "image", "none"]


def test_a_cluster_is_named_by_its_smallest_post_so_a_later_twin_does_not_rename_it():
    before = clusters(["s:2", "s:3"], [LONG, LONG], NO_PICTURES)
    after = clusters(["s:3", "s:9", "s:2"], [LONG] * 3, NO_PICTURES)
    assert {row.cluster_id for row in before} == {row.cluster_id for row in after}


@given(st.data())
def test_the_order_of_the_posts_does_not_matter(data):
    n = data.draw(st.integers(1, 12))
    texts = data.draw(st.lists(st.sampled_from([LONG, OTHER, None]), min_size=n, max_size=n))
    hashes = data.draw(st.lists(st.sampled_from([PICTURE, flipped(PICTURE, 3), UNLIKE, 0]), min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    ids = [f"s:{number}" for number in range(n)]
    straight = clusters(ids, texts, pictures(*enumerate(hashes)))
    turned = clusters(
        [ids[p] for p in order], [texts[p] for p in order], pictures(*enumerate(hashes[p] for p in order))
    )
    assert sorted(turned, key=lambda row: row.post_id) == sorted(straight, key=lambda row: row.post_id)


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sets(st.integers(0, 63), max_size=6)), max_size=30),
    st.integers(0, 6),
)
def test_banding_misses_no_pair(seeds, changes, distance):
    hashes = {*seeds, *(flipped(seeds[place % len(seeds)], *bits) for place, bits in changes)}
    array = np.array(sorted(hashes), dtype=np.uint64)
    apart = np.bitwise_count(array[:, None] ^ array[None])
    expected = {(i, j) for i, j in zip(*np.where(apart <= distance), strict=True) if i < j}
    assert set(zip(*near_pairs(array, distance), strict=True)) == expected


def test_resized_and_recompressed_pictures_are_found_and_no_stranger_is():
    rng = np.random.default_rng(0)
    drawn = [draw(("positive", "neutral", "negative")[number % 3], rng) for number in range(120)]
    files = [jpeg(image) for image in drawn] + [twin(image, rng) for image in drawn]
    hashes = [read_image(data).dhash for data in files]
    rows = clusters([f"{n:03}" for n in range(240)], [None] * 240, pictures(*enumerate(hashes)))
    names = [row.cluster_id for row in rows]
    assert sum(first == second for first, second in zip(names[:120], names[120:], strict=True)) >= 0.96 * 120
    assert len(set(names[:120])) == 120


def test_telling_and_blank_are_two_ends():
    hashes = np.array([PICTURE, UNLIKE, VIGNETTE, 0, 2**64 - 1], dtype=np.uint64)
    assert is_telling(hashes).tolist() == [True, True, False, False, False]
    assert is_blank(hashes).tolist() == [False, False, False, True, True]


def test_nothing_in_nothing_out():
    assert clusters([], [], NO_PICTURES) == []
