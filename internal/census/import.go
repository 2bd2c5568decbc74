// Package census turns a source's file into records of the census: opens it,
// whatever it was saved as, cuts it into rows, cleans each (the rules are
// internal/place's), hands them to the store in one go, and tells what
// happened to the person who gave the file.
//
// A file is streamed: what is held in memory does not grow with it, but for a
// few dozen bytes a row to recognise identifiers given twice.
package census

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"

	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// Store holds the census: all of the records enter, or none.
type Store interface {
	Load(ctx context.Context, load place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error)
}

// Territories knows the communes. Contours gives those that it has, by code;
// communes without one are left out.
type Territories interface {
	Gazetteer
	Contours(ctx context.Context, codes []string) (map[string]orb.Geometry, error)
}

// Geocoder finds where addresses are: one answer each, in their order. An
// unknown position is an answer too: nothing good enough was found.
type Geocoder interface {
	Locate(ctx context.Context, addresses []place.Address) ([]place.Located, error)
}

// Options says what to import, and how.
type Options struct {
	Source        string    // who gives the file
	Reader        io.Reader // the file
	Name          string    // of the file, for people
	Today         place.Date
	DryRun        bool
	Partial       bool
	AllowRemovals bool
	Demonstration bool
	Mapping       *mapping.Mapping // how its columns are the standard's; nil: they are already
	Geocoder      Geocoder         // nil: none is asked
	// Progress, when not nil, is called now and then, never at the same time.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	Bytes int64 // read of Options.Reader
	Rows  int
}

// batchSize is how many rows are cleaned together: enough for one question of
// contours to serve many, little enough to stay small.
const batchSize = 500

