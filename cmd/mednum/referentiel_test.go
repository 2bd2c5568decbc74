package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/postgres/pgtest"
)

// says runs a command, checks its code, and that it says all that is wanted.
func says(t *testing.T, url string, wanted int, want []string, args ...string) string {
	t.Helper()
	clean(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("MEDNUM_KEY", "")
	code, stdout, stderr := command(t, args...)
	if code != wanted {
		t.Fatalf("mednum %q: code %d, not %d\n%s%s", args, code, wanted, stdout, stderr)
	}
	for _, w := range want {
		if !strings.Contains(stdout+stderr, w) {
			t.Errorf("mednum %q: %q is not told:\n%s%s", args, w, stdout, stderr)
		}
	}
	return stdout
}

func made(t *testing.T, url string, role, organisation, siren string, more ...string) string {
	t.Helper()
	return strings.TrimSpace(says(t, url, 0, []string{"elle ne sera plus montrée"}, append([]string{"key", "create", "--role", role, "--organisation", organisation, "--siren", siren}, more...)...))
}

func TestEverythingWrongWithAKeyIsToldAtOnce(t *testing.T) {
	says(t, "mysql://ici", exitUsage, []string{
		"--role : « contributeur-colectivite » n’est pas un rôle", "vouliez-vous dire « contributeur-collectivite » ?", "--organisation : il manque le nom",
		"--siren : « 123456789 » n’est pas un numéro SIREN", "--territory : « canton » n’est pas une sorte de territoire", "--expires : « demain » n’est pas un jour", "DATABASE_URL : ",
	}, "key", "create", "--role", "contributeur-colectivite", "--siren", "123 456 789", "--territory", "canton:12", "--expires", "demain")
	says(t, "postgres://x", exitUsage, []string{"--territory : le rôle de contributeur d’une collectivité a un territoire", "--expires : la date d’expiration est passée"},
		"key", "create", "--role", "contributeur-collectivite", "--organisation", "Marne", "--siren", "225100015", "--expires", "2020-01-01")
}

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	url := pgtest.URL(t)
	secret := made(t, url, "contributeur-collectivite", "Département de la Marne", "225 100 015", "--territory", "departement:51,52", "--expires", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	id, _, err := access.ParseSecret(secret)
	if err != nil {
		t.Fatal(secret, err)
	}
	list := says(t, url, 0, []string{id, "contributeur-collectivite", "Département de la Marne", "225100015", "departement:51,52", "jusqu’au"}, "key", "list")
	if strings.Contains(list, secret) {
		t.Error("the list shows the secret")
	}
	says(t, url, exitRefused, []string{"Aucune clé n’a cet identifiant."}, "key", "revoke", "zzzzzzzz")
	says(t, url, 0, []string{"Clé " + id + " révoquée"}, "key", "revoke", id)
	says(t, url, 0, []string{"révoquée le"}, "key", "list")
	says(t, url, exitRefused, []string{"Cette clé a été révoquée."}, "referentiel", "fork", "1.0.0", "--version", "2.0.0", "--key", secret)
	says(t, url, exitRefused, []string{"un de ses signes a changé"}, "referentiel", "fork", "1.0.0", "--version", "2.0.0", "--key", mistyped(secret))
	says(t, url, exitUsage, []string{"--key : il faut une clé"}, "referentiel", "fork", "1.0.0", "--version", "2.0.0")
}

// mistyped is a key with one sign that is another.
func mistyped(secret string) string {
	sign := "z"
	if secret[20:21] == sign {
		sign = "y"
	}
	return secret[:20] + sign + secret[21:]
}

// From the shell alone: a draft, its text, a consultation, and what is refused.
func TestAVersionFromTheShell(t *testing.T) {
	url := pgtest.URL(t)
	if err := migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	editor := made(t, url, "redacteur-national", "Agence nationale", "130026032")
	member := made(t, url, "comite", "Les Hubs", "732829320")
	says(t, url, 0, []string{"1.0.0", "publiée", "mednum (automatique)"}, "referentiel", "list")
	says(t, url, exitRefused, []string{"Le rôle de membre du comité ne permet pas de préparer une version du référentiel."}, "referentiel", "fork", "1.0.0", "--version", "2.0.0", "--key", member)
	says(t, url, exitRefused, []string{"refusé : « deux » n’est pas un numéro de version"}, "referentiel", "fork", "1.0.0", "--version", "deux", "--key", editor)
	says(t, url, 0, []string{"Version 2.0.0 : en brouillon."}, "referentiel", "fork", "1.0.0", "--version", "2.0.0", "--key", editor)
	text := says(t, url, 0, []string{"Version 2.0.0 : en brouillon."}, "referentiel", "show", "2.0.0")
	says(t, url, exitRefused, []string{"cette version n’existe pas"}, "referentiel", "show", "3.0.0")

	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	document["presentation"] = document["presentation"].(string) + " Relue depuis un terminal."
	changed, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	draft, broken := file(t, "brouillon.json", string(changed)), file(t, "casse.json", `{"version": "2.0.0", "poids": 3}`)
	says(t, url, exitRefused, []string{"le document est à corriger :\n- "}, "referentiel", "save", "2.0.0", broken, "--key", editor)
	says(t, url, exitRefused, []string{"le document est à corriger :\n- "}, "referentiel", "check", broken)
	says(t, url, exitRefused, []string{"quelqu’un a enregistré un autre texte"}, "referentiel", "save", "2.0.0", draft, "--if-hash", strings.Repeat("a", 64), "--key", editor)
	says(t, url, 0, []string{"Version 2.0.0 : en brouillon."}, "referentiel", "save", "2.0.0", draft, "--key", editor)
	says(t, url, 0, []string{"Version 2.0.0 : rien ne bloque."}, "referentiel", "check", draft)
	if again := says(t, url, 0, nil, "referentiel", "show", "2.0.0"); !strings.Contains(again, "Relue depuis un terminal.") {
		t.Error("the text was not saved")
	}

	says(t, url, exitUsage, []string{"--to : « publicaton » n’est pas une étape", "vouliez-vous dire « publication » ?", "--closes : « bientôt » n’est pas un jour"},
		"referentiel", "advance", "2.0.0", "--to", "publicaton", "--closes", "bientôt", "--key", editor)
	says(t, url, exitRefused, []string{"Une consultation dure au moins 30 jours"}, "referentiel", "advance", "2.0.0", "--to", "consultation", "--closes", time.Now().AddDate(0, 0, 3).Format(time.DateOnly), "--key", editor)
	says(t, url, exitRefused, []string{"elle ne peut devenir que en consultation ou abandonnée"}, "referentiel", "advance", "2.0.0", "--to", "publication", "--key", editor)
	says(t, url, 0, nil, "referentiel", "simulate", "2.0.0", "--key", editor)
	says(t, url, 0, []string{"Version 2.0.0 : en consultation.", "Les remontées sont reçues jusqu’au"}, "referentiel", "advance", "2.0.0", "--to", "consultation", "--key", editor)
	says(t, url, exitRefused, []string{"l’arbitrage commence après"}, "referentiel", "advance", "2.0.0", "--to", "arbitrage", "--key", editor)
	says(t, url, exitRefused, []string{"le comité vote quand sa simulation est validée"}, "referentiel", "approve", "2.0.0", "--vote", "pour", "--key", member)
	says(t, url, 0, []string{"Version 2.0.0 : abandonnée."}, "referentiel", "advance", "2.0.0", "--to", "abandon", "--reason", "Nous recommençons autrement.", "--key", editor)

	out := says(t, url, 0, []string{"2 versions du référentiel", "Tout est tel qu’il a été écrit."}, "referentiel", "verify")
	_, head, _ := strings.Cut(out, "dernière entrée : ")
	head, _, _ = strings.Cut(head, "\n")
	says(t, url, 0, []string{"Tout est tel"}, "referentiel", "verify", "--hash", head)
	says(t, url, exitRefused, []string{"le journal n’a plus l’entrée d’empreinte " + strings.Repeat("e", 64), "le journal ou la base ont été changés : 1 écart"}, "referentiel", "verify", "--hash", strings.Repeat("e", 64))
}

// Without a database, a text is checked against the version of the program.
func TestATextIsCheckedWithoutADatabase(t *testing.T) {
	initial, err := os.ReadFile(filepath.Join("..", "..", "internal", "quality", "versions", "1.0.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	says(t, "", 0, []string{"Version 1.0.0 : rien ne bloque."}, "referentiel", "check", file(t, "1.0.0.json", string(initial)))
	says(t, "", exitRefused, []string{"n’existe pas"}, "referentiel", "check", "nulle-part.json")
	says(t, "", exitUsage, []string{"il manque le fichier"}, "referentiel", "check")
	says(t, "", exitUsage, []string{"deux valeurs sont attendues"}, "referentiel", "save", "1.0.0", "a", "b", "--key", "x")
}

func TestStepsAreReadAsTheyAreTyped(t *testing.T) {
	m, err := readMove(" Vote ", "Parce que.", "", "")
	if err != nil || m.To != consultation.SimulationValidee || m.Reason != "Parce que." || !m.Closes.IsZero() || m.Effective.Known() {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = readMove("publication", "", "", "2027-06-01")
	if err != nil || m.To != consultation.Publiee || m.Effective.String() != "2027-06-01" {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err = readMove("en_consultation", "", "", ""); err != nil || m.To != consultation.EnConsultation {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = readMove("consultation", "", "2027-03-31", "")
	if want := time.Date(2027, 3, 31, 22, 0, 0, 0, time.UTC); err != nil || !m.Closes.Equal(want) {
		t.Errorf("the whole of the last day: %s, not %s, %v", m.Closes, want, err)
	}
}
