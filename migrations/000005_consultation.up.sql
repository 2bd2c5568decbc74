-- Versions of the référentiel. A draft is edited, a published one never changes
-- again: the triggers below hold against everybody, the owner of the tables too.
CREATE TABLE referentiels (
    version                text COLLATE "C" PRIMARY KEY CHECK (version ~ '^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}$'),
    state                  text COLLATE "C" NOT NULL CHECK (state IN
        ('BROUILLON', 'EN_CONSULTATION', 'ARBITRAGE', 'SIMULATION_VALIDEE', 'PUBLIEE', 'REMPLACEE', 'ABANDONNEE')),
    document               text NOT NULL,                -- canonical JSON (RFC 8785)
    hash                   bytea NOT NULL CHECK (hash = sha256(convert_to(document, 'UTF8'))),
    parent                 text COLLATE "C" REFERENCES referentiels,
    author_organisation    text NOT NULL,
    author_siren           text COLLATE "C",
    author_role            text COLLATE "C" NOT NULL,
    author_key             text COLLATE "C",
    created_at             timestamptz NOT NULL,
    changed_at             timestamptz NOT NULL,
    consultation_opened_at timestamptz,
    consultation_closes_at timestamptz,
    published_at           timestamptz,
    effective_on           date, -- in force from this day on, until the next one is
    justification          text,
    CHECK (state NOT IN ('PUBLIEE', 'REMPLACEE') OR (published_at IS NOT NULL AND effective_on IS NOT NULL))
);

CREATE FUNCTION referentiels_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former referentiels;
    moved  boolean;
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'une version du référentiel ne s’efface pas' USING ERRCODE = 'MN001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- The first version of all comes with the program.
        IF NEW.state <> 'BROUILLON' AND NOT (NEW.state = 'PUBLIEE' AND NOT EXISTS (SELECT FROM referentiels)) THEN
            RAISE EXCEPTION 'une version du référentiel commence en brouillon' USING ERRCODE = 'MN001';
        END IF;
        RETURN NEW;
    END IF;
    moved := OLD.state IS DISTINCT FROM NEW.state;
    IF moved AND (OLD.state, NEW.state) NOT IN (
        ('BROUILLON', 'EN_CONSULTATION'), ('EN_CONSULTATION', 'ARBITRAGE'), ('ARBITRAGE', 'SIMULATION_VALIDEE'),
        ('SIMULATION_VALIDEE', 'PUBLIEE'), ('PUBLIEE', 'REMPLACEE'), ('BROUILLON', 'ABANDONNEE'),
        ('EN_CONSULTATION', 'ABANDONNEE'), ('ARBITRAGE', 'ABANDONNEE'), ('SIMULATION_VALIDEE', 'ABANDONNEE')) THEN
        RAISE EXCEPTION 'une version du référentiel ne passe pas de % à %', OLD.state, NEW.state USING ERRCODE = 'MN001';
    END IF;
    former := OLD;
    IF OLD.state IN ('PUBLIEE', 'REMPLACEE', 'ABANDONNEE') THEN
        former.state := NEW.state;
        IF former IS DISTINCT FROM NEW THEN
            RAISE EXCEPTION 'la version % du référentiel est arrêtée : elle ne change plus', OLD.version USING ERRCODE = 'MN001';
        END IF;
    ELSIF (OLD.version, OLD.parent, OLD.author_organisation, OLD.author_siren, OLD.author_role, OLD.author_key, OLD.created_at)
        IS DISTINCT FROM (NEW.version, NEW.parent, NEW.author_organisation, NEW.author_siren, NEW.author_role, NEW.author_key, NEW.created_at) THEN
        RAISE EXCEPTION 'l’origine de la version % du référentiel ne change pas', OLD.version USING ERRCODE = 'MN001';
    ELSIF (OLD.document, OLD.hash) IS DISTINCT FROM (NEW.document, NEW.hash) AND (moved OR OLD.state NOT IN ('BROUILLON', 'ARBITRAGE')) THEN
        RAISE EXCEPTION 'le texte de la version % ne change pas dans l’état %', OLD.version, OLD.state USING ERRCODE = 'MN001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referentiels_guard BEFORE INSERT OR UPDATE OR DELETE ON referentiels FOR EACH ROW EXECUTE FUNCTION referentiels_guard();
