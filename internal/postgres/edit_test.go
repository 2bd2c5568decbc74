package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
)

// signedMarne signs what a département corrects.
func signedMarne(cause history.Cause, reason string) context.Context {
	return history.With(context.Background(), history.By(access.Key{ID: "0123abcd", Role: access.Contributor, Organisation: "Département de la Marne", Siren: "225100015"}, cause, reason))
}

var today = place.Date{Year: 2026, Month: 3, Day: 2}

func cells(t testing.TB, c *postgres.Census, id string) map[string]string {
	t.Helper()
	all, _, err := c.Cells(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func edit(t testing.TB, c *postgres.Census, e history.Edit) history.Edited {
	t.Helper()
	e.On = today
	done, err := c.Edit(signedMarne(history.Correction, "appel du lieu"), e)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// A correction survives the file that says the old value; where the file says
// something new it stands and is told; and it can be taken back.
func TestACorrectionFromEndToEnd(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	id := place.Identifier(1)
	before := get(t, c, 1)
	score := published(t, c, 1)

	done := edit(t, c, history.Edit{ID: id, Cells: map[string]string{"horaires": "du lundi au vendredi de 9h à 12h", "telephone": "03 26 77 00 00"}})
	var columns []string
	for _, f := range done.Changes {
		columns = append(columns, f.Column+": "+f.Before+" -> "+f.After)
	}
	want := []string{"telephone: +33326000000 -> +33326770000", "horaires:  -> Mo-Fr 09:00-12:00", "date_maj: 2024-04-02 -> 2026-03-02"}
	if !slices.Equal(columns, want) {
		t.Errorf("%q", columns)
	}
	after := get(t, c, 1)
	if after.Horaires != "Mo-Fr 09:00-12:00" || after.Telephone != "+33326770000" || after.DateMaj != today || after.Nom != before.Nom {
		t.Errorf("%+v", after)
	}
	if *published(t, c, 1).Score <= *score.Score {
		t.Error("the score did not follow")
	}
	if data, _, _ := c.Versions(ctx); data != done.Data {
		t.Errorf("version %d, told %d", data, done.Data)
	}

	// The same again is no change.
	version := done.Data
	if done = edit(t, c, history.Edit{ID: id, Cells: cells(t, c, id)}); len(done.Changes) != 0 || done.Data != version {
		t.Errorf("%+v", done)
	}

	// The source's file again, with another phone.
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Telephone, r.ComplementAdresse = "+33326990000", "Bâtiment B" }), library(t, 1, nil))
	after = get(t, c, 1)
	if after.Telephone != "+33326770000" || after.ComplementAdresse != "Bâtiment B" || after.Horaires != "Mo-Fr 09:00-12:00" {
		t.Errorf("%+v", after)
	}
	b, err := c.Beneath(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	anew := map[string]bool{}
	for _, f := range b.Fields {
		if f.Corrected != nil {
			anew[f.Column] = f.Corrected.Anew
			if f.Corrected.Organisation != "Département de la Marne" || f.Corrected.Reason != "appel du lieu" || f.Corrected.On == "" {
				t.Errorf("%+v", f.Corrected)
			}
		}
	}
	if len(anew) != 3 || !anew["telephone"] || anew["horaires"] || anew["date_maj"] {
		t.Errorf("%v", anew)
	}

	done, err = c.TakeBack(signedMarne(history.Restoration, "la ville a raison"), id, 0, []string{"telephone"})
	if err != nil || len(done.Changes) != 1 || done.Changes[0].After != "+33326990000" {
		t.Errorf("%+v %v", done, err)
	}
	if _, err = c.TakeBack(signedMarne(history.Restoration, ""), id, 0, nil); err != nil {
		t.Fatal(err)
	}
	if after = get(t, c, 1); after.Telephone != "+33326990000" || after.Horaires != "" || after.DateMaj != before.DateMaj {
		t.Errorf("%+v", after)
	}
	if n := asked[int](t, url, `SELECT count(*)::int FROM members`); n != 0 {
		t.Errorf("%d rows in members", n)
	}
}

// Two agents had read the same; the second learns what the first one did.
func TestTheSecondEditorIsTold(t *testing.T) {
	c, _ := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	id := place.Identifier(1)
	_, base, err := c.Cells(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, c, history.Edit{ID: place.Identifier(2), Base: base, Cells: map[string]string{"horaires": "Mo 10:00-12:00"}}) // another place
	edit(t, c, history.Edit{ID: id, Base: base, Cells: map[string]string{"horaires": "Mo-Fr 09:00-12:00", "nom": "Médiathèque Zay"}})
	_, err = c.Edit(signedMarne(history.Correction, ""), history.Edit{ID: id, Base: base, On: today, Cells: map[string]string{"horaires": "Sa 10:00-18:00", "telephone": "0326770000"}})
	var stale *history.Stale
	if !errors.As(err, &stale) || !errors.Is(err, history.ErrStale) {
		t.Fatal(err)
	}
	theirs, yours := map[string]string{}, map[string]string{}
	for _, f := range stale.Theirs {
		theirs[f.Column] = f.Before + " -> " + f.After
	}
	for _, f := range stale.Yours {
		yours[f.Column] = f.Before + " -> " + f.After
	}
	if len(theirs) != 3 || theirs["horaires"] != " -> Mo-Fr 09:00-12:00" || theirs["nom"] != "Médiathèque Jean Zay -> Médiathèque Zay" {
		t.Errorf("%v", theirs)
	}
	if len(yours) != 2 || yours["horaires"] != "Mo-Fr 09:00-12:00 -> Sa 10:00-18:00" || !slices.Equal(stale.Both, []string{"horaires"}) || stale.By.Organisation != "Département de la Marne" {
		t.Errorf("%v %v %+v", yours, stale.Both, stale.By)
	}
	if p := get(t, c, 1); p.Horaires != "Mo-Fr 09:00-12:00" || p.Telephone != "+33326000000" {
		t.Errorf("%+v", p)
	}
}

// A closed place is gone, says why, stays so whatever its source says, and opens
// again.
func TestAClosedPlace(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	id := place.Identifier(1)
	since := place.Date{Year: 2026, Month: 1, Day: 31}
	if _, err := c.ClosePlace(signedMarne(history.Closing, ""), id, 0, history.Closure{Since: since, Reason: "a déménagé"}); err != nil {
		t.Fatal(err)
	}
	gone := func(err error) {
		t.Helper()
		var g *history.Gone
		if !errors.As(err, &g) || !errors.Is(err, place.ErrGone) || g.Since != since || g.Reason != "a déménagé" {
			t.Errorf("%v", err)
		}
	}
	_, err := c.Place(ctx, id)
	gone(err)
	_, _, err = c.Cells(ctx, id)
	gone(err)
	_, err = c.Edit(signedMarne(history.Correction, ""), history.Edit{ID: id, Cells: map[string]string{"nom": "X"}})
	gone(err)
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Horaires = "Mo 10:00-12:00" }), library(t, 1, nil))
	_, err = c.Place(ctx, id)
	gone(err)
	if n := asked[int](t, url, `SELECT count(*)::int FROM scores`); n != 1 {
		t.Errorf("%d scores", n)
	}
	if _, err := c.Reopen(signedMarne(history.Reopening, ""), id, 0); err != nil {
		t.Fatal(err)
	}
	if p := get(t, c, 1); p.Horaires != "Mo 10:00-12:00" {
		t.Errorf("%+v", p)
	}
	if _, err := c.Closure(ctx, id); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	if published(t, c, 1).Score == nil {
		t.Error("no score")
	}
}

