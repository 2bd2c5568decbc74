package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
	"mednum/internal/simulation"
	"mednum/internal/territory"
)

// asked runs a query that gives one value.
func asked[T any](t testing.TB, url, sql string, args ...any) (v T) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// publish puts a version of the référentiel in force from a day on, going
// through every state of its life.
func publish(t testing.TB, url string, r *quality.Referentiel, from string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	text := string(r.Canonical())
	_, err = conn.Exec(ctx, `
		INSERT INTO referentiels (version, state, document, hash, author_organisation, author_role, created_at, changed_at)
		VALUES ($1, 'BROUILLON', $2, sha256(convert_to($2, 'UTF8')), 'essai', 'redacteur-national', now(), now())`, r.Version, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"EN_CONSULTATION", "ARBITRAGE", "SIMULATION_VALIDEE"} {
		if _, err := conn.Exec(ctx, `UPDATE referentiels SET state = $2 WHERE version = $1`, r.Version, state); err != nil {
			t.Fatal(err)
		}
	}
	_, err = conn.Exec(ctx, `UPDATE referentiels SET state = 'PUBLIEE', published_at = now(), effective_on = $2::date WHERE version = $1`, r.Version, from)
	if err != nil {
		t.Fatal(err)
	}
}

func initial(t testing.TB) *quality.Referentiel {
	t.Helper()
	e, err := quality.Load(quality.Initial())
	if err != nil {
		t.Fatal(err)
	}
	r := *e.Referentiel()
	return &r
}

// scoredCensus is a census under version 1.0.0.
func scoredCensus(t testing.TB) (*postgres.Census, string) {
	t.Helper()
	url := pgtest.URL(t)
	publish(t, url, initial(t), "2024-01-01")
	return pgtest.Open(t, url, postgres.Options{}), url
}

