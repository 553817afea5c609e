-- what: what the caption of a post says, by its `caption_id` as predictions and snapshots name it, or would now: the captions of
--       the post's images in their order. An id of which a part stands nowhere is left out
-- grain: caption_id
-- reads: predictions, snapshots, post_captions, captions
-- audit: caption <> ''
create or replace view main.caption_texts as
with named as (
    select caption_id from predictions where caption_id is not null
    union
    select caption_id from snapshots where caption_id is not null
    union
    select caption_id from post_captions
),
parts as (
    select
        caption_id,
        unnest(string_split(caption_id, '+')) as part,
        generate_subscripts(string_split(caption_id, '+'), 1) as place
    from named
)
select p.caption_id, string_agg(c.caption, ' ' order by p.place) as caption
from parts p
left join captions c on c.caption_id = p.part
group by p.caption_id
having count(c.caption_id) = count(*);
