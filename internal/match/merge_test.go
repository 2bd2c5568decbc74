package match

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mednum/internal/place"
)

func day(t testing.TB, s string) place.Date {
	t.Helper()
	d, ok := place.ParseDate(s)
	if s != "" && !ok {
		t.Fatal(s)
	}
	return d
}

func at(t testing.TB, latitude, longitude float64) place.Position {
	t.Helper()
	p, err := place.NewPosition(latitude, longitude)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func member(seq int64, id, source string, p place.Place) Member {
	return Member{Side: Side{ID: id, Source: source, Key: p.ID, Record: &place.Record{Place: p, Key: p.ID}}, Seq: seq}
}

// Each row: a field, who gives it and why, of the three records below.
func TestMergeByHand(t *testing.T) {
	fs := member(7, "aaaaaaaa", "france-services", place.Place{
		ID: "1500", Nom: "France services Tardets", Commune: "Tardets-Sorholus", CodePostal: "64470", CodeInsee: "64533", Adresse: "80 rue de Sorholus",
		Position: at(t, 43.12, -0.86), Telephone: "+33559586073", Courriels: []string{"a@pays.fr"}, Typologie: []string{"RFS"}, FraisACharge: []string{"Gratuit"}, Source: "ANCT",
	})
	fs.Constantes = []string{"frais_a_charge"}
	fs.Record.Departement = "64"
	fibre := member(3, "bbbbbbbb", "fibre-64", place.Place{
		ID: "39", Nom: "Maison de services", Commune: "TARDETS", CodePostal: "64470", Adresse: "Rue de Sorholus", Telephone: "+33559287878", Courriels: []string{"a@pays.fr"},
		DateMaj: day(t, "2022-05-01"), Horaires: "le matin", FraisACharge: []string{"Gratuit sous condition"}, SiteWeb: []string{"https://pays.fr"}, Source: "Fibre 64",
	})
	fibre.Record.Findings = []place.Finding{{Code: "horaires_unreadable", Field: "horaires"}, {Code: "missing", Field: "pivot"}, {Code: "telephone_format", Field: "telephone"}}
	agglo := member(9, "cccccccc", "agglo", place.Place{
		ID: "x", Nom: "MSAP de Tardets", Adresse: "80 rue de Sorholus", Commune: "Tardets", Telephone: "+33559000000", DateMaj: day(t, "2024-01-31"), Horaires: "Mo-Fr 09:00-12:00",
		PublicsSpecifiquementAdresses: []string{}, Source: "Agglo",
	})
	got := Merge([]Member{fs, fibre, agglo})
	var lines []string
	for _, p := range got.Provenance {
		c, _ := place.ColumnNamed(p.Column)
		line := p.Column + " = " + c.Cell(&got.Record.Place) + " ← " + p.Source + " : " + p.Why
		for _, o := range p.Others {
			line += " (" + o.Source + " : " + o.Value + ")"
		}
		lines = append(lines, line)
	}
	want := []string{
		"id = 39 ← fibre-64 : C’est la fiche arrivée la première. (france-services : 1500) (agglo : x)",
		"nom = MSAP de Tardets ← agglo : C’est la fiche la plus récente. (fibre-64 : Maison de services) (france-services : France services Tardets)",
		"commune = Tardets ← agglo : Ce champ vient avec l’adresse. (fibre-64 : TARDETS) (france-services : Tardets-Sorholus)",
		"adresse = 80 rue de Sorholus ← agglo : C’est la fiche la plus récente. (fibre-64 : Rue de Sorholus)",
		"latitude = 43.12 ← france-services : C’est la seule fiche qui le dit.",
		"longitude = -0.86 ← france-services : C’est la seule fiche qui le dit.",
		"typologie = RFS ← france-services : C’est la seule fiche qui le dit.",
		"telephone = +33559000000 ← agglo : C’est la fiche la plus récente. (fibre-64 : +33559287878) (france-services : +33559586073)",
		"courriels = a@pays.fr ← fibre-64 : Toutes les fiches qui le disent sont d’accord.",
		"site_web = https://pays.fr ← fibre-64 : C’est la seule fiche qui le dit.",
		"horaires = Mo-Fr 09:00-12:00 ← agglo : C’est la fiche la plus récente. (fibre-64 : le matin)",
		"source = Fibre 64 ← fibre-64 : C’est la fiche arrivée la première. (france-services : ANCT) (agglo : Agglo)",
		"date_maj = 2024-01-31 ← agglo : C’est la fiche la plus récente. (fibre-64 : 2022-05-01)",
		"publics_specifiquement_adresses =  ← agglo : C’est la seule fiche qui le dit.",
		"frais_a_charge = Gratuit sous condition ← fibre-64 : Elle le dit de ce lieu ; les autres, de tous leurs lieux. (france-services : Gratuit)",
	}
	for i := range max(len(want), len(lines)) {
		if i >= len(lines) || i >= len(want) || lines[i] != want[i] {
			t.Errorf("line %d:\n%s\nwant\n%s", i, strings.Join(lines[min(i, len(lines)):], "\n"), strings.Join(want[min(i, len(want)):], "\n"))
			break
		}
	}
	// What is found wrong goes with what is published.
	if f := got.Record.Findings; len(f) != 1 || f[0].Field != "pivot" {
		t.Errorf("findings %v", f)
	}
	if got.Record.Departement != "64" || got.Record.Key != "39" {
		t.Errorf("département %q, key %q", got.Record.Departement, got.Record.Key)
	}
}

func TestPrecedenceWinsBeforeFreshness(t *testing.T) {
	old := member(2, "a", "annuaire vérifié", place.Place{Nom: "Le bon nom", DateMaj: day(t, "2020-01-01")})
	old.Precedence = 10
	fresh := member(1, "b", "autre", place.Place{Nom: "Un autre", DateMaj: day(t, "2025-01-01")})
	got := Merge([]Member{fresh, old})
	if got.Record.Nom != "Le bon nom" || got.Provenance[0].Why != whys[ranked] {
		t.Errorf("%q: %s", got.Record.Nom, got.Provenance[0].Why)
	}
	if got.Record.DateMaj != fresh.Record.DateMaj {
		t.Errorf("date_maj %s: the place was last touched later", got.Record.DateMaj)
	}
}

func TestWithdrawnGivesNothing(t *testing.T) {
	gone := member(1, "a", "x", place.Place{Nom: "Parti", Telephone: "+33100000000"})
	gone.Withdrawn = true
	here := member(2, "b", "y", place.Place{Nom: "Ici"})
	if got := Merge([]Member{gone, here}); got.Record.Nom != "Ici" || got.Record.Telephone != "" {
		t.Errorf("%+v", got.Record.Place)
	}
	here.Withdrawn = true
	if got := Merge([]Member{gone, here}); got.Record.Telephone == "" {
		t.Error("when all are withdrawn, the last values remain")
	}
}

// members draws records that agree and disagree.
func members(t *rapid.T) []Member {
	n := rapid.IntRange(1, 4).Draw(t, "members")
	seqs := rapid.SliceOfNDistinct(rapid.Int64Range(1, 9), n, n, rapid.ID[int64]).Draw(t, "seqs")
	var out []Member
	for _, seq := range seqs {
		r := &place.Record{Key: string(rune('a' + seq)), Line: int(seq), Raw: map[string]string{"nom": "tel quel"}}
		for i := range place.Columns {
			c := &place.Columns[i]
			if rapid.IntRange(0, 2).Draw(t, c.Name) == 0 {
				if rapid.Bool().Draw(t, "absent") {
					r.Absent = append(r.Absent, c.Name)
				}
				continue
			}
			switch {
			case c.List != nil:
				*c.List(&r.Place) = rapid.SampledFrom([][]string{{}, {"a"}, {"a", "b"}, {"c"}}).Draw(t, "list")
			case c.Text != nil:
				*c.Text(&r.Place) = rapid.SampledFrom([]string{"x", "y", "3 rue z"}).Draw(t, "text")
			case c.Kind == place.Day:
				r.DateMaj, _ = place.ParseDate(rapid.SampledFrom([]string{"2020-01-01", "2024-02-03"}).Draw(t, "day"))
			case c.Kind == place.Latitude:
				r.Position, _ = place.NewPosition(48+rapid.Float64Range(0, 1).Draw(t, "north"), 2)
			}
			if c.Known(&r.Place) && rapid.IntRange(0, 4).Draw(t, "default") == 0 {
				r.Defaults = append(r.Defaults, c.Name)
			}
		}
		slices.Sort(r.Defaults)
		m := Member{Side: Side{ID: r.Key, Source: "s" + r.Key, Key: r.Key, Record: r, Withdrawn: rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0}, Seq: seq, Precedence: rapid.IntRange(0, 2).Draw(t, "rank")}
		out = append(out, m)
	}
	return out
}

func TestMergeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := members(t)
		before := Merge(list)
		// The order of the members changes nothing.
		if again := Merge(rapid.Permutation(list).Draw(t, "order")); !reflect.DeepEqual(before, again) {
			t.Fatalf("order: %+v\n%+v", before, again)
		}
		// Each published value is a member's own, and what is known stays known.
		for i := range place.Columns {
			c := &place.Columns[i]
			cell, known, some, any := c.Cell(&before.Record.Place), c.Known(&before.Record.Place), false, false
			all := !slices.ContainsFunc(list, func(m Member) bool { return !m.Withdrawn })
			for _, m := range list {
				if m.Withdrawn && !all {
					continue
				}
				any = any || c.Known(&m.Record.Place)
				some = some || c.Known(&m.Record.Place) && c.Cell(&m.Record.Place) == cell
			}
			if known && !some || known && !any || !known && any && !ofAddress[c.Name] {
				t.Fatalf("%s = %q, known %v, some %v", c.Name, cell, known, some)
			}
		}
		// The address comes whole from one member.
		if before.Record.Adresse != "" {
			whole := slices.ContainsFunc(list, func(m Member) bool {
				for name := range ofAddress {
					c, _ := place.ColumnNamed(name)
					if c.Cell(&m.Record.Place) != c.Cell(&before.Record.Place) {
						return false
					}
				}
				return !m.Record.Position.Known() || m.Record.Position == before.Record.Position
			})
			if !whole {
				t.Fatalf("no member has the address %+v", before.Record.Place)
			}
		}
		// Merging leaves the members as they were, and what it gives is its own.
		for i := range place.Columns {
			if c := &place.Columns[i]; c.List != nil && len(*c.List(&before.Record.Place)) > 0 {
				(*c.List(&before.Record.Place))[0] = "scribbled"
			}
		}
		if again := Merge(list); slices.Contains(again.Record.Services, "scribbled") || slices.Contains(again.Record.Typologie, "scribbled") {
			t.Fatal("the merged record shares its lists with a member")
		}
	})
}

// A merge of one is itself, to the last finding.
func TestMergeOfOneIsItself(t *testing.T) {
	schema, _ := place.ReadHeader(header(), 1)
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.SampledFrom([]string{"", "x", "48.5", "2.3", "75001", "01 02 03 04 05", "a@b.fr", "2024-01-02", "Jeunes", "09h-12h"}), 32, 32).Draw(t, "cells")
		r := schema.Read(cells, 2, place.Context{})
		r.Precision, r.Defaults = place.Given, nil
		got := Merge([]Member{{Side: Side{ID: "i", Source: "s", Record: &r}, Seq: 4}}).Record
		if !reflect.DeepEqual(got, r) && !(len(r.Findings) == 0 && got.Findings == nil) {
			t.Fatalf("%+v\nwant\n%+v", got, r)
		}
	})
}

func header() []string {
	var names []string
	for i := range place.Columns {
		names = append(names, place.Columns[i].Name)
	}
	return names
}