func rescore(t testing.TB, c *postgres.Census, date string) postgres.RescoreReport {
	t.Helper()
	day, ok := place.ParseDate(date)
	if !ok && date != "" {
		t.Fatal(date)
	}
	r, err := c.Rescore(context.Background(), postgres.RescoreOptions{Date: day})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func getScored(t testing.TB, c *postgres.Census, seq int64) quality.Scored {
	t.Helper()
	s, err := c.Scored(context.Background(), place.Identifier(seq))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func published(t testing.TB, c *postgres.Census, seq int64) quality.Published {
	t.Helper()
	hit, err := c.Place(context.Background(), place.Identifier(seq))
	if err != nil {
		t.Fatal(err)
	}
	p, err := quality.ParsePublished(hit.Quality)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWithoutAVersionNothingIsScored(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	hit, err := c.Place(ctx, place.Identifier(1))
	if err != nil || hit.Quality != nil {
		t.Errorf("%v %q", err, hit.Quality)
	}
	if _, err := c.Scored(ctx, place.Identifier(1)); !errors.Is(err, quality.ErrNoScore) {
		t.Error(err)
	}
	if _, err := c.Scored(ctx, place.Identifier(2)); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	r := rescore(t, c, "")
	if r.Version != "" || r.Places != 0 {
		t.Errorf("%+v", r)
	}
	err = c.Declare(ctx, place.Identifier(1), []quality.Declaration{{Question: "COM-03", Reponse: "x"}}, access.Key{}, time.Now())
	var faults quality.Faults
	if !errors.As(err, &faults) {
		t.Error(err)
	}
	for _, f := range []place.Find{{Niveau: []string{"A"}}, {ScoreMin: 1}, {Socle: place.Socle{Complete: true}}, {Socle: place.Socle{Codes: []string{"INF-01"}}}} {
		if got := pages(t, c, f, 5); len(got) != 0 {
			t.Errorf("%+v finds %v", f, got)
		}
	}
}

// What a load leaves is what the engine says of each record, worked out here
// from the records themselves.
func TestLoadScoresEveryPlace(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	engine, err := quality.Load(quality.Initial())
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(11)
	var records []*place.Record
	for i := range 3100 { // more than three batches
		records = append(records, g.record(i+1))
	}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(records...)); err != nil {
		t.Fatal(err)
	}
	// One value in every record: nothing is learnt from it.
	constantes := []string{}
	for i := range place.Columns {
		col := &place.Columns[i]
		values := map[string]bool{}
		for _, r := range records {
			values[cell(col, &r.Place)] = true
		}
		if col.Kind != place.Latitude && col.Kind != place.Longitude && len(values) == 1 && !values[""] {
			constantes = append(constantes, col.Name)
		}
	}
	slices.Sort(constantes)
	now := time.Now().UTC()
	today, _ := place.NewDate(now.Year(), now.Month(), now.Day())
	seen := 0
	err = c.Find(ctx, place.Find{Limit: 5000}, func(h place.Hit) error {
		r := records[h.Seq-1]
		seen++
		in := quality.Entree{Fiche: quality.Derive(&r.Place, r.Absent, r.Departement, nil), Contexte: quality.Contexte{Constantes: constantes}, Date: quality.Jour{Date: today}}
		result := engine.Evaluate(&in)
		want := result.Published()
		if got, want := string(h.Quality), string(want.AppendMembers(nil)); got != want {
			return fmt.Errorf("%s:\n%s\n%s", h.ID, got, want)
		}
		return nil
	})
	if err != nil || seen != len(records) {
		t.Fatal(seen, err)
	}
	s := getScored(t, c, 7)
	if s.Nom != records[6].Nom || s.Source != "test" || s.Version != "1.0.0" || string(s.Document) != string(engine.Referentiel().Canonical()) {
		t.Errorf("%+v", s)
	}
	again := engine.Evaluate(&s.Entree)
	if diff := cmp.Diff(string(again.Canonical()), string(s.Resultat.Canonical())); diff != "" {
		t.Error(diff)
	}
}

// cell is a value as text, "" when unknown.
func cell(c *place.Column, p *place.Place) string {
	switch {
	case c.Text != nil:
		return *c.Text(p)
	case c.List != nil && len(*c.List(p)) > 0:
		return fmt.Sprintf("%q", *c.List(p))
	case c.Kind == place.Day:
		return p.DateMaj.String()
	}
	return ""
}

func TestScoresFollowTheRecord(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load := func(l place.Load, records ...*place.Record) {
		t.Helper()
		l.Source = "Reims"
		if _, err := c.Load(ctx, l, file(records...)); err != nil {
			t.Fatal(err)
		}
	}
	load(place.Load{}, record(t, 1), record(t, 2), record(t, 3))
	before := getScored(t, c, 2)
	untouched := string(before.Resultat.Canonical())

	better := record(t, 2)
	better.FraisACharge = []string{"Gratuit"}
	load(place.Load{}, record(t, 1), better, record(t, 3))
	after := getScored(t, c, 2)
	if after.Resultat.Score <= before.Resultat.Score {
		t.Errorf("%v then %v", before.Resultat.Score, after.Resultat.Score)
	}
	if n := asked[int](t, url, `SELECT count(*) FROM score_history`); n != 1 {
		t.Errorf("%d past results", n)
	}
	if past := asked[string](t, url, `SELECT resultat FROM score_history WHERE seq = 2`); past != untouched {
		t.Error(past)
	}

	// Withdrawn: no score, and the last one stays in the history. Back: scored again.
	load(place.Load{}, record(t, 1), better)
	for _, table := range []string{"scores", "results"} {
		if n := asked[int](t, url, `SELECT count(*) FROM `+table+` WHERE seq = 3`); n != 0 {
			t.Errorf("%d in %s", n, table)
		}
	}
	if n := asked[int](t, url, `SELECT count(*) FROM score_history WHERE seq = 3`); n != 1 {
		t.Errorf("%d past results", n)
	}
	if _, err := c.Scored(ctx, place.Identifier(3)); !errors.Is(err, place.ErrGone) {
		t.Error(err)
	}
	load(place.Load{}, record(t, 1), better, record(t, 3))
	getScored(t, c, 3)

	// What is said otherwise and changes nothing leaves no past result.
	n := asked[int](t, url, `SELECT count(*) FROM score_history`)
	renamed := record(t, 1)
	renamed.Nom = "Autre nom"
	load(place.Load{}, renamed, better, record(t, 3))
	if got := asked[int](t, url, `SELECT count(*) FROM score_history`); got != n {
		t.Errorf("%d past results after %d", got, n)
	}
	if asked[bool](t, url, `SELECT r.record_hash <> rec.hash FROM results r JOIN records rec USING (seq) WHERE seq = 1`) {
		t.Error("the score tells of another record")
	}
	replays(t, c)
}

// replays checks that every stored result is what its entry gives.
func replays(t testing.TB, c *postgres.Census) postgres.ReplayReport {
	t.Helper()
	r, err := c.VerifyScores(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Different > 0 || r.OtherCore > 0 {
		t.Fatalf("%+v", r)
	}
	return r
}

func TestPastResultsOnlyGrow(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	for _, frais := range []string{"Gratuit", "Payant"} {
		r := record(t, 1)
		r.FraisACharge = []string{frais}
		if _, err := c.Load(ctx, place.Load{Source: "test"}, file(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Declare(ctx, place.Identifier(1), []quality.Declaration{{Question: "AME-01", Reponse: answer(t, "AME-01", 0)}}, access.Key{Organisation: "Reims"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, table := range []string{"score_history", "declarations", "evidence"} {
		for _, sql := range []string{`UPDATE ` + table + ` SET seq = seq`, `DELETE FROM ` + table, `TRUNCATE ` + table,
			`SET session_replication_role = replica; DELETE FROM ` + table} {
			if _, err := conn.Exec(ctx, sql); err == nil {
				t.Errorf("%s: done", sql)
			}
		}
	}
	if n := asked[int](t, url, `SELECT count(*) FROM score_history`); n != 2 {
		t.Errorf("%d past results", n)
	}
}

// answer gives the code of the n-th answer to a question of version 1.0.0.
func answer(t testing.TB, question string, n int) string {
	t.Helper()
	for _, q := range initial(t).Questions {
		if q.Code == question {
			return q.Reponses[n].Code
		}
	}
	t.Fatal(question)
	return ""
}

// A version to come: both results are there meanwhile; on its day a new scoring
// puts it in force.
func TestAVersionTakesEffect(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	var records []*place.Record
	for n := range 30 {
		r := record(t, n+1)
		if n%2 == 0 {
			r.FraisACharge = []string{"Gratuit"}
		}
		records = append(records, r)
	}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(records...)); err != nil {
		t.Fatal(err)
	}
	rescore(t, c, "2024-05-01")
	past := asked[int](t, url, `SELECT count(*) FROM score_history`) // of the load's day
	first := getScored(t, c, 1)
	if first.Suivant != nil {
		t.Errorf("%+v", first.Suivant)
	}

	next := initial(t)
	next.Version = "2.0.0"
	next.Exemples = nil
	next.Criteres = slices.Clone(next.Criteres)
	for i := range next.Criteres {
		switch next.Criteres[i].Code { // a point from the one to the other
		case "TAR-01":
			next.Criteres[i].Poids += quality.Entier
		case "INF-01":
			next.Criteres[i].Poids -= quality.Entier
		}
	}
	publish(t, url, next, "2024-06-01")
	due := func(date string, want bool) {
		t.Helper()
		day, _ := place.ParseDate(date)
		if got, err := c.ScoresDue(ctx, day); err != nil || got != want {
			t.Errorf("%s: scores due: %v %v", date, got, err)
		}
	}
	due("2024-05-01", true)
	r := rescore(t, c, "2024-05-01")
	due("2024-05-01", false)
	due("2024-06-01", true)
	if r.Version != "1.0.0" || r.Upcoming != "2.0.0" || r.EffectiveOn.String() != "2024-06-01" || r.Places != 30 || r.Next != 30 || r.Changed != 0 || r.New != 0 {
		t.Errorf("%+v", r)
	}
	s := getScored(t, c, 1)
	if s.Version != "1.0.0" || s.Suivant == nil || s.Suivant.Version != "2.0.0" || s.SuivantLe.String() != "2024-06-01" || s.Suivant.Score == s.Resultat.Score {
		t.Errorf("%+v", s)
	}
	if string(s.Resultat.Canonical()) != string(first.Resultat.Canonical()) {
		t.Error("what is in force changed")
	}
	was := state(t, url)
	rescore(t, c, "2024-05-01")
	if diff := cmp.Diff(was, state(t, url)); diff != "" {
		t.Error("scored a second time:", diff)
	}

	r = rescore(t, c, "2024-06-01")
	due("2024-06-01", false)
	if r.Version != "2.0.0" || r.Upcoming != "" || r.Changed != 30 {
		t.Errorf("%+v", r)
	}
	s = getScored(t, c, 1)
	if s.Version != "2.0.0" || s.Suivant != nil || *published(t, c, 1).Referentiel != "2.0.0" {
		t.Errorf("%+v", s)
	}
	if n := asked[int](t, url, `SELECT count(*) FROM score_history WHERE version = '1.0.0'`); n != past+30 {
		t.Errorf("%d past results", n)
	}
	if n := asked[int](t, url, `SELECT count(*) FROM results WHERE upcoming`); n != 0 {
		t.Errorf("%d results to come", n)
	}
	if r := replays(t, c); r.Results != 30 || r.History != past+30 {
		t.Errorf("%+v", r)
	}
}

// Days that only go by leave a past result where people see another one, and
// nowhere else.
func TestDaysGoBy(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	aging, old := record(t, 1), record(t, 2)
	old.DateMaj = place.Date{Year: 2015, Month: 1, Day: 1}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(aging, old)); err != nil {
		t.Fatal(err)
	}
	rescore(t, c, "2024-05-01")
	n := asked[int](t, url, `SELECT count(*) FROM score_history`)
	if r := rescore(t, c, "2024-05-02"); r.Changed != 0 {
		t.Errorf("fresh, and already others: %+v", r)
	}
	if day := asked[time.Time](t, url, `SELECT scored_on FROM results WHERE seq = 1`); day.Format(time.DateOnly) != "2024-05-01" {
		t.Errorf("written again on %s though nothing changed", day)
	}
	if r := rescore(t, c, "2025-10-01"); r.Changed != 1 { // eighteen months after date_maj
		t.Errorf("%+v", r)
	}
	n++
	if got := asked[int](t, url, `SELECT count(*) FROM score_history`); got != n {
		t.Errorf("%d past results, not %d", got, n)
	}
	silent := 0
	for day := 2; day < 9; day++ { // some thousandths of a point less every day
		was := getScored(t, c, 1).Resultat.Score
		if r := rescore(t, c, fmt.Sprintf("2025-10-%02d", day)); r.Changed != 1 {
			t.Errorf("%+v", r)
		}
		if getScored(t, c, 1).Resultat.Score != was {
			n++
		} else {
			silent++
		}
		if got := asked[int](t, url, `SELECT count(*) FROM score_history`); got != n {
			t.Errorf("%d past results, not %d", got, n)
		}
	}
	if silent == 0 {
		t.Error("the score is another every day")
	}
	replays(t, c)
}

func TestConstantsOfASource(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	records := func(n int) []*place.Record {
		var all []*place.Record
		for i := range n {
			r := record(t, i+1)
			r.Services, r.FraisACharge = []string{"Accès internet et matériel informatique"}, []string{"Gratuit"}
			r.Adresse = fmt.Sprintf("%d rue de la Paix", i)
			all = append(all, r)
		}
		return all
	}
	load := func(list []*place.Record) []string {
		t.Helper()
		if _, err := c.Load(ctx, place.Load{Source: "test"}, file(list...)); err != nil {
			t.Fatal(err)
		}
		var constantes []string
		for i := range list {
			s := getScored(t, c, int64(i+1))
			if i > 0 && !slices.Equal(constantes, s.Entree.Contexte.Constantes) {
				t.Errorf("place %d: %v, not %v", i+1, s.Entree.Contexte.Constantes, constantes)
			}
			constantes = s.Entree.Contexte.Constantes
		}
		return constantes
	}
	if got := load(records(19)); got != nil {
		t.Errorf("among 19 places: %v", got)
	}
	want := []string{"code_postal", "commune", "date_maj", "frais_a_charge", "horaires", "services"}
	if diff := cmp.Diff(want, load(records(20))); diff != "" {
		t.Error(diff)
	}
	sure := getScored(t, c, 1).Resultat.Confiance
	// One of another kind, and one unknown: neither is a constant any more.
	mixed := records(24)
	mixed[22].FraisACharge, mixed[3].Horaires = []string{"Payant"}, ""
	if diff := cmp.Diff([]string{"code_postal", "commune", "date_maj", "services"}, load(mixed)); diff != "" {
		t.Error(diff)
	}
	if now := getScored(t, c, 1).Resultat.Confiance; now <= sure {
		t.Errorf("confidence %v, %v when everything was constant", now, sure)
	}
	replays(t, c)
}

// Where the place is, and how dense it is there; and again when the territories
// are others.
func TestScoresFollowTheTerritories(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	square := func(west, south float64) orb.Geometry {
		return orb.Polygon{{{west, south}, {west + 0.1, south}, {west + 0.1, south + 0.1}, {west, south + 0.1}, {west, south}}}
	}
	set := func(moved float64) territory.Set {
		return territory.Set{Origin: "essai", Communes: []territory.Commune{
			{Code: "51454", Nom: "Reims", Departement: "51", Region: "44", Epci: "200067213", Population: 180_000, Contour: square(4+moved, 49.2)},
			{Code: "75056", Nom: "Paris", Departement: "75", Region: "11", Population: 2_100_000, Contour: square(2.3, 48.8)},
			{Code: "75101", Nom: "Paris 1er", Departement: "75", Region: "11", Parent: "75056", Population: -1},
			{Code: "08001", Nom: "Acy", Departement: "08", Region: "44", Population: 300},
		}}
	}
	if _, err := c.SaveTerritories(ctx, set(0)); err != nil {
		t.Fatal(err)
	}
	located := func(n int, code string, p place.Position) *place.Record {
		r := record(t, n)
		r.CodeInsee, r.Position, r.Departement = code, p, code[:2]
		return r
	}
	records := []*place.Record{
		located(1, "51454", at(t, 49.25, 4.05)),
		located(2, "51454", at(t, 49.25, 4.101)), // 73 m east of the edge
		located(3, "75101", at(t, 48.85, 2.35)),
		located(4, "08001", at(t, 49.5, 4.3)), // no contour
		located(5, "51454", place.Position{}),
	}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(records...)); err != nil {
		t.Fatal(err)
	}
	type facts struct{ Ecart, Densite string }
	read := func() (all []facts) {
		for i := range records {
			s := getScored(t, c, int64(i+1))
			f := facts{"inconnu", s.Entree.Contexte.Densite}
			if e := s.Entree.Fiche.Faits.EcartCommune; e != nil {
				f.Ecart = fmt.Sprint(*e)
			}
			all = append(all, f)
		}
		return all
	}
	if diff := cmp.Diff([]facts{{"0", "dense"}, {"73", "dense"}, {"0", "dense"}, {"inconnu", "rural"}, {"inconnu", "dense"}}, read()); diff != "" {
		t.Error(diff)
	}
	was := getScored(t, c, 1).Resultat.Score
	if _, err := c.SaveTerritories(ctx, set(0.06)); err != nil { // the place is now 728 m west of it
		t.Fatal(err)
	}
	if diff := cmp.Diff([]facts{{"728", "dense"}, {"0", "dense"}, {"0", "dense"}, {"inconnu", "rural"}, {"inconnu", "dense"}}, read()); diff != "" {
		t.Error(diff)
	}
	if now := getScored(t, c, 1).Resultat.Score; now >= was {
		t.Errorf("score %v out of its commune, %v in it", now, was)
	}
	departement, code, epci, err := c.PlaceTerritory(ctx, place.Identifier(1))
	if departement != "51" || code != "51454" || epci != "200067213" || err != nil {
		t.Error(departement, code, epci, err)
	}
	if _, _, _, err := c.PlaceTerritory(ctx, "x\x00"); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	replays(t, c)
}

func TestLocalHelps(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	elsewhere := record(t, 2)
	elsewhere.Departement = "02"
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), elsewhere)); err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for _, step := range []struct {
		set  map[string]*bool
		want [2]string
	}{
		{map[string]*bool{"51": &yes}, [2]string{"oui", ""}},
		{map[string]*bool{"51": &no, "02": &yes}, [2]string{"non", "oui"}},
		{map[string]*bool{"51": nil}, [2]string{"", "oui"}},
	} {
		if err := c.SetAidesLocales(ctx, step.set, place.Date{}); err != nil {
			t.Fatal(err)
		}
		got := [2]string{getScored(t, c, 1).Entree.Contexte.AideLocale, getScored(t, c, 2).Entree.Contexte.AideLocale}
		if got != step.want {
			t.Errorf("%q, not %q", got, step.want)
		}
	}
	all, err := c.AidesLocales(ctx)
	if diff := cmp.Diff(map[string]bool{"02": true}, all); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// What another program read otherwise of the same records is seen before it is
// written: here the stored entries are made to tell that hours were not understood.
func TestADryRunTellsWhatTheDerivationChanges(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), record(t, 2), record(t, 3))); err != nil {
		t.Fatal(err)
	}
	same, err := c.Rescore(ctx, postgres.RescoreOptions{DryRun: true})
	if err != nil || same.Derivation.Places != 0 || same.Changed != 0 || same.Places != 3 {
		t.Fatalf("%v %+v", err, same)
	}
	run(t, url, `
		UPDATE results SET entree = replace(entree, '"horaires":"lisibles"', '"horaires":"texte"'),
			entree_hash = sha256(convert_to(replace(entree, '"horaires":"lisibles"', '"horaires":"texte"'), 'UTF8')) WHERE seq = 2`)
	was := state(t, url)
	r, err := c.Rescore(ctx, postgres.RescoreOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	want := postgres.Derivation{Places: 1, Results: 1, Facts: map[string]int{"horaires": 1}, Levels: []postgres.Transition{}, Examples: []string{place.Identifier(2)}}
	if diff := cmp.Diff(want, r.Derivation); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(was, state(t, url)); diff != "" {
		t.Error("the dry run changed something:", diff)
	}
}

func TestVerifyScoresSeesWhatWasChanged(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, newGenerator(3).file(40)); err != nil {
		t.Fatal(err)
	}
	rescore(t, c, "2027-01-01")
	rescore(t, c, "2029-01-01")
	clean := replays(t, c)
	if clean.Results != 40 || clean.History == 0 {
		t.Fatalf("%+v", clean)
	}
	// Somebody who owns the tables takes the guards away.
	run(t, url, `ALTER TABLE score_history DISABLE TRIGGER ALL`)
	for _, change := range []struct{ sql, back, want string }{
		{`UPDATE results SET entree = replace(entree, '"presentation":', '"presentation":1') WHERE seq = 1`,
			`UPDATE results SET entree = replace(entree, '"presentation":1', '"presentation":') WHERE seq = 1`, "l’entrée n’a plus son empreinte"},
		{`UPDATE results SET resultat = resultat || ' ' WHERE seq = 2`, `UPDATE results SET resultat = rtrim(resultat) WHERE seq = 2`, "le résultat n’a plus son empreinte"},
		{`UPDATE results SET resultat = replace(resultat, '"etat":', '"etat": '), resultat_hash = sha256(convert_to(replace(resultat, '"etat":', '"etat": '), 'UTF8')) WHERE seq = 3`,
			`UPDATE results SET resultat = replace(resultat, '"etat": ', '"etat":'), resultat_hash = sha256(convert_to(replace(resultat, '"etat": ', '"etat":'), 'UTF8')) WHERE seq = 3`, "l’entrée donne un autre résultat"},
		{`UPDATE scores SET published = replace(published, '"en_reexamen":false', '"en_reexamen":true') WHERE seq = 4`,
			`UPDATE scores SET published = replace(published, '"en_reexamen":true', '"en_reexamen":false') WHERE seq = 4`, "ce qui est publié n’est pas le résultat"},
		{`UPDATE results SET scored_on = scored_on + 1 WHERE seq = 5`, `UPDATE results SET scored_on = scored_on - 1 WHERE seq = 5`, "l’entrée n’est pas de ce jour"},
		{`UPDATE results SET referentiel = '\x00' || referentiel WHERE seq = 6`, `UPDATE results SET referentiel = substr(referentiel, 2) WHERE seq = 6`, "n’est plus en base"},
	} {
		run(t, url, change.sql)
		r, err := c.VerifyScores(ctx, nil)
		if err != nil || r.Different != 1 || len(r.First) != 1 || !strings.Contains(r.First[0].Reason, change.want) {
			t.Errorf("%s: %v %+v", change.want, err, r)
		}
		run(t, url, change.back)
	}
	replays(t, c)
	run(t, url, `UPDATE score_history SET resultat = replace(resultat, '"score":', '"score":1'), resultat_hash = sha256(convert_to(replace(resultat, '"score":', '"score":1'), 'UTF8'))
		WHERE history_id = (SELECT min(history_id) FROM score_history)`)
	if r, err := c.VerifyScores(ctx, nil); err != nil || r.Different != 1 || !r.First[0].Past {
		t.Errorf("%v %+v", err, r)
	}
}

