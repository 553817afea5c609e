-- what: posts that at least as many reviewers call broken as give them a label; a simulated one speaks only where no person has
-- grain: post_id
-- reads: answers
create or replace view main.broken_posts as
with judged as (
    from answers
    where origin in ('label-studio', 'simulated') and modality = 'both' and status in ('given', 'broken')
),
heard as (
    from judged
    where origin <> 'simulated' or post_id not in (select post_id from judged where origin <> 'simulated')
)
select
    post_id,
    count(*) filter (status = 'broken') as n_broken,
    count(*) filter (status = 'given') as n_given
from heard
group by post_id
having n_broken > 0 and n_broken >= n_given;
