"""What can go wrong in this room. The command line prints the message and exits with 2; no other code exits.

MsaError
├── CaptionError     captions that cannot be asked for: no endpoint, a wrong key, an unknown model or prompt
├── DumpError        a dump that cannot be read at all (one bad row is a reject, not an error)
├── GateError        a verdict that cannot be given: no test posts, a spent budget, labels that differ
├── MissingWeights   a tower that is neither on disk nor reachable
├── TaskError        an unknown task, or a label outside its space
└── TrainingError    a training set that cannot train (one class, no validation, no posts)
"""


class MsaError(Exception):
    """The message says what, which, and what to do."""


class CaptionError(MsaError):
    """An endpoint that is absent, refuses the key, or answers nothing that can be read; an unknown prompt."""


class DumpError(MsaError):
    """A dump that is absent or is not of the named format."""


class GateError(MsaError):
    """Nothing was decided: the champion stays."""


class MissingWeights(MsaError):  # noqa: N818
    """Names the id, where we looked, and what to do."""


class TaskError(MsaError):
    """An unknown task or label; the message lists the choices."""


class TrainingError(MsaError):
    """A training set that cannot train."""
