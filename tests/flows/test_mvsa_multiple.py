"""MVSA-Multiple with its three annotators: the published counts under both policies, from the real label file."""

import pytest

from flows.ingest import ingest
from tests.msa_core.dump_files import NO_SHARED, SHARED
from warehouse import Moment, Store

DUMP = SHARED / "mvsa_multiple"
pytestmark = pytest.mark.skipif(not DUMP.is_dir(), reason=NO_SHARED)

DROPPED = """
with majorities as (
    select post_id, max(label) filter (modality = 'text') as of_text, max(label) filter (modality = 'image') as of_image
    from modality_majority
    group by post_id
)
select
    count(*) filter (of_text is null or of_image is null) as without_majority,
    count(*) filter (of_text <> of_image and 'neutral' not in (of_text, of_image)) as conflicts
from posts
left join majorities using (post_id)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store.init(tmp_path_factory.mktemp("multiple") / "store")
    done = ingest(made, format="mvsa-multiple", path=DUMP, source="multi", allow_missing=("image", "text"))
    assert (done.n_held, done.n_posts, done.n_annotations, done.n_rejects) == (19_600, 19_600, 117_600, 0)
    return made


def labelled(moment: Moment, policy: str) -> dict[str, int]:
    found = moment.table("from label_counts where label_policy = $policy and source = 'multi'", policy=policy)
    return {row["label"]: row["n"] for row in found.to_pylist()}


def test_the_literature_labels_17027_posts(store: Store):
    with store.moment() as moment:
        found = labelled(moment, "literature")
        assert found == {"positive": 11_320, "neutral": 4_408, "negative": 1_299}
        assert sum(found.values()) == 17_027
        assert moment.value("select count(*) from labels") == 17_027, "the policy in force"


def test_the_other_posts_are_in_conflict_or_have_no_majority(store: Store):
    with store.moment() as moment:
        assert moment.table(DROPPED).to_pylist() == [{"without_majority": 2_231, "conflicts": 342}]
    assert 2_231 + 342 == 19_600 - 17_027


def test_all_annotators_agree_on_3555_posts(store: Store):
    with store.moment() as moment:
        found = labelled(moment, "strict")
    assert found == {"positive": 2_173, "neutral": 1_268, "negative": 114}
    assert sum(found.values()) == 3_555
