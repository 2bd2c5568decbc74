package match

import (
	"hash/fnv"
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
	commune     string // folded, without spaces
	postal      string
	insee       string // of the whole commune, arrondissements together
	name        []string
	proper      []word // of the name: what tells it from others
	kinds       kind   // said by the name
	types       kind   // said by the typology, or by labels
	numbers     []int  // of the name: "Espace numérique 2"
	annexe      bool
	address     address
	phone       string
	mails       []string
	sites       []string
	pivot       string
	position    place.Position
	mobile      bool
}

type word struct {
	text   string
	weight float64
}

// address is a postal address reduced to what its spellings share.
type address struct {
	numbers []string
	street  []string // without the kind of way and empty words
	way     string
	rest    []string // a building, a hamlet
}

// NewProfile reads a record; source is who gave it, departement its code as
// Record.Departement has it, "" when unknown.
func NewProfile(p *place.Place, source, departement string) *Profile {
	f := &Profile{source: source, departement: departement, commune: key(split(p.Commune, false)), postal: p.CodePostal, insee: wholeCommune(p.CodeInsee), pivot: p.Pivot, phone: p.Telephone, position: p.Position}
	f.readName(p.Nom, split(p.Commune, false))
	f.address = readAddress(p.Adresse, p.ComplementAdresse, split(p.Commune, false))
	for _, m := range p.Courriels {
		f.mails = append(f.mails, strings.ToLower(m))
	}
	slices.Sort(f.mails)
	f.mails = slices.Compact(f.mails)
	for _, s := range p.SiteWeb {
		if s = page(s); s != "" {
			f.sites = append(f.sites, s)
		}
	}
	slices.Sort(f.sites)
	f.sites = slices.Compact(f.sites)
	for _, t := range p.Typologie {
		f.types |= typologies[t]
	}
	if slices.Contains(p.DispositifProgrammesNationaux, "France Services") {
		f.types |= kindFS
	}
	if strings.HasPrefix(f.pivot, "356000000") {
		f.types |= kindPoste
	}
	f.mobile = f.kinds&kindBus != 0 || slices.Contains(p.Itinerance, "Itinérant") && !slices.Contains(p.Itinerance, "Fixe")
	return f
}

func key(words []string) string { return strings.Join(words, "") }

// wholeCommune is the commune of a municipal arrondissement: records name
// either.
func wholeCommune(insee string) string {
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

func (f *Profile) readName(nom string, commune []string) {
	list := split(nom, false)
	for i := 0; i < len(list); {
		n := 0
		for _, p := range kindsBy[list[i]] {
			if len(p.words) <= len(list)-i && slices.Equal(p.words, list[i:i+len(p.words)]) {
				f.kinds |= p.kind
				n = len(p.words)
				break
			}
		}
		if n > 0 {
			i += n
			continue
		}
		w := list[i]
		i++
		switch {
		case w == "annexe" || w == "antenne":
			f.annexe = true
		case len(w) <= 2 && w[0] >= '0' && w[0] <= '9':
			n := 0
			for _, c := range w {
				if c >= '0' && c <= '9' {
					n = 10*n + int(c-'0')
				}
			}
			f.numbers = append(f.numbers, n)
		case empty[w] || len(w) < 2 || slices.Contains(commune, w):
		default:
			weight := 1.0
			if common[w] {
				weight = 0.25
			}
			if !slices.ContainsFunc(f.proper, func(x word) bool { return x.text == w }) {
				f.proper = append(f.proper, word{w, weight})
			}
		}
	}
	f.name = list
}

// page is an address without what two writers of it write otherwise.
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

func readAddress(adresse, complement string, commune []string) address {
	var a address
	list := split(adresse, true)
	way := slices.IndexFunc(list, func(w string) bool { return ways[w] })
	digits := func(w string) bool { return w[0] >= '0' && w[0] <= '9' }
	from := 0
	if way >= 0 {
		a.way = list[way]
		from = way + 1
		for i := way - 1; i >= 0 && i >= way-5; i-- {
			w := list[i]
			if digits(w) && len(w) <= 5 {
				a.numbers = append(a.numbers, w)
				continue
			}
			if w == "bis" || w == "ter" || w == "quater" || w == "|" || len(w) == 1 || w == "et" {
				continue
			}
			break
		}
	} else if len(list) > 0 && digits(list[0]) {
		a.numbers = append(a.numbers, list[0])
		from = 1
	}
	cut := false
	for i, w := range list {
		switch {
		case w == "|":
			cut = cut || i > from && way >= 0 && i > way
		case i < from || cut:
			if !digits(w) && !empty[w] && !ways[w] {
				a.rest = append(a.rest, w)
			}
		case !empty[w] && !(digits(w) && len(w) == 5):
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
	return hash("w", f.departement, f.commune, strings.Join(words, " "))
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// MaxKeys is how many blocking keys a record has at most.
const MaxKeys = 24

// Keys appends the marks of which two records must share one to be compared.
// They depend on the record alone.
func (f *Profile) Keys(dst []uint64) []uint64 {
	begin := len(dst)
	add := func(parts ...string) {
		if len(dst)-begin < MaxKeys {
			if h := hash(parts...); !slices.Contains(dst[begin:], h) {
				dst = append(dst, h)
			}
		}
	}
	if f.position.Known() {
		// Two points in one square of the grid, or in two that touch, share a
		// corner.
		y, x := math.Floor(f.position.Latitude()/0.003), math.Floor(f.position.Longitude()/0.0045)
		for i := range 4 {
			h := uint64(int64(y)+int64(i&1))*0x9e3779b97f4a7c15 ^ uint64(int64(x)+int64(i>>1))*0xc2b2ae3d27d4eb4f
			dst = append(dst, h)
		}
	}
	if f.phone != "" {
		add("t", f.departement, f.phone)
	}
	for _, m := range f.mails[:min(3, len(f.mails))] {
		add("m", f.departement, m)
	}
	for _, s := range f.sites[:min(2, len(f.sites))] {
		add("s", f.departement, f.commune, s)
	}
	if f.pivot != "" {
		add("p", f.departement, f.pivot)
	}
	zone := f.departement + " " + f.commune
	if len(f.address.street) > 0 {
		add("a", zone, f.address.street[len(f.address.street)-1])
	}
	for k := kind(1); k <= kindPrevention; k <<= 1 {
		if (f.kinds|f.types)&k != 0 {
			add("k", zone, string(rune(k)))
		}
	}
	for _, w := range f.proper {
		add("n", zone, w.text)
	}
	return dst
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
	for _, s := range f.sites {
		out = append(out, Value{Site, s})
	}
	if f.pivot != "" {
		out = append(out, Value{Pivot, f.pivot})
		if len(f.pivot) >= 9 && f.pivot[0] != 'W' {
			out = append(out, Value{Siren, f.pivot[:9]})
		}
	}
	return out
}