func TestDeclareKeepsEveryAnswer(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), record(t, 2))); err != nil {
		t.Fatal(err)
	}
	key := access.Key{ID: "clé", Organisation: "Ville de Reims", Siren: "215104540"}
	version := func() int64 {
		v, _, err := c.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before, v := getScored(t, c, 1), version()
	when := time.Now()
	yes, no := answer(t, "AME-01", 0), answer(t, "AME-01", 2)
	if err := c.Declare(ctx, place.Identifier(1), []quality.Declaration{{Question: "AME-01", Reponse: yes}, {Question: "COM-03", Reponse: answer(t, "COM-03", 0)}}, key, when); err != nil {
		t.Fatal(err)
	}
	after := getScored(t, c, 1)
	if after.Resultat.Score <= before.Resultat.Score || version() != v+1 {
		t.Errorf("%v then %v", before.Resultat.Score, after.Resultat.Score)
	}
	if len(after.Entree.Reponses) != 2 || after.Entree.Reponses[0].Reponse != yes || !after.Entree.Reponses[0].Expire.Known() {
		t.Errorf("%+v", after.Entree.Reponses)
	}
	if err := c.Declare(ctx, place.Identifier(1), []quality.Declaration{{Question: "AME-01", Reponse: no}}, key, when); err != nil {
		t.Fatal(err)
	}
	if now := getScored(t, c, 1); now.Entree.Reponses[0].Reponse != no || now.Resultat.Score >= after.Resultat.Score {
		t.Errorf("%+v", now.Entree.Reponses)
	}
	// Taken back, both questions are as before; the answers stay on record, and
	// taking back what was never said leaves nothing.
	back := []quality.Declaration{{Question: "AME-01", Reponse: quality.Retiree}, {Question: "COM-03", Reponse: quality.Retiree}, {Question: "CON-03", Reponse: quality.Retiree}}
	if err := c.Declare(ctx, place.Identifier(1), back, key, when); err != nil {
		t.Fatal(err)
	}
	if now := getScored(t, c, 1); len(now.Entree.Reponses) != 0 || now.Resultat.Score != before.Resultat.Score {
		t.Errorf("taken back: %+v, %v", now.Entree.Reponses, now.Resultat.Score)
	}
	if n := asked[int](t, url, `SELECT count(*) FROM declarations WHERE organisation = 'Ville de Reims' AND siren = '215104540' AND key_id = 'clé'`); n != 5 {
		t.Errorf("%d declarations", n)
	}
	if len(getScored(t, c, 2).Entree.Reponses) != 0 {
		t.Error("the other place answered too")
	}

	// All that is wrong, at once, and nothing kept.
	was := state(t, url)
	day := func(s string) quality.Jour { d, _ := place.ParseDate(s); return quality.Jour{Date: d} }
	err := c.Declare(ctx, place.Identifier(1), []quality.Declaration{
		{Question: "AME-1", Reponse: yes}, {Question: "AME-01", Reponse: yes}, {Question: "AME-01", Reponse: "peut-être"},
		{Question: "COM-03", Reponse: answer(t, "COM-03", 0), Date: day("2999-01-01")},
		{Question: "ACP-04", Reponse: answer(t, "ACP-04", 0), Date: day("2024-01-01"), Expire: day("2023-01-01")},
		{Question: "ACP-06", Reponse: answer(t, "ACP-06", 0), Date: day("2024-01-01"), Expire: day("2124-01-01")},
	}, key, when)
	var faults quality.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var where []string
	for _, f := range faults {
		where = append(where, f.Where)
	}
	want := []string{"reponses[0].question", "reponses[2].question", "reponses[2].reponse", "reponses[3].date", "reponses[4].expire", "reponses[5].expire"}
	if diff := cmp.Diff(want, where); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
	if !strings.Contains(faults[0].Message, "AME-01") {
		t.Error(faults[0])
	}
	if err := c.Declare(ctx, place.Identifier(1), nil, key, when); !errors.As(err, &faults) {
		t.Error(err)
	}
	if err := c.Declare(ctx, place.Identifier(9), []quality.Declaration{{Question: "AME-01", Reponse: yes}}, key, when); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	if diff := cmp.Diff(was, state(t, url)); diff != "" {
		t.Error(diff)
	}
	replays(t, c)
}

