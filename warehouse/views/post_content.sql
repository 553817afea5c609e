-- what: what a model sees of each post: its text, and the digests of its images in their order
-- grain: post_id
-- reads: posts, image_lists
-- audit: digests is not null
create or replace view main.post_content as
select p.post_id, p.text, coalesce(i.image_sha256s, []) as digests
from posts p
left join image_lists i using (post_id);
