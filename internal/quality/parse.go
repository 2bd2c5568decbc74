package quality

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mednum/internal/place"
)

// Limits of a document: many times what a référentiel needs, and little work
// for who reads one that was made to hurt.
const (
	MaxDocument = 1 << 20 // bytes
	maxDepth    = 40      // of JSON
	maxRules    = 8       // rules, or conditions, one inside another
	maxFaults   = 100     // told at once
	maxNodes    = 100_000 // JSON values; a référentiel of 33 criteria has some 6,000
	maxList     = 200     // elements
	maxText     = 4_000   // letters
	maxInteger  = 1_000_000_000
	maxMonths   = 1_200
	maxPoids    = 1_000 // points in all: MaxWeight in tenths is twice as many
)

// Parse reads a version of the référentiel. It is strict: what is not known,
// misspelt, of the wrong type, too fine or out of the standard is a fault, and
// all of them are told at once, as Faults, in the order of the text.
func Parse(text []byte) (*Referentiel, error) {
	p := parser{}
	root := p.tree(text)
	if root == nil {
		return nil, p.faults
	}
	r := new(Referentiel)
	p.into(root, reflect.ValueOf(r).Elem(), "")
	p.check(root, r)
	if len(p.faults) > 0 {
		return nil, p.sorted()
	}
	return r, nil
}

// node is a JSON value and where it is in the text.
type node struct {
	at      int  // byte after the value's first token
	kind    byte // one of { [ s n b 0 (string, number, boolean, null)
	text    string
	members []member
	list    []*node
}

type member struct {
	name  string
	value *node
}

func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.members {
		if n.members[i].name == name {
			return n.members[i].value
		}
	}
	return nil
}

func (n *node) item(i int) *node {
	if n == nil || i >= len(n.list) {
		return nil
	}
	return n.list[i]
}

func (n *node) found() string {
	switch n.kind {
	case '{':
		return "un objet"
	case '[':
		return "une liste"
	case '0':
		return "null"
	}
	return clip(n.text)
}

// clip keeps what a message quotes short.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:59]) + "…"
}

type parser struct {
	faults Faults
	at     []int // of each fault, to sort them
	nodes  int
}

func (p *parser) fault(at int, where, found, message string) {
	if len(p.faults) >= maxFaults {
		return
	}
	if where == "" {
		where = "document"
	}
	p.faults = append(p.faults, Fault{Where: where, Found: found, Message: message})
	p.at = append(p.at, at)
}

func (p *parser) sorted() Faults {
	order := make([]int, len(p.faults))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return p.at[a] - p.at[b] })
	out := make(Faults, len(order))
	for i, j := range order {
		out[i] = p.faults[j]
	}
	if len(out) == maxFaults {
		out = append(out, Fault{Where: "document", Message: "D’autres erreurs suivent sans doute : corrigez d’abord celles-ci."})
	}
	return out
}

// tree reads JSON; nil when it is not, which is then told.
func (p *parser) tree(text []byte) *node {
	if len(text) > MaxDocument {
		p.fault(0, "", strconv.Itoa(len(text))+" octets", "Le document dépasse un mébioctet. Raccourcissez-le.")
		return nil
	}
	if !utf8.Valid(text) {
		p.fault(0, position(text, firstInvalid(text)), "", "Ce texte n’est pas en UTF-8. Enregistrez-le en UTF-8.")
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	root, err := p.value(d, 0, "")
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("text after the end")
		} else if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		at := int(d.InputOffset())
		var syntax *json.SyntaxError
		message := "Ce n’est pas du JSON. Vérifiez les virgules, guillemets et accolades à cet endroit."
		switch {
		case errors.As(err, &syntax):
			at = max(at, int(syntax.Offset)-1)
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			at, message = len(text), "Le texte s’arrête trop tôt. Il manque une accolade, un crochet ou un guillemet."
		case errors.Is(err, errTooDeep):
			message = "Le document est trop profond : " + strconv.Itoa(maxDepth) + " niveaux au plus."
		case errors.Is(err, errTooMany):
			message = "Le document a trop de valeurs : cent mille au plus."
		}
		p.faults = nil
		p.at = nil
		p.fault(0, position(text, at), clip(string(bytes.TrimSpace(bytes.ToValidUTF8(text[min(at, len(text)):min(at+40, len(text))], nil)))), message)
		return nil
	}
	return root
}

