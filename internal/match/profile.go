package match

import (
	"math"
	"slices"
	"strings"

	"mednum/internal/place"
)

// Profile is what a record is compared by: read once, compared often. It does
// not change, and may be used by several at a time.
type Profile struct {
	source      string
	departement string
	commune     string   // folded, without spaces
	communes    []string // its words
	postal      string
	insee       string // of the whole commune, arrondissements together
	name        string // folded words, without the empty ones and the commune's
	proper      []word // of the name: what tells it from others
	kinds       kind   // said by the name
	types       kind   // said by the typology
	numbers     []int  // of the name: "Espace numérique 2"
	address     address
	phone       string
	mails       []string
	domains     []string // of the mails, without those of everybody
	sites       []string // pages
	echoes      string   // domains, hosts and parent: where the name of who runs the place may be heard
	initials    string   // of the name's words
	pivot       string
	position    place.Position // of the place itself: the middle of a commune is none
	bus         bool           // goes about, and its name says so
	round       bool           // a round, says its name, which may be told of the house it starts from
	mobile      bool           // goes about
	poste       bool           // in a post office
}

type word struct {
	text   string
	weight int8 // of 4: what it says of which place it is
}

// address is a postal address reduced to what its spellings share.
type address struct {
	numbers []string
	suffix  string   // "b", "t" …
	way     string   // "rue", "" of a hamlet
	street  []string // without the kind of way and empty words, in order
	rest    []string // a building, a hamlet, a firm, from the other lines
}

// NewProfile reads a record; source is who gave it, departement its code as
// Record.Departement has it, "" when unknown.
//
// The position must be the place's own: that of a commune's middle
// (Record.Approximate) is no evidence, and is never in Place.Position.
func NewProfile(p *place.Place, source, departement string) *Profile {
	f := &Profile{
		source: source, departement: departement, communes: split(p.Commune, false), postal: p.CodePostal, insee: WholeCommune(p.CodeInsee),
		pivot: p.Pivot, phone: p.Telephone, position: p.Position,
	}
	f.communes = slices.DeleteFunc(f.communes, func(w string) bool { return empty[w] || w == "cedex" || w[0] >= '0' && w[0] <= '9' })
	f.commune = strings.Join(f.communes, "")
	f.readName(p.Nom)
	f.address = readAddress(p.Adresse, p.ComplementAdresse)
	for _, m := range p.Courriels {
		m = strings.ToLower(m)
		f.mails = append(f.mails, m)
		if _, domain, ok := strings.Cut(m, "@"); ok && !everybodys[domain] {
			f.domains = append(f.domains, domain)
		}
	}
	for _, s := range p.SiteWeb {
		if s = page(s); s != "" {
			f.sites = append(f.sites, s)
		}
	}
	for _, list := range []*[]string{&f.mails, &f.domains, &f.sites} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	f.echoes = f.hear(p)
	for _, t := range p.Typologie {
		f.types |= typologies[t]
	}
	f.bus = f.kinds&kindBus != 0
	f.mobile = f.bus || strings.Contains(f.name, "itineran") || slices.Contains(p.Itinerance, "Itinérant") && !slices.Contains(p.Itinerance, "Fixe")
	f.round = !f.bus && strings.Contains(f.name, "itineran")
	f.poste = (f.kinds|f.types)&kindPoste != 0 || strings.HasPrefix(f.pivot, "356000000") || slices.Contains(f.domains, "laposte.fr") ||
		postal(f.address.rest) || postal(split(p.StructureParente, false))
	return f
}

// postal reports whether words name a post office.
func postal(words []string) bool {
	for i, w := range words {
		if w == "poste" && (i == 0 || words[i-1] != "ancienne") {
			return true
		}
	}
	return false
}

// hear gathers what else may tell who runs a place: the organisation's name is
// heard in its addresses on the web.
func (f *Profile) hear(p *place.Place) string {
	var b strings.Builder
	for _, m := range f.mails {
		local, domain, _ := strings.Cut(m, "@")
		if !everybodys[domain] {
			b.WriteString(" " + domain)
		}
		b.WriteString(" " + local)
	}
	for _, s := range f.sites {
		b.WriteString(" " + s)
	}
	b.WriteString(" " + place.Fold(p.StructureParente+" "+p.ComplementAdresse))
	return b.String()
}

// WholeCommune is the commune of a municipal arrondissement: records name
// either.
func WholeCommune(insee string) string {
	switch {
	case insee > "75100" && insee <= "75120":
		return "75056"
	case insee > "69380" && insee <= "69389":
		return "69123"
	case insee > "13200" && insee <= "13216":
		return "13055"
	}
	return insee
}

