package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"mednum/internal/place"
)

// Limits of a mapping's text: many times what a source needs, and little work
// for who reads one that was made to hurt.
const (
	MaxText   = 512 << 10 // bytes
	maxDepth  = 12        // one thing inside another; the format needs seven
	maxNodes  = 100_000
	maxFaults = 100    // told at once
	maxString = 10_000 // letters of one value
)

// Fault is one thing wrong in a mapping, for the person who writes it.
type Fault struct {
	Line    int    `json:"ligne"`   // in the text, 1 being the first; 0: of the whole
	Column  int    `json:"colonne"` // in letters, 1 being the first
	Where   string `json:"ou"`      // "champs.nom.colonne"
	Found   string `json:"trouve"`
	Message string `json:"phrase"` // French
}

// Faults are all that is wrong, in the order of the text.
type Faults []Fault

func (f Faults) Error() string {
	var b strings.Builder
	for i, fault := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		if fault.Line > 0 {
			b.WriteString("ligne " + strconv.Itoa(fault.Line) + ", colonne " + strconv.Itoa(fault.Column) + " : ")
		}
		b.WriteString(fault.Message)
	}
	return b.String()
}

// Parse reads a mapping, YAML or JSON. It is strict: an unknown key, a value of
// the wrong type or out of the standard is a fault, and all are told at once,
// as Faults.
func Parse(text []byte) (*Mapping, error) {
	p := checker{}
	root := p.tree(text)
	if root == nil {
		return nil, p.sorted()
	}
	m := new(Mapping)
	p.into(root, reflect.ValueOf(m).Elem(), "")
	p.mapping(root, m)
	if len(p.faults) > 0 {
		return nil, p.sorted()
	}
	return m, nil
}

// Check says all that is wrong with a mapping that was not read from a text:
// nil, or Faults, as Parse would of its JSON.
func (m *Mapping) Check() error {
	_, err := Parse(m.JSON())
	return err
}

// node is a value of the text and where it is.
type node struct {
	line, column int
	kind         byte // one of { [ s (a text) n b (a number, a boolean of JSON) y (either, of YAML) 0 (nothing) ! (told already)
	text         string
	members      []member
	items        []*node
	odd          bool // of an object: it has a key that is not known, which was told
}

type member struct {
	name  *node
	value *node
}

func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.members {
		if n.members[i].name.text == name {
			return n.members[i].value
		}
	}
	return nil
}

