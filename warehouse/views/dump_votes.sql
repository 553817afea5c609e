-- what: the dump's own answers counted: votes per label of one modality of a post
-- grain: post_id, modality, label
-- reads: answers
create or replace view main.dump_votes as
select
    post_id,
    modality,
    label,
    count(*) as n_votes,
    sum(count(*)) over (partition by post_id, modality) as n_annotators
from answers
where origin = 'dump' and status = 'given' and label is not null
group by post_id, modality, label;
