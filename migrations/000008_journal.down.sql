-- Takes the journal away, with all that it says: there is no way back.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['places', 'features', 'records', 'members', 'scores'] LOOP
        EXECUTE format('DROP TRIGGER journal_insert ON %I', t);
        EXECUTE format('DROP TRIGGER journal_update ON %I', t);
        EXECUTE format('DROP TRIGGER journal_delete ON %I', t);
        EXECUTE format('DROP TRIGGER journal_truncate ON %I', t);
        EXECUTE format('DROP FUNCTION %s_journal(), %s_born(bigint, bigint[])', t, t);
        EXECUTE format('DROP TABLE %I', t || '_past');
    END LOOP;
END $$;
DROP TABLE revisions, journal_parts, journal_births CASCADE;
DROP FUNCTION journal_commit(), journal_append(bigint, bigint, integer, jsonb), journal_said(text[]), journal_weigh(),
    journal_part(bigint, integer, text, bigint[], bytea), journal_open(), journal_hash(text);
DROP SEQUENCE changes_seq;
