package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mednum/internal/intake"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

const theirs = "Lieu;Ville;CP;Rue;Tél\nMairie de Reims;Reims;51100;1 place Royale;03 26 77 78 79\nMédiathèque Falala;Reims;51100;2 rue des Fuseliers;03.26.77.00.00\n"

const correspondance = `correspondance: 1
champs:
  nom: {colonne: Lieu}
  commune: {colonne: Ville}
  code_postal: {colonne: CP}
  adresse: {colonne: Rue}
  telephone: {colonne: Tél}
`

func TestTheirFileEntersThroughAMapping(t *testing.T) {
	url := pgtest.URL(t)
	name, m := file(t, "lieux.csv", theirs), file(t, "m.yaml", correspondance)
	changed := filepath.Join(t.TempDir(), "changements.txt")
	if got := changes(t, imported(t, url, name, "--source", "Ville", "--mapping", m, "--changes", changed)); got != "+2 ~0 =0 -0 ^0" {
		t.Error(got)
	}
	text, err := os.ReadFile(changed)
	if err != nil || !strings.Contains(string(text), "ajouté : « Mairie de Reims » à Reims (ligne 2") {
		t.Errorf("%s %v", text, err)
	}
	name = file(t, "lieux.csv", strings.Replace(theirs, "78 79", "78 80", 1))
	asJSON := filepath.Join(t.TempDir(), "changements.json")
	if got := changes(t, imported(t, url, name, "--source", "Ville", "--mapping", m, "--changes", asJSON, "--dry-run")); got != "+0 ~1 =1 -0 ^0" {
		t.Error(got)
	}
	var told []intake.Change
	if text, err = os.ReadFile(asJSON); err == nil {
		err = json.Unmarshal(text, &told)
	}
	if err != nil || len(told) != 1 || len(told[0].Fields) != 1 || told[0].Fields[0] != (intake.FieldChange{Column: "telephone", Before: "+33326777879", After: "+33326777880"}) {
		t.Errorf("%+v %v", told, err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{name, "--source", "x"}, exitRefused, "rien n’a été importé"},
		{[]string{name, "--source", "x", "--mapping", file(t, "m.yaml", "correspondance: 1\nchamps:\n  nomm: {colonne: Lieu}\n")}, exitRefused, "nom"},
		{[]string{name, "--source", "x", "--mapping", file(t, "m.yaml", "correspondance: 1\nchamps:\n  nom: {colonne: Lieuu}\n  commune: {colonne: Ville}\n")}, exitRefused, "vouliez-vous dire « Lieu »"},
		{[]string{name, "--source", "x", "--mapping", "absent.yaml"}, exitRefused, "« absent.yaml » n’existe pas"},
		{[]string{name, "--source", "x", "--geocode", "--geocoder-url", "aucun"}, exitUsage, "--geocode"},
		{[]string{name, "--source", "x", "--mapping", m, "--changes", "/absent/c.txt"}, exitFailure, "/absent/c.txt"},
	} {
		if code, stdout, stderr := mednum(t, url, append([]string{"import"}, c.args...)...); code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: code %d\n%s%s", c.args, code, stdout, stderr)
		}
	}
}

func TestThePagesOfAnAPIAreImported(t *testing.T) {
	url := pgtest.URL(t)
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next := `, "next": "/lieux?page=2"`
		if r.URL.Query().Get("page") == "2" {
			next = ""
		}
		n := len(next)
		fmt.Fprintf(w, `{"results": [{"nom": "Atelier %d", "commune": "Reims", "code_postal": "51100"}, {"nom": "Salon %d", "commune": "Reims", "code_postal": "51100"}]%s}`, n, n, next)
	}))
	defer pages.Close()
	if got := changes(t, imported(t, url, pages.URL+"/lieux", "--source", "essai")); got != "+4 ~0 =0 -0 ^0" {
		t.Error(got)
	}
}

