package match

import (
	"math"
	"slices"
	"strings"

	"mednum/internal/place"
)

// found is what a comparison found, without a word yet.
type found struct {
	signals [20]signal
	shared  [20]int // of a shared value: the addresses that have it
	n       int
	score   int
	guard   guard
	outcome Outcome
	metres  float64 // NaN unknown
}

func (f *found) add(s signal) {
	f.signals[f.n] = s
	f.n++
	f.score += weights[s].weight
}

// addShared adds the signal of a value that both have, by how many have it.
func (f *found) addShared(n int, byClass ...signal) {
	f.shared[f.n] = n
	f.add(byClass[ClassOf(n)])
}

func (f *found) has(s signal) bool { return slices.Contains(f.signals[:f.n], s) }

// Weigh is Compare without the sentences: no allocation, for the many pairs
// that nobody will read.
func Weigh(a, b *Profile, shared Shared) (Outcome, int) {
	f := weigh(a, b, shared)
	return f.outcome, f.score
}

func weigh(a, b *Profile, shared Shared) (f found) {
	f.metres = a.metres(b)
	commune := a.sameCommune(b)
	address := a.address.compare(&b.address)
	f.contacts(a, b, shared)
	switch {
	case address == sameNumber && commune != otherCommune:
		f.add(addressSame)
	case address == sameStreet && commune != otherCommune:
		f.add(addressStreet)
	case address == closeNumber && commune != otherCommune:
		f.add(addressClose)
	case address == otherNumber && commune != otherCommune:
		f.add(addressOther)
	case address == otherStreet:
		f.add(addressElsewhere)
	}
	switch m := f.metres; {
	case math.IsNaN(m):
	case m <= 30:
		f.add(near30)
	case m <= 120:
		f.add(near120)
	case m <= 400:
		f.add(near400)
	case m <= 1200:
		f.add(near1200)
	case address == sameNumber && commune != otherCommune:
		f.add(wrongPoint)
	default:
		f.add(far)
	}
	switch commune {
	case otherCommune:
		f.add(communeOther)
	case nearCommune:
		f.add(communeNear)
	}
	kinds := a.sameKind(b)
	name := f.names(a, b, kinds)
	if kinds != unknownKind {
		f.add([...]signal{sameKind: kindsSame, sameType: typesSame, hostKind: kindsHost, otherKind: kindsOther}[kinds])
	}
	if a.poste != b.poste && (a.kinds|a.types)&kindFS != 0 && (b.kinds|b.types)&kindFS != 0 {
		f.add(posteOne)
	}
	if a.poste && b.poste {
		if address == sameNumber || f.metres <= 500 {
			f.add(posteHere)
		} else {
			f.add(posteBoth)
		}
	}
	if a.round != b.round && !a.bus && !b.bus {
		f.add(roundOne)
	}
	if a.source == b.source {
		f.add(sourceSame)
	}
	f.judge(a, b, commune, address, name, kinds)
	return f
}

// contacts compares phone, mail, site and identifiers.
func (f *found) contacts(a, b *Profile, shared Shared) {
	switch {
	case a.phone == "" || b.phone == "":
	case a.phone == b.phone:
		f.addShared(shared(Value{Phone, a.phone}), phoneSame, phoneFew, phoneMany)
	default:
		f.add(phoneOther)
	}
	if len(a.mails) > 0 && len(b.mails) > 0 {
		if n := fewest(a.mails, b.mails, Mail, shared); n > 0 {
			f.addShared(n, mailSame, mailFew, mailMany)
		} else if n := fewest(a.domains, b.domains, Domain, shared); n > 0 {
			f.addShared(n, domainSame, domainFew, domainMany)
		} else {
			f.add(mailOther)
		}
	}
	if len(a.sites) > 0 && len(b.sites) > 0 {
		if n := fewest(a.sites, b.sites, Site, shared); n > 0 {
			f.addShared(n, siteSame, siteFew, siteMany)
		} else if slices.ContainsFunc(a.sites, func(s string) bool {
			return slices.ContainsFunc(b.sites, func(t string) bool { return host(s) == host(t) })
		}) {
			f.add(siteHost)
		} else {
			f.add(siteOther)
		}
	}
	switch {
	case a.pivot == "" || b.pivot == "":
	case a.pivot == b.pivot && len(a.pivot) != 9:
		f.addShared(shared(Value{Pivot, a.pivot}), pivotSame, pivotMany, pivotMany)
	case a.siren() != "" && a.siren() == b.siren():
		f.addShared(shared(Value{Siren, a.siren()}), sirenSame, sirenMany, sirenMany)
	default:
		f.add(pivotOther)
	}
}

// fewest looks among the values that both have for the one that the fewest
// addresses share: 0 when they have none in common.
func fewest(a, b []string, kind Kind, shared Shared) int {
	best := 0
	for _, v := range a {
		if slices.Contains(b, v) {
			if n := max(1, shared(Value{kind, v})); best == 0 || n < best {
				best = n
			}
		}
	}
	return best
}

