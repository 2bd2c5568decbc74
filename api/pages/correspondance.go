package pages

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// The form of a mapping sends what each column of the file is taken for, under
// the column's number; what else it holds is below. What the form has no field
// for stays as it was in the mapping that the page was made of.
const (
	FieldGesture = "geste" // what the button does
	FieldText    = "texte" // the whole mapping as text, instead of the form
	fieldBase    = "base"  // JSON: the mapping that the page was made of
	fieldAs      = "c."    // + number of the column: what it is taken for
	fieldGives   = "d."    // + number: the value that a ticked box gives
	fieldFound   = "v."    // + column of the standard: values of the file …
	fieldWritten = "w."    // … and what each becomes, in the same order
	fieldCombine = "combiner."
	fieldWith    = "avec."
	fieldCut     = "couper."
	fieldDefault = "defaut."

	GesturePreview = "apercu"
	GestureSave    = "enregistrer"
	GestureRead    = "lire"
)

const (
	columnsShown = 150 // of a file: more are for the text
	valuesShown  = 100 // of a field
	rowsShown    = 5
	asIs         = "=" // a value that is left to be read as the standard's
)

// Correspondance is the page where what each column becomes is corrected: GET,
// POST /depots/{numero}/correspondance, POST /depots/{numero}/apercu.
type Correspondance struct {
	Head
	Depot      intake.Deposit
	Mapping    *mapping.Mapping    // nil: the file has the standard's columns
	Suggestion *mapping.Suggestion // nil: none was needed
	Rows       []intake.PreviewRow // the first ones, read with Mapping
	Text       string              // the text that was posted; "" none
	Changed    bool                // not saved yet
	Faults     quality.Faults
	Saved      string
}

// Correspondance writes it.
func (p *Pages) Correspondance(w io.Writer, v Correspondance) error {
	if v.Title == "" {
		v.Title = "Les colonnes de « " + v.Depot.File + " »"
	}
	return p.professional(w, "correspondance", &v.Head, newCorrespondanceView(v))
}

var days = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}

// option of a select.
type option struct {
	Value, Label string
	Selected     bool
}

type optionGroup struct {
	Label   string
	Options []option
}

// roles are all that a column may be taken for.
var roles = func() []optionGroup {
	fields := func(label string, names ...string) optionGroup {
		g := optionGroup{Label: label}
		for _, name := range names {
			g.Options = append(g.Options, option{Value: name, Label: roleLabel(name)})
		}
		return g
	}
	out := []optionGroup{
		fields("Le lieu", "nom", "id", "pivot", "typologie", "structure_parente", "source", "date_maj", "itinerance"),
		fields("L’adresse", "adresse", "complement_adresse", "code_postal", "commune", "code_insee", "adresse_entiere"),
		fields("La position", "latitude", "longitude", "couple"),
		fields("Le contact", "telephone", "courriels", "site_web", "prise_rdv", "fiche_acces_libre"),
		fields("Les horaires", "horaires", "remarque"),
		fields("Ce que le lieu propose", "services", "presentation_resume", "presentation_detail", "frais_a_charge", "publics_specifiquement_adresses", "prise_en_charge_specifique",
			"modalites_acces", "modalites_accompagnement", "dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels"),
	}
	var daily, bounds, cases optionGroup
	daily.Label, bounds.Label, cases.Label = "Les horaires d’un jour", "Une heure d’ouverture ou de fermeture", "Une case à cocher : oui ou non"
	for _, d := range days {
		daily.Options = append(daily.Options, option{Value: "jour:" + d, Label: roleLabel("jour:" + d)})
		bounds.Options = append(bounds.Options, option{Value: "bornes:" + d, Label: roleLabel("bornes:" + d)})
	}
	for i := range place.Columns {
		if place.Columns[i].Vocabulary != nil {
			name := "cases:" + place.Columns[i].Name
			cases.Options = append(cases.Options, option{Value: name, Label: roleLabel(name)})
		}
	}
	return append(out, daily, bounds, cases)
}()

// roleLabel is a role as people read it.
func roleLabel(role string) string {
	kind, of, _ := strings.Cut(role, ":")
	switch kind {
	case "":
		return "Rien : ne pas utiliser"
	case "adresse_entiere":
		return "Adresse entière : rue, code postal, commune"
	case "couple":
		return "Latitude et longitude, ensemble"
	case "horaires":
		return "Horaires, en texte"
	case "remarque":
		return "Remarque sur les horaires"
	case "jour":
		return "Horaires du " + of
	case "bornes":
		return french.Capital(of) + " : une heure"
	case "cases":
		return "Une valeur de « " + french.Lower(champ(of)) + " »"
	case "id":
		return "Identifiant dans votre fichier"
	}
	return champ(kind)
}

func same(a, b string) bool { return a == b || place.Fold(a) == place.Fold(b) }