CREATE TRIGGER referentiels_guard_all BEFORE TRUNCATE ON referentiels FOR EACH STATEMENT EXECUTE FUNCTION referentiels_guard();
-- ALWAYS: under session_replication_role = replica too.
ALTER TABLE referentiels ENABLE ALWAYS TRIGGER referentiels_guard, ENABLE ALWAYS TRIGGER referentiels_guard_all;

-- API keys: only a hash of the secret is kept, and nothing of their use.
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

-- Votes for publication: one an organisation.
CREATE TABLE approvals (
    version      text COLLATE "C" NOT NULL REFERENCES referentiels,
    siren        text COLLATE "C" NOT NULL,
    organisation text NOT NULL,
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL,
    vote         text COLLATE "C" NOT NULL CHECK (vote IN ('pour', 'contre')),
    note         text NOT NULL,
    voted_at     timestamptz NOT NULL,
    PRIMARY KEY (version, siren)
);

-- The last simulation of each text of a version.
CREATE TABLE simulations (
    simulation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version       text COLLATE "C" NOT NULL REFERENCES referentiels,
    hash          bytea NOT NULL, -- of the text that was simulated
    report        text NOT NULL,
    organisation  text NOT NULL,
    key_id        text COLLATE "C" NOT NULL,
    made_at       timestamptz NOT NULL,
    UNIQUE (version, hash)
);

CREATE TABLE remontees (
    number               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version              text COLLATE "C" REFERENCES referentiels, -- NULL: of the next draft
    kind                 text COLLATE "C" NOT NULL,
    critere              text COLLATE "C",
    about                bigint REFERENCES remontees,
    body                 text NOT NULL,
    proposal             text, -- JSON
    territory            text COLLATE "C",
    evidence             text,
    organisation         text NOT NULL,
    siren                text COLLATE "C",
    role                 text COLLATE "C" NOT NULL,
    key_id               text COLLATE "C" NOT NULL,
    made_at              timestamptz NOT NULL,
    decision             text COLLATE "C",
    reason               text,
    decided_at           timestamptz,
    decider_organisation text,
    decider_siren        text COLLATE "C",
    decider_role         text COLLATE "C",
    decider_key          text COLLATE "C",
    CHECK ((decision IS NULL) = (reason IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
);
CREATE INDEX remontees_version ON remontees (version, number);
CREATE INDEX remontees_about ON remontees (about);
-- One voice an organisation and item: another remontée, a criterion, or the version.
CREATE UNIQUE INDEX remontees_voice ON remontees (version, siren, COALESCE(about, 0), COALESCE(critere, ''))
    WHERE kind IN ('soutien', 'opposition');

-- Contests of a criterion's result. Those under way (DEPOSEE, ACCUSEE, APPEL)
-- halve the confidence of the criterion.
CREATE TABLE contests (
    number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq          bigint NOT NULL REFERENCES places,
    critere      text COLLATE "C" NOT NULL,
    ground       text COLLATE "C" NOT NULL CHECK (ground IN ('donnee', 'preuve', 'regle')),
    body         text NOT NULL,
    organisation text NOT NULL,
    siren        text COLLATE "C",
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL,
    made_at      timestamptz NOT NULL,
    state        text COLLATE "C" NOT NULL CHECK (state IN ('DEPOSEE', 'ACCUSEE', 'DECIDEE', 'APPEL', 'CLOSE')),
    due_at       timestamptz,
    remontee     bigint REFERENCES remontees, -- what a contest of a rule became
    steps        text NOT NULL -- JSON, oldest first
);
CREATE INDEX contests_seq ON contests (seq, number);

-- What was done, in a chain of hashes: see internal/consultation.
CREATE TABLE journal (
    number       bigint PRIMARY KEY CHECK (number > 0),
    at           timestamptz NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    subject      text NOT NULL,
    organisation text NOT NULL,
    siren        text COLLATE "C" NOT NULL,
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL,
    payload      text NOT NULL, -- canonical JSON
    previous     bytea NOT NULL,
    hash         bytea NOT NULL
);
CREATE INDEX journal_subject ON journal (subject, number);

CREATE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'le journal ne fait que s’allonger' USING ERRCODE = 'MN001';
END $$;
CREATE TRIGGER journal_guard BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION journal_guard();
CREATE TRIGGER journal_guard_all BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_guard();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_guard, ENABLE ALWAYS TRIGGER journal_guard_all;
