"""Bytes to words, and words without names or links."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msa_core.languages import language_of
from msa_core.refusals import Reason, Refusal
from msa_core.text import Decoded, decode, mask


def test_ascii_and_emoji_are_utf_8():
    assert decode(b"plain words\r\n") == Decoded("plain words\r\n", "utf-8")
    assert decode("coffee ☕".encode()) == Decoded("coffee ☕", "utf-8")


def test_curly_quotes_of_the_real_dump_are_gb18030():
    assert decode(b"\xa1\xb0so they say\xa1\xb1") == Decoded("“so they say”", "gb18030")


def test_what_gb18030_cannot_read_is_cp1252():
    assert decode(b"at the caf\xe9 today") == Decoded("at the café today", "cp1252")


def test_utf_8_comes_first_where_two_codecs_could_read_it():
    both = "é".encode()
    assert both.decode("gb18030") != "é"
    assert decode(both) == Decoded("é", "utf-8")


def test_bytes_that_no_codec_reads_are_refused():
    refused = decode(b"so good \x81 to see")
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.UNDECODABLE_TEXT


@pytest.mark.parametrize("data", ["hello".encode("utf-16-le"), "hello".encode("utf-16"), b"\0\1\2"])
def test_utf_16_and_binary_data_are_refused_by_their_nul(data: bytes):
    refused = decode(data)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.UNDECODABLE_TEXT


def test_a_byte_order_mark_is_not_part_of_the_text():
    assert decode(b"\xef\xbb\xbfID") == Decoded("ID", "utf-8")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_text_without_nul_survives_utf_8(text: str):
    assert decode(text.encode()) == Decoded(text.removeprefix("\ufeff"), "utf-8")


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("RT @kate_b: look", "RT @user: look"),
        (".@kate and ＠wei", ".@user and @user"),
        ("你好@用户名 再见", "你好@user 再见"),
        ("write to jo.smith@mail.example.org now", "write to @user now"),
        ("see http://t.co/Ab12 and HTTPS://x.org/?a=1#b", "see <url> and <url>"),
        ("www.example.com/a is pic.twitter.com/abc", "<url> is <url>"),
        ("cut short http:/… and htt… and https:…", "cut short <url> and <url> and <url>"),
        ("meet me @ 5pm, 3 @ once", "meet me @ 5pm, 3 @ once"),
        ("and/or, e.g. this, #tags, @_@", "and/or, e.g. this, #tags, @_@"),
        ("<user> sent <url>", "<user> sent <url>"),
    ],
)
def test_names_and_links_are_masked_and_nothing_else(raw: str, masked: str):
    assert mask(raw) == masked


@given(st.text(alphabet="@a_.:/ htpsw…-<>url1"))
def test_masking_twice_changes_nothing_more(text: str):
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("piece", ["a", "a.", "a-", "@", "a@", "http", "w.", "a.com", "@a@", "www."])
def test_no_hostile_text_stalls_the_masks(piece: str):
    start = time.process_time()
    mask(piece * (2**18 // len(piece)))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what a wonderful day with friends @one http://t.co/x", "en"),
        ("Qué bonito día en el parque con mis amigos", "es"),
        ("今天天气真好我们去公园散步", "zh"),
        ("ok lol @somebody_of_a_long_name #another_long_tag http://t.co/abcdefgh", "too-short"),
        ("x" * 40, "unclear"),
        ("", "too-short"),
    ],
)
def test_the_language_of_a_text_is_that_of_its_own_words(text: str, language: str):
    assert language_of(text) == language
