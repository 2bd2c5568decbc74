-- What a deposit would do, or did, in the order in which it was told, by pages of
-- one kind: a row for each change costs as much as what it tells.
CREATE TABLE deposit_pages (
    number  bigint NOT NULL REFERENCES deposits ON DELETE CASCADE,
    rank    integer NOT NULL, -- of the first
    kind    text COLLATE "C" NOT NULL,
    count   integer NOT NULL CHECK (count > 0),
    changes text NOT NULL,    -- JSON: a list
    PRIMARY KEY (number, rank)
);
INSERT INTO deposit_pages (number, rank, kind, count, changes)
SELECT number, min(rank), kind, count(*), '[' || string_agg(change, ',' ORDER BY rank) || ']'
FROM (
    SELECT *, (row_number() OVER (PARTITION BY number, kind, run ORDER BY rank) - 1) / 200 AS page
    FROM (
        SELECT *, row_number() OVER (PARTITION BY number ORDER BY rank) - row_number() OVER (PARTITION BY number, kind ORDER BY rank) AS run
        FROM deposit_changes
    ) AS runs
) AS pages
GROUP BY number, kind, run, page;
DROP TABLE deposit_changes;

-- The same hash of a row's text: trimmed as bytes, for of texts PostgreSQL first
-- looks where each letter begins.
CREATE OR REPLACE FUNCTION journal_hash(r text) RETURNS bytea LANGUAGE sql STABLE
    RETURN substr(sha256(rtrim(convert_to(r, 'UTF8'), ',)')), 1, 16);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE deposit_chunks ALTER content SET COMPRESSION lz4;
        ALTER TABLE deposit_pages ALTER changes SET COMPRESSION lz4;
    END IF;
END $$;
