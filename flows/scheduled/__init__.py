"""The flows that a schedule starts, one a deployment; each is a thin call of verbs, and ids and paths alone pass."""
