package quality

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"mednum/internal/place"
)

// A place with one value of one field taken away, or put into an empty field.
type variant struct {
	column, value string
	place         place.Place
}

// removals takes each value of each field away, one at a time.
func removals(p *place.Place) []variant {
	var out []variant
	for i := range place.Columns {
		c := &place.Columns[i]
		q := *p
		switch {
		case c.List != nil:
			list := *c.List(p)
			for k := range list {
				rest := slices.Delete(slices.Clone(list), k, k+1)
				if len(rest) == 0 && c.Name != "publics_specifiquement_adresses" {
					rest = nil
				}
				*c.List(&q) = rest
				out = append(out, variant{c.Name, list[k], q})
			}
			continue
		case !c.Known(p) || c.Kind == place.Longitude: // which goes with latitude
			continue
		case c.Text != nil:
			*c.Text(&q) = ""
		case c.Kind == place.Day:
			q.DateMaj = place.Date{}
		default:
			q.Position = place.Position{}
		}
		out = append(out, variant{c.Name, c.Cell(p), q})
	}
	return out
}

// fillings gives each empty field each value of its vocabulary, or one that is
// right.
func fillings(p *place.Place) []variant {
	var out []variant
	for i := range place.Columns {
		c := &place.Columns[i]
		if c.Known(p) && (c.List == nil || len(*c.List(p)) > 0) || c.Kind == place.Longitude {
			continue
		}
		values := []string{c.Example}
		switch {
		case c.Vocabulary != nil && c.Vocabulary.Closed:
			values = c.Vocabulary.Values()
		case c.Kind == place.Hours:
			values = append(values, "Mo-Fr 09:00-17:00", "We 09:00-12:00", "sur rendez-vous")
		}
		for _, v := range values {
			q := *p
			switch {
			case c.List != nil:
				*c.List(&q) = []string{v}
			case c.Text != nil:
				*c.Text(&q) = v
			case c.Kind == place.Day:
				q.DateMaj = place.Date{Year: 2024, Month: 5, Day: 1}
			default:
				q.Position, _ = place.NewPosition(46.5, 2.5)
			}
			out = append(out, variant{c.Name, v, q})
		}
	}
	return out
}

// improves: the criterion is worth more after, or no longer counts against the
// place. What was unknown and is now known is better, whatever the value: a
// place that is told the worst of itself by hiding has hidden nothing.
func improves(before, after Valeur) bool {
	switch {
	case before == after:
		return false
	case after == ValeurSansObjet:
		return before != Valeur(Entier)
	case before == ValeurSansObjet:
		return after >= 0
	}
	return after > before
}

// unfavourable says that a value, there in with and not in without, does not
// speak for the place: without it some criterion would be better. Where that is
// asked too, so is a value that makes known, under two thirds, what no other
// criterion that asks for the field pays for: a means to come that is announced
// without what it takes (an accepted residue), a few hours of a place that
// receives nobody.
func unfavourable(with, without []Valeur, computed []bool, unpaid bool) bool {
	low, paid := false, false
	for k := range with {
		if !computed[k] {
			continue
		}
		revealed := without[k] == ValeurInconnue && with[k] >= 0
		if improves(with[k], without[k]) {
			return true
		}
		low = low || revealed && 3*int(with[k]) < 2*int(Entier)
		paid = paid || without[k] >= 0 && with[k] > without[k]
	}
	return unpaid && low && !paid
}

// scoresMore: half observed and half strict are more in a than in b, exactly:
// a·(e+t)/(2·e·t) is a fraction of small integers.
func scoresMore(a, b *Total) bool {
	if a.Evalue == 0 || b.Evalue == 0 {
		return a.Acquis > 0 && b.Evalue == 0
	}
	return a.Acquis*(a.Evalue+a.Applicable)*b.Evalue*b.Applicable > b.Acquis*(b.Evalue+b.Applicable)*a.Evalue*a.Applicable
}

// coverage rises from a to b, or stays.
func coverage(a, b *Total) bool { return a.Evalue*b.Applicable <= b.Evalue*a.Applicable }

// populations are the real places beside the project, and made-up ones whose
// fields are filled by chance: combinations that nobody has published.
func populations(t *testing.T, each func(t *testing.T, places []real, published bool)) {
	t.Run("real", func(t *testing.T) { each(t, reals(t), true) })
	t.Run("made up", func(t *testing.T) { each(t, madeUp(t, 2_000), false) })
}

