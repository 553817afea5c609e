"""A prompt of one's own says in which language it wants answers, and whether they may judge; the gate keeps to it."""

import hashlib
from pathlib import Path

import pytest

from msa_core.captions.gate import refused
from msa_core.captions.prompts import Prompt, prompt_named
from msa_core.captions.reasons import CaptionReason
from msa_core.errors import CaptionError

WORDS = 'words = "What is there to be seen, and how?"\n'
FIELDS = '[fields]\ndescription = "All of it."\n'
JUDGES = "A happy woman in a red dress smiles at a joyful child on a beach."
GERMAN = "Eine Frau in einem roten Kleid steht am Strand und hält ein Kind an der Hand."
CHINESE = "一个穿红衣服的女人站在海滩上，牵着一个孩子的手。"


def prompt(tmp_path: Path, keys: str) -> Prompt:
    path = tmp_path / "own.toml"
    path.write_text(WORDS + keys + FIELDS, encoding="utf-8")
    return prompt_named(str(path))


def test_without_the_keys_answers_are_english_and_judge_nothing(tmp_path: Path):
    plain = prompt(tmp_path, "")
    assert (plain.language, plain.may_judge) == ("en", False)
    found = [refused(said, prompt=plain) for said in (JUDGES, GERMAN, CHINESE)]
    assert found == [CaptionReason.SENTIMENT_WORDS, CaptionReason.WRONG_LANGUAGE, CaptionReason.WRONG_LANGUAGE]


def test_where_it_asks_for_moods_answers_may_name_them(tmp_path: Path):
    asks = prompt(tmp_path, "may_judge = true\n")
    assert refused(JUDGES, prompt=asks) is None
    assert refused(GERMAN, prompt=asks) == CaptionReason.WRONG_LANGUAGE


@pytest.mark.parametrize(("language", "said"), [("de", GERMAN), ("zh", CHINESE)])
def test_where_it_asks_in_another_language_answers_may_be_in_it(tmp_path: Path, language: str, said: str):
    assert refused(said, prompt=prompt(tmp_path, f'language = "{language}"\n')) is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [("Hund.", "too-short"), ("狗。", "too-short"), ("Ja " * 40, "repetition"), ("!!!!!!!!!!!!", "one-character-run")],
)
def test_in_any_language_the_other_checks_hold(tmp_path: Path, said: str, reason: str):
    assert refused(said, prompt=prompt(tmp_path, 'language = "de"\n')) == reason


def test_a_key_is_another_prompt_and_a_file_without_them_keeps_its_digest(tmp_path: Path):
    plain, asks = prompt(tmp_path, ""), prompt(tmp_path, "may_judge = true\n")
    assert plain.sha256 == hashlib.sha256((WORDS + FIELDS).encode()).hexdigest()
    assert asks.sha256 != plain.sha256


@pytest.mark.parametrize("keys", ["language = 7\n", 'language = "German"\n', 'may_judge = "yes"\n', "may_judge = 1\n"])
def test_a_key_that_says_nothing_is_refused_with_what_it_may_say(tmp_path: Path, keys: str):
    with pytest.raises(CaptionError, match=r"a code such as en or de.*true or false"):
        prompt(tmp_path, keys)


def test_a_key_among_the_fields_is_no_field(tmp_path: Path):
    path = tmp_path / "own.toml"
    path.write_text(f'{WORDS}{FIELDS}language = "de"\n', encoding="utf-8")
    with pytest.raises(CaptionError, match=r"stands above \[fields\]"):
        prompt_named(str(path))