// readName takes a name apart: kinds of house, numbers, and what is proper to
// it.
func (f *Profile) readName(nom string) {
	list := split(nom, false)
	var said []string
	for i := 0; i < len(list); {
		n := 0
		for _, p := range kindsBy[list[i]] {
			if len(p.words) <= len(list)-i && slices.Equal(p.words, list[i:i+len(p.words)]) {
				f.kinds |= p.kind
				n = len(p.words)
				if p.kind&named != 0 {
					f.proper = append(f.proper, word{strings.Join(p.words, " "), 4})
				}
				break
			}
		}
		if n > 0 {
			said = append(said, list[i:i+n]...)
			i += n
			continue
		}
		w := list[i]
		i++
		if empty[w] {
			continue
		}
		f.initials += w[:1]
		said = append(said, w)
		if n, ok := number(w); ok {
			f.numbers = append(f.numbers, n)
			continue
		}
		if len(w) < 2 || slices.Contains(f.communes, w) || w[0] >= '0' && w[0] <= '9' {
			continue
		}
		weight := int8(4)
		if common[w] {
			weight = 1
		}
		if !slices.ContainsFunc(f.proper, func(x word) bool { return x.text == w }) {
			f.proper = append(f.proper, word{w, weight})
		}
	}
	slices.Sort(f.numbers)
	slices.Sort(said)
	f.name = strings.Join(slices.Compact(said), " ")
}

// number reads a number that tells two rooms apart: "2", "II", "n2".
func number(w string) (int, bool) {
	if n, ok := numerals[w]; ok {
		return n, true
	}
	if len(w) > 2 {
		return 0, false
	}
	n := 0
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return 0, false
		}
		n = 10*n + int(w[i]-'0')
	}
	return n, w != ""
}

