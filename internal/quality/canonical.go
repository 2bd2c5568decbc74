package quality

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mednum/internal/place"

	"github.com/gowebpki/jcs"
)

// String writes n as a plain decimal, exactly: "0.65", "4", "-1.5".
func (n Nombre) String() string { return string(appendNombre(nil, n)) }

// appendNombre is also the RFC 8785 form: the shortest decimal, no exponent.
func appendNombre(dst []byte, n Nombre) []byte {
	x := int64(n)
	if x < 0 {
		dst, x = append(dst, '-'), -x
	}
	unit := int64(Entier)
	dst = strconv.AppendInt(dst, x/unit, 10)
	if x %= unit; x != 0 {
		dst = append(dst, '.')
		for unit /= 10; x != 0; unit /= 10 {
			dst = append(dst, byte('0'+x/unit))
			x %= unit
		}
	}
	return dst
}

func (n Nombre) MarshalJSON() ([]byte, error) { return appendNombre(nil, n), nil }

var errNombre = errors.New("a decimal of at most four places expected")

func (n *Nombre) UnmarshalJSON(text []byte) error {
	x, ok := parseDecimal(string(text))
	if !ok || x != int64(Nombre(x)) {
		return fmt.Errorf("%w, not %.40s", errNombre, text)
	}
	*n = Nombre(x)
	return nil
}

// parseDecimal reads a JSON number as ten-thousandths; false when it is finer,
// or too great for what a document holds.
func parseDecimal(s string) (int64, bool) {
	s, negative := strings.CutPrefix(s, "-")
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e < -400 || e > 400 {
			return 0, false
		}
		s, exponent = s[:i], e
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	shift := 4 + exponent - len(fraction) // powers of ten from digits to ten-thousandths
	for ; shift < 0 && strings.HasSuffix(digits, "0"); shift++ {
		digits = digits[:len(digits)-1]
	}
	if digits == "" {
		return 0, true
	}
	if shift < 0 || len(digits)+shift > 15 {
		return 0, false
	}
	x, err := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		x = -x
	}
	return x, true
}

func (j Jour) MarshalJSON() ([]byte, error) { return appendJour(nil, j), nil }

func (j *Jour) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*j = Jour{}
		return nil
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	d, ok := parseJour(s)
	if !ok {
		return fmt.Errorf("a day written YYYY-MM-DD expected, not %.40q", s)
	}
	*j = d
	return nil
}

// parseJour reads only what appendJour writes.
func parseJour(s string) (Jour, bool) {
	d, ok := place.ParseDate(s)
	if !ok || d.String() != s {
		return Jour{}, false
	}
	return Jour{d}, true
}

