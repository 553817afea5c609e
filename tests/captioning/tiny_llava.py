"""A real vision-language model of a megabyte, served by `transformers serve`: LLaVA's classes with small random weights
and a tokenizer of its own. Its text is noise; the protocol, the image and the errors are real.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

HOST = "127.0.0.1"
HEALTHY_WITHIN_S, STOPS_WITHIN_S = 120.0, 10.0
IMAGE_SIZE, PATCH_SIZE, WIDTH, N_LAYERS, N_HEADS = 32, 16, 32, 2, 4
PAD, END, START, IMAGE = SPECIAL = ("<|pad|>", "<|im_end|>", "<|im_start|>", "<image>")
TEXTS = ("describe what can be seen in this image in plain sentences", "a red bicycle stands beside a brick wall")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Served:
    """`url`: the base URL that a client of the protocol is given; `log`: what the server has said."""

    url: str
    model: str
    pid: int
    log: Path


def build(folder: Path, seed: int = 0) -> Path:
    """The model as a folder that `from_pretrained` reads; the same seed gives the same weights."""
    tokenizer = _tokenizer()
    _model(tokenizer, seed).save_pretrained(folder)
    square = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": IMAGE_SIZE}, crop_size=square),
        tokenizer,
        patch_size=PATCH_SIZE,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
        image_token=IMAGE,
    ).save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    """Bytes and their pairs, so that any tokens are a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, model_max_length=512)


def _model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlavaForConditionalGeneration:
    torch.manual_seed(seed)
    sizes = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_attention_heads": N_HEADS}
    vision = CLIPVisionConfig(**sizes, num_hidden_layers=N_LAYERS, image_size=IMAGE_SIZE, patch_size=PATCH_SIZE)
    text = Qwen2Config(
        **sizes,
        num_hidden_layers=N_LAYERS,
        num_key_value_heads=N_HEADS,
        vocab_size=len(tokenizer),
        max_position_embeddings=512,
        initializer_range=0.3,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=image)
    return LlavaForConditionalGeneration(config).eval()


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The model in `folder`, served for the block and healthy; the server and all that it started end with it."""
    log = folder.with_suffix(".log")
    with socket.create_server((HOST, 0)) as free:
        port = int(free.getsockname()[1])
    process = _launch(folder, port, log)
    try:
        _wait(f"http://{HOST}:{port}/health", process, log)
        yield Served(f"http://{HOST}:{port}/v1", str(folder), process.pid, log)
    finally:
        _stop(process)


def _launch(folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Offline, on the processor, with an empty cache of its own: where there is no cache, /v1/models is a 500."""
    cache = folder.with_suffix(".cache")
    (cache / "hub").mkdir(parents=True, exist_ok=True)
    program = Path(sys.executable).with_name("transformers")
    quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as said:
        return subprocess.Popen(
            [str(program), "serve", "--host", HOST, "--port", str(port), "--device", "cpu", str(folder)],
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(health: str, process: subprocess.Popen[bytes], log: Path) -> None:
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < HEALTHY_WITHIN_S:
        with suppress(OSError), urlopen(health, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"transformers serve did not come up: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The server gently first, then whatever is left of its process group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOPS_WITHIN_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
