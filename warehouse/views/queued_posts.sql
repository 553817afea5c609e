-- what: the queue with what a person looks at: the text, the first image, the captions of all, the given label, the model's probs
-- grain: post_id, task
-- reads: queue, posts, labels, predictions, models, post_images, shown_captions
-- audit: split <> 'test'
create or replace view main.queued_posts as
select
    q.place,
    q.post_id,
    q.task,
    q.model_id,
    q.split,
    p.text,
    i.image_sha256,
    c.caption,
    l.label as given,
    r.label as predicted,
    m.labels,
    r.probs,
    r.text_probs,
    r.image_probs,
    q.reasons,
    q.strengths
from queue q
join posts p using (post_id)
join models m using (model_id)
left join shown_captions c using (post_id)
left join labels l using (post_id)
left join predictions r on r.post_id = q.post_id and r.model_id = q.model_id and r.is_out_of_fold
left join post_images i on i.post_id = q.post_id and i.position = 0
qualify row_number() over (partition by q.post_id, q.task order by r.fold nulls last) = 1;
