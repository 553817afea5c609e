-- what: of each champion the challenger that was judged or stood since the champion first did, also one that was rolled back;
--       of several the one that learned from the youngest labels. decided_at: when anything was decided last
-- grain: task
-- reads: champions, promotions, models, snapshot_cards
-- audit: model_id <> champion_id
create or replace view main.judged_since as
with stood as (
    select c.task, c.model_id as champion_id, min(p.decided_at) as stood_at
    from champions c
    join promotions p on p.model_id = c.model_id and p.verdict = 'promoted'
    group by all
),
since as (
    select s.task, s.champion_id, p.model_id, m.snapshot_id, p.verdict, p.decided_by, p.decided_at
    from stood s
    join models m using (task)
    join promotions p on p.model_id = m.model_id and p.decided_at >= s.stood_at
)
select
    s.task,
    s.champion_id,
    s.model_id,
    s.snapshot_id,
    s.verdict,
    max(s.decided_at) filter (s.model_id <> s.champion_id or s.decided_by = 'rollback') over (partition by s.task)
        as decided_at
from since s
left join snapshot_cards k using (snapshot_id)
qualify row_number() over (
    partition by s.task
    order by s.model_id = s.champion_id, s.decided_by = 'rollback', k.made_at desc nulls last, s.decided_at desc, s.model_id
) = 1 and s.model_id <> s.champion_id;
