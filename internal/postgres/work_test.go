package postgres_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
	"mednum/internal/territory"
)

// country is a small one of four communes and two arrondissements, in two régions:
// one commune holds a former one, one has no place, one no centre.
var country = territory.Set{Origin: "essai", Communes: []territory.Commune{
	{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100"}, Departement: "51", Region: "44", Epci: "200067213", Population: 180000, Point: orb.Point{4.03, 49.25}, HasPoint: true},
	{Code: "51055", Nom: "Bétheny", CodesPostaux: []string{"51450"}, Departement: "51", Region: "44", Epci: "200067213", Population: 6500, Point: orb.Point{4.05, 49.28}, HasPoint: true, AnciensCodes: []string{"51999"}},
	{Code: "51660", Nom: "Witry", CodesPostaux: []string{"51420"}, Departement: "51", Region: "44", Population: 300, Point: orb.Point{4.9, 48.7}, HasPoint: true},
	{Code: "51001", Nom: "Ablancourt", CodesPostaux: []string{"51240"}, Departement: "51", Region: "44", Population: 150},
	{Code: "69123", Nom: "Lyon", CodesPostaux: []string{"69001"}, Departement: "69", Region: "84", Epci: "200046977", Population: 520000, Point: orb.Point{4.84, 45.76}, HasPoint: true},
	{Code: "69381", Nom: "Lyon 1er", CodesPostaux: []string{"69001"}, Departement: "69", Region: "84", Epci: "200046977", Parent: "69123", Population: 29000, Point: orb.Point{4.83, 45.77}, HasPoint: true},
	{Code: "69382", Nom: "Lyon 2e", CodesPostaux: []string{"69002"}, Departement: "69", Region: "84", Epci: "200046977", Parent: "69123", Population: 31000, Point: orb.Point{4.82, 45.74}, HasPoint: true},
}}

// grounds are territories of every kind, some of them nobody's.
var grounds = []string{"", "commune:51454", "commune:51055", "commune:51999", "commune:51454,69381", "commune:69123", "commune:69382", "epci:200067213", "epci:200046977", "epci:246900245",
	"departement:51", "departement:69,51", "departement:2A", "region:44", "region:84", "region:44,84", "lieux:" + place.Identifier(1) + "," + place.Identifier(3)}

// holds is what (*written).on of the API says of a place.
func holds(t access.Territory, g *territory.Gazetteer, id string, p *place.Place, published place.Published) bool {
	var m territory.Commune
	if known, ok := g.Commune(p.CodeInsee); ok {
		m = *known
	}
	in := func(code string) bool { return t.Holds(id, code, m.Epci, published.Departement, m.Region) }
	return in(p.CodeInsee) || in(m.Code) || t.Kind == access.Commune && in(m.Parent)
}

// publicly is a published place with its score.
type publicly struct {
	id        string
	place     place.Place
	published place.Published
	quality   quality.Published
	created   time.Time
}

func census(t testing.TB, c *postgres.Census, conn *pgx.Conn) (all []publicly) {
	t.Helper()
	ctx := context.Background()
	err := c.Find(ctx, place.Find{Limit: math.MaxInt32}, func(h place.Hit) error {
		p, published, err := place.ParseFeature(h.Feature)
		if err != nil {
			return err
		}
		q, err := quality.ParsePublished(h.Quality)
		all = append(all, publicly{id: h.ID, place: p, published: published, quality: q})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if err := conn.QueryRow(ctx, `SELECT created_at FROM places WHERE identifier = $1`, all[i].id).Scan(&all[i].created); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// townsman makes records of the small country, some of whose cells are unknown.
func townsman(rt *rapid.T, n int) *place.Record {
	g := newGenerator(uint64(rapid.IntRange(1, 1<<20).Draw(rt, "seed")))
	r := g.record(n)
	type town struct {
		code, departement string
		at                orb.Point
	}
	t := rapid.SampledFrom([]town{{"51454", "51", orb.Point{4.03, 49.25}}, {"51055", "51", orb.Point{4.05, 49.28}}, {"51999", "51", orb.Point{4.06, 49.29}}, {"69123", "69", orb.Point{4.84, 45.76}},
		{"69381", "69", orb.Point{4.83, 45.77}}, {"69382", "69", orb.Point{4.82, 45.74}}, {"", "51", orb.Point{4.02, 49.24}}, {"2A004", "2A", orb.Point{8.73, 41.92}}}).Draw(rt, "town")
	r.CodeInsee, r.Departement = t.code, t.departement
	r.Position = place.Position{}
	if rapid.IntRange(0, 3).Draw(rt, "placed") > 0 {
		r.Position, _ = place.NewPosition(t.at[1]+float64(n)/5000, t.at[0])
		if rapid.IntRange(0, 4).Draw(rt, "doubt") == 0 {
			r.Doubt = "à 12 km de la commune"
		}
	}
	if rapid.Bool().Draw(rt, "mute") {
		r.Telephone = ""
	}
	if rapid.IntRange(0, 4).Draw(rt, "undated") == 0 {
		r.DateMaj = place.Date{}
	}
	return r
}

// TestWorkIsWhatOneCounts: on every kind of territory, the numbers are those of
// somebody who looks at every published place, and each list has as many places
// as its number.
func TestWorkIsWhatOneCounts(t *testing.T) {
	url := pgtest.URL(t)
	publish(t, url, lenient(t), "2024-01-01")
	ctx := context.Background()
	c := pgtest.Open(t, url, postgres.Options{})
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := c.SaveTerritories(ctx, country); err != nil {
		t.Fatal(err)
	}
	gazetteer := territory.NewGazetteer(country)
	today := place.Date{Year: 2025, Month: time.June, Day: 15}
	engine, err := quality.Load(lenient(t).Canonical())
	if err != nil {
		t.Fatal(err)
	}
	type town struct {
		records []*place.Record
		kept    int
	}
	towns := rapid.Custom(func(rt *rapid.T) town {
		records := make([]*place.Record, rapid.IntRange(1, 40).Draw(rt, "places"))
		for i := range records {
			records[i] = townsman(rt, i+1)
		}
		return town{records, rapid.IntRange(1, len(records)).Draw(rt, "kept")}
	})
	// Each one takes seconds: what came before is still there, withdrawn.
	for seed := range 6 {
		drawn := towns.Example(seed)
		records, kept := drawn.records, drawn.kept
		for _, some := range [][]*place.Record{records, records[:kept]} {
			if _, err := c.Load(ctx, place.Load{Source: "essai", AllowRemovals: true}, file(some...)); err != nil {
				t.Fatal(err)
			}
		}
		rescore(t, c, today.String())
		// Some came long ago, and of those that are gone, some were long ago.
		for _, sql := range []string{
			`UPDATE places SET created_at = '2025-06-15T08:00:00Z'::timestamptz - (hashtext(identifier) % 60) * interval '1 day'`,
			`UPDATE places SET withdrawn_at = '2025-06-15T08:00:00Z'::timestamptz - (abs(hashtext(identifier)) % 60) * interval '1 day' WHERE withdrawn_at IS NOT NULL`,
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		all := census(t, c, conn)
		for _, param := range grounds {
			on := access.ParseTerritory(param)
			got, err := c.Work(ctx, on, today)
			if err != nil {
				t.Fatal(err)
			}
			want := naiveWork(t, c, conn, all, gazetteer, engine, on, today)
			got.Cover, want.Cover = territory.Cover{}, territory.Cover{} // TestCover
			if d := gocmp.Diff(want, got); d != "" {
				t.Fatalf("on %q, -counted +told: %s", param, d)
			}
			ofList := map[territory.List]int{territory.All: got.Places, territory.Recent: got.New, territory.Undated: got.Undated, territory.Unplaced: got.Unplaced, territory.Doubtful: got.Doubtful,
				territory.NoHours: got.NoHours, territory.NoPhone: got.NoPhone, territory.Gone: got.Gone, territory.Incomplete: got.Quality.Scored - got.Quality.Complete}
			for list, n := range ofList {
				listedAs(t, c, on, territory.Ask{List: list, Order: territory.ByDate, Limit: 1000}, today, n)
			}
			if everything := listedAs(t, c, on, territory.Ask{List: territory.All, Order: territory.ByName, Limit: 1000}, today, got.Places); len(everything) > 0 {
				// Any words of a name, in any order and case, find what has them all.
				words := strings.Fields(place.Fold(everything[len(everything)/2].Nom))
				slices.Reverse(words)
				n := 0
				for _, x := range all {
					if holds(on, gazetteer, x.id, &x.place, x.published) && !slices.ContainsFunc(words, func(w string) bool {
						return !strings.Contains(" "+place.Fold(x.place.Nom+" "+x.place.Commune+" "+x.place.Adresse), strings.Trim(w, "-’'"))
					}) {
						n++
					}
				}
				listedAs(t, c, on, territory.Ask{List: territory.All, Q: strings.ToUpper(strings.Join(words, " ")), Order: territory.ByDate, Limit: 1000}, today, n)
				listedAs(t, c, on, territory.Ask{List: territory.All, Q: "zzzz", Order: territory.ByDate, Limit: 1000}, today, 0)
			}
			for i, months := range territory.Ages {
				listedAs(t, c, on, territory.Ask{List: territory.Stale, Months: months, Order: territory.ByTown, Limit: 1000}, today, got.Stale[i])
			}
			for _, l := range got.Lacks {
				items := listedAs(t, c, on, territory.Ask{List: territory.Lacking, Critere: l.Critere, Order: territory.ByScore, Limit: 1000}, today, l.Places)
				sum := int64(0)
				for _, i := range items {
					sum += i.Gain
				}
				if sum != l.Gain {
					t.Fatalf("%s on %q: %d points in all, %d by the list", l.Critere, param, l.Gain, sum)
				}
			}
		}
	}
}

func listedAs(t testing.TB, c *postgres.Census, on access.Territory, ask territory.Ask, today place.Date, want int) (items []territory.Item) {
	t.Helper()
	total, err := c.WorkList(context.Background(), on, ask, today, func(i territory.Item) error { items = append(items, i); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if total != want || len(items) != want {
		t.Fatalf("%s of %q: %d places of %d, the page says %d", ask.List, on, len(items), total, want)
	}
	return items
}

func naiveWork(t testing.TB, c *postgres.Census, conn *pgx.Conn, all []publicly, g *territory.Gazetteer, engine *quality.Engine, on access.Territory, today place.Date) territory.Work {
	t.Helper()
	ctx := context.Background()
	k := territory.Work{Day: today, Quality: territory.Quality{Levels: map[string]int{}, Socle: map[string]int{}}}
	zero := 0
	k.Contradicted = &zero
	since := today.Time().AddDate(0, 0, -territory.Lately)
	lacks := map[string]*territory.Lack{}
	var scores []int
	for i := range all {
		x := &all[i]
		if !holds(on, g, x.id, &x.place, x.published) {
			continue
		}
		k.Places++
		if !x.created.Before(since) {
			k.New++
		}
		if !x.place.DateMaj.Known() {
			k.Undated++
		}
		for i, months := range territory.Ages {
			if x.place.DateMaj.Known() && x.place.DateMaj.Time().Before(today.Time().AddDate(0, -months, 0)) {
				k.Stale[i]++
			}
		}
		at, precision := x.published.Shown(&x.place)
		switch {
		case !at.Known():
			k.Unplaced++
		case precision == place.AtCommune || x.published.PositionDoute != "":
			k.Doubtful++
		}
		if x.place.Horaires == "" {
			k.NoHours++
		}
		if x.place.Telephone == "" {
			k.NoPhone++
		}
		if x.quality.Etat == nil {
			continue
		}
		q := &k.Quality
		q.Scored++
		letter := ""
		if x.quality.Niveau != nil {
			letter = *x.quality.Niveau
		}
		q.Levels[letter]++
		if len(x.quality.SocleManque)+len(x.quality.SocleInconnu) == 0 {
			q.Complete++
		}
		for _, code := range x.quality.Socle {
			q.Socle[code]++
		}
		score := 0
		if x.quality.Score != nil {
			score = int(math.Round(*x.quality.Score * 100))
		}
		scores = append(scores, score)
		scored, err := c.Scored(ctx, x.id)
		if err != nil {
			t.Fatal(err)
		}
		for i, read := range engine.Explain(&scored).Criteres {
			if read.GainScore == nil {
				continue
			}
			zeroed := engine.Referentiel().Criteres[i].SiAbsent == quality.Zero
			if read.Statut != quality.StatutInconnu && !zeroed {
				continue // poor, and known: nothing to fill
			}
			l := lacks[read.Code]
			if l == nil {
				l = &territory.Lack{Critere: read.Code}
				lacks[read.Code] = l
			}
			l.Places++
			l.Gain += int64(*read.GainScore) / 100
			if read.Statut == quality.StatutInconnu {
				l.Unknown++
			}
		}
	}
	k.Quality.Version = engine.Referentiel().Version
	if len(scores) > 0 {
		slices.Sort(scores)
		k.Quality.Median = &scores[(len(scores)-1)/2]
	}
	for i := range engine.Referentiel().Criteres {
		if l := lacks[engine.Referentiel().Criteres[i].Code]; l != nil {
			k.Lacks = append(k.Lacks, *l)
		}
	}
	slices.SortStableFunc(k.Lacks, func(a, b territory.Lack) int { return cmp.Or(cmp.Compare(b.Gain, a.Gain), b.Places-a.Places) })
	if len(k.Lacks) == 0 {
		k.Lacks = []territory.Lack{}
	}
	rows, err := conn.Query(ctx, `
		SELECT p.identifier, (SELECT max(withdrawn_at) FROM places WHERE COALESCE(merged_into, seq) = p.seq), f.feature
		FROM places p JOIN features f USING (seq) WHERE NOT p.shown AND p.merged_into IS NULL`)
	if err != nil {
		t.Fatal(err)
	}
	var id, feature string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&id, &at, &feature}, func() error {
		p, published, err := place.ParseFeature([]byte(feature))
		if err == nil && !at.Before(since) && holds(on, g, id, &p, published) {
			k.Gone++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, k.Doubles, err = c.Doubtful(ctx, "", 0, 1, access.Key{Territory: on})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestCover: by hand. Reims has a place of its own, Bétheny one 3 km away, Witry
// none within reach, Ablancourt is nowhere; those of Lyon are not counted twice.
func TestCover(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if _, err := c.SaveTerritories(ctx, country); err != nil {
		t.Fatal(err)
	}
	one := record(t, 1)
	one.CodeInsee, one.Position = "51454", at(t, 49.25, 4.03)
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, file(one)); err != nil {
		t.Fatal(err)
	}
	metres := func(a, b orb.Point) float64 { // on the sphere
		const r = math.Pi / 180
		h := math.Pow(math.Sin((b[1]-a[1])*r/2), 2) + math.Cos(a[1]*r)*math.Cos(b[1]*r)*math.Pow(math.Sin((b[0]-a[0])*r/2), 2)
		return 2 * 6371008.8 * math.Asin(math.Sqrt(h))
	}
	k, err := c.Work(ctx, access.ParseTerritory("departement:51"), place.Date{Year: 2025, Month: 1, Day: 1})
	if err != nil {
		t.Fatal(err)
	}
	x := k.Cover
	if x.Communes != 4 || x.People != 180000+6500+300+150 || x.Nowhere != 1 || x.FarPeople != 300 || len(x.Far) != 1 || x.Far[0].Code != "51660" || x.Far[0].Nearest != place.Identifier(1) {
		t.Errorf("%+v", x)
	}
	here := orb.Point{4.03, 49.25}
	if far := metres(orb.Point{4.9, 48.7}, here); x.Far[0].Metres == nil || math.Abs(float64(*x.Far[0].Metres)-far) > far/200 {
		t.Errorf("Witry is %v m away, about %.0f expected", x.Far[0].Metres, far)
	}
	mean := (6500*metres(orb.Point{4.05, 49.28}, here) + 300*metres(orb.Point{4.9, 48.7}, here)) / (180000 + 6500 + 300)
	if x.Metres == nil || math.Abs(float64(*x.Metres)-mean) > 5 {
		t.Errorf("mean distance %v, about %.0f expected", x.Metres, mean)
	}
	// A city and its arrondissements; an arrondissement alone.
	for param, want := range map[string][2]int{"commune:69123": {1, 520000}, "departement:69": {1, 520000}, "commune:69381": {1, 29000}, "lieux:" + place.Identifier(1): {0, 0}, "": {5, 180000 + 6500 + 300 + 150 + 520000}} {
		k, err := c.Work(ctx, access.ParseTerritory(param), place.Date{Year: 2025, Month: 1, Day: 1})
		if err != nil || k.Cover.Communes != want[0] || k.Cover.People != want[1] {
			t.Errorf("%q: %v %+v", param, err, k.Cover)
		}
	}
	// With no place at all, nobody knows a distance.
	empty := pgtest.New(t)
	if _, err := empty.SaveTerritories(ctx, country); err != nil {
		t.Fatal(err)
	}
	if k, err = empty.Work(ctx, access.Territory{}, place.Date{Year: 2025, Month: 1, Day: 1}); err != nil || k.Cover.Metres != nil || len(k.Cover.Far) != 4 || k.Cover.Far[0].Metres != nil {
		t.Errorf("%v %+v", err, k.Cover)
	}
}

// TestWithin: who may look at what, by hand.
func TestWithin(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if _, err := c.SaveTerritories(ctx, country); err != nil {
		t.Fatal(err)
	}
	one := record(t, 1)
	one.CodeInsee = "51454"
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, file(one)); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		part, whole string
		want        bool
	}{
		{"departement:51", "", true}, {"", "", true}, {"", "departement:51", false},
		{"departement:51", "departement:51", true}, {"departement:51", "departement:51,69", true}, {"departement:51,69", "departement:51", false},
		{"commune:51454", "departement:51", true}, {"commune:51454,69123", "departement:51", false}, {"commune:99999", "departement:51", false},
		{"epci:200067213", "departement:51", true}, {"epci:200067213", "commune:51454,51055", true}, {"epci:200067213", "commune:51454", false},
		{"departement:51", "region:44", true}, {"region:44", "departement:51", true}, {"region:84", "departement:51", false},
		{"commune:69381", "commune:69123", true}, {"commune:69123", "commune:69381", false}, {"commune:69123", "commune:69381,69382", false},
		{"lieux:" + place.Identifier(1), "commune:51454", true}, {"lieux:" + place.Identifier(1), "commune:69123", false}, {"lieux:" + place.Identifier(7), "commune:51454", false},
		{"commune:51454", "lieux:" + place.Identifier(1), false}, {"lieux:" + place.Identifier(1), "lieux:" + place.Identifier(1) + "," + place.Identifier(2), true},
		{"commune:51660", "epci:200067213", false}, // of no EPCI
	} {
		got, err := c.Within(ctx, access.ParseTerritory(x.part), access.ParseTerritory(x.whole))
		if err != nil || got != x.want {
			t.Errorf("%q within %q: %v %v", x.part, x.whole, got, err)
		}
	}
}

// TestContradictions: what a source says anew of a corrected column is told, on
// the territory only, until it says as the correction does.
func TestContradictions(t *testing.T) {
	c := pgtest.New(t)
	load := func(horaires, telephone string) {
		t.Helper()
		one, two := record(t, 1), record(t, 2)
		one.Horaires, one.Telephone, one.CodeInsee = horaires, telephone, "51454"
		if _, err := c.Load(context.Background(), place.Load{Source: "Reims"}, file(one, two)); err != nil {
			t.Fatal(err)
		}
	}
	today := place.Date{Year: 2025, Month: 1, Day: 1}
	count := func(param string) int {
		t.Helper()
		k, err := c.Work(context.Background(), access.ParseTerritory(param), today)
		if err != nil {
			t.Fatal(err)
		}
		items := listedAs(t, c, access.ParseTerritory(param), territory.Ask{List: territory.Contradicted, Order: territory.ByName, Limit: 10}, today, *k.Contradicted)
		for _, i := range items {
			if !strings.Contains(i.Why, "une source dit « Mo-Fr 10:00-11:00 », vous dites « Mo-Fr 14:00-18:00 »") {
				t.Errorf("%q", i.Why)
			}
		}
		return *k.Contradicted
	}
	load("Mo-Fr 09:00-12:00", "")
	ctx := signedMarne(history.Correction, "appel du lieu")
	if _, err := c.Edit(ctx, history.Edit{ID: place.Identifier(1), Cells: map[string]string{"horaires": "Mo-Fr 14:00-18:00"}, On: today}); err != nil {
		t.Fatal(err)
	}
	if n := count(""); n != 0 {
		t.Errorf("%d contradictions of what the source said already", n)
	}
	load("Mo-Fr 10:00-11:00", "+33326000000")
	if a, b, x := count(""), count("departement:51"), count("departement:69"); a != 1 || b != 1 || x != 0 {
		t.Errorf("%d %d %d", a, b, x)
	}
	load("Mo-Fr 14:00-18:00", "+33326000000")
	if n := count(""); n != 0 {
		t.Errorf("%d contradictions of what the source now says too", n)
	}
}

// unzip gives the files of an archive.
func unzip(t testing.TB, text []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	return files
}

// table reads a CSV: the title line, then a map a row.
func table(t testing.TB, text string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%v: %.200s", err, text)
	}
	for _, cells := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = cells[i]
		}
		rows = append(rows, m)
	}
	return rows
}

// TestArchiveTellsAll: of a territory and of nothing else, with what was before.
func TestArchiveTellsAll(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	publish(t, url, initial(t), "2024-01-01")
	c := pgtest.Open(t, url, postgres.Options{})
	if _, err := c.SaveTerritories(ctx, country); err != nil {
		t.Fatal(err)
	}
	one, two, far := record(t, 1), record(t, 2), record(t, 3)
	one.CodeInsee, two.CodeInsee = "51454", "51454"
	far.CodeInsee, far.Departement, far.Commune, far.Nom, far.Position = "69123", "69", "Lyon", "Ailleurs", at(t, 45.76, 4.84)
	load := func(records ...*place.Record) {
		t.Helper()
		if _, err := c.Load(history.With(ctx, history.Author{Organisation: "Reims", Cause: history.Import}), place.Load{Source: "Reims", AllowRemovals: true}, file(records...)); err != nil {
			t.Fatal(err)
		}
	}
	load(one, two, far)
	marne := signedMarne(history.Correction, "appel du lieu, « et » l’accueil")
	today := place.Date{Year: 2025, Month: 1, Day: 1}
	if _, err := c.Edit(marne, history.Edit{ID: place.Identifier(1), Cells: map[string]string{"horaires": "Mo-Fr 14:00-18:00", "telephone": "+33326000000"}, On: today}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ClosePlace(signedMarne(history.Closing, "déménagement"), place.Identifier(2), 0, history.Closure{Since: today, Reason: "déménagement"}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Archive(ctx, access.ParseTerritory("departement:51"), &b); err != nil {
		t.Fatal(err)
	}
	files := unzip(t, b.Bytes())
	for _, name := range []string{"lieux.csv", "lieux.geojson", "fiches.csv", "historique.csv", "signalements.csv", "fermetures.csv", "doublons.csv", "lisez-moi.txt"} {
		if _, ok := files[name]; !ok {
			t.Errorf("%s is missing", name)
		}
		if strings.Contains(files[name], "Ailleurs") || strings.Contains(files[name], place.Identifier(3)) {
			t.Errorf("%s tells of another territory", name)
		}
		if name != "lisez-moi.txt" && !strings.Contains(files["lisez-moi.txt"], name) {
			t.Errorf("lisez-moi.txt does not tell of %s", name)
		}
	}
	lieux := table(t, files["lieux.csv"])
	if len(lieux) != 1 || lieux[0]["id"] != place.Identifier(1) || lieux[0]["horaires"] != "Mo-Fr 14:00-18:00" {
		t.Errorf("%v", lieux)
	}
	fiches := table(t, files["fiches.csv"])
	if len(fiches) != 2 || fiches[0]["horaires"] != "Mo-Fr 09:00-12:00" || fiches[0]["lieu"] != place.Identifier(1) || fiches[0]["clef"] != "lieu-1" || fiches[0]["brut"] != `{"id": "lieu-1"}` {
		t.Errorf("%v", fiches)
	}
	closures := table(t, files["fermetures.csv"])
	if len(closures) != 1 || closures[0]["lieu"] != place.Identifier(2) || closures[0]["depuis"] != "2025-01-01" || closures[0]["organisation"] != "Département de la Marne" {
		t.Errorf("%v", closures)
	}
	type step struct{ lieu, etat, colonne, avant, apres, organisation, cause, motif string }
	var steps []step
	for _, r := range table(t, files["historique.csv"]) {
		if n, err := strconv.Atoi(r["revision"]); err != nil || n < 1 {
			t.Errorf("revision %q", r["revision"])
		}
		if _, err := time.Parse(time.RFC3339, r["le"]); err != nil {
			t.Error(err)
		}
		steps = append(steps, step{r["lieu"], r["etat"], r["colonne"], r["avant"], r["apres"], r["organisation"], r["cause"], r["motif"]})
	}
	a, x := place.Identifier(1), place.Identifier(2)
	why := "appel du lieu, « et » l’accueil"
	want := []step{
		{a, "publie", "", "", "", "Reims", "import", ""},
		{a, "publie", "telephone", "", "+33326000000", "Département de la Marne", "correction", why},
		{a, "publie", "horaires", "Mo-Fr 09:00-12:00", "Mo-Fr 14:00-18:00", "Département de la Marne", "correction", why},
		{a, "publie", "date_maj", "2024-04-02", "2025-01-01", "Département de la Marne", "correction", why},
		{x, "publie", "", "", "", "Reims", "import", ""},
		{x, "ferme", "", "", "", "Département de la Marne", "fermeture", "déménagement"},
	}
	if d := gocmp.Diff(want, steps, gocmp.AllowUnexported(step{})); d != "" {
		t.Errorf("-expected +told: %s", d)
	}
	// The whole country has the other one too, and a place that came back is told.
	load(one, far)
	load(one, two, far)
	b.Reset()
	if err := c.Archive(ctx, access.Territory{}, &b); err != nil {
		t.Fatal(err)
	}
	if files = unzip(t, b.Bytes()); len(table(t, files["lieux.csv"])) != 2 || !strings.Contains(files["lieux.geojson"], `"score":`) {
		t.Errorf("%s", files["lieux.csv"])
	}
}

// TestArchiveWithoutReaderEnds: whoever does not take it gets an error, and the
// transaction ends.
func TestArchiveWithoutReaderEnds(t *testing.T) {
	c := pgtest.New(t)
	if _, err := c.Load(context.Background(), place.Load{Source: "Reims"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	r.Close()
	if err := c.Archive(context.Background(), access.Territory{}, w); err == nil {
		t.Error("an archive was written to nobody")
	}
	if _, err := c.Load(context.Background(), place.Load{Source: "Reims"}, file(record(t, 1), record(t, 2))); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkWork(b *testing.B) {
	c := benchCensus(b)
	ctx := context.Background()
	today := place.Date{Year: 2025, Month: 1, Day: 1}
	for _, param := range []string{"commune:35001", "departement:35", "departement:35,75,13,59,69,33,31,44,67,34", ""} {
		on := access.ParseTerritory(param)
		b.Run("page/"+cmp.Or(param, "pays"), func(b *testing.B) {
			for b.Loop() {
				k, err := c.Work(ctx, on, today)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(k.Places), "places")
			}
		})
		b.Run("list/"+cmp.Or(param, "pays"), func(b *testing.B) {
			for b.Loop() {
				if _, err := c.WorkList(ctx, on, territory.Ask{List: territory.Lacking, Critere: "ACC-01", Order: territory.ByScore, Limit: 50}, today, func(territory.Item) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("archive", func(b *testing.B) {
		for b.Loop() {
			if err := c.Archive(ctx, access.Territory{}, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}