// Likeness of two names.
type nameLikeness int

const (
	nameMute nameLikeness = iota // one of the two has nothing of its own
	nameIs                       // the same words
	nameHas                      // those of one are all in the other
	nameShares
	nameNone
)

func (f *found) names(a, b *Profile, kinds kindLikeness) nameLikeness {
	var of, with, both int
	strongA, strongB := 0, 0
	for _, w := range a.proper {
		if slices.Contains(b.communes, w.text) {
			continue
		}
		of += int(w.weight)
		strongA += int(w.weight) / 4
		if slices.ContainsFunc(b.proper, func(v word) bool { return Near(v.text, w.text) }) {
			both += int(w.weight)
		}
	}
	for _, w := range b.proper {
		if !slices.Contains(a.communes, w.text) {
			with += int(w.weight)
			strongB += int(w.weight) / 4
		}
	}
	least := min(of, with)
	switch {
	case kinds == otherKind && both >= 4:
		// Two services of a town, or of a valley, bear its name.
		f.add(nameBut)
		return nameShares
	case a.name == b.name && strongA > 0, both >= 4 && 5*both >= 4*max(of, with):
		f.add(nameSame)
		return nameIs
	case strongA == 0 || strongB == 0:
		if a.name == b.name {
			f.add(namePlain)
			return nameIs
		}
		if strongA+strongB > 0 && (echoed(a, b) || echoed(b, a)) {
			f.add(nameEcho)
		}
		return nameMute
	case both >= 4 && 5*both >= 4*least:
		f.add(nameIn)
		return nameHas
	case both >= 4:
		f.add(nameSome)
		return nameShares
	}
	if echoed(a, b) || echoed(b, a) {
		f.add(nameEcho)
		return nameShares
	}
	f.add(nameOther)
	return nameNone
}

// echoed reports whether a word proper to a name is heard in the other's
// addresses on the web, in what it says of its parent, or in the initials of
// its name.
func echoed(f, g *Profile) bool {
	for _, w := range f.proper {
		switch {
		case w.weight == 1:
		case len(w.text) >= 5 && strings.Contains(g.echoes, w.text):
			return true
		case len(w.text) >= 3 && len(w.text) <= 6 && strings.Contains(g.initials, w.text):
			return true
		}
	}
	return false
}

// Likeness of two kinds of house.
type kindLikeness int

const (
	unknownKind kindLikeness = iota
	sameKind                 // both names say it
	sameType                 // the name, or the typology
	hostKind                 // one may run the other under its roof
	otherKind
)

func (f *Profile) sameKind(g *Profile) kindLikeness {
	a, b := f.kinds&^kindBus, g.kinds&^kindBus
	ta, tb := (a|f.types)&^kindBus, (b|g.types)&^kindBus
	switch {
	case a&b != 0 && (a&b&services != 0 || a&services == 0 || b&services == 0):
		return sameKind
	case a&b != 0:
		ta, tb = a&services, b&services // of one house, two services
	case ta&b != 0 || a&tb != 0 || ta&tb != 0 && (a == 0 || b == 0):
		return sameType
	case ta == 0 || tb == 0:
		return unknownKind
	case (a != 0 && b != 0):
		ta, tb = a, b // what the names say is surer
	}
	if all := ta | tb; all&kindFS != 0 && all&hosts != 0 && all&^(hosts|kindFS) == 0 {
		return hostKind
	}
	return otherKind
}

// Likeness of two communes.
type communeLikeness int

const (
	unknownCommune communeLikeness = iota
	sameCommune
	nearCommune // one postal code, or one name within the other's
	otherCommune
)

func (f *Profile) sameCommune(g *Profile) communeLikeness {
	zone := f.postal == "" || g.postal == "" || f.postal[:2] == g.postal[:2]
	switch {
	case f.insee != "" && f.insee == g.insee, f.commune != "" && f.commune == g.commune && zone:
		return sameCommune
	case f.postal != "" && f.postal == g.postal:
		return nearCommune
	case f.commune == "" || g.commune == "":
		if f.postal == "" || g.postal == "" {
			return unknownCommune
		}
		return otherCommune
	case zone && (begins(f.communes, g.communes) || f.names(g) || g.names(f)):
		return nearCommune
	}
	return otherCommune
}

// names reports whether a name says the other's commune.
func (f *Profile) names(g *Profile) bool {
	for _, w := range g.communes {
		if !slices.ContainsFunc(f.proper, func(v word) bool { return v.text == w }) {
			return false
		}
	}
	return len(g.communes) > 0
}

// begins reports whether one name is the beginning of the other: "Tardets" of
// "Tardets-Sorholus", but not "Reims" of "Witry-lès-Reims".
func begins(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	for i, w := range a {
		if !Near(b[i], w) {
			return false
		}
	}
	return len(a) > 0
}

// Likeness of two addresses of one commune.
type addressLikeness int

