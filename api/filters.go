package api

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mednum/internal/place"
)

// entriesMaximum is how many lines of the log a page has.
const entriesMaximum = 1000

// letters are the levels of every version so far: what is accepted where none
// is in force yet.
var letters = []string{"A", "B", "C", "D", "E"}

func (a *asked) readNiveau(value string) {
	known := letters
	rules, err := a.force()
	if err != nil {
		a.failed = err
		return
	}
	if rules != nil {
		known = nil
		for _, n := range rules.document.Parametres.Niveaux {
			known = append(known, n.Code)
		}
	}
	for _, v := range a.split("niveau", value) {
		if !slices.Contains(known, v) {
			suggestion := ""
			if upper := strings.ToUpper(v); slices.Contains(known, upper) {
				suggestion = upper
			} else if tight := strings.Split(upper, ""); len(v) > 1 && len(v) <= len(known) && !slices.ContainsFunc(tight, func(l string) bool { return !slices.Contains(known, l) }) {
				suggestion = strings.Join(tight, ",") // "AB"
			}
			a.fault("niveau", v, "Les niveaux sont : "+strings.Join(known, ", ")+".", suggestion)
			continue
		}
		a.find.Niveau = append(a.find.Niveau, v)
	}
}

func (a *asked) readScoreMin(value string) {
	x, ok := number(value)
	if !ok || x < 0 || x > 100 {
		suggestion := ""
		if y, ok := number(strings.TrimSpace(strings.TrimSuffix(strings.ReplaceAll(value, ",", "."), "%"))); ok && y >= 0 && y <= 100 {
			suggestion = strconv.FormatFloat(y, 'f', -1, 64)
		}
		a.fault("score_min", value, "Écrire un nombre de 0 à 100, avec un point : 62.5.", suggestion)
		return
	}
	// Up: a score of 64.99 is not one of 65. Scores have two decimals at most.
	a.find.ScoreMin = int(math.Ceil(x*100 - 1e-6))
}

var criterePattern = regexp.MustCompile(`^[A-Z]{3}-[0-9]{2}$`)

// Complete is the word for every essential guarantee that applies.
const complet = "complet"

func (a *asked) readSocle(value string) {
	rules, err := a.force()
	if err != nil {
		a.failed = err
		return
	}
	var essentials []string
	if rules != nil {
		for _, c := range rules.document.Criteres {
			if c.Essentiel {
				essentials = append(essentials, c.Code)
			}
		}
	}
	for _, v := range a.split("socle", value) {
		upper := strings.ToUpper(v)
		switch {
		case place.Fold(v) == complet:
			a.find.Socle.Complete = true
		case slices.Contains(essentials, upper), rules == nil && criterePattern.MatchString(upper):
			if !slices.Contains(a.find.Socle.Codes, upper) {
				a.find.Socle.Codes = append(a.find.Socle.Codes, upper)
			}
		default:
			suggestion, ok := place.Nearest(v, append([]string{complet}, essentials...))
			if tight := strings.ReplaceAll(strings.ReplaceAll(upper, " ", ""), "_", "-"); !ok && len(tight) == 5 {
				if with := tight[:3] + "-" + tight[3:]; slices.Contains(essentials, with) {
					suggestion = with
				}
			}
			detail := "Écrire « complet », ou des codes de garanties essentielles : INF-02."
			if len(essentials) > 0 {
				detail = "Écrire « complet », ou des codes de garanties essentielles : " + strings.Join(essentials, ", ") + "."
			}
			a.fault("socle", v, detail, suggestion)
		}
	}
}

func (a *asked) readCritere(value string) {
	if !criterePattern.MatchString(value) {
		suggestion := ""
		if upper := strings.ToUpper(value); criterePattern.MatchString(upper) {
			suggestion = upper
		}
		a.fault("critere", value, "Écrire le code d’un critère : INF-01.", suggestion)
		return
	}
	a.topic = value
}

var versionPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`)

func (a *asked) readAvec(value string) {
	if !versionPattern.MatchString(value) {
		suggestion := ""
		if tight := strings.TrimPrefix(value, "v"); versionPattern.MatchString(tight) {
			suggestion = tight
		}
		a.fault("avec", value, "Écrire le numéro d’une version : 1.0.0.", suggestion)
		return
	}
	a.with = value
}

func (a *asked) readApres(value string) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		a.fault("apres", value, "Écrire le numéro de la dernière ligne lue.", "")
		return
	}
	a.after = n
}

func (a *asked) readFait(value string) {
	if len(value) > 40 {
		a.fault("fait", value, "Quarante signes au plus.", "")
		return
	}
	a.fait = value
}

func (a *asked) readRetour(value string) {
	if len(value) > 500 || !ourPath(value) {
		a.fault("retour", value, fmt.Sprintf("Écrire le chemin d’une page de ce site, de %d signes au plus : /referentiels.", 500), "/referentiels")
		return
	}
	a.back = value
}

// filedDefault and filedMaximum are how many deposits, changes or pairs a page
// has.
const (
	filedDefault = 50
	filedMaximum = 500
)

func (a *asked) readAvant(value string) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 {
		a.fault("avant", value, "Écrire le numéro du dernier dépôt lu.", "")
		return
	}
	a.after = n
}

// changeKinds are the kinds of what a deposit changes, in the order in which
// they are told.
var changeKinds = []string{"ajoute", "modifie", "retire", "revenu", "doublon", "doute"}

func (a *asked) readGenre(value string) {
	if !slices.Contains(changeKinds, value) {
		suggestion, _ := place.Nearest(value, changeKinds)
		a.fault("genre", value, "Les genres sont : "+strings.Join(changeKinds, ", ")+".", suggestion)
		return
	}
	a.kind = value
}

func (a *asked) readSource(value string) { a.source = a.short("source", value) }
func (a *asked) readNom(value string)    { a.name = a.short("nom", value) }

func (a *asked) short(name, value string) string {
	if utf8.RuneCountInString(value) > sourceMaximum {
		a.fault(name, value, fmt.Sprintf("%d lettres au plus.", sourceMaximum), "")
		return ""
	}
	return value
}

func (a *asked) readPartiel(value string) {
	switch place.Fold(value) {
	case "oui", "true":
		a.part = true
	case "non", "false":
	default:
		a.fault("partiel", value, "Écrire oui ou non.", "")
	}
}
