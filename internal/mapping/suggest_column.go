package mapping

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// How much of a file is looked at: enough to meet the rare values of a list,
// little enough to answer while a person waits.
const (
	sampleRows     = 3000 // spread over the file
	sampleTested   = 250  // values of a column that are tried against the standard's own reader
	maxDistinct    = 400  // beyond, a column is a text, not a list
	shownExamples  = 3
	exampleLetters = 60
)

// column is what a column of the file looks like.
type column struct {
	at       int
	name     string
	names    map[string]int // role → score of the header
	values   []string       // by sampled row, trimmed; "" where nothing is said
	filled   []string       // those that say something
	distinct []string       // in order of frequency, then of appearance
	count    map[string]int
	letters  int  // mean length of a filled cell
	cut      bool // values seem cut short at one length
}

func newColumn(at int, name string, rows [][]string, step int) *column {
	c := &column{at: at, name: name, count: map[string]int{}}
	total, longest, atLongest := 0, 0, map[int]int{}
	for i := 0; i < len(rows); i += step {
		v := ""
		if at < len(rows[i]) {
			v = strings.TrimFunc(rows[i][at], func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' })
		}
		if saysNothing(v) {
			v = ""
		}
		c.values = append(c.values, v)
		if v == "" {
			continue
		}
		c.filled = append(c.filled, v)
		total += utf8.RuneCountInString(v)
		if c.count[v]++; c.count[v] == 1 {
			c.distinct = append(c.distinct, v)
		}
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
			n := utf8.RuneCountInString(strings.TrimSpace(part))
			longest = max(longest, n)
			atLongest[n]++
		}
	}
	slices.SortStableFunc(c.distinct, func(a, b string) int { return c.count[b] - c.count[a] })
	if len(c.filled) > 0 {
		c.letters = total / len(c.filled)
	}
	c.cut = longest >= 16 && longest <= 80 && atLongest[longest]+atLongest[longest-1] >= 3
	return c
}

// saysNothing: dashes, question marks, "@" alone, and the words of programs and
// people for unknown.
func saysNothing(v string) bool {
	if v == "" {
		return true
	}
	if len(v) > 20 {
		return false
	}
	if strings.IndexFunc(v, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '✓' || r == '✔' || r == '☑'
	}) < 0 {
		return true
	}
	switch place.Fold(v) {
	case "nc", "n.c.", "nr", "n/a", "na", "null", "nan", "none", "non renseigne", "non renseignee", "neant", "vide", "sans objet", "#n/d", "#n/a", "#ref!", "#nom?", "#valeur!", "inconnu", "undefined", "non communique":
		return true
	}
	return false
}

// share gives which part of the filled cells a test accepts, on a sample.
func (c *column) share(ok func(string) bool) float64 {
	if len(c.filled) == 0 {
		return 0
	}
	step := max(1, len(c.filled)/sampleTested)
	good, n := 0, 0
	for i := 0; i < len(c.filled); i += step {
		n++
		if ok(c.filled[i]) {
			good++
		}
	}
	return float64(good) / float64(n)
}

// unique is the part of the filled cells that no other repeats.
func (c *column) unique() float64 {
	if len(c.filled) == 0 {
		return 0
	}
	return float64(len(c.distinct)) / float64(len(c.filled))
}

// examples are a few distinct values, short.
func (c *column) examples() []string {
	out := []string{}
	for _, v := range c.distinct {
		if len(out) == shownExamples {
			break
		}
		v = strings.Join(strings.Fields(v), " ")
		if utf8.RuneCountInString(v) > exampleLetters {
			v = string([]rune(v)[:exampleLetters]) + "…"
		}
		out = append(out, v)
	}
	return out
}

