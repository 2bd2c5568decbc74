package pages

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/hours"
	"mednum/internal/place"
)

// Fields of the form of a place that are no column of the standard. A day of the
// week is a number, Monday 0; public holidays are day "f".
const (
	EditVersion  = "version"     // of the data that the form was made of
	EditBefore   = "avant"       // cells of the place then, JSON by column
	EditGesture  = "geste"       // what the button does
	EditReason   = "raison"      // why, shown in public
	EditReport   = "signalement" // number of the report that it answers
	EditTry      = "essai"       // only tell what would come of it
	EditApart    = "autre_lieu"  // a new place is none of those that it resembles
	EditPublics  = "publics"     // "tous", "certains", "": what publics_specifiquement_adresses is
	EditShown    = "h.montre"    // the hours that the form shows, in OSM's words or in any
	EditText     = "h.texte"     // the same, to be edited as text
	EditRest     = "h.reste"
	EditSchool   = "h.vacances"
	EditSinon    = "h.sinon"
	Appointment  = "sur rendez-vous"
	DayOpen      = "ouvert"
	DayClosed    = "ferme"
	DayAsked     = "rdv"
	DayOtherwise = "note"
	HolidayDay   = "f"
)

// EditDay names a field of a day: "h.0.etat", and of an opening: "h.0.1.de".
func EditDay(day, field string) string { return "h." + day + "." + field }

// EditSlot: see EditDay.
func EditSlot(day string, slot int, field string) string {
	return "h." + day + "." + strconv.Itoa(slot) + "." + field
}

// EditDays are the days of the form, in its order.
var EditDays = []string{"0", "1", "2", "3", "4", "5", "6", HolidayDay}

// DayState is what the form says of a line of a table.
func DayState(d *hours.TableDay) string {
	switch {
	case d.Closed:
		return DayClosed
	case d.Note == Appointment:
		return DayAsked
	case d.Note != "":
		return DayOtherwise
	case len(d.Slots) > 0:
		return DayOpen
	}
	return ""
}

// Modification is the form of a place: GET, POST
// /collections/lieux/items/{id}/modification, and /lieux/ajout for a new one.
type Modification struct {
	Head
	ID       string // "": a new place
	Nom      string
	Commune  string
	Given    map[string]string // cells that the form shows and does not change: id, source, date_maj
	Asked    url.Values        // the form as it was filled in
	Findings []place.Finding
	Hours    []string       // the hours as citizens read them
	Where    string         // French: where the point is now
	Near     place.Position // where the map begins when there is no point; may be unknown
	Geocoder bool           // addresses can be searched
	Located  []Choice       // what the address search found: Query is "latitude,longitude"
	Confirm  *Confirmation
	Stale    *history.Stale // somebody else changed the place meanwhile
	Twins    []history.Twin // of a new place: those that it may be
	Open     string         // section to open
	Saved    string
}

// Confirmation is what a form would change, before it is published.
type Confirmation struct {
	Changes       []place.FieldChange
	Before, After string // the score, in French; "" unknown
	Level         string // French: what becomes of the level; ""
}

// field is a field of the form.
type field struct {
	Name, Label, Help string
	Kind              string // "ligne", "texte", "lignes", "cases", "publics", "choix", "donne"
	Mode              string // inputmode
	Auto              string // autocomplete
	Most              int    // letters
	Short             bool
}

// EditPhone is a number as the form shows it.
func EditPhone(cell string) string {
	if shown, _ := Phone(cell); shown != "" {
		return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(shown)
	}
	return cell
}

type editSection struct {
	ID, Title, Icon string
	Fields          []field
}

