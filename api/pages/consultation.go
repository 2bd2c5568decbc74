package pages

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/quality"
)

// Referentiels is the list of the versions: GET /referentiels. The form that
// forks one posts to /referentiels: depuis, version.
type Referentiels struct {
	Head
	Versions []consultation.Version // newest first
	InForce  string                 // the version; "" none
	Asked    url.Values
	Faults   quality.Faults
}

// Referentiel is a version, readable by anybody and printable: GET
// /referentiels/{version}. Its forms post to …/etapes (vers: the State asked
// for; motif; cloture: YYYY-MM-DD; effet: YYYY-MM-DD) and to …/approbations
// (vote: pour, contre; motif).
type Referentiel struct {
	Head
	Version   consultation.Version
	Document  quality.Referentiel
	InForce   string // the version in force; "" none
	Versions  []consultation.Version
	Remontees []consultation.Remontee
	Next      []Next // the steps that its state allows
	Asked     url.Values
	Faults    quality.Faults
	Saved     string // what was just done, in French; ""
	Now       time.Time
}

// Next is a step that a version may take, what is missing before it can, and
// whether who is signed in may take it.
type Next struct {
	To      consultation.State
	Missing []string // French: consultation.Refusal.Reasons; empty: ready
	May     bool
}

// Differences are two versions compared in words: GET
// /referentiels/{version}/differences?avec=.
type Differences struct {
	Head
	From, To consultation.Version // From: avec
	Versions []consultation.Version
	Changes  []quality.Changement // quality.Compare
}

// Remontees is a consultation: GET /referentiels/{version}/remontees. The form
// posts to the same address: nature, critere, sur, texte, territoire, piece;
// poids for a proposed weight, valeur and chemin for another parameter, libelle
// and question for a proposed criterion. The buttons « Soutenir » and
// « S’opposer » post nature=soutien|opposition and sur.
type Remontees struct {
	Head
	Version   consultation.Version
	Document  quality.Referentiel
	Remontees []consultation.Remontee
	Asked     url.Values // what was posted and refused, or ?critere=
	Faults    quality.Faults
	Saved     int64 // number of the remontée just recorded; 0 none
	Now       time.Time
}

// Remontee is the follow-up of one: GET /remontees/{numero}. The answer's form
// posts to …/reponse: decision, motif.
type Remontee struct {
	Head
	Remontee consultation.Remontee
	Libelle  string                  // of its criterion; ""
	Answers  []consultation.Remontee // the soutiens and oppositions about it
	Asked    url.Values
	Faults   quality.Faults
}

// Simulation is the report for a committee: GET
// /referentiels/{version}/simulation. The form posts to the same address, empty:
// it runs one.
type Simulation struct {
	Head
	Version  consultation.Version
	Document quality.Referentiel
	Report   json.RawMessage // the stored report; nil: none was made
	Stale    bool            // the draft changed since
	Faults   quality.Faults
	// Departements are their names by code: people know theirs by its name.
	Departements map[string]string
}

// Journal is the log, of a version or whole: GET /referentiels/{version}/journal,
// GET /journal.
type Journal struct {
	Head
	Version string // "" the whole log
	Entries []consultation.Entry
	More    string // href of what follows; ""
	Broken  int64  // number of the first entry that does not hold; 0 all hold
}

// SignedIn is who uses the pages, as the header says it.
type SignedIn struct {
	Key access.Key
	May []access.Operation // what its role may do
}

// professional renders a page of the référentiel.
func (p *Pages) professional(w io.Writer, name string, head *Head, v any) error {
	if head.Title == "" {
		head.Title = titles[name]
	}
	return p.render(w, name, *head, v)
}

