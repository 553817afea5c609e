"""A reviewer at a real Chromium: logs in, opens the first post, judges three by keys alone. Looks at what is there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from label_studio_sdk import LabelStudio

from labelstudio.pictures import address, export
from labelstudio.screen import screen
from labelstudio.server_folder import Server
from labelstudio.tasks import TaskPost, as_task
from msa_core.sample_dump.scenes import draw
from tests.browsing import OUTPUT, browsing, needs_chromium
from tests.labelstudio.queue_desk import QueueDesk

SENTIMENT = ("negative", "neutral", "positive")
SCRIPT = "<script>document.title = 'broken'</script><img src=x onerror=\"document.title = 'broken'\">"
WORDS = "Rain again on my birthday, just what I wanted 😍 #blessed @user <url>"
POST = TaskPost("mvsa:0", "r1", WORDS, (), "", ("modality-conflict",), "", 0.5, 1, "m", SENTIMENT, (0.41, 0.07, 0.52))

pytestmark = [pytest.mark.browser, pytest.mark.labelstudio, needs_chromium]


@dataclass
class Reviewer:
    """A tab that is logged in, and what it asked for and complained of."""

    tab: Any
    server: Server
    asked: list[str]
    errors: list[str]

    def opens(self, project: int) -> None:
        self.tab.goto(f"{self.server.url}/projects/{project}/data?labeling=1")
        self.sees()

    def sees(self) -> None:
        """The next post is there, its images too."""
        self.tab.wait_for_load_state("networkidle")
        self.tab.wait_for_selector(".msa")
        self.tab.wait_for_function("[...document.querySelectorAll('.msa-see img')].every(one => one.naturalWidth > 0)")

    def presses(self, *keys: str) -> None:
        """Then waits until the server has taken the answer."""
        with self.tab.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST"):
            for key in keys:
                self.tab.keyboard.press(key)

    def keeps(self, name: str) -> None:
        OUTPUT.mkdir(exist_ok=True)
        self.tab.wait_for_timeout(400)  # the message of the last answer slides away
        self.tab.screenshot(path=OUTPUT / f"review-{name}.png")

    def is_all_visible(self) -> bool:
        """Whether the last field stands above the bar with the Submit button."""
        comment, bar = self.tab.locator("[name=comment]"), self.tab.locator(".lsf-bottombar")
        return comment.bounding_box()["y"] + comment.bounding_box()["height"] <= bar.bounding_box()["y"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def reviewer(browser: Any, label_studio: Server) -> Iterator[Reviewer]:
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    found = Reviewer(tab, label_studio, [], [])
    tab.on("request", lambda request: found.asked.append(request.url))
    tab.on("pageerror", lambda error: found.errors.append(str(error)))
    tab.goto(f"{label_studio.url}/user/login")
    tab.fill("input[name=email]", label_studio.email)
    tab.fill("input[name=password]", label_studio.password)
    tab.click("button[type=submit]")
    tab.wait_for_url(lambda url: "/user/login" not in url)
    yield found
    tab.close()


@pytest.fixture(scope="module")
def drawn(label_studio: Server, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Addresses of three real images that the server serves."""
    (label_studio.files / "msa").mkdir(exist_ok=True)
    rng = np.random.default_rng(3)
    for label in SENTIMENT:
        path = tmp_path_factory.mktemp("drawn") / "image.jpg"
        draw(label, rng).save(path)
        export(label_studio.files, f"{label}.jpg", path.read_bytes())
    return [address(label, "JPEG") for label in SENTIMENT]


def made(client: LabelStudio, server: Server, xml: str, posts: list[TaskPost], *, opinion: str = "hidden") -> int:
    """A project of these posts, in their order."""
    project = client.projects.create(title="msa-sentiment", label_config=xml, sampling="Uncertainty sampling")
    client.import_storage.local.create(project=project.id, path=str(server.files / "msa"), use_blob_urls=True)
    ordered = [replace(post, priority=1 - nth / 100) for nth, post in enumerate(posts)]
    client.projects.import_tasks(id=project.id, request=[as_task(post, opinion=opinion) for post in ordered])
    return project.id