func holds(list []string, column string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return same(one, column) })
}

// sourcesOf are the columns that a rule reads.
func sourcesOf(r *mapping.Regle) (out []string) {
	if r == nil {
		return nil
	}
	if r.Colonne != "" {
		out = append(out, r.Colonne)
	}
	out = append(append(out, r.Premier...), r.Joindre...)
	for _, c := range r.Cases {
		out = append(out, c.Colonne)
	}
	return out
}

// use is what a column is taken for, and what a ticked box gives.
type use struct{ As, Gives string }

// usesOf are all that a mapping takes a column for, in the standard's order.
func usesOf(m *mapping.Mapping, column string) (out []use) {
	if m == nil {
		return nil
	}
	rule := func(as string, r *mapping.Regle) {
		if r == nil {
			return
		}
		if same(r.Colonne, column) && r.Colonne != "" || holds(r.Premier, column) || holds(r.Joindre, column) {
			out = append(out, use{As: as})
		}
		for _, c := range r.Cases {
			if same(c.Colonne, column) {
				out = append(out, use{"cases:" + as, c.Donne})
			}
		}
	}
	for i := range place.Columns {
		if r, ok := m.Champs[place.Columns[i].Name]; ok {
			rule(place.Columns[i].Name, &r)
		}
	}
	rule("adresse_entiere", m.AdresseEntiere)
	if p := m.Position; p != nil {
		for _, one := range []struct{ as, column string }{{"latitude", p.Latitude}, {"longitude", p.Longitude}, {"couple", p.Couple}} {
			if one.column != "" && same(one.column, column) {
				out = append(out, use{As: one.as})
			}
		}
	}
	if h := m.Horaires; h != nil {
		rule("horaires", h.Texte)
		for _, d := range days {
			if r, ok := h.Jours[d]; ok {
				rule("jour:"+d, &r)
			}
			if holds(h.Bornes[d], column) {
				out = append(out, use{As: "bornes:" + d})
			}
		}
		rule("remarque", h.Remarque)
	}
	return out
}

// standing is the mapping of a file that has the standard's columns: each is
// itself.
func standing(columns []string) *mapping.Mapping {
	m := &mapping.Mapping{Correspondance: 1, Champs: map[string]mapping.Regle{}}
	for _, c := range columns {
		name := strings.TrimSpace(strings.ToLower(c))
		if _, ok := place.ColumnNamed(name); ok && len(usesOf(m, c)) == 0 {
			addUse(m, c, use{As: name})
		}
	}
	return m
}

func copyOf(m *mapping.Mapping) *mapping.Mapping {
	out := new(mapping.Mapping)
	text, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil { // texts and lists only
		panic(err)
	}
	if out.Champs == nil {
		out.Champs = map[string]mapping.Regle{}
	}
	return out
}

// editRule changes a rule wherever it lies in a mapping, making it if need be.
func editRule(m *mapping.Mapping, as string, edit func(*mapping.Regle)) {
	pointed := func(p **mapping.Regle) {
		if *p == nil {
			*p = new(mapping.Regle)
		}
		edit(*p)
	}
	kind, of, _ := strings.Cut(as, ":")
	switch kind {
	case "adresse_entiere":
		pointed(&m.AdresseEntiere)
		return
	case "horaires", "remarque", "jour":
		if m.Horaires == nil {
			m.Horaires = new(mapping.Horaires)
		}
		switch kind {
		case "horaires":
			pointed(&m.Horaires.Texte)
		case "remarque":
			pointed(&m.Horaires.Remarque)
		default:
			if m.Horaires.Jours == nil {
				m.Horaires.Jours = map[string]mapping.Regle{}
			}
			r := m.Horaires.Jours[of]
			edit(&r)
			m.Horaires.Jours[of] = r
		}
		return
	case "cases":
		kind = of
	}
	r := m.Champs[kind]
	edit(&r)
	m.Champs[kind] = r
}

// removeUse forgets that a column is taken for something. A rule left without
// any origin keeps its table of values until prune: another column may take it.
func removeUse(m *mapping.Mapping, column string, u use) {
	gone := func(one string) bool { return same(one, column) }
	kind, of, _ := strings.Cut(u.As, ":")
	switch kind {
	case "latitude", "longitude", "couple":
		if m.Position == nil {
			return
		}
		*map[string]*string{"latitude": &m.Position.Latitude, "longitude": &m.Position.Longitude, "couple": &m.Position.Couple}[kind] = ""
	case "bornes":
		if m.Horaires != nil {
			m.Horaires.Bornes[of] = slices.DeleteFunc(m.Horaires.Bornes[of], gone)
		}
	default:
		editRule(m, u.As, func(r *mapping.Regle) {
			if kind == "cases" {
				r.Cases = slices.DeleteFunc(r.Cases, func(c mapping.Case) bool { return gone(c.Colonne) && c.Donne == u.Gives })
				return
			}
			if gone(r.Colonne) {
				r.Colonne = ""
			}
			r.Premier, r.Joindre = slices.DeleteFunc(r.Premier, gone), slices.DeleteFunc(r.Joindre, gone)
		})
	}
}

