-- what: rounds of review whose every post was judged by as many people as were asked, and whether that was told
-- grain: project, round
-- reads: rounds, run_history
-- audit: n_posts > 0
create or replace view main.finished_rounds as
with told as (
    select distinct (parameters ->> '$.project') as project, (parameters ->> '$.round') as round
    from run_history
    where verb = 'round-finished'
)
select r.project, r.round, r.n_posts, r.last_answer_at, t.round is not null as is_told
from rounds r
left join told t using (project, round)
where r.n_open = 0
order by r.project, r.round;
