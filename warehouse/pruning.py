"""`msa backup --keep N`: of a folder's states the newest N stay; contents that none of them names go."""

from dataclasses import dataclass

from warehouse.durable import settle
from warehouse.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went."""

    n_states: int
    n_bytes: int


def prune(shelf: Shelf, keep: int) -> Pruned:
    """Under the folder's lease. States go before their contents, so that a prune that is killed leaves no state that
    names what is gone; the next one goes on. Raises BackupError, and takes no content away, where a state that stays is
    damaged: what it named cannot be told.
    """
    names = shelf.states()
    old, stay = names[:-keep], names[-keep:]
    named = {kept.sha256 for name in stay for kept in shelf.state(name).files}
    for name in old:
        shelf.place_of_state(name).unlink()
    if old:
        settle(shelf.place_of_state(old[0]).parent)
    unnamed = [path for path in shelf.contents() if path.name not in named]
    n_bytes = sum(path.stat().st_size for path in unnamed)
    for path in unnamed:
        path.unlink()
    return Pruned(len(old), n_bytes)