var titles = map[string]string{
	"score": "La qualité de ce lieu", "declarations": "Le questionnaire du lieu", "contestations": "Contester un résultat", "contestation": "Suivre une contestation",
	"referentiels": "Le référentiel de qualité", "referentiel": "Le référentiel", "differences": "Ce qui change entre deux versions", "edition": "Modifier le brouillon",
	"remontees": "La consultation", "remontee": "Suivre une remontée", "simulation": "La simulation", "journal": "Le journal", "connexion": "Se connecter", "territoire": "Mon territoire", "territoire-lieux": "Les lieux du territoire", "compte": "Mon compte", "comptes": "Les comptes", "personne": "Un compte", "lien": "Entrer",
	"depots": "Donner un fichier", "depot": "Un fichier", "correspondance": "Les colonnes de votre fichier", "rapport": "Le rapport", "changements": "Ce qui change",
	"sources": "Les sources", "source": "Une source", "doublons": "Les doublons possibles", "doublon": "Est-ce le même lieu ?", "provenance": "Les sources d’un lieu", "modification": "Modifier un lieu", "historique": "L’historique d’un lieu", "revisions": "Ce qui a changé", "revision": "Une révision", "signalements": "Les signalements", "traitement": "Un signalement",
}

// referentielsView is Referentiels with what its template asks.
type referentielsView struct{ Referentiels }

// Referentiels writes the list of the versions.
func (p *Pages) Referentiels(w io.Writer, v Referentiels) error {
	return p.professional(w, "referentiels", &v.Head, referentielsView{v})
}

// Current is the version in force; nil when none is.
func (v referentielsView) Current() *consultation.Version {
	for i := range v.Versions {
		if v.Versions[i].Version == v.InForce {
			return &v.Versions[i]
		}
	}
	return nil
}

// Open are the versions on which one may speak.
func (v referentielsView) Open() []consultation.Version {
	var out []consultation.Version
	for _, one := range v.Versions {
		if one.State == consultation.EnConsultation {
			out = append(out, one)
		}
	}
	return out
}

// From is the version that the form proposes to begin with.
func (v referentielsView) From() string {
	if from := v.Asked.Get("depuis"); from != "" {
		return from
	}
	return v.InForce
}

// referentielView is Referentiel with what its template asks.
type referentielView struct{ Referentiel }

// Referentiel writes a version, for reading and for printing.
func (p *Pages) Referentiel(w io.Writer, v Referentiel) error {
	if v.Title == "" {
		v.Title = "Référentiel, version " + v.Version.Version
	}
	return p.professional(w, "referentiel", &v.Head, referentielView{v})
}

// Editable reports whether who is signed in may change it now.
func (v referentielView) Editable() bool {
	return v.Version.Editable() && gate(v.Head, string(access.Draft)).May
}

// Voting reports whether the version is put to the vote.
func (v referentielView) Voting() bool { return v.Version.State == consultation.SimulationValidee }

// Closing is the first day on which a consultation opened now may close.
func (v referentielView) Closing() string {
	return v.Now.In(paris).AddDate(0, 0, 31).Format(time.DateOnly)
}

// part is a dimension of a version with its criteria.
type part struct {
	Code, Libelle string
	Criteres      []quality.Critere
	Points        quality.Nombre
	Share         quality.Nombre // of all the points
}

// Total is what the weights sum to.
func (v referentielView) Total() quality.Nombre { return total(v.Document.Criteres) }

func total(criteria []quality.Critere) quality.Nombre {
	var sum quality.Nombre
	for _, c := range criteria {
		sum += c.Poids
	}
	return sum
}

// Chapters are the criteria by dimension.
func (v referentielView) Chapters() []part {
	all := int64(max(1, v.Total()))
	var out []part
	for _, d := range v.Document.Dimensions {
		p := part{Code: d.Code, Libelle: d.Libelle}
		for _, c := range v.Document.Criteres {
			if c.Dimension == d.Code {
				p.Criteres = append(p.Criteres, c)
			}
		}
		p.Points = total(p.Criteres)
		p.Share = quality.Nombre(int64(p.Points) * int64(quality.Entier) / all)
		out = append(out, p)
	}
	return out
}

// Essentials are the criteria of the guarantees.
func (v referentielView) Essentials() []quality.Critere {
	var out []quality.Critere
	for _, c := range v.Document.Criteres {
		if c.Essentiel {
			out = append(out, c)
		}
	}
	return out
}

// source is how many points come from a kind of evidence.
type source struct {
	term
	Points quality.Nombre
}

