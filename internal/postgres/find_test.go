package postgres_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
)

// naive is the census as a list: what Find must agree with.
type naive struct {
	census  *postgres.Census
	conn    *pgx.Conn
	records []*place.Record // the place with seq i+1
	scores  []quality.Published
}

func newNaive(t testing.TB, n int) *naive {
	t.Helper()
	ctx := context.Background()
	url := pgtest.URL(t)
	publish(t, url, lenient(t), "2024-01-01")
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	m := &naive{census: pgtest.Open(t, url, postgres.Options{}), conn: conn}
	g := newGenerator(7)
	for i := range n {
		m.records = append(m.records, g.record(i+1))
	}
	// On both sides of the antimeridian, where a box or a naive distance breaks.
	for i, p := range []place.Position{at(t, -13.3, -176.2), at(t, -22.1, 171.9), at(t, -13.30001, -176.2), at(t, -13.3, -176.2)} {
		m.records[i].Position = p
	}
	if _, err := m.census.Load(ctx, place.Load{Source: "test"}, file(m.records...)); err != nil {
		t.Fatal(err)
	}
	// As they were when the records were: fresher, some with a letter.
	rescore(t, m.census, "2025-01-01")
	m.scores = make([]quality.Published, n)
	levels := map[string]int{}
	err = m.census.Find(ctx, place.Find{Limit: n}, func(h place.Hit) error {
		p, err := quality.ParsePublished(h.Quality)
		if p.Niveau != nil {
			levels[*p.Niveau]++
		}
		m.scores[h.Seq-1] = p
		return err
	})
	if err != nil || len(levels) < 3 {
		t.Fatalf("%v, levels %v: too few to search by", err, levels)
	}
	return m
}

// lenient is a version under which generated places, of which little is known,
// get letters all the same.
func lenient(t testing.TB) *quality.Referentiel {
	r := initial(t)
	r.Exemples = nil
	r.Parametres.Confirme = quality.Entier / 2
	r.Parametres.Provisoire = quality.Entier / 4
	r.Parametres.Niveaux = slices.Clone(r.Parametres.Niveaux)
	for i := range r.Parametres.Niveaux {
		n := &r.Parametres.Niveaux[i]
		n.Couverture = min(n.Couverture, quality.Entier/2)
		n.EssentielsInconnus, n.EssentielsManquants, n.Confiance = nil, nil, nil
	}
	return r
}

type item struct {
	ID       string
	Seq      int64
	Distance float64
}

