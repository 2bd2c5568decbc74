-- Where the rules of the référentiel read their context.
ALTER TABLE communes ADD COLUMN densite text COLLATE "C"; -- dense, intermediaire, rural; NULL: unknown
-- Of communes that are there already, by the rule of territory.Densite; the next
-- import of territories writes it again.
UPDATE communes c SET densite = CASE
    WHEN c.parent IS NOT NULL THEN 'dense'
    WHEN c.population IS NULL THEN NULL
    WHEN c.population < 2000 THEN 'rural'
    WHEN NOT COALESCE(a.km2 >= 0.01, false) THEN NULL
    WHEN c.population >= 1500 * a.km2 AND c.population >= 5000 OR c.population >= 300 * a.km2 AND c.population >= 50000 THEN 'dense'
    WHEN c.population >= 300 * a.km2 OR c.population >= 5000 THEN 'intermediaire'
    ELSE 'rural'
END
FROM (SELECT code, ST_Area(contour::geography, false) / 1e6 AS km2 FROM communes) a
WHERE a.code = c.code;
ALTER TABLE sources ADD COLUMN constantes text[] NOT NULL DEFAULT '{}'; -- fields to which the source gives one value everywhere, sorted

-- Is a pass or another local help to pay active in a département? No row: unknown.
CREATE TABLE aides_locales (
    departement text COLLATE "C" PRIMARY KEY,
    active      boolean NOT NULL
);

-- From the position of a place to the contour of its declared commune. No row:
-- no position, no commune or no contour. Made again when any of them changes.
CREATE TABLE ecarts_commune (
    seq    bigint PRIMARY KEY,
    metres integer NOT NULL -- 0 inside
);

-- Results in force, one a live place that was scored: what searches filter by, and
-- what is sent with each feature (read = copy the bytes out).
CREATE TABLE scores (
    seq       bigint PRIMARY KEY,
    score     smallint NOT NULL, -- hundredths of a point
    niveau    text COLLATE "C",  -- NULL unless confirmed
    complete  boolean NOT NULL,  -- every essential guarantee that applies holds
    socle     text[] NOT NULL,   -- codes of the essential guarantees that hold
    published text NOT NULL      -- JSON members, without braces
) WITH (fillfactor = 90); -- most new results keep the indexed columns as they are
CREATE INDEX scores_niveau ON scores (niveau, seq) WHERE niveau IS NOT NULL;
CREATE INDEX scores_score ON scores (score);
CREATE INDEX scores_complete ON scores (seq) WHERE complete;
CREATE INDEX scores_socle ON scores USING gin (socle);
-- The best scores are rare: with coarser statistics a search for them in order of
-- arrival walks past a million places.
ALTER TABLE scores ALTER score SET STATISTICS 1000;

-- The same results whole, with all that replays them, and those under a version
-- that is published and not yet in force.
CREATE TABLE results (
    seq           bigint NOT NULL,
    upcoming      boolean NOT NULL,
    version       text COLLATE "C" NOT NULL, -- of the référentiel
    referentiel   bytea NOT NULL,            -- hash of its document
    moteur        text COLLATE "C" NOT NULL,
    derivation    text COLLATE "C" NOT NULL,
    record_hash   bytea NOT NULL,            -- of the record that was scored
    entree        text NOT NULL,             -- canonical JSON
    entree_hash   bytea NOT NULL,
    resultat      text NOT NULL,             -- canonical JSON
    resultat_hash bytea NOT NULL,
    niveau        text COLLATE "C" NOT NULL, -- what the report of a new scoring compares: a letter, a range "B-D", ""
    cause         bytea NOT NULL,            -- hash of all that the result came from, but the day
    outcome       bytea NOT NULL,            -- hash of the result, but its day
    essence       bytea NOT NULL,            -- the same without what moves a little every day
    scored_on     date NOT NULL,             -- of reference
    scored_at     timestamptz NOT NULL,
    PRIMARY KEY (seq, upcoming)
);

-- Results that were in force. Nothing is ever changed or taken away here. Where
-- only days went by, and neither score, level, status nor guarantee changed, the
-- last one of them stands for all: the others are replayed from it.
CREATE TABLE score_history (
    history_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq           bigint NOT NULL,
    version       text COLLATE "C" NOT NULL,
    referentiel   bytea NOT NULL,
    moteur        text COLLATE "C" NOT NULL,
    derivation    text COLLATE "C" NOT NULL,
    record_hash   bytea NOT NULL,
    entree        text NOT NULL,
    entree_hash   bytea NOT NULL,
    resultat      text NOT NULL,
    resultat_hash bytea NOT NULL,
    scored_on     date NOT NULL,
    scored_at     timestamptz NOT NULL,
    replaced_at   timestamptz NOT NULL
);
CREATE INDEX score_history_seq ON score_history (seq, history_id);

-- Texts of some thousand bytes a row: where the server has it, a compression that
-- is ten times as fast as its own.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE results ALTER entree SET COMPRESSION lz4, ALTER resultat SET COMPRESSION lz4;
        ALTER TABLE score_history ALTER entree SET COMPRESSION lz4, ALTER resultat SET COMPRESSION lz4;
    END IF;
END $$;

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'la table % ne fait que s’allonger', TG_TABLE_NAME USING ERRCODE = 'MN001';
END $$;
CREATE TRIGGER score_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON score_history
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- ALWAYS: under session_replication_role = replica too.
ALTER TABLE score_history ENABLE ALWAYS TRIGGER score_history_append_only;