// Natures are the three kinds of evidence.
func (v referentielView) Natures() []source {
	var out []source
	for _, n := range []quality.Nature{quality.Calcule, quality.Declare, quality.Verifie} {
		one := source{term: explained(n)}
		for _, c := range v.Document.Criteres {
			if c.Nature == n {
				one.Points += c.Poids
			}
		}
		out = append(out, one)
	}
	return out
}

// worked is an example of the aggregation with round numbers: what is known and
// what is gained, of 100 points.
type worked struct {
	Known, Gained       int
	Observed, Rho, Rest quality.Nombre
	Score               quality.Nombre
	Verdict             string
}

// Worked is computed with the version's own parameters: the page cannot say
// otherwise than the engine.
func (v referentielView) Worked() worked {
	p := v.Document.Parametres
	w := worked{Known: 75, Gained: 60, Observed: 80 * quality.Entier, Rho: p.Rho, Rest: quality.Entier - p.Rho}
	w.Score = quality.Nombre(int64(w.Rest)*80 + int64(w.Rho)*60)
	coverage := quality.Entier * 3 / 4
	for _, n := range p.Niveaux {
		if w.Score < n.Score {
			continue
		}
		switch {
		case coverage < p.Provisoire:
			w.Verdict = "La couverture est trop basse : aucun niveau n’est attribué."
		case coverage < p.Confirme:
			w.Verdict = "La couverture ne suffit pas pour une seule lettre : le résultat est une fourchette."
		case coverage < n.Couverture:
			continue
		default:
			w.Verdict = "Son score permet le niveau " + n.Code + ", si ses garanties essentielles le permettent aussi."
		}
		break
	}
	return w
}

// step of the scale of levels.
type level struct{ Code, Libelle, Sentence string }

// Levels say in words what each asks.
func (v referentielView) Levels() []level {
	var out []level
	for i, n := range v.Document.Parametres.Niveaux {
		var asks []string
		if n.Score > 0 && i < len(v.Document.Parametres.Niveaux)-1 {
			asks = append(asks, "un score d’au moins "+Nombre(n.Score))
		}
		if n.Couverture > 0 {
			asks = append(asks, "au moins "+percent(n.Couverture)+" de points connus")
		}
		if n.EssentielsManquants != nil {
			asks = append(asks, atMost(*n.EssentielsManquants, "garantie qui manque", "garanties qui manquent"))
		}
		if n.EssentielsInconnus != nil {
			asks = append(asks, atMost(*n.EssentielsInconnus, "garantie inconnue", "garanties inconnues"))
		}
		if n.Confiance != nil {
			asks = append(asks, "une confiance d’au moins "+Nombre(*n.Confiance))
		}
		if n.DimensionPlancher != nil {
			asks = append(asks, "aucune dimension sous "+Nombre(*n.DimensionPlancher))
		}
		sentence := french.Capital(and(asks)) + "."
		if len(asks) == 0 {
			sentence = "Tous les autres lieux."
		}
		out = append(out, level{n.Code, french.Capital(n.Libelle), sentence})
	}
	return out
}

func atMost(n int, one, many string) string {
	if n == 0 {
		return "aucune " + one
	}
	return "au plus " + french.Count(n, one, many)
}

// event of a version's history.
type event struct{ Word, When, Text string }

// History is what happened to the version, in order.
func (v referentielView) History() []event {
	x := v.Version
	var out []event
	created := "Créée par " + x.Author.Organisation
	if x.Parent != "" {
		created += " à partir de la version " + x.Parent
	}
	out = append(out, event{created, dayOf(x.Created), ""})
	if !x.Opened.IsZero() {
		out = append(out, event{"Consultation ouverte, jusqu’au " + until(x.Closes), dayOf(x.Opened), ""})
	}
	if x.Justification != "" {
		out = append(out, event{"Justification des effets mesurés", "", x.Justification})
	}
	if !x.Published.IsZero() {
		published := event{"Publiée", dayOf(x.Published), ""}
		if x.Effective.Known() {
			published.Text = "En vigueur à partir du " + longDate(x.Effective.Year, x.Effective.Month, x.Effective.Day) + "."
		}
		out = append(out, published)
	}
	return out
}

