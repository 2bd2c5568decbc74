package census

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"mednum/internal/place"
)

// FileError says why a whole file cannot be used. Its text is French, for the
// person who gave the file.
type FileError struct{ Message string }

func (e *FileError) Error() string { return e.Message }

func refuse(format string, args ...any) error {
	return &FileError{fmt.Sprintf(format, args...)}
}

const (
	sampleSize = 64 << 10
	// A real census compresses 5 to 20 times. What swells more than
	// maxRatio once it is larger than ratioFrom, or beyond maxSize whatever
	// its ratio, is a bomb or a mistake.
	maxRatio = 200
	maxSize  = 8 << 30
)

var ratioFrom int64 = 64 << 20 // lowered by a test

// Format is what a file was recognised to be.
type Format struct {
	Compression string `json:"compression"` // "", "gzip", "zip", "zstd", "bzip2"
	Encoding    string `json:"encodage"`    // "UTF-8", "UTF-16", "Windows-1252", "MacRoman", "CP850"
	Separator   string `json:"separateur"`
	Version     string `json:"version"`       // of the standard: "v0", "v1"
	HeaderLine  int    `json:"ligne_entetes"` // 1 unless something stands above the headers
}

// File is a census file, open at its first row.
type File struct {
	Format   Format
	Schema   *place.Schema
	Findings []place.Finding // about the header
	rows     *rowReader
	close    []func()
}

// Open recognises the compression, encoding, separator and header of a file.
// The error, when the file cannot be used at all, is a *FileError that says
// everything that is wrong at once. Close must be called.
func Open(r io.Reader, name string) (*File, error) {
	f := &File{}
	plain, err := f.uncompress(r, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := f.begin(plain); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close frees what uncompressing took.
func (f *File) Close() {
	for _, c := range f.close {
		c()
	}
	f.close = nil
}

// uncompress follows the magic numbers, at most two deep.
func (f *File) uncompress(r io.Reader, name string) (*bufio.Reader, error) {
	in := &counter{r: r}
	b := bufio.NewReaderSize(in, sampleSize)
	for depth := 0; ; depth++ {
		head, err := b.Peek(512)
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, readError(err)
		}
		var out io.Reader
		kind := ""
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			kind = "gzip"
			if out, err = gzip.NewReader(b); err != nil {
				return nil, refuse("Le fichier se dit compressé en gzip mais ne se lit pas : le compresser de nouveau.")
			}
		case bytes.HasPrefix(head, []byte("PK\x03\x04")):
			kind = "zip"
			if out, err = f.unzip(b, name); err != nil {
				return nil, err
			}
		case bytes.HasPrefix(head, []byte("PK\x05\x06")):
			return nil, refuse("L’archive zip est vide.")
		case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			kind = "zstd"
			d, err := zstd.NewReader(b, zstd.WithDecoderMaxMemory(128<<20), zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, refuse("Le fichier se dit compressé en zstd mais ne se lit pas : le compresser de nouveau.")
			}
			f.close = append(f.close, d.Close)
			out = d
		case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 10 && (bytes.HasPrefix(head[4:], []byte{0x31, 0x41, 0x59, 0x26}) || bytes.HasPrefix(head[4:], []byte{0x17, 0x72, 0x45, 0x38})):
			kind = "bzip2"
			out = bzip2.NewReader(b)
		default:
			if err := notCSV(head); err != nil {
				return nil, err
			}
			return b, nil
		}
		if depth == 2 {
			return nil, refuse("Le fichier est compressé plusieurs fois : donner le CSV, ou le CSV compressé une fois.")
		}
		if f.Format.Compression == "" {
			f.Format.Compression = kind
		}
		b = bufio.NewReaderSize(&bombGuard{r: out, in: in}, sampleSize)
	}
}