func (n *node) item(i int) *node {
	if n == nil || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

func (n *node) found() string {
	switch n.kind {
	case '{':
		return "un objet"
	case '[':
		return "une liste"
	case '0', '!':
		return "rien"
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

type checker struct {
	faults Faults
	nodes  int
}

func (p *checker) fault(n *node, where, message string) {
	if len(p.faults) >= maxFaults {
		return
	}
	f := Fault{Where: where, Message: message}
	if n != nil {
		f.Line, f.Column, f.Found = n.line, n.column, n.found()
	}
	if where != "" {
		f.Message = "« " + where + " » : " + message
	}
	p.faults = append(p.faults, f)
}

func (p *checker) sorted() error {
	slices.SortStableFunc(p.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p.faults
}

// tree reads the text into nodes; nil when it is not YAML nor JSON.
func (p *checker) tree(text []byte) *node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > MaxText:
		p.fault(nil, "", "La correspondance dépasse "+strconv.Itoa(MaxText>>10)+" Kio : en retirer ce qui ne sert pas.")
		return nil
	case !utf8.Valid(text):
		p.fault(nil, "", "Le texte n’est pas en UTF-8 : l’enregistrer en UTF-8.")
		return nil
	case len(bytes.TrimSpace(text)) == 0:
		p.fault(nil, "", "La correspondance est vide : écrire au moins « correspondance: 1 » et « champs: ».")
		return nil
	}
	var root *node
	if bytes.TrimSpace(text)[0] == '{' {
		root = p.json(text)
	} else {
		root = p.yaml(text)
	}
	if root == nil && len(p.faults) == 0 {
		p.fault(nil, "", "La correspondance est vide : écrire au moins « correspondance: 1 » et « champs: ».")
	}
	if len(p.faults) > 0 {
		return nil
	}
	return root
}

// errTooMuch stops the reading of a text made to hurt.
var errTooMuch = errors.New("too deep or too many values")

// json reads JSON: encoding/json alone knows all of it, and where it is wrong.
func (p *checker) json(text []byte) *node {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	at := func(offset int64) (line, column int) {
		before := text[:min(int(offset), len(text))]
		line = 1 + bytes.Count(before, []byte{'\n'})
		return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	}
	// start skips to where the next value begins.
	start := func() (int, int) {
		i := int(dec.InputOffset())
		for i < len(text) && strings.IndexByte(" \t\r\n,:", text[i]) >= 0 {
			i++
		}
		return at(int64(i))
	}
	var read func(depth int) (*node, error)
	read = func(depth int) (*node, error) {
		if p.nodes++; depth > maxDepth || p.nodes > maxNodes {
			return nil, errTooMuch
		}
		n := &node{}
		n.line, n.column = start()
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case json.Delim:
			n.kind = byte(t)
			for dec.More() {
				var m member
				if t == '{' {
					m.name = &node{kind: 's'}
					m.name.line, m.name.column = start()
					key, err := dec.Token()
					if err != nil {
						return nil, err
					}
					m.name.text = key.(string)
				}
				if m.value, err = read(depth + 1); err != nil {
					return nil, err
				}
				if t == '{' {
					n.members = append(n.members, m)
				} else {
					n.items = append(n.items, m.value)
				}
			}
			if _, err := dec.Token(); err != nil {
				return nil, err
			}
		case string:
			n.kind, n.text = 's', t
		case json.Number:
			n.kind, n.text = 'n', t.String()
		case bool:
			n.kind, n.text = 'b', strconv.FormatBool(t)
		default:
			n.kind = '0'
		}
		return n, nil
	}
	root, err := read(0)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return root
		}
		if err == nil {
			err = errors.New("the text goes on after its end")
		}
	}
	if errors.Is(err, errTooMuch) {
		p.fault(nil, "", "La correspondance est trop profonde ou trop longue.")
		return nil
	}
	n := &node{kind: 's'}
	offset := dec.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = max(syntax.Offset-1, 0)
	}
	n.line, n.column = at(offset)
	p.fault(n, "", "Ce n’est pas du JSON : vérifier virgules, accolades et guillemets près de cet endroit.")
	return nil
}

// yamlSlips are what people get wrong, by what the library says of it.
var yamlSlips = []struct{ said, advice string }{
	{"escape character", `une expression régulière s’écrit entre apostrophes, par exemple '\d{5}'.`},
	{"character '\t'", "une tabulation n’est pas un retrait ; écrire des espaces."},
	{"mapping value is not allowed", "un texte qui contient « : » s’écrit entre guillemets."},
	{"end character of double-quoted", "un guillemet ouvert ici n’est pas fermé."},
	{"end character of single-quoted", "une apostrophe ouverte ici n’est pas fermée ; à l’intérieur, la doubler : 'l''été'."},
	{"pre-defined", "quelque chose suit un texte entre guillemets ; une apostrophe à l’intérieur se double : 'l''été'."},
	{"end token ']'", "une liste ouverte ici n’est pas fermée par « ] »."},
	{"flow map", "une accolade ouverte ici n’est pas fermée par « } »."},
	{"reserved character", "un texte qui commence par ce signe s’écrit entre guillemets."},
	{"directive", "un texte qui commence par ce signe s’écrit entre guillemets."},
	{"unexpected key name", "écrire « : » puis une espace après la clé."},
	{"block sequence", "une liste commence à la ligne suivante, ou s’écrit [a, b]."},
	{"alias name", "un texte qui commence par ce signe s’écrit entre guillemets ; les ancres de YAML ne sont pas admises."},
	{"anchor name", "un texte qui commence par ce signe s’écrit entre guillemets ; les ancres de YAML ne sont pas admises."},
	{"value is not allowed", "le retrait n’est pas celui des lignes voisines ; aligner les clés d’un même objet."},
}

