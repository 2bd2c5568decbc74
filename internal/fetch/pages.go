package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
)

const (
	maxPages   = 5000
	maxItems   = 2_000_000
	maxListed  = 32 << 20 // a first page beyond that is a file, not the page of an API
	maxItem    = 8 << 20
	maxValues  = 500 // of an envelope
	maxNesting = 4
)

// envelope is what stands around the items of a page.
type envelope struct {
	list   string             // path of the items, "" at the top
	items  int                // how many there are
	texts  map[string]string  // by lower-case path: "meta.next"
	number map[string]float64 // the same
	next   string             // of a list of links
	geo    bool               // a FeatureCollection
}

var errNoPage = errors.New("not a page of items")

// follow replaces a first page by all of them, where it is one: JSON lines of
// the items, or one FeatureCollection.
func (g *getting) follow(ctx context.Context, f *File, first *page) error {
	link := linkNext(first.answer.Header.Values("Link"))
	if first.size > maxListed && link == "" || !looksJSON(first.File) {
		return nil
	}
	here := first.answer.Request.URL
	e, _ := examine(first.File) // whoever opens the file says what is wrong with it
	if e.items == 0 {
		return nil
	}
	way := route{first: here}
	next := way.after(here, link, e, e.items)
	if next == nil {
		f.Notice = way.missing(e, e.items)
		return nil
	}
	out, err := os.CreateTemp(g.client.o.Temp, "mednum-fetch-*")
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	f.File = out // closing f drops it; the first page is dropped here
	all := &assembly{out: bufio.NewWriterSize(out, 64<<10), geo: e.geo, seen: map[string]bool{here.String(): true}, had: map[string]bool{}, left: g.client.o.Maximum}
	_, err = all.take(first, e)
	first.drop()
	if err != nil {
		return err
	}
	total := e
	for pages := 1; next != nil; pages++ {
		if pages == maxPages || all.items >= maxItems {
			return refuse("l’adresse donne plus de %d pages ; demandez à son propriétaire un export entier", pages)
		}
		if all.seen[next.String()] {
			break
		}
		all.seen[next.String()] = true
		p, err := g.try(ctx, next, Conditions{})
		if err != nil {
			var fault *Fault
			if errors.As(err, &fault) {
				return &Fault{Message: fmt.Sprintf("à la page %d : %s", pages+1, fault.Message), Temporary: fault.Temporary}
			}
			return err
		}
		again := false
		if e, err = examine(p.File); err == nil {
			again, err = all.take(p, e)
		}
		here, link = p.answer.Request.URL, linkNext(p.answer.Header.Values("Link"))
		p.drop()
		switch {
		case errors.Is(err, errNoPage), err == nil && again:
			err = io.EOF // no more items, or a site that does not know our way of asking
		case errors.As(err, new(*Fault)):
			return err
		case err != nil:
			return refuse("à la page %d : ce n’est pas du JSON lisible", pages+1)
		}
		if err != nil {
			break
		}
		f.Pages++
		next = way.after(here, link, e, all.items)
	}
	if err := all.end(); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	f.Notice = way.missing(total, all.items)
	// What one page says of its freshness says nothing of the others.
	f.Conditions = Conditions{}
	extension := ".jsonl"
	if all.geo {
		extension = ".geojson"
	}
	f.Name = strings.TrimSuffix(f.Name, path.Ext(f.Name)) + extension
	return nil
}

func looksJSON(f io.ReadSeeker) bool {
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// assembly writes the items of all the pages.
type assembly struct {
	out   *bufio.Writer
	geo   bool
	items int
	left  int64
	had   map[string]bool // hashes of pages
	seen  map[string]bool // addresses
}

// take writes the items of a page, unless they are those of another page.
func (a *assembly) take(p *page, e envelope) (again bool, err error) {
	h := sha256.New()
	if _, err := readPage(p.File, e.list, func(item json.RawMessage) error { h.Write(item); return nil }); err != nil {
		return false, err
	}
	sum := string(h.Sum(nil))
	if a.had[sum] {
		return true, nil
	}
	a.had[sum] = true
	_, err = readPage(p.File, e.list, func(item json.RawMessage) error {
		if a.left -= int64(len(item)); a.left < 0 {
			return refuse("l’ensemble des pages est trop grand")
		}
		before, after := "", "\n"
		switch {
		case a.geo && a.items == 0:
			before, after = `{"type":"FeatureCollection","features":[`+"\n", ""
		case a.geo:
			before, after = ",\n", ""
		}
		a.items++
		// One line an item, whatever the page's own lines.
		line := bytes.NewBufferString(before)
		if err := json.Compact(line, item); err != nil {
			return err
		}
		line.WriteString(after)
		_, err := a.out.Write(line.Bytes())
		return err
	})
	return false, err
}

func (a *assembly) end() error {
	if a.geo {
		if _, err := a.out.WriteString("\n]}\n"); err != nil {
			return err
		}
	}
	return a.out.Flush()
}

// examine finds the items of a page: the list of objects that has one of the
// usual names, or else the longest. Without any it is errNoPage.
func examine(f io.ReadSeeker) (envelope, error) {
	w, err := readPage(f, "", nil)
	if err != nil {
		return envelope{}, err
	}
	e, best := w.e, false
	for at, n := range w.lists {
		if usual := usualNames[leaf(at)] || at == ""; e.items == 0 || usual && !best || usual == best && (n > e.items || n == e.items && at < e.list) {
			e.list, e.items, best = at, n, usual
		}
	}
	e.geo = e.texts["type"] == "FeatureCollection" && e.list == "features"
	if e.items == 0 {
		return e, errNoPage
	}
	return e, nil
}

// readPage walks through a JSON text from its beginning, and gives each object
// of the list at a path; without each, it counts those of every list.
func readPage(f io.ReadSeeker, list string, each func(json.RawMessage) error) (*walker, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	b := bufio.NewReaderSize(f, 64<<10)
	if bom, _ := b.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		b.Discard(3)
	}
	w := &walker{d: json.NewDecoder(b), list: list, each: each, lists: map[string]int{}, e: envelope{texts: map[string]string{}, number: map[string]float64{}}}
	token, err := w.d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		err = w.items("")
	case json.Delim('{'):
		err = w.object("", 0)
	default:
		err = errNoPage
	}
	return w, err
}

