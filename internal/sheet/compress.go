package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

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
	// An archive is read from its end, and so laid down in a file.
	maxArchive = 1 << 30
)

var ratioFrom int64 = 64 << 20 // lowered by a test

// uncompress follows the magic numbers, at most two deep. A workbook is an
// archive too: where one is met, it is what is opened, and plain is nil.
func (f *File) uncompress(r io.Reader) (plain *bufio.Reader, book *archive, err error) {
	in := &counter{r: r}
	b := bufio.NewReaderSize(in, sampleSize)
	for depth := 0; ; depth++ {
		head, err := b.Peek(512)
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, nil, readError(err)
		}
		var out io.Reader
		kind := ""
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			kind = "gzip"
			if out, err = gzip.NewReader(b); err != nil {
				return nil, nil, refuse("Le fichier se dit compressé en gzip mais ne se lit pas : le compresser de nouveau.")
			}
		case bytes.HasPrefix(head, []byte("PK\x03\x04")):
			kind = "zip"
			a, err := f.archive(b)
			if err != nil {
				return nil, nil, err
			}
			if a.kind != "" {
				return nil, a, nil
			}
			if out, err = f.table(a); err != nil {
				return nil, nil, err
			}
		case bytes.HasPrefix(head, []byte("PK\x05\x06")):
			return nil, nil, refuse("L’archive zip est vide.")
		case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			kind = "zstd"
			d, err := zstd.NewReader(b, zstd.WithDecoderMaxMemory(128<<20), zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, nil, refuse("Le fichier se dit compressé en zstd mais ne se lit pas : le compresser de nouveau.")
			}
			f.close = append(f.close, d.Close)
			out = d
		case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 10 && (bytes.HasPrefix(head[4:], []byte{0x31, 0x41, 0x59, 0x26}) || bytes.HasPrefix(head[4:], []byte{0x17, 0x72, 0x45, 0x38})):
			kind = "bzip2"
			out = bzip2.NewReader(b)
		default:
			if err := noTable(b); err != nil {
				return nil, nil, err
			}
			return b, nil, nil
		}
		if depth == 2 {
			return nil, nil, refuse("Le fichier est compressé plusieurs fois : donner le tableau seul, ou compressé une fois.")
		}
		if f.Format.Compression == "" {
			f.Format.Compression = kind
		}
		b = bufio.NewReaderSize(&bombGuard{r: out, in: in}, sampleSize)
	}
}

// noTable recognises, by their first bytes, what people give in place of a
// table.
func noTable(b *bufio.Reader) error {
	head, err := b.Peek(sampleSize)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return readError(err)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head[:min(len(head), 2000)], []byte("\xef\xbb\xbf")), " \t\r\n"))
	const save = "l’ouvrir dans un tableur, puis « Enregistrer sous » au format Excel (.xlsx), OpenDocument (.ods) ou « CSV UTF-8 »."
	switch {
	case len(text) == 0:
		if len(head) < 512 {
			return refuse("Le fichier est vide.")
		}
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return refuse("Le fichier est compressé en xz, que l’on ne lit pas : le donner tel quel, ou compressé en gzip, zip, zstd ou bzip2.")
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")), bytes.HasPrefix(head, []byte("Rar!")):
		return refuse("C’est une archive 7z ou rar, que l’on ne lit pas : donner le tableau, ou le compresser en zip.")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		if bytes.Contains(head, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
			return refuse("C’est un classeur protégé par un mot de passe : l’ouvrir, retirer la protection, puis l’enregistrer de nouveau.")
		}
		return refuse("C’est un classeur de l’ancien format d’Excel (.xls), que l’on ne lit pas : %s", save)
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return refuse("C’est une base SQLite (GeoPackage ?), que l’on ne lit pas : exporter la table en CSV ou en GeoJSON.")
	case bytes.HasPrefix(head, []byte("PAR1")):
		return refuse("C’est un fichier Parquet, que l’on ne lit pas : l’exporter en CSV ou en JSON.")
	case bytes.HasPrefix(head, []byte("\x00\x00\x27\x0a")):
		return refuse("C’est un fichier de formes (.shp), que l’on ne lit pas : l’exporter en GeoJSON ou en CSV.")
	case bytes.HasPrefix(text, []byte("%pdf")):
		return refuse("C’est un PDF : donner le tableau lui-même, en XLSX, ODS, CSV ou JSON.")
	case bytes.HasPrefix(text, []byte("{\\rtf")):
		return refuse("C’est un document de traitement de texte : donner le tableau en XLSX, ODS ou CSV.")
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<table")):
		if bytes.Contains(bytes.ToLower(head), []byte("<table")) {
			return refuse("C’est une page web qui contient un tableau, quel que soit le nom du fichier : %s", save)
		}
		return refuse("C’est une page web, pas un tableau : vérifier que l’adresse est celle du fichier lui-même (et non de la page qui le présente).")
	case bytes.HasPrefix(text, []byte("<kml")), bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<kml")):
		return refuse("C’est un fichier KML, que l’on ne lit pas : l’exporter en GeoJSON ou en CSV.")
	case bytes.HasPrefix(text, []byte("<?xml")) && (bytes.Contains(text, []byte("excel.sheet")) || bytes.Contains(text, []byte("office:spreadsheet")) || bytes.Contains(text, []byte("opendocument"))):
		return refuse("C’est un classeur enregistré en XML, que l’on ne lit pas : %s", save)
	case bytes.HasPrefix(text, []byte("<?xml")):
		return refuse("C’est un fichier XML, que l’on ne lit pas : donner le tableau en XLSX, ODS, CSV ou JSON.")
	}
	return nil
}

