"""A full or read-only disk, said in one way whichever library met it."""

import re

SAYS_SO = re.compile(
    r"no space left on device|read-only file system|disk quota exceeded"  # the system's own words
    r"|(?:os error|code:|errno) (?:28|30|122)\b"  # of a library in Rust
    r"|PytorchStreamWriter failed writing",
    re.IGNORECASE,
)


def disk_trouble(error: BaseException) -> str | None:
    """What to say and do where the disk is behind an error, or behind what led to it; None where it is not."""
    link: BaseException | None = error
    while link is not None:
        if SAYS_SO.search(str(link)):
            return (
                f"The disk is full or read-only: {' '.join(str(link).split())[:300]}. Nothing was half committed; free "
                "some space or mend the permissions, then run the same command again."
            )
        link = link.__cause__ or link.__context__
    return None