// page is an address on the web without what two writers of it write
// otherwise.
func page(s string) string {
	s = strings.ToLower(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s = strings.TrimPrefix(s, "www.")
	s, _, _ = strings.Cut(s, "#")
	return strings.TrimRight(s, "/")
}

func host(page string) string {
	h, _, _ := strings.Cut(page, "/")
	return h
}

func digits(w string) bool { return w[0] >= '0' && w[0] <= '9' }

// readAddress looks for the number and the street, wherever they are: "12 rue
// X", "BP 3, 12 rue X", "Mairie - 12, rue X". Without a kind of way, the first
// part stands for the street: "Le bourg".
func readAddress(adresse, complement string) address {
	a := readLine(split(adresse, true))
	b := readLine(split(complement, true))
	if a.way == "" && b.way != "" && len(b.street) > 0 {
		a, b = b, a
	}
	a.rest = append(a.rest, b.rest...)
	if b.way != "" {
		a.rest = append(a.rest, b.way)
	}
	a.rest = append(a.rest, b.street...)
	return a
}

func readLine(list []string) address {
	var a address
	at := -1
	for i, w := range list {
		// "Place" alone, or before a cut, names nothing.
		if ways[w] && i+1 < len(list) && list[i+1] != "|" && (i == 0 || !ways[list[i-1]]) {
			at = i
			break
		}
	}
	from := at + 1
	if at >= 0 {
		if a.way = list[at]; a.way == "r" {
			a.way = "rue"
		}
		for i := at - 1; i >= 0 && i >= at-6; i-- {
			w := list[i]
			switch {
			case digits(w) && len(w) <= 5:
				n := strings.TrimRight(w, "abcdefghijklmnopqrstuvwxyz")
				if n != w {
					a.suffix = w[len(n) : len(n)+1]
				}
				a.numbers = append(a.numbers, strings.TrimLeft(n, "0"))
				continue
			case w == "bis" || w == "ter" || w == "quater" || len(w) == 1 && w != "|":
				a.suffix = w[:1]
				continue
			case w == "|" || w == "et":
				continue
			}
			break
		}
	} else if len(list) > 0 && digits(list[0]) && len(list[0]) <= 4 {
		a.numbers = append(a.numbers, strings.TrimLeft(list[0], "0"))
		from = 1
	}
	a.numbers = slices.DeleteFunc(a.numbers, func(n string) bool { return n == "" })
	done := false
	for i, w := range list {
		switch {
		case i < from:
			if i != at && w != "|" && !digits(w) && len(w) > 2 && !empty[w] {
				a.rest = append(a.rest, w)
			}
		case w == "|" || w == "bp" || w == "cs" || w == "cedex":
			done = done || len(a.street) > 0
		case done:
			if !digits(w) && len(w) > 1 && !empty[w] {
				a.rest = append(a.rest, w)
			}
		case digits(w) && len(w) == 5:
			done = true // a postal code: what follows is the commune
		case !empty[w]:
			a.street = append(a.street, w)
		}
	}
	return a
}

// Where is a mark of the address, coarse enough for its spellings: Shared
// counts the records that have a value by it.
func (f *Profile) Where() uint64 {
	words := slices.Clone(f.address.street)
	slices.Sort(words)
	h := newHash("w").add(f.departement).add(f.commune)
	for _, w := range words {
		h = h.add(w)
	}
	return uint64(h)
}

// hash is FNV-1a, of parts: the same for ever, for it is kept.
type hash uint64

func newHash(part string) hash { return hash(14695981039346656037).add(part) }

func (h hash) add(part string) hash {
	for i := range len(part) {
		h = (h ^ hash(part[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// mix adds a number.
func (h hash) mix(n int64) hash {
	for range 8 {
		h = (h ^ hash(n&0xff)) * 1099511628211
		n >>= 8
	}
	return h
}

// Version of what is read, weighed and blocked. A store that kept keys or
// comparisons of another version must make them anew.
const Version = 1

// MaxKeys is how many blocking keys a record has at most.
const MaxKeys = 24

// Keys appends the marks of which two records must share one to be compared.
// They depend on the record alone, and the surest come first.
//
// A store may leave out a key that very many records share: for each that says
// little in a large town (a street, a kind of house), there is another that says
// more (the number in the street, a word of the name with the kind, the next
// doors).
func (f *Profile) Keys(dst []uint64) []uint64 {
	begin := len(dst)
	put := func(h hash) {
		if len(dst)-begin < MaxKeys && !slices.Contains(dst[begin:], uint64(h)) {
			dst = append(dst, uint64(h))
		}
	}
	// Two points in one square of a grid, or in two that touch, share a corner.
	corners := func(grid hash, steps float64) {
		y, x := math.Floor(f.position.Latitude()*steps), math.Floor(f.position.Longitude()*steps/1.5)
		for i := range 4 {
			put(grid.mix(int64(y) + int64(i&1)).mix(int64(x) + int64(i>>1)))
		}
	}
	if f.phone != "" {
		put(newHash("t").add(f.departement).add(f.phone))
	}
	for _, m := range f.mails[:min(2, len(f.mails))] {
		put(newHash("m").add(f.departement).add(m))
	}
	if len(f.pivot) == 14 {
		put(newHash("p").add(f.pivot))
	}
	zone := f.zone()
	if len(f.sites) > 0 {
		put(zone.add("s").add(f.sites[0]))
	}
	street := ""
	if n := len(f.address.street); n > 0 {
		street = f.address.street[n-1] // the last word is the least often shortened
		if len(f.address.numbers) > 0 {
			put(zone.add("d").add(f.address.numbers[0]).add(street))
		}
	}
	var strong [3]string
	words := 0
	for _, w := range f.proper {
		if w.weight > 1 && words < len(strong) {
			strong[words] = w.text
			words++
		}
	}
	for i := 1; i < words; i++ {
		put(zone.add("c").add(min(strong[i-1], strong[i])).add(max(strong[i-1], strong[i])))
	}
	if f.position.Known() {
		corners(newHash("h"), 1000) // some 110 m
	}
	kinds := f.kinds | f.types
	if f.poste {
		kinds |= kindPoste
	}
	n := 0
	for k := kind(1); k <= lastKind && n < 2; k <<= 1 {
		if kinds&k == 0 {
			continue
		}
		if n++; n == 1 && f.position.Known() {
			corners(newHash("g").mix(int64(k)), 1000./3)
		}
		if street != "" {
			put(zone.add("b").add(street).mix(int64(k)))
		}
		for _, w := range strong[:words] {
			put(zone.add("n").add(w).mix(int64(k)))
		}
		put(zone.add("k").mix(int64(k)))
	}
	if street != "" {
		put(zone.add("a").add(street))
	}
	return dst
}

// zone is where a name, a street or a kind of house means one place: the
// commune, or in Paris, Lyon and Marseille the arrondissement.
func (f *Profile) zone() hash {
	z := newHash("z").add(f.departement).add(f.commune)
	if f.commune == "paris" || f.commune == "lyon" || f.commune == "marseille" {
		z = z.add(f.postal)
	}
	return z
}

// siren is the organisation of a SIRET; "" of an RNA or a RIDET.
func (f *Profile) siren() string {
	if len(f.pivot) == 9 || len(f.pivot) == 14 {
		return f.pivot[:9]
	}
	return ""
}

// Shareable gives the values whose number of addresses in the census Compare
// asks for.
func (f *Profile) Shareable() []Value {
	var out []Value
	if f.phone != "" {
		out = append(out, Value{Phone, f.phone})
	}
	for _, m := range f.mails {
		out = append(out, Value{Mail, m})
	}
	for _, d := range f.domains {
		out = append(out, Value{Domain, d})
	}
	for _, s := range f.sites {
		out = append(out, Value{Site, s})
	}
	if f.pivot != "" && len(f.pivot) != 9 {
		out = append(out, Value{Pivot, f.pivot})
	}
	if s := f.siren(); s != "" {
		out = append(out, Value{Siren, s})
	}
	return out
}
