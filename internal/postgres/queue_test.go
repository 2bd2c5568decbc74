package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/access"
	"mednum/internal/intake"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
)

// library is a place that several sources may tell of.
func library(t testing.TB, n int, change func(*place.Record)) *place.Record {
	r := &place.Record{
		Place: place.Place{
			ID: fmt.Sprint(n), Nom: []string{"Médiathèque Jean Zay", "Maison de quartier Wilson", "Atelier des Lilas", "Point Info Vesle"}[n%4],
			Adresse: fmt.Sprintf("%d rue de Vesle", 10+n), Commune: "Reims", CodePostal: "51100", CodeInsee: "51454",
			Telephone: fmt.Sprintf("+33326000%03d", n), Courriels: []string{fmt.Sprintf("accueil@lieu%d.example", n)},
			Position: at(t, 49.25+float64(n)/100, 4.03), DateMaj: place.Date{Year: 2024, Month: 4, Day: 2},
			Services: []string{"Accès internet et matériel informatique"},
		},
		Key: fmt.Sprint(n), Line: n + 1, Departement: "51", Precision: place.Given, Raw: map[string]string{"id": fmt.Sprint(n)},
	}
	if change != nil {
		change(r)
	}
	return r
}

// maybe makes a record that may be the same place as its model: only a person can say.
func maybe(r *place.Record) {
	r.Nom, r.Adresse, r.Telephone, r.Courriels = "Médiathèque", "", "", nil
	r.Position = place.Position{}
}