func TestVerifyAndContest(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	r := record(t, 1)
	r.DispositifProgrammesNationaux = []string{"France Services"}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(r)); err != nil {
		t.Fatal(err)
	}
	statut := func(code string) quality.ResultatCritere {
		for _, x := range getScored(t, c, 1).Resultat.Criteres {
			if x.Code == code {
				return x
			}
		}
		t.Fatal(code)
		return quality.ResultatCritere{}
	}
	if s := statut("COM-02"); s.Statut != quality.StatutInconnu {
		t.Error(s)
	}
	key := access.Key{ID: "clé", Organisation: "ANCT"}
	found := quality.Evidence{Preuve: "registre_label", Resultat: "confirme"}
	if err := c.Verify(ctx, place.Identifier(1), found, "liste France Services", []string{"Même SIRET."}, key, time.Now()); err != nil {
		t.Fatal(err)
	}
	if s := statut("COM-02"); s.Statut != quality.StatutSatisfait {
		t.Error(s)
	}
	if reasons := asked[string](t, url, `SELECT reasons::text FROM evidence`); reasons != `["Même SIRET."]` {
		t.Error(reasons)
	}
	var faults quality.Faults
	err := c.Verify(ctx, place.Identifier(1), quality.Evidence{Preuve: "registre_label", Resultat: "confirmé"}, " ", nil, key, time.Now())
	if !errors.As(err, &faults) || len(faults) != 2 || !strings.Contains(faults[0].Message, "« confirme »") {
		t.Error(err)
	}

	// A contest under way flags the criterion; one that is settled does not.
	contest := `INSERT INTO contests (seq, critere, ground, body, organisation, role, key_id, made_at, state, steps)
		VALUES (1, 'COM-02', 'donnee', '…', 'Reims', 'contributeur-collectivite', 'clé', now() - interval '40 days', '%s', '%s')`
	run(t, url, fmt.Sprintf(contest, "DEPOSEE", "[]"))
	rescore(t, c, "")
	if s := statut("COM-02"); !s.Conteste {
		t.Error(s)
	}
	run(t, url, `DELETE FROM contests`)
	for _, steps := range []string{
		`[{"etat": "DECIDEE", "le": "` + time.Now().Add(-20*24*time.Hour).Format(time.RFC3339Nano) + `"}]`, // in twenty days
		`[{"etat": "DECIDEE", "le": "` + time.Now().Add(-2*24*time.Hour).Format(time.RFC3339Nano) + `"}]`,  // in thirty-eight
		`null`, // never
	} {
		run(t, url, fmt.Sprintf(contest, "CLOSE", steps))
	}
	rescore(t, c, "")
	if s := statut("COM-02"); s.Conteste {
		t.Error(s)
	}
	if diff := cmp.Diff([]quality.Mesure{{Mesure: "signalements_traites", Numerateur: 1, Denominateur: 3}}, getScored(t, c, 1).Entree.Mesures); diff != "" {
		t.Error(diff)
	}
	replays(t, c)
}

