-- what: one label a post where all of the dump's annotators say the same of every modality (as CLARA filters)
-- grain: post_id
-- reads: answers, posts
-- audit: agreement = 1
create or replace view main.labels_strict as
with unanimous as (
    select post_id, min(label) as label, 1.0::double as agreement
    from answers
    where origin = 'dump' and status = 'given' and label is not null
    group by post_id
    having count(distinct label) = 1
)
select p.post_id, p.source, p.task, u.label, u.agreement
from unanimous u
join posts p using (post_id);
