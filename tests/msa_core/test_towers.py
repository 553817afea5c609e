"""Towers: random ones that repeat themselves, real ones from a folder, and an error with a remedy."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import torch
from huggingface_hub import constants
from transformers import CLIPConfig, CLIPModel, DebertaV2Config, DebertaV2ForMaskedLM

from msa_core import checkpoint
from msa_core.clara import ClaraConfig, n_weights
from msa_core.errors import MissingWeights, TrainingError
from msa_core.presets import Asked, clara_config, recipe, towers_at_hand
from msa_core.tiny import SIZES, Size, random_text, random_vision, train_tokenizer
from msa_core.towers import Towers, is_at_hand, pretrained, towers_of
from tests.msa_core.clara_by_hand import CONFIG, LABELS, TEXTS


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    """A whole CLIP and a masked-word DeBERTa, small, in the layout of the hub."""
    folder = tmp_path_factory.mktemp("hub")
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    clip = CLIPModel(CLIPConfig(text_config=small, vision_config={**small, "image_size": 32, "patch_size": 16}))
    clip.save_pretrained(folder / "clip")
    tokenizer = train_tokenizer(TEXTS, 500, 24)
    deberta = DebertaV2ForMaskedLM(DebertaV2Config(vocab_size=len(tokenizer), type_vocab_size=0, **small))
    deberta.save_pretrained(folder / "deberta")
    tokenizer.save_pretrained(folder / "deberta")
    return folder, clip, deberta


def test_a_local_folder_gives_its_weights(on_disk):
    folder, clip, deberta = on_disk
    towers = pretrained(str(folder / "clip"), str(folder / "deberta"))
    pixels = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(
        towers.vision(pixel_values=pixels).last_hidden_state,
        clip.vision_model(pixel_values=pixels).last_hidden_state,
    )
    words = towers.tokenizer(["lovely sunny day"], return_tensors="pt")
    torch.testing.assert_close(
        towers.text.eval()(**words).last_hidden_state, deberta.deberta.eval()(**words).last_hidden_state
    )


def test_a_checkpoint_on_real_towers_holds_adapters_and_heads_only(on_disk, tmp_path):
    folder, _, _ = on_disk
    config = replace(
        CONFIG, vision=str(folder / "clip"), text=str(folder / "deberta"), trains="hybrid", lora_rank=4, lora_alpha=8
    )
    towers = towers_of(config, [], seed=0)
    network = checkpoint.build(config, towers)
    for name, weights in network.named_parameters():
        if ".lora_B" in name:
            torch.nn.init.normal_(weights)
    checkpoint.save(network, towers.tokenizer, tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "adapters", "config.json", "heads.safetensors", "metrics.json", "tokenizer",
    ]  # fmt: skip
    loaded, _ = checkpoint.load(tmp_path)
    pairs = zip(network.state_dict().items(), loaded.state_dict().items(), strict=True)
    assert all(name == other and torch.equal(one, two) for (name, one), (other, two) in pairs)


@pytest.mark.parametrize("missing", ["vision", "text"])
def test_missing_weights_say_what_where_and_what_to_do(on_disk, monkeypatch, missing):
    folder, _, _ = on_disk
    names = {"vision": str(folder / "clip"), "text": str(folder / "deberta"), missing: "nobody/nothing-here"}
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingWeights) as error:
        pretrained(**names)
    for part in ("nobody/nothing-here", "cache", f"--{missing}", "--towers tiny"):
        assert part in str(error.value)


class Hub(BaseHTTPRequestHandler):
    """Knows one tower."""

    def do_GET(self) -> None:
        is_known = self.path == "/api/models/somebody/something"
        self.send_response(200 if is_known else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"id": "somebody/something"} if is_known else {"error": "none"}).encode())

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture
def hub(monkeypatch):
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=listening.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listening.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield listening
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(("name", "is_there"), [("somebody/something", True), ("nobody/nothing-here", False)])
def test_what_the_hub_offers_is_at_hand(hub, monkeypatch, name, is_there):
    assert is_at_hand(name) is is_there
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not is_at_hand(name)


def test_a_hub_that_nobody_reaches_offers_nothing(hub):
    hub.shutdown()
    hub.server_close()
    assert not is_at_hand("somebody/something", timeout_s=0.5)


def test_what_lies_here_is_at_hand_without_a_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert is_at_hand(str(tmp_path))
    assert not is_at_hand("somebody/something")
    cached = tmp_path / "models--somebody--something"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("abc")
    (cached / "snapshots" / "abc").mkdir(parents=True)
    (cached / "snapshots" / "abc" / "pytorch_model.bin").touch()
    assert is_at_hand("somebody/something")


def test_auto_is_pretrained_where_it_can_be_and_a_named_tower_is_always_meant(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openai" / "clip-vit-base-patch16").mkdir(parents=True)
    assert towers_at_hand("auto", None, None) == "tiny"
    assert towers_at_hand("auto", "somebody/something", None) == "pretrained"
    assert towers_at_hand("small", None, None) == "small"
    (tmp_path / "microsoft" / "deberta-v3-base").mkdir(parents=True)
    assert towers_at_hand("auto", None, None) == "pretrained"


def test_weights_of_another_architecture_are_refused(on_disk):
    folder, _, _ = on_disk
    with pytest.raises(MissingWeights, match="is no CLIPVisionModel"):
        pretrained(str(folder / "deberta"), str(folder / "deberta"))


def test_the_same_texts_in_any_order_give_the_same_tokenizer():
    one, other = (train_tokenizer(texts, 300, 24).backend_tokenizer.to_str() for texts in (TEXTS, TEXTS[::-1]))
    assert one == other


def test_random_towers_repeat_themselves():
    for make in (
        lambda seed: random_vision(SIZES["tiny"], 32, seed),
        lambda seed: random_text(SIZES["tiny"], 50, 24, seed),
    ):
        one, same, other = (make(seed).state_dict() for seed in (1, 1, 2))
        assert all(torch.equal(one[name], same[name]) for name in one)
        assert any(not torch.equal(one[name], other[name]) for name in one)


def test_as_published_about_seven_percent_of_the_weights_learn():
    """CLARA's README: 21.27 M of 285.47 M; the shapes of CLIP ViT-B/16 and DeBERTa-v3-base without their weights."""
    base = Size(768, 12, 12, image_size=224)
    with torch.device("meta"):
        towers = Towers(random_vision(base, 224, 0), random_text(base, 128_100, 512, 0), None)
        n_all, n_trained = n_weights(checkpoint.build(ClaraConfig("sentiment", LABELS), towers))
    assert n_all == pytest.approx(285.5e6, rel=0.01)
    assert n_trained == pytest.approx(21.27e6, rel=0.02)


def test_presets_are_the_published_settings_and_honest_about_random_towers():
    real = clara_config(Asked(), "sentiment", LABELS, is_masked=True)
    assert (real.vision, real.trains, real.lora_rank, real.lora_alpha, real.width) == (
        "openai/clip-vit-base-patch16", "hybrid", 8, 16, 512,
    )  # fmt: skip
    assert (recipe(Asked()).learning_rate, recipe(Asked()).epochs, recipe(Asked()).patience) == (2e-5, 50, 10)
    assert clara_config(Asked(towers="tiny"), "sentiment", LABELS, is_masked=True).trains == "all"
    assert clara_config(Asked(towers="tiny", lora_rank=4), "sentiment", LABELS, is_masked=True).trains == "lora"
    with pytest.raises(TrainingError, match="pretrained, tiny, small"):
        clara_config(Asked(towers="huge"), "sentiment", LABELS, is_masked=True)
