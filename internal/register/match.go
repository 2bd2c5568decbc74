package register

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mednum/internal/match"
	"mednum/internal/place"
)

// Label is how the standard writes the label of this register.
const Label = "France Services"

// Lieu is a place of the census that the register may speak of.
type Lieu struct {
	place.Place
	Identifier  string // ours
	Producteur  string // who gives the record
	Departement string
	Doubt       bool       // its position is doubtful
	Since       place.Date // when the census got the record as it is, at the latest
}

// later reports whether the record may say what was true only after a day. One
// without a date may be as recent as the day on which it came.
func (l *Lieu) later(day place.Date) bool {
	if l.DateMaj.Known() {
		return l.DateMaj.Compare(day) > 0
	}
	return l.Since.Compare(day) > 0
}

// newer says why later does.
func (l *Lieu) newer() string {
	if l.DateMaj.Known() {
		return "la fiche est plus récente que le registre"
	}
	return "la fiche, sans date, est arrivée après le registre"
}

// Declares reports whether the place says that it has the label.
func (l *Lieu) Declares() bool {
	return slices.Contains(l.DispositifProgrammesNationaux, Label) || slices.Contains(l.FormationsLabels, Label)
}

// Titled reports whether the place is named after the label. One that does not
// declare it has no verdict, but may be what an unclaimed entry is looking for.
func (l *Lieu) Titled() bool { return titled(l.Nom) }

// Finding is a verdict's outcome, as the référentiel names it.
type Finding string

const (
	Confirme  Finding = "confirme"
	Contredit Finding = "contredit" // the register covers the place and does not have it, or withdrew the label
	Indecis   Finding = "indecis"   // the register does not say
)

// Verdict is what the register says of a place that declares the label.
type Verdict struct {
	Identifier string   `json:"id"`
	Nom        string   `json:"nom"`
	Finding    Finding  `json:"resultat"`
	Entry      string   `json:"entree,omitempty"`   // of the register, by its identifier
	Distance   *int     `json:"distance,omitempty"` // metres to it; nil unknown
	Reasons    []string `json:"raisons"`            // French sentences
}

// Unclaimed is an entry that no place of the census claims.
type Unclaimed struct {
	Entry
	Lieu string `json:"lieu,omitempty"`     // a place that seems to be it, and does not declare the label
	Nom  string `json:"lieu_nom,omitempty"` // its name
}

// Outcome is what the register says of the census.
type Outcome struct {
	Verdicts  []Verdict   `json:"verdicts"` // of the places that declare the label, in their order
	Unclaimed []Unclaimed `json:"entrees_sans_lieu"`
}

// Distances in metres.
const (
	reach       = 2_000  // an entry nearer than that may be the place, misplaced
	beside      = 60     // the same door
	nearby      = 250    // the same block, or another geocoder's idea of the same address
	townDistant = 5_000  // two points of one address are not farther, but by mistake
	farAway     = 10_000 // beyond, not even a shared commune makes an entry one's own
	round       = 40_000 // how far from its garage a bus goes
	siteDistant = 25_000 // how far a site may be from the entry it belongs to
)

// kinds of proof, weakest first: what a claim rests on.
type kind int

const (
	nothing  kind = iota
	byRound       // the only bus around
	byPlace       // near, in the same commune, and nothing else there
	byName        // name and commune, and nothing else of that name
	byNumber      // telephone or e-mail, and the commune
	byStreet      // the address
	byIdentity
)

// pair is what is known of a place and an entry together.
type pair struct {
	lieu  *prepared
	entry *preparedEntry

	commune  likeness // same, different, or alike: they share a postal code only
	address  likeness
	name     likeness
	contact  bool
	identity bool
	distance float64 // NaN unknown
	kind     kind
}

type prepared struct {
	*Lieu
	proper  []string
	address address
	mobile  bool
	phone   string
}

type preparedEntry struct {
	*Entry
	proper  []string
	address address
	alone   bool // no other entry of the register in its commune
}

