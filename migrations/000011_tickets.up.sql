-- What people report of places, without an account: see internal/ticket.

-- One row: what signs the forms, and makes networks unreadable. The same for all
-- the servers of one database, so that any of them knows another's forms.
CREATE TABLE ticket_secret (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret bytea NOT NULL
);
INSERT INTO ticket_secret (secret)
    SELECT sha256(convert_to(string_agg(gen_random_uuid()::text, ''), 'UTF8')) FROM generate_series(1, 4);

CREATE TABLE tickets (
    ticket_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text COLLATE "C" NOT NULL UNIQUE CHECK (number ~ '^[2-9AC-HJ-NP-RTV-Z]{7}$'),
    kind             text COLLATE "C" NOT NULL,
    state            text COLLATE "C" NOT NULL CHECK (state IN ('recu', 'en-cours', 'publie', 'repondu', 'non-retenu', 'doublon')),
    subject          bytea NOT NULL,            -- the same for those that say the same
    seq              bigint REFERENCES places,  -- NULL: a new place that is not published yet
    nom              text NOT NULL,
    commune          text NOT NULL,
    code_insee       text COLLATE "C",
    parent           text COLLATE "C",          -- the city of an arrondissement
    epci             text COLLATE "C",
    departement      text COLLATE "C",
    region           text COLLATE "C",
    cells            text,                      -- JSON; NULL: nothing is proposed
    base             bigint NOT NULL,           -- version of the data that they had read
    made_at          timestamptz NOT NULL,
    last_at          timestamptz NOT NULL,
    voices           integer NOT NULL DEFAULT 1 CHECK (voices > 0),
    own              boolean NOT NULL,
    doubtful         boolean NOT NULL,
    network          bytea,                     -- of the first who said it; erased once it is closed
    key_id           text COLLATE "C",          -- of who has it, or closed it
    organisation     text,
    role             text COLLATE "C",
    taken_at         timestamptz,
    answer           text NOT NULL DEFAULT '',
    closed_at        timestamptz,
    duplicate_of     text COLLATE "C" REFERENCES tickets (number),
    CHECK ((state IN ('recu', 'en-cours')) = (closed_at IS NULL)),
    CHECK ((state = 'recu') = (key_id IS NULL)),
    CHECK ((state = 'doublon') = (duplicate_of IS NOT NULL))
);
-- What says the same of the same place is one report while it is open.
CREATE UNIQUE INDEX tickets_subject ON tickets (subject) WHERE closed_at IS NULL;
CREATE INDEX tickets_queue ON tickets (made_at, ticket_id) WHERE closed_at IS NULL;
CREATE INDEX tickets_place ON tickets (seq) WHERE closed_at IS NULL;
CREATE INDEX tickets_network ON tickets (network) WHERE closed_at IS NULL AND network IS NOT NULL;
CREATE INDEX tickets_town ON tickets (departement, code_insee, ticket_id);
CREATE INDEX tickets_closed ON tickets (closed_at, ticket_id) WHERE closed_at IS NOT NULL;

-- What each one wrote: the first few and the last few, for agents only.
CREATE TABLE ticket_voices (
    voice_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES tickets,
    made_at   timestamptz NOT NULL,
    body      text NOT NULL,
    own       boolean NOT NULL,
    network   bytea -- erased once the report is closed
);
CREATE INDEX ticket_voices_ticket ON ticket_voices (ticket_id, voice_id);

-- Where to send the answer. Nothing else reads this table, and nothing of it is
-- shown, not even to agents.
CREATE TABLE ticket_mails (
    ticket_id bigint NOT NULL REFERENCES tickets,
    mail      text NOT NULL,
    made_at   timestamptz NOT NULL,
    erase_at  timestamptz NOT NULL,
    due       boolean NOT NULL DEFAULT false, -- the report is closed, and its answer is still to be sent
    tries     integer NOT NULL DEFAULT 0,
    next_at   timestamptz,
    PRIMARY KEY (ticket_id, mail)
);
CREATE INDEX ticket_mails_due ON ticket_mails (next_at) WHERE due;
CREATE INDEX ticket_mails_erase ON ticket_mails (erase_at);

-- What agents did: every move stays.
CREATE TABLE ticket_steps (
    step_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id    bigint NOT NULL REFERENCES tickets,
    made_at      timestamptz NOT NULL,
    act          text COLLATE "C" NOT NULL,
    body         text NOT NULL,
    organisation text NOT NULL,
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL
);
CREATE INDEX ticket_steps_ticket ON ticket_steps (ticket_id, step_id);
CREATE TRIGGER ticket_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ticket_steps
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE ticket_steps ENABLE ALWAYS TRIGGER ticket_steps_append_only;

-- Links sent to the addresses that places publish. Only the hash of a link is
-- kept, and its address until it is used or too old.
CREATE TABLE claims (
    claim_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    seq        bigint NOT NULL REFERENCES places,
    mail       text,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    account    bigint REFERENCES accounts -- that keeps the place since
);
CREATE INDEX claims_seq ON claims (seq, made_at);
CREATE INDEX claims_expires ON claims (expires_at) WHERE used_at IS NULL;