func appendJour(dst []byte, j Jour) []byte {
	if !j.Known() {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = append(dst, j.String()...)
	return append(dst, '"')
}

// Canonical is the RFC 8785 form of the document: what is hashed, stored and
// compared. The order and the spaces of the text that it was read from, and
// members written with the value that they would have anyway, leave no trace.
func (r *Referentiel) Canonical() []byte {
	c := *r
	fill(&c.Dimensions)
	fill(&c.Criteres)
	fill(&c.Questions)
	fill(&c.Preuves)
	fill(&c.Exemples)
	fill(&c.Parametres.Niveaux)
	text, err := json.Marshal(&c)
	if err == nil {
		text, err = jcs.Transform(text)
	}
	if err != nil {
		panic("quality: canonical: " + err.Error()) // only raw JSON that Parse did not check can fail
	}
	return text
}

// fill: an empty list is written [], never null.
func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// Hash is the identity of the version: SHA-256 of Canonical, hexadecimal.
func (r *Referentiel) Hash() string { return hashOf(r.Canonical()) }

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Canonical is the RFC 8785 form of what was scored. Lists that are nil are
// written empty, so that an entry read back has the hash that it was stored with.
func (in *Entree) Canonical() []byte { return in.appendCanonical(make([]byte, 0, 2048)) }

// Hash is SHA-256 of Canonical, hexadecimal.
func (in *Entree) Hash() string { return hashOf(in.Canonical()) }

// The members are written in RFC 8785's order by hand: encoding and sorting
// again costs ten times as much, for every place of every scoring.
func (in *Entree) appendCanonical(dst []byte) []byte {
	c := &in.Contexte
	dst = append(dst, '{')
	if len(in.Contestes) > 0 {
		dst = appendTexts(append(dst, `"contestes":`...), in.Contestes)
		dst = append(dst, ',')
	}
	dst = append(dst, `"contexte":{`...)
	comma := ""
	if c.AideLocale != "" {
		dst = appendText(append(dst, `"aide_locale":`...), c.AideLocale)
		comma = ","
	}
	if len(c.Constantes) > 0 {
		dst = append(append(dst, comma...), `"constantes":`...)
		dst = appendTexts(dst, c.Constantes)
		comma = ","
	}
	if c.Densite != "" {
		dst = append(append(dst, comma...), `"densite":`...)
		dst = appendText(dst, c.Densite)
	}
	dst = append(dst, '}')
	dst = appendJour(append(dst, `,"date":`...), in.Date)
	dst = in.Fiche.appendCanonical(append(dst, `,"fiche":`...))
	if len(in.Mesures) > 0 {
		dst = append(dst, `,"mesures":[`...)
		for i, m := range in.Mesures {
			dst = between(dst, i)
			dst = strconv.AppendInt(append(dst, `{"denominateur":`...), int64(m.Denominateur), 10)
			dst = appendText(append(dst, `,"mesure":`...), m.Mesure)
			dst = strconv.AppendInt(append(dst, `,"numerateur":`...), int64(m.Numerateur), 10)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	if len(in.Preuves) > 0 {
		dst = append(dst, `,"preuves":[`...)
		for i, e := range in.Preuves {
			dst = between(dst, i)
			dst = appendJour(append(dst, `{"date":`...), e.Date)
			dst = appendJour(append(dst, `,"expire":`...), e.Expire)
			dst = appendText(append(dst, `,"preuve":`...), e.Preuve)
			dst = appendText(append(dst, `,"resultat":`...), e.Resultat)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	if len(in.Reponses) > 0 {
		dst = append(dst, `,"reponses":[`...)
		for i, d := range in.Reponses {
			dst = between(dst, i)
			dst = appendJour(append(dst, `{"date":`...), d.Date)
			dst = appendJour(append(dst, `,"expire":`...), d.Expire)
			dst = appendText(append(dst, `,"question":`...), d.Question)
			dst = appendText(append(dst, `,"reponse":`...), d.Reponse)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func (f *Fiche) appendCanonical(dst []byte) []byte {
	dst = append(dst, '{')
	if len(f.Absents) > 0 {
		dst = appendTexts(append(dst, `"absents":`...), f.Absents)
		dst = append(dst, ',')
	}
	dst = appendJour(append(dst, `"date_maj":`...), f.DateMaj)
	x := &f.Faits
	dst = strconv.AppendBool(append(dst, `,"faits":{"acces_libre":`...), x.AccesLibre)
	if x.EcartCommune != nil {
		dst = strconv.AppendInt(append(dst, `,"ecart_commune":`...), int64(*x.EcartCommune), 10)
	}
	dst = appendText(append(dst, `,"horaires":`...), x.Horaires)
	if x.HorsBureau != nil {
		dst = strconv.AppendBool(append(dst, `,"hors_bureau":`...), *x.HorsBureau)
	}
	if x.MinutesSemaine != nil {
		dst = strconv.AppendInt(append(dst, `,"minutes_semaine":`...), int64(*x.MinutesSemaine), 10)
	}
	dst = appendText(append(dst, `,"pivot":`...), x.Pivot)
	dst = strconv.AppendInt(append(dst, `,"presentation":`...), int64(x.Presentation), 10)
	dst = append(dst, `},"listes":{`...)
	var room [40]string
	names := room[:0]
	for name := range f.Listes {
		names = append(names, name)
	}
	slices.Sort(names) // columns are ASCII: bytes sort as RFC 8785's UTF-16 units do
	for i, name := range names {
		dst = between(dst, i)
		dst = append(appendText(dst, name), ':')
		dst = appendTexts(dst, f.Listes[name])
	}
	dst = appendTexts(append(dst, `},"presents":`...), f.Presents)
	return append(dst, '}')
}

func between(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		dst = appendText(between(dst, i), s)
	}
	return append(dst, ']')
}

const hexDigits = "0123456789abcdef"

// appendText writes a string as RFC 8785 wants it: nothing escaped that need
// not be. Bytes that are not UTF-8 become U+FFFD, as encoding/json has it.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// Canonical is the RFC 8785 form of a result: what is stored with it.
func (r *Resultat) Canonical() []byte {
	return r.appendCanonical(make([]byte, 0, 1024+128*len(r.Criteres)))
}

// Hash is SHA-256 of Canonical, hexadecimal: two scorings are the same when
// their hashes are.
func (r *Resultat) Hash() string { return hashOf(r.Canonical()) }

func (r *Resultat) appendCanonical(dst []byte) []byte {
	dst = appendNombre(append(dst, `{"confiance":`...), r.Confiance)
	dst = appendNombre(append(dst, `,"couverture":`...), r.Couverture)
	dst = append(dst, `,"criteres":[`...)
	for i := range r.Criteres {
		c := &r.Criteres[i]
		dst = appendText(append(between(dst, i), `{"code":`...), c.Code)
		if c.Conteste {
			dst = append(dst, `,"conteste":true`...)
		}
		if c.Expire {
			dst = append(dst, `,"expire":true`...)
		}
		dst = appendNombre(append(dst, `,"poids":`...), c.Poids)
		dst = appendOptional(append(dst, `,"points":`...), c.Points)
		dst = appendText(append(dst, `,"statut":`...), string(c.Statut))
		dst = appendOptional(append(dst, `,"valeur":`...), c.Valeur)
		dst = append(dst, '}')
	}
	dst = appendJour(append(dst, `],"date":`...), r.Date)
	dst = appendText(append(dst, `,"derivation":`...), r.Derivation)
	dst = append(dst, `,"dimensions":[`...)
	for i := range r.Dimensions {
		d := &r.Dimensions[i]
		dst = appendText(append(between(dst, i), `{"code":`...), d.Code)
		dst = appendNombre(append(dst, `,"couverture":`...), d.Couverture)
		dst = appendOptional(append(dst, `,"observe":`...), d.Observe)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if r.EnReexamen {
		dst = append(dst, `,"en_reexamen":true`...)
	}
	dst = appendText(append(dst, `,"entree":`...), r.Entree)
	dst = appendText(append(dst, `,"etat":`...), string(r.Etat))
	dst = appendText(append(dst, `,"moteur":`...), r.Moteur)
	for _, m := range [...]struct{ name, value string }{
		{`,"niveau":`, r.Niveau}, {`,"niveau_max":`, r.NiveauMax}, {`,"niveau_min":`, r.NiveauMin},
	} {
		if m.value != "" {
			dst = appendText(append(dst, m.name...), m.value)
		}
	}
	dst = appendNombre(append(dst, `,"observe":`...), r.Observe)
	dst = appendNombre(append(dst, `,"potentiel":`...), r.Potentiel)
	dst = appendText(append(dst, `,"referentiel":`...), r.Referentiel)
	dst = appendNombre(append(dst, `,"score":`...), r.Score)
	dst = appendTexts(append(dst, `,"socle":{"inconnues":`...), r.Socle.Inconnues)
	dst = appendTexts(append(dst, `,"manquantes":`...), r.Socle.Manquantes)
	dst = appendTexts(append(dst, `,"tenues":`...), r.Socle.Tenues)
	dst = appendNombre(append(dst, `},"strict":`...), r.Strict)
	dst = appendText(append(dst, `,"version":`...), r.Version)
	return append(dst, '}')
}

func appendOptional(dst []byte, n *Nombre) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	return appendNombre(dst, *n)
}
