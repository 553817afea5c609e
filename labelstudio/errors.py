"""What can go wrong with the review queue. The command line prints the message and exits with 2; no other code exits.

MsaError
└── ReviewError          what a review verb cannot do, and what to do about it
    ├── NoServer         nothing answers, or nobody said where the server is
    ├── TokenRefused     the server answers, and does not know us
    ├── ScreenChanged    somebody edited the labelling screen, so that answers cannot be read
    ├── ProjectGone      the store has tasks in a project that the server does not have
    └── ServerBroken     the server failed, or sent half an answer
"""

from msa_core.errors import MsaError


class ReviewError(MsaError):
    """What, which, and what to do."""


class NoServer(ReviewError):  # noqa: N818
    """Names LABEL_STUDIO_URL and `make labelstudio`."""


class TokenRefused(ReviewError):  # noqa: N818
    """401 or 403: names the variable, and where a personal access token or a legacy token is to be had."""


class ScreenChanged(ReviewError):  # noqa: N818
    """Lists the names that the screen lacks."""


class ProjectGone(ReviewError):  # noqa: N818
    """Deleted or renamed on the server; the answers that the store took stay."""


class ServerBroken(ReviewError):  # noqa: N818
    """An answer of the 500s, half an answer, or a server that does not come up. The same command goes on."""