// look is what was found for a place.
type look struct {
	lieu  *prepared
	pairs []pair
	best  *pair     // nil: none proves anything, or several as weakly
	rival *prepared // of the same source, claims the same entry better
}

// Match compares places with the register.
func (reg *Register) Match(lieux []Lieu) Outcome {
	x := reg.index()
	out := Outcome{Verdicts: []Verdict{}, Unclaimed: []Unclaimed{}}
	looks := make([]look, len(lieux))
	for i := range lieux {
		l := prepare(&lieux[i])
		looks[i].lieu = l
		if !l.Declares() && !l.Titled() {
			continue
		}
		looks[i].pairs = x.candidates(l)
		looks[i].best = choose(looks[i].pairs)
	}
	oneEach(looks)
	claimed, similar := map[string]bool{}, map[string]*prepared{}
	for i := range looks {
		l := &looks[i]
		if !l.lieu.Declares() {
			if l.best != nil && l.lieu.Titled() && similar[l.best.entry.ID] == nil {
				similar[l.best.entry.ID] = l.lieu
			}
			continue
		}
		v := reg.judge(l)
		if v.Finding == Confirme {
			claimed[v.Entry] = true
		}
		out.Verdicts = append(out.Verdicts, v)
	}
	for i := range reg.Entries {
		e := &reg.Entries[i]
		if claimed[e.ID] || e.State == Withdrawn {
			continue
		}
		u := Unclaimed{Entry: *e}
		if l := similar[e.ID]; l != nil {
			u.Lieu, u.Nom = l.Identifier, l.Nom
		}
		out.Unclaimed = append(out.Unclaimed, u)
	}
	return out
}

// index finds entries by where they are.
type index struct {
	entries []preparedEntry
	commune map[string][]*preparedEntry
	postal  map[string][]*preparedEntry
	cell    map[[2]int][]*preparedEntry
	mobile  []*preparedEntry // and those with several sites
	id      map[string]*preparedEntry
}

func cellOf(p place.Position) [2]int {
	return [2]int{int(math.Floor(p.Latitude() * 10)), int(math.Floor(p.Longitude() * 10))}
}

func (reg *Register) index() *index {
	x := &index{
		entries: make([]preparedEntry, len(reg.Entries)),
		commune: map[string][]*preparedEntry{}, postal: map[string][]*preparedEntry{}, cell: map[[2]int][]*preparedEntry{}, id: map[string]*preparedEntry{},
	}
	for i := range reg.Entries {
		e := &x.entries[i]
		*e = preparedEntry{Entry: &reg.Entries[i], proper: proper(reg.Entries[i].Nom), address: readAddress(reg.Entries[i].Adresse)}
		x.id[e.ID] = e
		if e.CodeInsee != "" {
			c := match.WholeCommune(e.CodeInsee)
			x.commune[c] = append(x.commune[c], e)
		}
		if e.CodePostal != "" {
			x.postal[e.CodePostal] = append(x.postal[e.CodePostal], e)
		}
		if e.Position.Known() {
			x.cell[cellOf(e.Position)] = append(x.cell[cellOf(e.Position)], e)
		}
		if e.Mobile || e.Multisite {
			x.mobile = append(x.mobile, e)
		}
	}
	for i := range x.entries {
		e := &x.entries[i]
		e.alone = len(x.commune[match.WholeCommune(e.CodeInsee)]) == 1
	}
	return x
}

func prepare(l *Lieu) *prepared {
	p := &prepared{Lieu: l, proper: proper(l.Nom), address: readAddress(l.Adresse), phone: lastDigits(l.Telephone)}
	p.mobile = slices.Contains(l.Itinerance, "Itinérant") && !slices.Contains(l.Itinerance, "Fixe") ||
		len(l.Itinerance) == 0 && roaming(l.Nom)
	return p
}

