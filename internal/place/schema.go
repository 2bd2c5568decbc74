package place

import (
	"slices"
	"strings"
)

// Schema is what the header of a file was understood to be.
type Schema struct {
	Version string   // "v0" or "v1": which standard the columns are of
	Absent  []string // columns of the standard that the file does not have
	Headers []string // as found
	names   []string // by cell: the key in Record.Raw, which is the column's name, or the v0's
	at      map[string]int
}

// formerColumns are the columns of the v0 that no longer exist: where what
// they hold goes today. cle_ban goes nowhere: the standard has no such column
// any more.
var formerColumns = map[string][]string{
	"courriel":           {"courriels"},
	"cle_ban":            nil,
	"publics_accueillis": {"publics_specifiquement_adresses", "prise_en_charge_specifique"},
	"conditions_acces":   {"frais_a_charge"},
	"labels_nationaux":   {"dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels"},
	"labels_autres":      {"autres_formations_labels"},
	"accessibilite":      {"fiche_acces_libre"},
}

// newColumns exist since the v1 only: a file that has one is not of the v0.
var newColumns = []string{
	"courriels", "itinerance", "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge",
	"dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "modalites_acces", "fiche_acces_libre",
}

// columnAliases are other names of a column that leave no doubt: the titles
// that the schema gives, and what people type for them.
var columnAliases = map[string]string{
	"identifiant": "id", "identifiant_unique": "id", "identifiant_unique_local_du_lieu": "id",
	"siret": "pivot", "rna": "pivot", "ridet": "pivot", "siret_ou_rna": "pivot", "siret_ou_rna_ou_ridet": "pivot",
	"nom_du_lieu": "nom", "nom_de_la_structure": "nom",
	"ville": "commune",
	"cp":    "code_postal", "codepostal": "code_postal",
	"insee": "code_insee", "codeinsee": "code_insee", "code_commune": "code_insee", "code_officiel_geographique": "code_insee",
	"complement_d_adresse": "complement_adresse",
	"lat":                  "latitude",
	"lon":                  "longitude", "lng": "longitude", "long": "longitude",
	"numero_de_telephone": "telephone", "tel": "telephone",
	"courriel_s": "courriels", "mail": "courriels", "email": "courriels", "e_mail": "courriels",
	"site_internet": "site_web", "siteweb": "site_web",
	"presentation_detaillee":           "presentation_detail",
	"structure_collectant_la_donnee":   "source",
	"date_de_mise_a_jour":              "date_maj",
	"service":                          "services",
	"frais":                            "frais_a_charge",
	"dispositifs_programmes_nationaux": "dispositif_programmes_nationaux", "dispositifs_et_programmes_nationaux": "dispositif_programmes_nationaux",
	"formations_et_labels": "formations_labels", "autres_formations_et_labels": "autres_formations_labels",
	"modalites_d_acces": "modalites_acces", "modalites_d_accompagnement": "modalites_accompagnement",
	"prise_de_rdv":      "prise_rdv",
	"public_accueillis": "publics_accueillis", "cle_nationale_d_interoperabilite_de_l_adresse": "cle_ban",
	"conditions_d_acces": "conditions_acces", "autres_labels": "labels_autres", "accessibilite_accueil_handicap": "accessibilite",
}

// headerKey reduces a header to letters, digits and single underscores.
func headerKey(header string) string {
	var b strings.Builder
	for _, r := range Fold(header) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
	}
	return strings.TrimRight(b.String(), "_")
}

