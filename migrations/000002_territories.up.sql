CREATE TABLE communes (
    code          text COLLATE "C" PRIMARY KEY, -- INSEE, current
    nom           text NOT NULL,
    codes_postaux text[] NOT NULL,
    departement   text COLLATE "C" NOT NULL,
    region        text COLLATE "C" NOT NULL,
    epci          text COLLATE "C",             -- NULL: none
    parent        text COLLATE "C",             -- of a municipal arrondissement
    population    integer,                      -- NULL: unknown
    anciens_codes text[] NOT NULL,
    anciens_noms  text[] NOT NULL,
    point         geometry(Point, 4326),        -- NULL: we do not know where it is
    contour       geometry(Geometry, 4326)      -- NULL: unknown
);
CREATE INDEX communes_outline ON communes USING gist ((COALESCE(contour, point)));
CREATE INDEX communes_departement ON communes (departement);
CREATE INDEX communes_codes_postaux ON communes USING gin (codes_postaux);

-- EPCI, départements and régions.
CREATE TABLE divisions (
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('epci', 'departement', 'region')),
    code       text COLLATE "C" NOT NULL,
    nom        text NOT NULL,
    region     text COLLATE "C",
    population integer,
    contour    geometry(Geometry, 4326),
    PRIMARY KEY (kind, code)
);

-- One row: where the territories come from, and what they were, to tell whether
-- others would change anything.
CREATE TABLE territories_origin (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin text NOT NULL,
    hash   bytea NOT NULL
);
