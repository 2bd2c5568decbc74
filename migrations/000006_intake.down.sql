DROP TABLE geocoded, deposit_changes, deposit_chunks, deposit_steps, deposits;
ALTER TABLE sources
    DROP siren, DROP precedence, DROP mapping, DROP columns, DROP url, DROP refresh_seconds, DROP territory_kind, DROP territory_codes,
    DROP etag, DROP last_modified, DROP content_hash, DROP last_pull, DROP next_pull, DROP last_state, DROP failures;
