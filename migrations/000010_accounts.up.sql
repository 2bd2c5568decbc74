-- People. Elsewhere an account is a number: names and mails are in the table
-- people alone, and can be erased without touching anything else.
CREATE TABLE accounts (
    account     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at  timestamptz NOT NULL,
    entered_at  timestamptz, -- the last time that they signed in; NULL: never
    disabled_at timestamptz,
    erased_at   timestamptz
);

CREATE TABLE people (
    account    bigint PRIMARY KEY REFERENCES accounts,
    mail       text COLLATE "C" UNIQUE, -- proved by who holds it, or given by who invited them; NULL: unknown
    given_name text,
    usual_name text,
    issuer     text COLLATE "C", -- who identifies them, and under which name
    subject    text COLLATE "C",
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);

-- What people may do, in whose name, and who said so.
CREATE TABLE account_roles (
    grant_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account         bigint NOT NULL REFERENCES accounts,
    role            text COLLATE "C" NOT NULL,
    organisation    text NOT NULL,
    siren           text COLLATE "C",
    territory_kind  text COLLATE "C",
    territory_codes text[] NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    given_by        text COLLATE "C" NOT NULL, -- a key's or an account's public number
    revoked_at      timestamptz,
    revoked_by      text COLLATE "C",
    reason          text -- why it was taken back
);
CREATE INDEX account_roles_account ON account_roles (account);

CREATE TABLE role_requests (
    number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account         bigint NOT NULL REFERENCES accounts,
    role            text COLLATE "C" NOT NULL,
    organisation    text NOT NULL,
    siren           text COLLATE "C",
    territory_kind  text COLLATE "C",
    territory_codes text[] NOT NULL,
    why             text NOT NULL,
    made_at         timestamptz NOT NULL,
    decided_at      timestamptz, -- NULL: it waits
    accepted        boolean,
    decided_by      text COLLATE "C",
    reason          text,
    CHECK ((decided_at IS NULL) = (accepted IS NULL))
);
CREATE INDEX role_requests_waiting ON role_requests (number) WHERE decided_at IS NULL;
CREATE INDEX role_requests_account ON role_requests (account);

-- Browsers at work: of an account, or of a key that was pasted. Of the token
-- that a cookie holds only the hash is kept.
CREATE TABLE sessions (
    session_id text COLLATE "C" PRIMARY KEY, -- public
    token_hash bytea NOT NULL UNIQUE,
    account    bigint REFERENCES accounts,
    key_id     text COLLATE "C" REFERENCES access_keys,
    grant_id   bigint REFERENCES account_roles, -- the role that they chose; NULL: none
    means      text COLLATE "C" NOT NULL CHECK (means IN ('cle', 'courriel', 'oidc')),
    browser    text NOT NULL,  -- "Firefox sur Windows"; '' unknown
    id_token   text,           -- to sign out of who identified them too
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((account IS NULL) <> (key_id IS NULL))
);
CREATE INDEX sessions_account ON sessions (account) WHERE account IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Links sent by mail: they open once. The address is the account's.
CREATE TABLE mail_links (
    token_hash bytea PRIMARY KEY,
    account    bigint NOT NULL REFERENCES accounts,
    issuer     text COLLATE "C", -- to tie to the account once its mail is proved; NULL: nothing
    subject    text COLLATE "C",
    back       text NOT NULL,    -- page to come back to
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX mail_links_account ON mail_links (account);
CREATE INDEX mail_links_expires ON mail_links (expires_at);