// editSections are the standard's columns in the order in which people think of
// a place, with their own words.
var editSections = []editSection{
	{"lieu", "Le lieu", "pin", []field{
		{Name: "nom", Label: "Nom du lieu", Help: "Celui que les gens connaissent.", Kind: "ligne", Most: 300},
		{Name: "structure_parente", Label: "Qui le porte", Help: "La ville, l’association… si son nom est différent.", Kind: "ligne", Most: 300},
		{Name: "typologie", Label: "Quelle sorte de lieu", Kind: "choix"},
	}},
	{"adresse", "L’adresse", "map", []field{
		{Name: "adresse", Label: "Numéro et rue", Kind: "ligne", Most: 300},
		{Name: "complement_adresse", Label: "Complément", Help: "Bâtiment, étage, entrée.", Kind: "ligne", Most: 300},
		{Name: "code_postal", Label: "Code postal", Kind: "ligne", Mode: "numeric", Most: 20, Short: true},
		{Name: "commune", Label: "Commune", Kind: "ligne", Most: 200},
	}},
	{"contact", "Le contact", "phone", []field{
		{Name: "telephone", Label: "Téléphone", Help: "Le numéro qui renseigne le public.", Kind: "ligne", Mode: "tel", Most: 100, Short: true},
		{Name: "courriels", Label: "Adresses mail", Kind: "lignes", Mode: "email", Most: 300},
		{Name: "site_web", Label: "Sites web", Help: "L’adresse entière, avec https://.", Kind: "lignes", Mode: "url", Most: 2000},
	}},
	{"horaires", "Les horaires", "clock", nil},
	{"services", "Ce qu’on y fait", "talk", []field{
		{Name: "services", Label: "Les services", Kind: "cases"},
		{Name: "modalites_accompagnement", Label: "Comment on y est aidé", Kind: "cases"},
		{Name: "itinerance", Label: "Fixe ou itinérant", Help: "Un bus, une permanence qui change de village : itinérant.", Kind: "cases"},
	}},
	{"public", "Pour qui", "people", []field{
		{Name: "publics_specifiquement_adresses", Label: "À qui s’adresse ce lieu", Kind: "publics"},
		{Name: "prise_en_charge_specifique", Label: "Les personnes que l’équipe sait accueillir", Kind: "cases"},
	}},
	{"acces", "Prix et accès", "euro", []field{
		{Name: "frais_a_charge", Label: "Prix", Kind: "cases"},
		{Name: "modalites_acces", Label: "Comment venir", Kind: "cases"},
		{Name: "prise_rdv", Label: "Page pour prendre rendez-vous", Kind: "ligne", Mode: "url", Most: 2000},
		{Name: "fiche_acces_libre", Label: "Page Acceslibre", Help: "Elle dit si l’on entre facilement en fauteuil.", Kind: "ligne", Mode: "url", Most: 2000},
	}},
	{"presentation", "La présentation", "list", []field{
		{Name: "presentation_resume", Label: "En deux phrases", Help: "280 lettres au plus.", Kind: "texte", Short: true, Most: 2000},
		{Name: "presentation_detail", Label: "En détail", Kind: "texte", Most: 10_000},
	}},
	{"labels", "Programmes et labels", "open", []field{
		{Name: "dispositif_programmes_nationaux", Label: "Programmes nationaux", Kind: "cases"},
		{Name: "formations_labels", Label: "Labels", Kind: "cases"},
		{Name: "autres_formations_labels", Label: "Autres labels", Kind: "lignes", Most: 500},
	}},
	{"codes", "Numéros et codes", "choose", []field{
		{Name: "pivot", Label: "SIRET, RNA ou RIDET", Help: "Le numéro de ce lieu, pas celui de son siège.", Kind: "ligne", Most: 40, Short: true},
		{Name: "code_insee", Label: "Code INSEE de la commune", Help: "Laissez vide : nous le trouvons par l’adresse.", Kind: "ligne", Most: 10, Short: true},
		{Name: "id", Label: "Identifiant", Help: "Donné par la source.", Kind: "donne"},
		{Name: "source", Label: "Qui a donné la fiche", Kind: "donne"},
		{Name: "date_maj", Label: "Mise à jour", Help: "Elle devient aujourd’hui quand vous publiez.", Kind: "donne"},
	}},
}

// EditField tells how a column is in the form: "" when it is not, "cases" for
// boxes, "lignes" for a field a value.
func EditField(column string) string {
	for _, s := range editSections {
		for _, f := range s.Fields {
			if f.Name == column {
				return f.Kind
			}
		}
	}
	return ""
}

