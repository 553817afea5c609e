-- what: each review project: the store's step there (its runs), and how far its answers were read
-- grain: project
-- reads: run_history
-- audit: step >= 0
create or replace view main.review_projects as
with steps as (
    select
        verb,
        finished_at,
        (parameters ->> '$.project') as project,
        (parameters ->> '$.task') as task,
        (parameters ->> '$.cursor') as cursor,
        (parameters ->> '$.server') as server,
        (parameters ->> '$.opinion') as opinion,
        (parameters ->> '$.n_unmatched')::bigint as n_unmatched
    from run_history
    where verb in ('review-push', 'review-pull', 'review-export', 'review-import')
)
select
    project,
    -- only these leave a mark on the server
    count(*) filter (verb in ('review-push', 'review-pull')) as step,
    -- the server's own clock: the latest change that was read; null before the first pull
    max_by(cursor, finished_at) filter (verb = 'review-pull') as cursor,
    -- answers that the server counts beyond those that the store can tell
    max_by(n_unmatched, finished_at) filter (verb = 'review-pull') as n_unmatched,
    max_by(task, finished_at) as task,
    -- what its last round showed of the model; null where none went to a server
    max_by(opinion, finished_at) filter (verb = 'review-push') as opinion,
    -- the name by which the people of its server are told from those of another; null where none was said
    max_by(server, finished_at) filter (verb = 'review-pull') as server
from steps
where project is not null
group by project;
