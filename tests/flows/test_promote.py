"""`msa promote` and `msa rollback`: a person's word, its record, and the way back through several champions."""

from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli import main
from flows.gate import gate
from flows.promote import promote
from flows.rollback import rollback
from flows.succession import line_of
from msa_core.errors import GateError
from tests.asking import champion, rows
from tests.flows.judged_store import add_model, add_posts, judged_store
from tests.flows.killing import run as killed_run
from warehouse import LeaseHeld, Store, lease

N_TEST = 40


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models; the first of them stands; to be copied."""
    store = judged_store(tmp_path_factory.mktemp("promoted") / "store", n_test=N_TEST)
    for name in ("a", "b", "c"):
        weighted(store, add_model(store, name, 0.6, n_test=N_TEST))
    gate(store, model="clara-a")
    return store.places.root


def weighted(store: Store, model_id: str) -> None:
    """As if it had been trained here."""
    folder = store.places.models / model_id
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    """Three models; the first of them stands."""
    return Store.open(copytree(made, tmp_path / "store"))


def test_an_override_wants_a_reason_and_keeps_it(store: Store):
    with pytest.raises(GateError, match="Say why clara-b is put in place"):
        promote(store, model="clara-b", override="  \n ")
    assert champion(store) == "clara-a"
    done = promote(store, model="clara-b", override=" half\nas slow ")
    assert (done.model_id, done.champion_id, done.missing) == ("clara-b", "clara-a", "")
    (row,) = rows(store, "from promotions where decided_by = 'override'")
    assert (row["why"], row["verdict"], row["n_test_reads"]) == ("half as slow", "promoted", 0)
    again = promote(store, model="clara-b", override="half as slow")
    assert again.run_id is None
    assert len(rows(store, "from promotions")) == 2


def test_rollbacks_go_further_back_and_never_forth(store: Store):
    promote(store, model="clara-b", override="try it")
    promote(store, model="clara-c", override="try it")
    first, second = rollback(store, why="people complain"), rollback(store)
    assert (first.champion_id, first.model_id) == ("clara-c", "clara-b")
    assert (second.champion_id, second.model_id) == ("clara-b", "clara-a")
    with pytest.raises(GateError, match="No model of sentiment stood before clara-a"):
        rollback(store)
    promote(store, model="clara-c", override="mended")
    assert rollback(store).model_id == "clara-a"
    whys = [row["why"] for row in rows(store, "from promotions where decided_by = 'rollback' order by decided_at")]
    assert whys == ["people complain", "rolled back from clara-b", "rolled back from clara-c"]


def test_a_model_may_stand_twice(store: Store):
    for name in ("b", "a"):
        promote(store, model=f"clara-{name}", override="for a while")
    assert [rollback(store).model_id for _ in range(2)] == ["clara-b", "clara-a"]


def test_without_a_champion_there_is_nothing_to_roll_back(tmp_path: Path, store: Store):
    with pytest.raises(GateError, match="No champion in this store"):
        rollback(judged_store(tmp_path / "none", n_test=1))
    with pytest.raises(GateError, match="No champion of hate in this store"):
        rollback(store, task="hate")


def test_each_task_has_its_own_champion(store: Store):
    add_posts(store, "angry", n_test=2, task="mood")
    add_model(store, "mood", 0.6, source="angry", n_test=2, task="mood")
    gate(store, task="mood")
    with pytest.raises(GateError, match=r"Champions of several tasks: mood, sentiment. Name one: --task mood"):
        rollback(store)
    promote(store, model="clara-b", override="try it")
    rollback(store, task="sentiment")
    found = {row["task"]: row["model_id"] for row in rows(store, "from champions")}
    assert found == {"mood": "clara-mood", "sentiment": "clara-a"}


def test_what_the_new_champion_has_not_scored_is_said(store: Store, capsys: pytest.CaptureFixture[str]):
    add_posts(store, "late", n_test=5)
    done = promote(store, model="clara-b", override="try it")
    assert done.missing == "17 posts have no prediction of clara-b yet: msa score --model clara-b"
    with pytest.raises(SystemExit):
        main(["rollback", "--store", str(store.places.root), "--why", "no better"])
    out = capsys.readouterr().out
    assert "clara-a is the champion again; clara-b stood until now" in out
    assert "17 posts have no prediction of clara-a yet: msa score --model clara-a" in out


def test_one_process_at_a_time_decides(store: Store):
    with lease(store.places, "champion-sentiment"):
        with pytest.raises(LeaseHeld):
            promote(store, model="clara-b", override="try it")
        with pytest.raises(LeaseHeld):
            rollback(store)


def test_a_killed_promotion_is_finished_once_by_the_same_command(store: Store):
    words = ["promote", "clara-b", "--override", "try it"]
    for killed_at in (4, 9):
        assert killed_run(words, store.places.root, killed_at=killed_at) == -9
    assert killed_run(words, store.places.root) == 0
    assert champion(store) == "clara-b"
    assert len(rows(store, "from promotions where decided_by = 'override'")) == 1


def test_a_command_without_a_reason_is_a_mistake(store: Store, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["promote", "clara-b", "--store", str(store.places.root)])
    assert stopped.value.code == 2
    assert "--override" in capsys.readouterr().err


@given(st.lists(st.sampled_from(["a", "b", "c", "back"]), max_size=12))
def test_the_line_is_a_pile_a_rollback_takes_one_off(acts: list[str]):
    pile: list[str] = []
    decided: list[tuple[str, str]] = []
    for act in acts:
        if act != "back" and (not pile or pile[-1] != act):
            pile.append(act)
            decided.append((act, "override"))
        elif act == "back" and len(pile) > 1:
            pile.pop()
            decided.append((pile[-1], "rollback"))
    assert line_of(decided) == pile