// candidates are the entries that could be the place, each with what is known
// of the two.
func (x *index) candidates(l *prepared) []pair {
	seen := map[*preparedEntry]bool{}
	var out []pair
	add := func(list []*preparedEntry, keep func(e *preparedEntry, metres float64) bool) {
		for _, e := range list {
			if seen[e] {
				continue
			}
			distance := math.NaN()
			if l.Position.Known() && !l.Doubt && e.Position.Known() {
				distance = match.Metres(l.Position, e.Position)
			}
			if keep == nil || keep(e, distance) {
				seen[e] = true
				out = append(out, compare(l, e, distance))
			}
		}
	}
	if e, ok := x.named(l); ok {
		add([]*preparedEntry{e}, nil)
		out[0].identity = true
	}
	add(x.commune[match.WholeCommune(l.CodeInsee)], nil)
	add(x.postal[l.CodePostal], nil)
	if l.Position.Known() && !l.Doubt {
		c := cellOf(l.Position)
		for i := -1; i <= 1; i++ {
			for j := -1; j <= 1; j++ {
				add(x.cell[[2]int{c[0] + i, c[1] + j}], func(_ *preparedEntry, metres float64) bool { return metres <= reach })
			}
		}
	}
	// What goes about, or has sites that the register does not list.
	add(x.mobile, func(e *preparedEntry, metres float64) bool {
		limit := float64(siteDistant)
		if l.mobile && e.Mobile {
			limit = round
		}
		if !math.IsNaN(metres) {
			return metres <= limit
		}
		return l.Departement != "" && l.Departement == e.Departement
	})
	buses := 0
	for i := range out {
		if out[i].entry.Mobile {
			buses++
		}
	}
	for i := range out {
		out[i].weigh(buses == 1)
	}
	return out
}

// named gives the entry whose identifier the place carries. A bare number is
// anybody's: the identifier, or the producer, must name the register.
func (x *index) named(l *prepared) (*preparedEntry, bool) {
	prefix, id, ok := strings.Cut(l.ID, ":")
	if !ok {
		prefix, id = l.Producteur+" "+l.Source, l.ID
	}
	f := strings.ReplaceAll(place.Fold(prefix), "-", " ")
	if !strings.Contains(f, "france services") && !strings.Contains(f, "liste fs") {
		return nil, false
	}
	e, found := x.id[id]
	return e, found
}

func compare(l *prepared, e *preparedEntry, distance float64) pair {
	p := pair{lieu: l, entry: e, distance: distance}
	insee, postal := l.CodeInsee != "" && e.CodeInsee != "", l.CodePostal != "" && e.CodePostal != ""
	named := l.Commune != "" && e.Commune != ""
	switch {
	case insee && match.WholeCommune(l.CodeInsee) == match.WholeCommune(e.CodeInsee):
		p.commune = same
	case named && slices.Equal(words(l.Commune), words(e.Commune)) && (!postal || l.CodePostal == e.CodePostal || l.CodePostal[:2] == e.CodePostal[:2] && !insee):
		p.commune = same
	case postal && l.CodePostal == e.CodePostal:
		p.commune = alike
	case insee || postal:
		p.commune = different
	}
	p.address = l.address.compare(e.address)
	if p.address != same && e.ComplementAdresse != "" {
		if c := l.address.compare(readAddress(e.Adresse + " " + e.ComplementAdresse)); c > p.address {
			p.address = c
		}
	}
	p.name = sameNames(l.proper, e.proper)
	p.contact = l.phone != "" && l.phone == e.Telephone ||
		e.Courriel != "" && slices.ContainsFunc(l.Courriels, func(m string) bool { return strings.EqualFold(m, e.Courriel) })
	return p
}

func (p *pair) within(m float64) bool { return p.distance <= m } // false when unknown

// apart: certainly farther than m.
func (p *pair) apart(m float64) bool { return p.distance > m }

