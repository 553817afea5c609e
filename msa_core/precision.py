"""Numbers of 16 bits where they are faster, of 32 where they are not."""

from contextlib import AbstractContextManager

import torch

from msa_core.errors import TrainingError

PRECISIONS = AUTO, FP32, BF16 = "auto", "fp32", "bf16"
WIDE = 256


def precision_for(asked: str, device: torch.device, width: int) -> str:
    """`fp32` or `bf16`; `auto` takes bf16 on a GPU that has it, and on a CPU that multiplies it in hardware when the
    towers are wide enough to gain from it. Raises TrainingError for any other word.
    """
    if asked not in PRECISIONS:
        raise TrainingError(f"No precision {asked!r}. Precisions: {', '.join(PRECISIONS)}")
    if asked != AUTO:
        return asked
    if device.type == "cuda":
        return BF16 if torch.cuda.is_bf16_supported() else FP32
    able = torch.cpu.get_capabilities() if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    is_fast = able.get("amx_bf16", False) or able.get("avx512_bf16", False)
    return BF16 if is_fast and width >= WIDE else FP32


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Matrix products inside run in `precision`; weights and sums stay in fp32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == BF16)
