package place

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
	Kind       Kind
	Required   bool
	Vocabulary *Vocabulary // nil: free

	Text func(*Place) *string   // nil for lists, the position and the date
	List func(*Place) *[]string // nil unless the cell is a list
}

// Columns is the standard, in its order.
var Columns = []Column{
	{Name: "id", Title: "identifiant", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.ID }},
	{Name: "pivot", Title: "SIRET, RNA ou RIDET", Kind: Code, Required: true, Text: func(p *Place) *string { return &p.Pivot }},
	{Name: "nom", Title: "nom", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Nom }},
	{Name: "commune", Title: "commune", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Commune }},
	{Name: "code_postal", Title: "code postal", Kind: Code, Required: true, Text: func(p *Place) *string { return &p.CodePostal }},
	{Name: "code_insee", Title: "code INSEE", Kind: Code, Text: func(p *Place) *string { return &p.CodeInsee }},
	{Name: "adresse", Title: "adresse", Kind: Text, Required: true, Text: func(p *Place) *string { return &p.Adresse }},
	{Name: "complement_adresse", Title: "complément d’adresse", Kind: Text, Text: func(p *Place) *string { return &p.ComplementAdresse }},
	{Name: "latitude", Title: "latitude", Kind: Latitude},
	{Name: "longitude", Title: "longitude", Kind: Longitude},
	{Name: "typologie", Title: "typologie", Kind: Text, Vocabulary: typologie, List: func(p *Place) *[]string { return &p.Typologie }},
	{Name: "telephone", Title: "téléphone", Kind: Phone, Text: func(p *Place) *string { return &p.Telephone }},
	{Name: "courriels", Title: "courriels", Kind: Email, List: func(p *Place) *[]string { return &p.Courriels }},
	{Name: "site_web", Title: "site web", Kind: URL, List: func(p *Place) *[]string { return &p.SiteWeb }},
	{Name: "horaires", Title: "horaires", Kind: Hours, Text: func(p *Place) *string { return &p.Horaires }},
	{Name: "presentation_resume", Title: "présentation (résumé)", Kind: Text, Text: func(p *Place) *string { return &p.PresentationResume }},
	{Name: "presentation_detail", Title: "présentation détaillée", Kind: Text, Text: func(p *Place) *string { return &p.PresentationDetail }},
	{Name: "source", Title: "structure collectant la donnée", Kind: Text, Text: func(p *Place) *string { return &p.Source }},
	{Name: "itinerance", Title: "itinérance", Kind: Text, Vocabulary: itinerance, List: func(p *Place) *[]string { return &p.Itinerance }},
	{Name: "structure_parente", Title: "structure parente", Kind: Text, Text: func(p *Place) *string { return &p.StructureParente }},
	{Name: "date_maj", Title: "date de mise à jour", Kind: Day, Required: true},
	{Name: "services", Title: "services", Kind: Text, Vocabulary: services, List: func(p *Place) *[]string { return &p.Services }},
	{Name: "publics_specifiquement_adresses", Title: "publics spécifiquement adressés", Kind: Text, Vocabulary: publicsSpecifiquementAdresses, List: func(p *Place) *[]string { return &p.PublicsSpecifiquementAdresses }},
	{Name: "prise_en_charge_specifique", Title: "prise en charge spécifique", Kind: Text, Vocabulary: priseEnChargeSpecifique, List: func(p *Place) *[]string { return &p.PriseEnChargeSpecifique }},
	{Name: "frais_a_charge", Title: "frais à charge", Kind: Text, Vocabulary: fraisACharge, List: func(p *Place) *[]string { return &p.FraisACharge }},
	{Name: "dispositif_programmes_nationaux", Title: "dispositifs et programmes nationaux", Kind: Text, Vocabulary: dispositifProgrammesNationaux, List: func(p *Place) *[]string { return &p.DispositifProgrammesNationaux }},
	{Name: "formations_labels", Title: "formations et labels", Kind: Text, Vocabulary: formationsLabels, List: func(p *Place) *[]string { return &p.FormationsLabels }},
	{Name: "autres_formations_labels", Title: "autres formations et labels", Kind: Text, List: func(p *Place) *[]string { return &p.AutresFormationsLabels }},
	{Name: "modalites_acces", Title: "modalités d’accès", Kind: Text, Vocabulary: modalitesAcces, List: func(p *Place) *[]string { return &p.ModalitesAcces }},
	{Name: "modalites_accompagnement", Title: "modalités d’accompagnement", Kind: Text, Vocabulary: modalitesAccompagnement, List: func(p *Place) *[]string { return &p.ModalitesAccompagnement }},
	{Name: "fiche_acces_libre", Title: "fiche Acceslibre", Kind: URL, Text: func(p *Place) *string { return &p.FicheAccesLibre }},
	{Name: "prise_rdv", Title: "prise de rendez-vous", Kind: URL, Text: func(p *Place) *string { return &p.PriseRdv }},
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