func load(t testing.TB, c *postgres.Census, source string, records ...*place.Record) place.Changes {
	t.Helper()
	changes, err := c.Load(context.Background(), place.Load{Source: source, AllowRemovals: true}, file(records...))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func movedTo(t testing.TB, err error, seq int64) {
	t.Helper()
	var moved *place.Moved
	if !errors.As(err, &moved) || moved.ID != place.Identifier(seq) {
		t.Errorf("%v, not moved to %s", err, place.Identifier(seq))
	}
}

func only(t testing.TB, c *postgres.Census, by access.Key) match.Pair {
	t.Helper()
	pairs, total, err := c.Doubtful(context.Background(), "", 0, 10, by)
	if err != nil || len(pairs) != 1 || total != 1 {
		t.Fatalf("%d pairs of %d: %v", len(pairs), total, err)
	}
	return pairs[0]
}

// One place of two sources: what is published, what lies beneath, who may speak
// of it; then split, and joined again.
func TestOnePlaceOnceFromEndToEnd(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	now := time.Now()
	load(t, c, "Ville", library(t, 0, nil))
	before := get(t, c, 1)
	changes := load(t, c, "Réseau", library(t, 0, func(r *place.Record) {
		r.DateMaj.Year, r.Horaires, r.Services = 2025, "Mo-Fr 09:00-12:00", []string{"Utilisation sécurisée du numérique"}
		r.Key = "r-0"
	}), library(t, 1, nil))
	if changes != (place.Changes{Added: 2, Merged: 1}) {
		t.Fatalf("%+v", changes)
	}
	merged := get(t, c, 1)
	if merged.Horaires != "Mo-Fr 09:00-12:00" || merged.Services[0] != "Utilisation sécurisée du numérique" || merged.DateMaj.Year != 2025 {
		t.Errorf("%+v", merged)
	}
	hit, err := c.Place(ctx, place.Identifier(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, pub, _ := place.ParseFeature(hit.Feature); !slices.Equal(pub.Sources, []string{"Réseau", "Ville"}) || pub.Producteur != "Ville" {
		t.Errorf("%+v", pub)
	}
	if n, _, err := c.CountPlaces(ctx); n != 2 || err != nil {
		t.Error(n, err)
	}
	if got := pages(t, c, place.Find{Near: at(t, 49.25, 4.03)}, 5); len(got) != 2 || got[0].ID != place.Identifier(1) {
		t.Error(got)
	}

	// Who asks for the other is sent here, and cannot speak of it apart.
	_, err = c.Place(ctx, place.Identifier(2))
	movedTo(t, err, 1)
	_, err = c.Scored(ctx, place.Identifier(2))
	movedTo(t, err, 1)
	_, _, _, err = c.PlaceTerritory(ctx, place.Identifier(2))
	movedTo(t, err, 1)
	question := initial(t).Questions[0]
	answer := []quality.Declaration{{Question: question.Code, Reponse: question.Reponses[0].Code}}
	movedTo(t, c.Declare(ctx, place.Identifier(2), answer, matcherKey, now), 1)
	if err := c.Declare(ctx, place.Identifier(1), answer, matcherKey, now); err != nil {
		t.Fatal(err)
	}
	_, err = c.Beneath(ctx, place.Identifier(2))
	movedTo(t, err, 1)

	b, err := c.Beneath(ctx, place.Identifier(1))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Sides) != 2 || b.Sides[0].Record.Horaires != "" || b.Sides[1].Record.Horaires == "" || b.Sides[1].Key != "r-0" || b.Sides[0].Record.Raw["id"] != "0" || b.Nom != merged.Nom {
		t.Errorf("%+v", b)
	}
	for _, f := range b.Fields {
		if f.Why == "" || f.ID == "" || f.Source == "" {
			t.Errorf("%+v", f)
		}
		if f.Column == "horaires" && f.Source != "Réseau" {
			t.Errorf("%+v", f)
		}
	}

	// What each source gave is what it takes back.
	var own []string
	if err := c.OwnRecords(ctx, "Ville", func(h place.Hit) error {
		p, _, err := place.ParseFeature(h.Feature)
		own = append(own, p.Horaires, p.Services[0])
		return err
	}); err != nil || !slices.Equal(own, []string{"", "Accès internet et matériel informatique"}) {
		t.Error(own, err)
	}

	// Split: both as they were, with what was said of the place left where it was.
	refused := func(err error) {
		t.Helper()
		var refusal *intake.Refusal
		if !errors.As(err, &refusal) || len(refusal.Reasons) == 0 {
			t.Error(err)
		}
	}
	refused(c.Split(ctx, place.Identifier(1), place.Identifier(3), "", matcherKey, now))
	refused(c.Split(ctx, place.Identifier(3), place.Identifier(3), "un motif", matcherKey, now))
	movedTo(t, c.Split(ctx, place.Identifier(2), place.Identifier(1), "un motif", matcherKey, now), 1)
	if err := c.Split(ctx, "nowhere", place.Identifier(2), "un motif", matcherKey, now); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	elsewhere := access.Key{ID: "x", Role: access.Contributor, Organisation: "Ailleurs", Siren: "200067213", Territory: access.Territory{Kind: access.Departement, Codes: []string{"02"}}}
	for _, by := range []access.Key{elsewhere, {Role: access.Verifier}, {}} {
		if err := c.Split(ctx, place.Identifier(1), place.Identifier(2), "un motif", by, now); !errors.Is(err, access.ErrForbidden) {
			t.Error(err)
		}
	}
	together := state(t, url)
	was, _, _ := c.Versions(ctx)
	if err := c.Split(ctx, place.Identifier(1), place.Identifier(2), "deux services dans un bâtiment", matcherKey, now); err != nil {
		t.Fatal(err)
	}
	if is, _, _ := c.Versions(ctx); is != was+1 {
		t.Error(is, was)
	}
	if diff := cmp.Diff(before, get(t, c, 1), cmp.AllowUnexported(place.Position{})); diff != "" {
		t.Error(diff)
	}
	if p := get(t, c, 2); p.Horaires == "" || p.ID != "0" {
		t.Error(p)
	}
	if s := getScored(t, c, 1); len(s.Entree.Reponses) != 1 {
		t.Error(s.Entree.Reponses)
	}
	if s := getScored(t, c, 2); len(s.Entree.Reponses) != 0 || s.Source != "Réseau" {
		t.Error(s.Entree.Reponses)
	}
	if err := c.Declare(ctx, place.Identifier(2), answer, matcherKey, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}

	// It is remembered, whatever is loaded; and taken back.
	load(t, c, "Réseau", library(t, 0, func(r *place.Record) { r.Key, r.Horaires = "r-0", "Sa 10:00-12:00" }), library(t, 1, nil))
	b, err = c.Beneath(ctx, place.Identifier(2))
	if err != nil || len(b.Sides) != 1 || len(b.History) != 1 || b.History[0].Decision != match.Different || b.History[0].Reason != "deux services dans un bâtiment" || b.History[0].By != matcherKey.Organisation {
		t.Fatalf("%+v %v", b, err)
	}
	load(t, c, "Réseau", library(t, 0, func(r *place.Record) {
		r.DateMaj.Year, r.Horaires, r.Services = 2025, "Mo-Fr 09:00-12:00", []string{"Utilisation sécurisée du numérique"}
		r.Key = "r-0"
	}), library(t, 1, nil))
	p, err := c.Decide(ctx, b.History[0].Number, match.Undecided, "je me suis trompé", matcherKey, now)
	if err != nil || p.Decision != "" || p.Comparison.Outcome != match.Same || len(p.Comparison.Evidence) == 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if diff := cmp.Diff(merged, get(t, c, 1), cmp.AllowUnexported(place.Position{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(together["match_pairs"], state(t, url)["match_pairs"]); diff != "" {
		t.Error(diff)
	}
	// What was said of either counts; the last word on a question wins.
	if s := getScored(t, c, 1); len(s.Entree.Reponses) != 1 {
		t.Error(s.Entree.Reponses)
	}
	// The same word again is no news.
	was, _, _ = c.Versions(ctx)
	if _, err := c.Decide(ctx, p.Number, match.Undecided, "encore", matcherKey, now); err != nil {
		t.Fatal(err)
	}
	if is, _, _ := c.Versions(ctx); is != was {
		t.Error(is, was)
	}

	// The first of them goes, the place stays; all of them go, and it is gone.
	load(t, c, "Ville")
	if p := get(t, c, 1); p.Horaires != "Mo-Fr 09:00-12:00" {
		t.Error(p)
	}
	if changes := load(t, c, "Réseau"); changes.Withdrawn != 2 {
		t.Error(changes)
	}
	if _, err := c.Place(ctx, place.Identifier(1)); !errors.Is(err, place.ErrGone) {
		t.Error(err)
	}
	_, err = c.Place(ctx, place.Identifier(2))
	movedTo(t, err, 1)
}

func TestTheQueueAsksOnceForEachTwoPlaces(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	now := time.Now()
	load(t, c, "Ville", library(t, 0, nil))
	load(t, c, "Région", library(t, 0, nil))
	changes := load(t, c, "Réseau", library(t, 0, maybe))
	if changes != (place.Changes{Added: 1, Doubtful: 1}) {
		t.Fatalf("%+v", changes)
	}
	p := only(t, c, matcherKey)
	if p.Comparison.Outcome != match.Undecided || p.Metres != nil || p.A.Record == nil || p.B.Source != "Réseau" || p.Decision != "" {
		t.Errorf("%+v", p)
	}
	if same, err := c.Pair(ctx, p.Number); err != nil || same.Number != p.Number {
		t.Error(same, err)
	}
	if _, err := c.Pair(ctx, 1<<40); !errors.Is(err, match.ErrNoPair) {
		t.Error(err)
	}
	for departement, want := range map[string]int{"": 1, "51": 1, "02": 0} {
		if _, n, err := c.Doubtful(ctx, departement, 0, 10, access.Key{}); n != want || err != nil {
			t.Error(departement, n, err)
		}
	}
	for _, on := range []access.Territory{
		{Kind: access.Departement, Codes: []string{"02"}}, {Kind: access.Commune, Codes: []string{"51108"}}, {Kind: access.Epci, Codes: []string{"200067213"}},
		{Kind: access.Region, Codes: []string{"44"}}, {Kind: access.Places, Codes: []string{place.Identifier(9)}},
	} {
		if _, n, err := c.Doubtful(ctx, "", 0, 10, access.Key{Territory: on}); n != 0 || err != nil {
			t.Error(on, n, err)
		}
	}
	for _, on := range []access.Territory{{Kind: access.Departement, Codes: []string{"51"}}, {Kind: access.Commune, Codes: []string{"51454"}}, {Kind: access.Places, Codes: []string{place.Identifier(1)}}} {
		if _, n, err := c.Doubtful(ctx, "", 0, 10, access.Key{Territory: on}); n != 1 || err != nil {
			t.Error(on, n, err)
		}
	}
	if _, n, err := c.Doubtful(ctx, "", p.Number, 10, matcherKey); n != 1 || err != nil {
		t.Error(n, err)
	} else if rest, _, _ := c.Doubtful(ctx, "", p.Number, 10, matcherKey); len(rest) != 0 {
		t.Error("the page after the last:", rest)
	}

	// Told apart of one record, the others are no longer asked about.
	if p, err := c.Decide(ctx, p.Number, match.Different, "une annexe", matcherKey, now); err != nil || p.Decision != match.Different || p.By != matcherKey.Organisation {
		t.Fatal(p, err)
	}
	if _, n, err := c.Doubtful(ctx, "", 0, 10, matcherKey); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := c.Decide(ctx, p.Number, match.Same, "non : la même", matcherKey, now); err != nil {
		t.Fatal(err)
	}
	_, err := c.Place(ctx, place.Identifier(3))
	movedTo(t, err, 1)
	_, err = c.Decide(ctx, p.Number, "peut-être", strings.Repeat("long", 1000), matcherKey, now)
	var refusal *intake.Refusal
	if !errors.As(err, &refusal) || len(refusal.Reasons) != 2 {
		t.Error(err)
	}
	if _, err := c.Decide(ctx, 1<<40, match.Same, "?", matcherKey, now); !errors.Is(err, match.ErrNoPair) {
		t.Error(err)
	}
	if _, err := c.Decide(ctx, p.Number, match.Same, strings.Repeat("long", 1000), matcherKey, now); !errors.As(err, &refusal) {
		t.Error(err)
	}
	// Why is theirs to say or not; nothing is said in their place.
	if again, err := c.Decide(ctx, p.Number, match.Undecided, "\x00", matcherKey, now); err != nil || again.Decision == match.Same || again.Reason != "" {
		t.Error(again.Decision, again.Reason, err)
	}
}

// A dry run tells, and leaves nothing.
func TestALoadTellsWhatItDoes(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	load(t, c, "Réseau", library(t, 2, nil), library(t, 3, nil))
	next := []*place.Record{
		library(t, 2, func(r *place.Record) { r.Horaires, r.Telephone = "Sa 10:00-12:00", "" }),
		library(t, 0, nil),
		library(t, 0, func(r *place.Record) { maybe(r); r.Key, r.Line, r.Nom = "doute", 7, "Maison de quartier" }),
	}
	want := []place.LoadChange{
		{Kind: place.LoadAdded, Nom: "Maison de quartier", Commune: "Reims", Line: 7},
		{Kind: place.LoadAdded, Nom: "Médiathèque Jean Zay", Commune: "Reims", Line: 1},
		{Kind: place.LoadChanged, ID: place.Identifier(3), Nom: "Atelier des Lilas", Commune: "Reims", Line: 3, Fields: []place.FieldChange{
			{Column: "telephone", Before: "+33326000002"}, {Column: "horaires", After: "Sa 10:00-12:00"},
		}},
		{Kind: place.LoadMerged, Nom: "Médiathèque Jean Zay", Commune: "Reims", Line: 1, With: place.Identifier(1), WithNom: "Médiathèque Jean Zay"},
		{Kind: place.LoadDoubtful, Nom: "Maison de quartier", Commune: "Reims", Line: 7, With: place.Identifier(2), WithNom: "Maison de quartier Wilson"},
		{Kind: place.LoadWithdrawn, ID: place.Identifier(4), Nom: "Point Info Vesle", Commune: "Reims"},
	}
	order := func(list []place.LoadChange) {
		slices.SortFunc(list, func(a, b place.LoadChange) int { return strings.Compare(a.Kind+a.Nom, b.Kind+b.Nom) })
	}
	order(want)
	for _, dry := range []bool{true, true, false} {
		was := state(t, url)
		var told []place.LoadChange
		l := place.Load{Source: "Réseau", DryRun: dry, Told: func(c place.LoadChange) error {
			if (c.Kind == place.LoadMerged || c.Kind == place.LoadDoubtful) && len(c.Why) == 0 {
				t.Errorf("no evidence: %+v", c)
			}
			c.Why = nil
			if !dry && c.Line > 0 {
				if c.ID == "" {
					t.Errorf("no identifier: %+v", c)
				}
				if c.Kind != place.LoadChanged {
					c.ID = ""
				}
			}
			told = append(told, c)
			return nil
		}}
		var records []*place.Record
		for _, r := range next {
			x := *r
			records = append(records, &x)
		}
		changes, err := c.Load(ctx, l, file(records...))
		if err != nil {
			t.Fatal(err)
		}
		if changes != (place.Changes{Added: 2, Changed: 1, Withdrawn: 1, Merged: 1, Doubtful: 1}) {
			t.Errorf("%+v", changes)
		}
		order(told)
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
		if dry {
			if diff := cmp.Diff(was, state(t, url)); diff != "" {
				t.Error(diff)
			}
		}
	}
	stop := errors.New("stop")
	_, err := c.Load(ctx, place.Load{Source: "Autre", Told: func(place.LoadChange) error { return stop }}, file(library(t, 1, nil)))
	if !errors.Is(err, stop) {
		t.Error(err)
	}
}

// A value that its source gives to all its places tells nothing of the merged one.
func TestConstantsOfMergedPlaces(t *testing.T) {
	c, url := scoredCensus(t)
	ctx := context.Background()
	var all []*place.Record
	for n := range 24 {
		all = append(all, library(t, 4*n, func(r *place.Record) {
			r.Nom = fmt.Sprintf("Médiathèque %c%c", 'A'+n, 'a'+n)
			if n == 0 {
				r.Nom = "Médiathèque Jean Zay"
			}
			r.Position = at(t, 45+float64(n)/10, 4)
			r.FraisACharge, r.Defaults = []string{"Gratuit"}, []string{"services"}
		}))
	}
	load(t, c, "Réseau", all...)
	load(t, c, "Ville", library(t, 0, func(r *place.Record) {
		r.Position, r.Services, r.FraisACharge = at(t, 45, 4), []string{"Utilisation sécurisée du numérique"}, nil
	}))
	_, err := c.Place(ctx, place.Identifier(25))
	movedTo(t, err, asked[int64](t, url, `SELECT seq FROM places JOIN features USING (seq) WHERE seq < 25 AND record_key = '0'`))
	lead := asked[int64](t, url, `SELECT merged_into FROM places WHERE seq = 25`)
	s := getScored(t, c, lead)
	// The network's « Gratuit » is the only one; the town's services are its own.
	if !slices.Contains(s.Entree.Contexte.Constantes, "frais_a_charge") || slices.Contains(s.Entree.Contexte.Constantes, "services") {
		t.Error(s.Entree.Contexte.Constantes)
	}
	if p := get(t, c, lead); p.Services[0] != "Utilisation sécurisée du numérique" {
		t.Error(p.Services)
	}
	alone := getScored(t, c, lead%24+1)
	if c := alone.Entree.Contexte.Constantes; !slices.Contains(c, "services") || !slices.Contains(c, "frais_a_charge") || !slices.IsSorted(c) {
		t.Error(c)
	}
	// The network begins to say something else somewhere: « Gratuit » is no longer
	// what it says everywhere, for the merged place either.
	all[5].FraisACharge = []string{"Payant"}
	load(t, c, "Réseau", all...)
	if c := getScored(t, c, lead).Entree.Contexte.Constantes; slices.Contains(c, "frais_a_charge") {
		t.Error(c)
	}
	if r, err := c.Rescore(ctx, postgres.RescoreOptions{DryRun: true}); err != nil || r.New+r.Changed > 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestPrecedenceWinsBeforeFreshness(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Horaires = "Mo 09:00-12:00" }))
	load(t, c, "Réseau", library(t, 0, func(r *place.Record) { r.Horaires, r.DateMaj.Year = "Tu 09:00-12:00", 2025 }))
	horaires := func(want string) {
		t.Helper()
		if p := get(t, c, 1); p.Horaires != want {
			t.Errorf("%q, not %q", p.Horaires, want)
		}
	}
	horaires("Tu 09:00-12:00")
	asked[int](t, url, `WITH x AS (UPDATE sources SET precedence = 10 WHERE name = 'Ville' RETURNING 1) SELECT count(*)::int FROM x`)
	horaires("Tu 09:00-12:00")
	if err := c.ApplyPrecedence(ctx); err != nil {
		t.Fatal(err)
	}
	horaires("Mo 09:00-12:00")
	was := state(t, url)
	if err := c.ApplyPrecedence(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, state(t, url)); diff != "" {
		t.Error(diff)
	}
	// Who was killed before it was applied is caught up with by whoever publishes next.
	asked[int](t, url, `WITH x AS (UPDATE sources SET precedence = 0 WHERE name = 'Ville' RETURNING 1) SELECT count(*)::int FROM x`)
	load(t, c, "Autre", library(t, 1, nil))
	horaires("Tu 09:00-12:00")
}

// A person's word is whole or not there at all. The child is this very test,
// killed without warning.
func TestKilledInTheMiddleOfADecision(t *testing.T) {
	ctx := context.Background()
	decide := func(c *postgres.Census) error {
		return c.Split(ctx, place.Identifier(1), place.Identifier(2), "deux lieux", matcherKey, time.Now())
	}
	if url := os.Getenv("MEDNUM_TEST_SPLIT_IN"); url != "" {
		fmt.Println("split", decide(pgtest.Open(t, url, postgres.Options{AppName: "splitter"})))
		return
	}
	url := pgtest.URL(t)
	publish(t, url, initial(t), "2024-01-01")
	c := pgtest.Open(t, url, postgres.Options{})
	load(t, c, "Ville", library(t, 0, nil))
	load(t, c, "Réseau", library(t, 0, nil))
	before := state(t, url)
	kills := 5
	if testing.Short() {
		kills = 1
	}
	for i := range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddleOfADecision$")
		child.Env = append(os.Environ(), "MEDNUM_TEST_SPLIT_IN="+url)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, url, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'splitter' AND backend_xid IS NOT NULL AND datname = current_database()`)
		time.Sleep(time.Duration(i*4) * time.Millisecond)
		_ = child.Process.Kill()
		_ = child.Wait()
		waitFor(t, url, `SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END FROM pg_stat_activity WHERE application_name = 'splitter' AND datname = current_database()`)
		if asked[int](t, url, `SELECT count(*)::int FROM match_decisions`) > 0 {
			t.Skipf("killed %d times; the last decision was faster than its killer", i)
		}
		if diff := cmp.Diff(before, state(t, url)); diff != "" {
			t.Fatalf("kill %d left something: %s", i, diff)
		}
	}
	if err := decide(c); err != nil {
		t.Fatal(err)
	}
	get(t, c, 1)
	get(t, c, 2)
}
