DROP TABLE territories_origin, divisions, communes;
