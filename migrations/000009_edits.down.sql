-- Corrected places say again what their own record says, and closed ones are
-- shown. Those of several records do at the next load that touches them.
CREATE TEMP TABLE alone ON COMMIT DROP AS
    SELECT m.* FROM members m WHERE NOT EXISTS (SELECT FROM places p WHERE p.merged_into = m.seq);
UPDATE features t SET feature = m.feature FROM alone m WHERE t.seq = m.seq;
UPDATE records t SET (hash, absent, defaults, position_doute, id, pivot, nom, commune, adresse, complement_adresse, telephone, courriels, site_web,
        horaires, presentation_resume, presentation_detail, source, structure_parente, fiche_acces_libre, prise_rdv)
    = (m.hash, m.absent, m.defaults, m.position_doute, m.id, m.pivot, m.nom, m.commune, m.adresse, m.complement_adresse, m.telephone, m.courriels, m.site_web,
        m.horaires, m.presentation_resume, m.presentation_detail, m.source, m.structure_parente, m.fiche_acces_libre, m.prise_rdv)
    FROM alone m WHERE t.seq = m.seq;
UPDATE places t SET (position, position_precision, hours_id, demonstration, departement, search, code_postal, code_insee, date_maj, typologie, itinerance, services,
        publics_specifiquement_adresses, prise_en_charge_specifique, frais_a_charge, dispositif_programmes_nationaux, formations_labels,
        autres_formations_labels, modalites_acces, modalites_accompagnement)
    = (m.position, m.position_precision, m.hours_id, m.demonstration, m.departement, m.search, m.code_postal, m.code_insee, m.date_maj, m.typologie, m.itinerance, m.services,
        m.publics_specifiquement_adresses, m.prise_en_charge_specifique, m.frais_a_charge, m.dispositif_programmes_nationaux, m.formations_labels,
        m.autres_formations_labels, m.modalites_acces, m.modalites_accompagnement)
    FROM alone m WHERE t.seq = m.seq;
DELETE FROM members m USING alone a WHERE m.seq = a.seq;
UPDATE places p SET shown = true
WHERE NOT shown AND merged_into IS NULL
    AND (withdrawn_at IS NULL OR EXISTS (SELECT FROM places o WHERE o.merged_into = p.seq AND o.withdrawn_at IS NULL));
DROP TABLE corrections, closures;
