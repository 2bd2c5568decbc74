-- Versions of the référentiel: immutable once published (triggers below).
CREATE TABLE referentiels (
    version                text COLLATE "C" PRIMARY KEY, -- MAJOR.MINOR.PATCH
    state                  text COLLATE "C" NOT NULL CHECK (state IN
        ('BROUILLON', 'EN_CONSULTATION', 'ARBITRAGE', 'SIMULATION_VALIDEE', 'PUBLIEE', 'REMPLACEE', 'ABANDONNEE')),
    document               text NOT NULL,                -- canonical JSON (RFC 8785)
    hash                   bytea NOT NULL CHECK (hash = sha256(convert_to(document, 'UTF8'))),
    parent                 text COLLATE "C" REFERENCES referentiels,
    author_organisation    text NOT NULL,
    author_siren           text,
    author_role            text COLLATE "C" NOT NULL,
    author_key             text COLLATE "C",
    created_at             timestamptz NOT NULL,
    changed_at             timestamptz NOT NULL,
    consultation_opened_at timestamptz,
    consultation_closes_at timestamptz,
    published_at           timestamptz,
    effective_on           date, -- in force from this day on, until the next one is
    justification          text
);