var (
	errTooDeep = errors.New("too deep")
	errTooMany = errors.New("too many values")
)

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}

// position says where a byte is, as an editor does.
func position(text []byte, at int) string {
	at = min(max(at, 0), len(text))
	line := 1 + bytes.Count(text[:at], []byte("\n"))
	column := 1 + utf8.RuneCount(text[bytes.LastIndexByte(text[:at], '\n')+1:at])
	return fmt.Sprintf("ligne %d, colonne %d", line, column)
}

func (p *parser) value(d *json.Decoder, depth int, where string) (*node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if p.nodes++; p.nodes > maxNodes {
		return nil, errTooMany
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	n := &node{at: int(d.InputOffset())}
	switch x := t.(type) {
	case string:
		n.kind, n.text = 's', x
	case json.Number:
		n.kind, n.text = 'n', x.String()
	case bool:
		n.kind, n.text = 'b', strconv.FormatBool(x)
	case nil:
		n.kind = '0'
	case json.Delim:
		n.kind = byte(x)
		seen := map[string]bool{}
		for d.More() {
			if x == '[' {
				v, err := p.value(d, depth+1, index(where, len(n.list)))
				if err != nil {
					return nil, err
				}
				n.list = append(n.list, v)
				continue
			}
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				return nil, errors.New("a name expected")
			}
			at := int(d.InputOffset())
			v, err := p.value(d, depth+1, join(where, name))
			if err != nil {
				return nil, err
			}
			if seen[name] {
				p.fault(at, join(where, name), clip(name), "Ce nom est donné deux fois. Gardez-en un.")
				continue
			}
			seen[name] = true
			n.members = append(n.members, member{name, v})
		}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func join(where, name string) string {
	if where == "" {
		return clip(name)
	}
	return where + "." + clip(name)
}

func index(where string, i int) string { return where + "[" + strconv.Itoa(i) + "]" }

var (
	nombreType = reflect.TypeFor[Nombre]()
	jourType   = reflect.TypeFor[Jour]()
	rawType    = reflect.TypeFor[json.RawMessage]()
	entreeType = reflect.TypeFor[Entree]()
)

// into fills v with what n says, and tells what does not fit the type.
func (p *parser) into(n *node, v reflect.Value, where string) {
	wrong := func(message string) { p.fault(n.at, where, n.found(), message) }
	switch v.Type() {
	case nombreType:
		if n.kind != 'n' {
			wrong("Écrivez un nombre, sans guillemets : 0.5.")
			return
		}
		x, ok := parseDecimal(n.text)
		if !ok || x != int64(Nombre(x)) {
			wrong("Écrivez un nombre de quatre décimales au plus, sous 200 000.")
			return
		}
		v.SetInt(x)
		return
	case jourType:
		if n.kind == '0' {
			return
		}
		j, ok := parseJour(n.text)
		if n.kind != 's' || !ok {
			wrong("Écrivez une date AAAA-MM-JJ, ou null si elle est inconnue.")
			return
		}
		v.Set(reflect.ValueOf(j))
		return
	case rawType:
		v.SetBytes(n.appendJSON(nil))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.kind == '0' {
			wrong("Retirez ce nom ou donnez-lui une valeur.")
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		p.into(n, v.Elem(), where)
	case reflect.String:
		if n.kind != 's' {
			wrong("Écrivez un texte entre guillemets.")
			return
		}
		if utf8.RuneCountInString(n.text) > maxText {
			wrong("Ce texte est trop long : " + strconv.Itoa(maxText) + " lettres au plus.")
			return
		}
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != 'b' {
			wrong("Écrivez true ou false, sans guillemets.")
			return
		}
		v.SetBool(n.text == "true")
	case reflect.Int:
		x, ok := parseDecimal(n.text)
		if n.kind != 'n' || !ok || x%int64(Entier) != 0 || x/int64(Entier) > maxInteger || x/int64(Entier) < -maxInteger {
			wrong("Écrivez un nombre entier, sans guillemets.")
			return
		}
		v.SetInt(x / int64(Entier))
	case reflect.Slice:
		if n.kind != '[' {
			wrong("Écrivez une liste entre crochets.")
			return
		}
		if len(n.list) > maxList {
			wrong("Cette liste est trop longue : " + strconv.Itoa(maxList) + " éléments au plus.")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.list), len(n.list)))
		for i, x := range n.list {
			p.into(x, v.Index(i), index(where, i))
		}
	case reflect.Map:
		if n.kind != '{' {
			wrong("Écrivez un objet entre accolades.")
			return
		}
		if len(n.members) > maxList {
			wrong("Cet objet est trop grand : " + strconv.Itoa(maxList) + " noms au plus.")
			return
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
		for _, m := range n.members {
			x := reflect.New(v.Type().Elem()).Elem()
			p.into(m.value, x, join(where, m.name))
			v.SetMapIndex(reflect.ValueOf(m.name), x)
		}
	case reflect.Struct:
		if n.kind != '{' {
			wrong("Écrivez un objet entre accolades.")
			return
		}
		p.object(n, v, where)
	}
}

// field is a member that a struct takes.
type field struct {
	name     string
	path     []int
	required bool
}

// fieldsOf lists the members of a struct, those of what it embeds included.
func fieldsOf(t reflect.Type) []field {
	var list []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			list = append(list, field{name, f.Index, !strings.Contains(options, "omitempty")})
		}
	}
	return list
}

