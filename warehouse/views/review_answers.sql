-- what: answers on whole posts in review projects that count as judged: a simulated reviewer's only where no person answered
-- grain: annotation_id
-- reads: standing_answers
create or replace view main.review_answers as
with answered as (
    select *, bool_or(origin <> 'simulated') over (partition by post_id, project) as has_person
    from standing_answers
    where project is not null and modality = 'both'
)
select * exclude (has_person)
from answered
where origin <> 'simulated' or not has_person;
