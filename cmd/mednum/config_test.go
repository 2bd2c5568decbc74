package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clean takes every setting out of the environment.
func clean(t *testing.T) {
	t.Helper()
	for i := range settings {
		t.Setenv(settings[i].env, "")
	}
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// TestHelp shows what people read. `UPDATE=1 go test` writes the files anew.
func TestHelp(t *testing.T) {
	clean(t)
	for _, c := range newRoot().Commands() {
		if c.Name() != "help" {
			golden(t, "help-"+c.Name(), c.Name(), "--help")
			for _, sub := range c.Commands() {
				golden(t, "help-"+c.Name()+"-"+sub.Name(), c.Name(), sub.Name(), "--help")
			}
		}
	}
	golden(t, "help")
}

func golden(t *testing.T, name string, args ...string) {
	t.Helper()
	code, stdout, stderr := command(t, args...)
	if code != 0 || stderr != "" {
		t.Errorf("mednum %v: code %d, %s", args, code, stderr)
	}
	file := filepath.Join("testdata", name+".golden")
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(stdout), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if stdout != string(want) {
		t.Errorf("mednum %v: the help is no longer %s:\n%s", args, file, stdout)
	}
}

func TestUsageFaultsAreToldInFrench(t *testing.T) {
	clean(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"serv"}, "la commande « serv » n’existe pas ; vouliez-vous dire « serve » ?"},
		{[]string{"bidule"}, "la commande « bidule » n’existe pas"},
		{[]string{"serve", "--lisen", "x"}, "l’option « --lisen » n’existe pas"},
		{[]string{"serve", "-z"}, "l’option « -z » n’existe pas"},
		{[]string{"serve", "--listen"}, "l’option « --listen » attend une valeur"},
		{[]string{"serve", "trop"}, "« trop » est de trop"},
		{[]string{"migrate"}, "DATABASE_URL : il faut une base"},
		{[]string{"import"}, "il manque"},
		{[]string{"import", "a.csv", "b.csv", "--source", "x"}, "« b.csv » est de trop"},
		{[]string{"demo", "--places", "beaucoup"}, "l’option « --places » attend un nombre entier, pas « beaucoup »"},
		{[]string{"territories"}, "import"},
		{[]string{"help", "bidule"}, "la commande « bidule » n’existe pas"},
	} {
		code, stdout, stderr := command(t, c.args...)
		if code != exitUsage && len(c.args) > 0 && c.args[0] != "territories" {
			t.Errorf("mednum %v: code %d instead of %d", c.args, code, exitUsage)
		}
		if !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("mednum %v: %q is not told:\n%s%s", c.args, c.want, stdout, stderr)
		}
	}
}

func TestEverySettingThatIsWrongIsToldAtOnce(t *testing.T) {
	clean(t)
	t.Setenv("DATABASE_URL", "mysql://moi:secret@hote/base")
	t.Setenv("MEDNUM_PUBLIC_URL", "lieux.exemple.fr")
	t.Setenv("MEDNUM_TILE_URL", "https://tuiles.exemple.fr/{z}/{x}.png")
	t.Setenv("MEDNUM_TRUSTED_PROXIES", "10.0.0.0/8, ici")
	t.Setenv("MEDNUM_LOG_LEVEL", "fort")
	code, _, stderr := command(t, "serve", "--listen", "8080", "--log-format", "xml", "--frame-ancestors", "a; script-src *")
	if code != exitUsage {
		t.Errorf("code %d", code)
	}
	for _, want := range []string{"8 réglages sont à corriger", "DATABASE_URL : ", "--listen : « 8080 »", "MEDNUM_PUBLIC_URL : « lieux.exemple.fr »",
		"MEDNUM_TILE_URL : il manque {y}", "MEDNUM_TRUSTED_PROXIES : « ici »", "MEDNUM_LOG_LEVEL : « fort »", "--log-format : « xml »", "--frame-ancestors"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not told:\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, "secret") {
		t.Errorf("a password is shown:\n%s", stderr)
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	clean(t)
	t.Setenv("DATABASE_URL", "postgres://moi@hote/base")
	t.Setenv("MEDNUM_LISTEN", "localhost:1")
	t.Setenv("MEDNUM_TILE_URL", "aucun")
	cmd := newServe()
	if err := cmd.ParseFlags([]string{"--listen", "localhost:2", "--trusted-proxies", "127.0.0.1,10.0.0.0/8"}); err != nil {
		t.Fatal(err)
	}
	c, err := configure(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "localhost:2" || c.DatabaseURL != "postgres://moi@hote/base" || c.TileURL != "" || len(c.TrustedProxies) != 2 {
		t.Errorf("%+v", c)
	}
	if c.GeocoderURL == "" {
		t.Error("a setting that nobody gave lost its default")
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://moi:se:cr@et@hote/base":   "postgres://moi:***@hote/base",
		"host=h password=secret user=u":       "host=h password=*** user=u",
		"host=h password='un secret' user=u":  "host=h password=*** user=u",
		"rien à cacher : postgres://moi@hote": "rien à cacher : postgres://moi@hote",
	} {
		if got := mask(text); got != want {
			t.Errorf("mask(%q) = %q, not %q", text, got, want)
		}
	}
}