// Import reads a file into the store. The report tells what is known even when
// there is an error; a *sheet.FileError, or any other, then says why nothing entered.
func Import(ctx context.Context, o Options, store Store, territories Territories) (Report, error) {
	in := &counter{r: &cancelled{ctx, o.Reader}}
	b := newReportBuilder(o)
	f, err := open(in, o, communesOf(territories))
	if err != nil {
		var refused *sheet.FileError
		if errors.As(err, &refused) {
			b.report.Fault = refused.Message
		}
		return b.done(), fmt.Errorf("open %s: %w", nameOf(o), err)
	}
	defer f.Close()
	b.begin(f)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	im := &importer{file: f, in: in, options: o, territories: territories, locator: locator{geocoder: o.Geocoder}, keys: map[[16]byte]seen{}}
	batches := make(chan batch, 1)
	var worker sync.WaitGroup
	worker.Go(func() { im.produce(ctx, batches) })
	defer worker.Wait()
	defer cancel()
	records := func(yield func(*place.Record, error) bool) {
		for ba := range batches {
			for i := range ba.rows {
				row := &ba.rows[i]
				b.take(row)
				if row.merged || row.left != "" {
					continue
				}
				if !yield(&row.record, nil) {
					return
				}
			}
			if o.Progress != nil {
				o.Progress(Progress{Bytes: ba.bytes, Rows: b.report.Rows})
			}
			if ba.err != nil {
				yield(nil, ba.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
	load := place.Load{Source: o.Source, DryRun: o.DryRun, Partial: o.Partial, Demonstration: o.Demonstration, AllowRemovals: o.AllowRemovals}
	changes, err := store.Load(ctx, load, records)
	cancel()
	worker.Wait() // im is the worker's until then
	b.end(f, &im.locator)
	if err != nil {
		var refused *sheet.FileError
		if errors.As(err, &refused) {
			b.report.Fault = refused.Message
		}
		return b.done(), fmt.Errorf("import %s: %w", nameOf(o), err)
	}
	b.report.Changes = &changes
	return b.done(), nil
}

func nameOf(o Options) string {
	if o.Name == "" {
		return "the file"
	}
	return o.Name
}

// cancelled stops reading when the context is.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// counter counts the bytes that were read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// batch is a run of cleaned rows, in the order of the file.
type batch struct {
	rows  []cleaned
	bytes int64
	err   error // after these rows
}

// cleaned is what became of a row.
type cleaned struct {
	cells    []string // as the file has them
	record   place.Record
	merged   bool   // the record repeats another: reported, not kept
	left     string // French: why the row was left out
	communes []place.Commune
}

// seen is a key that was given.
type seen struct {
	line int32
	row  uint64 // of the row's content
}

type importer struct {
	file        *file
	in          *counter
	options     Options
	territories Territories
	locator     locator
	keys        map[[16]byte]seen
	contours    map[string]orb.Geometry // of the communes of the last rows; unknown: nil
}

// contoursKept bounds memory: a few kilobytes each. The files of most sources
// name fewer communes.
const contoursKept = 2000

// produce cleans the file batch by batch, ahead of the store by one.
func (im *importer) produce(ctx context.Context, batches chan<- batch) {
	defer close(batches)
	for {
		rows, err := im.readRows()
		ba := batch{}
		if len(rows) > 0 {
			var cleanErr error
			if ba.rows, cleanErr = im.clean(ctx, rows); cleanErr != nil {
				err = cleanErr
				ba.rows = nil
			}
			for i := range ba.rows {
				if row := &ba.rows[i]; row.left == "" {
					row.merged = im.identify(&row.record, row.cells)
				}
			}
		}
		ba.bytes = im.in.n
		if err != nil && err != io.EOF {
			ba.err = err
		}
		if len(ba.rows) > 0 || ba.err != nil {
			select {
			case batches <- ba:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (im *importer) readRows() ([]sheet.Row, error) {
	rows := make([]sheet.Row, 0, batchSize)
	size := 0
	for len(rows) < batchSize && size < 4<<20 {
		r, err := im.file.Next()
		if err == io.EOF {
			return rows, io.EOF
		}
		if err != nil {
			return rows, err
		}
		for _, c := range r.Cells {
			size += len(c)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// clean reads rows into records, on every core, against the contours of the
// communes that they name.
func (im *importer) clean(ctx context.Context, rows []sheet.Row) ([]cleaned, error) {
	schema := im.file.schema
	known := &gazetteer{territories: im.territories}
	c := place.Context{Today: im.options.Today}
	if im.territories != nil {
		c.Communes = known
	}
	out := make([]cleaned, len(rows))
	begun := make([]place.Begun, len(rows))
	mapped := make([]mapping.Mapped, len(rows))
	wanted := map[string]bool{}
	var mu sync.Mutex
	inParallel(len(rows), func(from, to int) {
		codes := map[string]bool{}
		for i := from; i < to; i++ {
			out[i].cells, out[i].left, out[i].record.Line = rows[i].Cells, rows[i].Aside, rows[i].Line
			if out[i].left != "" {
				continue
			}
			cells := rows[i].Cells
			if m := im.file.mapper; m != nil {
				mapped[i] = m.Row(cells)
				cells = mapped[i].Cells
				if out[i].left = mapped[i].Left; out[i].left != "" {
					continue
				}
			}
			begun[i] = schema.Begin(cells, rows[i].Line, c)
			for _, c := range begun[i].Communes() {
				codes[contourOf(im.territories, c.Code)] = true
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for code := range codes {
			wanted[code] = true
		}
	})
	var err error
	if known.contours, err = im.contoursOf(ctx, wanted); err != nil {
		return nil, err
	}
	inParallel(len(rows), func(from, to int) {
		for i := from; i < to; i++ {
			if out[i].left != "" {
				continue
			}
			out[i].communes = begun[i].Communes()
			out[i].record = im.record(rows[i], &mapped[i], &begun[i])
		}
	})
	return out, im.locator.locate(ctx, out)
}

// contoursOf gives the contours of communes: those of the rows before are at hand.
func (im *importer) contoursOf(ctx context.Context, codes map[string]bool) (map[string]orb.Geometry, error) {
	var missing []string
	for code := range codes {
		if _, asked := im.contours[code]; !asked {
			missing = append(missing, code)
		}
	}
	if len(missing) == 0 {
		return im.contours, nil
	}
	if im.contours == nil || len(im.contours)+len(missing) > contoursKept {
		im.contours = make(map[string]orb.Geometry, len(codes))
		missing = slices.Collect(maps.Keys(codes))
	}
	found, err := im.territories.Contours(ctx, missing)
	if err != nil {
		return nil, fmt.Errorf("read contours: %w", err)
	}
	for _, code := range missing {
		im.contours[code] = found[code]
	}
	return im.contours, nil
}

// record reads a row, and says what was wrong with the row itself.
func (im *importer) record(r sheet.Row, mapped *mapping.Mapped, begun *place.Begun) place.Record {
	f := im.file
	record := begun.Record()
	if f.mapper != nil {
		f.through(&record, r, mapped)
	} else {
		for i := range record.Findings {
			record.Findings[i].Column = f.named[record.Findings[i].Field]
		}
	}
	say := func(code, field string, words ...string) {
		record.Findings = append(record.Findings, finding(code, field, r.Line, "", "", words...))
	}
	width := len(f.Headers)
	long := len(r.Cells) > width && slices.ContainsFunc(r.Cells[width:], func(c string) bool { return strings.TrimSpace(c) != "" })
	switch csv := f.Format.Kind == "csv"; {
	case r.TooBig && csv: // where its cells end is not known
		say("cell_too_long", "", "nombre", "un million de")
	case r.TooBig:
		say("cell_cut", "")
	case long && !csv: // lists in JSON
		say("row_wide", "", "nombre", strconv.Itoa(len(r.Cells)), "attendu", strconv.Itoa(width))
	case long:
		say("row_long", "", "nombre", strconv.Itoa(len(r.Cells)), "attendu", strconv.Itoa(width))
	case csv && len(r.Cells) < width-1:
		say("row_short", "", "nombre", strconv.Itoa(len(r.Cells)), "attendu", strconv.Itoa(width))
	}
	if r.Quotes {
		say("row_quotes", "")
	}
	if r.Interior && record.Position.Known() {
		say("position_interior", "latitude")
	}
	return record
}

// through makes of a record what a mapping knows of it: where each field comes
// from, what the source says of all its places, and the row as it was.
func (f *file) through(record *place.Record, r sheet.Row, mapped *mapping.Mapped) {
	record.Raw = make(map[string]string, len(r.Cells))
	private := f.mapper.Private()
	for i, cell := range r.Cells {
		switch {
		case cell == "" || slices.Contains(private, i): // what is about a person is not kept
		case i < len(f.Columns):
			record.Raw[f.Columns[i]] = cell
		default:
			record.Raw["#"+strconv.Itoa(i+1)] = cell
		}
	}
	for _, said := range mapped.Findings {
		said.Line = r.Line
		record.Findings = append(record.Findings, said)
	}
	for i := range record.Findings {
		said := &record.Findings[i]
		if n, ok := columnNumber[said.Field]; ok && said.Column == "" && mapped.Columns[n] != said.Field {
			said.Column = mapped.Columns[n]
		}
	}
	for _, name := range mapped.Unknown {
		if name == "publics_specifiquement_adresses" && len(record.PublicsSpecifiquementAdresses) == 0 {
			record.PublicsSpecifiquementAdresses = nil
		}
		if c, ok := place.ColumnNamed(name); ok && !c.Known(&record.Place) && !slices.Contains(record.Absent, name) {
			record.Absent = append(record.Absent, name)
		}
	}
	for _, name := range mapped.Defaults {
		if c, ok := place.ColumnNamed(name); ok && c.Known(&record.Place) {
			record.Defaults = append(record.Defaults, name)
		}
	}
}

// columnNumber is where a column of the standard stands in it.
var columnNumber = func() map[string]int {
	m := make(map[string]int, len(place.Columns))
	for i := range place.Columns {
		m[place.Columns[i].Name] = i
	}
	return m
}()

// communesOf is what a mapping asks to cut whole addresses; nil when nothing is
// known of communes.
func communesOf(t Territories) place.Communes {
	if t == nil {
		return nil
	}
	return &gazetteer{territories: t}
}

// inParallel cuts n items in runs and works on them on every core.
func inParallel(n int, work func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+49)/50)
	if workers <= 1 {
		work(0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { work(n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

// identify gives the record its key: the id; where there is none, or the id was
// given before, one made of the content, so that the same row has the same key
// in every file. It reports whether the row repeats another exactly.
func (im *importer) identify(r *place.Record, cells []string) (merged bool) {
	whole := contentHash(cells...)
	if r.ID != "" {
		r.Key = keyOf(r.ID)
	} else {
		hash := im.placeHash(r)
		r.Key = "~" + hex.EncodeToString(hash[:8])
		// Said once, and better than by "missing".
		r.Findings = slices.DeleteFunc(r.Findings, func(f place.Finding) bool { return f.Code == "missing" && f.Field == "id" })
		r.Findings = append(r.Findings, place.NewFinding("id_missing", "id", r.Line, "", r.Key))
	}
	base, other := r.Key, int32(0)
	for attempt := 0; ; attempt++ {
		key := contentHash(r.Key)
		before, taken := im.keys[key]
		if !taken {
			im.keys[key] = seen{int32(r.Line), first8(whole)}
			break
		}
		if before.row == first8(whole) {
			r.Findings = append(r.Findings, place.NewFinding("row_repeated", "", r.Line, "", "", "autre", strconv.Itoa(int(before.line))))
			return true
		}
		if attempt == 0 {
			other = before.line
			hash := im.placeHash(r)
			r.Key = base + "~" + hex.EncodeToString(hash[:4])
		} else { // the same name at the same address, told otherwise: the whole row tells them apart
			r.Key = base + "~" + hex.EncodeToString(whole[:min(2+2*attempt, 16)])
		}
	}
	if other > 0 && r.ID != "" {
		r.Findings = append(r.Findings, place.NewFinding("id_repeated", "id", r.Line, r.ID, r.Key, "autre", strconv.Itoa(int(other))))
	}
	return false
}

// maxKey is how long a key may be, in bytes: what a store can index, and far
// more than any identifier.
const maxKey = 200

// keyOf is the id itself, or the beginning of one too long to be one and the
// hash of all of it.
func keyOf(id string) string {
	if len(id) <= maxKey {
		return id
	}
	hash := contentHash(id)
	return strings.ToValidUTF8(id[:maxKey/2], "") + "~" + hex.EncodeToString(hash[:8])
}

// placeHash is what tells a place from another when its source does not: its
// name and where it is.
func (im *importer) placeHash(r *place.Record) [16]byte {
	position := ""
	if r.Position.Known() {
		position = strconv.FormatFloat(r.Position.Latitude(), 'f', 5, 64) + " " + strconv.FormatFloat(r.Position.Longitude(), 'f', 5, 64)
	}
	return contentHash(place.Fold(r.Nom), place.Fold(r.Adresse), place.Fold(r.Commune), r.CodePostal, position)
}

func contentHash(parts ...string) [16]byte {
	var buffer [1024]byte
	text := buffer[:0]
	for _, p := range parts {
		text = append(strconv.AppendInt(text, int64(len(p)), 10), ':')
		text = append(text, p...)
	}
	sum := sha256.Sum256(text)
	return [16]byte(sum[:16])
}

func first8(h [16]byte) uint64 {
	var n uint64
	for _, b := range h[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}
