-- The journal: what each row of a place was before each change, for ever. Nobody
-- has to think of writing it: the triggers do, whoever changes the rows and
-- however. A change is a transaction; its number comes from a sequence, so that
-- a copy of the database keeps it. Its place in the order of changes, its
-- revision, is given as it commits.

CREATE SEQUENCE changes_seq AS bigint;

-- Transactions that changed places, in the order in which they were committed,
-- each chained to the one before: see internal/history.
CREATE TABLE revisions (
    number       bigint PRIMARY KEY CHECK (number > 0),
    change       bigint NOT NULL UNIQUE,
    at           timestamptz NOT NULL UNIQUE, -- never before the one before, whatever the clock does
    organisation text NOT NULL,
    siren        text COLLATE "C" NOT NULL,
    role         text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL,
    cause        text COLLATE "C" NOT NULL,
    reason       text NOT NULL,
    subject      text NOT NULL,
    data         bigint NOT NULL,             -- data_version.data that it made
    places       integer NOT NULL,            -- that it touched
    digest       bytea NOT NULL,              -- of its parts
    hash         bytea NOT NULL
);
CREATE INDEX revisions_data ON revisions (data);

-- What each statement of a change left in a table: for each row, by number, 16
-- bytes of the SHA-256 of its text; 16 zeros, no row. The last part says.
CREATE TABLE journal_parts (
    change bigint NOT NULL,
    part   integer NOT NULL CHECK (part > 0),
    rows   text COLLATE "C" NOT NULL, -- the table
    seqs   bigint[] NOT NULL,         -- in order
    hashes bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (change, part)
);

-- When rows first came, by runs of numbers: a file brings thousands of them.
CREATE TABLE journal_births (
    rows   text COLLATE "C" NOT NULL,
    first  bigint NOT NULL,
    last   bigint NOT NULL CHECK (last >= first),
    change bigint NOT NULL,
    PRIMARY KEY (rows, first)
);
CREATE INDEX journal_births_change ON journal_births (change);

-- Rows as they were before a change touched them; NULL: there was none then,
-- though there once had been one. Rows as they are: a column that is added to a
-- table is empty in what it was before. (So PostgreSQL adds only columns without
-- a default to these five tables: give it afterwards.)
CREATE TABLE places_past (seq bigint NOT NULL, change bigint NOT NULL, former places, PRIMARY KEY (seq, change));
CREATE TABLE features_past (seq bigint NOT NULL, change bigint NOT NULL, former features, PRIMARY KEY (seq, change));
CREATE TABLE records_past (seq bigint NOT NULL, change bigint NOT NULL, former records, PRIMARY KEY (seq, change));
CREATE TABLE members_past (seq bigint NOT NULL, change bigint NOT NULL, former members, PRIMARY KEY (seq, change));
CREATE TABLE scores_past (seq bigint NOT NULL, change bigint NOT NULL, former scores, PRIMARY KEY (seq, change));
CREATE INDEX places_past_change ON places_past (change);
CREATE INDEX features_past_change ON features_past (change);
CREATE INDEX records_past_change ON records_past (change);
CREATE INDEX members_past_change ON members_past (change);
CREATE INDEX scores_past_change ON scores_past (change);
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE places_past ALTER former SET COMPRESSION lz4;
        ALTER TABLE features_past ALTER former SET COMPRESSION lz4;
        ALTER TABLE records_past ALTER former SET COMPRESSION lz4;
        ALTER TABLE members_past ALTER former SET COMPRESSION lz4;
        ALTER TABLE scores_past ALTER former SET COMPRESSION lz4;
    END IF;
END $$;

-- Of the text of a row: columns that are added later, and empty, change nothing.
CREATE FUNCTION journal_hash(r text) RETURNS bytea LANGUAGE sql STABLE
    RETURN substr(sha256(convert_to(rtrim(r, ',)'), 'UTF8')), 1, 16);

