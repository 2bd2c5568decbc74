package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mednum/internal/access"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// matcherKey may decide anything anywhere.
var matcherKey = access.Key{ID: "hub", Role: access.Hub, Organisation: "Hub d’essai", Siren: "200067213"}

// world is a few places that several sources tell of, each in its own way. What
// its records resemble is told by its number, so that several worlds share a
// database and never meet.
type world struct {
	n     int
	limit int // of a key

	// amend, when not nil, says what people say of a place over its records, and
	// whether it is closed.
	amend func(seqs []int64, r *place.Record) (closed bool)
}

var worldSources = []string{"département", "réseau", "ville"}

func (w *world) source(i int) string { return fmt.Sprintf("%s %d", worldSources[i], w.n) }

// record tells of a place, in one of several ways: the same place of two
// sources may look the same, nearly, or not; two places may share a phone, a
// street, a name but for its number.
func (w *world) record(t *rapid.T, key int) *place.Record {
	site := rapid.IntRange(0, 5).Draw(t, "site")
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	phone := func(n int) string { return fmt.Sprintf("+331%04d%04d", w.n, n) }
	commune := "Essai" + strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, fmt.Sprint(w.n)) + "ville"
	r := &place.Record{
		Place: place.Place{
			ID:  fmt.Sprint(key),
			Nom: pick("nom", fmt.Sprintf("Espace numérique %d", site+1), "Médiathèque Jean Zay", "Bibliothèque Jean Zay", "France services", "MSAP", "CCAS"),
			Adresse: pick("adresse", fmt.Sprintf("%d rue de l’Église", site+1), fmt.Sprintf("%d place du Marché", site/2+1), "",
				"3 r. de l'eglise"),
			Commune: commune, CodePostal: fmt.Sprintf("51%03d", w.n%1000), CodeInsee: fmt.Sprintf("51%03d", w.n%1000),
			Telephone: pick("telephone", phone(site), phone(100), "", ""),
			Services:  []string{"Accès internet et matériel informatique"},
			Typologie: rapid.SampledFrom([][]string{nil, {"BIB"}, {"RFS"}, {"CCAS"}}).Draw(t, "typologie"),
			Horaires:  pick("horaires", "", "Mo-Fr 09:00-12:00", "Sa 10:00-18:00"),
		},
		Key: fmt.Sprint(key), Line: key + 2, Departement: "51",
	}
	if rapid.Bool().Draw(t, "courriel") {
		r.Courriels = []string{fmt.Sprintf("contact%d@essai-%d.fr", site, w.n)}
	}
	if rapid.IntRange(0, 3).Draw(t, "pivot") == 0 {
		r.Pivot = fmt.Sprintf("2000%05d%05d", w.n, site/3)
	}
	if day := rapid.IntRange(0, 3).Draw(t, "date"); day > 0 {
		r.DateMaj = place.Date{Year: 2024, Month: 5, Day: day}
	}
	// Some ten kilometres apart: worlds do not meet.
	latitude, longitude := 43+float64(w.n%60)/10, -1+float64(w.n/60%60)/10+float64(site)*0.0006
	switch rapid.IntRange(0, 4).Draw(t, "position") {
	case 0:
		r.Approximate, _ = place.NewPosition(latitude, longitude)
	case 1:
		r.Position, _ = place.NewPosition(latitude+0.0004, longitude)
		r.Precision = place.Given
	default:
		r.Position, _ = place.NewPosition(latitude, longitude)
		r.Precision = rapid.SampledFrom([]place.Precision{place.Given, place.AtNumber, place.AtStreet}).Draw(t, "precision")
	}
	if rapid.IntRange(0, 3).Draw(t, "defaut") == 0 {
		r.Defaults = []string{"services"}
	}
	r.Raw = map[string]string{"id": r.ID, "nom": r.Nom}
	return r
}

// knownRecord is what the model knows of a record.
type knownRecord struct {
	seq       int64
	source    string
	record    place.Record
	withdrawn bool
}

// publicPlace is a place as people see it.
type publicPlace struct {
	Lead    int64
	Members []int64
	Shown   bool
	Feature string // without its date
}

