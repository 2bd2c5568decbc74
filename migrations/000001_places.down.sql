-- The extensions stay: others may use them.
DROP TABLE refused_rows, records, features, places, hours, sources, data_version;
DROP SEQUENCE places_seq;