// joined are the fields that two columns fill together; of the others the first
// that is not empty counts.
var joined = []string{"adresse", "complement_adresse", "adresse_entiere", "presentation_resume", "presentation_detail", "remarque", "horaires"}

// addUse takes a column for something.
func addUse(m *mapping.Mapping, column string, u use) {
	kind, of, _ := strings.Cut(u.As, ":")
	switch kind {
	case "latitude", "longitude", "couple":
		if m.Position == nil {
			m.Position = new(mapping.Position)
		}
		*map[string]*string{"latitude": &m.Position.Latitude, "longitude": &m.Position.Longitude, "couple": &m.Position.Couple}[kind] = column
	case "bornes":
		if m.Horaires == nil {
			m.Horaires = new(mapping.Horaires)
		}
		if m.Horaires.Bornes == nil {
			m.Horaires.Bornes = map[string][]string{}
		}
		m.Horaires.Bornes[of] = append(m.Horaires.Bornes[of], column)
	case "cases":
		editRule(m, u.As, func(r *mapping.Regle) {
			r.Constante = ""
			r.Cases = append(r.Cases, mapping.Case{Colonne: column, Donne: u.Gives})
		})
	default:
		editRule(m, u.As, func(r *mapping.Regle) {
			r.Constante = ""
			c, list := place.ColumnNamed(kind)
			list = list && c.List != nil
			switch {
			case len(r.Premier) > 0:
				r.Premier = append(r.Premier, column)
			case len(r.Joindre) > 0:
				r.Joindre = append(r.Joindre, column)
			case r.Colonne == "":
				r.Colonne = column
			case list:
				r.Joindre, r.Avec, r.Colonne = []string{r.Colonne, column}, "|", ""
			case slices.Contains(joined, kind):
				r.Joindre, r.Colonne = []string{r.Colonne, column}, ""
			default:
				r.Premier, r.Colonne = []string{r.Colonne, column}, ""
			}
		})
	}
}

// prune drops what has no origin left.
func prune(m *mapping.Mapping, columns []string) {
	rank := func(c string) int { return slices.IndexFunc(columns, func(one string) bool { return same(one, c) }) }
	simple := func(r *mapping.Regle) bool {
		if len(r.Premier) == 1 {
			r.Colonne, r.Premier = r.Premier[0], nil
		}
		if len(r.Joindre) == 1 {
			r.Colonne, r.Joindre, r.Avec = r.Joindre[0], nil, ""
		}
		if r.Joindre == nil {
			r.Avec = ""
		}
		return r.Constante != "" || len(sourcesOf(r)) > 0
	}
	for name, r := range m.Champs {
		if simple(&r) {
			m.Champs[name] = r
		} else {
			delete(m.Champs, name)
		}
	}
	if m.AdresseEntiere != nil && !simple(m.AdresseEntiere) {
		m.AdresseEntiere = nil
	}
	if p := m.Position; p != nil && p.Latitude+p.Longitude+p.Couple == "" {
		m.Position = nil
	} else if p != nil && p.Couple == "" {
		p.Ordre = ""
	}
	if h := m.Horaires; h != nil {
		if h.Texte != nil && !simple(h.Texte) {
			h.Texte = nil
		}
		if h.Remarque != nil && !simple(h.Remarque) {
			h.Remarque = nil
		}
		for d, r := range h.Jours {
			if simple(&r) {
				h.Jours[d] = r
			} else {
				delete(h.Jours, d)
			}
		}
		for d, list := range h.Bornes {
			if len(list) == 0 {
				delete(h.Bornes, d)
				continue
			}
			slices.SortStableFunc(list, func(a, b string) int { return rank(a) - rank(b) })
		}
		if h.Texte == nil && len(h.Jours) == 0 && len(h.Bornes) == 0 {
			if h.Remarque != nil { // alone, it is all that is said of the hours
				h.Texte, h.Remarque = h.Remarque, nil
			} else {
				m.Horaires = nil
			}
		}
	}
}