func TestSourcesAreSetListedAndPulled(t *testing.T) {
	url := pgtest.URL(t)
	var text atomic.Value
	text.Store(theirs)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text.Load().(string)) }))
	defer web.Close()
	succeeds(t, url, "source", "set", "Ville de Reims", "--url", web.URL+"/lieux.csv", "--every", "1 j", "--mapping", file(t, "m.yaml", correspondance), "--precedence", "10")
	if out := succeeds(t, url, "source", "list"); !strings.Contains(out, "Ville de Reims") || !strings.Contains(out, "1 j") || !strings.Contains(out, "jamais") {
		t.Error(out)
	}
	code, stdout, stderr := mednum(t, url, "source", "pull", "Ville de Reims")
	if code != 0 || !strings.Contains(stdout, "2 lieux ajoutés") && !strings.Contains(stdout, "2\u00a0lieux ajoutés") {
		t.Fatalf("code %d\n%s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = mednum(t, url, "source", "pull", "Ville de Reims"); code != 0 || stdout != "" || !strings.Contains(stderr, "Rien de nouveau") {
		t.Errorf("code %d\n%s%s", code, stdout, stderr)
	}
	text.Store(strings.Join(strings.SplitAfter(theirs, "\n")[:2], ""))
	if code, _, stderr = mednum(t, url, "source", "pull", "Ville de Reims"); code != exitRefused || !strings.Contains(stderr, "a perdu 1 des 2 lieux") {
		t.Errorf("code %d\n%s", code, stderr)
	}
	if out := succeeds(t, url, "source", "list", "--json"); !strings.Contains(out, `"retenu : `) || !strings.Contains(out, `"rang": 10`) {
		t.Error(out)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"pull", "Ville de Rems"}, exitRefused, "vouliez-vous dire « Ville de Reims »"},
		{[]string{"set", "x", "--every", "parfois"}, exitUsage, "« parfois »"},
		{[]string{"set", "x", "--every", "5 min", "--url", "ftp://a"}, exitRefused, "quarts d’heure"},
		{[]string{"set", "x", "--siren", "123456789"}, exitRefused, "SIREN"},
		{[]string{"bidule"}, exitUsage, "bidule"},
	} {
		if code, _, stderr := mednum(t, url, append([]string{"source"}, c.args...)...); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: code %d: %s", c.args, code, stderr)
		}
	}
}

func TestRhythms(t *testing.T) {
	for text, want := range map[string]time.Duration{"15 min": 15 * time.Minute, "6h": 6 * time.Hour, "1 j": 24 * time.Hour, "7 Jours": 7 * 24 * time.Hour, "jamais": 0} {
		if got, ok := parseRhythm(text); !ok || got != want {
			t.Errorf("%q: %s %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "h", "0 h", "1 an", "-1h", "99999999999999999999h"} {
		if got, ok := parseRhythm(text); ok {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// distinct are rows that no two places share.
func distinct(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "lieu-%d,,Atelier %s,Reims,51100,51454,%d rue %s,,%.5f,%.5f,EPN,,contact%d@exemple.fr,,Mo-Fr 09:00-12:00,,,,,,2024-04-02,,,,,,,,,,,\n",
			i, place.Identifier(int64(i+1)), i%97+1, place.Identifier(int64(7*i+3)), 49.2+float64(i%200)/2000, 4.0+float64(i/200)/2000, i)
	}
	return b.String()
}

// depositing gives a file to a database as a page would, and asks for steps.
func depositing(t *testing.T, url string) (*intake.Office, *postgres.Census) {
	t.Helper()
	store := pgtest.Open(t, url, postgres.Options{MaxConns: intakeConns})
	o, err := intakeOffice(config{UploadMaximum: 200 << 20}, store, config{}.logger(t.Output()), true)
	if err != nil {
		t.Fatal(err)
	}
	return o, store
}

func TestAServerThatIsKilledLosesNoDeposit(t *testing.T) {
	url := pgtest.URL(t)
	o, store := depositing(t, url)
	ctx := context.Background()
	const n = 6000
	d, err := o.Deposit(ctx, intake.Deposit{Source: "essai", File: "lieux.csv"}, strings.NewReader(distinct(n)), intake.Operator, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	serve := func() (kill func()) {
		cmd := process(t, url, "serve", "--listen", "127.0.0.1:0")
		cmd.Stderr = t.Output()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() { cmd.Process.Signal(syscall.SIGKILL); cmd.Wait() }
	}
	until := func(ready func(intake.Deposit) bool) intake.Deposit {
		t.Helper()
		for range 1200 {
			d, err := o.GetDeposit(ctx, d.Number, intake.Operator)
			if err != nil {
				t.Fatal(err)
			}
			if ready(d) {
				return d
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("it never came")
		return d
	}
	for _, c := range []struct {
		step  string
		state intake.State
	}{{"lire", intake.Ready}, {"publier", intake.Published}} {
		if _, err := o.StepDeposit(ctx, d.Number, c.step, intake.StepOptions{}, intake.Operator, time.Now()); err != nil {
			t.Fatal(err)
		}
		kill := serve()
		until(func(d intake.Deposit) bool { return d.Progress.Step != "" || d.State == c.state })
		time.Sleep(300 * time.Millisecond) // in the middle of it
		kill()
		if d, err := o.GetDeposit(ctx, d.Number, intake.Operator); err != nil || d.State == c.state {
			t.Logf("%s was done before the kill: %v", c.step, err)
		} else if places, _, err := store.CountPlaces(ctx); err != nil || places != 0 && places != n {
			t.Errorf("half of a load is seen: %d places, %v", places, err)
		}
		kill = serve()
		d := until(func(d intake.Deposit) bool { return !d.Busy })
		kill()
		if d.State != c.state || d.Changes == nil || d.Changes.Added != n {
			t.Fatalf("%s: %s %+v %q %q", c.step, d.State, d.Changes, d.Reasons, d.Fault)
		}
	}
	if places, _, err := store.CountPlaces(ctx); places == 0 || err != nil {
		t.Errorf("%d places, %v", places, err)
	}
}