// stage of the life of a version.
type stage struct {
	term
	Here, Done bool
}

// Life is the states in order, and where the version stands.
func (v referentielView) Life() []stage {
	order := []consultation.State{consultation.Brouillon, consultation.EnConsultation, consultation.Arbitrage, consultation.SimulationValidee, consultation.Publiee, consultation.Remplacee}
	if v.Version.State == consultation.Abandonnee {
		return []stage{{term: states[consultation.Abandonnee], Here: true}}
	}
	var out []stage
	at := slices.Index(order, v.Version.State)
	for i, s := range order {
		out = append(out, stage{states[s], i == at, i < at})
	}
	return out
}

// nextTitle and nextWho say a step that may follow.
func nextTitle(to consultation.State) string {
	switch to {
	case consultation.Brouillon:
		return "Revenir au brouillon"
	case consultation.EnConsultation:
		return "Ouvrir la consultation"
	case consultation.Arbitrage:
		return "Clore la consultation et arbitrer"
	case consultation.SimulationValidee:
		return "Valider la simulation"
	case consultation.Publiee:
		return "Publier la version"
	case consultation.Abandonnee:
		return "Abandonner la version"
	}
	return word(to)
}

func nextWho(to consultation.State) string {
	op := access.Advance
	if to == consultation.Publiee {
		op = access.Publish
	}
	var who []string
	for _, r := range access.Roles() {
		if access.Allows(r, op) {
			who = append(who, r.Label())
		}
	}
	return french.Enumerate(who, " ou ")
}

// differencesView is Differences with what its template asks.
type differencesView struct{ Differences }

// Differences writes two versions compared in words.
func (p *Pages) Differences(w io.Writer, v Differences) error {
	if v.Title == "" {
		v.Title = "De la version " + v.From.Version + " à la version " + v.To.Version
	}
	return p.professional(w, "differences", &v.Head, differencesView{v})
}

// Jump says whether scores change; "" when nothing does.
func (v differencesView) Jump() string {
	worst := quality.Saut("")
	for _, c := range v.Changes {
		if c.Saut == quality.Majeur || worst == "" {
			worst = c.Saut
		}
	}
	switch worst {
	case "":
		return ""
	case quality.Majeur:
		return "Des scores peuvent changer."
	}
	return "Des textes changent. Aucun score ne change."
}

// changed is what changes about one thing.
type changed struct {
	Critere, Sujet string
	Changes        []quality.Changement
}

// Groups are the changes by what they are about, in their order.
func (v differencesView) Groups() []changed {
	var out []changed
	for _, c := range v.Changes {
		i := slices.IndexFunc(out, func(g changed) bool { return g.Critere == c.Critere && g.Sujet == c.Sujet })
		if i < 0 {
			i = len(out)
			out = append(out, changed{Critere: c.Critere, Sujet: c.Sujet})
		}
		out[i].Changes = append(out[i].Changes, c)
	}
	return out
}

// remonteesView is Remontees with what its template asks.
type remonteesView struct{ Remontees }

// Remontees writes a consultation.
func (p *Pages) Remontees(w io.Writer, v Remontees) error {
	if v.Title == "" {
		v.Title = "Remontées sur la version " + v.Version.Version
	}
	return p.professional(w, "remontees", &v.Head, remonteesView{v})
}

// Open reports whether one may speak now.
func (v remonteesView) Open() bool {
	return v.Version.State == consultation.EnConsultation && (v.Version.Closes.IsZero() || v.Now.Before(v.Version.Closes))
}

// Until says how long one may speak.
func (v remonteesView) Until() string {
	switch {
	case v.Open() && !v.Version.Closes.IsZero():
		days := daysBetween(v.Now.In(paris), v.Version.Closes.Add(-1).In(paris))
		if days <= 0 {
			return "Vous pouvez parler jusqu’à ce soir."
		}
		return "Vous pouvez parler jusqu’au " + until(v.Version.Closes) + ", encore " + french.Count(days, "jour", "jours") + "."
	case v.Version.State == consultation.EnConsultation:
		return "Le délai est passé depuis le " + until(v.Version.Closes) + "."
	}
	return states[v.Version.State].Sentence
}

