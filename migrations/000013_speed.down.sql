CREATE OR REPLACE FUNCTION journal_hash(r text) RETURNS bytea LANGUAGE sql STABLE
    RETURN substr(sha256(convert_to(rtrim(r, ',)'), 'UTF8')), 1, 16);

CREATE TABLE deposit_changes (
    number bigint NOT NULL REFERENCES deposits ON DELETE CASCADE,
    rank   integer NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    change text NOT NULL, -- JSON
    PRIMARY KEY (number, rank)
);
CREATE INDEX deposit_changes_kind ON deposit_changes (number, kind, rank);
INSERT INTO deposit_changes (number, rank, kind, change)
SELECT number, rank + place - 1, kind, change FROM deposit_pages, json_array_elements(changes::json) WITH ORDINALITY AS change (change, place);
DROP TABLE deposit_pages;
