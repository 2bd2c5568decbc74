package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"mednum/internal/match"
)

// Made-up places: a library and a France services of one building, the same
// library in another list, and a village that moved its office.
const matchCensus = `id,nom,commune,code_postal,adresse,latitude,longitude,telephone,courriels,source
a:1,Médiathèque Jean-Falala,Reims,51100,2 rue des Fuseliers,49.2533,4.0318,+33326000001,mediatheque@reims.fr,a
a:2,France services Reims Centre,Reims,51100,2 rue des Fuseliers,49.2533,4.0318,+33326000002,,a
b:1,MEDIATHEQUE FALALA,REIMS,51100,"2, rue des Fuseliers",49.2535,4.0320,03 26 00 00 01,,b
b:2,Espace numérique,Witry-lès-Reims,51420,Place de la Mairie,49.29,4.11,,,b
`

const matchPairs = `source_a;id_a;source_b;id_b;is_duplicate;why
a;a:1;b;b:1;1;même médiathèque
a;a:1;a;a:2;0;deux services
a;a:2;b;b:2;1;jugée à tort
a;a:1;c;c:9;0;
`

func TestMatchEvaluate(t *testing.T) {
	clean(t)
	list, pairs := file(t, "recensement.csv", matchCensus), file(t, "paires.csv", matchPairs)
	code, stdout, stderr := command(t, "match", "evaluate", pairs, "--census", list)
	if code != 0 || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	goldenText(t, "match-evaluate.golden", stdout)

	code, stdout, _ = command(t, "match", "evaluate", pairs, "--census", list, "--json")
	var e struct {
		Precision float64                          `json:"precision"`
		Issues    map[string]map[match.Outcome]int `json:"issues"`
		Unknown   []string                         `json:"introuvables"`
		Verdicts  []match.Verdict                  `json:"verdicts"`
	}
	if err := json.Unmarshal([]byte(stdout), &e); err != nil || code != 0 {
		t.Fatalf("code %d, %v", code, err)
	}
	if e.Precision != 1 || e.Issues["un_seul_lieu"][match.Same] != 1 || e.Issues["un_seul_lieu"][match.Different] != 1 || len(e.Unknown) != 1 || len(e.Verdicts) != 3 {
		t.Errorf("%+v", e)
	}
}

func TestMatchEvaluateRefuses(t *testing.T) {
	clean(t)
	list, pairs := file(t, "recensement.csv", matchCensus), file(t, "paires.csv", matchPairs)
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{pairs}, exitUsage, []string{"--census"}},
		{[]string{"--census", list}, exitUsage, []string{"le fichier des paires jugées"}},
		{[]string{pairs, "--census", "nulle-part.csv"}, exitRefused, []string{"nulle-part.csv"}},
		{[]string{"nulle-part.csv", "--census", "ailleurs.csv"}, exitRefused, []string{"nulle-part.csv", "ailleurs.csv"}},
		{[]string{list, "--census", pairs}, exitRefused, []string{"« is_duplicate »", "nom"}},
		{[]string{file(t, "autres.csv", "id_a,id_b,is_duplicate\nx,y,1\n"), "--census", list}, exitRefused, []string{"aucune paire"}},
		{[]string{file(t, "mal.csv", "id_a,id_b,is_duplicate\na:1,b:1,peut-être\na:1,,0\n"), "--census", list}, exitRefused, []string{"Ligne 2", "« peut-être »", "Ligne 3"}},
	} {
		code, _, stderr := command(t, append([]string{"match", "evaluate"}, c.args...)...)
		if code != c.code {
			t.Errorf("%v: code %d, want %d: %s", c.args, code, c.code, stderr)
		}
		for _, w := range c.want {
			if !strings.Contains(stderr, w) {
				t.Errorf("%v: no « %s » in: %s", c.args, w, stderr)
			}
		}
	}
}

// The pairs by which others judge come out as people judged them.
func TestMatchEvaluateTheRealPairs(t *testing.T) {
	const data = "../../../shared/data/"
	if _, err := os.Stat(data + "dedup-dev.csv"); err != nil {
		t.Skip("the real data is not beside the project")
	}
	clean(t)
	code, stdout, stderr := command(t, "match", "evaluate", data+"dedup-dev.csv", "--census", data+"census-dev.csv")
	if code != 0 || !strings.Contains(stdout, "Aucune erreur.") || strings.Contains(stdout, "n’est pas dans le recensement") {
		t.Errorf("code %d\n%s%s", code, stdout, stderr)
	}
}
