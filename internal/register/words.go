package register

import (
	"regexp"
	"slices"
	"strings"

	"mednum/internal/match"
	"mednum/internal/place"
)

// words are a text's folded words, abbreviations written in full.
func words(s string) []string {
	list := strings.FieldsFunc(place.Fold(s), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	for i, w := range list {
		if full, ok := abbreviations[w]; ok {
			list[i] = full
		}
	}
	return list
}

var abbreviations = map[string]string{
	"av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard",
	"pl": "place", "r": "rue", "rte": "route", "ch": "chemin", "che": "chemin", "chem": "chemin", "imp": "impasse", "all": "allee",
	"sq": "square", "crs": "cours", "res": "residence", "bat": "batiment", "fbg": "faubourg", "fg": "faubourg", "ld": "lieu", "zi": "zone", "za": "zone",
	"st": "saint", "ste": "sainte", "gal": "general", "mal": "marechal", "dr": "docteur", "pdt": "president", "cdt": "commandant",
	"mfs": "france", "rfs": "france", "efs": "france", "ccas": "ccas", "grd": "grand", "gde": "grande",
}

// empty words say nothing of which place it is.
var empty = wordSet("a au aux d de des du en et l la le les s sous sur lieu dit")

// common words are of every France Services, whatever its kind.
var common = wordSet(`france frances service services maison msap public publics publique espace structure labellise labellisee label
	bus camion car itinerant itinerante itinerance mobile multisite multisites site antenne antennes principal point relais permanence
	bureau poste mairie ccas communaute commune communes agglomeration cc pimms mediation`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

func mobileWord(w string) bool {
	return w == "bus" || w == "camion" || w == "itinerant" || w == "itinerante" || w == "itinerance"
}

// proper are the words of a name that tell one France Services from another.
// What is between brackets says where a bus stops, or in whose office one is.
func proper(name string) []string {
	var out []string
	for _, w := range words(brackets.ReplaceAllString(name, " ")) {
		if !empty[w] && !common[w] && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

var brackets = regexp.MustCompile(`\[[^\]]*\]|\([^)]*\)`)

// titled reports whether a name says France Services (or the houses that
// became so).
func titled(name string) bool {
	list := words(name)
	for i, w := range list {
		if w == "msap" || (w == "france" || w == "frances") && (i+1 < len(list) && strings.HasPrefix(list[i+1], "service")) {
			return true
		}
	}
	f := place.Fold(name)
	return strings.Contains(f, "mfs") || strings.Contains(f, "rfs") || strings.Contains(f, "france-service")
}

// Degrees of likeness.
type likeness int

const (
	unknowable likeness = iota // one of the two says nothing
	different
	alike // one is part of the other
	same
)

// sameNames compares what is proper in two names.
func sameNames(a, b []string) likeness {
	switch {
	case len(a) == 0 || len(b) == 0:
		return unknowable
	case slices.Equal(a, b):
		return same
	}
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	for _, w := range short {
		if !slices.ContainsFunc(long, func(v string) bool { return match.Near(v, w) }) {
			return different
		}
	}
	if len(short) == len(long) {
		return same
	}
	return alike
}

// address is a postal address reduced to what two spellings of it share.
type address struct {
	numbers []string
	street  []string // sorted words, without the empty ones
}

var numberPattern = regexp.MustCompile(`^(\d{1,4})\s*(?:(bis|ter|quater|[a-d])\b)?(?:\s*(?:-|/|et|a|à)\s*(\d{1,4})\b)?\s*,?\s*`)

func readAddress(s string) address {
	f := place.Fold(s)
	var a address
	if m := numberPattern.FindStringSubmatch(f); m != nil {
		a.numbers = append(a.numbers, m[1])
		if m[3] != "" {
			a.numbers = append(a.numbers, m[3])
		}
		f = f[len(m[0]):]
	}
	for _, w := range words(f) {
		if !empty[w] && !slices.Contains(a.street, w) {
			a.street = append(a.street, w)
		}
	}
	slices.Sort(a.street)
	return a
}

// known: there is enough of it to tell two addresses apart. "Le bourg" is
// every village's; within a commune it still says something.
func (a address) known() bool { return len(a.street) > 0 }

// compare two addresses of one commune. Of two that share their street, same is
// a shared number, or none on either side; alike when one has no number.
func (a address) compare(b address) likeness {
	if !a.known() || !b.known() {
		return unknowable
	}
	shared := 0
	for _, w := range a.street {
		if slices.ContainsFunc(b.street, func(v string) bool { return match.Near(w, v) }) {
			shared++
		}
	}
	short, long := min(len(a.street), len(b.street)), max(len(a.street), len(b.street))
	if a.only(b, shared) {
		return different
	}
	// One may add a building or a hamlet to the other.
	if !(shared == short && (short > 1 || long == 1) || 3*shared >= 2*long) {
		return different
	}
	switch {
	case len(a.numbers) == 0 && len(b.numbers) == 0:
		return same
	case len(a.numbers) == 0 || len(b.numbers) == 0:
		return alike
	case slices.ContainsFunc(a.numbers, func(n string) bool { return slices.Contains(b.numbers, n) }):
		return same
	}
	return alike
}

// ways are the words that every street has one of.
var ways = wordSet("rue avenue boulevard place route chemin impasse allee square cours quai faubourg zone residence batiment grand grande")

// only reports whether all that is shared is the kind of way.
func (a address) only(b address, shared int) bool {
	for _, w := range a.street {
		if slices.Contains(b.street, w) && !ways[w] {
			return false
		}
	}
	for _, w := range a.street {
		if !ways[w] && slices.ContainsFunc(b.street, func(v string) bool { return match.Near(w, v) }) {
			return false
		}
	}
	// "Grande rue" is made of such words alone, and so is its twin.
	return !(shared == len(a.street) && shared == len(b.street) && shared > 1)
}
