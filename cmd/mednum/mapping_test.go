package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mednum/internal/mapping"
)

// typed runs a command in this process, without a database.
func typed(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

const theirWords = "Nom du lieu;Voie;CP;Ville;Téléphone;Responsable;État\r\n" +
	"Médiathèque du Port;3 quai de la Douane;29200;Brest;02 98 00 00 01;Anne Le Goff;Ouvert\r\n" +
	"Mairie annexe;12 rue Jean Jaurès;29200;Brest;02 98 00 00 02;Yann Kerbrat;Ouvert\r\n" +
	"Ancien local;1 rue du Quercy;29200;Brest;02 98 00 00 03;Soizic Madec;Inactif\r\n"

// What is proposed for a file is a mapping of it at once: written, checked, and
// applied to the same file.
func TestMappingSuggestedAndChecked(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	dir := t.TempDir()
	file, out := filepath.Join(dir, "lieux.csv"), filepath.Join(dir, "lieux.yaml")
	if err := os.WriteFile(file, []byte(theirWords), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := typed(t, "", "mapping", "suggest", file, "--output", out)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "CONFIANCE") || strings.Contains(stderr, "Le Goff") {
		t.Errorf("suggest --output: %d\n%s\n%s", code, stdout, stderr)
	}
	code, stdout, stderr = typed(t, "", "mapping", "check", out, file)
	for _, want := range []string{"3 lignes lues, 2 gardées.", "nom", "remplie 2 fois", "1 écartées"} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("check: %d, no %q\n%s\n%s", code, want, stdout, stderr)
		}
	}
	code, stdout, _ = typed(t, theirWords, "mapping", "suggest", "-", "--json")
	var s mapping.Suggestion
	if err := json.Unmarshal([]byte(stdout), &s); code != 0 || err != nil || len(s.Reasons) != 7 || s.Mapping.Champs["nom"].Colonne != "Nom du lieu" {
		t.Errorf("suggest --json: %d %v\n%s", code, err, stdout)
	}
	code, stdout, _ = typed(t, theirWords, "mapping", "suggest", "-")
	if _, err := mapping.Parse([]byte(stdout)); code != 0 || err != nil {
		t.Errorf("suggest on the standard output: %d %v", code, err)
	}
}

func TestMappingTellsAllThatIsWrong(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "faux.yaml")
	if err := os.WriteFile(bad, []byte("correspondance: 1\nchamps:\n  nim:\n    colonne: a\n  commune:\n    colone: b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := typed(t, "", "mapping", "check", bad)
	for _, want := range []string{"ligne 3", "« nom »", "« colonne »", "faux.yaml"} {
		if code != exitRefused || !strings.Contains(stderr, want) {
			t.Errorf("%d, no %q in\n%s", code, want, stderr)
		}
	}
	if code, _, stderr := typed(t, "", "mapping", "suggest", filepath.Join(t.TempDir(), "absent.csv")); code != exitRefused || !strings.Contains(stderr, "n’existe pas") {
		t.Errorf("absent: %d %s", code, stderr)
	}
}

func TestMappingExamplesAndSchema(t *testing.T) {
	code, stdout, _ := typed(t, "", "mapping", "examples")
	if code != 0 || !strings.Contains(stdout, "gironde") {
		t.Errorf("%d %s", code, stdout)
	}
	code, stdout, _ = typed(t, "", "mapping", "examples", "gironde")
	if m, err := mapping.Parse([]byte(stdout)); code != 0 || err != nil || m.Source == "" {
		t.Errorf("%d %v", code, err)
	}
	if code, _, stderr := typed(t, "", "mapping", "examples", "girond"); code != exitUsage || !strings.Contains(stderr, "« gironde »") {
		t.Errorf("%d %s", code, stderr)
	}
	if code, stdout, _ := typed(t, "", "mapping", "schema"); code != 0 || !json.Valid([]byte(stdout)) {
		t.Errorf("schema: %d", code)
	}
}