// notCSV recognises, by their first bytes, what people give in place of a CSV.
func notCSV(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case len(text) == 0:
		if len(head) < 512 {
			return refuse("Le fichier est vide.")
		}
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return refuse("Le fichier est compressé en xz, que l’on ne lit pas : le donner en CSV, ou compressé en gzip, zip, zstd ou bzip2.")
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")), bytes.HasPrefix(head, []byte("Rar!")):
		return refuse("C’est une archive 7z ou rar, que l’on ne lit pas : donner le CSV, ou le compresser en zip.")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return refuse("C’est un classeur d’un ancien tableur (.xls) : l’ouvrir et l’enregistrer au format « CSV UTF-8 ».")
	case bytes.HasPrefix(text, []byte("%pdf")):
		return refuse("C’est un PDF : donner le tableau au format CSV.")
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return refuse("C’est une page web, pas un fichier CSV : vérifier que l’adresse est celle du fichier lui-même (et non de la page qui le présente).")
	case bytes.HasPrefix(text, []byte("<?xml")):
		return refuse("C’est un fichier XML : donner le tableau au format CSV.")
	case bytes.HasPrefix(text, []byte("{\"")), bytes.HasPrefix(text, []byte("[{")), bytes.HasPrefix(text, []byte("{\n")), bytes.HasPrefix(text, []byte("[\n")), bytes.HasPrefix(text, []byte("{\r\n")), bytes.HasPrefix(text, []byte("[\r\n")):
		return refuse("C’est un fichier JSON : l’import lit les fichiers CSV du standard.")
	}
	return nil
}

// unzip gives the one CSV of an archive. An archive is read from its end: one
// that comes as a stream is first laid down in a temporary file.
func (f *File) unzip(r io.Reader, name string) (io.Reader, error) {
	spool, err := os.CreateTemp("", "mednum-import-*")
	if err != nil {
		return nil, fmt.Errorf("unzip %s: %w", name, err)
	}
	f.close = append(f.close, func() { spool.Close(); os.Remove(spool.Name()) })
	size, err := io.Copy(spool, io.LimitReader(r, maxSize/8+1))
	if err != nil {
		return nil, readError(err)
	}
	if size > maxSize/8 {
		return nil, refuse("L’archive dépasse %d Mo : donner le CSV seul, compressé en gzip.", maxSize/8>>20)
	}
	archive, err := zip.NewReader(spool, size)
	if err != nil {
		return nil, refuse("Le fichier se dit compressé en zip mais ne se lit pas : le compresser de nouveau.")
	}
	var tables []*zip.File
	var names []string
	for _, e := range archive.File {
		base := e.Name[strings.LastIndexByte(e.Name, '/')+1:]
		switch {
		case e.Name == "[Content_Types].xml" || e.Name == "xl/workbook.xml":
			return nil, refuse("C’est un classeur Excel (.xlsx) : l’ouvrir et l’enregistrer au format « CSV UTF-8 ».")
		case e.Name == "mimetype" || e.Name == "content.xml":
			return nil, refuse("C’est un classeur LibreOffice (.ods) : l’ouvrir et l’enregistrer au format CSV, en UTF-8.")
		case base == "" || strings.HasPrefix(base, ".") || strings.HasPrefix(e.Name, "__MACOSX/"):
			continue
		}
		names = append(names, e.Name)
		if lower := strings.ToLower(base); strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".tsv") || strings.HasSuffix(lower, ".txt") {
			tables = append(tables, e)
		} else if len(archive.File) == 1 {
			tables = append(tables, e)
		}
	}
	if len(tables) != 1 {
		found := "aucun"
		if len(tables) > 1 {
			found = fmt.Sprint(len(tables))
		}
		return nil, refuse("L’archive doit contenir un seul fichier CSV, elle en contient %s (%s).", found, strings.Join(names[:min(len(names), 5)], ", "))
	}
	content, err := tables[0].Open()
	if err != nil {
		return nil, refuse("« %s » ne se lit pas dans l’archive (chiffré ?) : donner le CSV seul.", tables[0].Name)
	}
	f.close = append(f.close, func() { content.Close() })
	return content, nil
}

// readError keeps a *FileError, and says any other in the reader's own words.
func readError(err error) error {
	var file *FileError
	if errors.As(err, &file) {
		return file
	}
	return fmt.Errorf("read the file: %w", err)
}

// counter counts the bytes that were read, and keeps the error that ended them.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// bombGuard stops a file that swells out of all proportion.
type bombGuard struct {
	r  io.Reader
	in *counter
	n  int64
}

func (g *bombGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	switch {
	case g.n > maxSize || g.n > ratioFrom && g.n/max(g.in.n, 1) > maxRatio:
		return n, refuse("Le fichier compressé enfle démesurément (plus de %d fois sa taille) : ce n’est pas un recensement.", maxRatio)
	case err == nil || err == io.EOF:
		return n, err
	case g.in.err != nil:
		return n, readError(g.in.err)
	case errors.As(err, new(*FileError)):
		return n, err
	}
	// The bytes came well: what cannot be made of them is their own fault.
	return n, refuse("Le fichier compressé est abîmé ou incomplet : le télécharger ou le compresser de nouveau.")
}