// expected makes the places of a world from nothing but the last values of
// every record and what people said: each compared with each, all at once.
func (w *world) expected(records []knownRecord, said map[[2]int64]match.Outcome) []publicPlace {
	profiles := make([]*match.Profile, len(records))
	keys := make([]map[uint64]bool, len(records))
	share := map[uint64]int{}
	for i := range records {
		r := &records[i]
		profiles[i] = match.NewProfile(&r.record.Place, r.source, r.record.Departement)
		keys[i] = map[uint64]bool{}
		for _, k := range profiles[i].Keys(nil) {
			keys[i][k] = true
		}
		for k := range keys[i] {
			share[k]++
		}
	}
	shared := match.Count(profiles)
	var edges []match.Edge
	joined := map[int]int{}
	var root func(i int) int
	root = func(i int) int {
		if up, ok := joined[i]; ok && up != i {
			return root(up)
		}
		return i
	}
	for i := range records {
		for j := i + 1; j < len(records); j++ {
			a, b := records[i].seq, records[j].seq
			decision := said[[2]int64{a, b}]
			meet := decision != ""
			for k := range keys[i] {
				meet = meet || keys[j][k] && share[k] <= w.limit
			}
			if !meet {
				continue
			}
			c := match.Compare(profiles[i], profiles[j], shared)
			e := match.Edge{A: a, B: b, Outcome: c.Outcome, Score: c.Score}
			if decision != "" {
				e.Outcome, e.Human = decision, true
			}
			if e.Outcome == match.Same {
				joined[root(i)] = root(j)
			}
			if e.Outcome == match.Same || e.Human {
				edges = append(edges, e)
			}
		}
	}
	for i := range records {
		for j := i + 1; j < len(records); j++ {
			if root(i) != root(j) {
				continue
			}
			if c := match.Compare(profiles[i], profiles[j], shared); c.Outcome != match.Same && c.Guard != "" {
				edges = append(edges, match.Edge{A: records[i].seq, B: records[j].seq, Outcome: match.Different, Score: c.Score, Guard: true})
			}
		}
	}
	bySeq := map[int64]*knownRecord{}
	alone := map[int64]bool{}
	for i := range records {
		bySeq[records[i].seq], alone[records[i].seq] = &records[i], true
	}
	groups := match.Cluster(edges)
	for _, g := range groups {
		for _, seq := range g {
			delete(alone, seq)
		}
	}
	for seq := range alone {
		groups = append(groups, []int64{seq})
	}
	var places []publicPlace
	for _, g := range groups {
		p := publicPlace{Lead: g[0], Members: g}
		var members []match.Member
		var sources []string
		live := slices.ContainsFunc(g, func(seq int64) bool { return !bySeq[seq].withdrawn })
		for _, seq := range g {
			k := bySeq[seq]
			members = append(members, match.Member{
				Side: match.Side{ID: place.Identifier(seq), Source: k.source, Key: k.record.Key, Withdrawn: k.withdrawn, Record: &k.record}, Seq: seq,
			})
			if !k.withdrawn || !live {
				sources = append(sources, k.source)
			}
		}
		p.Shown = live
		pub := place.Published{ID: place.Identifier(g[0]), Producteur: sources[0]}
		slices.Sort(sources)
		pub.Sources = slices.Compact(sources)
		r := match.Merge(members).Record
		if w.amend != nil && w.amend(g, &r) {
			p.Shown = false
		}
		pub.Departement, pub.PositionDoute, pub.Precision, pub.Approximate = r.Departement, r.Doubt, r.Precision, r.Approximate
		p.Feature = string(place.AppendFeature(nil, &r.Place, r.Absent, pub))
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b publicPlace) int { return int(a.Lead - b.Lead) })
	return places
}