// ReadCorrespondance gives the mapping that a form says, over the one that its
// page was made of; saved is what the deposit has, nil where the file has the
// standard's columns. With faults, the mapping is the best that could be made.
func ReadCorrespondance(saved *mapping.Mapping, columns []string, form url.Values) (*mapping.Mapping, mapping.Faults) {
	if form.Has(FieldText) {
		text := strings.ReplaceAll(form.Get(FieldText), "\r\n", "\n")
		if strings.TrimSpace(text) == "" && saved == nil {
			return nil, nil
		}
		m, err := mapping.Parse([]byte(text))
		if err != nil {
			return saved, faultsIn(err)
		}
		return m, nil
	}
	base := saved
	if text := form.Get(fieldBase); text != "" {
		m, err := mapping.Parse([]byte(text))
		if err != nil {
			return saved, mapping.Faults{{Where: fieldBase, Message: "Cette page est abîmée. Ouvrez-la de nouveau."}}
		}
		base = m
	} else if base == nil {
		base = standing(columns)
	}
	m := copyOf(base)
	faults := readColumns(m, base, columns, form)
	readRules(m, form)
	readFilters(m, form)
	if form.Has("defauts") {
		m.Defauts = map[string]string{}
		for i := range place.Columns {
			name := place.Columns[i].Name
			var kept []string
			for _, v := range form[fieldDefault+name] {
				if v = strings.TrimSpace(v); v != "" {
					kept = append(kept, v)
				}
			}
			if len(kept) > 0 {
				m.Defauts[name] = strings.Join(kept, "|")
			}
		}
		// Those of a field that the form does not offer stay.
		for name, v := range base.Defauts {
			if !slices.Contains(defaultFields, name) {
				m.Defauts[name] = v
			}
		}
	}
	prune(m, columns)
	if saved == nil && form.Get(fieldBase) == "" && string(m.JSON()) == string(standing(columns).JSON()) {
		return nil, faults
	}
	return m, faults
}

func faultsIn(err error) mapping.Faults {
	var f mapping.Faults
	if errors.As(err, &f) {
		return f
	}
	return mapping.Faults{{Message: "Ce texte ne se lit pas."}}
}

func readColumns(m, base *mapping.Mapping, columns []string, form url.Values) (faults mapping.Faults) {
	type change struct {
		column   string
		was, now use
	}
	var changes []change
	for i, column := range columns {
		n := strconv.Itoa(i)
		if !form.Has(fieldAs + n) {
			continue
		}
		var was use
		if uses := usesOf(base, column); len(uses) > 0 {
			was = uses[0]
		}
		now := use{As: form.Get(fieldAs + n)}
		if !knownRole(now.As) {
			faults = append(faults, mapping.Fault{Where: fieldAs + n, Found: now.As, Message: "Ce choix n’existe pas pour la colonne « " + column + " »."})
			continue
		}
		if kind, of, _ := strings.Cut(now.As, ":"); kind == "cases" {
			now.Gives = form.Get(fieldGives + n)
			if now.Gives == "" && was.As == now.As {
				now.Gives = was.Gives
			}
			if now.Gives == "" {
				faults = append(faults, mapping.Fault{Where: fieldGives + n, Message: "Dites quelle valeur de « " + french.Lower(champ(of)) + " » la colonne « " + column + " » donne quand elle est cochée."})
			}
		}
		if was != now {
			changes = append(changes, change{column, was, now})
		}
	}
	for _, c := range changes {
		if c.was.As != "" {
			removeUse(m, c.column, c.was)
		}
		m.Ignorees = slices.DeleteFunc(m.Ignorees, func(one string) bool { return same(one, c.column) })
	}
	for _, c := range changes {
		switch {
		case c.now.As != "":
			addUse(m, c.column, c.now)
		case len(usesOf(m, c.column)) == 0:
			m.Ignorees = append(m.Ignorees, c.column)
		}
	}
	return faults
}

func knownRole(role string) bool {
	return role == "" || slices.ContainsFunc(roles, func(g optionGroup) bool {
		return slices.ContainsFunc(g.Options, func(o option) bool { return o.Value == role })
	})
}

// readRules takes how columns are combined and cut, and the values one by one.
func readRules(m *mapping.Mapping, form url.Values) {
	for i := range place.Columns {
		name := place.Columns[i].Name
		if _, ok := m.Champs[name]; !ok {
			continue
		}
		editRule(m, name, func(r *mapping.Regle) {
			switch form.Get(fieldCombine + name) {
			case "premier":
				if len(r.Joindre) > 1 {
					r.Premier, r.Joindre, r.Avec = r.Joindre, nil, ""
				}
			case "joindre":
				if len(r.Premier) > 1 {
					r.Joindre, r.Premier = r.Premier, nil
				}
			}
			if form.Has(fieldWith+name) && len(r.Joindre) > 0 {
				r.Avec = form.Get(fieldWith + name)
			}
			if form.Has(fieldCut + name) {
				r.Couper = form.Get(fieldCut + name)
			}
			found, written := form[fieldFound+name], form[fieldWritten+name]
			for j := range min(len(found), len(written)) {
				for known := range r.Valeurs {
					if same(known, found[j]) {
						delete(r.Valeurs, known)
					}
				}
				if written[j] != asIs {
					if r.Valeurs == nil {
						r.Valeurs = map[string]string{}
					}
					r.Valeurs[found[j]] = written[j]
				}
			}
		})
	}
	if p := m.Position; p != nil {
		// What goes without saying is not written where nobody wrote it.
		if crs := form.Get("crs"); crs != "" && (p.CRS != "" || crs != "EPSG:4326") {
			p.CRS = crs
		}
		if order := form.Get("ordre"); order != "" && (p.Ordre != "" || order != "latitude longitude") {
			p.Ordre = order
		}
	}
}