-- Opens the change of this transaction with its first part, goes on with the next.
CREATE FUNCTION journal_open(OUT change bigint, OUT part integer) LANGUAGE plpgsql AS $$
DECLARE
    here  text := pg_current_xact_id()::text;
    known text[] := string_to_array(current_setting('mednum.change', true), ' ');
BEGIN
    IF known[1] = here THEN
        change := known[2];
        part := known[3]::integer + 1;
    ELSE
        change := nextval('changes_seq');
        part := 1;
    END IF;
    PERFORM set_config('mednum.change', concat_ws(' ', here, change, part), true);
END $$;

CREATE FUNCTION journal_part(c bigint, p integer, of_rows text, all_seqs bigint[], all_hashes bytea) RETURNS integer LANGUAGE sql AS $$
    INSERT INTO journal_parts (change, part, rows, seqs, hashes, digest)
    VALUES (c, p, of_rows, all_seqs, all_hashes, sha256(convert_to(of_rows || ' ' || array_to_string(all_seqs, ' ') || E'\n', 'UTF8') || all_hashes))
    RETURNING part;
$$;

-- The same for the five tables. Of rows that are touched several times, what they
-- were before the first one is kept.
DO $make$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['places', 'features', 'records', 'members', 'scores'] LOOP
        EXECUTE format($function$
            CREATE FUNCTION %1$s_born(c bigint, born bigint[]) RETURNS void LANGUAGE plpgsql AS $$
            BEGIN
                -- Runs never overlap: the last that begins before the end tells.
                IF born[1] <= (SELECT last FROM journal_births WHERE rows = '%1$s' AND first <= born[cardinality(born)] ORDER BY first DESC LIMIT 1) THEN
                    INSERT INTO %1$s_past (seq, change, former)
                    SELECT seq, c, NULL FROM unnest(born) AS s (seq)
                    WHERE seq <= (SELECT last FROM journal_births WHERE rows = '%1$s' AND first <= seq ORDER BY first DESC LIMIT 1)
                    ON CONFLICT DO NOTHING;
                    SELECT array_agg(seq ORDER BY seq) INTO born FROM unnest(born) AS s (seq)
                    WHERE NOT COALESCE(seq <= (SELECT last FROM journal_births WHERE rows = '%1$s' AND first <= seq ORDER BY first DESC LIMIT 1), false);
                END IF;
                INSERT INTO journal_births (rows, first, last, change)
                SELECT '%1$s', min(seq), max(seq), c FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM unnest(born) AS s (seq)) AS runs
                GROUP BY run;
            END $$;

            CREATE FUNCTION %1$s_journal() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                all_seqs   bigint[];
                all_hashes bytea;
                former     bigint[];
                born       bigint[];
                c          bigint;
                p          integer;
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    SELECT array_agg(seq ORDER BY seq), string_agg(journal_hash(n::text), '' ORDER BY seq) INTO all_seqs, all_hashes FROM new_rows n;
                    born := all_seqs;
                ELSIF TG_OP = 'DELETE' THEN
                    SELECT array_agg(seq ORDER BY seq), decode(repeat('00', 16 * count(*)::integer), 'hex') INTO all_seqs, all_hashes FROM old_rows;
                    former := all_seqs;
                ELSE
                    SELECT array_agg(seq ORDER BY seq), string_agg(hash, '' ORDER BY seq), array_agg(was ORDER BY seq) FILTER (WHERE was IS NOT NULL), array_agg(seq ORDER BY seq) FILTER (WHERE was IS NULL)
                        INTO all_seqs, all_hashes, former, born
                    FROM (
                        SELECT COALESCE(n.seq, o.seq) AS seq, o.seq AS was,
                            CASE WHEN n.seq IS NULL THEN decode(repeat('00', 16), 'hex') ELSE journal_hash(n::text) END AS hash
                        FROM old_rows o FULL JOIN new_rows n ON n.seq = o.seq
                        WHERE o.seq IS NULL OR n.seq IS NULL OR o *<> n
                    ) AS changed;
                END IF;
                IF all_seqs IS NULL THEN
                    RETURN NULL;
                END IF;
                SELECT * INTO c, p FROM journal_open();
                PERFORM journal_part(c, p, '%1$s', all_seqs, all_hashes);
                -- What came in this very change was nothing before it.
                IF former IS NOT NULL THEN
                    INSERT INTO %1$s_past (seq, change, former)
                    SELECT o.seq, c, ROW(o.*)::%1$s FROM old_rows o JOIN unnest(former) AS s (seq) USING (seq)
                    WHERE (SELECT b.change FROM journal_births b WHERE b.rows = '%1$s' AND b.first <= o.seq ORDER BY b.first DESC LIMIT 1) IS DISTINCT FROM c
                    ON CONFLICT DO NOTHING;
                END IF;
                IF born IS NOT NULL THEN
                    PERFORM %1$s_born(c, born);
                END IF;
                RETURN NULL;
            END $$;

            CREATE TRIGGER journal_insert AFTER INSERT ON %1$s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s_journal();
            CREATE TRIGGER journal_update AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s_journal();
            CREATE TRIGGER journal_delete AFTER DELETE ON %1$s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$s_journal();
            CREATE TRIGGER journal_truncate BEFORE TRUNCATE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION append_only();
            -- ALWAYS: under session_replication_role = replica too.
            ALTER TABLE %1$s ENABLE ALWAYS TRIGGER journal_insert, ENABLE ALWAYS TRIGGER journal_update, ENABLE ALWAYS TRIGGER journal_delete,
                ENABLE ALWAYS TRIGGER journal_truncate;
            CREATE TRIGGER %1$s_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$s_past FOR EACH STATEMENT EXECUTE FUNCTION append_only();
            ALTER TABLE %1$s_past ENABLE ALWAYS TRIGGER %1$s_past_append_only;
        $function$, t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['revisions', 'journal_parts', 'journal_births'] LOOP
        EXECUTE format('CREATE TRIGGER %1$s_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION append_only()', t);
        EXECUTE format('ALTER TABLE %1$s ENABLE ALWAYS TRIGGER %1$s_append_only', t);
    END LOOP;
