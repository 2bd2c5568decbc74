package mapping

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mednum/internal/place"
)

// JSON writes the mapping, indented, its keys in a stable order.
func (m *Mapping) JSON() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil { // cannot be: texts, lists and maps of texts
		panic("mapping: " + err.Error())
	}
	return b.Bytes()
}

// YAML writes the mapping as people edit it: the columns in the standard's
// order, the days in the week's.
func (m *Mapping) YAML() []byte {
	var b bytes.Buffer
	writeYAML(&b, reflect.ValueOf(m).Elem(), 0)
	return b.Bytes()
}

// writeYAML writes a struct or a map, each member on its own line.
func writeYAML(b *bytes.Buffer, v reflect.Value, depth int) {
	if v.Kind() == reflect.Map {
		for _, key := range sortedKeys(v) {
			writeMember(b, yamlText(key), v.MapIndex(reflect.ValueOf(key)), depth)
		}
		return
	}
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if f := v.Field(i); option != "omitempty" || !emptyValue(f) {
			writeMember(b, name, f, depth)
		}
	}
}

// emptyValue reports what encoding/json leaves out too.
func emptyValue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

// writeMember writes "name: value" after an indent.
func writeMember(b *bytes.Buffer, name string, v reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	b.WriteString(indent + name + ":")
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		b.WriteString(" " + yamlText(v.String()) + "\n")
	case reflect.Int:
		b.WriteString(" " + strconv.FormatInt(v.Int(), 10) + "\n")
	case reflect.Struct, reflect.Map:
		var inside bytes.Buffer
		writeYAML(&inside, v, depth+1)
		if inside.Len() == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		b.Write(inside.Bytes())
	case reflect.Slice:
		b.WriteByte('\n')
		for i := range v.Len() {
			if e := v.Index(i); e.Kind() == reflect.String {
				b.WriteString(indent + "  - " + yamlText(e.String()) + "\n")
				continue
			}
			var item bytes.Buffer
			writeYAML(&item, v.Index(i), depth+2)
			text := item.Bytes()
			if len(text) == 0 {
				b.WriteString(indent + "  - {}\n")
				continue
			}
			copy(text[len(indent)+2:], "- ")
			b.Write(text)
		}
	}
}

// sortedKeys gives the keys of a map: the standard's columns and the days in
// their order, others as texts sort.
func sortedKeys(v reflect.Value) []string {
	rank := func(key string) int {
		if i := slices.IndexFunc(place.Columns, func(c place.Column) bool { return c.Name == key }); i >= 0 {
			return i
		}
		if i := slices.Index(days, key); i >= 0 {
			return i
		}
		return len(place.Columns)
	}
	var keys []string
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.SortFunc(keys, func(x, y string) int {
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	return keys
}

// plainYAML are the texts that need no quotes, whatever reads them: they begin
// with a letter, and hold nothing that YAML gives a meaning.
var (
	plainYAML = regexp.MustCompile(`^[\pL][\pL\pM\pN _’'()./+°-]*[\pL\pM\pN_)’]$|^\pL$`)
	wordsYAML = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true, "nan": true, "inf": true}
)

// yamlText writes a text of YAML.
func yamlText(s string) string {
	if len(s) <= 200 && plainYAML.MatchString(s) && !wordsYAML[strings.ToLower(s)] {
		return s
	}
	// Backslashes stay readable between single quotes.
	if strings.ContainsRune(s, '\\') && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case unicode.IsPrint(r) || r == ' ':
			b.WriteRune(r)
		case r <= 0xff:
			b.WriteString(`\x` + hex(r, 2))
		case r <= 0xffff:
			b.WriteString(`\u` + hex(r, 4))
		default:
			b.WriteString(`\U` + hex(r, 8))
		}
	}
	b.WriteByte('"')
	return b.String()
}

func hex(r rune, width int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", width-len(s)) + s
}
