"""The quality gate: whether an answer of a vision-language model may be used as a caption; named reasons where not."""

from msa_core.captions.gate.passing import refused

__all__ = ["refused"]