// kindred: both go about, or neither does. A bus is not the desk that it is
// parked behind, though they share address, name and telephone. Where only a
// column says so, and not the name, the very same name at the same address wins.
func (p *pair) kindred() bool {
	return p.lieu.mobile == p.entry.Mobile || p.entry.Multisite ||
		p.name == same && p.address == same && roaming(p.lieu.Nom) == roaming(p.entry.Nom)
}

func roaming(name string) bool { return slices.ContainsFunc(words(name), mobileWord) }

// weigh says what the pair proves. onlyBus: no other bus can be the place's.
func (p *pair) weigh(onlyBus bool) {
	here := p.commune == same || p.commune == alike && !p.apart(reach)
	l, e := p.lieu, p.entry
	switch {
	case p.identity && (here || p.within(townDistant) || p.name == same):
		p.kind = byIdentity
	case !p.kindred():
	case p.address == same && here:
		p.kind = byStreet
	// Sites of one network share a telephone: it takes the name, or the block, too.
	case p.contact && (here && (p.name == same || p.within(nearby)) || l.mobile && p.name >= alike):
		p.kind = byNumber
	case p.name == same && p.commune == same && (e.alone || p.within(nearby)) && !p.apart(townDistant):
		p.kind = byName
	case l.mobile && e.Mobile && p.name >= alike && !p.apart(round):
		p.kind = byName
	case p.within(beside) && p.commune != different && (p.name >= alike || p.address >= alike || e.alone && l.Titled()):
		p.kind = byPlace
	case p.within(nearby) && here && (p.address >= alike || e.alone && l.Titled()):
		p.kind = byPlace
	case !l.mobile && l.Titled() && p.commune == same && e.alone && !e.Multisite && math.IsNaN(p.distance) && !l.address.known() && p.name != different:
		p.kind = byPlace
	case l.mobile && l.Titled() && e.Mobile && onlyBus && p.name == unknowable && !p.apart(round) && e.Departement == l.Departement:
		p.kind = byRound
	}
}

// choose gives the best of the pairs that prove something; nil when none does,
// or when two prove it as weakly.
func choose(pairs []pair) *pair {
	var best *pair
	tie := false
	for i := range pairs {
		p := &pairs[i]
		if p.kind == nothing {
			continue
		}
		if best == nil {
			best = p
			continue
		}
		switch c := p.against(best); {
		case c > 0:
			best, tie = p, false
		case c == 0:
			tie = true
		}
	}
	if tie && best.kind <= byName {
		return nil
	}
	return best
}

// against compares what two pairs of one place prove.
func (p *pair) against(q *pair) int {
	live := func(p *pair) int {
		if p.entry.State == Withdrawn || p.entry.State == Suspended {
			return 0
		}
		return 1
	}
	c := cmp.Or(
		cmp.Compare(p.kind, q.kind),
		cmp.Compare(live(p), live(q)),
		cmp.Compare(p.name, q.name),
	)
	if c == 0 && !math.IsNaN(p.distance) && !math.IsNaN(q.distance) && math.Abs(p.distance-q.distance) > beside {
		c = cmp.Compare(q.distance, p.distance)
	}
	return c
}

// oneEach leaves an entry to the place of a source that claims it best: in one
// building, the library does not take the label of the desk beside it. What
// goes about, or has several sites, has several places.
func oneEach(looks []look) {
	type claim struct{ source, entry string }
	most := map[claim]*look{}
	key := func(l *look) claim { return claim{l.lieu.Producteur, l.best.entry.ID} }
	counts := func(l *look) bool {
		return l.best != nil && l.lieu.Declares() && !l.best.entry.Mobile && !l.best.entry.Multisite
	}
	for i := range looks {
		l := &looks[i]
		if !counts(l) || !l.lieu.Titled() {
			continue
		}
		if q := most[key(l)]; q == nil || l.best.kind > q.best.kind {
			most[key(l)] = l
		}
	}
	for i := range looks {
		l := &looks[i]
		if !counts(l) || l.lieu.Titled() || l.best.kind == byIdentity {
			continue
		}
		if q := most[key(l)]; q != nil {
			l.rival = q.lieu
		}
	}
}

