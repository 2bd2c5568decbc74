-- One place, once: a row of places stays one record of one source, for ever;
-- several that are one place are published by the first of them.
DROP INDEX places_position, places_geography, places_vocabularies, places_search, places_code_insee, places_code_postal, places_departement,
    places_date_maj, places_hours;
ALTER TABLE places
    ADD shown              boolean NOT NULL DEFAULT true, -- people see it: some record behind it is not withdrawn, and no other row speaks for it
    ADD merged_into        bigint,                        -- the row that speaks for it; NULL: itself. withdrawn_at is the record's own
    ADD position_precision text COLLATE "C";              -- place.Precision; "commune": position is only the middle of it
UPDATE places SET shown = withdrawn_at IS NULL, position_precision = CASE WHEN position IS NOT NULL THEN 'donnee' END
    WHERE withdrawn_at IS NOT NULL OR position IS NOT NULL;
ALTER TABLE records ADD defaults text[] NOT NULL DEFAULT '{}'; -- columns that hold what the source says of all its places

CREATE INDEX places_position ON places USING gist (position) WHERE shown;
CREATE INDEX places_geography ON places USING gist ((position::geography)) WHERE shown;
CREATE INDEX places_vocabularies ON places USING gin (
    typologie, itinerance, services, publics_specifiquement_adresses, prise_en_charge_specifique, frais_a_charge,
    dispositif_programmes_nationaux, formations_labels, autres_formations_labels, modalites_acces, modalites_accompagnement
) WHERE shown;
CREATE INDEX places_search ON places USING gin (search gin_trgm_ops) WHERE shown;
CREATE INDEX places_code_insee ON places (code_insee, seq) WHERE shown;
CREATE INDEX places_code_postal ON places (code_postal, seq) WHERE shown;
CREATE INDEX places_departement ON places (departement, seq) WHERE shown;
CREATE INDEX places_date_maj ON places (date_maj) WHERE shown;
CREATE INDEX places_hours ON places (hours_id) WHERE shown;
CREATE INDEX places_merged ON places (merged_into) WHERE merged_into IS NOT NULL;

-- Rows that speak for others: their own record as its source gave it, for the
-- tables of places hold there what was made of all.
CREATE TABLE members (
    seq                bigint PRIMARY KEY,
    feature            text NOT NULL,
    hash               bytea NOT NULL,
    absent             text[] NOT NULL,
    defaults           text[] NOT NULL,
    position_doute     text,
    position           geometry(Point, 4326),
    position_precision text COLLATE "C",
    hours_id           integer,
    demonstration      boolean NOT NULL,
    departement        text COLLATE "C",
    search             text COLLATE "C" NOT NULL,
    id text, pivot text, nom text, commune text, adresse text, complement_adresse text, telephone text, courriels text[], site_web text[],
    horaires text, presentation_resume text, presentation_detail text, source text, structure_parente text, fiche_acces_libre text, prise_rdv text,
    code_postal                     text COLLATE "C",
    code_insee                      text COLLATE "C",
    date_maj                        date,
    typologie                       text[],
    itinerance                      text[],
    services                        text[],
    publics_specifiquement_adresses text[],
    prise_en_charge_specifique      text[],
    frais_a_charge                  text[],
    dispositif_programmes_nationaux text[],
    formations_labels               text[],
    autres_formations_labels        text[],
    modalites_acces                 text[],
    modalites_accompagnement        text[]
);

-- The precedence by which places were published: whoever publishes next catches up.
ALTER TABLE sources ADD applied_precedence integer NOT NULL DEFAULT 0;

-- What every record may be found by to be compared, withdrawn ones too: hashes.
CREATE TABLE match_keys (
    key bigint NOT NULL,
    seq bigint NOT NULL
);
CREATE INDEX match_keys_key ON match_keys (key, seq);

-- Values that several places may share, and at how many addresses.
CREATE TABLE match_values (
    value   bigint NOT NULL,
    address bigint NOT NULL,
    seq     bigint NOT NULL
);
CREATE INDEX match_values_value ON match_values (value, address, seq);

-- One row: whether the tables above know every record, by the rules of this
-- version of the program. 0: they are to be made again.
CREATE TABLE match_rules (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO match_rules (version) VALUES (0);

-- Pairs of records that are one place or may be, and those that a person decided.
CREATE TABLE match_pairs (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a        bigint NOT NULL,
    b        bigint NOT NULL CHECK (a < b),
    outcome  text COLLATE "C" NOT NULL CHECK (outcome IN ('meme', 'different', 'a_decider')), -- as computed
    score    integer NOT NULL,
    guard    text NOT NULL,
    evidence text NOT NULL,            -- JSON
    metres   integer,                  -- NULL: one has no position of its own
    decision text COLLATE "C" CHECK (decision IN ('meme', 'different')), -- of the last person who said; NULL: nobody
    UNIQUE (a, b)
);
CREATE INDEX match_pairs_b ON match_pairs (b);
CREATE INDEX match_pairs_queue ON match_pairs (score DESC, number) WHERE outcome = 'a_decider' AND decision IS NULL;
CREATE INDEX match_pairs_decided ON match_pairs (a) WHERE decision IS NOT NULL;

-- What people said of pairs of records: every word stays, the last one counts.
CREATE TABLE match_decisions (
    decision_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a            bigint NOT NULL REFERENCES places,
    b            bigint NOT NULL REFERENCES places CHECK (a < b),
    outcome      text COLLATE "C" NOT NULL CHECK (outcome IN ('meme', 'different', 'a_decider')),
    reason       text NOT NULL,
    organisation text NOT NULL,
    siren        text COLLATE "C",
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C",
    made_at      timestamptz NOT NULL
);
CREATE INDEX match_decisions_pair ON match_decisions (a, b, decision_id);
CREATE TRIGGER match_decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON match_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE match_decisions ENABLE ALWAYS TRIGGER match_decisions_append_only;
