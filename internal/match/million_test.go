package match

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"mednum/internal/demo"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// BenchmarkAMillion tells how many of a million made-up places 20,000 others
// are compared with, what comparing costs, and whether the same place, written
// otherwise, is still met, where keys that more than 20 records share are left
// out.
func BenchmarkAMillion(b *testing.B) {
	const limit = 20
	communes := frenchCommunes(b)
	today := place.Date{Year: 2026, Month: 6, Day: 15}
	each := func(n int, seed uint64, do func(*place.Record)) {
		all, err := demo.Places(communes, n, seed, today)
		if err != nil {
			b.Fatal(err)
		}
		for r := range all {
			do(r)
		}
	}
	profile := func(r *place.Record, source string) *Profile { return NewProfile(&r.Place, source, r.Departement) }
	// Every fiftieth of the million comes again, from another source.
	ways := map[string]func(*place.Place){
		"other contacts": func(p *place.Place) { p.Telephone, p.Courriels, p.SiteWeb, p.Pivot = "+33199000000", nil, nil, "" },
		"other contacts, 60 m": func(p *place.Place) {
			p.Telephone, p.Courriels, p.SiteWeb, p.Pivot = "+33199000000", nil, nil, ""
			p.Position, _ = place.NewPosition(p.Position.Latitude()+0.0004, p.Position.Longitude()+0.0004)
			p.Nom = strings.ToUpper(p.Nom)
		},
		"other contacts, no point": func(p *place.Place) {
			p.Telephone, p.Courriels, p.SiteWeb, p.Pivot, p.Position = "", nil, nil, "", place.Position{}
			p.Adresse = strings.ToUpper(p.Adresse)
		},
		"other name": func(p *place.Place) { p.Nom, p.Typologie, p.Pivot = "Point d’accueil", nil, "" },
	}
	var keys []uint64
	var coming []*Profile
	again := map[string][]*Profile{}
	byKey := map[uint64][]int32{}
	count := map[uint64]uint8{}
	note := func(f *Profile) {
		keys = f.Keys(keys[:0])
		for _, k := range keys {
			if n := count[k]; n <= limit {
				count[k] = n + 1
			}
		}
	}
	each(20_000, 2, func(r *place.Record) {
		f := profile(r, "demo 2")
		note(f)
		for _, k := range keys {
			byKey[k] = append(byKey[k], int32(len(coming)))
		}
		coming = append(coming, f)
	})
	total, n := 0, 0
	each(1_000_000, 1, func(r *place.Record) {
		note(profile(r, "demo 1"))
		total += len(keys)
		if n++; n%50 == 0 {
			for name, change := range ways {
				p := r.Place
				change(&p)
				again[name] = append(again[name], profile(r, "demo 1"), NewProfile(&p, "demo 3", r.Departement))
			}
		}
	})
	for name, list := range again {
		met, same := 0, 0
		for i := 0; i < len(list); i += 2 {
			keys = list[i].Keys(keys[:0])
			if slices.ContainsFunc(list[i+1].Keys(nil), func(k uint64) bool { return count[k] <= limit && slices.Contains(keys, k) }) {
				met++
			}
			if o, _ := Weigh(list[i], list[i+1], alwaysAlone); o != Different {
				same++
			}
		}
		b.Logf("%-26s meet %.4f, same or undecided %.4f", name, ratio(2*met, len(list)), ratio(2*same, len(list)))
	}
	type pair struct {
		a    int32
		with *Profile
	}
	var pairs []pair
	mostOf := map[int32]int{}
	each(1_000_000, 1, func(r *place.Record) {
		f := profile(r, "demo 1")
		keys = f.Keys(keys[:0])
		met := map[int32]bool{}
		for _, k := range keys {
			if count[k] > limit {
				continue
			}
			for _, a := range byKey[k] {
				if !met[a] {
					met[a] = true
					mostOf[a]++
					pairs = append(pairs, pair{a, f})
				}
			}
		}
	})
	most := 0
	for _, n := range mostOf {
		most = max(most, n)
	}
	outcomes := map[Outcome]int{}
	for b.Loop() {
		clear(outcomes)
		for _, p := range pairs {
			o, _ := Weigh(coming[p.a], p.with, alwaysAlone)
			outcomes[o]++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(pairs)), "ns/pair")
	b.ReportMetric(float64(len(pairs))/20_000, "candidates/record")
	b.ReportMetric(float64(most), "candidates-at-most")
	b.ReportMetric(float64(total)/1e6, "keys/record")
	b.Logf("%v", outcomes)
}

func frenchCommunes(b *testing.B) []territory.Commune {
	f, err := os.Open(sharedData + "geo/communes.csv.gz")
	if err != nil {
		b.Skip("the communes are not beside the project")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	var communes []territory.Commune
	for _, r := range rows[1:] {
		number := func(name string) float64 { n, _ := strconv.ParseFloat(r[at[name]], 64); return n }
		c := territory.Commune{Code: r[at["code"]], Nom: r[at["nom"]], CodesPostaux: strings.FieldsFunc(r[at["codes_postaux"]], func(r rune) bool { return r == '|' || r == ' ' || r == ',' }), Departement: r[at["departement"]], Region: r[at["region"]], Population: int(number("population"))}
		if number("lat") != 0 {
			c.Point, c.HasPoint = orb.Point{number("lon"), number("lat")}, true
		}
		communes = append(communes, c)
	}
	return communes
}
