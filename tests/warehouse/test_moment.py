"""One moment of a store, as every verb asks it."""

from warehouse import Store
from warehouse.query import ask

BAR = "select current_setting('enable_progress_bar')"


def test_nothing_is_drawn_among_the_answers_of_a_slow_question(store: Store):
    with store.moment() as moment:
        assert moment.value(BAR) is False
        assert [batch.to_pydict() for batch in moment.batches(f"{BAR} as bar")] == [{"bar": [False]}]
    _, batches = ask(store, f"{BAR} as bar")
    assert [batch.to_pydict() for batch in batches] == [{"bar": [False]}]