type modificationView struct {
	Modification
	Settings
}

// Modification writes the form, or what it would change.
func (p *Pages) Modification(w io.Writer, v Modification) error {
	if v.Title == "" {
		switch {
		case v.ID == "":
			v.Title = "Ajouter un lieu"
		case v.Confirm != nil:
			v.Title = "Avant de publier : " + v.Nom
		default:
			v.Title = "Modifier " + v.Nom
		}
	}
	return p.professional(w, "modification", &v.Head, modificationView{v, p.settings})
}

// Href is where the form is posted.
func (v modificationView) Href() string {
	if v.ID == "" {
		return "/lieux/ajout"
	}
	return v.Place() + "/modification"
}

// Place is the page of the place.
func (v modificationView) Place() string { return "/collections/lieux/items/" + v.ID }

func (v modificationView) SavedText() string {
	switch v.Saved {
	case "confirme":
		return "C’est noté : rien n’a changé. La date de mise à jour est aujourd’hui."
	case "":
		return ""
	}
	return "C’est enregistré."
}

// Carried are the fields of a form that is not shown, as they were filled in.
func (v modificationView) Carried() (out []choiceBox) {
	names := make([]string, 0, len(v.Asked))
	for name := range v.Asked {
		if name != EditGesture && name != EditReason && name != EditTry && name != EditApart {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range v.Asked[name] {
			out = append(out, choiceBox{Name: name, Value: value})
		}
	}
	return out
}

// Reason is why, as they said.
func (v modificationView) Reason() string { return v.Asked.Get(EditReason) }

// choiceBox is a box, a button or a hidden field.
type choiceBox struct {
	Name, Value, Label string
	Checked            bool
}

type editField struct {
	field
	Value    string
	Values   []string // one a line, and one more
	Boxes    []choiceBox
	More     []choiceBox // of a long list: those that are not ticked
	Findings []place.Finding
}

// ID is what labels point at.
func (f editField) ID() string { return "f-" + f.Name }

// Wrong reports whether something has to be corrected.
func (f editField) Wrong() bool {
	return slices.ContainsFunc(f.Findings, func(x place.Finding) bool { return x.Severity == place.Blocking })
}

type editSectionView struct {
	editSection
	Fields []editField
	Digest string // what it says now, in a line; "" nothing
	Open   bool
	Wrong  bool
}

// Sections are those of the form, each with a line of what it says.
func (v modificationView) Sections() (out []editSectionView) {
	for _, s := range editSections {
		one := editSectionView{editSection: s, Open: v.Open == s.ID}
		for _, f := range s.Fields {
			e := v.field(f)
			one.Fields = append(one.Fields, e)
			one.Wrong = one.Wrong || e.Wrong()
			one.Open = one.Open || len(e.Findings) > 0
		}
		if s.ID == "horaires" {
			found := v.findings("horaires")
			one.Open = one.Open || len(found) > 0
			one.Wrong = slices.ContainsFunc(found, func(x place.Finding) bool { return x.Severity == place.Blocking })
		}
		if s.ID == "adresse" && len(v.PositionFindings()) > 0 {
			one.Open = true
		}
		if v.ID == "" && (s.ID == "lieu" || s.ID == "adresse") {
			one.Open = true // nothing can be published without them
		}
		one.Digest = shorten(v.digest(s.ID), 140)
		out = append(out, one)
	}
	return out
}

func (v modificationView) findings(column string) (out []place.Finding) {
	for _, f := range v.Findings {
		if f.Field == column {
			out = append(out, f)
		}
	}
	return out
}

// PositionFindings are what is said of the point.
func (v modificationView) PositionFindings() []place.Finding {
	return append(v.findings("latitude"), v.findings("longitude")...)
}

// HoursFindings are what is said of the hours.
func (v modificationView) HoursFindings() []place.Finding { return v.findings("horaires") }

// Wrongs are what must be corrected, for the top of the page, in its order.
func (v modificationView) Wrongs() (out []place.Finding) {
	for _, f := range v.Findings {
		if f.Severity == place.Blocking {
			out = append(out, f)
		}
	}
	at := func(column string) int {
		n := 0
		for _, s := range editSections {
			if s.ID == column {
				return n
			}
			for _, f := range s.Fields {
				if n++; f.Name == column {
					return n
				}
			}
			if s.ID == "adresse" && (column == "latitude" || column == "longitude") {
				return n
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b place.Finding) int { return at(a.Field) - at(b.Field) })
	return out
}

// Notes are what is worth a look, in the summary.
func (v modificationView) Notes() (out []place.Finding) {
	for _, f := range v.Findings {
		if f.Severity != place.Blocking {
			out = append(out, f)
		}
	}
	return out
}

// Anchor is where a finding's field is.
func (v modificationView) Anchor(f place.Finding) string {
	switch f.Field {
	case "latitude", "longitude":
		return "f-" + f.Field
	case "horaires":
		return "s-horaires"
	case "": // of no field
		return "modification"
	}
	return "f-" + f.Field
}

func (v modificationView) field(f field) editField {
	e := editField{field: f, Value: v.Asked.Get(f.Name), Findings: v.findings(f.Name)}
	switch f.Kind {
	case "donne":
		e.Value = v.Given[f.Name]
		if d, ok := place.ParseDate(e.Value); f.Name == "date_maj" && ok {
			e.Value = longDate(d.Year, d.Month, d.Day)
		}
	case "publics":
		e.Value = v.Publics()
	}
	switch f.Kind {
	case "lignes":
		for _, s := range v.Asked[f.Name] {
			if strings.TrimSpace(s) != "" {
				e.Values = append(e.Values, s)
			}
		}
		e.Values = append(e.Values, "")
	case "cases", "publics", "choix":
		vocabulary, ok := place.VocabularyOf(f.Name)
		if !ok {
			break
		}
		ticked := v.Asked[f.Name]
		values := slices.Clone(vocabulary.Values())
		for _, t := range ticked {
			if !slices.Contains(values, t) {
				values = append(values, t) // of an open vocabulary
			}
		}
		for _, value := range values {
			b := choiceBox{Name: f.Name, Value: value, Label: french.Capital(vocabulary.Label(value)), Checked: slices.Contains(ticked, value)}
			if f.Kind == "choix" && !b.Checked {
				e.More = append(e.More, b)
			} else {
				e.Boxes = append(e.Boxes, b)
			}
		}
		slices.SortStableFunc(e.More, func(a, b choiceBox) int { return strings.Compare(place.Fold(a.Label), place.Fold(b.Label)) })
	}
	return e
}

// Publics is "tous", "certains" or "": as the form says.
func (v modificationView) Publics() string { return v.Asked.Get(EditPublics) }

// Ways are what the form may say of publics_specifiquement_adresses.
func (f editField) Ways() []choiceBox {
	out := []choiceBox{{Value: "tous", Label: "Tout le monde"}, {Value: "certains", Label: "Surtout certaines personnes"}, {Value: "", Label: "Nous ne savons pas"}}
	for i := range out {
		out[i].Checked = out[i].Value == f.Value
	}
	return out
}

// NearLatitude and NearLongitude are where the map begins without a point.
func (v modificationView) NearLatitude() string {
	if !v.Near.Known() {
		return ""
	}
	return coordinate(v.Near.Latitude())
}

// NearLongitude: see NearLatitude.
func (v modificationView) NearLongitude() string { return coordinate(v.Near.Longitude()) }

// OldLatitude and OldLongitude are the point that the place had: what the map
// measures from.
func (v modificationView) OldLatitude() string { return v.Given["latitude"] }

// OldLongitude: see OldLatitude.
func (v modificationView) OldLongitude() string { return v.Given["longitude"] }

// Updated is when the place was last said to be right.
func (v modificationView) Updated() string { return cellSaid("date_maj", v.Given["date_maj"]) }

// Digests are the lines of the sections, by their names.
func (v Modification) Digests() map[string]string {
	out := map[string]string{}
	for _, s := range editSections {
		out[s.ID] = shorten(modificationView{Modification: v}.digest(s.ID), 140)
	}
	return out
}

// digest says in a line what a section holds.
func (v modificationView) digest(section string) string {
	get := func(name string) string { return strings.TrimSpace(v.Asked.Get(name)) }
	join := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
	}
	boxes := func(column string) string {
		vocabulary, ok := place.VocabularyOf(column)
		if !ok {
			return ""
		}
		var out []string
		for _, value := range v.Asked[column] {
			out = append(out, vocabulary.Label(value))
		}
		return strings.Join(out, ", ")
	}
	switch section {
	case "lieu":
		return join(get("nom"), boxes("typologie"))
	case "adresse":
		return join(get("adresse"), strings.TrimSpace(get("code_postal")+" "+get("commune")))
	case "contact":
		phone, _ := Phone(get("telephone"))
		return join(phone, get("courriels"), host(get("site_web")))
	case "horaires":
		if len(v.Hours) > 0 {
			return strings.Join(v.Hours, " ; ")
		}
		return get(EditShown)
	case "services":
		return boxes("services")
	case "public":
		switch v.Publics() {
		case "tous":
			return join("Tout le monde", boxes("prise_en_charge_specifique"))
		case "certains":
			return join(boxes("publics_specifiquement_adresses"), boxes("prise_en_charge_specifique"))
		}
		return boxes("prise_en_charge_specifique")
	case "acces":
		return join(boxes("frais_a_charge"), boxes("modalites_acces"))
	case "presentation":
		return join(get("presentation_resume"), get("presentation_detail"))
	case "labels":
		return join(boxes("dispositif_programmes_nationaux"), boxes("formations_labels"), strings.Join(slices.DeleteFunc(slices.Clone(v.Asked["autres_formations_labels"]), func(s string) bool { return s == "" }), ", "))
	case "codes":
		return join(get("pivot"), v.Given["source"])
	}
	return ""
}

// editDay is a line of the table of hours.
type editDay struct {
	Day, Name  string
	States     []choiceBox
	State      string
	Slots      []editSlot
	Note       string
	NoteField  string
	Add        string // value of the button that adds an opening
	HolidayRow bool
}

type editSlot struct {
	N                      int
	FromName, ToName       string
	From, To               string
	NoteName, Note, Other  string // Other: a note that is not "sur rendez-vous"
	Asked                  bool
	Label, FromID, ToIDent string
}

var editDayNames = map[string]string{"0": "Lundi", "1": "Mardi", "2": "Mercredi", "3": "Jeudi", "4": "Vendredi", "5": "Samedi", "6": "Dimanche", HolidayDay: "Jours fériés"}

// SlotsOf tells how many openings of a day a form has.
func SlotsOf(form url.Values, day string) int {
	n := 0
	for i := range hours.SlotsMaximum {
		if form.Has(EditSlot(day, i, "de")) || form.Has(EditSlot(day, i, "a")) {
			n = i + 1
		}
	}
	return n
}

// Days are the lines of the table.
func (v modificationView) Days() (out []editDay) {
	for _, day := range EditDays {
		d := editDay{Day: day, Name: editDayNames[day], State: v.Asked.Get(EditDay(day, "etat")), Add: "plage:" + day, HolidayRow: day == HolidayDay}
		d.Note, d.NoteField = v.Asked.Get(EditDay(day, "note")), EditDay(day, "note")
		for _, s := range []choiceBox{{Value: "", Label: "Non précisé"}, {Value: DayOpen, Label: "Ouvert"}, {Value: DayClosed, Label: "Fermé"}, {Value: DayAsked, Label: "Sur rendez-vous"}, {Value: DayOtherwise, Label: "Autre"}} {
			if s.Value == DayOtherwise && d.State != DayOtherwise || d.HolidayRow && s.Value == DayAsked {
				continue
			}
			if d.HolidayRow && s.Value == "" {
				s.Label = "Comme d’habitude"
			}
			s.Checked = s.Value == d.State
			d.States = append(d.States, s)
		}
		least := 2
		if d.HolidayRow {
			least = 1
		}
		for i := range max(least, SlotsOf(v.Asked, day)) {
			s := editSlot{N: i + 1, FromName: EditSlot(day, i, "de"), ToName: EditSlot(day, i, "a"), NoteName: EditSlot(day, i, "note")}
			s.From, s.To, s.Note = v.Asked.Get(s.FromName), v.Asked.Get(s.ToName), v.Asked.Get(s.NoteName)
			s.Asked = s.Note == Appointment
			if !s.Asked {
				s.Other = s.Note
			}
			s.Label = d.Name
			if i > 0 {
				s.Label += ", plage " + strconv.Itoa(i+1)
			}
			d.Slots = append(d.Slots, s)
		}
		if len(d.Slots) >= hours.SlotsMaximum || d.HolidayRow && len(d.Slots) > 1 {
			d.Add = ""
		}
		out = append(out, d)
	}
	return out
}

// Unread is a text of hours that nobody can judge; "" when there is none.
func (v modificationView) Unread() string {
	text := strings.TrimSpace(v.Asked.Get(EditShown))
	if text == "" {
		return ""
	}
	if _, err := hours.Parse(text); err != nil {
		return text
	}
	return ""
}

// School reports whether it closes during the school holidays.
func (v modificationView) School() bool { return v.Asked.Get(EditSchool) == DayClosed }

// Sinon is what is said of the rest of the time.
func (v modificationView) Sinon() string { return v.Asked.Get(EditSinon) }

// Get gives a field as it was filled in.
func (v modificationView) Get(name string) string { return v.Asked.Get(name) }

// Title of a column in a summary.
func (c *Confirmation) Rows() []changeRow { return changeRows(c.Changes) }

// changeRow is a column before and after, as people read it.
type changeRow struct {
	Title         string
	Before, After string
	Long          bool // folded
}

func changeRows(changes []place.FieldChange) (out []changeRow) {
	for _, f := range changes {
		r := changeRow{Title: columnLabel(f.Column), Before: cellSaid(f.Column, f.Before), After: cellSaid(f.Column, f.After)}
		r.Long = len(r.Before) > 220 || len(r.After) > 220
		out = append(out, r)
	}
	return out
}

// columnLabel is what the form calls a column.
func columnLabel(column string) string {
	for _, s := range editSections {
		for _, f := range s.Fields {
			if f.Name == column {
				return f.Label
			}
		}
	}
	return champ(column)
}

// cellSaid is a cell as people read it: hours in sentences, lists with labels.
func cellSaid(column, cell string) string {
	if cell == "" {
		return ""
	}
	c, ok := place.ColumnNamed(column)
	switch {
	case !ok:
		return cell
	case c.Kind == place.Hours:
		if h, err := hours.Parse(cell); err == nil {
			return strings.Join(h.Describe(), "\n")
		}
	case c.Kind == place.Phone:
		if shown, _ := Phone(cell); shown != "" {
			return shown
		}
	case c.Kind == place.Day:
		if d, ok := place.ParseDate(cell); ok {
			return longDate(d.Year, d.Month, d.Day)
		}
	case c.Kind == place.Latitude, c.Kind == place.Longitude:
		return strings.Replace(cell, ".", ",", 1)
	case c.List != nil && cell == place.Everybody:
		return "Tout le monde"
	case c.List != nil:
		values := strings.Split(cell, "|")
		if c.Vocabulary != nil {
			for i := range values {
				values[i] = c.Vocabulary.Label(values[i])
			}
			return french.Capital(strings.Join(values, ", "))
		}
		return strings.Join(values, ", ")
	}
	return cell
}

// TheirRows, YourRows and BothTitles tell a conflict.
func (v modificationView) TheirRows() []changeRow { return changeRows(v.Stale.Theirs) }

// YourRows: see TheirRows.
func (v modificationView) YourRows() []changeRow { return changeRows(v.Stale.Yours) }

// BothTitles: see TheirRows.
func (v modificationView) BothTitles() (out []string) {
	for _, column := range v.Stale.Both {
		out = append(out, "« "+columnLabel(column)+" »")
	}
	return out
}
