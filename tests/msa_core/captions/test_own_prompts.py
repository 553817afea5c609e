"""A prompt of one's own says in which language it wants answers, and whether they may judge; the gate keeps to it."""

import hashlib
import json
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
ENGLISH = "A woman in a red dress stands on a beach and holds a child by the hand."
CASES = Path(__file__).parent / "cases" / "foreign.jsonl"
RELATIVES = ({"da", "no"},)
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


def foreign() -> dict[str, list[str]]:
    """Plain captions by language, each of one or two sentences."""
    found: dict[str, list[str]] = {}
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found.setdefault(case["language"], []).append(case["caption"])
    return found


@pytest.mark.parametrize("language", sorted(foreign()))
def test_captions_in_the_language_that_is_asked_for_pass(tmp_path: Path, language: str):
    asks = prompt(tmp_path, f'language = "{language}"\n')
    said = foreign()[language]
    assert [each for each in (*said, " ".join(said[:4])) if refused(each, prompt=asks)] == []


@pytest.mark.parametrize("language", sorted(foreign()))
def test_captions_in_another_language_than_the_one_that_is_asked_for_do_not(tmp_path: Path, language: str):
    asks = prompt(tmp_path, f'language = "{language}"\n')
    others = [each for name, said in foreign().items() if {name, language} not in RELATIVES for each in said]
    others = [ENGLISH, *(each for each in others if each not in foreign()[language])]
    passed = [each for each in others if refused(each, prompt=asks) != CaptionReason.WRONG_LANGUAGE]
    assert len(passed) <= 0.01 * len(others), passed


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "Un homme en costume me regarde depuis une estrade en bois."),
        ("de", "Ein Text auf weißem Grund, darunter das Logo von Nike und der Name Michael Jordan."),
        ("zh", "图片中显示了一张推文截图，上方是用户名 Donald Trump，下方是一段英文文字。"),
        ("sr", "Žena u crvenoj haljini stoji na plaži i drži dete za ruku."),
    ],
)
def test_names_and_words_that_are_english_elsewhere_pass(tmp_path: Path, language: str, said: str):
    assert refused(said, prompt=prompt(tmp_path, f'language = "{language}"\n')) is None


def test_an_answer_that_is_half_in_the_language_is_not_in_it_and_one_that_quotes_another_is(tmp_path: Path):
    german = prompt(tmp_path, 'language = "de"\n')
    assert refused(f"{GERMAN} {ENGLISH}", prompt=german) == CaptionReason.WRONG_LANGUAGE
    assert refused(f'{GERMAN} Auf einem Schild steht "{ENGLISH}".', prompt=german) is None


def test_a_language_that_nobody_can_tell_is_an_error_that_lists_those_that_one_can(tmp_path: Path):
    with pytest.raises(CaptionError, match=r"language 'nb'.*so spelt: .* ja .* no .* zh "):
        prompt(tmp_path, 'language = "nb"\n')


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('language = "de"\njudging = "schön* traurig"\n', "Eine Frau steht in schönem Licht am Strand und lacht."),
        ('language = "de"\njudging = "schön* traurig"\n', "Ein Mann sitzt traurig auf einer Bank im Park."),
        ('language = "zh"\njudging = "美丽 悲伤"\n', "一个美丽的女人站在海滩上，牵着一个孩子的手。"),
        ('judging = "blue"\n', "A woman in a blue dress stands on a beach."),
    ],
)
def test_a_prompts_own_words_judge(tmp_path: Path, keys: str, said: str):
    asks = prompt(tmp_path, keys)
    assert refused(said, prompt=asks) == CaptionReason.SENTIMENT_WORDS
    plain = [each for each in (GERMAN, CHINESE, ENGLISH) if refused(each, prompt=asks) is None]
    assert len(plain) == 1, "the one in that language, which judges nothing"


@pytest.mark.parametrize(
    ("keys", "said", "longer"),
    [
        (
            'language = "hi"\njudging = "दुखी"\n',
            "एक दुखी आदमी सड़क पर खड़ा है।",
            "एक आदमी दुखीराम की दुकान के पास खड़ा है।",
        ),
        (
            'language = "hi"\njudging = "खुश"\n',
            "एक खुश आदमी सड़क पर खड़ा है।",
            "एक आदमी खुशी नाम की दुकान के पास खड़ा है।",
        ),
        ('language = "fr"\njudging = "d’effroi"\n', "Un cri d’effroi dans la rue.", "Une femme traverse la rue."),
    ],
    ids=["ends-in-a-vowel-sign", "goes-on-with-one", "apostrophe"],
)
def test_a_word_ends_where_its_marks_do_and_apostrophes_are_all_one(tmp_path: Path, keys: str, said: str, longer: str):
    asks = prompt(tmp_path, keys)
    assert refused(said, prompt=asks) == CaptionReason.SENTIMENT_WORDS
    assert refused(said.replace("’", "'"), prompt=asks) == CaptionReason.SENTIMENT_WORDS
    assert refused(longer, prompt=asks) is None


def test_a_prompts_own_words_replace_the_gates_and_a_whole_word_is_no_beginning(tmp_path: Path):
    assert refused(JUDGES, prompt=prompt(tmp_path, 'judging = "blue"\n')) is None
    german = prompt(tmp_path, 'language = "de"\njudging = "froh"\n')
    assert refused("Eine Frau hält ein Plakat zum Frohsinn am Strand.", prompt=german) is None


@pytest.mark.parametrize(
    "keys", ['judging = ""\n', "judging = 3\n", 'judging = "*"\n', 'judging = "a"\nmay_judge = true\n']
)
def test_a_list_that_says_nothing_is_an_error_that_shows_one(tmp_path: Path, keys: str):
    with pytest.raises(CaptionError, match=r"judging = \"schön\* traurig\*\""):
        prompt(tmp_path, keys)


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
