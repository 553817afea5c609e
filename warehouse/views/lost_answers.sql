-- what: answers that the review server lost when it went back to older data, and that the store keeps; none that was said again
-- grain: quarantine_id
-- reads: quarantine, standing_answers, run_history
create or replace view main.lost_answers as
select q.*
from quarantine q
join run_history h on h.run_id = q.origin_run_id
where q.reason = 'lost-by-server' and exists (
    from standing_answers s
    join run_history t on t.run_id = s.origin_run_id
    where s.project = q.project
      and s.post_id = q.post_id
      and s.annotator = q.annotator
      and s.server_id = q.server_id
      and t.finished_at < h.finished_at
);
