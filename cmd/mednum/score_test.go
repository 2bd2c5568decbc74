package main

import (
	"regexp"
	"strings"
	"testing"

	"mednum/internal/postgres/pgtest"
)

func TestScoreTellsWhatItDoes(t *testing.T) {
	url := pgtest.URL(t)
	if out := succeeds(t, url, "score"); !strings.HasPrefix(out, "Aucune version du référentiel n’est en vigueur le ") {
		t.Error(out)
	}
	// Places that came before there was a version: migrate scores them.
	imported(t, url, file(t, "lieux.csv", header+rows(0, 30)), "--source", "essai")
	succeeds(t, url, "migrate")
	says := func(want string, args ...string) {
		t.Helper()
		out := succeeds(t, url, append([]string{"score"}, args...)...)
		if !regexp.MustCompile(`(?s)^` + want + `$`).MatchString(out) {
			t.Errorf("score %v:\n%s", args, out)
		}
	}
	const day = `\d{4}-\d\d-\d\d`
	says(`ESSAI : rien n’a été écrit.
Référentiel 1\.0\.0, au `+day+` : 30 lieux notés.
  0 première note, 0 résultat changé.
  Aucun niveau ne change.
Ce programme lit les fiches comme celui qui les a notées.
`, "--dry-run")
	says(`Référentiel 1\.0\.0, au ` + day + ` : 30 lieux notés.
  0 première note, 0 résultat changé.
  Aucun niveau ne change.
`)
	// Without a pass in use there, a criterion less applies.
	before := succeeds(t, url, "export", "--format", "geojson")
	succeeds(t, url, "score", "--aide-locale", "51=Non", "--aide-locale", "2a=oui")
	succeeds(t, url, "score", "--aide-locale", "51=inconnu")
	if after := succeeds(t, url, "export", "--format", "geojson"); after != before {
		t.Error("a help that is known no more leaves its trace")
	}
	out := succeeds(t, url, "score", "--verify")
	if !regexp.MustCompile(`^30 notes en vigueur ou à venir, \d+ notes passées\.\nToutes se rejouent à l’identique\.\n$`).MatchString(out) {
		t.Error(out)
	}
}

func TestScoreRefusesWhatMeansNothing(t *testing.T) {
	clean(t)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"--date", "31/12/2026"}, []string{"--date : « 31/12/2026 » n’est pas un jour"}},
		{[]string{"--verify", "--dry-run"}, []string{"--verify ne se combine pas"}},
		{[]string{"--aide-locale", "51", "--aide-locale", "999=oui", "--aide-locale", "=oui", "--aide-locale", "51=peut-être", "--date", "x"}, []string{
			"« 51 » ne dit pas si l’aide est active", "« 999 » n’est pas le code d’un département", "«  » n’est pas le code d’un département", "51=oui, 51=non ou 51=inconnu", "--date : « x »", "DATABASE_URL"}},
		{[]string{"--aide-locale", "51=oui", "--dry-run"}, []string{"ôtez --dry-run"}},
		{[]string{"lieux.csv"}, []string{"« lieux.csv » est de trop"}},
	} {
		code, stdout, stderr := command(t, append([]string{"score"}, test.args...)...)
		if code != exitUsage || stdout != "" {
			t.Errorf("%v: code %d %s", test.args, code, stdout)
		}
		for _, want := range test.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%v: no %q in\n%s", test.args, want, stderr)
			}
		}
	}
}