// readFilters takes the rows that are kept or left out. One of a regular
// expression has no line in the form.
func readFilters(m *mapping.Mapping, form url.Values) {
	columns, kinds, values, reasons := form["filtre.colonne"], form["filtre.genre"], form["filtre.valeurs"], form["filtre.raison"]
	if len(columns) == 0 || len(kinds) != len(columns) || len(values) != len(columns) || len(reasons) != len(columns) {
		return
	}
	m.Lignes = slices.DeleteFunc(m.Lignes, func(f mapping.Filtre) bool { return f.Motif == "" })
	for i, column := range columns {
		if column == "" {
			continue
		}
		f := mapping.Filtre{Colonne: column, Raison: strings.TrimSpace(reasons[i])}
		var list []string
		for _, v := range strings.Split(values[i], "|") {
			list = append(list, strings.TrimSpace(v))
		}
		if kinds[i] == "garder" {
			f.Garder = list
		} else {
			f.Ecarter = list
		}
		m.Lignes = append(m.Lignes, f)
	}
}

// defaultFields are those of which a source may say something for all its
// places: never what tells one from another.
var defaultFields = []string{"services", "frais_a_charge", "modalites_acces", "modalites_accompagnement", "publics_specifiquement_adresses", "prise_en_charge_specifique",
	"dispositif_programmes_nationaux", "formations_labels", "typologie", "itinerance", "autres_formations_labels", "source", "structure_parente", "telephone", "courriels", "site_web", "prise_rdv"}

// correspondanceView is Correspondance with what its template asks.
type correspondanceView struct {
	Correspondance
	shown  *mapping.Mapping // never nil
	mapper *mapping.Mapper  // nil when it cannot be used
	Base   string
}

func newCorrespondanceView(v Correspondance) correspondanceView {
	out := correspondanceView{Correspondance: v, shown: v.Mapping}
	if v.Mapping != nil {
		out.Base = string(v.Mapping.JSON())
	} else {
		out.shown = standing(v.Depot.Columns)
	}
	if mapper, err := mapping.Compile(out.shown, v.Depot.Columns); err == nil {
		out.mapper = mapper
	}
	return out
}

func (v correspondanceView) Href() string { return "/depots/" + strconv.FormatInt(v.Depot.Number, 10) }

// Standard reports whether the file has the standard's own columns.
func (v correspondanceView) Standard() bool { return v.Mapping == nil }

func (v correspondanceView) SavedText() string {
	if v.Saved == "enregistre" {
		return "La correspondance est enregistrée. Vous pouvez maintenant lire le fichier."
	}
	return ""
}

// YAML is the text of the expert's view: as it was posted, else as it is.
func (v correspondanceView) YAML() string {
	if v.Text != "" {
		return v.Text
	}
	return string(v.shown.YAML())
}

// Fault is what is wrong with a field of the form.
func (v correspondanceView) Fault(field string) string { return faultOf(v.Faults, field) }

// Notices are columns that the mapping names and that this file does not have.
func (v correspondanceView) Notices() (out []string) {
	if v.mapper == nil {
		return nil
	}
	for _, f := range v.mapper.Faults() {
		out = append(out, f.Message)
	}
	return out
}

// columnView is a column of the file, as the form shows it.
type columnView struct {
	N        int
	Name     string
	Examples []string
	As       string // what it is taken for
	Also     []string
	Gives    []option // of a ticked box: values
	Sure     string   // confidence in words
	Percent  int      // -1: nothing was proposed
	Why      string
	Fault    string
	Twin     bool // a column before it has the same name: it cannot be told apart
}

// Groups are what a column may be taken for.
func (v correspondanceView) Groups() []optionGroup { return roles }

func surely(percent int) string {
	switch {
	case percent >= 90:
		return "sûr"
	case percent >= 60:
		return "probable"
	case percent > 0:
		return "à vérifier"
	}
	return "non reconnue"
}

