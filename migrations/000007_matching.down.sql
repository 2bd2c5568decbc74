-- Rows that speak for others say their own again.
UPDATE features t SET feature = m.feature FROM members m WHERE t.seq = m.seq;
UPDATE records t SET (hash, absent, position_doute, id, pivot, nom, commune, adresse, complement_adresse, telephone, courriels, site_web,
        horaires, presentation_resume, presentation_detail, source, structure_parente, fiche_acces_libre, prise_rdv)
    = (m.hash, m.absent, m.position_doute, m.id, m.pivot, m.nom, m.commune, m.adresse, m.complement_adresse, m.telephone, m.courriels, m.site_web,
        m.horaires, m.presentation_resume, m.presentation_detail, m.source, m.structure_parente, m.fiche_acces_libre, m.prise_rdv)
    FROM members m WHERE t.seq = m.seq;
UPDATE places t SET (position, position_precision, hours_id, demonstration, departement, search, code_postal, code_insee, date_maj, typologie, itinerance, services,
        publics_specifiquement_adresses, prise_en_charge_specifique, frais_a_charge, dispositif_programmes_nationaux, formations_labels,
        autres_formations_labels, modalites_acces, modalites_accompagnement)
    = (m.position, m.position_precision, m.hours_id, m.demonstration, m.departement, m.search, m.code_postal, m.code_insee, m.date_maj, m.typologie, m.itinerance, m.services,
        m.publics_specifiquement_adresses, m.prise_en_charge_specifique, m.frais_a_charge, m.dispositif_programmes_nationaux, m.formations_labels,
        m.autres_formations_labels, m.modalites_acces, m.modalites_accompagnement)
    FROM members m WHERE t.seq = m.seq;
-- The middle of a commune was no position.
UPDATE places SET position = NULL WHERE position_precision = 'commune';
DROP TABLE match_decisions, match_pairs, match_rules, match_values, match_keys, members;
ALTER TABLE records DROP defaults;
ALTER TABLE sources DROP applied_precedence;
-- Indexes go with the column that they ask for.
ALTER TABLE places DROP shown, DROP merged_into, DROP position_precision;
CREATE INDEX places_position ON places USING gist (position) WHERE withdrawn_at IS NULL;
CREATE INDEX places_geography ON places USING gist ((position::geography)) WHERE withdrawn_at IS NULL;
CREATE INDEX places_vocabularies ON places USING gin (
    typologie, itinerance, services, publics_specifiquement_adresses, prise_en_charge_specifique, frais_a_charge,
    dispositif_programmes_nationaux, formations_labels, autres_formations_labels, modalites_acces, modalites_accompagnement
) WHERE withdrawn_at IS NULL;
CREATE INDEX places_search ON places USING gin (search gin_trgm_ops) WHERE withdrawn_at IS NULL;
CREATE INDEX places_code_insee ON places (code_insee, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_code_postal ON places (code_postal, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_departement ON places (departement, seq) WHERE withdrawn_at IS NULL;
CREATE INDEX places_date_maj ON places (date_maj) WHERE withdrawn_at IS NULL;
CREATE INDEX places_hours ON places (hours_id) WHERE withdrawn_at IS NULL;