// hostile reports a YAML so nested that reading it would cost too much: its
// parser calls itself at each level.
func hostile(text []byte) bool {
	open := 0
	for _, line := range bytes.Split(text, []byte{'\n'}) {
		marks := 0
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '[', '{':
				if open++; open > 200 {
					return true
				}
			case ']', '}':
				open = max(open-1, 0)
			case '-', '?', ':':
				if i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t') {
					marks++
				}
			}
		}
		if marks > 200 || len(line)-len(bytes.TrimLeft(line, " \t")) > 400 {
			return true
		}
	}
	return false
}

// yaml reads YAML into nodes, without what would let a small text become a big
// one (anchors, merges) or mean something else (tags).
func (p *checker) yaml(text []byte) (root *node) {
	if hostile(text) {
		p.fault(nil, "", "La correspondance est trop profonde ou trop longue.")
		return nil
	}
	defer func() {
		if recover() != nil { // the library's, on texts that it did not foresee
			p.fault(nil, "", "Ce n’est pas du YAML que l’on sache lire : vérifier les retraits et les guillemets.")
			root = nil
		}
	}()
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		n := &node{kind: 's'}
		var e yaml.Error
		if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
			n.line, n.column = e.GetToken().Position.Line, e.GetToken().Position.Column
		}
		message := "vérifier les retraits, les deux-points et les guillemets près de cet endroit."
		for _, slip := range yamlSlips {
			if strings.Contains(err.Error(), slip.said) {
				message = slip.advice
				break
			}
		}
		p.fault(n, "", "Ce n’est pas du YAML : "+message)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	if len(docs) == 0 {
		return nil
	}
	if len(docs) > 1 {
		n := &node{kind: 's'}
		n.line, n.column = whereIs(docs[1].Body)
		p.fault(n, "", "Le texte contient plusieurs documents (« --- ») : n’en laisser qu’un.")
		return nil
	}
	return p.fromYAML(docs[0].Body, 0)
}

func whereIs(n ast.Node) (line, column int) {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0, 0
	}
	return n.GetToken().Position.Line, n.GetToken().Position.Column
}

func (p *checker) fromYAML(n ast.Node, depth int) *node {
	out := &node{}
	out.line, out.column = whereIs(n)
	if p.nodes++; depth > maxDepth || p.nodes > maxNodes {
		out.kind = '!'
		if p.nodes <= maxNodes+1 || depth > maxDepth {
			p.fault(out, "", "La correspondance est trop profonde ou trop longue.")
		}
		return out
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		out.kind = '0'
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		p.alien(out)
	case *ast.StringNode:
		out.kind, out.text = 's', n.Value
	case *ast.LiteralNode:
		out.kind, out.text = 's', n.Value.Value
	case *ast.MappingNode:
		out.kind = '{'
		for _, v := range n.Values {
			p.memberYAML(out, v, depth)
		}
		if len(out.members) > 0 {
			out.line, out.column = out.members[0].name.line, out.members[0].name.column
		}
	case *ast.MappingValueNode:
		out.kind = '{'
		p.memberYAML(out, n, depth)
		if len(out.members) > 0 {
			out.line, out.column = out.members[0].name.line, out.members[0].name.column
		}
	case *ast.SequenceNode:
		out.kind = '['
		for _, v := range n.Values {
			out.items = append(out.items, p.fromYAML(v, depth+1))
		}
	case ast.ScalarNode:
		// A number or a boolean is the text that was written: 01000, oui, 1.
		out.kind, out.text = 'y', n.GetToken().Value
	default:
		p.alien(out)
	}
	return out
}

func (p *checker) alien(n *node) {
	n.kind = '!'
	p.fault(n, "", "Les ancres (&, *), les fusions (<<) et les étiquettes (!) de YAML ne sont pas admises : écrire les valeurs en entier.")
}

func (p *checker) memberYAML(out *node, v *ast.MappingValueNode, depth int) {
	name := p.fromYAML(v.Key, depth+1)
	switch name.kind {
	case 's', 'y':
	case '0':
		name.kind, name.text = 's', v.Key.GetToken().Value
	case '!':
		return
	default:
		p.fault(name, "", "Une clé doit être un texte.")
		return
	}
	out.members = append(out.members, member{name, p.fromYAML(v.Value, depth+1)})
}

