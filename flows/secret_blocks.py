"""Keys of a scheduled flow: from the environment, else from a Prefect Secret block. They are never printed."""

import os

NAMED = ("LABEL_STUDIO_API_KEY", "MSA_VLM_API_KEY")


def block_of(variable: str) -> str:
    """The block that stands for a variable: `LABEL_STUDIO_API_KEY` is `msa-label-studio-api-key`."""
    name = variable.lower().replace("_", "-")
    return name if name.startswith("msa-") else f"msa-{name}"


def load() -> list[str]:
    """Sets each key that the environment lacks and a block holds; the variables that were set so."""
    from prefect.blocks.system import Secret

    found = []
    for variable in NAMED:
        if os.environ.get(variable):
            continue
        try:
            os.environ[variable] = str(Secret.load(block_of(variable)).get())
        except ValueError:  # there is no such block
            continue
        found.append(variable)
    return found
