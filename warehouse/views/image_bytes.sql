-- what: the files of the images, as they came; the one view that shows bytes
-- grain: image_sha256
-- reads: images, facts.images
create or replace view main.image_bytes as
select f.image_sha256, f.bytes
from facts.images f
join images using (image_sha256, run_id);
