-- what: the images of each post in their order, measured; their bytes are in `image_bytes`
-- grain: post_id, position
-- reads: post_images, images
create or replace view main.pictures as
select p.post_id, p.position, i.image_sha256, i.width, i.height, i.format, i.n_bytes, i.dhash
from post_images p
join images i using (image_sha256);