// judge says what the register says of a place that declares the label, and why.
func (reg *Register) judge(l *look) Verdict {
	v := Verdict{Identifier: l.lieu.Identifier, Nom: l.lieu.Nom, Finding: Indecis}
	say := func(format string, args ...any) { v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...)) }
	if p := l.best; p != nil {
		v.Entry = p.entry.ID
		if !math.IsNaN(p.distance) {
			d := int(math.Round(p.distance))
			v.Distance = &d
		}
		v.Reasons = p.reasons()
		say("Au registre%s : « %s » (n° %s).", of(reg.Date), p.entry.Nom, p.entry.ID)
		switch {
		case l.rival != nil:
			say("Un autre lieu de la même source lui correspond mieux : « %s ».", l.rival.Nom)
		case p.entry.State == Active:
			v.Finding = Confirme
			if p.entry.Since.Known() {
				say("Label obtenu le %s.", p.entry.Since.French())
			}
		case p.entry.State == Unclear:
			say("Le registre ne dit pas clairement où en est ce label.")
		case l.lieu.later(reg.Date):
			say("Le label y est %s, mais %s.", p.entry.State, l.lieu.newer())
		default:
			v.Finding = Contredit
			if p.entry.Since.Known() {
				say("Le label y est %s depuis le %s.", p.entry.State, p.entry.Since.French())
			} else {
				say("Le label y est %s.", p.entry.State)
			}
		}
		return v
	}
	switch near, here := l.nearest(), l.here(); {
	case here > 1:
		say("Le registre a %d France Services dans cette commune ou ce code postal.", here)
		say("Rien ne dit lequel serait ce lieu : ni l’adresse, ni le nom, ni le téléphone.")
	case near != nil && near.entry.Mobile && !l.lieu.mobile && near.commune == same:
		say("Le registre a ici « %s » (n° %s), qui est itinérant : ce lieu ne l’est pas.", near.entry.Nom, near.entry.ID)
	case near != nil && !near.kindred() && l.lieu.mobile:
		say("Ce lieu est itinérant ; « %s » (n° %s), au registre, ne l’est pas.", near.entry.Nom, near.entry.ID)
	case near != nil && (near.entry.Mobile || near.entry.Multisite):
		say("« %s » (n° %s) est itinérant ou sur plusieurs sites.", near.entry.Nom, near.entry.ID)
		say("Le registre ne donne pas l’adresse de tous ses points d’accueil.")
	case near != nil && near.commune == different:
		say("Le plus proche au registre, « %s », est à %s, dans une autre commune.", near.entry.Nom, match.Distance(near.distance))
	case near != nil:
		say("Le registre a un seul France Services par ici : « %s » (n° %s).", near.entry.Nom, near.entry.ID)
		say("%s.", near.unlike())
	case l.lieu.CodeInsee == "" && l.lieu.CodePostal == "" && (!l.lieu.Position.Known() || l.lieu.Doubt):
		say("Nous ne savons pas où est ce lieu : ni commune, ni position sûre.")
	case l.lieu.Departement == "" || reg.covered[l.lieu.Departement] == 0:
		say("Le registre n’a aucune entrée dans ce département : il ne le couvre peut-être pas.")
	case reg.holed[l.lieu.Departement] || reg.holed[""]:
		say("Des lignes du registre n’ont pas pu être lues pour ce département.")
	case l.lieu.later(reg.Date):
		say("Aucun France Services du registre dans cette commune, ni à moins de %s.", match.Distance(reach))
		say("Mais %s%s.", l.lieu.newer(), of(reg.Date))
	case l.lieu.mobile && reg.roams(l.lieu.Departement):
		say("Le registre a des France Services itinérants dans ce département, sans leurs arrêts.")
	default:
		v.Finding = Contredit
		say("Aucun France Services du registre dans cette commune, ni à moins de %s.", match.Distance(reach))
		say("Le registre%s couvre ce département : %d entrées.", of(reg.Date), reg.covered[l.lieu.Departement])
	}
	return v
}

