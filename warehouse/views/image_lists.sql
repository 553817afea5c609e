-- what: the images of each post that has some, in their order
-- grain: post_id
-- reads: post_images
create or replace view main.image_lists as
select post_id, list(image_sha256 order by position) as image_sha256s
from post_images
group by post_id;
