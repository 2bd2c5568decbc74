package internal_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the house's table of arrows: what each room may import of ours.
// A room exists once it is listed here; arrows go down, siblings meet in cmd.
var allowed = map[string][]string{
	"mednum":                          {},
	"mednum/internal/hours":           {},
	"mednum/internal/french":          {},
	"mednum/internal/place":           {"mednum/internal/french", "mednum/internal/hours"},
	"mednum/internal/geocode":         {"mednum/internal/place"},
	"mednum/internal/territory":       {"mednum/internal/place"},
	"mednum/internal/sheet":           {"mednum/internal/french"},
	"mednum/internal/mapping":         {"mednum/internal/french", "mednum/internal/place", "mednum/internal/hours"},
	"mednum/internal/match":           {"mednum/internal/french", "mednum/internal/place"},
	"mednum/internal/fetch":           {},
	"mednum/internal/census":          {"mednum/internal/french", "mednum/internal/place", "mednum/internal/hours", "mednum/internal/territory", "mednum/internal/sheet", "mednum/internal/mapping"},
	"mednum/internal/intake":          {"mednum/internal/history", "mednum/internal/french", "mednum/internal/place", "mednum/internal/territory", "mednum/internal/sheet", "mednum/internal/mapping", "mednum/internal/census", "mednum/internal/match", "mednum/internal/access", "mednum/internal/fetch"},
	"mednum/internal/demo":            {"mednum/internal/place", "mednum/internal/hours", "mednum/internal/territory"},
	"mednum/internal/access":          {"mednum/internal/french"},
	"mednum/internal/history":         {"mednum/internal/access", "mednum/internal/place", "mednum/internal/french"},
	"mednum/internal/ticket":          {"mednum/internal/access", "mednum/internal/place", "mednum/internal/french", "mednum/internal/history"},
	"mednum/internal/identity":        {"mednum/internal/access"},
	"mednum/internal/mail":            {},
	"mednum/internal/quality":         {"mednum/internal/french", "mednum/internal/place", "mednum/internal/hours"},
	"mednum/internal/simulation":      {"mednum/internal/french", "mednum/internal/quality"},
	"mednum/internal/consultation":    {"mednum/internal/french", "mednum/internal/access", "mednum/internal/place", "mednum/internal/quality"},
	"mednum/internal/register":        {"mednum/internal/match", "mednum/internal/place"},
	"mednum/internal/postgres":        {"mednum/internal/history", "mednum/internal/ticket", "mednum/internal/place", "mednum/internal/hours", "mednum/internal/territory", "mednum/internal/quality", "mednum/internal/simulation", "mednum/internal/access", "mednum/internal/consultation", "mednum/internal/match", "mednum/internal/intake", "mednum"},
	"mednum/internal/postgres/pgtest": {"mednum/internal/postgres"},
	"mednum/api/pages":                {"mednum/internal/history", "mednum/internal/ticket", "mednum/internal/french", "mednum/internal/place", "mednum/internal/hours", "mednum/internal/territory", "mednum/internal/quality", "mednum/internal/simulation", "mednum/internal/consultation", "mednum/internal/access", "mednum/internal/sheet", "mednum/internal/mapping", "mednum/internal/census", "mednum/internal/match", "mednum/internal/intake", "mednum"},
	"mednum/api":                      {"mednum/internal/history", "mednum/internal/ticket", "mednum/internal/identity", "mednum/internal/mail", "mednum/internal/french", "mednum/api/pages", "mednum/internal/place", "mednum/internal/hours", "mednum/internal/territory", "mednum/internal/geocode", "mednum/internal/quality", "mednum/internal/simulation", "mednum/internal/consultation", "mednum/internal/access", "mednum/internal/sheet", "mednum/internal/mapping", "mednum/internal/census", "mednum/internal/match", "mednum/internal/intake", "mednum"},
	"mednum/cmd/mednum":               {"*"},
	"mednum/cmd/bench":                {},
}

// home is "one technology, one home": module prefix → the rooms that may name it.
var home = map[string][]string{
	"github.com/labstack/echo":   {"mednum/api"},
	"github.com/jackc/pgx":       {"mednum/internal/postgres", "mednum/internal/postgres/pgtest"},
	"github.com/golang-migrate":  {"mednum/internal/postgres", "mednum/internal/postgres/pgtest"},
	"github.com/twpayne/go-geom": {"mednum/internal/postgres"},
	"github.com/prometheus":      {"mednum/api"},
	"github.com/spf13/cobra":     {"mednum/cmd/mednum"},
	"github.com/coreos/go-oidc":  {"mednum/internal/identity"},
	"golang.org/x/oauth2":        {"mednum/internal/identity"},
	"github.com/wneessen":        {"mednum/internal/mail"},
	"net/http":                   {"mednum/internal/identity", "mednum/api", "mednum/internal/geocode", "mednum/internal/fetch", "mednum/cmd/mednum", "mednum/cmd/bench"},
	"github.com/xuri/excelize":   {"mednum/internal/sheet"},
	"github.com/goccy/go-yaml":   {"mednum/internal/mapping"},
	"html/template":              {"mednum/api/pages"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrowsGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "mednum/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "mednum/internal" {
			continue
		}
		may, ok := allowed[p.ImportPath]
		if !ok {
			t.Errorf("%s is not a room of the house: add it to the table with the arrows that it may draw", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if (imp == "mednum" || strings.HasPrefix(imp, "mednum/")) && !slices.Contains(may, imp) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s: not an arrow of the table", p.ImportPath, imp)
			}
			for tech, rooms := range home {
				if (imp == tech || strings.HasPrefix(imp, tech+"/")) && !slices.Contains(rooms, p.ImportPath) {
					t.Errorf("%s imports %s, whose home is %v", p.ImportPath, imp, rooms)
				}
			}
		}
	}
}