// Fault is what is wrong with a field. A proposal's are named by their path.
func (v remonteesView) Fault(field string) string {
	for _, f := range v.Faults {
		if fieldOf(f.Where) == field {
			return f.Message
		}
	}
	return ""
}

// fieldOf is the field of a form that a fault is about.
func fieldOf(where string) string { return strings.TrimPrefix(where, "proposition.") }

// Thresholds are the settings of the whole version, as its editing form names
// them.
func (v remonteesView) Thresholds() []choice {
	var out []choice
	for _, r := range quality.Reglages(&v.Document) {
		if r.Critere == "" && (r.Nature == quality.ReglageNombre || r.Nature == quality.ReglageEntier) {
			out = append(out, choice{Value: r.Chemin, Label: r.Libelle + " : " + r.Valeur + inUnit(r.Unite), Checked: v.Asked.Get("chemin") == r.Chemin})
		}
	}
	return out
}

func inUnit(s string) string {
	if s == "" {
		return ""
	}
	return nbsp + s
}

// Count says how many there are, and how many are answered.
func (v remonteesView) Count() string {
	var all, answered int
	for _, r := range v.Remontees.Remontees {
		if r.Kind == consultation.Soutien || r.Kind == consultation.Opposition {
			continue
		}
		all++
		if r.Decision != "" {
			answered++
		}
	}
	if all == 0 {
		return ""
	}
	return french.Count(all, "remontée", "remontées") + ", " + french.Count(answered, "réponse publiée", "réponses publiées") + "."
}

// topic is what some remontées are about.
type topic struct {
	Code, Libelle string
	Remontees     []consultation.Remontee
}

// Topics are the remontées by criterion in the version's order, the whole
// version first. A support of a remontée is counted on it, not listed.
func (v remonteesView) Topics() []topic {
	all := []topic{{Libelle: "La version entière"}}
	at := map[string]int{"": 0}
	for _, c := range v.Document.Criteres {
		at[c.Code] = len(all)
		all = append(all, topic{Code: c.Code, Libelle: c.Libelle})
	}
	for _, r := range v.Remontees.Remontees {
		if r.About != 0 {
			continue
		}
		i, ok := at[r.Critere]
		if !ok { // of a criterion that the draft has withdrawn since
			i = len(all)
			at[r.Critere] = i
			all = append(all, topic{Code: r.Critere, Libelle: "Critère retiré"})
		}
		all[i].Remontees = append(all[i].Remontees, r)
	}
	return slices.DeleteFunc(all, func(t topic) bool { return len(t.Remontees) == 0 })
}

// Kinds are what one may say.
func (v remonteesView) Kinds() []choice {
	details := []struct {
		kind   consultation.Kind
		detail string
	}{
		{consultation.Commentaire, "Une remarque, une question."},
		{consultation.ProposeParametre, "Un autre poids, un autre seuil."},
		{consultation.ProposeCritere, "Quelque chose qui manque."},
		{consultation.EffetTerritorial, "Ce que la règle fait chez vous."},
		{consultation.PieceJustificative, "Une étude, un bilan, une enquête."},
		{consultation.Soutien, "Vous êtes pour ce critère ou cette version."},
		{consultation.Opposition, "Vous êtes contre."},
	}
	asked := v.Asked.Get("nature")
	var out []choice
	for _, d := range details {
		out = append(out, choice{Name: "nature", Value: string(d.kind), Label: word(d.kind) + ".", Detail: d.detail, Checked: asked == string(d.kind)})
	}
	return out
}

// remonteeView is Remontee with what its template asks.
type remonteeView struct{ Remontee }

// Remontee writes the follow-up of one.
func (p *Pages) Remontee(w io.Writer, v Remontee) error {
	if v.Title == "" {
		v.Title = "Remontée " + french.Integer(v.Remontee.Number)
	}
	return p.professional(w, "remontee", &v.Head, remonteeView{v})
}

