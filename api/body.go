package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mednum/internal/place"
	"mednum/internal/quality"
)

const (
	bodyMaximum    = 1 << 20 // bytes of a body
	proseMaximum   = 5000    // letters of what people write
	membersMaximum = 10_000  // of a body: a draft has a thousand settings in one form
)

const typeForm = "application/x-www-form-urlencoded"

// unprocessable are faults of a body that can be read: 422.
type unprocessable struct{ faults }

// message is what a request says, in JSON or in a form: the members of one object,
// by name. Reading a member notes what is wrong with it; end tells everything at
// once.
type message struct {
	form    bool // posted by a page, which is answered by another page
	text    []byte
	members map[string]json.RawMessage // nil for a form
	values  url.Values                 // nil for JSON
	known   []string                   // names asked for so far
	faults  faults
}

// readBody reads the body of a request. The empty one without a type is an
// empty form, as a button alone sends.
func readBody(c echo.Context) (*message, error) {
	r := c.Request()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return nil, errTooLarge
		}
		// Cut short, or too slow: there is nobody to answer, or nothing to read.
		return nil, faults{{Detail: "Le corps de la demande n’est pas arrivé entier. Envoyez-le de nouveau."}}
	}
	b := &message{text: text}
	given := r.Header.Get(echo.HeaderContentType)
	mediaType, _, err := mime.ParseMediaType(given)
	if given == "" && len(text) == 0 {
		b.values = url.Values{}
		prefers, err := negotiate("", r.Header.Get("Accept"), documentForms)
		b.form = err == nil && prefers.name == formHTML.name
		return b, nil
	}
	if err != nil {
		return nil, errMediaType
	}
	if !utf8.Valid(text) {
		return nil, faults{{Detail: "Le corps de la demande n’est pas de l’UTF-8. Enregistrez-le en UTF-8."}}
	}
	switch mediaType {
	case typeForm:
		b.form = true
		if b.values, err = url.ParseQuery(string(text)); err != nil {
			return nil, faults{{Detail: "Ce formulaire ne se lit pas : écrire nom=valeur&nom=valeur, les signes particuliers codés."}}
		}
		if len(b.values) > membersMaximum {
			return nil, faults{{Detail: fmt.Sprintf("Ce formulaire a %d champs : %d au plus.", len(b.values), membersMaximum)}}
		}
	case typeJSON:
		if len(bytes.TrimSpace(text)) == 0 {
			b.members = map[string]json.RawMessage{}
			break
		}
		if err := json.Unmarshal(text, &b.members); err != nil || b.members == nil {
			return nil, faults{{Value: shown(string(text[:min(len(text), 200)])), Detail: notJSON(text, err)}}
		}
		if len(b.members) > membersMaximum {
			return nil, faults{{Detail: fmt.Sprintf("Ce corps a %d membres : %d au plus.", len(b.members), membersMaximum)}}
		}
	default:
		return nil, errMediaType
	}
	return b, nil
}

// notJSON says where a text stops being JSON.
func notJSON(text []byte, err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		before := text[:min(int(syntax.Offset), len(text))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
		return fmt.Sprintf("Ce n’est pas du JSON : ligne %d, signe %d.", line, column)
	}
	return "Le corps doit être un objet JSON : {\"nom\": \"valeur\"}."
}

func (b *message) fault(name, value, detail, suggestion string) {
	b.faults = append(b.faults, fault{name, shown(value), detail, suggestion})
}

// faulty reports whether something is wrong with a field already.
func (b *message) faulty(name string) bool {
	return slices.ContainsFunc(b.faults, func(f fault) bool { return f.Parameter == name })
}

// end tells everything that is wrong, members that do not exist here included.
func (b *message) end() error {
	var given []string
	for name := range b.members {
		given = append(given, name)
	}
	for name := range b.values {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		if slices.Contains(b.known, name) {
			continue
		}
		suggestion, _ := place.Nearest(name, b.known)
		detail := "Ce champ n’existe pas ici. Les champs sont : " + strings.Join(b.known, ", ") + "."
		if len(b.known) == 0 {
			detail = "Rien n’est attendu dans le corps de cette demande."
		}
		b.fault(shown(name), "", detail, suggestion)
	}
	if len(b.faults) > 0 {
		return unprocessable{b.faults}
	}
	return nil
}

// raw gives a member as it is; nil when it is not given, is null or, in a form,
// is empty: a form sends its empty fields.
func (b *message) raw(name string) json.RawMessage {
	if !slices.Contains(b.known, name) {
		b.known = append(b.known, name)
	}
	if b.members != nil {
		if v := b.members[name]; string(v) != "null" {
			return v
		}
		return nil
	}
	values := b.values[name]
	if len(values) > 1 {
		b.fault(name, strings.Join(values, " ; "), "Ce champ est donné plusieurs fois : n’en garder qu’un.", "")
		return nil
	}
	if len(values) == 0 || strings.TrimSpace(values[0]) == "" {
		return nil
	}
	return encode(values[0])
}

// Required is what a member must be.
type necessity bool

const (
	optional  necessity = false
	necessary necessity = true
)

// prose gives a text of at most limit letters, trimmed, on several lines.
func (b *message) prose(name string, limit int, need necessity) string {
	s, ok := b.string(name, need)
	if !ok {
		return ""
	}
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if n := utf8.RuneCountInString(s); n > limit {
		b.fault(name, s, fmt.Sprintf("Ce texte a %d lettres : %d au plus.", n, limit), "")
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError }) {
		b.fault(name, s, "Ce texte contient des signes illisibles.", "")
		return ""
	}
	return s
}

