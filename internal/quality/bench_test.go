package quality

import (
	"errors"
	"io/fs"
	"strconv"
	"testing"

	"mednum/internal/place"
)

// benched are 4,490 entries: those of the real places beside the project,
// repeated to that number, else made-up ones.
func benched(b *testing.B) []Entree {
	b.Helper()
	day := place.Date{Year: 2024, Month: 6, Day: 1}
	records, err := readCensus(place.Context{Today: day})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.Fatal(err)
	}
	var some []Entree
	for i := range records {
		r := &records[i]
		some = append(some, Entree{Fiche: Derive(&r.Place, r.Absent, r.Departement, ptr(0)), Contexte: Contexte{Densite: "rural"}, Date: Jour{day}})
	}
	if records == nil {
		for i := range 100 {
			in := ask(b, "+nom", "+adresse", "+commune", "+code_postal", "+latitude", "+longitude", "+telephone", "+horaires", "+presentation_resume",
				"services=Aide aux démarches administratives|Utilisation sécurisée du numérique", "frais_a_charge=Gratuit", "itinerance=Fixe",
				"horaires:lisibles", "minutes_semaine:"+strconv.Itoa(10*i), "hors_bureau:non", "presentation:"+strconv.Itoa(3*i), "ecart_commune:0", "date_maj:2025-02-03")
			some = append(some, *in)
		}
	}
	entries := make([]Entree, 4_490)
	for i := range entries {
		entries[i] = some[i%len(some)]
	}
	return entries
}

// BenchmarkEvaluate scores 4,490 places × 33 criteria on one core, hashes of
// the entries included.
func BenchmarkEvaluate(b *testing.B) {
	e, entries := shipped(b), benched(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range entries {
			e.Evaluate(&entries[i])
		}
	}
	perPlace(b, len(entries))
}

// BenchmarkEvaluateAndStore is what an import adds: the result in its canonical
// form, its hash, and the members published with the place.
func BenchmarkEvaluateAndStore(b *testing.B) {
	e, entries := shipped(b), benched(b)
	var members []byte
	b.ReportAllocs()
	for b.Loop() {
		for i := range entries {
			r := e.Evaluate(&entries[i])
			hashOf(r.Canonical())
			p := r.Published()
			members = p.AppendMembers(members[:0])
		}
	}
	perPlace(b, len(entries))
}

// BenchmarkValues is a simulation's first pass.
func BenchmarkValues(b *testing.B) {
	e, entries := shipped(b), benched(b)
	var values []Valeur
	b.ReportAllocs()
	for b.Loop() {
		for i := range entries {
			values = e.Values(&entries[i], values)
		}
	}
	perPlace(b, len(entries))
}

// BenchmarkAggregate is each of a simulation's draws.
func BenchmarkAggregate(b *testing.B) {
	e, entries := shipped(b), benched(b)
	m := e.Model()
	values, sure := make([][]Valeur, len(entries)), make([][]int64, len(entries))
	for i := range entries {
		values[i], sure[i] = e.Values(&entries[i], nil), e.Assurances(&entries[i], nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := range values {
			m.Aggregate(values[i], sure[i])
		}
	}
	perPlace(b, len(entries))
}

func BenchmarkTrace(b *testing.B) {
	e, entries := shipped(b), benched(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range entries {
			e.Trace(&entries[i])
		}
	}
	perPlace(b, len(entries))
}

func BenchmarkLoad(b *testing.B) {
	text := Initial()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(text); err != nil {
			b.Fatal(err)
		}
	}
}

func perPlace(b *testing.B, places int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*places), "ns/lieu")
}
