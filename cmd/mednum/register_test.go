package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mednum/internal/postgres/pgtest"
)

// registering runs the command in this process.
func registering(t testing.TB, url string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	former, was := os.LookupEnv("DATABASE_URL")
	if err := os.Setenv("DATABASE_URL", url); err != nil {
		t.Fatal(err)
	}
	defer func() {
		err := os.Unsetenv("DATABASE_URL")
		if was {
			err = os.Setenv("DATABASE_URL", former)
		}
		if err != nil {
			t.Fatal(err)
		}
	}()
	var out, errs bytes.Buffer
	root := newRegister()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	ctx := context.Background()
	if _, err := root.ExecuteContextC(ctx); err != nil {
		return exitCode(ctx, err), out.String(), sentence(err)
	}
	return 0, out.String(), errs.String()
}

const registerHeader = "id_fs,lib_fs,adresse,insee_com,code_postal,latitude,longitude,format_fs,labellisation_fs\n"

const smallRegister = registerHeader +
	`1,France services de Reims,12 rue Pierre Taittinger,51454,51100,49.2303,4.0025,Fixe,Espace labellisé 01/01/2020
2,France services de Fismes,2 rue des Chailleaux,51250,51170,49.3080,3.6800,Fixe,Espace labellisé 01/01/2020
3,Sans commune,,,,,,Fixe,Espace labellisé 01/01/2020
`

// labelled is a file of places that say that they have the label: the one of
// Reims has it, the one of Sainte-Menehould is nowhere in the list.
const labelled = "id,nom,commune,code_postal,code_insee,adresse,latitude,longitude,date_maj,dispositif_programmes_nationaux\n" +
	`a,France Services Croix-Rouge,Reims,51100,51454,"12, rue Pierre-Taittinger",49.2304,4.0026,2024-01-01,France Services
b,Espace numérique,Sainte-Menehould,51800,51507,1 rue Haute,49.0890,4.8970,2024-01-01,France Services
c,France Services de Fismes,Fismes,51170,51250,2 rue des Chailleaux,49.3080,3.6800,2024-01-01,
`

func TestRegisterImport(t *testing.T) {
	url := pgtest.URL(t)
	succeeds(t, url, "import", file(t, "lieux.csv", labelled), "--source", "test")
	// The row without a place makes a hole: nothing is contradicted.
	list := file(t, "liste.csv", smallRegister)
	args := []string{"import", list, "--register", "france-services", "--date", "2024-08-01"}
	code, out, stderr := registering(t, url, append(args, "--dry-run")...)
	if code != 0 {
		t.Fatalf("code %d\n%s%s", code, out, stderr)
	}
	for _, part := range []string{
		"ESSAI : rien n’a été écrit.", "Liste nationale des France Services du 2024-08-01 : 2 entrées lues.", "Ils sont périmés",
		"1 défaut dans la liste :", "ligne 4, insee_com : Ni commune, ni code postal, ni position",
		"2 lieux affichent le label : 1 confirmé, 0 contredit, 1 que la liste ne tranche pas.",
		"À vérifier par une personne :", "n’ont pas pu être lues",
		"1 entrée de la liste sans lieu au recensement :", "n° 2, France services de Fismes, 51170", "« France Services de Fismes », qui n’affiche pas le label.",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	whole := file(t, "entiere.csv", strings.Replace(smallRegister, "3,Sans commune,,,,,,Fixe,Espace labellisé 01/01/2020\n", "", 1))
	report := filepath.Join(t.TempDir(), "rapport.json")
	args = []string{"import", whole, "--register", "france-services", "--date", "2024-08-01", "--report", report}
	read := func() registerReport {
		t.Helper()
		code, out, stderr := registering(t, url, args...)
		if code != 0 {
			t.Fatalf("code %d\n%s%s", code, out, stderr)
		}
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var r registerReport
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := read()
	if first.Written["confirme"] != 1 || first.Written["contredit"] != 1 || first.Until != "2025-08-01" || first.Rescored != 2 || len(first.Verdicts) != 2 || len(first.Unclaimed) != 1 {
		t.Errorf("%+v", first)
	}
	if v := first.Verdicts[0]; v.Entry != "1" || v.Distance == nil || *v.Distance != 13 || v.Reasons[0] != "Même adresse, à 13\u00a0m, dans la même commune." {
		t.Errorf("%+v", v)
	}
	if again := read(); len(again.Written) != 0 || again.Unchanged != 2 || again.Rescored != 0 {
		t.Errorf("again: %+v", again)
	}
}

func TestRegisterRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"import", "x.csv"}, exitUsage, []string{"--register : dites quelle liste", "--date : dites de quel jour"}},
		{[]string{"import", "x.csv", "--register", "france-service", "--date", "hier"}, exitUsage, []string{"vouliez-vous dire « france-services » ?", "« hier » n’est pas un jour"}},
		{[]string{"import", "x.csv", "--register", "france-services", "--date", "2999-01-01"}, exitUsage, []string{"est à venir"}},
		{[]string{"import"}, exitUsage, []string{"il manque la liste à lire"}},
		{[]string{"imporr"}, exitUsage, []string{"vouliez-vous dire « import » ?"}},
	} {
		code, _, stderr := registering(t, "postgres://localhost/x", c.args...)
		if code != c.code {
			t.Errorf("%v: code %d\n%s", c.args, code, stderr)
		}
		for _, s := range c.says {
			if !strings.Contains(stderr, s) {
				t.Errorf("%v: no %q in %s", c.args, s, stderr)
			}
		}
	}
	url := pgtest.URL(t)
	name := file(t, "autre.csv", "id,nom\n1,a\n")
	code, _, stderr := registering(t, url, "import", name, "--register", "france-services", "--date", "2024-08-01")
	if code != exitRefused || !strings.Contains(stderr, "Il manque la colonne « insee_com »") || !strings.Contains(stderr, "« latitude »") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if code, _, stderr = registering(t, url, "import", "absent.csv", "--register", "france-services", "--date", "2024-08-01"); code != exitRefused {
		t.Errorf("code %d: %s", code, stderr)
	}
}

// The real list against the real census of 17 sources, through the database.
func TestRegisterOfTheRealCensus(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "data")
	list := filepath.Join(folder, "raw", "liste-fs-20240801.csv")
	text, err := os.ReadFile(filepath.Join(folder, "census-dev.csv"))
	if err != nil {
		t.Skipf("real data is not beside the project: %v", err)
	}
	if testing.Short() {
		t.Skip("the whole census")
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 6012 {
		t.Fatal(len(rows), err)
	}
	url := pgtest.URL(t)
	succeeds(t, url, "import", file(t, "census.csv", string(text)), "--source", "dix-sept sources")
	code, out, stderr := registering(t, url, "import", list, "--register", "france-services", "--date", "2024-08-01", "--json")
	if code != 0 {
		t.Fatalf("code %d\n%s", code, stderr)
	}
	var r registerReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d declare, %d confirmed, %d contradicted, %d undecided, %d entries without a place", r.Declaring, r.Confirmed, r.Denied, r.Undecided, len(r.Unclaimed))
	// 2,928 records say so; some of them are one place.
	if r.Declaring < 2880 || r.Declaring > 2928 || r.Confirmed*100 < r.Declaring*99 || r.Denied > 2 || len(r.Unclaimed) > 20 {
		t.Errorf("%d declare, %d confirmed, %d contradicted", r.Declaring, r.Confirmed, r.Denied)
	}
}