var (
	postalCell  = regexp.MustCompile(`^(?:F-?|FR-?)?\d{2}[ .]?\d{3}(?:[.,]0+)?(?:\s*(?i:cedex).*)?$|^\d{4}(?:[.,]0+)?$`)
	inseeCell   = regexp.MustCompile(`^(?:\d{4,5}|2[ABab]\d{3})(?:[.,]0+)?$`)
	emailIn     = regexp.MustCompile(`[\pL\d._%+'\-]+\s*(?:@{1,2}|\(at\)|\[at\])\s*[\pL\d\-]+(?:\.[\pL\d\-]+)+`)
	urlCell     = regexp.MustCompile(`(?i)^(?:https?:?/|www\.)\S+|^[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.(?:fr|com|org|net|eu|info|nc|re|gp|mq|gf|yt|corsica|bzh|alsace|paris|coop|asso|io|pf|pm|cat|tv|tl|eus|gouv\.fr)(?:/\S*)?$`)
	urlIn       = regexp.MustCompile(`(?i)https?://[^\s<>"|]+|www\.[^\s<>"|]+`)
	phoneStrict = regexp.MustCompile(`^(?:(?:\+|00)\s?\d{2,3}[\s.(]?(?:\(?0\)?)?|0)\s?[1-9](?:[\s.\-/\x{a0}]*\d{2}){3,4}(?:\D.*)?$`)
	phoneIn     = regexp.MustCompile(`(?:(?:\+|00)33\s?(?:\(0\))?\s?|\b0)[1-9](?:[\s.\-\x{a0}]?\d{2}){4}\b`)
	dateCell    = regexp.MustCompile(`^\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{2}|\d{4})(?:[ T,].*)?$|^\d{4}[/.\-]\d{1,2}[/.\-]\d{1,2}(?:[ T].*)?$|^(?i:(?:le )?\d{1,2}(?:er)? (?:janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre) \d{4}.*)$`)
	serialCell  = regexp.MustCompile(`^4[0-9]{4}(?:[.,]\d+)?$|^1[4-9]\d{8}(?:\d{3})?$`)
	numberCell  = regexp.MustCompile(`^[+\-−]?\d{1,9}(?:[.,]\d+)?$`)
	integerCell = regexp.MustCompile(`^\d+(?:[.,]0+)?$`)
	timeIn      = regexp.MustCompile(`(?i)\b\d{1,2}\s?(?:h|:|heures?)\s?\d{0,2}`)
	timeCell    = regexp.MustCompile(`(?i)^(?:\d{1,2}\s?(?:h|:|\.)\s?(?:\d{2})?(?::\d{2})?|\d{3,4}|0[.,]\d+)$`)
	rangeIn     = regexp.MustCompile(`(?i)\d{1,2}\s?(?:h|:|heures?)?\s?\d{0,2}\s*(?:-|–|—|à|a|/|au|jusqu'à)\s*\d{1,2}\s?(?:h|:|heures?)?\s?\d{0,2}`)
	dayIn       = regexp.MustCompile(`(?i)\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim|mo|tu|we|th|fr|sa|su)s?\b`)
	wholeCell   = regexp.MustCompile(`(?s)^.*\pL.*\b(?:\d{5}|\d{2} \d{3})\b[\s,\-–]*\pL{2,}.*$|(?s)^\d{5}\s+\pL.*[,\-–]\s*.*\pL.*$`)
	streetIn    = regexp.MustCompile(`(?i)\b(?:rue|avenue|av|ave|boulevard|bd|bld|place|pl|allées?|all|chemin|che|route|rte|impasse|imp|quai|square|cours|esplanade|passage|mail|faubourg|fbg|lotissement|résidence|residence|rond-point|lieu-dit|lieu dit|le bourg|bourg|hameau|promenade|parvis|montée|sentier|traverse|voie|zone|za|zi|zac|centre)\b`)
	nameCell    = regexp.MustCompile(`^(?:(?:M|Mme|Mlle|Mr|Monsieur|Madame)\.?\s+)?\p{Lu}[\pL'’\-]+(?:\s+\p{Lu}[\pL'’\-]+){1,3}$|^Personne [0-9a-f]{4}$`)
	pairCell    = regexp.MustCompile(`(?i)^[\[({]?\s*(?:POINT\s*Z?\s*\(|lat(?:itude)?\s*[:=]\s*)?\s*([+\-−]?\d{1,3}(?:[.,]\d+)?)\s*(?:[,;|/]\s*|\s+)(?:lon(?:gitude)?\s*[:=]\s*)?([+\-−]?\d{1,3}(?:[.,]\d+)?)\s*\)?\s*[\])}]?$`)
	shapeCell   = regexp.MustCompile(`(?i)"coordinates"\s*:\s*\[\s*([+\-]?\d+(?:\.\d+)?)\s*,\s*([+\-]?\d+(?:\.\d+)?)`)
	metrePair   = regexp.MustCompile(`(?i)^[\[({]?\s*(?:POINT\s*Z?\s*\()?\s*(\d{5,8}(?:\.\d+)?)\s*[,; ]\s*(\d{6,8}(?:\.\d+)?)\s*\)?[\])}]?$`)
	identifying = regexp.MustCompile(`^(?:\D*\d){14}\D*$|^W\d{9}$`)
)