// A new place, one that resembles another, and one that is said to be another.
func TestANewPlace(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil))
	add := func(apart bool, change map[string]string) (history.Edited, error) {
		said := map[string]string{"nom": "Médiathèque Jean Zay", "adresse": "10 rue de Vesle", "commune": "Reims", "code_postal": "51100", "telephone": "0326000000",
			"latitude": "49.25", "longitude": "4.03"}
		for k, v := range change {
			said[k] = v
		}
		return c.Create(signedMarne(history.Creation, ""), history.Edit{Cells: said, On: today, Apart: apart})
	}
	_, err := add(false, nil)
	var alike *history.Alike
	if !errors.As(err, &alike) || len(alike.Twins) != 1 || alike.Twins[0].ID != place.Identifier(1) || alike.Twins[0].Nom == "" || len(alike.Twins[0].Why) == 0 {
		t.Fatalf("%v %+v", err, alike)
	}
	if n := asked[int](t, url, `SELECT count(*)::int FROM places`); n != 1 {
		t.Errorf("%d places", n)
	}
	done, err := add(true, nil)
	if err != nil {
		t.Fatal(err)
	}
	hit, err := c.Place(ctx, done.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, pub, err := place.ParseFeature(hit.Feature)
	if err != nil || p.DateMaj != today || pub.Producteur != "Saisies de Département de la Marne" || p.Telephone != "+33326000000" {
		t.Errorf("%+v %+v", p, pub)
	}
	if published(t, c, hit.Seq).Score == nil {
		t.Error("no score")
	}
	_, err = add(false, map[string]string{"nom": "", "telephone": "douze", "services": "Repassage"})
	var refused *history.Refused
	if !errors.As(err, &refused) || len(refused.Findings) != 3 {
		t.Errorf("%v %+v", err, refused)
	}
}