// Columns are those of the file, in its order.
func (v correspondanceView) Columns() (out []columnView) {
	for i, name := range v.Depot.Columns[:min(len(v.Depot.Columns), columnsShown)] {
		c := columnView{N: i, Name: name, Percent: -1, Fault: v.Fault(fieldGives + strconv.Itoa(i))}
		c.Twin = holds(v.Depot.Columns[:i], name)
		if v.Suggestion != nil && i < len(v.Suggestion.Reasons) {
			r := v.Suggestion.Reasons[i]
			c.Percent, c.Sure, c.Why = r.Confidence, surely(r.Confidence), r.Text
			c.Examples = r.Examples
		}
		for _, row := range v.Rows {
			if len(c.Examples) >= 3 {
				break
			}
			if i < len(row.Theirs) && strings.TrimSpace(row.Theirs[i]) != "" && !slices.Contains(c.Examples, row.Theirs[i]) {
				c.Examples = append(c.Examples, row.Theirs[i])
			}
		}
		c.Examples = slices.Clone(c.Examples[:min(3, len(c.Examples))])
		for j := range c.Examples {
			c.Examples[j] = shorten(c.Examples[j], 60)
		}
		for j, u := range usesOf(v.shown, name) {
			if j > 0 {
				c.Also = append(c.Also, roleLabel(u.As))
				continue
			}
			c.As = u.As
			if _, of, ok := strings.Cut(u.As, "cases:"); ok {
				c.Gives = written(of, u.Gives, false)
			}
		}
		out = append(out, c)
	}
	return out
}

// Hidden is how many columns only the text can change.
func (v correspondanceView) Hidden() int { return max(0, len(v.Depot.Columns)-columnsShown) }

// Unnamed is how many columns are taken for nothing.
func (v correspondanceView) Unnamed() (n int) {
	for _, c := range v.Depot.Columns {
		if len(usesOf(v.shown, c)) == 0 {
			n++
		}
	}
	return n
}

func shorten(s string, letters int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > letters {
		return string(r[:letters]) + "…"
	}
	return s
}

// written are what a value may become.
func written(field, now string, leave bool) (out []option) {
	vocabulary, ok := place.VocabularyOf(field)
	if !ok {
		return nil
	}
	seen := now == "" || now == asIs
	for _, value := range vocabulary.Values() {
		out = append(out, option{value, value, value == now})
		seen = seen || value == now
	}
	if !seen {
		out = append([]option{{now, strings.ReplaceAll(now, "|", " et "), true}}, out...)
	}
	if leave {
		nothing := "Rien : ne pas garder"
		if field == "publics_specifiquement_adresses" {
			nothing = "Tout le monde" // as the standard writes it
		}
		out = append([]option{{asIs, "", now == asIs}, {"", nothing, now == ""}}, out...)
	}
	return out
}

// valueView is a value of the file and what it becomes.
type valueView struct {
	Found   string
	Times   int
	Known   string // what the standard reads in it; "" not recognised
	Nearest string // vouliez-vous dire
	Choices []option
}

// valuesView are the values of a field with a vocabulary.
type valuesView struct {
	Field, Title string
	Rows         []valueView
	Unknown      int
	More         int
	Cut          string
	List         bool
}

// Values are the fields whose words are the standard's, those with an unknown
// value first.
func (v correspondanceView) Values() (out []valuesView) {
	for i := range place.Columns {
		c := &place.Columns[i]
		r, ok := v.shown.Champs[c.Name]
		if !ok || c.Vocabulary == nil || len(r.Cases) > 0 || r.Constante != "" {
			continue
		}
		view := valuesView{Field: c.Name, Title: champ(c.Name), Cut: r.Couper, List: c.List != nil}
		times := map[string]int{}
		var order []string
		note := func(value string) {
			if value = strings.TrimSpace(value); value == "" {
				return
			}
			if times[value]++; times[value] == 1 {
				order = append(order, value)
			}
		}
		if r.Motif == "" {
			for n, name := range v.Depot.Columns {
				if !holds(sourcesOf(&r), name) {
					continue
				}
				for _, row := range v.Rows {
					if n < len(row.Theirs) {
						for _, part := range pieces(row.Theirs[n], r.Couper, c.Vocabulary) {
							note(part)
						}
					}
				}
				if v.Suggestion != nil && n < len(v.Suggestion.Reasons) {
					reason := &v.Suggestion.Reasons[n]
					for _, example := range slices.Concat(reason.Examples, reason.Unknown) {
						if strings.HasSuffix(example, "…") {
							continue // cut short: the end of it is another word than theirs
						}
						for _, part := range pieces(example, r.Couper, c.Vocabulary) {
							if times[strings.TrimSpace(part)] == 0 {
								note(part)
							}
						}
					}
				}
			}
		}
		for _, known := range slices.Sorted(maps.Keys(r.Valeurs)) {
			if !slices.ContainsFunc(order, func(one string) bool { return same(one, known) }) {
				order = append(order, known)
			}
		}
		for _, value := range order {
			one := valueView{Found: value, Times: times[value]}
			one.Known, _ = c.Vocabulary.Find(value)
			if !c.Vocabulary.Closed && one.Known == "" {
				one.Known = value
			}
			now := asIs
			for found, written := range r.Valeurs {
				if same(found, value) {
					now = written
				}
			}
			if one.Known == "" && now == asIs {
				view.Unknown++
				one.Nearest, _ = c.Vocabulary.Suggest(value)
			}
			one.Choices = written(c.Name, now, true)
			switch {
			case one.Known == "" || !c.Vocabulary.Closed && one.Known == value:
				one.Choices[0].Label = "Laisser tel quel"
				if c.Vocabulary.Closed {
					one.Choices[0].Label = "Non reconnu : laissé de côté"
				}
			default:
				one.Choices[0].Label = "Lu : " + one.Known
			}
			view.Rows = append(view.Rows, one)
		}
		slices.SortStableFunc(view.Rows, func(a, b valueView) int {
			open := func(x valueView) int {
				if x.Known == "" && x.Choices[0].Selected {
					return 0
				}
				return 1
			}
			if d := open(a) - open(b); d != 0 {
				return d
			}
			return b.Times - a.Times
		})
		if view.More = len(view.Rows) - valuesShown; view.More > 0 {
			view.Rows = view.Rows[:valuesShown]
		} else {
			view.More = 0
		}
		if len(view.Rows) > 0 {
			out = append(out, view)
		}
	}
	slices.SortStableFunc(out, func(a, b valuesView) int { return min(1, b.Unknown) - min(1, a.Unknown) })
	return out
}