// into fills a value of Go from a node, and says what does not fit: the keys
// and the types are those of the Go types, so the two cannot disagree.
func (p *checker) into(n *node, v reflect.Value, where string) {
	if n.kind == '!' {
		return
	}
	wrong := func(want string) {
		found := n.found()
		if n.kind == 's' || n.kind == 'n' || n.kind == 'b' || n.kind == 'y' {
			found = "« " + found + " »"
		}
		if n.kind == '0' {
			p.fault(n, where, "vide ; écrire "+want+", ou retirer cette ligne.")
			return
		}
		p.fault(n, where, "trouvé "+found+" ; il faut "+want+".")
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		p.into(n, v.Elem(), where)
	case reflect.Struct:
		if _, rule := v.Interface().(Regle); rule && (n.kind == 's' || n.kind == 'y') && n.text != "" {
			p.fault(n, where, "une règle dit d’où vient la valeur ; écrire « colonne: "+clip(n.text)+" » à la ligne suivante, en retrait.")
			return
		}
		if n.kind != '{' {
			wrong("des clés et leurs valeurs")
			return
		}
		names := make([]string, v.NumField())
		for i := range names {
			names[i], _, _ = strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		}
		p.members(n, where, func(name, value *node, at string) {
			i := slices.Index(names, name.text)
			if i < 0 {
				n.odd = true
				p.unknownKey(name, where, names)
				return
			}
			p.into(value, v.Field(i), at)
		})
	case reflect.Map:
		if n.kind != '{' {
			wrong("des clés et leurs valeurs")
			return
		}
		if len(n.members) == 0 {
			p.fault(n, where, "vide ; le remplir, ou retirer cette clé.")
			return
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
		p.members(n, where, func(name, value *node, at string) {
			e := reflect.New(v.Type().Elem()).Elem()
			p.into(value, e, at)
			v.SetMapIndex(reflect.ValueOf(name.text), e)
		})
	case reflect.Slice:
		if n.kind != '[' {
			wrong("une liste")
			return
		}
		if len(n.items) == 0 {
			p.fault(n, where, "liste vide ; la remplir, ou retirer cette clé.")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
		for i, item := range n.items {
			p.into(item, v.Index(i), where+"["+strconv.Itoa(i+1)+"]")
		}
	case reflect.String:
		if n.kind != 's' && n.kind != 'y' {
			wrong("un texte entre guillemets")
			return
		}
		if utf8.RuneCountInString(n.text) > maxString {
			p.fault(n, where, "texte trop long : "+strconv.Itoa(maxString)+" caractères au plus.")
		}
		v.SetString(n.text)
	case reflect.Int:
		x, err := strconv.ParseFloat(n.text, 64)
		if n.kind != 'n' && n.kind != 'y' || err != nil || x != math.Trunc(x) || math.Abs(x) > 1e6 {
			wrong("un nombre entier")
			return
		}
		v.SetInt(int64(x)) // 1.0 is a whole number too
	default:
		panic(fmt.Sprintf("mapping: a %s in the format", v.Kind()))
	}
}

// members calls f for each key of an object, once.
func (p *checker) members(n *node, where string, f func(name, value *node, at string)) {
	seen := make(map[string]bool, len(n.members))
	for _, m := range n.members {
		at := m.name.text
		if where != "" {
			at = where + "." + at
		}
		if seen[m.name.text] {
			p.fault(m.name, clip(at), "clé écrite deux fois ; n’en garder qu’une.")
			continue
		}
		seen[m.name.text] = true
		f(m.name, m.value, clip(at))
	}
}

func (p *checker) unknownKey(name *node, where string, known []string) {
	advice := "écrire l’une de : " + strings.Join(known, ", ") + "."
	if near, ok := place.Nearest(name.text, known); ok {
		advice = "vouliez-vous dire « " + near + " » ?"
	}
	p.fault(name, where, "clé inconnue « "+clip(name.text)+" » ; "+advice)
}