func madeUp(t testing.TB, n int) []real {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2026))
	pick := func(values []string) string { return values[r.IntN(len(values))] }
	texts := map[string][]string{
		"pivot":               {"43493312300029", "434933123", "W751234567"},
		"horaires":            {"Mo-Fr 09:00-12:00", "Mo-Fr 09:00-19:00; Sa 09:00-12:00", "We 14:00-17:00", "sur rendez-vous", "Mo-Fr 09:00+"},
		"presentation_resume": {"Court.", "Une présentation de longueur moyenne, qui dit en peu de mots ce que l’on fait ici et avec qui."},
		"fiche_acces_libre":   {"https://acceslibre.beta.gouv.fr/app/x/", "https://example.fr/acces"},
	}
	out := make([]real, n)
	for i := range out {
		p := &out[i].Place
		often := 1 + r.IntN(9) // tenths: some places say little, some nearly all
		for k := range place.Columns {
			c := &place.Columns[k]
			if r.IntN(10) >= often {
				continue
			}
			switch {
			case c.List != nil && c.Vocabulary != nil:
				var list []string
				for range 1 + r.IntN(3) {
					if v := pick(c.Vocabulary.Values()); !slices.Contains(list, v) {
						list = append(list, v)
					}
				}
				*c.List(p) = list
			case c.List != nil:
				*c.List(p) = []string{pick([]string{c.Example, "QPV", "FRR"})}
			case texts[c.Name] != nil:
				*c.Text(p) = pick(texts[c.Name])
			case c.Text != nil:
				*c.Text(p) = c.Example
			case c.Kind == place.Day:
				p.DateMaj = place.Date{Year: 2021 + r.IntN(4), Month: 3, Day: 1 + r.IntN(28)}
			case c.Kind == place.Latitude:
				p.Position, _ = place.NewPosition(46.5, 2.5)
			}
		}
		out[i].opening = HoursFacts(p.Horaires)
		out[i].densite = pick([]string{"dense", "intermediaire", "rural", ""})
		if r.IntN(3) == 0 && p.ModalitesAcces == nil {
			out[i].Absent = []string{"modalites_acces"}
		}
		if r.IntN(10) == 0 {
			out[i].Doubt = "loin de sa commune"
		}
	}
	return out
}

// Taking away what speaks for a place never raises its score, and saying it
// never lowers it: over every value of every field of every place, on the
// criteria computed from the record, and on all of them but for the label that
// a register has still to confirm.
func TestHidingNeverPays(t *testing.T) {
	e := shipped(t)
	all, computed := e.Model(), e.Model()
	isComputed := make([]bool, len(all.Poids))
	label := -1
	for i, c := range e.Referentiel().Criteres {
		if isComputed[i] = c.Nature == Calcule; !isComputed[i] {
			computed.Poids[i] = 0
		}
		if c.Code == "COM-02" {
			label = i
		}
	}
	day := day("2024-06-01")
	populations(t, func(t *testing.T, places []real, published bool) {
		tried, told := map[string]int{}, 0
		fail := func(kind string, v *variant, r *real, with, without []Valeur) {
			if told++; told <= 20 {
				t.Errorf("%s %s %q of %s %q: %s", kind, v.column, v.value, r.ID, r.Nom, moved(e, with, without))
			}
		}
		for i := range places {
			r := &places[i]
			in := r.entree(&r.Place, day)
			here := e.Values(&in, nil)
			hereAll, hereComputed := all.Aggregate(here, nil), computed.Aggregate(here, nil)
			compare := func(kind string, variants []variant, taken bool) {
				for k := range variants {
					v := &variants[k]
					in := r.entree(&v.place, day)
					there := e.Values(&in, nil)
					with, without := here, there
					if !taken {
						with, without = there, here
					}
					// Of what real places say, the first definition is enough.
					if unfavourable(with, without, isComputed, !taken || !published) {
						continue
					}
					tried[kind+" "+v.column]++
					if slices.Equal(with, without) {
						continue
					}
					thereAll, thereComputed := all.Aggregate(there, nil), computed.Aggregate(there, nil)
					withAll, withComputed, withoutAll, withoutComputed := &hereAll, &hereComputed, &thereAll, &thereComputed
					if !taken {
						withAll, withComputed, withoutAll, withoutComputed = &thereAll, &thereComputed, &hereAll, &hereComputed
					}
					if scoresMore(withoutComputed, withComputed) {
						fail("computed: "+kind, v, r, with, without)
					}
					if scoresMore(withoutAll, withAll) && with[label] == without[label] {
						fail("all: "+kind, v, r, with, without)
					}
					if !coverage(withoutComputed, withComputed) {
						fail("coverage: "+kind, v, r, with, without)
					}
				}
			}
			compare("taking away", removals(&r.Place), true)
			compare("filling", fillings(&r.Place), false)
		}
		for _, c := range []string{"telephone", "adresse", "latitude", "horaires", "frais_a_charge", "services", "modalites_accompagnement", "modalites_acces",
			"prise_en_charge_specifique", "dispositif_programmes_nationaux", "formations_labels", "date_maj", "pivot", "presentation_resume", "structure_parente", "itinerance"} {
			t.Logf("%s: %d taken away, %d filled", c, tried["taking away "+c], tried["filling "+c])
			if tried["filling "+c] < 50 {
				t.Errorf("%s was filled only %d times", c, tried["filling "+c])
			}
		}
	})
}