// pieces are the values of a cell, as reading it would cut it.
func pieces(cell, cut string, vocabulary *place.Vocabulary) []string {
	parts := strings.FieldsFunc(cell, func(r rune) bool { return r == '|' || strings.ContainsRune(cut, r) })
	if len(parts) == 1 {
		if _, whole := vocabulary.Find(parts[0]); !whole && strings.ContainsAny(cell, ";") {
			return strings.Split(cell, ";")
		}
	}
	return parts
}

// combination is a field that several columns fill.
type combination struct {
	Field, Title string
	Columns      string
	Joined       bool
	With         string
}

// Combined are the fields that several columns fill.
func (v correspondanceView) Combined() (out []combination) {
	for i := range place.Columns {
		name := place.Columns[i].Name
		r := v.shown.Champs[name]
		if list := append(slices.Clone(r.Premier), r.Joindre...); len(list) > 1 {
			out = append(out, combination{name, champ(name), french.Enumerate(quoted(list), " et "), len(r.Joindre) > 0, r.Avec})
		}
	}
	return out
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = "« " + s + " »"
	}
	return out
}

// systems are the coordinates that files are met in.
var systems = []option{
	{Value: "EPSG:4326", Label: "Degrés (GPS, WGS 84)"}, {Value: "EPSG:2154", Label: "Lambert 93, en mètres"}, {Value: "EPSG:27572", Label: "Lambert II étendu, en mètres"},
	{Value: "EPSG:3857", Label: "Mercator des cartes en ligne, en mètres"},
	{Value: "EPSG:3942", Label: "Lambert CC42 (Corse)"}, {Value: "EPSG:3943", Label: "Lambert CC43"}, {Value: "EPSG:3944", Label: "Lambert CC44"}, {Value: "EPSG:3945", Label: "Lambert CC45"},
	{Value: "EPSG:3946", Label: "Lambert CC46"}, {Value: "EPSG:3947", Label: "Lambert CC47"}, {Value: "EPSG:3948", Label: "Lambert CC48"}, {Value: "EPSG:3949", Label: "Lambert CC49"}, {Value: "EPSG:3950", Label: "Lambert CC50 (nord)"},
	{Value: "EPSG:2975", Label: "La Réunion, UTM 40 Sud"}, {Value: "EPSG:5490", Label: "Antilles, UTM 20 Nord"}, {Value: "EPSG:2972", Label: "Guyane, UTM 22 Nord"}, {Value: "EPSG:4471", Label: "Mayotte, UTM 38 Sud"},
}

// positionView is how coordinates are read.
type positionView struct {
	Systems  []option
	Couple   bool
	Backward bool
}

// Where is how coordinates are read; nil when no column holds any.
func (v correspondanceView) Where() *positionView {
	p := v.shown.Position
	if p == nil {
		return nil
	}
	out := &positionView{Couple: p.Couple != "", Backward: p.Ordre == "longitude latitude"}
	seen := false
	for _, s := range systems {
		s.Selected = s.Value == p.CRS || p.CRS == "" && s.Value == "EPSG:4326"
		seen = seen || s.Selected
		out.Systems = append(out.Systems, s)
	}
	if !seen {
		out.Systems = append(out.Systems, option{p.CRS, p.CRS, true})
	}
	return out
}

// filterView is a line of the rows that are kept or left out.
type filterView struct {
	N              int
	Column         string
	Keep           bool
	Values, Reason string
}

// Filters are those that the form can say, and one line more.
func (v correspondanceView) Filters() (out []filterView) {
	for _, f := range v.shown.Lignes {
		if f.Motif == "" {
			out = append(out, filterView{len(out), f.Colonne, len(f.Garder) > 0, strings.Join(append(slices.Clone(f.Garder), f.Ecarter...), "|"), f.Raison})
		}
	}
	return append(out, filterView{N: len(out)})
}

