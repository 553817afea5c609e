"""Numbers of 16 bits where they are faster, of 32 where they are not."""

from contextlib import AbstractContextManager

import torch

WIDE = 256


def precision_for(asked: str, device: torch.device, width: int) -> str:
    """`fp32` or `bf16`; `auto` takes bf16 on a GPU that has it, and on a CPU that multiplies it in hardware when the
    towers are wide enough to gain from it.
    """
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    able = torch.cpu.get_capabilities() if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    is_fast = able.get("amx_bf16", False) or able.get("avx512_bf16", False)
    return "bf16" if is_fast and width >= WIDE else "fp32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Matrix products inside run in `precision`; weights and sums stay in fp32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