// places are those of a world, as the database has them.
func (w *world) places(t *rapid.T, conn *pgx.Conn) ([]publicPlace, map[string]int64) {
	rows, err := conn.Query(context.Background(), `
		SELECT p.seq, COALESCE(p.merged_into, p.seq), p.shown, f.feature, s.name || '|' || p.record_key
		FROM places p JOIN features f USING (seq) JOIN sources s USING (source_id)
		WHERE s.name LIKE '% ' || $1::text ORDER BY p.seq`, fmt.Sprint(w.n))
	if err != nil {
		t.Fatal(err)
	}
	byLead := map[int64]*publicPlace{}
	seqs := map[string]int64{}
	var seq, lead int64
	var shown bool
	var feature, key string
	if _, err := pgx.ForEachRow(rows, []any{&seq, &lead, &shown, &feature, &key}, func() error {
		seqs[key] = seq
		if seq == lead {
			byLead[seq] = &publicPlace{Lead: seq, Shown: shown, Feature: withoutDate(feature)}
		} else if shown {
			t.Errorf("%d is shown and merged into %d", seq, lead)
		}
		byLead[lead].Members = append(byLead[lead].Members, seq)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var places []publicPlace
	for _, lead := range slices.Sorted(maps.Keys(byLead)) {
		places = append(places, *byLead[lead])
	}
	return places, seqs
}

// withoutDate blanks modifie_le, which tells when, not what.
func withoutDate(feature string) string {
	const member = `"modifie_le":"`
	i := strings.Index(feature, member)
	if i < 0 {
		return feature
	}
	i += len(member) - 1
	end := i + 1 + strings.IndexByte(feature[i+1:], '"')
	return feature[:i] + "null" + feature[end+1:]
}

// Whatever is loaded, withdrawn, loaded again, decided, taken back or split, and
// in whatever order: the census is what its records and its people's words
// make of it at once, and loading the same again changes nothing.
func TestTheCensusDependsOnRecordsAndDecisionsOnly(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	publish(t, url, initial(t), "2020-01-01")
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := &world{n: n, limit: rapid.SampledFrom([]int{3, 5, 60}).Draw(t, "limit")}
		c.BlockLimit(w.limit)
		var records []knownRecord
		said := map[[2]int64]match.Outcome{}
		at := func(source string, key string) *knownRecord {
			for i := range records {
				if records[i].source == source && records[i].record.Key == key {
					return &records[i]
				}
			}
			return nil
		}
		files := map[string][]place.Record{}
		check := func() {
			got, _ := w.places(t, conn)
			want := w.expected(records, said)
			for i := range want {
				want[i].Feature = withoutDate(want[i].Feature)
			}
			for i := range want { // what is not shown says whatever it said
				if !want[i].Shown && i < len(got) {
					got[i].Feature, want[i].Feature = "", ""
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("the model (-) and the census (+): %s", diff)
			}
		}
		load := func(source string, file []place.Record) place.Changes {
			changes, err := c.Load(ctx, place.Load{Source: source, AllowRemovals: true}, copies(file))
			if err != nil {
				t.Fatal(err)
			}
			return changes
		}
		for range rapid.IntRange(2, 9).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"load", "load", "load", "again", "decide", "decide", "split"}).Draw(t, "step") {
			case "load":
				source := w.source(rapid.IntRange(0, 2).Draw(t, "source"))
				var file []place.Record
				for _, key := range rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 0, 5, rapid.ID[int]).Draw(t, "keys") {
					if k := at(source, fmt.Sprint(key)); k != nil && rapid.Bool().Draw(t, "as it was") {
						file = append(file, k.record)
					} else {
						file = append(file, *w.record(t, key))
					}
				}
				load(source, file)
				files[source] = file
				_, seqs := w.places(t, conn)
				for i := range records {
					records[i].withdrawn = records[i].withdrawn || records[i].source == source
				}
				for _, r := range file {
					k := at(source, r.Key)
					if k == nil {
						records = append(records, knownRecord{seq: seqs[source+"|"+r.Key], source: source})
						k = &records[len(records)-1]
					}
					k.record, k.withdrawn = r, false
				}
				slices.SortFunc(records, func(a, b knownRecord) int { return int(a.seq - b.seq) })
			case "again":
				before, _, err := c.Versions(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for source, file := range files {
					if changes := load(source, file); changes != (place.Changes{Unchanged: len(file)}) {
						t.Fatalf("the same file again: %+v", changes)
					}
				}
				if after, _, _ := c.Versions(ctx); after != before {
					t.Fatalf("the same files again: version %d after %d", after, before)
				}
			case "decide":
				var pairs [][3]int64
				rows, err := conn.Query(ctx, `
					SELECT number, a, b FROM match_pairs m JOIN places p ON p.seq = m.a JOIN sources USING (source_id)
					WHERE name LIKE '% ' || $1::text ORDER BY a, b`, fmt.Sprint(w.n))
				if err != nil {
					t.Fatal(err)
				}
				var p [3]int64
				if _, err := pgx.ForEachRow(rows, []any{&p[0], &p[1], &p[2]}, func() error { pairs = append(pairs, p); return nil }); err != nil {
					t.Fatal(err)
				}
				if len(pairs) == 0 {
					continue
				}
				p = rapid.SampledFrom(pairs).Draw(t, "pair")
				o := rapid.SampledFrom([]match.Outcome{match.Same, match.Different, match.Undecided}).Draw(t, "outcome")
				got, err := c.Decide(ctx, p[0], o, "parce que", matcherKey, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				if o == match.Undecided {
					delete(said, [2]int64(p[1:]))
					o = ""
				} else {
					said[[2]int64(p[1:])] = o
				}
				if got.Decision != o || got.Number != p[0] {
					t.Fatalf("%+v", got)
				}
			case "split":
				places, _ := w.places(t, conn)
				places = slices.DeleteFunc(places, func(p publicPlace) bool { return len(p.Members) == 1 || !p.Shown })
				if len(places) == 0 {
					continue
				}
				p := rapid.SampledFrom(places).Draw(t, "place")
				out := rapid.SampledFrom(p.Members).Draw(t, "record")
				if err := c.Split(ctx, place.Identifier(p.Lead), place.Identifier(out), "deux lieux", matcherKey, time.Now()); err != nil {
					t.Fatal(err)
				}
				for _, seq := range p.Members {
					if seq != out {
						said[[2]int64{min(seq, out), max(seq, out)}] = match.Different
					}
				}
			}
			check()
		}
		// Comparing all again, and scoring all again, finds nothing else.
		if rapid.IntRange(0, 9).Draw(t, "all again") == 0 {
			before, _ := w.places(t, conn)
			if _, err := c.MatchAll(ctx, false, nil); err != nil {
				t.Fatal(err)
			}
			after, _ := w.places(t, conn)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Fatal("comparing all again:", diff)
			}
		}
	})
	// The worlds have something to say.
	for _, sql := range []string{
		`SELECT count(*)::int FROM places WHERE merged_into IS NOT NULL`,
		`SELECT count(*)::int FROM places WHERE shown AND withdrawn_at IS NOT NULL`,
		`SELECT count(*)::int FROM match_pairs WHERE outcome = 'a_decider'`,
		`SELECT count(*)::int FROM match_decisions WHERE outcome = 'different'`,
	} {
		if n := asked[int](t, url, sql); n == 0 {
			t.Errorf("none: %s", sql)
		}
	}
	again, err := c.Rescore(ctx, postgres.RescoreOptions{DryRun: true})
	if err != nil || again.New+again.Changed > 0 {
		t.Errorf("scoring all again: %+v %v", again, err)
	}
	for _, sql := range []string{
		`SELECT count(*)::int FROM scores JOIN places USING (seq) WHERE NOT shown`,
		`SELECT count(*)::int FROM results JOIN places USING (seq) WHERE NOT shown`,
		`SELECT count(*)::int FROM places LEFT JOIN scores s USING (seq) WHERE shown AND s.seq IS NULL`,
		`SELECT count(*)::int FROM places p JOIN places l ON l.seq = p.merged_into WHERE l.merged_into IS NOT NULL OR l.seq >= p.seq OR p.shown`,
		`SELECT count(*)::int FROM members m FULL JOIN (SELECT DISTINCT merged_into AS seq FROM places WHERE merged_into IS NOT NULL) AS l USING (seq) WHERE m.seq IS NULL OR l.seq IS NULL`,
		`SELECT count(*)::int FROM ecarts_commune JOIN places USING (seq) WHERE NOT shown`,
	} {
		if n := asked[int](t, url, sql); n != 0 {
			t.Errorf("%d: %s", n, sql)
		}
	}
}