const (
	unknownAddress addressLikeness = iota
	sameNumber                     // and street; or the same hamlet
	sameStreet                     // one has no number
	closeNumber                    // doors that may be of one building
	otherNumber
	otherStreet
)

func (a *address) compare(b *address) addressLikeness {
	if len(a.street) == 0 || len(b.street) == 0 {
		return unknownAddress
	}
	shared := 0
	for _, w := range a.street {
		if slices.ContainsFunc(b.street, func(v string) bool { return alike(v, w) }) {
			shared++
		}
	}
	short, long := min(len(a.street), len(b.street)), max(len(a.street), len(b.street))
	last := Near(a.street[len(a.street)-1], b.street[len(b.street)-1])
	if a.way == "" || b.way == "" {
		// A hamlet or a building: its name alone tells nothing of a street.
		switch {
		case shared < short || shared == 0:
			return unknownAddress
		case shared < long || plain(a.street):
			return sameStreet
		}
	} else if !(shared == long || shared == short && (last || short > 1) || last && 2*shared >= long) {
		return otherStreet
	}
	switch {
	case len(a.numbers) == 0 && len(b.numbers) == 0:
		return sameNumber
	case len(a.numbers) == 0 || len(b.numbers) == 0:
		return sameStreet
	}
	for _, n := range a.numbers {
		if slices.Contains(b.numbers, n) {
			return sameNumber
		}
	}
	if n, m := atoi(a.numbers[0]), atoi(b.numbers[0]); n-m <= 4 && m-n <= 4 {
		return closeNumber
	}
	return otherNumber
}

// plain reports whether an address says no more than the village: "Le bourg".
func plain(street []string) bool {
	return !slices.ContainsFunc(street, func(w string) bool {
		return w != "bourg" && w != "village" && w != "mairie" && w != "centre" && w != "eglise" && w != "ecole"
	})
}

func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1e6 {
			break
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// alike forgives an initial besides what Near does: "J Jaurès".
func alike(a, b string) bool {
	return Near(a, b) || (len(a) == 1 || len(b) == 1) && a[0] == b[0]
}

// Near forgives one slip of the pen in a long word.
func Near(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) < 5 || len(b) < 5 || len(a)-len(b) > 1 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	j := 0
	for j < min(len(a), len(b))-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	if len(a) == len(b) && i+2+j == len(a) {
		return a[i] == b[i+1] && a[i+1] == b[i] // two letters the other way round
	}
	return max(len(a), len(b))-i-j <= 1
}

// judge turns the score into an outcome, guards first.
func (f *found) judge(a, b *Profile, commune communeLikeness, address addressLikeness, name nameLikeness, kinds kindLikeness) {
	door := f.has(phoneSame) || f.has(mailSame)
	switch {
	case a.departement != "" && b.departement != "" && a.departement != b.departement && !(f.metres < 1000) && commune != sameCommune:
		f.settle(guardDepartement)
	case a.bus && !b.mobile || b.bus && !a.mobile:
		f.settle(guardBus)
	case a.mobile && b.mobile && (commune == otherCommune || f.metres > 1200 || a.source == b.source && address >= otherNumber):
		f.settle(guardStops)
	case len(a.numbers) > 0 && len(b.numbers) > 0 && !slices.ContainsFunc(a.numbers, func(n int) bool { return slices.Contains(b.numbers, n) }) && name != nameNone:
		f.settle(guardNumbers)
	case f.score < undecidedFrom:
		f.outcome = Different
	case f.score < sameFrom:
		f.outcome = Undecided
	case a.source == b.source && !(name == nameIs && address == sameNumber && !f.has(phoneOther)):
		f.hold(guardSource)
	case kinds == otherKind, kinds == hostKind && !(address == sameNumber && door && (name == nameIs || name == nameHas || f.has(nameEcho))):
		f.hold(guardService)
	case commune == otherCommune && !(f.metres <= 1200):
		f.hold(guardCommune)
	case address >= closeNumber && f.metres > 250 && !(name == nameIs && f.has(phoneSame) && f.has(mailSame)):
		f.hold(guardMoved)
	default:
		f.outcome = Same
	}
}

// settle says Different, whatever the score.
func (f *found) settle(g guard) { f.guard, f.outcome = g, Different }

// hold leaves the answer to a person.
func (f *found) hold(g guard) { f.guard, f.outcome = g, Undecided }

// metres between two records, NaN when one has no position.
func (f *Profile) metres(g *Profile) float64 {
	if !f.position.Known() || !g.position.Known() {
		return math.NaN()
	}
	return Metres(f.position, g.position)
}

// Metres between two positions, both known: flat, which is exact to the metre
// at the distances that matter, and tells the others as far.
func Metres(a, b place.Position) float64 {
	const degree = 111_195
	dy := a.Latitude() - b.Latitude()
	dx := (a.Longitude() - b.Longitude()) * math.Cos((a.Latitude()+b.Latitude())/2*math.Pi/180)
	return degree * math.Sqrt(dx*dx+dy*dy)
}