// A mistake is restored: the place is again what it was, to the byte.
func TestAMistakeIsRestored(t *testing.T) {
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	id := place.Identifier(1)
	edit(t, c, history.Edit{ID: id, Cells: map[string]string{"horaires": "Mo-Fr 09:00-12:00", "publics_specifiquement_adresses": place.Everybody}})
	good := asked[string](t, url, `SELECT feature FROM features WHERE seq = 1`)
	revision := asked[int64](t, url, `SELECT max(number) FROM revisions`)
	edit(t, c, history.Edit{ID: id, Cells: map[string]string{"horaires": "", "nom": "Autre", "code_postal": "51000", "latitude": "49.3", "longitude": "4.1", "publics_specifiquement_adresses": "Jeunes"}})
	if _, err := c.Restore(signedMarne(history.Restoration, "une erreur"), id, revision, 0, today); err != nil {
		t.Fatal(err)
	}
	if got := asked[string](t, url, `SELECT feature FROM features WHERE seq = 1`); withoutDate(got) != withoutDate(good) {
		t.Errorf("%s\nwas\n%s", got, good)
	}
	// And to what its source alone says: nothing is corrected any more.
	if _, err := c.Restore(signedMarne(history.Restoration, "tout"), id, revision-1, 0, today); err != nil {
		t.Fatal(err)
	}
	if n := asked[int](t, url, `SELECT count(*)::int FROM members`); n != 0 {
		t.Errorf("%d rows in members: %s", n, asked[string](t, url, `SELECT string_agg(k::text, E'\n' ORDER BY correction_id) FROM corrections k`))
	}
	if _, err := c.Restore(signedMarne(history.Restoration, ""), id, 1, 0, today); err == nil {
		t.Error("restored to before it was there")
	}
}

// An edit reads what it needs of a census by its indexes, whatever the census.
func TestAnEditScansNothing(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	const n = 3000
	if _, err := c.Load(ctx, place.Load{Source: "Réseau"}, newGenerator(1).file(n)); err != nil {
		t.Fatal(err)
	}
	// Once for what is kept in memory from then on.
	edit(t, c, history.Edit{ID: place.Identifier(7), Cells: map[string]string{"nom": "Un autre nom"}})
	tables := func() string {
		return asked[string](t, url, `SELECT string_agg(relname || ' ' || seq_tup_read || ' and by index ' || idx_tup_fetch, ', ' ORDER BY seq_tup_read + idx_tup_fetch DESC) FROM pg_stat_user_tables WHERE seq_tup_read + idx_tup_fetch > 0`)
	}
	const read = `SELECT COALESCE(sum(seq_tup_read + COALESCE(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables
		WHERE relname IN ('places', 'features', 'records', 'members', 'scores', 'results', 'score_history', 'match_keys', 'match_values', 'match_pairs', 'corrections',
			'places_past', 'features_past', 'records_past', 'members_past', 'scores_past', 'journal_parts', 'ecarts_commune')`
	settled := func() int64 {
		last := int64(-1)
		for range 40 { // what a connection read is told about a second later
			now := asked[int64](t, url, read)
			if now == last {
				return now
			}
			last = now
			time.Sleep(1200 * time.Millisecond)
		}
		t.Fatal("the counts do not settle")
		return 0
	}
	before, those := settled(), tables()
	for i := int64(10); i < 13; i++ {
		id := place.Identifier(i)
		edit(t, c, history.Edit{ID: id, Cells: map[string]string{"nom": "Un autre nom", "adresse": "3 rue Neuve", "horaires": "Mo 10:00-12:00"}})
		if _, err := c.TakeBack(signedMarne(history.Restoration, ""), id, 0, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ClosePlace(signedMarne(history.Closing, ""), id, 0, history.Closure{}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Reopen(signedMarne(history.Reopening, ""), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	if rows := settled() - before; rows > n {
		t.Errorf("12 changes read %d rows: %s; before, %s", rows, tables(), those)
	}
}

// Some tens of milliseconds at 20,000 places and at a million.
func BenchmarkEdit(b *testing.B) {
	c := benchCensus(b)
	const n = 10_000
	hours := []string{"Mo 10:00-12:00", "Tu 10:00-12:00"}
	i := 0
	for b.Loop() {
		i++
		_, err := c.Edit(signedMarne(history.Correction, ""), history.Edit{ID: place.Identifier(int64(1 + i%n)), On: today, Cells: map[string]string{"horaires": hours[i/n%2]}})
		if err != nil && !errors.Is(err, place.ErrGone) && !errors.As(err, new(*place.Moved)) {
			b.Fatal(err)
		}
	}
}