type walker struct {
	d     *json.Decoder
	list  string
	each  func(json.RawMessage) error
	e     envelope
	lists map[string]int
}

// usualNames are those of lists of items.
var usualNames = set("results", "records", "data", "items", "features", "value", "rows", "entries", "content", "hydra:member", "member", "docs", "lieux", "structures")

// asides are lists that are never the items.
var asides = map[string]bool{"links": true, "_links": true, "fields": true, "columns": true, "facets": true, "facet_groups": true, "errors": true, "messages": true, "bbox": true, "schema": true}

func (w *walker) object(prefix string, depth int) error {
	for w.d.More() {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		key := strings.ToLower(token.(string))
		at := key
		if prefix != "" {
			at = prefix + "." + key
		}
		if token, err = w.d.Token(); err != nil {
			return err
		}
		switch v := token.(type) {
		case json.Delim:
			switch {
			case v == '{' && depth < maxNesting:
				err = w.object(at, depth+1)
			case v == '{':
				err = w.skip()
			case key == "links" || key == "_links":
				err = w.links()
			case asides[key] || w.each != nil && at != w.list:
				err = w.skip()
			default:
				err = w.items(at)
			}
			if err != nil {
				return err
			}
		case string:
			if len(w.e.texts) < maxValues && len(v) < 8192 {
				w.e.texts[at] = v
			}
		case float64:
			if len(w.e.number) < maxValues {
				w.e.number[at] = v
			}
		}
	}
	_, err := w.d.Token() // the closing brace
	return err
}

// items reads a list whose bracket was read. It is the list of items when its
// first value is an object.
func (w *walker) items(at string) error {
	for i := 0; w.d.More(); i++ {
		var item json.RawMessage
		if err := w.d.Decode(&item); err != nil {
			return err
		}
		if item = bytes.TrimLeft(item, " \t\r\n"); len(item) == 0 || item[0] != '{' {
			if i == 0 {
				return w.skip()
			}
			continue
		}
		if len(item) > maxItem {
			return errNoPage
		}
		if len(w.lists) < maxValues || w.lists[at] > 0 {
			w.lists[at]++
		}
		if w.each != nil {
			if err := w.each(item); err != nil {
				return err
			}
		}
	}
	_, err := w.d.Token()
	return err
}

// links reads [{"rel": "next", "href": …}].
func (w *walker) links() error {
	for w.d.More() {
		var item json.RawMessage
		if err := w.d.Decode(&item); err != nil {
			return err
		}
		var link struct {
			Rel  string `json:"rel"`
			Href string `json:"href"`
		}
		if json.Unmarshal(item, &link) == nil && strings.EqualFold(link.Rel, "next") {
			w.e.next = link.Href
		}
	}
	_, err := w.d.Token()
	return err
}

