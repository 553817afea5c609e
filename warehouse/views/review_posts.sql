-- what: each post as a reviewer would see it, with what the model that doubts says of it (the champion where it was
--       mined), and its place
-- grain: post_id, task
-- reads: posts, splits, post_images, images, shown_captions, hard_posts, doubting_models, predictions
-- audit: priority between 0 and 1
create or replace view main.review_posts as
with pictures as (
    select
        p.post_id,
        list(p.image_sha256 order by p.position) as images,
        list(i.format order by p.position) as formats
    from post_images p
    join images i using (image_sha256)
    group by p.post_id
),
said as (
    from predictions
    semi join doubting_models using (model_id)
    where is_out_of_fold
    qualify row_number() over (partition by post_id, model_id order by fold nulls last) = 1
)
select
    p.post_id,
    p.task,
    p.source,
    s.split,
    coalesce(p.text, '') as text,
    coalesce(i.images, []) as images,
    coalesce(i.formats, []) as formats,
    coalesce(d.caption, '') as caption,
    m.model_id,
    m.labels,
    coalesce(r.probs, []) as probs,
    coalesce(h.reasons, []) as reasons,
    -- as the queue orders: any disagreement with the given label before all uncertainty
    case
        when h.disagreement > 0 then 0.5 + 0.5 * h.disagreement
        else 0.5 * coalesce(h.strength, 0)
    end as priority
from posts p
join doubting_models m using (task)
join splits s using (post_id)
left join hard_posts h on h.post_id = p.post_id and h.task = p.task
left join said r on r.post_id = p.post_id and r.model_id = m.model_id
left join pictures i on i.post_id = p.post_id
left join shown_captions d on d.post_id = p.post_id
where s.split <> 'test' and not p.is_official_unlabelled;
