package consultation

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/place"
)

// Label is the state in French, as after "la version est …".
func (s State) Label() string {
	switch s {
	case Brouillon:
		return "en brouillon"
	case EnConsultation:
		return "en consultation"
	case Arbitrage:
		return "en arbitrage"
	case SimulationValidee:
		return "soumise au vote"
	case Publiee:
		return "publiée"
	case Remplacee:
		return "remplacée"
	case Abandonnee:
		return "abandonnée"
	}
	return string(s)
}

// Known is what the guards of a move look at, beside the version itself.
type Known struct {
	Blocking   []string    // what forbids a consultation in the text: French
	Remontees  []Remontee  // about the version
	Simulation *Simulation // of this exact text; nil: none
	Published  []string    // hashes of the versions published and not replaced

	// For a publication: the version in force the day before it takes effect, and
	// how many results of the census are others under this one. Compared is false
	// when that was not looked at.
	Base      string
	Upcoming  []Version // published, and taking effect after that day
	Compared  bool
	Different int
	Examples  []string // some of the places whose result is another
}

// Simulation is what a guard reads of a report.
type Simulation struct {
	Hash     string // of the text that was simulated
	Base     string // the version that it was compared with
	BaseHash string
	Alerts   []string // French: thresholds that are passed
	By       Party
	At       time.Time
}

// ReadSimulation reads the report of a simulation; false when it is not one.
func ReadSimulation(report json.RawMessage) (Simulation, bool) {
	type edition struct {
		Version string `json:"version"`
		Hash    string `json:"empreinte"`
	}
	var r struct {
		Before edition `json:"avant"`
		After  edition `json:"apres"`
		Alerts []struct {
			Text string `json:"phrase"`
		} `json:"alertes"`
		Required bool `json:"justification_requise"`
	}
	if json.Unmarshal(report, &r) != nil || r.Before.Hash == "" || r.After.Hash == "" {
		return Simulation{}, false
	}
	s := Simulation{Hash: r.After.Hash, Base: r.Before.Version, BaseHash: r.Before.Hash}
	for _, a := range r.Alerts {
		s.Alerts = append(s.Alerts, a.Text)
	}
	if r.Required && len(s.Alerts) == 0 {
		s.Alerts = []string{"La simulation demande une justification."}
	}
	return s, true
}

// move is a step of a version's life: who may, and what is missing.
type move struct {
	from, to State
	may      access.Operation
	guard    func(v Version, m Move, at time.Time, k Known) []string
}

// moves is the whole life of a version. A version that a later one replaces
// becomes so by the calendar, by nobody's decision: see Replaced.
var moves = []move{
	{Brouillon, EnConsultation, access.Advance, mayOpen},
	{EnConsultation, Arbitrage, access.Advance, mayArbitrate},
	{Arbitrage, SimulationValidee, access.Advance, mayValidate},
	{SimulationValidee, Publiee, access.Publish, mayPublish},
	{Brouillon, Abandonnee, access.Advance, mayAbandon},
	{EnConsultation, Abandonnee, access.Advance, mayAbandon},
	{Arbitrage, Abandonnee, access.Advance, mayAbandon},
	{SimulationValidee, Abandonnee, access.Advance, mayAbandon},
}

// Next lists where the version may go by somebody's decision.
func (v Version) Next() []State {
	var next []State
	for _, m := range moves {
		if m.from == v.State {
			next = append(next, m.to)
		}
	}
	return next
}

// Missing tells, in French, all that keeps the version from that move,
// whoever asks; nothing when it may be made.
func (v Version) Missing(m Move, at time.Time, k Known) []string {
	for _, step := range moves {
		if step.from == v.State && step.to == m.To {
			return step.guard(v, m, at, k)
		}
	}
	return []string{v.noSuchMove(m.To)}
}

func (v Version) noSuchMove(to State) string {
	next := v.Next()
	if len(next) == 0 {
		return fmt.Sprintf("La version %s est %s : son état ne change plus.", v.Version, v.State.Label())
	}
	if to == v.State {
		return fmt.Sprintf("La version %s est déjà %s.", v.Version, v.State.Label())
	}
	names := make([]string, len(next))
	for i, s := range next {
		names[i] = s.Label()
	}
	return fmt.Sprintf("La version %s est %s : elle ne peut devenir que %s.", v.Version, v.State.Label(), strings.Join(names, " ou "))
}

