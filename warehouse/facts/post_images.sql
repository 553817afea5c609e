-- what: which images a post has, in their order
-- grain: post_id, position
-- keeps: earliest
-- audit: position >= 0
create table post_images (
    post_id varchar,     -- the post
    position integer,    -- 0 first
    image_sha256 varchar -- the image's bytes
);