// begin recognises the encoding, the separator and the header.
func (f *File) begin(b *bufio.Reader) error {
	head, err := b.Peek(sampleSize)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return readError(err)
	}
	f.Format.Encoding = "UTF-8"
	switch utf16 := looksUTF16(head); {
	case utf16 != nil:
		f.Format.Encoding = "UTF-16"
		b = bufio.NewReaderSize(transform.NewReader(b, utf16.NewDecoder()), sampleSize)
		if head, err = b.Peek(sampleSize); err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return readError(err)
		}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		b.Discard(3)
		head = head[3:]
	}
	decoder := &decoder{}
	decoder.learn(head)
	f.rows = &rowReader{in: b, decoder: decoder, format: &f.Format}
	f.rows.oldMac = bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0

	line, skipped := 0, 0
	sep, found := byte(','), -1
	sample := sampleLines(head, f.rows.oldMac)
	if len(sample) > 0 {
		if m := strings.TrimSpace(string(sample[0])); len(m) == 5 && strings.EqualFold(m[:4], "sep=") {
			skipped = 1 // a spreadsheet's own line
		}
	}
	// The header is the row, among the first, of which the most cells are
	// columns of the standard, under the separator that makes them so.
	best := 0
	for i := skipped; i < min(len(sample), skipped+10); i++ {
		text := decoder.text(sample[i])
		for _, s := range []byte{',', ';', '\t', '|'} {
			cells, _, _ := splitLine(text, s)
			if n := knownColumns(cells); n > best {
				best, sep, found = n, s, i
			}
		}
	}
	if found < 0 || best < 2 && found > skipped {
		first := ""
		if len(sample) > skipped {
			first = decoder.text(sample[skipped])
		}
		if strings.TrimSpace(first) == "" && len(sample) < 2 {
			return refuse("Le fichier est vide.")
		}
		return refuse("La première ligne n’est pas celle des colonnes du standard : « %s ». Elle doit donner leurs noms, séparés par des virgules : « id,pivot,nom,commune,code_postal… ».", clip(first, 120))
	}
	f.rows.sep = sep
	f.Format.Separator = string(sep)
	for line = 0; line < found; line++ {
		if _, err := f.rows.physical(); err != nil {
			return readError(err)
		}
	}
	header, err := f.rows.next()
	if err != nil {
		return readError(err)
	}
	for len(header.cells) > 1 && strings.TrimSpace(header.cells[len(header.cells)-1]) == "" {
		header.cells = header.cells[:len(header.cells)-1] // a separator at the end of every line
	}
	f.Format.HeaderLine = header.line
	f.Schema, f.Findings = place.ReadHeader(header.cells, header.line)
	f.Format.Version = f.Schema.Version
	f.rows.width = len(header.cells)
	var faults []string
	for _, finding := range f.Findings {
		if finding.Severity == place.Blocking {
			faults = append(faults, finding.Message)
		}
	}
	if len(faults) > 0 {
		for _, finding := range f.Findings {
			if finding.Code == "column_unknown" && strings.Contains(finding.Message, "Vouliez-vous") {
				faults = append(faults, finding.Message)
			}
		}
		return &FileError{strings.Join(faults, " ") + " Colonnes lues : " + clip(strings.Join(header.cells, ", "), 300) + "."}
	}
	return nil
}

// knownColumns counts the cells that name a column of the standard.
func knownColumns(cells []string) int {
	if len(cells) > 2000 {
		return 0
	}
	_, findings := place.ReadHeader(cells, 1)
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	for _, f := range findings {
		if f.Code == "column_unknown" || f.Code == "column_repeated" {
			n--
		}
	}
	return n
}

// sampleLines cuts the head of a file into physical lines, the last left out
// when it may be cut short.
func sampleLines(head []byte, oldMac bool) [][]byte {
	end := byte('\n')
	if oldMac {
		end = '\r'
	}
	lines := bytes.Split(head, []byte{end})
	if len(head) >= sampleSize-3 && len(lines) > 1 {
		lines = lines[:len(lines)-1]
	}
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	return lines
}

// looksUTF16 recognises UTF-16 by its mark, or by the zeros beside ASCII letters.
func looksUTF16(head []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	}
	n := min(len(head), 2000) &^ 1
	if n < 8 {
		return nil
	}
	even, odd := 0, 0
	for i := 0; i < n; i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	switch {
	case odd > n/2*8/10 && even == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case even > n/2*8/10 && odd == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// clip keeps the first n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
