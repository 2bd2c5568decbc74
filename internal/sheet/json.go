package sheet

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A JSON is read three times, from where it was laid down: to find where its
// rows are, what their columns are, and the rows.

const (
	maxDepth      = 100     // of values in values
	maxPath       = 1000    // bytes of keys, dotted: further down they are one
	maxRowText    = 8 << 20 // bytes of a row
	maxVertices   = 200_000 // of a geometry
	maxCandidates = 2000    // lists that may be the table
)

// likeJSON: an object or a list begins.
func likeJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\x1e")
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	if len(rest) == 0 {
		return len(head) < 100
	}
	if head[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return strings.IndexByte(`{["]-0123456789`, rest[0]) >= 0 || bytes.HasPrefix(rest, []byte("null"))
}

func (f *File) openJSON(b *bufio.Reader, d *decoder, o Options) error {
	text, size, err := f.spool(b, maxArchive)
	if err != nil {
		return err
	}
	again := func() *jsonReader {
		return &jsonReader{scanner: newScanner(io.NewSectionReader(text, 0, size)), d: d}
	}
	f.Format.Kind = "json"
	s := &survey{jsonReader: again(), lists: map[string]*list{}}
	if err := s.run(); err != nil {
		return err
	}
	at, err := s.choose(o.Path)
	if err != nil {
		return err
	}
	f.Format.Path = at.path
	if at.features*2 > at.objects {
		f.Format.Kind = "geojson"
	}
	rows := &jsonRows{jsonReader: again(), at: at, features: f.Format.Kind == "geojson", index: map[string]int{}}
	if at.kind == '[' {
		return f.openLists(rows, again, d, o)
	}
	for {
		if err := rows.step(); err == io.EOF {
			break
		} else if err != nil {
			return readError(err)
		}
		if len(rows.names) > MaxColumns {
			return refuse("Les objets de ce JSON ont plus de %d clés différentes : ce n’est pas un tableau.", MaxColumns)
		}
	}
	rows.settle()
	f.Headers = rows.names
	f.Columns = columns(rows.names)
	f.Format.Encoding = d.encoding()
	rows.jsonReader, rows.settled = again(), true
	f.rows = rows
	return nil
}

// openLists opens a list of lists: a table as a CSV has it.
func (f *File) openLists(rows *jsonRows, again func() *jsonReader, d *decoder, o Options) error {
	var sample []Row
	for len(sample) < 200 {
		row, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return readError(err)
		}
		sample = append(sample, row)
	}
	h := recognise(sample, o.Known, o.HeaderLine)
	f.begin(sample, h)
	f.Format.Encoding = d.encoding()
	rows.jsonReader, rows.count, rows.stack = again(), 0, nil
	f.rows = rows
	for range h.last + 1 {
		if _, err := rows.next(); err != nil {
			return readError(err)
		}
	}
	return nil
}

// jsonReader reads JSON leniently: commas too many, NaN, any encoding.
type jsonReader struct {
	*scanner
	d     *decoder
	text  []byte
	depth int
}

func (j *jsonReader) fault(what string) error {
	if err := j.failure(); err != nil {
		return readError(err)
	}
	return refuse("Le JSON est mal formé à la ligne %d : %s Le corriger, ou l’exporter de nouveau.", j.line, what)
}

// token gives the first byte of what comes next, which stays; 0 at the end.
func (j *jsonReader) token() byte {
	for {
		c, ok := j.peek()
		if !ok {
			return 0
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != 0x1e {
			return c
		}
		j.next()
	}
}

var (
	endOfString = bytesOf("\"\\")
	endOfWord   = bytesOf(",:]}[{\" \t\r\n\x1e")
)

// str reads a string whose quote comes next: at most most bytes of it.
func (j *jsonReader) str(most int) (s string, cut bool, err error) {
	j.next()
	j.text = j.text[:0]
	escaped := false
	for {
		var c bool
		j.text, c = j.until(j.text, most, endOfString)
		cut = cut || c
		b, ok := j.next()
		if !ok {
			return "", false, j.fault("un texte n’est pas fermé par un guillemet.")
		}
		if b == '"' {
			break
		}
		after, ok := j.next()
		if !ok {
			return "", false, j.fault("un texte n’est pas fermé par un guillemet.")
		}
		escaped = true
		if len(j.text)+2 <= most {
			j.text = append(j.text, '\\', after)
		} else {
			cut = true
		}
	}
	if cut { // not in the middle of a letter or an escape
		for n := 0; n < 12 && len(j.text) > 0 && (!utf8.Valid(j.text[max(0, len(j.text)-4):]) || bytes.IndexByte(j.text[max(0, len(j.text)-12):], '\\') >= 0); n++ {
			j.text = j.text[:len(j.text)-1]
		}
	}
	s = j.d.text(j.text)
	if escaped {
		s = unescape(s)
	}
	return s, cut, nil
}

func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'b', 'f':
			b.WriteByte(' ')
		case 'u':
			r, ok := hex4(s)
			if !ok {
				b.WriteRune(utf8.RuneError)
				continue
			}
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low := rune(0)
				if strings.HasPrefix(s, `\u`) {
					low, _ = hex4(s[2:])
				}
				if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
					b.WriteRune(whole)
					s = s[6:]
					continue
				}
				r = utf8.RuneError
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
	}
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 16)
	return rune(n), err == nil
}