// find is the answer to f without its limit and cursor, by looking at every place.
func (m *naive) find(t testing.TB, f place.Find) []item {
	t.Helper()
	distances := map[string]float64{}
	if f.Near.Known() {
		// The ellipsoid's distances come from PROJ's geodesics, one by one, with no index and no order.
		rows, err := m.conn.Query(context.Background(),
			`SELECT identifier, ST_Distance(position::geography, ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography, true) FROM places WHERE position IS NOT NULL`,
			f.Near.Longitude(), f.Near.Latitude())
		if err != nil {
			t.Fatal(err)
		}
		var id string
		var d float64
		if _, err := pgx.ForEachRow(rows, []any{&id, &d}, func() error { distances[id] = d; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	items := []item{}
	for i, r := range m.records {
		it := item{ID: place.Identifier(int64(i + 1)), Seq: int64(i + 1)}
		if !keeps(f, r) || !keepsScore(f, &m.scores[i]) {
			continue
		}
		if f.Near.Known() {
			d, located := distances[it.ID]
			if !located || f.Radius > 0 && d > f.Radius {
				continue
			}
			it.Distance = d
		}
		items = append(items, it)
	}
	if f.Near.Known() {
		slices.SortFunc(items, func(a, b item) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
		})
	}
	return items
}

// keeps judges every condition of f on one record but nearness.
func keeps(f place.Find, r *place.Record) bool {
	in := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	if !in(f.CodeInsee, r.CodeInsee) || !in(f.CodePostal, r.CodePostal) || !in(f.Departement, r.Departement) {
		return false
	}
	for column, values := range f.In {
		c, _ := place.ColumnNamed(column)
		if !slices.ContainsFunc(*c.List(&r.Place), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	if f.NoPosition && r.Position.Known() {
		return false
	}
	if b := f.BBox; b != nil {
		x, y := r.Position.Longitude(), r.Position.Latitude()
		inside := x >= b.West && x <= b.East
		if b.West > b.East {
			inside = x >= b.West || x <= b.East
		}
		if !r.Position.Known() || !inside || y < b.South || y > b.North {
			return false
		}
	}
	if d := f.DateMaj.From; d.Known() && (!r.DateMaj.Known() || r.DateMaj.Compare(d) < 0) {
		return false
	}
	if d := f.DateMaj.To; d.Known() && (!r.DateMaj.Known() || r.DateMaj.Compare(d) > 0) {
		return false
	}
	if f.Q != "" {
		split := func(s string) []string {
			return strings.FieldsFunc(place.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		}
		text := split(r.Nom + " " + r.Commune + " " + r.Adresse)
		words := split(f.Q)
		if len(words) == 0 {
			return false
		}
		for _, word := range words {
			if !slices.ContainsFunc(text, func(s string) bool {
				if len(word) < 3 {
					return strings.HasPrefix(s, word)
				}
				return strings.Contains(s, word)
			}) {
				return false
			}
		}
	}
	if m := f.OpenAt; m != nil {
		h, err := hours.Parse(r.Horaires)
		if r.Horaires == "" || err != nil {
			return false
		}
		zone := hours.ZoneOf(r.Departement)
		t := m.Time
		if m.Local {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone.Location())
		}
		if h.At(t, zone).State != hours.Open {
			return false
		}
	}
	return true
}

// keepsScore judges what f asks of a score.
func keepsScore(f place.Find, p *quality.Published) bool {
	if len(f.Niveau) > 0 && (p.Niveau == nil || !slices.Contains(f.Niveau, *p.Niveau)) {
		return false
	}
	if f.ScoreMin > 0 && (p.Score == nil || math.Round(*p.Score*100) < float64(f.ScoreMin)) {
		return false
	}
	if f.Socle.Complete && (p.Etat == nil || len(p.SocleManque)+len(p.SocleInconnu) > 0) {
		return false
	}
	for _, code := range f.Socle.Codes {
		if !slices.Contains(p.Socle, code) {
			return false
		}
	}
	return true
}

// drawScore asks something of the score, most often nothing.
func drawScore(rt *rapid.T, f *place.Find) {
	if rapid.IntRange(0, 2).Draw(rt, "niveau?") == 0 {
		f.Niveau = rapid.SliceOfN(rapid.SampledFrom([]string{"A", "B", "C", "D", "E", "F", "\x00"}), 1, 3).Draw(rt, "niveau")
	}
	if rapid.IntRange(0, 2).Draw(rt, "score?") == 0 {
		f.ScoreMin = rapid.SampledFrom([]int{1, 3000, 4500, 5000, 5550, 6000, 7500, 10_000, 1 << 40}).Draw(rt, "score")
	}
	if rapid.IntRange(0, 3).Draw(rt, "socle?") == 0 {
		f.Socle.Complete = rapid.Bool().Draw(rt, "complete")
		f.Socle.Codes = rapid.SliceOfN(rapid.SampledFrom([]string{"INF-01", "INF-02", "ACC-01", "ACC-04", "ACP-03", "COM-01", "CON-01", "XXX-99", "\xff"}), 0, 2).Draw(rt, "codes")
	}
}

// pages reads an answer in pages of the given size. The cursor goes through
// text, as it does in a link.
func pages(t testing.TB, c *postgres.Census, f place.Find, size int) []item {
	t.Helper()
	items := []item{}
	f.Limit = size
	for {
		before := len(items)
		err := c.Find(context.Background(), f, func(h place.Hit) error {
			_, published, err := place.ParseFeature(h.Feature)
			if err != nil || published.ID != h.ID {
				t.Fatalf("%s: feature of %s: %v", h.ID, published.ID, err)
			}
			items = append(items, item{h.ID, h.Seq, h.Distance})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(items)-before > size {
			t.Fatalf("%d places in a page of %d", len(items)-before, size)
		}
		if len(items)-before < size {
			return items
		}
		last := items[len(items)-1]
		if f.Near.Known() {
			d, err := strconv.ParseFloat(strconv.FormatFloat(last.Distance, 'g', -1, 64), 64)
			if err != nil {
				t.Fatal(err)
			}
			f.After = place.Cursor{Distance: d, ID: last.ID}
		} else {
			f.After = place.Cursor{Seq: last.Seq}
		}
	}
}

func TestNearestIsSortingAllByDistance(t *testing.T) {
	const count = 3000
	m := newNaive(t, count)
	r := rand.New(rand.NewPCG(3, 3))
	points := 300
	if testing.Short() {
		points = 30
	}
	for i := range points {
		var near place.Position
		switch r.IntN(4) {
		case 0: // where a place is, often several
			for !near.Known() {
				near = m.records[r.IntN(count)].Position
			}
		case 1: // anywhere on Earth, the sea and the poles included
			near, _ = place.Anywhere(math.Asin(2*r.Float64()-1)*180/math.Pi, 360*r.Float64()-180)
		case 2: // beside the antimeridian
			near, _ = place.Anywhere(-23+10*r.Float64(), float64(1-2*r.IntN(2))*(180-2*r.Float64()))
		default:
			near = at(t, 42.5+8*r.Float64(), -4.5+12*r.Float64())
		}
		f := place.Find{Near: near}
		switch r.IntN(3) {
		case 0:
			f.Radius = math.Exp(r.Float64() * 16) // from a metre to nine thousand kilometres
		case 1:
			f.In = map[string][]string{"services": {"Accès internet et matériel informatique"}}
		}
		if r.IntN(4) == 0 {
			f.Niveau = []string{string(rune('A' + r.IntN(5)))}
		}
		want := m.find(t, f)
		m.census.Sortable(r.IntN(2) * 20_000)
		size := 1 + r.IntN(400)
		if len(want) > 0 && r.IntN(3) == 0 {
			// First pages only, of the usual size.
			size = 20
			want = want[:min(len(want), size)]
			got := []item{}
			f.Limit = size
			if err := m.census.Find(context.Background(), f, func(h place.Hit) error {
				got = append(got, item{h.ID, h.Seq, h.Distance})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("point %d, %+v:\n%s", i, f, diff)
			}
			continue
		}
		if diff := gocmp.Diff(want, pages(t, m.census, f, max(size, len(want)/8))); diff != "" {
			t.Fatalf("point %d, %+v, by %d:\n%s", i, f, size, diff)
		}
	}
}

// Many at one point: the cursor must go through the tie.
func TestNearestPagesThroughTies(t *testing.T) {
	c := pgtest.New(t)
	var records []*place.Record
	for n := range 120 {
		r := record(t, n)
		r.Position = at(t, 48.85, 2.35)
		records = append(records, r)
	}
	if _, err := c.Load(context.Background(), place.Load{Source: "test"}, file(records...)); err != nil {
		t.Fatal(err)
	}
	for _, near := range []place.Position{at(t, 48.85, 2.35), at(t, 48.86, 2.35)} {
		for _, size := range []int{1, 7, 60, 119, 120, 121} {
			items := pages(t, c, place.Find{Near: near}, size)
			if len(items) != 120 || !slices.IsSortedFunc(items, func(a, b item) int { return strings.Compare(a.ID, b.ID) }) {
				t.Fatalf("by %d: %d places, or not in order", size, len(items))
			}
		}
	}
}

func TestFindAgreesWithTheNaiveModel(t *testing.T) {
	m := newNaive(t, 1500)
	var columns []string
	for i := range place.Columns {
		if c := &place.Columns[i]; c.List != nil && c.Vocabulary != nil {
			columns = append(columns, c.Name)
		}
	}
	some := func(rt *rapid.T, name string, value func(*place.Record) string) []string {
		if !rapid.Bool().Draw(rt, name+"?") || rapid.Bool().Draw(rt, name+"??") {
			return nil
		}
		values := []string{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(m.records)-1), 1, 40).Draw(rt, name) {
			if v := value(m.records[i]); v != "" {
				values = append(values, v)
			}
		}
		return values
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := place.Find{
			CodeInsee:   some(rt, "code_insee", func(r *place.Record) string { return r.CodeInsee }),
			CodePostal:  some(rt, "code_postal", func(r *place.Record) string { return r.CodePostal }),
			Departement: some(rt, "departement", func(r *place.Record) string { return r.Departement }),
			In:          map[string][]string{},
		}
		for _, column := range rapid.SliceOfNDistinct(rapid.SampledFrom(columns), 0, 2, rapid.ID[string]).Draw(rt, "columns") {
			v, _ := place.VocabularyOf(column)
			f.In[column] = rapid.SliceOfN(rapid.SampledFrom(v.Values()), 1, 6).Draw(rt, column)
		}
		if rapid.IntRange(0, 2).Draw(rt, "bbox?") == 0 {
			x, y := rapid.Float64Range(-180, 180), rapid.Float64Range(-30, 52)
			f.BBox = &place.BBox{West: x.Draw(rt, "west"), East: x.Draw(rt, "east"), South: y.Draw(rt, "south"), North: y.Draw(rt, "north")}
		}
		day := func(name string) place.Date {
			if rapid.IntRange(0, 3).Draw(rt, name+"?") > 0 {
				return place.Date{}
			}
			return m.records[rapid.IntRange(0, len(m.records)-1).Draw(rt, name)].DateMaj
		}
		f.DateMaj = place.DateRange{From: day("from"), To: day("to")}
		f.Q = rapid.SampledFrom([]string{"", "", "", "médiathèque", "SAINT l'etoile", "ville 1", "de 2", "%", "_", `\`, "e n", "n° 12", "mediatheque ville-7", "'; DROP TABLE places; --"}).Draw(rt, "q")
		if rapid.IntRange(0, 2).Draw(rt, "open?") == 0 {
			f.OpenAt = &place.Moment{
				Time:  time.Date(2025, 7, rapid.IntRange(1, 31).Draw(rt, "day"), rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute"), rapid.IntRange(0, 59).Draw(rt, "second"), 0, time.UTC),
				Local: rapid.Bool().Draw(rt, "local"),
			}
		}
		switch rapid.IntRange(0, 4).Draw(rt, "near?") {
		case 0:
			f.NoPosition = true
		case 1, 2:
			f.Near = m.records[rapid.IntRange(0, len(m.records)-1).Draw(rt, "near")].Position
			f.Radius = rapid.SampledFrom([]float64{0, 0, 500, 20_000, 400_000, 5e6, math.Inf(1)}).Draw(rt, "radius")
		}
		drawScore(rt, &f)
		want := m.find(t, f)
		size := max(rapid.IntRange(1, 200).Draw(rt, "size"), len(want)/4)
		m.census.Sortable(rapid.SampledFrom([]int{0, 50, 20_000}).Draw(rt, "sortable"))
		if diff := gocmp.Diff(want, pages(t, m.census, f, size)); diff != "" {
			rt.Fatalf("%+v, by %d:\n%s", f, size, diff)
		}
	})
}

func TestFindBoxIncludesItsEdgesExactly(t *testing.T) {
	c := pgtest.New(t)
	// Not representable in single precision, which the index uses.
	p := at(t, 48.8534567, 2.3487654)
	r := record(t, 1)
	r.Position = p
	if _, err := c.Load(context.Background(), place.Load{Source: "test"}, file(r)); err != nil {
		t.Fatal(err)
	}
	const bit = 1e-9
	x, y := p.Longitude(), p.Latitude()
	for _, test := range []struct {
		box  place.BBox
		want int
	}{
		{place.BBox{West: x, South: y, East: x, North: y}, 1},
		{place.BBox{West: x, South: y, East: 3, North: 49}, 1},
		{place.BBox{West: 2, South: 48, East: x, North: y}, 1},
		{place.BBox{West: x + bit, South: y, East: 3, North: 49}, 0},
		{place.BBox{West: 2, South: 48, East: x, North: y - bit}, 0},
		{place.BBox{West: 3, South: 48, East: x, North: 49}, 1}, // around the Earth
		{place.BBox{West: 3, South: 48, East: x - bit, North: 49}, 0},
		{place.BBox{West: 2, South: 49, East: 3, North: 48}, 0}, // upside down holds nothing
		{place.BBox{West: math.NaN(), South: 48, East: 3, North: 49}, 0},
		{place.BBox{West: math.Inf(-1), South: math.Inf(-1), East: math.Inf(1), North: math.Inf(1)}, 1},
		{place.BBox{West: -1e300, South: -1e300, East: 1e300, North: 1e300}, 1},
	} {
		if got := len(pages(t, c, place.Find{BBox: &test.box}, 10)); got != test.want {
			t.Errorf("%+v: %d places", test.box, got)
		}
	}
}

func TestFindRefusesWhatMeansNothing(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	none := func(place.Hit) error { return errors.New("found") }
	for _, f := range []place.Find{
		{}, {Limit: -1}, {Limit: 1, Near: at(t, 48, 2), Radius: math.NaN()}, {Limit: 1, Near: at(t, 48, 2), Radius: -1},
		{Limit: 1, In: map[string][]string{"nom": {"x"}}}, {Limit: 1, In: map[string][]string{"services) OR (true": {"x"}}},
	} {
		if err := c.Find(ctx, f, none); err == nil {
			t.Errorf("%+v: no error", f)
		}
	}
}

func TestHostileTextsFindNothing(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"\x00", "a\x00b", "\xff\xfe", "'", `"`, "%", "_", `\`, "');--", strings.Repeat("é", 100_000), "$x", "{a,b}", "\u202e", "🛟"} {
		for name, f := range map[string]place.Find{
			"q": {Q: s}, "code_insee": {CodeInsee: []string{s}}, "code_postal": {CodePostal: []string{s}},
			"departement": {Departement: []string{s}}, "in": {In: map[string][]string{"services": {s}}},
		} {
			f.Limit = 10
			if err := c.Find(ctx, f, func(place.Hit) error { return errors.New("found") }); err != nil {
				t.Errorf("%s = %.20q: %v", name, s, err)
			}
		}
		if _, err := c.Place(ctx, s); !errors.Is(err, place.ErrNotFound) {
			t.Errorf("place %.20q: %v", s, err)
		}
	}
}

// A reader who leaves must not leave his query behind.
func TestLeavingCancelsTheQueryOnTheServer(t *testing.T) {
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{AppName: "leaving"})
	if _, err := c.Load(context.Background(), place.Load{Source: "test"}, newGenerator(1).file(5000)); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	hits := 0
	err := c.Find(ctx, place.Find{Limit: 5000}, func(place.Hit) error {
		if hits++; hits == 10 {
			leave()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%d hits, %v", hits, err)
	}
	watcher, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close(context.Background())
	for range 100 {
		var active int
		if err := watcher.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leaving' AND datname = current_database() AND state = 'active'`).Scan(&active); err != nil {
			t.Fatal(err)
		}
		if active == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the query still runs five seconds after its reader left")
}

func TestStatementTimeoutIsTyped(t *testing.T) {
	url := pgtest.URL(t)
	if _, err := pgtest.Open(t, url, postgres.Options{}).Load(context.Background(), place.Load{Source: "test"}, newGenerator(1).file(5000)); err != nil {
		t.Fatal(err)
	}
	c := pgtest.Open(t, url, postgres.Options{StatementTimeout: time.Millisecond})
	err := c.Find(context.Background(), place.Find{Near: at(t, 48, 2), Limit: 5000}, func(place.Hit) error { return nil })
	if !errors.Is(err, postgres.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestEachErrorEndsFind(t *testing.T) {
	c := pgtest.New(t)
	if _, err := c.Load(context.Background(), place.Load{Source: "test"}, file(record(t, 1), record(t, 2))); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for _, f := range []place.Find{{Limit: 10}, {Limit: 10, Near: at(t, 48, 2)}} {
		hits := 0
		err := c.Find(context.Background(), f, func(place.Hit) error { hits++; return enough })
		if !errors.Is(err, enough) || hits != 1 {
			t.Error(hits, err)
		}
	}
}

// The plans matter, not the times: a search that scans everything is the slow case.
func TestPlansUseTheIndexes(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	publish(t, url, lenient(t), "2024-01-01")
	c := pgtest.Open(t, url, postgres.Options{})
	if _, err := c.Load(ctx, place.Load{Source: "test"}, newGenerator(1).file(20_000)); err != nil {
		t.Fatal(err)
	}
	near := at(t, 48.85, 2.35)
	for _, test := range []struct {
		name string
		find place.Find
		want string
	}{
		{"near", place.Find{Near: near}, "places_geography"},
		{"near, radius", place.Find{Near: near, Radius: 3000}, "places_geography"},
		{"near, rare value", place.Find{Near: near, In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}}, "places_vocabularies"},
		{"small box", place.Find{BBox: &place.BBox{West: 2.3, South: 48.8, East: 2.4, North: 48.9}}, "places_position"},
		{"across the antimeridian", place.Find{BBox: &place.BBox{West: 171, South: -23, East: -176, North: -13}}, "places_position"},
		{"rare value", place.Find{In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}}, "places_vocabularies"},
		{"q", place.Find{Q: "ville-1234"}, "places_search"},
		{"commune", place.Find{CodeInsee: []string{"35012"}}, "places_code_insee"},
		{"postal code", place.Find{CodePostal: []string{"35012"}}, "places_code_postal"},
		{"departement", place.Find{Departement: []string{"35"}}, "places_departement"},
		{"recent", place.Find{DateMaj: place.DateRange{From: place.Date{Year: 2024, Month: 12, Day: 27}}}, "places_date_maj"},
		{"rare level", place.Find{Niveau: []string{"A"}}, "scores_niveau"},
		{"near, rare level", place.Find{Near: near, Niveau: []string{"A"}}, "scores_niveau"},
		{"high score", place.Find{ScoreMin: 9900}, "scores_score"},
		{"every guarantee", place.Find{Socle: place.Socle{Complete: true}}, "scores_complete"},
		{"departement, level", place.Find{Departement: []string{"35"}, Niveau: []string{"E"}}, "places_departement"},
		{"all", place.Find{}, "places_pkey"},
		{"after", place.Find{After: place.Cursor{Seq: 19_000}}, "places_pkey"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.find.Limit = 20
			plan, err := c.Explain(ctx, test.find)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan, test.want) || strings.Contains(plan, "Seq Scan on places") {
				t.Errorf("%s is not used, or everything is scanned:\n%s", test.want, plan)
			}
			if !strings.Contains(plan, "features_pkey") {
				t.Errorf("features are not read by their key:\n%s", plan)
			}
		})
	}
}