def test_three_posts_are_judged_with_two_keys_each(
    reviewer: Reviewer, client: LabelStudio, label_studio: Server, drawn: list[str]
):
    posts = [replace(POST, post_id=f"mvsa:{nth}", images=(image,)) for nth, image in enumerate(drawn)]
    posts[1] = replace(posts[1], note="Reviewers disagreed: negative, positive.", caption="Grey boxes on white.")
    project = made(client, label_studio, screen(SENTIMENT), posts)
    reviewer.opens(project)
    for nth, key in enumerate("31x"):
        reviewer.sees()
        assert reviewer.is_all_visible()
        reviewer.keeps(f"sentiment-{nth}")
        reviewer.presses(key, "Control+Enter")
    held = {
        task.data["post_id"]: [(region["from_name"], region["value"]["choices"]) for region in answer["result"]]
        for task in client.tasks.list(project=project, fields="all")
        for answer in task.annotations
    }
    assert held == {
        "mvsa:0": [("both", ["positive"])],
        "mvsa:1": [("both", ["negative"])],
        "mvsa:2": [("both", ["text and image conflict"])],
    }
    assert reviewer.errors == []
    assert [url for url in reviewer.asked if not url.startswith((label_studio.url, "data:", "blob:"))] == []


def test_what_is_pushed_and_answered_by_keys_is_exactly_what_a_pull_brings(reviewer: Reviewer, desk: QueueDesk):
    desk.push(5)
    reviewer.opens(desk.project.id)
    for nth, key in enumerate("32z"):
        reviewer.sees()
        reviewer.keeps(f"pushed-{nth}")
        reviewer.presses(key, "Control+Enter")
    done = desk.pull()
    assert (done.n_new, done.n_quarantined) == (3, 0)
    answered = desk.ask("select label, status, lead_time_s > 0 from answers where project is not null order by task_id")
    assert answered == [("positive", "given", True), ("neutral", "given", True), (None, "unsure", True)]
    sent = [task.data["post_id"] for task in desk.tasks()]
    asked = "select post_id from answers where project is not null order by task_id"
    assert [post_id for (post_id,) in desk.ask(asked)] == sent[:3]
    assert desk.pull().run_id is None


def test_text_and_images_may_be_judged_apart_and_commented_on(
    reviewer: Reviewer, client: LabelStudio, label_studio: Server, drawn: list[str]
):
    project = made(client, label_studio, screen(SENTIMENT), [replace(POST, images=tuple(drawn))])
    reviewer.opens(project)
    for key in "2qd":
        reviewer.tab.keyboard.press(key)
    reviewer.tab.fill("[name=comment]", "said twice")
    reviewer.tab.keyboard.press("Enter")
    reviewer.keeps("three-images")
    reviewer.presses("Control+Enter")
    (task,) = client.tasks.list(project=project, fields="all")
    found = {region["from_name"]: next(iter(region["value"].values())) for region in task.annotations[0]["result"]}
    assert found == {"both": ["neutral"], "text": ["negative"], "image": ["positive"], "comment": ["said twice"]}


@pytest.mark.parametrize("opinion", ["hidden", "ask", "shown"])
def test_the_opinion_is_seen_only_where_it_is_asked_for_or_shown(
    reviewer: Reviewer, client: LabelStudio, label_studio: Server, drawn: list[str], opinion: str
):
    labels = ("not-sarcastic", "sarcastic")
    post = replace(POST, images=(drawn[0],), labels=labels, probs=(0.3, 0.7))
    reviewer.opens(made(client, label_studio, screen(labels, opinion=opinion), [post], opinion=opinion))
    said = reviewer.tab.locator("text=sarcastic 70%, not-sarcastic 30%")
    assert said.is_visible() == (opinion == "shown")
    reviewer.keeps(f"sarcasm-{opinion}")
    if opinion == "ask":
        reviewer.tab.click("text=What the model thinks")
        said.wait_for(state="visible")
        reviewer.keeps("sarcasm-asked")


@pytest.mark.parametrize(("name", "text"), [("script", SCRIPT), ("long", "word " * 20_000), ("empty", "")])
def test_any_text_is_shown_as_it_is_and_the_choices_stay_in_sight(
    reviewer: Reviewer, client: LabelStudio, label_studio: Server, drawn: list[str], name: str, text: str
):
    images = () if name == "empty" else (drawn[1],)
    post = replace(POST, text=text, images=images, caption="Grey boxes.", note="Reviewers disagreed.")
    reviewer.opens(made(client, label_studio, screen(SENTIMENT), [post]))
    assert reviewer.tab.locator(".msa-text").inner_text().strip() == text.strip()
    assert reviewer.tab.title() != "broken"
    assert reviewer.is_all_visible()
    reviewer.keeps(f"text-{name}")
    reviewer.presses("2", "Control+Enter")
    assert reviewer.errors == []