// line is prose on one line.
func (b *message) line(name string, limit int, need necessity) string {
	s := b.prose(name, limit, need)
	if strings.ContainsAny(s, "\n\t") {
		b.fault(name, s, "Ce texte tient sur une ligne.", "")
		return ""
	}
	return s
}

func (b *message) string(name string, need necessity) (string, bool) {
	raw := b.raw(name)
	if raw == nil {
		if need {
			b.fault(name, "", "Ce champ est nécessaire.", "")
		}
		return "", false
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		b.fault(name, string(raw), "Écrire un texte entre guillemets.", "")
		return "", false
	}
	if need && strings.TrimSpace(s) == "" {
		b.fault(name, s, "Ce champ est nécessaire.", "")
		return "", false
	}
	return s, true
}

// choice gives one of values; "" when it is not given.
func (b *message) choice(name string, values []string, need necessity) string {
	s := b.line(name, 200, need)
	if s == "" || slices.Contains(values, s) {
		return s
	}
	suggestion, ok := place.Nearest(s, values)
	for _, v := range values {
		if !ok && place.Fold(v) == place.Fold(s) {
			suggestion = v
		}
	}
	b.fault(name, s, "Les valeurs sont : "+strings.Join(values, ", ")+".", suggestion)
	return ""
}

// day gives a date, unknown when it is not given.
func (b *message) day(name string, need necessity) place.Date {
	s := b.line(name, 40, need)
	if s == "" {
		return place.Date{}
	}
	d, ok := place.ParseDate(s)
	if !ok || len(s) != len(time.DateOnly) {
		suggestion := ""
		if ok {
			suggestion = jour(d)
		}
		b.fault(name, s, "Écrire une date : 2026-07-14.", suggestion)
		return place.Date{}
	}
	return d
}

// jour writes a date, "" when it is unknown.
func jour(d place.Date) string {
	if !d.Known() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// integer gives a number from 1 on, 0 when it is not given.
func (b *message) integer(name string) int64 {
	raw := b.raw(name)
	if raw == nil {
		return 0
	}
	said := strings.TrimSpace(strings.Trim(string(bytes.TrimSpace(raw)), `"`))
	n, err := strconv.ParseInt(said, 10, 64)
	if err != nil || n < 1 {
		b.fault(name, said, "Écrire un nombre entier, à partir de 1.", "")
		return 0
	}
	return n
}

// decimal gives a number as people write it, with a comma or a point; false
// when it is not given.
func (b *message) decimal(name string) (json.Number, bool) {
	raw := b.raw(name)
	if raw == nil {
		return "", false
	}
	s := strings.ReplaceAll(strings.TrimSpace(strings.Trim(string(bytes.TrimSpace(raw)), `"`)), ",", ".")
	x, ok := number(s)
	if !ok {
		b.fault(name, string(raw), "Écrire un nombre : 3,5.", "")
		return "", false
	}
	return json.Number(strconv.FormatFloat(x, 'f', -1, 64)), true
}

// yes gives a yes or a no; nil when it is not given.
func (b *message) yes(name string) *bool {
	raw := b.raw(name)
	if raw == nil {
		return nil
	}
	v := false
	switch s := strings.Trim(string(bytes.TrimSpace(raw)), `"`); {
	case s == "true" || place.Fold(s) == "oui":
		v = true
	case s == "false" || place.Fold(s) == "non":
	default:
		b.fault(name, s, "Écrire true ou false (oui ou non dans un formulaire).", "")
		return nil
	}
	return &v
}

// lines gives a list of texts: an array, or one text with a line each.
func (b *message) lines(name string, most, limit int) (out []string) {
	raw := b.raw(name)
	if raw == nil {
		return nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		var whole string
		if err := json.Unmarshal(raw, &whole); err != nil {
			b.fault(name, string(raw), "Écrire une liste de textes.", "")
			return nil
		}
		list = strings.Split(whole, "\n")
	}
	for _, s := range list {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if n := utf8.RuneCountInString(s); n > limit || strings.ContainsFunc(s, unicode.IsControl) {
			b.fault(name, s, fmt.Sprintf("Chaque ligne a %d lettres au plus, toutes lisibles.", limit), "")
			return nil
		}
		out = append(out, s)
	}
	if len(out) > most {
		b.fault(name, strconv.Itoa(len(out)), fmt.Sprintf("%d lignes au plus.", most), "")
		return nil
	}
	return out
}

// list gives the objects of an array, each as a body of its own whose faults
// are named by their path; adopt takes them back.
func (b *message) list(name string, most int) (out []*message) {
	raw := b.raw(name)
	if raw == nil {
		return nil
	}
	var objects []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &objects); err != nil || slices.ContainsFunc(objects, func(o map[string]json.RawMessage) bool { return o == nil }) {
		b.fault(name, string(raw), "Écrire une liste d’objets : [{…}].", "")
		return nil
	}
	if len(objects) > most {
		b.fault(name, strconv.Itoa(len(objects)), fmt.Sprintf("%d au plus.", most), "")
		return nil
	}
	for _, o := range objects {
		out = append(out, &message{members: o})
	}
	return out
}

// adopt takes the faults of an element of a list, and those of its unknown
// members.
func (b *message) adopt(name string, i int, child *message) {
	_ = child.end() // its faults are told with ours
	for _, f := range child.faults {
		f.Parameter = fmt.Sprintf("%s[%d].%s", name, i, f.Parameter)
		b.faults = append(b.faults, f)
	}
}

// told are faults as the pages show them beside their fields.
func told(err error) quality.Faults {
	var out quality.Faults
	for _, f := range faultsOf(err) {
		message := f.Detail
		if f.Suggestion != "" {
			message += " Vouliez-vous dire « " + f.Suggestion + " » ?"
		}
		out = append(out, quality.Fault{Where: f.Parameter, Found: f.Value, Message: message})
	}
	return out
}