// Answers that come while a file does: whoever is last, the score tells both.
func TestScoresTellTheLastOfEverything(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load := func(round int) error {
		var records []*place.Record
		for n := range 25 {
			r := record(t, n+1)
			r.PresentationResume = strings.Repeat("x", 10*round+n)
			records = append(records, r)
		}
		_, err := c.Load(ctx, place.Load{Source: "test"}, file(records...))
		return err
	}
	if err := load(0); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for round := range 8 {
			if err := load(round + 1); err != nil {
				t.Error(err)
			}
		}
	})
	for w := range 4 {
		wg.Go(func() {
			for round := range 15 {
				a := quality.Declaration{Question: "AME-01", Reponse: answer(t, "AME-01", (round+w)%3)}
				if err := c.Declare(ctx, place.Identifier(int64(1+(w+round)%5)), []quality.Declaration{a}, access.Key{Organisation: "x"}, time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 4 {
			if _, err := c.Rescore(ctx, postgres.RescoreOptions{}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	for seq := int64(1); seq <= 25; seq++ {
		s := getScored(t, c, seq)
		if want := 80 + int(seq-1); s.Entree.Fiche.Faits.Presentation != want {
			t.Errorf("place %d: a presentation of %d, not %d", seq, s.Entree.Fiche.Faits.Presentation, want)
		}
		if seq > 5 {
			continue
		}
		last := asked[string](t, url, `SELECT reponse FROM declarations WHERE seq = $1 ORDER BY declaration_id DESC LIMIT 1`, seq)
		if got := s.Entree.Reponses[0].Reponse; got != last {
			t.Errorf("place %d: %s, not %s", seq, got, last)
		}
	}
	replays(t, c)
}

func TestPopulation(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, newGenerator(2).file(1000)); err != nil {
		t.Fatal(err)
	}
	all, err := c.Population(ctx, 0)
	if err != nil || len(all) != 1000 {
		t.Fatal(len(all), err)
	}
	for i, p := range all {
		s := getScored(t, c, int64(i+1))
		if p.ID != s.ID || string(p.Entree.Canonical()) != string(s.Entree.Canonical()) || p.Source != "test" {
			t.Fatalf("%+v", p)
		}
		if typologie := p.Entree.Fiche.Listes["typologie"]; (p.Porteur == "") != (len(typologie) == 0) ||
			slices.Equal(typologie, []string{"BIB"}) && p.Porteur != "bibliothèque" {
			t.Errorf("%v: %q", typologie, p.Porteur)
		}
	}
	for _, limit := range []int{1, 7, 100, 333, 999, 1000, 5000} {
		some, err := c.Population(ctx, limit)
		if err != nil || len(some) != min(limit, 1000) {
			t.Fatalf("%d of at most %d: %v", len(some), limit, err)
		}
		// Evenly: as many of each half as the other.
		first := 0
		for _, p := range some {
			if slices.IndexFunc(all[:500], func(q simulation.Place) bool { return q.ID == p.ID }) >= 0 {
				first++
			}
		}
		if d := 2*first - len(some); d < -1 || d > 1 {
			t.Errorf("%d of %d in the first half", first, len(some))
		}
	}
	if _, err := c.Population(ctx, -1); err == nil {
		t.Error("no error")
	}
	if text, err := json.Marshal(all[0]); err != nil || strings.Contains(string(text), "Médiathèque") {
		t.Error(err, string(text))
	}
}
