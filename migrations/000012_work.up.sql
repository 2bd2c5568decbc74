-- What each criterion of the référentiel was worth, of the results in force: two
-- bytes a criterion, in the order of the version (-1 unknown, -2 without object).
-- The whole results are forty times as wide, and a territory reads all of its own.
CREATE TABLE criteria (
    seq     bigint PRIMARY KEY,
    version text COLLATE "C" NOT NULL,
    valeurs bytea NOT NULL
);
INSERT INTO criteria (seq, version, valeurs)
SELECT r.seq, r.version, string_agg(int2send((CASE c->>'statut'
        WHEN 'INCONNU' THEN -1
        WHEN 'SANS_OBJET' THEN -2
        ELSE round((c->>'valeur')::numeric * 10000)
    END)::int2), ''::bytea ORDER BY rank)
FROM results r, jsonb_array_elements(r.resultat::jsonb->'criteres') WITH ORDINALITY AS criteres (c, rank)
WHERE NOT r.upcoming
GROUP BY r.seq, r.version;

-- What a territory looks for in records, which are wide.
CREATE INDEX records_no_phone ON records (seq) WHERE telephone IS NULL;
CREATE INDEX records_doubt ON records (seq) WHERE position_doute IS NOT NULL;
CREATE INDEX places_gone ON places (seq) WHERE NOT shown AND merged_into IS NULL;
