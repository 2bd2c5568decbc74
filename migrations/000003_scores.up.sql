-- Results in force, one a place. published is sent with each feature: read = copy
-- the bytes out. Narrow columns are what searches filter by.
CREATE TABLE scores (
    seq       bigint PRIMARY KEY,
    published text NOT NULL -- JSON members, without braces
);
