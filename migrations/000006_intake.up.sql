-- Who may give a source's file, and how it is fetched again.
ALTER TABLE sources
    ADD siren           text COLLATE "C",            -- of the organisation that gives it; NULL: nobody claimed it
    ADD precedence      integer NOT NULL DEFAULT 0,  -- the higher wins a field of a place that several sources have
    ADD mapping         text,                        -- JSON (internal/mapping): that of the last file that was published
    ADD columns         text[],                      -- of the last file that was published
    ADD url             text,
    ADD refresh_seconds bigint CHECK (refresh_seconds > 0), -- NULL: never by itself
    ADD territory_kind  text COLLATE "C",            -- of the key that had it fetched: what it publishes by itself lies there
    ADD territory_codes text[] NOT NULL DEFAULT '{}',
    ADD etag            text,
    ADD last_modified   text,
    ADD content_hash    bytea,                       -- SHA-256 of the last file that was fetched whole
    ADD last_pull       timestamptz,
    ADD next_pull       timestamptz,
    ADD last_state      text,
    ADD failures        integer NOT NULL DEFAULT 0;
CREATE INDEX sources_due ON sources (next_pull) WHERE next_pull IS NOT NULL;

-- Files that people gave, or that were fetched. What long work is asked is in
-- task; who is on it holds a lease, and whoever sees it expired begins again.
CREATE TABLE deposits (
    number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision        bigint NOT NULL DEFAULT 1, -- another at each step: nobody writes over what they did not read
    source          text COLLATE "C" NOT NULL CHECK (source <> ''),
    file            text NOT NULL,
    url             text,
    bytes           bigint NOT NULL DEFAULT 0,
    hash            bytea,                     -- SHA-256 of the file; NULL: not here yet
    state           text COLLATE "C" NOT NULL CHECK (state IN
        ('recu', 'lecture', 'pret', 'retenu', 'publication', 'publie', 'refuse', 'abandonne')),
    automatic       boolean NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    organisation    text NOT NULL,
    siren           text COLLATE "C",
    territory_kind  text COLLATE "C",
    territory_codes text[] NOT NULL,
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    format          text,                      -- JSON
    columns         text[],
    head            text,                      -- JSON: the first rows, as they were cut
    mapping         text,                      -- JSON; NULL: the standard's columns
    suggestion      text,                      -- JSON
    partial         boolean NOT NULL,
    allow_removal   boolean NOT NULL DEFAULT false,
    report          text,                      -- JSON
    report_of       bytea,                     -- of the file and the mapping that the report is of
    data_version    bigint,                    -- of the census, when the report was made
    outside         integer NOT NULL DEFAULT 0,
    lost            integer NOT NULL DEFAULT 0, -- places outside the territory that would be withdrawn
    live            integer NOT NULL DEFAULT 0, -- places of the source, when the report was made
    dropped         boolean NOT NULL DEFAULT false, -- its file, long after the end
    reasons         text[] NOT NULL DEFAULT '{}',
    fault           text,
    task            text COLLATE "C" CHECK (task IN ('telecharger', 'lire', 'publier')),
    lease           text COLLATE "C",          -- of whoever is on the task
    leased_until    timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    step            text NOT NULL DEFAULT '',  -- progress
    done            bigint NOT NULL DEFAULT 0,
    total           bigint NOT NULL DEFAULT 0
);
CREATE INDEX deposits_task ON deposits (number) WHERE task IS NOT NULL;
CREATE INDEX deposits_siren ON deposits (siren, number);
CREATE INDEX deposits_source ON deposits (source, number);

CREATE TABLE deposit_steps (
    step_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       bigint NOT NULL REFERENCES deposits ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    state        text COLLATE "C" NOT NULL,
    organisation text NOT NULL, -- '': nobody, it went on by itself
    note         text NOT NULL
);
CREATE INDEX deposit_steps_number ON deposit_steps (number, step_id);

-- The file, cut so that nobody holds it whole in memory.
CREATE TABLE deposit_chunks (
    number  bigint NOT NULL REFERENCES deposits ON DELETE CASCADE,
    part    integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (number, part)
);

-- What a deposit would do, or did.
CREATE TABLE deposit_changes (
    number bigint NOT NULL REFERENCES deposits ON DELETE CASCADE,
    rank   integer NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    change text NOT NULL, -- JSON
    PRIMARY KEY (number, rank)
);
CREATE INDEX deposit_changes_kind ON deposit_changes (number, kind, rank);

-- Answers of the address search: asked once, whatever the number of imports.
CREATE TABLE geocoded (
    hash       bytea PRIMARY KEY,    -- of the folded address
    position   geometry(Point, 4326), -- NULL: nothing good enough
    precision  text COLLATE "C" NOT NULL,
    score      double precision NOT NULL,
    label      text NOT NULL,
    code_insee text COLLATE "C" NOT NULL,
    located_at timestamptz NOT NULL
);
CREATE INDEX geocoded_age ON geocoded (located_at);
