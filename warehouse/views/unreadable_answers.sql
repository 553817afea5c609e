-- what: answers of the review server that cannot be read, each as it was last seen: none that was corrected since and read, and
--       none that was withdrawn
-- grain: quarantine_id
-- reads: facts.quarantine, annotations, run_history
create or replace view main.unreadable_answers as
with put_aside as (
    select q.*, h.finished_at as seen_at
    from facts.quarantine q
    join run_history h on h.run_id = q.origin_run_id
    where q.reason <> 'lost-by-server'
    qualify row_number() over (
        partition by q.project, q.annotator, q.server_id order by h.finished_at desc, q.quarantine_id
    ) = 1
),
taken as (
    select a.project, a.annotator, a.server_id, max(h.finished_at) as taken_at
    from annotations a
    join run_history h on h.run_id = a.origin_run_id
    where a.project is not null
    group by all
)
select p.* exclude (seen_at)
from put_aside p
left join taken t using (project, annotator, server_id)
where p.reason <> 'withdrawn' and (t.taken_at is null or t.taken_at <= p.seen_at);