// Advance makes the move, or says why not: an *access.Denial, or a *Refusal
// with every reason.
func (v Version) Advance(m Move, by access.Key, at time.Time, k Known) (Version, error) {
	at = Instant(at)
	i := slices.IndexFunc(moves, func(step move) bool { return step.from == v.State && step.to == m.To })
	if i < 0 {
		if err := by.Check(access.Advance, at); err != nil && by.Check(access.Publish, at) != nil {
			return Version{}, err
		}
		return Version{}, &Refusal{[]string{v.noSuchMove(m.To)}}
	}
	if err := by.Check(moves[i].may, at); err != nil {
		return Version{}, err
	}
	missing := moves[i].guard(v, m, at, k)
	switch {
	case !legible(m.Reason):
		missing = append(missing, illegible)
	case utf8.RuneCountInString(m.Reason) > longestText:
		missing = append(missing, tooLong("Le motif", m.Reason))
	}
	if len(missing) > 0 {
		return Version{}, &Refusal{missing}
	}
	v.State, v.Changed = m.To, at
	switch m.To {
	case EnConsultation:
		v.Opened, v.Closes = at, Instant(m.Closes)
		if m.Closes.IsZero() {
			v.Closes = afterDays(at, consultationDays)
		}
	case SimulationValidee:
		v.Justification = strings.TrimSpace(m.Reason)
	case Publiee:
		v.Published, v.Effective = at, m.Effective
	}
	return v, nil
}

func mayOpen(_ Version, m Move, at time.Time, k Known) []string {
	var missing []string
	if !m.Closes.IsZero() && m.Closes.Before(at.AddDate(0, 0, consultationDays)) {
		missing = append(missing, fmt.Sprintf("Une consultation dure au moins %d jours : choisissez une clôture le %s ou après.",
			consultationDays, DayOf(at.AddDate(0, 0, consultationDays)).French()))
	}
	return append(missing, blocked(k)...)
}

// blocked says what the checks of the text found.
func blocked(k Known) []string {
	missing := make([]string, 0, len(k.Blocking))
	for _, b := range k.Blocking {
		missing = append(missing, "Le texte est à corriger : "+b)
	}
	return missing
}

func mayArbitrate(v Version, _ Move, at time.Time, _ Known) []string {
	if v.Closes.IsZero() || at.Before(v.Closes) {
		// The instant belongs to the day that it ends.
		return []string{fmt.Sprintf("La consultation est ouverte jusqu’au %s inclus : l’arbitrage commence après.", DayOf(v.Closes.Add(-1)).French())}
	}
	return nil
}

func mayValidate(v Version, m Move, _ time.Time, k Known) []string {
	var missing []string
	var open []string
	for i := range k.Remontees {
		if r := &k.Remontees[i]; r.Decision == "" || strings.TrimSpace(r.Reason) == "" {
			open = append(open, "n° "+strconv.FormatInt(r.Number, 10))
		}
	}
	switch n := len(open); {
	case n == 1:
		missing = append(missing, "Une remontée attend sa réponse motivée : "+open[0]+".")
	case n > 12:
		missing = append(missing, fmt.Sprintf("%d remontées attendent leur réponse motivée : %s et d’autres.", n, strings.Join(open[:12], ", ")))
	case n > 1:
		missing = append(missing, fmt.Sprintf("%d remontées attendent leur réponse motivée : %s.", n, strings.Join(open, ", ")))
	}
	switch s := k.Simulation; {
	case s == nil || s.Hash != v.Hash:
		missing = append(missing, "Aucune simulation n’a été faite sur le texte actuel : lancez-la.")
	case !slices.Contains(k.Published, s.BaseHash):
		missing = append(missing, fmt.Sprintf("La simulation compare avec la version %s, qui n’est plus publiée : relancez-la.", s.Base))
	case len(s.Alerts) > 0 && !written(m.Reason, 30):
		missing = append(missing, "La simulation dépasse des seuils : écrivez une justification d’au moins 30 lettres. "+strings.Join(s.Alerts, " "))
	}
	return append(missing, blocked(k)...)
}