var yesWords = map[string]bool{"oui": true, "x": true, "1": true, "vrai": true, "true": true, "o": true, "✓": true, "✔": true, "☑": true, "yes": true, "y": true, "1.0": true, "ok": true, "checked": true}
var noWords = map[string]bool{"non": true, "0": true, "faux": true, "false": true, "n": true, "no": true, "": true, "0.0": true, "pas du tout": true, "jamais": true, "exceptionnellement": true, "aucun": true, "ferme": true, "unchecked": true}

// boolean reports whether a column only says yes or no.
func (c *column) boolean() bool {
	if len(c.distinct) == 0 || len(c.distinct) > 5 {
		return false
	}
	for _, v := range c.distinct {
		f := place.Fold(v)
		if !yesWords[f] && !noWords[f] {
			return false
		}
	}
	return true
}

// yes gives the values of a tick column that mean yes; ok is false when the
// column is none: its few values are neither yes, no, nor the name of what it
// ticks.
func (c *column) yes(isName func(string) bool) (yes []string, ok bool) {
	if len(c.distinct) == 0 || len(c.distinct) > 6 {
		return nil, false
	}
	plain, known := true, 0
	for _, v := range c.distinct {
		switch f := place.Fold(v); {
		case noWords[f]:
			known += c.count[v]
		case yesWords[f]:
			known += c.count[v]
			yes = append(yes, v)
		case f == "souvent" || f == "de temps en temps" || f == "toujours" || f == "regulierement" || f == "parfois" || isName(v):
			known += c.count[v]
			yes = append(yes, v)
			plain = false
		}
	}
	if len(yes) == 0 || float64(known) < 0.85*float64(len(c.filled)) {
		return nil, false
	}
	if plain {
		standard := true
		for _, v := range yes {
			f := place.Fold(v)
			standard = standard && (f == "oui" || f == "x" || f == "1" || f == "vrai" || f == "true" || f == "o" || f == "✓")
		}
		if standard {
			return nil, true // the words that mean yes by default
		}
	}
	return yes, true
}

// number reads degrees or metres, with either decimal sign.
func number(v string) (float64, bool) {
	v = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "−", "-", "°", "").Replace(strings.TrimSpace(v))
	if !numberCell.MatchString(v) {
		return 0, false
	}
	x, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// probe asks the standard's own reader whether it can use a cell: one truth for
// what a phone, a date or a SIRET is.
type probe struct {
	schema *place.Schema
}

func newProbe(field string) probe {
	s, _ := place.ReadHeader([]string{field, "nom"}, 1)
	return probe{schema: s}
}

var probes = map[string]probe{
	"pivot": newProbe("pivot"), "code_postal": newProbe("code_postal"), "code_insee": newProbe("code_insee"), "telephone": newProbe("telephone"),
	"courriels": newProbe("courriels"), "site_web": newProbe("site_web"), "date_maj": newProbe("date_maj"),
}

// reads reports whether the standard's reader gets something of a cell.
func reads(field, cell string) bool {
	r := probes[field].schema.Read([]string{cell, ""}, 2, place.Context{})
	c, _ := place.ColumnNamed(field)
	if field == "date_maj" && !r.DateMaj.Known() {
		return slices.ContainsFunc(r.Findings, func(f place.Finding) bool {
			return f.Code == "date_incomplete" || f.Code == "date_placeholder"
		})
	}
	return c.Known(&r.Place)
}

// likeHours: says times or days, or is OSM's.
func likeHours(v string) bool {
	if dateCell.MatchString(v) {
		return false
	}
	if timeIn.MatchString(v) || rangeIn.MatchString(v) && (dayIn.MatchString(v) || len(v) < 30) || len(dayIn.FindAllString(v, 2)) > 1 {
		return true
	}
	switch place.Fold(v) {
	case "ferme", "sur rdv", "sur rendez-vous", "fermeture", "24/7":
		return true
	}
	_, err := hours.Parse(v)
	return err == nil && v != ""
}