// ReadHeader understands the header of a file, forgivingly: case, accents,
// spaces, any order, the v0's columns. Findings say what was not exact, all at
// once; a Blocking one means that no record of the file could be kept.
func ReadHeader(headers []string, line int) (*Schema, []Finding) {
	s := &Schema{Version: "v1", Headers: headers, names: make([]string, len(headers)), at: map[string]int{}}
	var findings []Finding
	say := func(code, field, found, made string, words ...string) {
		findings = append(findings, NewFinding(code, field, line, found, made, words...))
	}
	keys := make([]string, len(headers))
	exact := map[string]bool{} // columns that some header names exactly: aliases give way
	for i, h := range headers {
		keys[i] = headerKey(h)
		if _, ok := columnByName[h]; ok {
			exact[h] = true
		}
	}
	old, current := false, false
	for i, h := range headers {
		key := keys[i]
		name, aliased := key, false
		if to, ok := columnAliases[key]; ok {
			if _, own := columnByName[key]; !own {
				name, aliased = to, true
			}
		}
		_, isColumn := columnByName[name]
		goes, isFormer := formerColumns[name]
		switch {
		case strings.TrimSpace(h) == "" && key == "":
			s.names[i] = unnamed(i)
			continue
		case !isColumn && !isFormer, aliased && exact[name]:
			s.names[i] = s.free(strings.TrimSpace(h), i)
			advice := ""
			if near, ok := nearestColumn(key); ok && !exact[near] {
				advice = " Vouliez-vous dire « " + near + " » ?"
			}
			say("column_unknown", "", strings.TrimSpace(h), "", "conseil", advice)
			continue
		}
		if _, taken := s.at[name]; taken {
			s.names[i] = s.free(strings.TrimSpace(h), i)
			say("column_repeated", name, strings.TrimSpace(h), "")
			continue
		}
		s.at[name], s.names[i] = i, name
		switch {
		case isFormer:
			old = true
			say("column_v0", name, strings.TrimSpace(h), strings.Join(goes, ", "))
		case aliased || strings.TrimSpace(h) != name:
			say("column_alias", name, strings.TrimSpace(h), name)
		}
		if slices.Contains(newColumns, name) && !aliased {
			current = true
		}
	}
	if old && !current {
		s.Version = "v0"
	}
	for i := range Columns {
		c := &Columns[i]
		if _, ok := s.at[c.Name]; ok {
			continue
		}
		derived := false
		for former, to := range formerColumns {
			if _, ok := s.at[former]; ok && slices.Contains(to, c.Name) {
				derived = true
			}
		}
		// The v0's publics were not exclusive: empty there is not "everybody".
		if !derived || c.Name == "publics_specifiquement_adresses" {
			s.Absent = append(s.Absent, c.Name)
		}
		if !derived && !(s.Version == "v0" && slices.Contains(newColumns, c.Name)) {
			say("column_missing", c.Name, "", "")
		}
	}
	if _, ok := s.at["nom"]; !ok {
		say("no_nom_column", "nom", "", "")
	}
	located := false
	for _, name := range []string{"commune", "code_postal", "code_insee", "adresse"} {
		_, ok := s.at[name]
		located = located || ok
	}
	_, lat := s.at["latitude"]
	_, lon := s.at["longitude"]
	if !located && !(lat && lon) {
		say("no_place_columns", "", "", "")
	}
	return s, findings
}

// nearestColumn suggests a column for a header that is none.
func nearestColumn(key string) (string, bool) {
	names := make([]string, 0, len(Columns))
	for i := range Columns {
		names = append(names, Columns[i].Name)
	}
	return Nearest(key, names)
}

// free gives the key of a column that the standard does not have: its header,
// unless that is taken.
func (s *Schema) free(header string, i int) string {
	if _, ours := columnByName[header]; header == "" || ours || slices.Contains(s.names[:i], header) {
		return header + unnamed(i)
	}
	return header
}

// unnamed names a cell by its place, 1 being the first.
func unnamed(i int) string {
	digits := [3]byte{}
	n, at := i+1, len(digits)
	for n > 0 && at > 0 {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
	}
	return "#" + string(digits[at:])
}

// cell gives the cell of a column as found, "" when the file or the row has none.
func (s *Schema) cell(cells []string, name string) string {
	if i, ok := s.at[name]; ok && i < len(cells) {
		return cells[i]
	}
	return ""
}

// has reports whether the file has the column.
func (s *Schema) has(name string) bool {
	_, ok := s.at[name]
	return ok
}

// raw keeps every non-empty cell under its column's name; cells beyond the
// header under their number.
func (s *Schema) raw(cells []string) map[string]string {
	raw := make(map[string]string, len(cells))
	for i, c := range cells {
		if c == "" {
			continue
		}
		if i < len(s.names) {
			raw[s.names[i]] = c
		} else {
			raw[unnamed(i)] = c
		}
	}
	return raw
}
