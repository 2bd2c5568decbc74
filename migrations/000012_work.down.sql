DROP INDEX places_gone, records_doubt, records_no_phone;
DROP TABLE criteria;
