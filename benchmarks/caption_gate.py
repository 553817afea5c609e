"""Claim: the gate of captions refuses 99 % of bad answers and 1 % of good ones at most, in less than 1 ms each.

    python benchmarks/caption_gate.py [--rounds 5]

The labelled set is tests/msa_core/captions/cases: good captions, and answers with a planted reason. The gate was made
with the first half of each file; the second half was only counted. Prints how much is refused, the planted reason
against the one that was found, what a prompt in another language refuses (plain captions in that language, and in every
other but a close relative), and milliseconds a caption (best of the rounds, of wall clock and of processor time).
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from msa_core.captions.gate import refused
from msa_core.captions.prompts import prompt_named

CASES = Path(__file__).parents[1] / "tests" / "msa_core" / "captions" / "cases"
PASSED = "passed"
RELATIVES = ({"da", "no"},)  # a sentence may be both
Case = dict[str, str]
Found = list[tuple[str, str]]  # planted, found


def cases(name: str) -> tuple[list[Case], list[Case]]:
    """The two halves of a file; the first has the line in the middle less."""
    lines = [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    half = (len(lines) + 1) // 2
    return lines[:half], lines[half:]


def found(some: list[Case]) -> Found:
    """What was planted (`good` where nothing was), and what the gate says."""
    prompts = {name: prompt_named(name) for name in {case["prompt"] for case in some}}
    return [
        (
            case.get("reason", "good"),
            refused(case["caption"], prompt=prompts[case["prompt"]], finish=case.get("finish", "stop")) or PASSED,
        )
        for case in some
    ]


def share(pairs: Found, holds: Callable[[str, str], bool]) -> str:
    """Of all, as n of N."""
    n = sum(holds(*pair) for pair in pairs)
    return f"{n} of {len(pairs)}\t{100 * n / len(pairs):.1f} %"


def show_totals(half: str, good: Found, planted: Found) -> None:
    """The two promises, and how often the reason is the planted one."""
    print(f"{half}\tplanted, refused\t{share(planted, lambda _, given: given != PASSED)}")
    print(f"{half}\tplanted, refused for that reason\t{share(planted, lambda reason, given: reason == given)}")
    print(f"{half}\tgood, refused\t{share(good, lambda _, given: given != PASSED)}")


def show_confusion(half: str, pairs: Found) -> None:
    """A line for each planted reason: how many were found to be what."""
    for reason in sorted({planted for planted, _ in pairs}):
        given = Counter(given for planted, given in pairs if planted == reason)
        told = ", ".join(f"{name} {n}" for name, n in given.most_common())
        print(f"{half}\t{reason}\t{given.total()}\t{told}")


def show_languages() -> None:
    """A line for each: refused of its own captions, and refused of the others'."""
    lines = (CASES / "foreign.jsonl").read_text(encoding="utf-8").splitlines()
    said = [(case["language"], case["caption"]) for case in map(json.loads, lines)]
    said += [("en", case["caption"]) for half in cases("good") for case in half if case["prompt"] == "objective"]
    for asked in sorted({language for language, _ in said} - {"en"}):
        prompt = replace(prompt_named("objective"), language=asked)
        others = [each for each in said if {each[0], asked} not in RELATIVES]
        pairs = [
            ("own" if each == asked else "other", refused(words, prompt=prompt) or PASSED) for each, words in others
        ]
        for whose in ("own", "other"):
            found = [pair for pair in pairs if pair[0] == whose]
            print(f"{asked}\t{whose}, refused\t{share(found, lambda _, given: given != PASSED)}")


def milliseconds(some: list[Case], clock: Callable[[], float], n_rounds: int) -> float:
    """A caption, in the best round."""
    rounds = []
    for _ in range(n_rounds):
        start = clock()
        found(some)
        rounds.append(1000 * (clock() - start) / len(some))
    return min(rounds)


def main() -> None:
    """Print totals, confusion and speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    n_rounds = parser.parse_args().rounds
    good, planted = cases("good"), cases("planted")
    halves = {"first half": (good[0], planted[0]), "second half": (good[1], planted[1])}
    measured = {half: (found(fine), found(bad)) for half, (fine, bad) in halves.items()}
    measured["both"] = (found(good[0] + good[1]), found(planted[0] + planted[1]))
    print("half\twhat\tn\tshare")
    for half, (fine, bad) in measured.items():
        show_totals(half, fine, bad)
    print("\nhalf\tplanted\tcaptions\tfound")
    for half, (fine, bad) in measured.items():
        show_confusion(half, fine + bad)
    print("\nlanguage\twhose captions\tn\tshare")
    show_languages()
    every = [case for some in (*good, *planted) for case in some]
    print(f"\nms a caption\twall\t{milliseconds(every, time.perf_counter, n_rounds):.2f}\tn={len(every)}")
    print(f"ms a caption\tprocessor\t{milliseconds(every, time.process_time, n_rounds):.2f}\tn={len(every)}")


if __name__ == "__main__":
    main()
