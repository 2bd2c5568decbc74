-- Answers of places to the questions of the référentiel, and what was verified:
-- every one stays, the last one of each question counts.
CREATE TABLE declarations (
    declaration_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq            bigint NOT NULL REFERENCES places,
    question       text COLLATE "C" NOT NULL,
    reponse        text COLLATE "C" NOT NULL,
    declared_on    date NOT NULL,
    expires_on     date NOT NULL,
    organisation   text NOT NULL,
    siren          text,
    key_id         text COLLATE "C",
    created_at     timestamptz NOT NULL
);
CREATE INDEX declarations_seq ON declarations (seq, question, declaration_id);

CREATE TABLE evidence (
    evidence_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq          bigint NOT NULL REFERENCES places,
    preuve       text COLLATE "C" NOT NULL,
    resultat     text COLLATE "C" NOT NULL,
    found_on     date NOT NULL, -- of the visit, of the register
    expires_on   date NOT NULL,
    source       text NOT NULL, -- the register, who visited
    reasons      jsonb NOT NULL, -- why: French sentences
    organisation text NOT NULL,
    siren        text,
    key_id       text COLLATE "C",
    created_at   timestamptz NOT NULL
);
CREATE INDEX evidence_seq ON evidence (seq, preuve, evidence_id);

CREATE TRIGGER declarations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON declarations
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE declarations ENABLE ALWAYS TRIGGER declarations_append_only;
ALTER TABLE evidence ENABLE ALWAYS TRIGGER evidence_append_only;
