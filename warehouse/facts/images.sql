-- what: an image file as it came, once, whatever the number of its posts
-- grain: image_sha256
-- keeps: earliest
-- hides: bytes
-- audit: width > 0 and height > 0 and n_bytes > 0
-- audit: length(image_sha256) = 64
create table images (
    image_sha256 varchar, -- of the file's bytes
    bytes blob,           -- the file as it came; only the view image_bytes shows it
    width integer,        -- pixels
    height integer,       -- pixels
    format varchar,       -- JPEG, PNG, GIF, WEBP …
    mode varchar,         -- RGB, L, CMYK, P … as stored in the file
    n_bytes bigint,       -- size of the file
    dhash ubigint         -- 64-bit difference hash of the grey image, rows
);
