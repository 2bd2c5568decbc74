-- Everything in one transaction: a file is sent as one simple query.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- One row, bumped in the transaction of every committed change of anything that
-- an answer may show. It is what ETags are made of.
CREATE TABLE data_version (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    data        bigint NOT NULL,
    territories bigint NOT NULL,
    changed_at  timestamptz NOT NULL
);
INSERT INTO data_version (data, territories, changed_at) VALUES (1, 1, now());

-- Who gives files. Records are known by (source, their key there).
CREATE TABLE sources (
    source_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text COLLATE "C" NOT NULL UNIQUE CHECK (name <> ''),
    demonstration boolean NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    refused_hash  bytea -- of refused_rows as they were last written
);

-- Distinct opening hours, each with the zone whose clock and holidays judge it:
-- an instant is judged once per pair, whatever the number of places.
CREATE TABLE hours (
    hours_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    horaires text COLLATE "C" NOT NULL,
    zone     text COLLATE "C" NOT NULL
);
-- A hash: horaires may be longer than a btree's key.
CREATE UNIQUE INDEX hours_pair ON hours (md5(horaires), zone);

CREATE SEQUENCE places_seq AS bigint;

-- What is searched, and nothing else: scans that discard rows must be narrow. The
-- text that is sent is in features, the rest of what is known in records.
CREATE TABLE places (
    seq           bigint PRIMARY KEY,
    identifier    text COLLATE "C" NOT NULL UNIQUE, -- ours, place.Identifier(seq)
    source_id     integer NOT NULL REFERENCES sources,
    record_key    text COLLATE "C" NOT NULL,        -- what identifies the record in its source
    position      geometry(Point, 4326),            -- latitude and longitude; NULL: unknown
    hours_id      integer,                          -- NULL: no horaires. Of hours; no foreign key, for speed
    demonstration boolean NOT NULL,
    withdrawn_at  timestamptz,                      -- tombstone: the source no longer has it
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    departement   text COLLATE "C",
    search        text COLLATE "C" NOT NULL,        -- words of nom, commune and adresse, folded by place.Fold

    -- Columns of the standard that searches filter by, under their own names. NULL
    -- is unknown; an empty list means something only in
    -- publics_specifiquement_adresses: everybody.
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
    modalites_accompagnement        text[],

    UNIQUE (source_id, record_key)
);

CREATE INDEX places_position ON places USING gist (position) WHERE withdrawn_at IS NULL;
-- Nearest first on the globe: degrees are not metres.
CREATE INDEX places_geography ON places USING gist ((position::geography)) WHERE withdrawn_at IS NULL;
CREATE INDEX places_vocabularies ON places USING gin (
    typologie, itinerance, services, publics_specifiquement_adresses, prise_en_charge_specifique, frais_a_charge,
    dispositif_programmes_nationaux, formations_labels, autres_formations_labels, modalites_acces, modalites_accompagnement
) WHERE withdrawn_at IS NULL;
CREATE INDEX places_search ON places USING gin (search gin_trgm_ops) WHERE withdrawn_at IS NULL;
CREATE INDEX places_code_insee ON places (code_insee, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_code_postal ON places (code_postal, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_departement ON places (departement, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_date_maj ON places (date_maj) WHERE withdrawn_at IS NULL;
CREATE INDEX places_hours ON places (hours_id) WHERE withdrawn_at IS NULL;

-- The GeoJSON Feature of each place as it is sent: read = copy the bytes out.
CREATE TABLE features (
    seq     bigint PRIMARY KEY,
    feature text NOT NULL
);

-- The other columns of the standard, and what the source wrote beside what was
-- made of it. Read by its owner, not by searches.
CREATE TABLE records (
    seq                 bigint PRIMARY KEY,
    hash                bytea NOT NULL,  -- of all that the source says of the place
    raw                 jsonb NOT NULL,  -- non-empty cells by column name, exactly as found
    absent              text[] NOT NULL, -- columns that the file's schema does not have
    findings            jsonb NOT NULL,
    position_doute      text,            -- why the position is doubtful
    id                  text,            -- the producer's
    pivot               text,
    nom                 text,
    commune             text,
    adresse             text,
    complement_adresse  text,
    telephone           text,
    courriels           text[],
    site_web            text[],
    horaires            text,
    presentation_resume text,
    presentation_detail text,
    source              text,
    structure_parente   text,
    fiche_acces_libre   text,
    prise_rdv           text
);

-- Records that cannot be used, of the last file of each source.
CREATE TABLE refused_rows (
    source_id  integer NOT NULL REFERENCES sources,
    line       integer NOT NULL, -- 1 is the header
    record_key text COLLATE "C" NOT NULL,
    raw        jsonb NOT NULL,
    findings   jsonb NOT NULL
);
CREATE INDEX refused_rows_source ON refused_rows (source_id, line);
