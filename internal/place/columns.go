package place

import "strings"

// Kind says what a column holds, and so which rules read its cells.
type Kind int

const (
	Text      Kind = iota // one line or several of plain text
	Code                  // an identifier with rules of its own: code_postal, code_insee, pivot
	Latitude              // degrees north, half of Place.Position
	Longitude             // degrees east, the other half
	Phone                 // +33180059880, or a short number
	Email                 // e-mail addresses
	URL                   // absolute addresses
	Hours                 // OSM opening_hours
	Day                   // YYYY-MM-DD
)

// Column is a column of the standard. Reading, writing, JSON and SQL go
// through this table: a new column is one line of Columns.
type Column struct {
	Name       string // header, JSON member and SQL column
	Title      string // French, for people
	Example    string // a right value
	Kind       Kind
	Required   bool
	Vocabulary *Vocabulary // nil: free

	Text func(*Place) *string   // nil for lists, the position and the date
	List func(*Place) *[]string // nil unless the cell is a list
}

// Columns is the standard, in its order.
var Columns = []Column{
	{Name: "id", Title: "identifiant", Example: "structure-1", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.ID }},
	{Name: "pivot", Title: "SIRET, RNA ou RIDET", Example: "43493312300029", Kind: Code, Required: true, Text: func(p *Place) *string { return &p.Pivot }},
	{Name: "nom", Title: "nom", Example: "Médiathèque Jean-Falala", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Nom }},
	{Name: "commune", Title: "commune", Example: "Reims", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Commune }},
	{Name: "code_postal", Title: "code postal", Example: "51100", Kind: Code, Required: true, Text: func(p *Place) *string { return &p.CodePostal }},
	{Name: "code_insee", Title: "code INSEE", Example: "51454", Kind: Code, Text: func(p *Place) *string { return &p.CodeInsee }},
	{Name: "adresse", Title: "adresse", Example: "12 bis rue Leclercq", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Adresse }},
	{Name: "complement_adresse", Title: "complément d’adresse", Example: "Bâtiment B", Kind: Text, Text: func(p *Place) *string { return &p.ComplementAdresse }},
	{Name: "latitude", Title: "latitude", Example: "49.25779", Kind: Latitude},
	{Name: "longitude", Title: "longitude", Example: "4.03187", Kind: Longitude},
	{Name: "typologie", Title: "typologie", Example: "TIERS_LIEUX|ASSO", Kind: Text, Vocabulary: typologie, List: func(p *Place) *[]string { return &p.Typologie }},
	{Name: "telephone", Title: "téléphone", Example: "+33180059880", Kind: Phone, Text: func(p *Place) *string { return &p.Telephone }},
	{Name: "courriels", Title: "courriels", Example: "contact@laquincaillerie.tl", Kind: Email, List: func(p *Place) *[]string { return &p.Courriels }},
	{Name: "site_web", Title: "site web", Example: "https://www.laquincaillerie.tl/", Kind: URL, List: func(p *Place) *[]string { return &p.SiteWeb }},
	{Name: "horaires", Title: "horaires", Example: "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00", Kind: Hours, Text: func(p *Place) *string { return &p.Horaires }},
	{Name: "presentation_resume", Title: "présentation (résumé)", Example: "Ateliers numériques pour débutants.", Kind: Text, Text: func(p *Place) *string { return &p.PresentationResume }},
	{Name: "presentation_detail", Title: "présentation détaillée", Example: "Ateliers le mardi, accès libre aux ordinateurs.", Kind: Text, Text: func(p *Place) *string { return &p.PresentationDetail }},
	{Name: "source", Title: "structure collectant la donnée", Example: "Hubik", Kind: Text, Text: func(p *Place) *string { return &p.Source }},
	{Name: "itinerance", Title: "itinérance", Example: "Itinérant", Kind: Text, Vocabulary: itinerance, List: func(p *Place) *[]string { return &p.Itinerance }},
	{Name: "structure_parente", Title: "structure parente", Example: "Ville de Reims", Kind: Text, Text: func(p *Place) *string { return &p.StructureParente }},
	{Name: "date_maj", Title: "date de mise à jour", Example: "2024-04-02", Kind: Day, Required: true},
	{Name: "services", Title: "services", Example: "Aide aux démarches administratives|Utilisation sécurisée du numérique", Kind: Text, Vocabulary: services, List: func(p *Place) *[]string { return &p.Services }},
	{Name: "publics_specifiquement_adresses", Title: "publics spécifiquement adressés", Example: "Jeunes|Femmes", Kind: Text, Vocabulary: publicsSpecifiquementAdresses, List: func(p *Place) *[]string { return &p.PublicsSpecifiquementAdresses }},
	{Name: "prise_en_charge_specifique", Title: "prise en charge spécifique", Example: "Surdité|Illettrisme|Langues étrangères (anglais)", Kind: Text, Vocabulary: priseEnChargeSpecifique, List: func(p *Place) *[]string { return &p.PriseEnChargeSpecifique }},
	{Name: "frais_a_charge", Title: "frais à charge", Example: "Gratuit sous condition|Payant", Kind: Text, Vocabulary: fraisACharge, List: func(p *Place) *[]string { return &p.FraisACharge }},
	{Name: "dispositif_programmes_nationaux", Title: "dispositifs et programmes nationaux", Example: "Aidants Connect|Conseillers numériques", Kind: Text, Vocabulary: dispositifProgrammesNationaux, List: func(p *Place) *[]string { return &p.DispositifProgrammesNationaux }},
	{Name: "formations_labels", Title: "formations et labels", Example: "Fabriques de Territoire", Kind: Text, Vocabulary: formationsLabels, List: func(p *Place) *[]string { return &p.FormationsLabels }},
	{Name: "autres_formations_labels", Title: "autres formations et labels", Example: "QPV", Kind: Text, List: func(p *Place) *[]string { return &p.AutresFormationsLabels }},
	{Name: "modalites_acces", Title: "modalités d’accès", Example: "Se présenter|Téléphoner", Kind: Text, Vocabulary: modalitesAcces, List: func(p *Place) *[]string { return &p.ModalitesAcces }},
	{Name: "modalites_accompagnement", Title: "modalités d’accompagnement", Example: "En autonomie|Accompagnement individuel", Kind: Text, Vocabulary: modalitesAccompagnement, List: func(p *Place) *[]string { return &p.ModalitesAccompagnement }},
	{Name: "fiche_acces_libre", Title: "fiche Acceslibre", Example: "https://acceslibre.beta.gouv.fr/app/51-reims/", Kind: URL, Text: func(p *Place) *string { return &p.FicheAccesLibre }},
	{Name: "prise_rdv", Title: "prise de rendez-vous", Example: "https://www.rdv-solidarites.fr/", Kind: URL, Text: func(p *Place) *string { return &p.PriseRdv }},
}