// fit says which part of a column's values are what a role wants; ok is false
// where values cannot tell.
func (f *file) fit(role string, c *column) (share float64, ok bool) {
	switch role {
	case "id":
		if c.letters > 80 || len(c.filled) < len(c.values)*9/10 {
			return 0.2, true
		}
		return c.unique(), true
	case "pivot":
		return c.share(func(v string) bool { return reads("pivot", v) || strings.Trim(v, "0 ") == "" }), true
	case "code_postal":
		return c.share(func(v string) bool { return postalCell.MatchString(v) }), true
	case "code_insee":
		s := c.share(func(v string) bool { return inseeCell.MatchString(v) })
		if f.communes == nil || s < 0.5 {
			return s, true
		}
		return c.share(func(v string) bool {
			if len(v) == 4 {
				v = "0" + v
			}
			_, known := f.communes.Commune(strings.ToUpper(v))
			return known
		}), true
	case "commune":
		return c.share(func(v string) bool {
			return utf8.RuneCountInString(v) < 60 && !numberCell.MatchString(v) && !strings.Contains(v, "@") && strings.IndexFunc(v, unicode.IsLetter) >= 0
		}), true
	case "nom", "structure_parente":
		s := c.share(func(v string) bool {
			return utf8.RuneCountInString(v) < 200 && !numberCell.MatchString(v) && !emailIn.MatchString(v) && !urlCell.MatchString(v) && !dateCell.MatchString(v)
		})
		if c.boolean() {
			s = 0
		}
		return s, true
	case "adresse", "complement_adresse":
		if c.boolean() {
			return 0, true
		}
		return c.share(func(v string) bool {
			return utf8.RuneCountInString(v) < 250 && !emailIn.MatchString(v) && !urlCell.MatchString(v) && strings.IndexFunc(v, unicode.IsLetter) >= 0 || role == "complement_adresse"
		}), true
	case asWhole:
		return c.share(func(v string) bool { return wholeCell.MatchString(v) }), true
	case asNumber:
		return c.share(func(v string) bool { return len(v) < 16 && v[0] >= '0' && v[0] <= '9' }), true
	case "telephone", asMobile:
		return c.share(func(v string) bool { return reads("telephone", v) }), true
	case "courriels":
		return c.share(func(v string) bool { return emailIn.MatchString(v) }), true
	case "site_web", asSocial, "fiche_acces_libre", "prise_rdv":
		return c.share(func(v string) bool { return urlCell.MatchString(v) || urlIn.MatchString(v) }), true
	case "date_maj", asCreated:
		return c.share(func(v string) bool {
			return dateCell.MatchString(v) || serialCell.MatchString(v) || reads("date_maj", v)
		}), true
	case asHours:
		return c.share(likeHours), true
	case asPair:
		return c.share(func(v string) bool { return pairCell.MatchString(v) || metrePair.MatchString(v) }), true
	case asShape:
		return c.share(func(v string) bool { return shapeCell.MatchString(v) }), true
	case "latitude", "longitude":
		return c.share(func(v string) bool { _, ok := number(v); return ok }), true
	case asPremises:
		return 0, false
	case "presentation_resume", "presentation_detail", asText, asNote:
		if c.boolean() {
			return 0, true
		}
		return c.share(func(v string) bool {
			return strings.IndexFunc(v, unicode.IsLetter) >= 0 && !urlCell.MatchString(v) && !dateCell.MatchString(v)
		}), true
	}
	return 0, false
}

// civility: what people write before a person's name.
var civility = regexp.MustCompile(`^(?:M|Mme|Mlle|Mr|Monsieur|Madame)\.?\s`)

// oneHost reports whether all the addresses of a column are of one site.
func (c *column) oneHost() bool {
	hosts := map[string]bool{}
	for _, v := range c.distinct {
		v = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(v), "https://"), "http://")
		host, _, _ := strings.Cut(v, "/")
		hosts[host] = true
	}
	return len(c.filled) >= 8 && len(hosts) == 1
}