var structFields = func() map[reflect.Type][]field {
	m := map[reflect.Type][]field{}
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			add(t.Elem())
		case reflect.Struct:
			if m[t] != nil || t == jourType {
				return
			}
			m[t] = fieldsOf(t)
			for i := range m[t] {
				add(t.FieldByIndex(m[t][i].path).Type)
			}
		}
	}
	add(reflect.TypeFor[Referentiel]())
	// An example's entry says what matters to it: the rest is unknown or empty.
	for _, t := range []reflect.Type{entreeType, reflect.TypeFor[Fiche](), reflect.TypeFor[Faits](), reflect.TypeFor[Contexte](),
		reflect.TypeFor[Declaration](), reflect.TypeFor[Evidence]()} {
		for i := range m[t] {
			m[t][i].required = slices.Contains([]string{"question", "reponse", "preuve", "resultat"}, m[t][i].name) ||
				t == entreeType && m[t][i].name == "date"
		}
	}
	return m
}()

func (p *parser) object(n *node, v reflect.Value, where string) {
	fields := structFields[v.Type()]
	byName := make(map[string]*field, len(fields))
	names := make([]string, len(fields))
	for i := range fields {
		byName[fields[i].name] = &fields[i]
		names[i] = fields[i].name
	}
	for _, m := range n.members {
		f, ok := byName[m.name]
		if !ok {
			p.fault(m.value.at, join(where, m.name), clip(m.name), "Ce nom n’existe pas ici."+p.suggest(m.name, names))
			continue
		}
		p.into(m.value, v.FieldByIndex(f.path), join(where, m.name))
	}
	for i := range fields {
		f := &fields[i]
		if !f.required || n.get(f.name) != nil {
			continue
		}
		// An outcome that says nothing has no value to give.
		if f.name == "valeur" && (isTrue(n.get("inconnu")) || isTrue(n.get("sans_objet"))) {
			continue
		}
		p.fault(n.at, join(where, f.name), "", "Il manque « "+f.name+" ».")
	}
}

func isTrue(n *node) bool { return n != nil && n.kind == 'b' && n.text == "true" }

// suggest looks for what was meant only while there is room to tell it:
// comparing spellings is the dear part of a document made of mistakes.
func (p *parser) suggest(s string, candidates []string) string {
	if len(p.faults) >= maxFaults {
		return ""
	}
	return suggest(s, candidates)
}

// suggest: "Vouliez-vous dire … ?", or the choice when it is short.
func suggest(s string, candidates []string) string {
	if near, ok := place.Nearest(s, candidates); ok {
		return " Vouliez-vous dire « " + near + " » ?"
	}
	if len(candidates) > 0 && len(candidates) <= 16 {
		return " Choisissez parmi : " + strings.Join(candidates, ", ") + "."
	}
	return ""
}

// appendJSON writes the value again, its numbers as they were.
func (n *node) appendJSON(dst []byte) []byte {
	switch n.kind {
	case 's':
		return appendText(dst, n.text)
	case 'n', 'b':
		return append(dst, n.text...)
	case '{':
		dst = append(dst, '{')
		for i, m := range n.members {
			dst = append(appendText(between(dst, i), m.name), ':')
			dst = m.value.appendJSON(dst)
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		for i, x := range n.list {
			dst = x.appendJSON(between(dst, i))
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}