// archive is a zip laid down in a file: kind says which workbook it is, "" none.
type archive struct {
	*zip.Reader
	kind string
}

func (f *File) archive(r io.Reader) (*archive, error) {
	spool, size, err := f.spool(r, maxArchive)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(spool, size)
	if err != nil {
		return nil, refuse("Le fichier est une archive zip (ou un classeur) coupée ou abîmée : l’enregistrer ou la télécharger de nouveau.")
	}
	a := &archive{Reader: z}
	for _, e := range z.File {
		switch e.Name {
		case "xl/workbook.xml":
			a.kind = "xlsx"
		case "content.xml":
			a.kind = "ods"
		case "xl/workbook.bin":
			return nil, refuse("C’est un classeur Excel binaire (.xlsb), que l’on ne lit pas : l’enregistrer au format Excel (.xlsx) ou CSV.")
		case "word/document.xml":
			return nil, refuse("C’est un document Word : donner le tableau en XLSX, ODS ou CSV.")
		case "Index/Document.iwa", "Index.zip":
			return nil, refuse("C’est un classeur Numbers : l’exporter au format Excel (.xlsx) ou CSV.")
		case "doc.kml":
			return nil, refuse("C’est un fichier KMZ, que l’on ne lit pas : l’exporter en GeoJSON ou en CSV.")
		}
	}
	return a, nil
}

// part opens a file of an archive, guarded against bombs.
func (f *File) part(e *zip.File) (io.Reader, error) {
	content, err := e.Open()
	if err != nil {
		return nil, refuse("« %s » ne se lit pas dans l’archive (chiffré ?) : donner le fichier sans protection.", clip(e.Name, 80))
	}
	f.close = append(f.close, func() { content.Close() })
	return &bombGuard{r: content, in: &counter{n: int64(min(e.CompressedSize64, 1<<50))}}, nil
}

// table gives the one table of an archive that is no workbook.
func (f *File) table(a *archive) (io.Reader, error) {
	var tables []*zip.File
	var names []string
	for _, e := range a.File {
		base := path.Base(e.Name)
		if strings.HasSuffix(e.Name, "/") || strings.HasPrefix(base, ".") || strings.HasPrefix(e.Name, "__MACOSX/") {
			continue
		}
		names = append(names, clip(e.Name, 60))
		if slices.Contains([]string{".csv", ".tsv", ".txt", ".json", ".geojson", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".ods", ".umap"}, strings.ToLower(path.Ext(base))) {
			tables = append(tables, e)
		} else if len(a.File) == 1 {
			tables = append(tables, e)
		}
	}
	if len(tables) > 1 { // a note beside a table is no table
		tables = slices.DeleteFunc(tables, func(e *zip.File) bool {
			return strings.EqualFold(path.Ext(e.Name), ".txt") && len(tables) > 1
		})
	}
	if len(tables) != 1 {
		found := "aucun"
		if len(tables) > 1 {
			found = fmt.Sprint(len(tables))
		}
		return nil, refuse("L’archive doit contenir un seul tableau, elle en contient %s (%s).", found, strings.Join(names[:min(len(names), 5)], ", "))
	}
	return f.part(tables[0])
}

// spool lays a stream down where it can be read from anywhere: in memory when
// it is small, in a temporary file beyond.
func (f *File) spool(r io.Reader, most int64) (io.ReaderAt, int64, error) {
	const small = 1 << 20
	first, err := io.ReadAll(io.LimitReader(r, small))
	if err != nil {
		return nil, 0, readError(err)
	}
	if len(first) < small {
		return bytes.NewReader(first), int64(len(first)), nil
	}
	file, err := os.CreateTemp(f.temp, "mednum-import-*")
	if err != nil {
		return nil, 0, fmt.Errorf("lay the file down: %w", err)
	}
	f.close = append(f.close, func() { file.Close(); os.Remove(file.Name()) })
	if _, err := file.Write(first); err != nil {
		return nil, 0, fmt.Errorf("lay the file down: %w", err)
	}
	more, err := io.Copy(file, io.LimitReader(r, most-small+1))
	if err != nil {
		return nil, 0, readError(err)
	}
	if size := small + more; size <= most {
		return file, size, nil
	}
	return nil, 0, refuse("Le fichier dépasse %d Mo : le couper, ou le donner en CSV compressé en gzip.", most>>20)
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