// skip reads to the end of the list or object that is open.
func (w *walker) skip() error {
	for depth := 1; depth > 0; {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// linkNext reads a Link header: <https://…>; rel="next".
func linkNext(headers []string) string {
	for _, h := range headers {
		for one := range strings.SplitSeq(h, ",") {
			address, words, ok := strings.Cut(one, ";")
			address = strings.TrimSpace(address)
			if !ok || !strings.HasPrefix(address, "<") || !strings.HasSuffix(address, ">") {
				continue
			}
			for word := range strings.SplitSeq(words, ";") {
				k, v, _ := strings.Cut(strings.TrimSpace(word), "=")
				if strings.EqualFold(k, "rel") && strings.EqualFold(strings.Trim(v, `"`), "next") {
					return address[1 : len(address)-1]
				}
			}
		}
	}
	return ""
}

// Names under which portals write the same things; compared in lower case,
// without "_" nor "-".
var (
	nextNames   = set("next", "nexturl", "nextlink", "nextpage", "nextpageurl", "nextpagelink", "@odata.nextlink", "@nextlink", "hydra:next")
	totalNames  = set("totalcount", "nhits", "count", "total", "totalfeatures", "numbermatched", "totalresults", "totalitems", "hydra:totalitems", "totalelements", "recordcount", "totalrecords", "nbtotal")
	pageNames   = set("page", "currentpage", "pagenumber", "number", "pageindex")
	pagesNames  = set("pages", "totalpages", "lastpage", "pagecount", "nbpages")
	offsetNames = set("offset", "start", "skip", "from", "startindex", "$skip", "startrow")
	limitNames  = set("limit", "rows", "size", "perpage", "pagesize", "top", "$top", "count")
)

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// leaf is the last word of a path.
func leaf(at string) string {
	if strings.HasSuffix(at, "@odata.nextlink") {
		return "@odata.nextlink"
	}
	return plain(at[strings.LastIndexByte(at, '.')+1:])
}

// shortest gives the value nearest to the top of an envelope under one of these
// names.
func shortest[V any](values map[string]V, names map[string]bool, fit func(V) bool) (at string, value V, ok bool) {
	for k, v := range values {
		if names[leaf(k)] && fit(v) && (!ok || strings.Count(k, ".") < strings.Count(at, ".") || strings.Count(k, ".") == strings.Count(at, ".") && k < at) {
			at, value, ok = k, v, true
		}
	}
	return at, value, ok
}

// route is how to go from a page to the next.
type route struct{ first *url.URL }

// after gives the address of the next page, nil where there is none.
func (w *route) after(here *url.URL, link string, e envelope, items int) *url.URL {
	if link == "" {
		link = e.next
	}
	if link == "" {
		address := func(s string) bool {
			return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "/") || strings.HasPrefix(s, "?")
		}
		if _, v, ok := shortest(e.texts, nextNames, address); ok {
			link = v
		}
		for at, v := range e.texts {
			if up, ok := strings.CutSuffix(at, ".href"); link == "" && ok && nextNames[leaf(up)] {
				link = v
			}
		}
	}
	if link != "" {
		next, err := here.Parse(link)
		if err != nil {
			return nil
		}
		// A portal behind a proxy often forgets its own scheme.
		if next.Host == here.Host && here.Scheme == "https" {
			next.Scheme = "https"
		}
		if _, err := check(next); err != nil {
			return nil
		}
		return next
	}
	total, ok := e.total(e.items)
	if !ok || items >= total {
		return nil
	}
	q := here.Query()
	own := func(names map[string]bool) string {
		for k := range q {
			if names[plain(k)] {
				return k
			}
		}
		return ""
	}
	step := func(name string, value int) *url.URL {
		next := *here
		q.Set(name, strconv.Itoa(value))
		next.RawQuery = q.Encode()
		return &next
	}
	_, page, paged := shortest(e.number, pageNames, func(float64) bool { return true })
	_, _, counted := shortest(e.number, pagesNames, func(float64) bool { return true })
	_, _, offset := shortest(e.number, set("offset"), func(float64) bool { return true })
	_, wfs := e.number["numbermatched"]
	if _, more := e.number["totalfeatures"]; more {
		wfs = true
	}
	switch {
	case own(offsetNames) != "":
		began, _ := strconv.Atoi(w.first.Query().Get(own(offsetNames)))
		return step(own(offsetNames), began+items)
	case own(pageNames) != "":
		at, err := strconv.Atoi(q.Get(own(pageNames)))
		if err != nil {
			return nil
		}
		return step(own(pageNames), at+1)
	case e.list == "results" && e.number["total_count"] > 0: // Opendatasoft, Explore 2
		if own(limitNames) == "" {
			q.Set("limit", "100")
		}
		return step("offset", items)
	case e.number["nhits"] > 0 && e.list == "records": // Opendatasoft, version 1
		if own(limitNames) == "" {
			q.Set("rows", "100")
		}
		return step("start", items)
	case e.list == "result.records": // CKAN
		return step("offset", items)
	case paged && (counted || e.number[pathOf(e.number, "pagesize")] > 0 || e.number[pathOf(e.number, "perpage")] > 0):
		return step("page", int(page)+1)
	case offset:
		return step("offset", items)
	case e.geo && wfs:
		return step("startIndex", items)
	}
	return nil
}

func pathOf(values map[string]float64, name string) string {
	at, _, _ := shortest(values, set(name), func(float64) bool { return true })
	return at
}

// total is how many items the envelope announces, when more than a page has.
func (e *envelope) total(here int) (int, bool) {
	_, n, ok := shortest(e.number, totalNames, func(n float64) bool { return n > float64(here) && n < 1e9 && n == float64(int(n)) })
	return int(n), ok
}

// missing says that fewer items came than were announced.
func (w *route) missing(e envelope, items int) string {
	total, ok := e.total(e.items)
	if !ok || items >= total {
		return ""
	}
	return fmt.Sprintf("Le site annonce %d fiches et n’en a donné que %d.", total, items)
}
