-- what: answers of the review server that were put aside, but for those that were corrected since, and read
-- grain: quarantine_id
-- reads: quarantine, standing_answers
create or replace view main.unread_answers as
from quarantine q
where q.reason = 'lost-by-server' or not exists (
    from standing_answers s
    where s.project = q.project and s.annotator = q.annotator and s.server_id = q.server_id
);
