-- what: who judged how many posts, how often as the label in force, and how fast
-- grain: annotator, modality, origin
-- reads: answers, labels
-- audit: agreement is null or agreement between 0 and 1
create or replace view main.annotators as
select
    a.annotator,
    a.modality,
    a.origin,
    count(*) as n,
    count(l.label) as n_compared,
    avg((a.label = l.label)::double) filter (l.label is not null) as agreement,
    median(a.lead_time_s) as lead_time_s
from answers a
left join labels l using (post_id)
where a.status = 'given'
group by all;