// Fault is what is wrong with a field.
func (v remonteeView) Fault(field string) string { return faultOf(v.Faults, field) }

// Decisions are the four answers.
func (v remonteeView) Decisions() []choice {
	var out []choice
	for _, d := range []consultation.Decision{consultation.Retenue, consultation.Partielle, consultation.NonRetenue, consultation.Reportee} {
		out = append(out, choice{Value: string(d), Label: word(d), Checked: v.Asked.Get("decision") == string(d)})
	}
	return out
}

// proposal says in words what a remontée proposes; "" when it proposes nothing
// that can be read.
func proposal(r consultation.Remontee) string {
	var p struct {
		Chemin   string          `json:"chemin"`
		Valeur   json.RawMessage `json:"valeur"`
		Libelle  string          `json:"libelle"`
		Question string          `json:"question"`
		Poids    quality.Nombre  `json:"poids"`
	}
	if len(r.Proposal) == 0 || json.Unmarshal(r.Proposal, &p) != nil {
		return ""
	}
	var n quality.Nombre
	value := strings.Trim(string(p.Valeur), `"`)
	if json.Unmarshal(p.Valeur, &n) == nil {
		value = Nombre(n)
	}
	switch {
	case p.Chemin == "poids" || strings.HasSuffix(p.Chemin, ".poids"):
		return "Poids proposé : " + points(n) + "."
	case p.Chemin != "":
		return "Réglage proposé : " + p.Chemin + " = " + value + "."
	case p.Libelle != "" && p.Question != "":
		return "Critère proposé : " + p.Libelle + ". " + p.Question
	case p.Libelle != "":
		return "Critère proposé : " + p.Libelle + "."
	}
	return ""
}

// Journal writes the log.
func (p *Pages) Journal(w io.Writer, v Journal) error {
	if v.Title == "" && v.Version != "" {
		v.Title = "Journal de la version " + v.Version
	}
	return p.professional(w, "journal", &v.Head, v)
}

// contents is what an entry of the log holds, indented for reading.
func contents(payload json.RawMessage) string {
	var b bytes.Buffer
	if len(payload) == 0 || string(payload) == "null" || string(payload) == "{}" || json.Indent(&b, payload, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// instant writes "14 juillet 2026, 9 h 05", in Paris.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(paris)
	return dayOf(t) + ", " + Clock(local.Hour()*60+local.Minute())
}

// factOf says a kind of the log's entries.
func factOf(kind string) string {
	if s, ok := facts[kind]; ok {
		return s
	}
	return kind
}

var facts = map[string]string{
	consultation.LogVersion: "Version créée", consultation.LogText: "Texte modifié", consultation.LogState: "Changement d’état", consultation.LogVote: "Vote",
	consultation.LogSimulation: "Simulation enregistrée", consultation.LogRemontee: "Remontée déposée", consultation.LogVoice: "Voix changée", consultation.LogAnswer: "Réponse à une remontée",
	consultation.LogContest: "Contestation déposée", consultation.LogContestStep: "Étape d’une contestation", consultation.LogKeyCreated: "Clé créée", consultation.LogKeyRevoked: "Clé révoquée",
	consultation.LogRoleGiven: "Rôle donné", consultation.LogRoleTaken: "Rôle retiré", consultation.LogClosed: "Compte fermé", consultation.LogOpened: "Compte rouvert", consultation.LogErased: "Compte effacé",
}

// Territory says where a key is good, by the names of territories.
func (p *Pages) Territory(t access.Territory) string {
	kinds := map[string]string{"commune": "Commune ", "epci": "EPCI ", "departement": "Département ", "region": "Région ", "lieux": "Lieu "}
	kind, ok := kinds[t.Kind]
	if !ok || len(t.Codes) == 0 {
		return "Toute la France"
	}
	var all []string
	for i, code := range t.Codes {
		nom := ""
		if p.named != nil {
			nom = p.named(t.Kind, code)
		}
		switch {
		case nom != "":
			all = append(all, nom+" ("+code+")")
		case i == 0:
			all = append(all, kind+code)
		default:
			all = append(all, code)
		}
	}
	return and(all)
}
