-- what: each label that a reviewer gave a post beside each that another gave it: people beside people, simulated reviewers
--       beside one another
-- grain: post_id, annotator, other
-- reads: answers
create or replace view main.reviewer_pairs as
with labelled as (
    select post_id, annotator, project, label, origin = 'simulated' as is_simulated
    from answers
    where project is not null and modality = 'both' and status = 'given' and label is not null
)
select
    a.post_id,
    a.annotator,
    o.annotator as other,
    a.project,
    a.project = o.project as is_one_project,
    a.label = o.label as is_same
from labelled a
join labelled o on o.post_id = a.post_id and o.annotator <> a.annotator and o.is_simulated = a.is_simulated;