func moved(e *Engine, with, without []Valeur) string {
	s := ""
	for k := range with {
		if with[k] != without[k] {
			s += fmt.Sprintf(" %s %d without, %d with;", e.Referentiel().Criteres[k].Code, without[k], with[k])
		}
	}
	return s
}

// Every number of every result is within its bounds, and agrees with the others.
func TestResultsInBounds(t *testing.T) {
	e := shipped(t)
	codes := map[string]bool{"": true, "A": true, "B": true, "C": true, "D": true, "E": true}
	populations(t, func(t *testing.T, places []real, _ bool) {
		for i := range places {
			in := places[i].entree(&places[i].Place, day("2024-06-01"))
			r := e.Evaluate(&in)
			ok := r.Couverture >= 0 && r.Couverture <= Entier
			for _, x := range []Nombre{r.Strict, r.Score, r.Observe, r.Potentiel, r.Confiance} {
				ok = ok && x >= 0 && x <= 100*Entier && x%(Entier/10) == 0
			}
			ok = ok && r.Strict <= r.Score && r.Score <= r.Observe && r.Strict <= r.Potentiel
			ok = ok && codes[r.Niveau] && codes[r.NiveauMin] && codes[r.NiveauMax] && r.NiveauMin >= r.NiveauMax
			ok = ok && (r.Etat == Confirme) == (r.Niveau != "") && (r.Etat == NonAttribue) == (r.NiveauMin == "")
			ok = ok && (r.Etat != Confirme || 10*r.Couverture >= 7*Entier) && (r.Etat != NonAttribue || 2*r.Couverture <= Entier)
			essentials := map[string]bool{}
			for _, c := range slices.Concat(r.Socle.Tenues, r.Socle.Manquantes, r.Socle.Inconnues) {
				ok = ok && !essentials[c]
				essentials[c] = true
			}
			for _, c := range r.Criteres {
				known := c.Statut == StatutSatisfait || c.Statut == StatutPartiel || c.Statut == StatutNonSatisfait
				ok = ok && known == (c.Valeur != nil) && known == (c.Points != nil)
				if known {
					ok = ok && *c.Valeur >= 0 && *c.Valeur <= Entier && *c.Points <= c.Poids
				}
			}
			if !ok {
				t.Fatalf("%s %q: %s", places[i].ID, places[i].Nom, r.Canonical())
			}
		}
	})
}

// A score is a function of what is known, not of the order in which it is told
// nor of who scored before.
func TestReplayIsTheSame(t *testing.T) {
	first, second := shipped(t), shipped(t)
	random := rand.New(rand.NewPCG(3, 4))
	populations(t, func(t *testing.T, places []real, _ bool) {
		for i := range places {
			r := &places[i]
			in := r.entree(&r.Place, day("2024-06-01"))
			want := first.Evaluate(&in)
			shuffled := r.Place
			for k := range place.Columns {
				if c := &place.Columns[k]; c.List != nil && *c.List(&shuffled) != nil {
					list := slices.Clone(*c.List(&shuffled))
					random.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
					*c.List(&shuffled) = list
				}
			}
			again := r.entree(&shuffled, day("2024-06-01"))
			got := second.Evaluate(&again)
			if in.Hash() != again.Hash() || got.Hash() != want.Hash() || string(got.Canonical()) != string(want.Canonical()) {
				t.Fatalf("%s %q is not replayed:\n%s\n%s", r.ID, r.Nom, want.Canonical(), got.Canonical())
			}
		}
	})
}