var columnByName = func() map[string]*Column {
	m := make(map[string]*Column, len(Columns))
	for i := range Columns {
		m[Columns[i].Name] = &Columns[i]
	}
	return m
}()

// ColumnNamed gives a column by its exact name.
func ColumnNamed(name string) (*Column, bool) {
	c, ok := columnByName[name]
	return c, ok
}

// VocabularyOf gives the vocabulary of a column; false when the column is free
// or does not exist.
func VocabularyOf(column string) (*Vocabulary, bool) {
	c, ok := columnByName[column]
	if !ok || c.Vocabulary == nil {
		return nil, false
	}
	return c.Vocabulary, true
}

// Known reports whether the place knows this column.
func (c *Column) Known(p *Place) bool {
	switch {
	case c.List != nil:
		return *c.List(p) != nil // empty is known: publics_specifiquement_adresses
	case c.Text != nil:
		return *c.Text(p) != ""
	case c.Kind == Day:
		return p.DateMaj.Known()
	}
	return p.Position.Known()
}

// Cell is the column of a place as the standard writes it: lists with "|",
// decimals after a point, days as YYYY-MM-DD. Unknown is empty, never a
// placeholder.
//
// Nothing is escaped for spreadsheets: a cell may begin with "+" (every phone
// does) and must stay what the standard says. Instead, no text that reads as a
// formula is ever kept (see the finding "formula").
func (c *Column) Cell(p *Place) string {
	switch {
	case c.List != nil:
		return strings.Join(*c.List(p), "|")
	case c.Text != nil:
		return *c.Text(p)
	case c.Kind == Day:
		return p.DateMaj.String()
	case c.Kind == Latitude && p.Position.Known():
		return string(appendDegrees(nil, p.Position.latitude))
	case c.Kind == Longitude && p.Position.Known():
		return string(appendDegrees(nil, p.Position.longitude))
	}
	return ""
}

// AppendCSVHeader appends the header of a file of the standard.
func AppendCSVHeader(dst []byte) []byte {
	for i := range Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, Columns[i].Name...)
	}
	return append(dst, '\n')
}

// AppendCSV appends a place as a row of a file of the standard: 32 cells,
// commas between, quotes where they are needed.
func AppendCSV(dst []byte, p *Place) []byte {
	for i := range Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		cell := Columns[i].Cell(p)
		if !strings.ContainsAny(cell, "\",\n\r") && !strings.HasPrefix(cell, " ") && !strings.HasSuffix(cell, " ") {
			dst = append(dst, cell...)
			continue
		}
		dst = append(dst, '"')
		for j := range len(cell) {
			if cell[j] == '"' {
				dst = append(dst, '"')
			}
			dst = append(dst, cell[j])
		}
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}
