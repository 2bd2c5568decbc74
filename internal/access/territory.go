package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Kinds of territory.
const (
	Commune     = "commune"
	Epci        = "epci"
	Departement = "departement"
	Region      = "region"
	Places      = "lieux"
)

var departement = regexp.MustCompile(`^(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]|98[4-8])$`)

// kinds are the territories that a key may have: the form of their codes, and
// how people are told of it.
var kinds = []struct {
	kind string
	form *regexp.Regexp
	what string
}{
	{Commune, regexp.MustCompile(`^(\d{2}|2[AB])\d{3}$`), "le code INSEE d’une commune : cinq signes, comme 51454 ou 2A004"},
	{Epci, regexp.MustCompile(`^\d{9}$`), "le numéro SIREN d’un EPCI : neuf chiffres, comme 200067213"},
	{Departement, departement, "le numéro d’un département, comme 51, 2A ou 974"},
	{Region, regexp.MustCompile(`^\d{2}$`), "le code INSEE d’une région : deux chiffres, comme 44"},
	{Places, regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{8,13}$`), "l’identifiant d’un lieu, tel que dans l’adresse de sa page"},
}

// ParseTerritory reads "departement:51,52", or "" for the whole country. What
// is wrong in it is told by Key.Faults.
func ParseTerritory(s string) Territory {
	s = strings.TrimSpace(s)
	if s == "" {
		return Territory{}
	}
	kind, codes, _ := strings.Cut(s, ":")
	t := Territory{Kind: strings.ToLower(strings.TrimSpace(kind))}
	for code := range strings.SplitSeq(codes, ",") {
		code = strings.TrimSpace(code)
		if t.Kind != Places {
			code = strings.ToUpper(code)
		}
		if code != "" && !slices.Contains(t.Codes, code) {
			t.Codes = append(t.Codes, code)
		}
	}
	return t
}

// String is what ParseTerritory reads.
func (t Territory) String() string {
	if t.Kind == "" {
		return ""
	}
	return t.Kind + ":" + strings.Join(t.Codes, ",")
}

func (t Territory) faults() []string {
	if t.Kind == "" {
		if len(t.Codes) > 0 {
			return []string{"des codes sans dire de quoi ; écrivez par exemple departement:51"}
		}
		return nil
	}
	for _, k := range kinds {
		if k.kind != t.Kind {
			continue
		}
		if len(t.Codes) == 0 {
			return []string{fmt.Sprintf("il manque un code après « %s: » : %s", t.Kind, k.what)}
		}
		var faults []string
		for _, code := range t.Codes {
			if !k.form.MatchString(code) || t.Kind == Departement && !IsDepartement(code) || t.Kind == Epci && !IsSiren(code) {
				faults = append(faults, fmt.Sprintf("« %s » n’est pas %s", code, k.what))
			}
		}
		return faults
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.kind
	}
	return []string{fmt.Sprintf("« %s » n’est pas une sorte de territoire ; écrivez l’une de : %s, suivie de « : » et de codes", t.Kind, strings.Join(names, ", "))}
}

// Holds reports whether a place is on the territory. What is unknown of the
// place is "", and is on no territory but the whole country.
func (t Territory) Holds(lieu, codeInsee, epci, departement, region string) bool {
	var code string
	switch t.Kind {
	case "":
		return len(t.Codes) == 0
	case Commune:
		code = codeInsee
	case Epci:
		code = epci
	case Departement:
		code = departement
	case Region:
		code = region
	case Places:
		code = lieu
	}
	return code != "" && slices.Contains(t.Codes, code)
}

// IsDepartement reports whether s is the number of a département, or of a
// collectivité that stands for one.
func IsDepartement(s string) bool {
	return departement.MatchString(s) && s != "20"
}