// defaultView is what the source says of all its places.
type defaultView struct {
	Field, Title string
	Boxes        []option
	Text         string
	Open         bool
}

// Defaults are what the source may say of all its places.
func (v correspondanceView) Defaults() (out []defaultView) {
	for _, name := range defaultFields {
		d := defaultView{Field: name, Title: champ(name), Text: v.shown.Defauts[name]}
		d.Open = d.Text != ""
		if vocabulary, ok := place.VocabularyOf(name); ok && len(vocabulary.Values()) <= 20 {
			now := strings.Split(d.Text, "|")
			for _, value := range vocabulary.Values() {
				d.Boxes = append(d.Boxes, option{value, value, slices.Contains(now, value)})
			}
		}
		out = append(out, d)
	}
	return out
}

// Defaulted is how many fields have a default.
func (v correspondanceView) Defaulted() int { return len(v.shown.Defauts) }

// Beyond is what the form has no field for, as text; "" nothing.
func (v correspondanceView) Beyond() string {
	m := mapping.Mapping{Correspondance: 1, Lecture: v.shown.Lecture, Note: v.shown.Note, Champs: map[string]mapping.Regle{}}
	some := m.Lecture != nil || m.Note != ""
	for name, r := range v.shown.Champs {
		boxes := slices.ContainsFunc(r.Cases, func(c mapping.Case) bool { return len(c.Vaut) > 0 })
		column, _ := place.ColumnNamed(name)
		if r.Motif != "" || r.Constante != "" || boxes || r.Sinon != "" || len(r.Valeurs) > 0 && column != nil && column.Vocabulary == nil {
			m.Champs[name] = r
			some = true
		}
	}
	for _, f := range v.shown.Lignes {
		if f.Motif != "" {
			m.Lignes = append(m.Lignes, f)
			some = true
		}
	}
	if !some {
		return ""
	}
	return string(m.YAML())
}

// cellView is a field of a row: what the file says and what was understood.
type cellView struct {
	Title    string
	Columns  string
	Theirs   string
	Ours     string
	Findings []place.Finding
}

// rowView is a row of the preview.
type rowView struct {
	Line  int
	Nom   string
	Left  string
	Cells []cellView
	Rest  []place.Finding // of no field that is shown
	Lacks []string        // what the standard asks for and no column gives
	Bad   bool            // refused
}

// Preview are the first rows beside what was understood of them.
func (v correspondanceView) Preview() (out []rowView) {
	for _, row := range v.Rows[:min(len(v.Rows), rowsShown)] {
		view := rowView{Line: row.Line, Nom: row.Ours["nom"], Left: row.Left}
		var mapped mapping.Mapped
		if v.mapper != nil {
			mapped = v.mapper.Row(row.Theirs)
		}
		told := make([]bool, len(row.Findings))
		for i := range place.Columns {
			c := &place.Columns[i]
			cell := cellView{Title: champ(c.Name), Ours: row.Ours[c.Name]}
			if i < len(mapped.Columns) {
				cell.Columns = mapped.Columns[i]
				cell.Theirs = theirs(v.Depot.Columns, row.Theirs, cell.Columns)
			}
			for j, f := range row.Findings {
				view.Bad = view.Bad || f.Severity == place.Blocking
				if f.Field == c.Name {
					cell.Findings = append(cell.Findings, f)
					told[j] = true
				}
			}
			if cell.Columns == "" && cell.Ours == "" && !slices.ContainsFunc(cell.Findings, func(f place.Finding) bool { return f.Severity == place.Blocking }) {
				if len(cell.Findings) > 0 {
					view.Lacks = append(view.Lacks, c.Title)
				}
				continue
			}
			cell.Theirs, cell.Ours = shorten(cell.Theirs, 200), shorten(cell.Ours, 200)
			if cell.Theirs != "" || cell.Ours != "" || len(cell.Findings) > 0 {
				view.Cells = append(view.Cells, cell)
			}
		}
		for j, f := range row.Findings {
			if !told[j] {
				view.Rest = append(view.Rest, f)
			}
		}
		out = append(out, view)
	}
	return out
}

// theirs are the cells of the columns that a field came from.
func theirs(columns, cells []string, from string) string {
	var out []string
	for _, name := range strings.Split(from, " + ") {
		for i, c := range columns {
			if c == name && i < len(cells) && strings.TrimSpace(cells[i]) != "" {
				out = append(out, cells[i])
				break
			}
		}
	}
	return strings.Join(out, " · ")
}

// ColumnNames are the file's, each once.
func (v correspondanceView) ColumnNames() (out []string) {
	for i, c := range v.Depot.Columns {
		if !holds(v.Depot.Columns[:i], c) {
			out = append(out, c)
		}
	}
	return out
}
