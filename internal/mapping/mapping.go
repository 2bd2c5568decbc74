// Package mapping says how a file's own columns become those of the national
// standard: as data, which an agent reads and edits (YAML or JSON, with a JSON
// Schema), never as code. It is pure: no input or output, no clock.
//
// The keys of a mapping are French, for the people who write it. An unknown
// key, column or value is an error, told with what was meant.
package mapping

// Mapping is the whole of a source's layout. Its JSON and its YAML are the same.
type Mapping struct {
	Correspondance int               `json:"correspondance"` // version of this format: 1
	Source         string            `json:"source,omitempty"`
	Note           string            `json:"note,omitempty"` // for people
	Lecture        *Lecture          `json:"lecture,omitempty"`
	Lignes         []Filtre          `json:"lignes,omitempty"`          // a row is kept when every filter keeps it
	Champs         map[string]Regle  `json:"champs,omitempty"`          // column of the standard (but latitude, longitude and horaires) → rule
	AdresseEntiere *Regle            `json:"adresse_entiere,omitempty"` // one text that holds street, postal code and commune: fills those that champs leaves empty
	Position       *Position         `json:"position,omitempty"`
	Horaires       *Horaires         `json:"horaires,omitempty"`
	Defauts        map[string]string `json:"defauts,omitempty"`  // column of the standard → what the source says of all its places ("|" between values): marked as such
	Ignorees       []string          `json:"ignorees,omitempty"` // columns that are known to say nothing of the standard
	Privees        []string          `json:"privees,omitempty"`  // columns about persons: neither read, nor kept, nor shown
}

// Lecture helps to read the file, where recognising it is not enough.
type Lecture struct {
	Feuille      string `json:"feuille,omitempty"`
	Chemin       string `json:"chemin,omitempty"`
	Separateur   string `json:"separateur,omitempty"`
	Encodage     string `json:"encodage,omitempty"`
	LigneEntetes int    `json:"ligne_entetes,omitempty"`
}

// Filtre keeps or leaves out rows by a column; exactly one of the conditions.
// What is left out is counted and told.
type Filtre struct {
	Colonne string   `json:"colonne"`
	Garder  []string `json:"garder,omitempty"`  // kept when the cell is one of these (case and accents forgiven; "" is empty)
	Ecarter []string `json:"ecarter,omitempty"` // left out when it is
	Motif   string   `json:"motif,omitempty"`   // kept when the regular expression matches
	Raison  string   `json:"raison,omitempty"`  // French: why, for the report
}

// Regle makes one column of the standard. Exactly one origin: Colonne,
// Premier, Joindre, Cases or Constante; then, of the first three, Motif,
// Couper, Valeurs, Sinon and Avant in this order; then the rules of Aussi or
// ADefaut, which have no others of their own.
type Regle struct {
	Colonne   string   `json:"colonne,omitempty"`   // this column
	Premier   []string `json:"premier,omitempty"`   // the first that is not empty
	Joindre   []string `json:"joindre,omitempty"`   // all that are not empty, joined
	Avec      string   `json:"avec,omitempty"`      // with Joindre: between them; a space by default, "|" for a list
	Cases     []Case   `json:"cases,omitempty"`     // one column a value: ticked or not
	Constante string   `json:"constante,omitempty"` // the same in every row: marked as a default of the source

	Motif   string            `json:"motif,omitempty"`   // regular expression (RE2) with a named group "valeur": what it names; nothing where it does not match
	Couper  string            `json:"couper,omitempty"`  // separators of a list, any one of these characters; the standard's "|" always
	Valeurs map[string]string `json:"valeurs,omitempty"` // exact table (case, accents, spaces forgiven): found → written ("|" between several, "" nothing). Never a substring
	Sinon   string            `json:"sinon,omitempty"`   // what Valeurs does not have: "garder" (read as the standard's; the default), "ecarter" (told, not kept)
	Avant   string            `json:"avant,omitempty"`   // of a text: put before it, where there is one that does not begin so

	Aussi   []Regle `json:"aussi,omitempty"`    // of a list: what these rules give is added
	ADefaut []Regle `json:"a_defaut,omitempty"` // of a text: these rules, in order, where this one gives nothing
}

// Case is a column that says yes or no to one value.
type Case struct {
	Colonne string   `json:"colonne"`
	Vaut    []string `json:"vaut,omitempty"` // cells that mean yes; by default oui, x, 1, vrai, true, o, ✓
	Sauf    []string `json:"sauf,omitempty"` // instead of Vaut: any cell that is not empty means yes, but these
	Donne   string   `json:"donne"`          // the value of the standard; "" none ("tout public")
}

// Position makes the latitude and longitude.
type Position struct {
	Latitude  string `json:"latitude,omitempty"`  // column; northing where the CRS is in metres
	Longitude string `json:"longitude,omitempty"` // column; easting
	Couple    string `json:"couple,omitempty"`    // one column that holds both, instead of the two above
	Ordre     string `json:"ordre,omitempty"`     // with Couple: "latitude longitude" (by default) or "longitude latitude"
	CRS       string `json:"crs,omitempty"`       // "EPSG:4326" by default; see CRS for those known
}

// Horaires makes opening hours. Exactly one of Texte, Jours and Bornes.
type Horaires struct {
	Texte    *Regle              `json:"texte,omitempty"`    // free text, or OSM
	Jours    map[string]Regle    `json:"jours,omitempty"`    // lundi … dimanche → what the day's column says ("9h-12h et 14h-17h")
	Bornes   map[string][]string `json:"bornes,omitempty"`   // lundi … dimanche → columns of bounds, in pairs: opens, closes, opens, closes
	Remarque *Regle              `json:"remarque,omitempty"` // a text beside ("sur rendez-vous", "fermé en août"): kept as written
}

// Suggestion is a mapping proposed from the names and the values of a file.
type Suggestion struct {
	Mapping Mapping  `json:"correspondance"`
	Reasons []Reason `json:"raisons"` // one a column of the file, in its order
}

// Reason says what a column of the file was taken for, and how surely.
type Reason struct {
	Column     string   `json:"colonne"`
	Fields     []string `json:"champs"`              // of the standard; empty: nothing of the standard
	Confidence int      `json:"confiance"`           // percent
	Text       string   `json:"phrase"`              // French: « 98 % des valeurs sont des codes postaux »
	Examples   []string `json:"exemples"`            // a few distinct values of the file, cut short
	Unknown    []string `json:"inconnues,omitempty"` // of a list: the values that say nothing that is known, the first of them
}