func mayPublish(v Version, m Move, at time.Time, k Known) []string {
	var missing []string
	pour, contre := 0, 0
	other := false
	var voices []Party
	for _, a := range v.Approvals {
		if slices.ContainsFunc(voices, a.By.same) {
			continue // one voice an organisation
		}
		voices = append(voices, a.By)
		if a.Vote != Pour {
			contre++
			continue
		}
		pour++
		other = other || !a.By.same(v.Author) && (a.By.Key == "" || a.By.Key != v.Author.Key)
	}
	if pour < 2 {
		missing = append(missing, fmt.Sprintf("Il faut l’accord d’au moins deux organisations du comité ; il y en a %d.", pour))
	}
	if pour > 0 && !other {
		missing = append(missing, "L’auteur de la version ne peut pas être seul à l’approuver.")
	}
	if pour <= contre {
		missing = append(missing, fmt.Sprintf("Il faut plus de votes pour que de votes contre ; il y a %d pour et %d contre.", pour, contre))
	}
	today := at.UTC()
	switch day := m.Effective; {
	case !day.Known():
		return append(missing, "Il manque la date d’effet : un jour après aujourd’hui.")
	case !day.Time().After(today):
		return append(missing, fmt.Sprintf("La date d’effet (%s) doit être après aujourd’hui.", day.French()))
	}
	for _, u := range k.Upcoming {
		if _, later := jumpFrom(u.Version, v.Version); later {
			missing = append(missing, fmt.Sprintf("La version %s prendra effet après, le %s : choisissez ce jour ou un autre après lui.", u.Version, u.Effective.French()))
		}
	}
	if k.Base == "" {
		return missing
	}
	switch jump, later := jumpFrom(k.Base, v.Version); {
	case !later:
		missing = append(missing, fmt.Sprintf("La version %s sera déjà en vigueur à cette date : donnez à celle-ci un numéro plus grand, dans une nouvelle version.", k.Base))
	case jump == major:
	case !k.Compared:
		missing = append(missing, "Des lieux n’ont pas encore de score : les résultats ne peuvent pas être comparés sur tout le recensement. Lancez d’abord « mednum score ».")
	case k.Different > 0:
		examples := ""
		if len(k.Examples) > 0 {
			examples = " Par exemple : " + strings.Join(k.Examples, ", ") + "."
		}
		missing = append(missing, fmt.Sprintf("Le numéro %s annonce des résultats inchangés, mais %s de résultat par rapport à la version %s : il faut une version majeure.%s",
			v.Version, french.Count(k.Different, "lieu change", "lieux changent"), k.Base, examples))
	}
	return missing
}

// NeedsComparison tells whether publishing the version in place of base is
// refused unless every result is the same.
func (v Version) NeedsComparison(base string) bool {
	jump, later := jumpFrom(base, v.Version)
	return base != "" && later && jump != major
}

func mayAbandon(_ Version, m Move, _ time.Time, _ Known) []string {
	if !written(m.Reason, 10) {
		return []string{"Dites pourquoi cette version est abandonnée : au moins 10 lettres."}
	}
	return nil
}

// written tells whether somebody really wrote something.
func written(s string, letters int) bool {
	return utf8.RuneCountInString(strings.TrimSpace(s)) >= letters
}

// Votes.
const (
	Pour   = "pour"
	Contre = "contre"
)

// Approve is a vote of the committee on the version. A second vote of the same
// organisation replaces the first.
func (v Version) Approve(vote, note string, by access.Key, at time.Time) (Version, error) {
	if err := by.Check(access.Approve, at); err != nil {
		return Version{}, err
	}
	vote, note = strings.TrimSpace(vote), strings.TrimSpace(note)
	var missing []string
	if v.State != SimulationValidee {
		missing = append(missing, fmt.Sprintf("La version %s est %s : le comité vote quand sa simulation est validée, avant la publication.", v.Version, v.State.Label()))
	}
	switch {
	case vote != Pour && vote != Contre:
		missing = append(missing, fmt.Sprintf("« %s » n’est pas un vote : écrivez « pour » ou « contre ».", cut(vote)))
	case vote == Contre && !written(note, 10):
		missing = append(missing, "Un vote contre donne son motif : au moins 10 lettres.")
	}
	if by.Siren == "" {
		missing = append(missing, noSiren)
	}
	switch {
	case !legible(note):
		missing = append(missing, illegible)
	case utf8.RuneCountInString(note) > longestText:
		missing = append(missing, tooLong("Le motif", note))
	}
	if len(missing) > 0 {
		return Version{}, &Refusal{missing}
	}
	a := Approval{By: PartyOf(by), At: Instant(at), Vote: vote, Note: note}
	v.Approvals = slices.Clone(v.Approvals)
	if i := slices.IndexFunc(v.Approvals, func(b Approval) bool { return b.By.same(a.By) }); i >= 0 {
		v.Approvals[i] = a
	} else {
		v.Approvals = append(v.Approvals, a)
	}
	return v, nil
}