// word reads a number, true, false or null as a cell says it.
func (j *jsonReader) word() (string, error) {
	j.text, _ = j.until(j.text[:0], 400, endOfWord)
	w := string(j.text)
	switch w {
	case "null", "NaN", "Infinity", "-Infinity", "undefined", "None":
		return "", nil
	case "true", "True":
		return "oui", nil
	case "false", "False":
		return "non", nil
	}
	x, err := strconv.ParseFloat(w, 64)
	if err != nil || w == "" {
		return "", j.fault("« " + clip(w, 30) + " » n’y est pas attendu.")
	}
	if i := strings.IndexByte(w, '.'); i >= 0 && strings.Trim(w[i+1:], "0") == "" {
		return w[:i], nil // 33.0
	}
	if strings.ContainsAny(w, "eE") {
		return plainNumber(x), nil
	}
	return w, nil
}

// plainNumber writes a number without exponent, with the digits that a
// spreadsheet keeps.
func plainNumber(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	if err != nil || math.Abs(x) > 1e300 || math.Abs(x) < 1e-300 {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}

func (j *jsonReader) enter() error {
	j.next()
	if j.depth++; j.depth > maxDepth {
		return refuse("Le JSON imbrique ses valeurs sur plus de %d niveaux : ce n’est pas un tableau.", maxDepth)
	}
	return nil
}

// member gives the next key of an object that was entered; ok false when the
// object ends.
func (j *jsonReader) member() (key string, ok bool, err error) {
	c := j.token()
	for c == ',' {
		j.next()
		c = j.token()
	}
	switch c {
	case '}':
		j.next()
		j.depth--
		return "", false, nil
	case '"':
	case 0:
		return "", false, j.fault("le fichier est coupé au milieu d’un objet.")
	default:
		return "", false, j.fault("le nom d’une clé est attendu, entre guillemets.")
	}
	if key, _, err = j.str(300); err != nil {
		return "", false, err
	}
	if j.token() != ':' {
		return "", false, j.fault("« : » est attendu après la clé « " + clip(key, 30) + " ».")
	}
	j.next()
	return key, true, nil
}

// item tells whether a list that was entered has another value.
func (j *jsonReader) item() (bool, error) {
	c := j.token()
	for c == ',' {
		j.next()
		c = j.token()
	}
	switch c {
	case ']':
		j.next()
		j.depth--
		return false, nil
	case 0:
		return false, j.fault("le fichier est coupé au milieu d’une liste.")
	}
	return true, nil
}

// skip passes over a value.
func (j *jsonReader) skip() error {
	switch j.token() {
	case '{':
		if err := j.enter(); err != nil {
			return err
		}
		for {
			_, ok, err := j.member()
			if !ok {
				return err
			}
			if err := j.skip(); err != nil {
				return err
			}
		}
	case '[':
		if err := j.enter(); err != nil {
			return err
		}
		for {
			ok, err := j.item()
			if !ok {
				return err
			}
			if err := j.skip(); err != nil {
				return err
			}
		}
	case '"':
		_, _, err := j.str(0)
		return err
	}
	_, err := j.word()
	return err
}

// list is where the rows of a JSON may be.
type list struct {
	path     string
	within   *list // the list whose objects hold it
	kind     byte  // '{' a list of objects, '}' an object of objects, '1' the value itself, '[' a list of lists
	objects  int
	keys     int // of all its objects, nested ones included
	features int
}

func (l *list) mean() float64 { return float64(l.keys) / float64(max(l.objects, 1)) }

// survey finds the lists of a JSON.
type survey struct {
	*jsonReader
	lists map[string]*list
	order []*list
}

type value struct {
	kind    byte
	keys    int
	feature bool
}

func (s *survey) list(path string, kind byte, within *list) *list {
	key := string(kind) + path
	l := s.lists[key]
	if l == nil {
		l = &list{path: path, kind: kind, within: within}
		if len(s.lists) < maxCandidates {
			s.lists[key] = l
			s.order = append(s.order, l)
		}
	}
	return l
}

func (s *survey) run() error {
	top := s.list("", '1', nil)
	for s.token() != 0 {
		if c := s.token(); c == ',' { // objects one after another
			s.next()
			continue
		}
		v, err := s.value("", top)
		if err != nil {
			return err
		}
		if v.kind == '{' {
			top.take(v)
		}
	}
	if err := s.failure(); err != nil {
		return readError(err)
	}
	return nil
}

func (l *list) take(v value) {
	l.objects++
	l.keys += v.keys
	if v.feature {
		l.features++
	}
}

func (s *survey) value(path string, within *list) (value, error) {
	switch c := s.token(); c {
	case '{':
		return s.object(path, within)
	case '[':
		if err := s.enter(); err != nil {
			return value{}, err
		}
		l, lists := s.list(path, '{', within), s.list(path, '[', within)
		keys := 1 // a list of objects says nothing by itself
		for {
			ok, err := s.item()
			if !ok {
				return value{kind: '[', keys: keys}, err
			}
			v, err := s.value(path, l)
			if err != nil {
				return value{}, err
			}
			switch v.kind {
			case '{':
				l.take(v)
				keys = 0
			case '[':
				lists.objects++
			}
		}
	case '"':
		_, _, err := s.str(0)
		return value{kind: '"', keys: 1}, err
	}
	_, err := s.word()
	return value{kind: '0', keys: 1}, err
}

func (s *survey) object(path string, within *list) (value, error) {
	if err := s.enter(); err != nil {
		return value{}, err
	}
	v := value{kind: '{'}
	members, inner := 0, list{}
	feature, geo := false, false
	for {
		key, ok, err := s.member()
		if err != nil {
			return value{}, err
		}
		if !ok {
			break
		}
		members++
		below := key
		switch {
		case len(path) > maxPath:
			below = path
		case path != "":
			below = path + "." + key
		}
		if key == "type" && s.token() == '"' {
			kind, _, err := s.str(40)
			if err != nil {
				return value{}, err
			}
			feature = feature || kind == "Feature"
			v.keys++
			continue
		}
		geo = geo || key == "geometry" || key == "properties"
		m, err := s.value(below, within)
		if err != nil {
			return value{}, err
		}
		v.keys += m.keys
		if m.kind == '{' {
			inner.take(m)
		}
	}
	v.feature = feature && geo
	if inner.objects >= 2 && inner.objects*10 >= members*8 && (within == nil || within.kind == '1') {
		l := s.list(path, '}', within)
		l.objects += inner.objects
		l.keys += inner.keys
		l.features += inner.features
	}
	return v, nil
}

// choose takes the list that holds most of the file: not one inside the rows of
// another, unless its own rows tell more.
func (s *survey) choose(wanted string) (*list, error) {
	top := s.order[0]
	if wanted == "" && top.objects == 1 && top.features == 1 {
		return top, nil
	}
	if wanted != "" {
		wanted = strings.TrimSpace(wanted)
		for _, kind := range []byte("{}[") {
			if l := s.lists[string(kind)+wanted]; l != nil && l.objects > 0 {
				return l, nil
			}
		}
		var paths []string
		for _, l := range s.order {
			if l.objects > 0 && l.kind == '{' && len(paths) < 5 {
				paths = append(paths, "« "+clip(l.path, 60)+" »")
			}
		}
		found := "aucune liste d’objets n’y est"
		if len(paths) > 0 {
			found = "listes trouvées : " + strings.Join(paths, ", ")
		}
		return nil, refuse("Le JSON n’a pas de liste d’objets sous « %s » ; %s.", clip(wanted, 60), found)
	}
	score := func(l *list) float64 {
		if l.objects == 0 || l.kind == '[' || l.kind == '1' && l.objects < 2 {
			return 0
		}
		if l.features*2 > l.objects {
			return 1e12 + float64(l.objects)
		}
		if w := l.within; w != nil && !(w.kind == '1' && w.objects < 2) && (l.mean() <= w.mean() || l.objects <= w.objects) {
			return 0
		}
		return float64(l.keys + 1)
	}
	best := slices.MaxFunc(s.order, func(a, b *list) int {
		// Of equals the first: MaxFunc keeps it.
		return cmp.Compare(score(a), score(b))
	})
	if score(best) > 0 {
		return best, nil
	}
	if top.objects == 1 && top.keys > 0 && top.features == 0 {
		lists := 0
		for _, l := range s.order {
			if l.kind != '1' {
				lists++
			}
		}
		if lists == 0 {
			return top, nil // a file of one place
		}
	}
	for _, l := range s.order {
		if l.kind == '[' && l.objects >= 2 {
			return l, nil
		}
	}
	return nil, refuse("Ce JSON ne contient aucune liste d’objets : un tableau y est attendu, par exemple [{\"nom\": …, \"commune\": …}, …].")
}

// jsonRows gives the objects of a list as rows.
type jsonRows struct {
	*jsonReader
	at       *list
	features bool
	stack    []frame
	count    int

	names   []string
	index   map[string]int
	settled bool

	// Of the row that is read.
	key      string // of an object of objects
	name     []byte
	cells    []string
	size     int
	cut      bool
	interior bool
}

// frame is a list or an object that was entered on the way to the rows.
type frame struct {
	object bool
	path   string
	rows   bool // its objects are rows
}

func (r *jsonRows) next() (Row, error) {
	r.cells = make([]string, len(r.names))
	if err := r.step(); err != nil {
		return Row{}, err
	}
	r.count++
	return Row{Line: r.count, Cells: r.cells, TooBig: r.cut, Interior: r.interior}, nil
}

// step reads the next row, into cells once the names are settled; io.EOF after
// the last.
func (r *jsonRows) step() error {
	r.size, r.cut, r.interior = 0, false, false
	for {
		if len(r.stack) == 0 {
			c := r.token()
			for c == ',' {
				r.scanner.next()
				c = r.token()
			}
			if c == 0 {
				if err := r.failure(); err != nil {
					return readError(err)
				}
				return io.EOF
			}
			done, err := r.down("", r.at.kind == '1')
			if done || err != nil {
				return err
			}
			continue
		}
		top := &r.stack[len(r.stack)-1]
		path := top.path
		if top.object {
			key, ok, err := r.member()
			if err != nil {
				return err
			}
			if !ok {
				r.stack = r.stack[:len(r.stack)-1]
				continue
			}
			if r.key = key; !top.rows && len(path) <= maxPath {
				if path != "" {
					path += "."
				}
				path += key
			}
		} else {
			ok, err := r.item()
			if err != nil {
				return err
			}
			if !ok {
				r.stack = r.stack[:len(r.stack)-1]
				continue
			}
		}
		done, err := r.down(path, top.rows)
		if done || err != nil {
			return err
		}
	}
}

// down meets a value on the way: it is a row, or leads to rows, or is skipped.
func (r *jsonRows) down(path string, row bool) (done bool, err error) {
	c := r.token()
	here := path == r.at.path
	switch {
	case row && c == '{' && r.at.kind != '[':
		return true, r.object()
	case row && c == '[' && r.at.kind == '[':
		return true, r.list()
	case c == '[' && (here || leads(path, r.at.path)):
		if err := r.enter(); err != nil {
			return false, err
		}
		r.stack = append(r.stack, frame{path: path, rows: here && (r.at.kind == '{' || r.at.kind == '[')})
		return false, nil
	case c == '{' && (here && r.at.kind == '}' || !here && leads(path, r.at.path) || here && r.at.path == "" && r.at.kind == '1'):
		if err := r.enter(); err != nil {
			return false, err
		}
		r.stack = append(r.stack, frame{object: true, path: path, rows: here && r.at.kind == '}'})
		return false, nil
	}
	return false, r.skip()
}

// leads: what is under path may be under wanted.
func leads(path, wanted string) bool {
	return path == "" || len(path) < len(wanted) && strings.HasPrefix(wanted, path) && wanted[len(path)] == '.'
}

// list reads a row that is a list.
func (r *jsonRows) list() error {
	if err := r.enter(); err != nil {
		return err
	}
	r.cells = r.cells[:0]
	for {
		ok, err := r.item()
		if !ok {
			return err
		}
		cell := ""
		switch c := r.token(); c {
		case '"':
			var cut bool
			if cell, cut, err = r.str(MaxCell); cut {
				r.cut = true
			}
		case '{', '[':
			err = r.skip()
		default:
			cell, err = r.word()
		}
		if err != nil {
			return err
		}
		if r.size += len(cell); r.size > maxRowText || len(r.cells) > 4*MaxColumns {
			r.cut = true
			continue
		}
		r.cells = append(r.cells, cell)
	}
}

// Names of what a Feature has beside its properties, until names are settled.
const (
	featureID  = "\x00id"
	featureLat = "\x00geometry.latitude"
	featureLon = "\x00geometry.longitude"
)

func (r *jsonRows) object() error {
	r.name = r.name[:0]
	if r.at.kind == '}' {
		r.name = append(r.name, "clé"...)
		r.put(r.key, false)
		r.name = r.name[:0]
	}
	if !r.features {
		return r.flatten(false)
	}
	if err := r.enter(); err != nil {
		return err
	}
	for {
		key, ok, err := r.member()
		if !ok {
			return err
		}
		c := r.token()
		switch {
		case key == "properties" && c == '{':
			err = r.flatten(false)
		case key == "geometry" && c == '{':
			r.name = append(r.name[:0], "\x00geometry"...)
			err = r.flatten(false)
			r.name = r.name[:0]
		case key == "id" && c != '{' && c != '[':
			r.name = append(r.name[:0], featureID...)
			err = r.value(false)
			r.name = r.name[:0]
		default:
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

// value puts a value in the cell of its name.
func (r *jsonRows) value(inList bool) error {
	switch r.token() {
	case '{':
		return r.flatten(inList)
	case '[':
		if err := r.enter(); err != nil {
			return err
		}
		n := len(r.name)
		for {
			ok, err := r.item()
			if !ok {
				return err
			}
			if r.token() == '{' && n <= maxPath {
				r.name = append(r.name, "[]"...)
			}
			err = r.value(true)
			r.name = r.name[:n]
			if err != nil {
				return err
			}
		}
	case '"':
		s, cut, err := r.str(MaxCell)
		r.cut = r.cut || cut
		if err == nil {
			r.put(s, inList)
		}
		return err
	}
	s, err := r.word()
	if err == nil {
		r.put(s, inList)
	}
	return err
}

// put writes a cell: after what a list put there before, or in its place (of a
// key given twice the last counts).
func (r *jsonRows) put(s string, inList bool) {
	i, ok := r.index[string(r.name)]
	if !r.settled {
		if !ok && len(r.names) <= MaxColumns {
			r.index[string(r.name)] = len(r.names)
			r.names = append(r.names, string(r.name))
		}
		return
	}
	if !ok || inList && s == "" {
		return
	}
	if r.size += len(s); r.size > maxRowText {
		r.cut = true
		return
	}
	switch {
	case !inList || r.cells[i] == "":
		r.cells[i] = s
	case len(r.cells[i])+len(s) < MaxCell:
		r.cells[i] += "|" + s
	default:
		r.cut = true
	}
}

// flatten puts the members of an object, nested names dotted; a geometry as the
// latitude and longitude of a point.
func (r *jsonRows) flatten(inList bool) error {
	if err := r.enter(); err != nil {
		return err
	}
	n := len(r.name)
	defer func() { r.name = r.name[:n] }()
	into := func(key string) {
		r.name = r.name[:n]
		if n > maxPath {
			return
		}
		if n > 0 {
			r.name = append(r.name, '.')
		}
		r.name = append(r.name, key...)
	}
	kind, typed := "", false
	var shape *geometry
	for {
		key, ok, err := r.member()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		c := r.token()
		switch {
		case key == "type" && c == '"':
			kind, _, err = r.str(MaxCell)
			typed = true
		case key == "coordinates" && c == '[':
			shape = &geometry{}
			err = shape.read(r.jsonReader)
		case key == "geometries" && c == '[' && kind == "GeometryCollection":
			err = r.collection(n, inList)
		default:
			into(key)
			err = r.value(inList)
		}
		if err != nil {
			return err
		}
	}
	if kind == "GeometryCollection" {
		return nil
	}
	if shape != nil {
		if lat, lon, interior, ok := shape.point(kind); ok {
			r.interior = r.interior || interior
			into("latitude")
			r.put(lat, inList)
			into("longitude")
			r.put(lon, inList)
			return nil
		}
		if kind == "" {
			into("coordinates")
			for _, s := range shape.first {
				r.put(s, true)
			}
		}
	}
	if typed && (shape == nil || n == 0) {
		into("type")
		r.put(kind, inList)
	}
	return nil
}

// collection takes the first geometry of several.
func (r *jsonRows) collection(n int, inList bool) error {
	if err := r.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		ok, err := r.item()
		if !ok {
			return err
		}
		r.name = r.name[:n]
		if first && r.token() == '{' {
			err = r.flatten(inList)
		} else {
			r.interior = true
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

// settle gives columns their last names and order: a Feature's own after its
// properties.
func (r *jsonRows) settle() {
	var own, rest []string
	for _, name := range r.names {
		if strings.HasPrefix(name, "\x00") {
			own = append(own, name)
		} else {
			rest = append(rest, name)
		}
	}
	slices.Sort(own) // geometry before id
	if i := slices.Index(own, featureID); i >= 0 {
		own = append([]string{featureID}, slices.Delete(own, i, i+1)...)
	}
	r.index = make(map[string]int, len(r.names))
	r.names = append(rest, own...)
	for i, name := range r.names {
		r.index[name] = i
		if plain, ok := strings.CutPrefix(name, "\x00"); ok {
			if slices.Contains(rest, plain) {
				plain = "feature." + plain
			}
			r.names[i] = plain
		}
	}
}

// geometry is the coordinates of a GeoJSON geometry, as rings or lines.
type geometry struct {
	first []string // the numbers of the first position, as written
	rings [][][2]float64
	total int
}

func (g *geometry) read(j *jsonReader) error {
	if err := j.enter(); err != nil {
		return err
	}
	position, values := true, make([]float64, 0, 3)
	ring := -1
	for {
		ok, err := j.item()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch j.token() {
		case '[':
			position = false
			inner := geometry{total: g.total}
			if err := inner.read(j); err != nil {
				return err
			}
			if len(g.first) < 2 {
				g.first = inner.first
			}
			g.total = inner.total
			if len(inner.rings) == 1 && len(inner.rings[0]) == 1 { // a position of a line
				if ring < 0 {
					ring = len(g.rings)
					g.rings = append(g.rings, nil)
				}
				g.rings[ring] = append(g.rings[ring], inner.rings[0][0])
			} else {
				g.rings = append(g.rings, inner.rings...)
			}
		case '{', '"':
			if err := j.skip(); err != nil {
				return err
			}
		default:
			w, err := j.word()
			if err != nil {
				return err
			}
			if x, err := strconv.ParseFloat(w, 64); err == nil && len(values) < 3 {
				values = append(values, x)
				if g.first == nil || len(g.first) < len(values) && position {
					g.first = append(g.first, w)
				}
			}
		}
	}
	if position && len(values) >= 2 && g.total < maxVertices {
		g.total++
		g.rings = append(g.rings, [][2]float64{{values[0], values[1]}})
	}
	return nil
}

// point gives the coordinates of a point, or of one within another geometry.
func (g *geometry) point(kind string) (latitude, longitude string, interior, ok bool) {
	if len(g.rings) == 0 || len(g.rings[0]) == 0 {
		return "", "", false, false
	}
	longest := slices.MaxFunc(g.rings, func(a, b [][2]float64) int { return cmp.Compare(len(a), len(b)) })
	var p [2]float64
	switch kind {
	case "Point", "MultiPoint":
		if len(g.first) < 2 {
			return "", "", false, false
		}
		return g.first[1], g.first[0], g.total > 1, true
	case "LineString", "MultiLineString":
		p = longest[len(longest)/2]
	case "Polygon", "MultiPolygon":
		p = g.inside()
	default:
		return "", "", false, false
	}
	write := func(x float64) string { return strconv.FormatFloat(math.Round(x*1e7)/1e7, 'f', -1, 64) }
	return write(p[1]), write(p[0]), true, true
}

// inside is the middle of the widest stretch of the polygons at half the height
// of the largest ring.
func (g *geometry) inside() [2]float64 {
	largest, y := -1.0, 0.0
	for _, ring := range g.rings {
		west, east, south, north := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range ring {
			west, east = min(west, p[0]), max(east, p[0])
			south, north = min(south, p[1]), max(north, p[1])
		}
		if area := (east - west) * (north - south); area > largest {
			largest, y = area, (south+north)/2
		}
	}
	var crossings []float64
	for _, ring := range g.rings {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)]
			if (a[1] > y) != (b[1] > y) {
				crossings = append(crossings, a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]))
			}
		}
	}
	slices.Sort(crossings)
	best := g.rings[0][0]
	widest := -1.0
	for i := 0; i+1 < len(crossings); i += 2 {
		if w := crossings[i+1] - crossings[i]; w > widest {
			widest, best = w, [2]float64{(crossings[i] + crossings[i+1]) / 2, y}
		}
	}
	return best
}
