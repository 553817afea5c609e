"""The screen offers each task's labels, takes no key of Label Studio, and shows posts as plain text."""

import re
import xml.etree.ElementTree as ET

import pytest
from label_studio_sdk import LabelStudio

from labelstudio.screen import STATUS_OF, missing_names, screen
from labelstudio.tasks import TaskPost, as_task
from msa_core.tasks import TASKS

CLASSES = [task for task in TASKS.values() if task.labels]
LABELS = ("negative", "neutral", "positive")
OF_LABEL_STUDIO = set("uhv")  # unselect a region; tools of the image
POST = TaskPost("mvsa:1", "r1", "text", ("/a.jpg",), "", ("margin",), "", 0.5, 1, "m", LABELS, (0.2, 0.5, 0.3))


def offered(xml: str, name: str) -> list[tuple[str, str]]:
    group = ET.fromstring(xml).find(f".//Choices[@name='{name}']")
    assert group is not None
    return [(choice.get("value", ""), choice.get("hotkey", "")) for choice in group.iter("Choice")]


@pytest.mark.parametrize("task", CLASSES, ids=lambda task: task.name)
def test_the_pair_is_offered_the_labels_and_the_statuses_and_each_modality_the_labels(task):
    xml = screen(task.labels)
    assert [value for value, _ in offered(xml, "both")] == [*task.labels, *STATUS_OF]
    for modality in ("text", "image"):
        assert [value for value, _ in offered(xml, modality)] == list(task.labels)


@pytest.mark.parametrize("n_labels", [2, 3, 7, 9])
def test_a_key_is_one_choice_and_none_of_label_studios(n_labels: int):
    xml = screen([f"label {nth}" for nth in range(n_labels)])
    keys = [key for name in ("both", "text", "image") for _, key in offered(xml, name) if key]
    assert len(keys) == len(set(keys))
    assert not set(keys) & OF_LABEL_STUDIO
    assert [key for _, key in offered(xml, "both")][:n_labels] == list("123456789"[:n_labels])


def test_more_labels_than_keys_are_offered_without_a_key():
    assert offered(screen([f"label {nth}" for nth in range(12)]), "both")[9:12] == [
        ("label 9", ""),
        ("label 10", ""),
        ("label 11", ""),
    ]


def test_only_the_pair_must_be_judged():
    required = [tag.get("name") for tag in ET.fromstring(screen(LABELS)).iter() if tag.get("required") == "true"]
    assert required == ["both"]


def test_a_regression_asks_for_a_number_between_its_bounds():
    root = ET.fromstring(screen((), low=-3.0, high=3.0))
    (number,) = root.iter("Number")
    assert (number.get("name"), number.get("min"), number.get("max")) == ("score", "-3", "3")
    assert list(root.iter("Choices")) == []


def test_the_opinion_has_no_place_or_a_closed_one_or_an_open_one():
    hidden, ask, shown = (ET.fromstring(screen(LABELS, opinion=mode)) for mode in ("hidden", "ask", "shown"))
    assert "$opinion" not in ET.tostring(hidden, encoding="unicode")
    assert ask.find(".//Collapse/Panel/Text[@name='opinion']") is not None
    assert shown.find(".//View/Text[@name='opinion']") is not None
    assert shown.find(".//Collapse") is None


def test_posts_are_plain_text_and_a_task_holds_all_that_the_screen_shows():
    xml = screen(LABELS, opinion="ask")
    assert "HyperText" not in xml
    shown = set(re.findall(r'(?:value|on|valueList)="\$(\w+)', xml))
    assert shown == {"text", "images", "caption", "why", "note", "opinion"}
    assert shown <= set(as_task(POST, opinion="ask")["data"])


def test_a_label_of_any_characters_stays_itself():
    labels = ['<script>"', "a & b", "嬉しい"]
    assert [value for value, _ in offered(screen(labels), "text")] == labels
    assert missing_names(screen(labels), labels) == []


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
@pytest.mark.parametrize("opinion", ["hidden", "ask", "shown"])
def test_our_own_screen_lacks_nothing(task, opinion: str):
    assert missing_names(screen(task.labels, low=task.low, high=task.high, opinion=opinion), task.labels) == []


def test_what_an_edited_screen_lacks_is_named():
    xml = screen(LABELS)
    assert missing_names("<View><Text", LABELS) == missing_names("", LABELS) == ["well-formed XML"]
    assert missing_names("<View/>", LABELS) == ["the name 'post'", "the name 'both'"]
    assert missing_names(xml.replace('value="neutral"', 'value="mixed"'), LABELS) == [
        "the choice 'neutral'",
        "a choice that we can read in place of 'mixed'",
    ]
    renamed = xml.replace('name="text"', 'name="words"')
    assert missing_names(renamed, LABELS) == ["a name that we can read in place of 'words'"]
    assert missing_names(xml, ()) == ["the name 'score'"]


@pytest.mark.parametrize("name", ["both", "text", "image"])
def test_a_choice_that_somebody_added_is_named_wherever_it_stands(name: str):
    root = ET.fromstring(screen(LABELS))
    group = root.find(f".//Choices[@name='{name}']")
    assert group is not None
    ET.SubElement(group, "Choice", value="mixed")
    edited = ET.tostring(root, encoding="unicode")
    assert missing_names(edited, LABELS) == ["a choice that we can read in place of 'mixed'"]


def test_a_choice_is_what_its_answers_say():
    xml = screen(LABELS).replace('value="neutral"', 'value="Neither" alias="neutral"')
    assert missing_names(xml, LABELS) == []


def test_a_screen_without_the_modalities_can_be_read():
    choices = "".join(f'<Choice value="{label}"/>' for label in LABELS)
    adopted = f'<View><Text name="post" value="$t"/><Choices name="both" toName="post">{choices}</Choices></View>'
    assert missing_names(adopted, LABELS) == []


@pytest.mark.labelstudio
@pytest.mark.parametrize("opinion", ["hidden", "ask", "shown"])
@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_the_server_takes_the_screen_and_a_post_without_image(client: LabelStudio, task, opinion: str):
    xml = screen(task.labels, low=task.low, high=task.high, opinion=opinion)
    project = client.projects.create(title=f"{task.name} {opinion}", label_config=xml)
    bare = TaskPost("mvsa:2", "r1", "", (), "", (), "", 0.5, 1, "m", task.labels, ())
    answer = client.projects.import_tasks(id=project.id, request=[as_task(bare, opinion=opinion)], return_task_ids=True)
    assert len(answer.task_ids) == 1
    assert missing_names(client.projects.get(id=project.id).label_config, task.labels) == []
    client.projects.delete(id=project.id)