const noSiren = "Cette clé n’a pas de numéro SIREN : elle ne compte pour aucune organisation."

// Editable tells whether the text of the version may still change.
func (v Version) Editable() bool { return v.State == Brouillon || v.State == Arbitrage }

// Edit checks that the text may be changed by this key.
func (v Version) Edit(by access.Key, at time.Time) error {
	if err := by.Check(access.Draft, at); err != nil {
		return err
	}
	if !v.Editable() {
		return &Refusal{[]string{fmt.Sprintf("La version %s est %s : son texte ne change pas. Il se modifie en brouillon et pendant l’arbitrage.", v.Version, v.State.Label())}}
	}
	return nil
}

// Simulable tells whether a simulation of the version may still be recorded: the
// one that was validated stays.
func (v Version) Simulable() bool {
	return v.State == Brouillon || v.State == EnConsultation || v.State == Arbitrage
}

// Fork begins a version from a published one; all are the numbers ever given.
// Its document is made by the caller.
func (v Version) Fork(number string, all []string, by access.Key, at time.Time) (Version, error) {
	if err := by.Check(access.Draft, at); err != nil {
		return Version{}, err
	}
	var missing []string
	if v.State != Publiee {
		missing = append(missing, fmt.Sprintf("La version %s est %s : une nouvelle version part d’une version publiée.", v.Version, v.State.Label()))
	}
	if _, ok := parseNumber(number); !ok {
		missing = append(missing, fmt.Sprintf("« %s » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.", cut(number)))
	} else if slices.Contains(all, number) {
		missing = append(missing, fmt.Sprintf("Le numéro %s a déjà servi : un numéro ne sert qu’une fois.", number))
	} else if _, later := jumpFrom(v.Version, number); !later {
		missing = append(missing, fmt.Sprintf("Le numéro %s ne vient pas après %s.", number, v.Version))
	}
	if len(missing) > 0 {
		return Version{}, &Refusal{missing}
	}
	at = Instant(at)
	return Version{Version: number, State: Brouillon, Parent: v.Version, Author: PartyOf(by), Created: at, Changed: at}, nil
}

// Standing gives each version the state that it has on a day: a published one
// is replaced once another is in force after it. It returns the numbers whose
// state it changed, and the one in force ("" none).
func Standing(versions []Version, on place.Date) (replaced []string, inForce string) {
	best := -1
	for i := range versions {
		v := &versions[i]
		if v.State != Publiee && v.State != Remplacee || !v.Effective.Known() || v.Effective.Compare(on) > 0 {
			continue
		}
		if best < 0 || versions[best].before(v) {
			best = i
		}
	}
	if best < 0 {
		return nil, ""
	}
	for i := range versions {
		if v := &versions[i]; i != best && v.State == Publiee && v.before(&versions[best]) {
			v.State = Remplacee
			replaced = append(replaced, v.Version)
		}
	}
	return replaced, versions[best].Version
}

// before orders published versions by the day on which they take effect.
func (v *Version) before(w *Version) bool {
	if c := v.Effective.Compare(w.Effective); c != 0 {
		return c < 0
	}
	return v.Published.Before(w.Published)
}

// jump is what changes between two numbers of versions.
type jump int

const (
	major jump = iota
	minor
	patch
)

var numberForm = regexp.MustCompile(`^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$`)

func parseNumber(s string) (n [3]int, ok bool) {
	m := numberForm.FindStringSubmatch(s)
	if m == nil {
		return n, false
	}
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1])
	}
	return n, true
}

// CompareNumbers orders the numbers of versions; what is none comes first.
func CompareNumbers(a, b string) int {
	m, _ := parseNumber(a)
	n, _ := parseNumber(b)
	return slices.Compare(m[:], n[:])
}

// jumpFrom tells what changes from a number to another, and whether that one is
// greater.
func jumpFrom(from, to string) (j jump, later bool) {
	a, _ := parseNumber(from)
	b, _ := parseNumber(to)
	for i := range a {
		if a[i] != b[i] {
			return jump(i), b[i] > a[i]
		}
	}
	return patch, false
}
