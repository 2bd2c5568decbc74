package match

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Count tells how many addresses of a census have a value: what Compare asks.
func Count(census []*Profile) Shared {
	type at struct {
		Value
		where uint64
	}
	seen := map[at]bool{}
	count := map[Value]int{}
	for _, f := range census {
		where := f.Where()
		for _, v := range f.Shareable() {
			if k := (at{v, where}); !seen[k] {
				seen[k] = true
				count[v]++
			}
		}
	}
	return func(v Value) int { return count[v] }
}

// Judged is a pair of which a person said whether it is one place.
type Judged struct {
	Line      int    `json:"ligne"`
	SourceA   string `json:"source_a"`
	IDA       string `json:"id_a"`
	SourceB   string `json:"source_b"`
	IDB       string `json:"id_b"`
	Duplicate bool   `json:"doublon"`
	Why       string `json:"raison,omitempty"`
}

// Faults are everything that is wrong with a file of judged pairs, in French.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, "\n") }

// ReadJudged reads the rows of a table of pairs, whose columns may come in any
// order: source_a, id_a, source_b, id_b, is_duplicate, and perhaps why. lines says
// where each row is in its file. All that is wrong is told at once.
func ReadJudged(header []string, rows [][]string, lines []int) ([]Judged, error) {
	at := map[string]int{}
	for i, h := range header {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	var faults Faults
	for _, name := range []string{"id_a", "id_b", "is_duplicate"} {
		if _, ok := at[name]; !ok {
			faults = append(faults, fmt.Sprintf("Il manque la colonne « %s ». Colonnes lues : %s.", name, strings.Join(header, ", ")))
		}
	}
	if faults != nil {
		return nil, faults
	}
	var out []Judged
	for n, row := range rows {
		cell := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		j := Judged{Line: lines[n], SourceA: cell("source_a"), IDA: cell("id_a"), SourceB: cell("source_b"), IDB: cell("id_b"), Why: cell("why")}
		switch answer := cell("is_duplicate"); strings.ToLower(answer) {
		case "1", "true", "vrai", "oui":
			j.Duplicate = true
		case "0", "false", "faux", "non":
		default:
			faults = append(faults, fmt.Sprintf("Ligne %d, is_duplicate : « %s » ; écrire 1 (un seul lieu) ou 0 (deux lieux).", j.Line, answer))
		}
		if j.IDA == "" || j.IDB == "" {
			faults = append(faults, fmt.Sprintf("Ligne %d : il manque un identifiant.", j.Line))
		}
		out = append(out, j)
	}
	if faults != nil {
		return nil, faults
	}
	return out, nil
}

// Verdict is what Compare says of a judged pair.
type Verdict struct {
	Judged
	NomA       string     `json:"nom_a"`
	NomB       string     `json:"nom_b"`
	Metres     *int       `json:"metres"`
	Blocked    bool       `json:"rapproches"` // the two share a blocking key: without one, they are never compared
	Comparison Comparison `json:"comparaison"`
}

// Wrong reports whether the answer is the contrary of the truth.
func (v *Verdict) Wrong() bool {
	return v.Duplicate && v.Comparison.Outcome == Different || !v.Duplicate && v.Comparison.Outcome == Same
}

// Evaluation is how well Compare does on judged pairs.
type Evaluation struct {
	Pairs    int
	Records  int                // of the census
	Unknown  []string           // French: pairs that the census does not have
	Counts   [2]map[Outcome]int // by truth: 0 two places, 1 one
	Guards   map[string][2]int  // how many times each spoke, by truth
	Missed   int                // duplicates that share no blocking key: they count as Different
	Verdicts []Verdict
}

// MarshalJSON writes a ratio of nothing as null.
func (e *Evaluation) MarshalJSON() ([]byte, error) {
	number := func(f float64) *float64 {
		if math.IsNaN(f) {
			return nil
		}
		return &f
	}
	type byTruth struct {
		One any `json:"un_seul_lieu"`
		Two any `json:"deux_lieux"`
	}
	guards := map[string]byTruth{}
	for name, n := range e.Guards {
		guards[name] = byTruth{n[1], n[0]}
	}
	return json.Marshal(struct {
		Pairs     int                `json:"paires"`
		Records   int                `json:"fiches"`
		Precision *float64           `json:"precision"`
		Recall    *float64           `json:"rappel"`
		Kept      *float64           `json:"rappel_avec_a_decider"`
		Bother    *float64           `json:"distincts_a_decider"`
		Counts    byTruth            `json:"issues"`
		Missed    int                `json:"jamais_rapproches"`
		Guards    map[string]byTruth `json:"gardes"`
		Unknown   []string           `json:"introuvables"`
		Verdicts  []Verdict          `json:"verdicts"`
	}{e.Pairs, e.Records, number(e.Precision()), number(e.Recall()), number(e.Kept()), number(e.Bother()), byTruth{e.Counts[1], e.Counts[0]}, e.Missed, guards, e.Unknown, e.Verdicts})
}

// Listed is a record that Evaluate may be asked about.
type Listed struct {
	Source  string // who gave it
	ID      string // its own identifier
	Nom     string
	Profile *Profile
}

// Evaluate compares judged pairs. A record is found by its source and id, or by
// its id when that is enough. Pairs that share no blocking key come out
// Different, as they would in the census.
func Evaluate(pairs []Judged, census []Listed) Evaluation {
	e := Evaluation{Records: len(census), Guards: map[string][2]int{}, Unknown: []string{}, Verdicts: []Verdict{}}
	for truth := range e.Counts {
		e.Counts[truth] = map[Outcome]int{Same: 0, Undecided: 0, Different: 0}
	}
	byID := map[string][]int{}
	profiles := make([]*Profile, len(census))
	for i := range census {
		byID[census[i].ID] = append(byID[census[i].ID], i)
		profiles[i] = census[i].Profile
	}
	shared := Count(profiles)
	find := func(source, id string) (*Listed, string) {
		found := byID[id]
		if len(found) == 0 {
			found = byID[source+":"+id] // as identifiers of several sources are told apart
		}
		if len(found) > 1 {
			found = slices.DeleteFunc(slices.Clone(found), func(i int) bool { return census[i].Source != source })
		}
		switch len(found) {
		case 0:
			return nil, fmt.Sprintf("« %s » (%s) n’est pas dans le recensement", id, source)
		case 1:
			return &census[found[0]], ""
		}
		return nil, fmt.Sprintf("« %s » (%s) y est %d fois", id, source, len(found))
	}
	for _, j := range pairs {
		a, faultA := find(j.SourceA, j.IDA)
		b, faultB := find(j.SourceB, j.IDB)
		if a == nil || b == nil {
			for _, fault := range []string{faultA, faultB} {
				if fault != "" {
					e.Unknown = append(e.Unknown, "Ligne "+strconv.Itoa(j.Line)+" : "+fault+".")
				}
			}
			continue
		}
		v := Verdict{Judged: j, NomA: a.Nom, NomB: b.Nom, Comparison: Compare(a.Profile, b.Profile, shared)}
		if m := a.Profile.metres(b.Profile); !math.IsNaN(m) {
			metres := int(math.Round(m))
			v.Metres = &metres
		}
		keys := a.Profile.Keys(nil)
		v.Blocked = slices.ContainsFunc(b.Profile.Keys(nil), func(k uint64) bool { return slices.Contains(keys, k) })
		if !v.Blocked {
			v.Comparison.Outcome = Different
			if j.Duplicate {
				e.Missed++
			}
		}
		truth := 0
		if j.Duplicate {
			truth = 1
		}
		if v.Comparison.Guard != "" {
			n := e.Guards[v.Comparison.Guard]
			n[truth]++
			e.Guards[v.Comparison.Guard] = n
		}
		e.Pairs++
		e.Counts[truth][v.Comparison.Outcome]++
		e.Verdicts = append(e.Verdicts, v)
	}
	return e
}

func ratio(n, of int) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(n) / float64(of)
}

func (e *Evaluation) total(truth int) int {
	return e.Counts[truth][Same] + e.Counts[truth][Undecided] + e.Counts[truth][Different]
}

// Precision is how often Same is right.
func (e *Evaluation) Precision() float64 {
	return ratio(e.Counts[1][Same], e.Counts[1][Same]+e.Counts[0][Same])
}

// Recall is the part of the duplicates that come out Same.
func (e *Evaluation) Recall() float64 { return ratio(e.Counts[1][Same], e.total(1)) }

// Kept is the part of the duplicates that come out Same or Undecided.
func (e *Evaluation) Kept() float64 {
	return ratio(e.Counts[1][Same]+e.Counts[1][Undecided], e.total(1))
}

// Bother is the part of the others that a person would have to decide.
func (e *Evaluation) Bother() float64 { return ratio(e.Counts[0][Undecided], e.total(0)) }
