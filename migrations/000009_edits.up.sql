-- What people who know correct in places, beside what sources say: nothing is
-- ever written over, and no source's file takes it away.

-- A correction of one column of one place. The last row of a column counts; one
-- that takes the others back leaves the word to the sources again.
CREATE TABLE corrections (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq           bigint NOT NULL REFERENCES places,
    field         text COLLATE "C" NOT NULL, -- column of the standard
    value         text NOT NULL,             -- its cell; '': emptied
    said          text NOT NULL,             -- what the sources said of it then
    back          boolean NOT NULL,          -- taken back
    organisation  text NOT NULL,
    siren         text COLLATE "C",
    role          text COLLATE "C" NOT NULL,
    key_id        text COLLATE "C",
    reason        text NOT NULL,
    made_at       timestamptz NOT NULL
);
CREATE INDEX corrections_seq ON corrections (seq, field, correction_id DESC);

-- A place that closed, or opened again: the last row of a place counts.
CREATE TABLE closures (
    closure_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq          bigint NOT NULL REFERENCES places,
    closed       boolean NOT NULL,
    since        date, -- NULL: nobody knows
    reason       text NOT NULL,
    organisation text NOT NULL,
    siren        text COLLATE "C",
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C",
    made_at      timestamptz NOT NULL
);
CREATE INDEX closures_seq ON closures (seq, closure_id DESC);

CREATE TRIGGER corrections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON corrections
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER closures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON closures
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE corrections ENABLE ALWAYS TRIGGER corrections_append_only;
ALTER TABLE closures ENABLE ALWAYS TRIGGER closures_append_only;
