"""The colours, by name: safe for colour-blind eyes (Okabe and Ito 2008), one label the same everywhere.

Charts are drawn in the light values; in the page each becomes a CSS variable, which has a dark value too.
"""

INK, QUIET, RULE, MIST = "#1d2329", "#5b6570", "#d9dde2", "#c9ced4"

LIGHT = {
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "slate": "#7d8793",
    "green": "#009e73",
    "purple": "#a65c8d",
    "ochre": "#b07d00",
    "sky": "#3f9fd8",
    "plum": "#6a51a3",
}

VARIABLES = {INK: "ink", QUIET: "quiet", RULE: "rule", MIST: "mist"} | {value: name for name, value in LIGHT.items()}

UNLABELLED = "unlabelled"
OF_SENTIMENT = {"negative": "vermillion", "neutral": "slate", "positive": "blue"}


def colour_of(label: str, labels: tuple[str, ...]) -> str:
    """The name of a label's colour: the sentiments have their own, other labels go by their place among `labels`."""
    if label in OF_SENTIMENT:
        return OF_SENTIMENT[label]
    names = tuple(LIGHT)
    return names[labels.index(label) % len(names)] if label in labels else "slate"
