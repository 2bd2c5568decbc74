package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// TestAccounts: one is opened, given a role more, has it taken back, is closed
// and forgotten, each said in a line that names nobody.
func TestAccounts(t *testing.T) {
	url := pgtest.URL(t)
	clean(t)
	t.Setenv("DATABASE_URL", url)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"create", "Camille@Marne.example", "--role", "contributeur-collectivite", "--organisation", "Ville de Reims", "--siren", "215104548", "--territory", "commune:51454"}, 0, "compte-1 : contributeur d’une collectivité, Ville de Reims"},
		{[]string{"create", "pas une adresse", "--role", "maire"}, 2, "n’est pas une adresse de courriel"},
		{[]string{"grant", "camille@marne.example", "--role", "moderateur", "--organisation", "Ville de Reims", "--siren", "215104548"}, 0, "compte-1 : modérateur"},
		{[]string{"list"}, 0, "commune:51454"},
		{[]string{"list", "personne"}, 0, "COMPTE"},
		{[]string{"revoke", "compte-1", "--role", "moderateur", "--reason", "Autre service"}, 0, "compte-1 : modérateur, Ville de Reims, retiré."},
		{[]string{"revoke", "1", "--role", "moderateur"}, 3, "n’a pas le rôle"},
		{[]string{"disable", "camille@marne.example"}, 0, "compte-1 : fermé."},
		{[]string{"grant", "1", "--role", "moderateur", "--organisation", "Ville de Reims", "--siren", "215104548"}, 3, "est fermé"},
		{[]string{"enable", "1"}, 0, "compte-1 : rouvert."},
		{[]string{"erase", "1"}, 0, "compte-1 : effacé."},
		{[]string{"enable", "1"}, 3, "ne se rouvre pas"},
		{[]string{"disable", "camille@marne.example"}, 3, "aucun compte"},
		{[]string{"disable", "12"}, 3, "aucun compte"},
	} {
		code, stdout, stderr := command(t, append([]string{"account"}, c.args...)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("mednum account %s: %d %s%s", strings.Join(c.args, " "), code, stdout, stderr)
		}
	}
}

func TestSettingsOfPeopleGoTogether(t *testing.T) {
	for _, c := range []struct {
		name string
		c    config
		want string
	}{
		{"none", config{}, ""},
		{"identity", config{OIDCIssuer: "https://pc.example", OIDCClientID: "x", OIDCSecret: "y"}, ""},
		{"half an identity", config{OIDCIssuer: "https://pc.example"}, "MEDNUM_OIDC_CLIENT_SECRET"},
		{"mail without an address for links", config{SMTPURL: "smtps://relais.example"}, "MEDNUM_PUBLIC_URL"},
		{"mail", config{SMTPURL: "smtps://relais.example", PublicURL: "https://mednum.example"}, ""},
		{"the terminal", config{SMTPURL: "terminal"}, ""},
		{"a demonstration", config{DemoLogin: "localhost:0", PublicURL: "http://localhost:8080"}, ""},
		{"a public demonstration", config{DemoLogin: "localhost:0", PublicURL: "https://mednum.example"}, "pas avec une adresse publique"},
		{"two who identify", config{DemoLogin: "localhost:0", OIDCIssuer: "https://pc.example", OIDCClientID: "x", OIDCSecret: "y"}, "un seul service"},
	} {
		if err := c.c.checkPeople(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := (config{OIDCSecretFile: file}).clientSecret(); err != nil || got != "s3cret" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := (config{OIDCSecretFile: file + "x"}).clientSecret(); err == nil {
		t.Error("a file that is not there")
	}
}

// Invented persons: one a role, whose numbers are nobody's, the same each time.
func TestDemonstrationPersons(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	clean(t)
	store, err := postgres.Open(ctx, url, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := demoPersons(ctx, store, time.Now()); err == nil {
		t.Error("persons of a census without places")
	}
	succeeds(t, url, "territories", "import", "../../web-map/tests/territories")
	succeeds(t, url, "demo", "--places", "60")
	for range 2 {
		persons, err := demoPersons(ctx, store, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		roles := map[access.Role]bool{}
		for _, p := range persons {
			if p.Siret != "" && !strings.HasPrefix(p.Siret, "0000") || !strings.HasSuffix(p.Mail, ".example") {
				t.Errorf("%+v", p)
			}
			account, err := store.AccountOfMail(ctx, p.Mail)
			if err != nil {
				continue // who has no role
			}
			a, err := store.Account(ctx, account)
			if err != nil || len(a.Grants) > 2 {
				t.Errorf("%+v %v", a, err)
			}
			for _, g := range a.Grants {
				roles[g.Role] = true
			}
		}
		if len(roles) != len(access.Roles())-1 { // a reader needs no account
			t.Errorf("%v", roles)
		}
	}
}