// roams reports whether a département has entries whose stops are not listed.
func (reg *Register) roams(departement string) bool {
	return slices.ContainsFunc(reg.Entries, func(e Entry) bool { return e.Departement == departement && e.Mobile })
}

// nearest is the entry within reach that a person would look at first; nil when
// there is none.
func (l *look) nearest() *pair {
	var best *pair
	rank := func(p *pair) int {
		switch {
		case p.commune == same:
			return 3
		case p.commune == alike:
			return 2
		case !(p.entry.Mobile || p.entry.Multisite):
			return 1
		}
		return 0
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		// A shared postal code, or commune, is no reach when the points say otherwise.
		if p.apart(farAway) && !(p.entry.Mobile || p.entry.Multisite) {
			continue
		}
		if best == nil || rank(p) > rank(best) || rank(p) == rank(best) && p.distance < best.distance {
			best = p
		}
	}
	return best
}

// here counts the entries of the place's commune or postal code.
func (l *look) here() int {
	n := 0
	for i := range l.pairs {
		if p := &l.pairs[i]; (p.commune == same || p.commune == alike) && !p.apart(farAway) {
			n++
		}
	}
	return n
}

// reasons are what the pair has in common, in French.
func (p *pair) reasons() []string {
	var out []string
	where := map[likeness]string{
		same: ", dans la même commune", alike: ", sous le même code postal", different: ", dans une autre commune", unknowable: ", commune non précisée",
	}[p.commune]
	away, wrong := "", ""
	switch {
	case math.IsNaN(p.distance):
	case p.apart(townDistant) && p.address == same && p.commune == same:
		wrong = "Leurs positions sont à " + match.Distance(p.distance) + " : l’une des deux est fausse."
	default:
		away = ", à " + match.Distance(p.distance)
	}
	switch {
	case p.kind == byIdentity:
		out = append(out, "Même identifiant que l’entrée du registre"+away+where+".")
	case p.address == same:
		out = append(out, "Même adresse"+away+where+".")
	case p.address == alike:
		out = append(out, "Même rue"+away+where+".")
	case p.kind == byRound:
		out = append(out, "C’est le seul France Services itinérant du registre par ici"+away+".")
	case away != "":
		out = append(out, "À "+match.Distance(p.distance)+where+".")
	default:
		out = append(out, strings.ToUpper(where[2:3])+where[3:]+" ; la distance n’est pas connue.")
	}
	if wrong != "" {
		out = append(out, wrong)
	}
	switch p.name {
	case same:
		out = append(out, "Même nom.")
	case alike:
		out = append(out, "Noms proches.")
	}
	if p.contact {
		out = append(out, "Même téléphone ou même courriel.")
	}
	if p.kind == byPlace && p.entry.alone {
		out = append(out, "C’est le seul France Services de cette commune au registre.")
	}
	return out
}

// unlike says why an entry nearby is not taken for the place.
func (p *pair) unlike() string {
	var what []string
	if p.address == different || p.address == alike {
		what = append(what, "l’adresse")
	}
	if p.name == different {
		what = append(what, "le nom")
	}
	if len(what) == 0 {
		return "Ni l’adresse ni le nom ne suffisent à dire que c’est lui"
	}
	s := strings.ToUpper(what[0][:1]) + what[0][1:]
	if len(what) == 2 {
		s += " et " + what[1] + " diffèrent"
	} else {
		s += " diffère"
	}
	if !math.IsNaN(p.distance) {
		s += ", à " + match.Distance(p.distance)
	}
	return s
}

// of says a date after a noun: " du 1er août 2024".
func of(d place.Date) string {
	if !d.Known() {
		return ""
	}
	return " du " + d.French()
}