END $make$;

-- How many places a change touched. Said before the lock is taken, for it takes
-- a while where they are many.
CREATE FUNCTION journal_weigh() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    here    text := current_setting('mednum.change', true);
    known   text := current_setting('mednum.weighed', true);
    touched integer;
BEGIN
    IF here IS NULL OR split_part(here, ' ', 1) <> pg_current_xact_id()::text THEN
        RETURN 0;
    END IF;
    IF known LIKE here || ' %' THEN
        RETURN split_part(known, ' ', 4);
    END IF;
    SELECT count(DISTINCT seq) INTO touched FROM journal_parts, unnest(seqs) AS seq WHERE change = split_part(here, ' ', 2)::bigint;
    PERFORM set_config('mednum.weighed', here || ' ' || touched, true);
    RETURN touched;
END $$;

-- A text with its length: two lists of texts never look the same.
CREATE FUNCTION journal_said(VARIADIC said text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(convert_to(octet_length(convert_to(s, 'UTF8')) || ':' || s || ',', 'UTF8'), '' ORDER BY n) FROM unnest(said) WITH ORDINALITY AS said (s, n);
$$;

-- Gives a change the next number. Whoever calls it holds the row of data_version:
-- one at a time.
CREATE FUNCTION journal_append(c bigint, d bigint, touched integer, author jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last revisions;
    r    revisions;
BEGIN
    SELECT * INTO last FROM revisions ORDER BY number DESC LIMIT 1;
    r.number := COALESCE(last.number, 0) + 1;
    r.change := c;
    r.at := greatest(clock_timestamp(), last.at + interval '1 microsecond');
    r.organisation := COALESCE(author->>'organisation', '');
    r.siren := COALESCE(author->>'siren', '');
    r.role := COALESCE(author->>'role', '');
    r.key_id := COALESCE(author->>'cle', '');
    r.cause := COALESCE(NULLIF(author->>'cause', ''), 'hors-programme');
    r.reason := COALESCE(author->>'motif', '');
    r.subject := COALESCE(author->>'objet', '');
    r.data := d;
    r.places := touched;
    SELECT sha256(COALESCE(string_agg(digest, '' ORDER BY part), '')) INTO r.digest FROM journal_parts WHERE change = c;
    r.hash := sha256(journal_said(
        COALESCE(encode(last.hash, 'hex'), ''), r.number::text, r.change::text, to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        r.organisation, r.siren, r.role, r.key_id, r.cause, r.reason, r.subject, r.data::text, r.places::text, encode(r.digest, 'hex')));
    INSERT INTO revisions SELECT r.*;
END $$;

-- As the transaction commits. The row of data_version is the lock: whoever
-- changes the census holds it from here, or shortly before, to the end.
CREATE FUNCTION journal_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched integer := journal_weigh();
    d       bigint;
    t       bigint;
    author  jsonb := '{}';
BEGIN
    SELECT data INTO d FROM data_version WHERE xmin = pg_current_xact_id()::xid;
    IF NOT FOUND THEN
        UPDATE data_version SET data = data + 1, changed_at = now() RETURNING data, territories INTO d, t;
        PERFORM pg_notify('mednum_version', d || ' ' || t);
    END IF;
    BEGIN
        author := COALESCE(NULLIF(current_setting('mednum.author', true), ''), '{}');
    EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
        NULL; -- nobody that can be read
    END;
    PERFORM journal_append(NEW.change, d, touched, author);
    -- What this transaction may still do after SET CONSTRAINTS is another change.
    PERFORM set_config('mednum.change', '', true);
    RETURN NULL;
END $$;

-- The journal begins with what is there.
DO $$
DECLARE
    c bigint;
    p integer;
    n integer := 0;
    t text;
BEGIN
    SET LOCAL timezone = 'UTC';
    SET LOCAL datestyle = 'ISO';
    SET LOCAL bytea_output = 'hex';
    SELECT * INTO c, p FROM journal_open();
    PERFORM journal_part(c, p, 'debut', '{}', '');
    FOREACH t IN ARRAY ARRAY['places', 'features', 'records', 'members', 'scores'] LOOP
        EXECUTE format($insert$
            INSERT INTO journal_births (rows, first, last, change)
            SELECT %1$L, min(seq), max(seq), $1 FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM %1$I) AS runs GROUP BY run$insert$, t) USING c;
        EXECUTE format($part$
            SELECT count(*), count(journal_part($1, $2 + k::integer, %1$L, seqs, hashes)) FROM (
                SELECT row_number() OVER (ORDER BY lot) AS k, seqs, hashes FROM (
                    SELECT seq / 10000 AS lot, array_agg(seq ORDER BY seq) AS seqs, string_agg(journal_hash(r::text), '' ORDER BY seq) AS hashes
                    FROM %1$I r GROUP BY seq / 10000
                ) AS parts
            ) AS numbered$part$, t) INTO n USING c, p;
        p := p + n;
    END LOOP;
    PERFORM journal_append(c, (SELECT data FROM data_version), (SELECT count(*)::integer FROM places), '{"cause": "debut"}');
    PERFORM set_config('mednum.change', '', true);
END $$;

CREATE CONSTRAINT TRIGGER journal_commit AFTER INSERT ON journal_parts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.part = 1) EXECUTE FUNCTION journal_commit();
ALTER TABLE journal_parts ENABLE ALWAYS TRIGGER journal_commit;

-- One text for one row, and no table of a session in the way.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
        AND (proname LIKE '%\_journal' OR proname LIKE '%\_born' OR proname IN ('journal_open', 'journal_weigh', 'journal_append', 'journal_commit')) LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
        IF f::text LIKE '%\_journal()' THEN
            EXECUTE format('ALTER FUNCTION %s SET timezone = ''UTC''', f);
            EXECUTE format('ALTER FUNCTION %s SET datestyle = ''ISO''', f);
            EXECUTE format('ALTER FUNCTION %s SET bytea_output = ''hex''', f);
        END IF;
    END LOOP;
END $$;
