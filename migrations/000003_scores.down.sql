DROP TABLE score_history;
DROP FUNCTION append_only;
DROP TABLE results;
DROP TABLE scores;
DROP TABLE ecarts_commune;
DROP TABLE aides_locales;
ALTER TABLE sources DROP COLUMN constantes;
ALTER TABLE communes DROP COLUMN densite;