// copies hands over records that the load may change.
func copies(file []place.Record) func(yield func(*place.Record, error) bool) {
	return func(yield func(*place.Record, error) bool) {
		for _, r := range file {
			r.Findings = slices.Clone(r.Findings)
			if !yield(&r, nil) {
				return
			}
		}
	}
}

// Of real records as many share a value whether made-up ones have it too or not,
// when all are compared at once as when each came.
func TestWhatMadeUpRecordsShareSaysNothingOfRealOnes(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	var real, madeUp []*place.Record
	for site := range 8 {
		for n := range 6 {
			r := record(t, 10*site+n)
			r.Nom, r.SiteWeb = fmt.Sprintf("Médiathèque Ariane %d", site), []string{fmt.Sprintf("https://lecture-%d.example/ateliers", site)}
			r.Adresse = "3 rue " + [...]string{"des Ormes", "Voltaire", "du Canal", "de la Gare", "Chanzy", "Pasteur"}[n]
			r.Position = at(t, 49.2+float64(site)/10, 4.03+float64(n)/10000)
			real = append(real, r)
			if n == 0 {
				m := *r
				madeUp = append(madeUp, &m)
			}
		}
	}
	for _, l := range []struct {
		load    place.Load
		records []*place.Record
	}{{place.Load{Source: "Reims"}, real}, {place.Load{Source: "démonstration", Demonstration: true}, madeUp}} {
		if _, err := c.Load(ctx, l.load, file(l.records...)); err != nil {
			t.Fatal(err)
		}
	}
	pairs := func() []string {
		return asked[[]string](t, url, `SELECT array_agg(format('%s %s %s %s %s', a, b, outcome, score, evidence) ORDER BY a, b) FROM match_pairs`)
	}
	before := pairs()
	if !strings.Contains(strings.Join(before, "\n"), "adresses donnent") {
		t.Fatal("nothing is shared")
	}
	run(t, url, `UPDATE match_rules SET version = 0`)
	if _, err := c.Load(ctx, place.Load{Source: "Épernay"}, file(record(t, 99))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, pairs()); diff != "" {
		t.Error(diff)
	}
}
