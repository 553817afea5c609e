"""The labelling screen: `config.xml`, with the task's labels as choices. Each row of the keyboard is one group, and no
key is one that Label Studio takes for itself (u unselects a region, h and v are tools of the image).
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CONFIG = Path(__file__).with_name("config.xml")
STATUS_OF = {"cannot tell": "unsure", "text and image conflict": "conflict", "broken post": "broken"}
KEYS = {"both": "123456789", "text": "qwertyiop", "image": "asdfgjkl"}
STATUS_KEYS = "zxc"
READ = {"both", "text", "image", "comment", "score"}
OPINION = "What the model thinks"


def screen(
    labels: Sequence[str], *, low: float | None = None, high: float | None = None, opinion: str = "hidden"
) -> str:
    """`labels`: none for a regression between `low` and `high`. `opinion`: hidden, ask (a panel to open) or shown."""
    root = ET.parse(CONFIG).getroot()  # noqa: S314 (our own file)
    if labels:
        for name in KEYS:
            _offer(root, name, labels)
    else:
        _ask_number(root, low, high)
    _place_opinion(root, opinion)
    return ET.tostring(root, encoding="unicode")


def missing_names(label_config: str, labels: Sequence[str]) -> list[str]:
    """What a project's screen lacks, so that its answers can all be read; text, image and comment may be absent."""
    try:
        root = ET.fromstring(label_config)  # noqa: S314 (expat itself refuses entities that explode)
    except ET.ParseError:
        return ["well-formed XML"]
    return list(_missing(root, labels))


def _missing(root: ET.Element, labels: Sequence[str]) -> Iterator[str]:
    named = {tag.get("name", ""): tag for tag in root.iter() if tag.get("name")}
    wanted = "both" if labels else "score"
    yield from (f"the name {name!r}" for name in ("post", wanted) if name not in named)
    if wanted in named:
        offered = _offered(named[wanted])
        yield from (f"the choice {label!r}" for label in labels if label not in offered)
        yield from (f"a choice that we can read in place of {said!r}" for said in sorted(_unknown(named, labels)))
    controls = {name for name, tag in named.items() if tag.get("toName")}
    yield from (f"a name that we can read in place of {name!r}" for name in sorted(controls - READ))


def _offered(control: ET.Element) -> set[str]:
    """What its choices say in an answer."""
    return {choice.get("alias") or choice.get("value") or "" for choice in control.iter("Choice")}


def _unknown(named: Mapping[str, ET.Element], labels: Sequence[str]) -> set[str]:
    """Choices that somebody added: an answer that bears one cannot be read."""
    read = {name: {*labels, *(STATUS_OF if name == "both" else ())} for name in KEYS}
    return {said for name in KEYS if name in named for said in _offered(named[name]) - read[name]}


def _offer(root: ET.Element, name: str, labels: Sequence[str]) -> None:
    group = _only(root, f".//Choices[@name='{name}']")
    for nth, label in enumerate(labels):
        group.append(_choice(label, KEYS[name][nth : nth + 1]))
    if name == "both":
        otherwise = ET.SubElement(group, "View", className="msa-otherwise")
        otherwise.extend(_choice(said, key) for said, key in zip(STATUS_OF, STATUS_KEYS, strict=True))


def _choice(value: str, key: str) -> ET.Element:
    return ET.Element("Choice", {"value": value} | ({"hotkey": key} if key else {}))


def _ask_number(root: ET.Element, low: float | None, high: float | None) -> None:
    """A number in place of the choices, of which there is one group only."""
    judge = _only(root, ".//View[@className='msa-judge']")
    for group in judge.findall("View/Choices/.."):
        choices = _only(group, "Choices")
        group.remove(choices)
        if choices.get("name") != "both":
            judge.remove(group)
            continue
        bounds = {name: f"{value:g}" for name, value in (("min", low), ("max", high)) if value is not None}
        kept = {
            name: value for name, value in choices.attrib.items() if name in ("toName", "required", "requiredMessage")
        }
        ET.SubElement(group, "Number", {"name": "score", **kept, **bounds, "step": "0.1"})


def _place_opinion(root: ET.Element, opinion: str) -> None:
    judge = _only(root, ".//View[@className='msa-judge']")
    place = _only(judge, "View[@className='msa-aside msa-opinion']")
    if opinion == "hidden":
        judge.remove(place)
        return
    if opinion == "ask":
        place = ET.SubElement(ET.SubElement(place, "Collapse"), "Panel", value=OPINION)
    else:
        ET.SubElement(place, "Header", size="5", value=OPINION)
    ET.SubElement(place, "Text", name="opinion", value="$opinion")


def _only(root: ET.Element, path: str) -> ET.Element:
    """Our own file holds it."""
    found = root.find(path)
    if found is None:
        raise LookupError(f"{CONFIG} has no {path}")
    return found
