-- API keys: only a hash of the secret is kept.
CREATE TABLE access_keys (
    key_id          text COLLATE "C" PRIMARY KEY,
    secret_hash     bytea NOT NULL,
    role            text COLLATE "C" NOT NULL,
    organisation    text NOT NULL,
    siren           text COLLATE "C",
    territory_kind  text COLLATE "C",
    territory_codes text[] NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    revoked_at      timestamptz
);
