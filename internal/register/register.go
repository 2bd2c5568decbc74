// Package register reads an official register of labels, the national list of
// France Services, and says which places of the census it confirms, which it
// contradicts, and which it says nothing of, with the reasons.
//
// It is pure. A label is a claim about a place: this package would rather say
// that it does not know than confirm the neighbour or contradict the right one.
package register

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"mednum/internal/place"
)

// State of a label on the day of the register.
type State string

const (
	Active    State = "labellisé"
	Suspended State = "suspendu"
	Withdrawn State = "retiré"
	Unclear   State = "" // the register does not say, or not in words that we know
)

// Entry is one line of the register. What is unknown is zero.
type Entry struct {
	ID                string         `json:"id"`
	Line              int            `json:"ligne"` // of the file; 1 is the header
	Nom               string         `json:"nom"`
	Adresse           string         `json:"adresse,omitempty"`
	ComplementAdresse string         `json:"complement_adresse,omitempty"`
	Commune           string         `json:"commune,omitempty"`
	CodeInsee         string         `json:"code_insee,omitempty"`
	CodePostal        string         `json:"code_postal,omitempty"`
	Departement       string         `json:"departement,omitempty"`
	Position          place.Position `json:"-"`
	Telephone         string         `json:"-"` // digits, from the 9 last ones on
	Courriel          string         `json:"-"`
	Mobile            bool           `json:"itinerant,omitempty"`  // a bus: its address is where it sleeps
	Multisite         bool           `json:"multisites,omitempty"` // some of its sites are not in the register
	Antenne           bool           `json:"antenne,omitempty"`    // of another entry
	State             State          `json:"etat"`                 // of the label
	Since             place.Date     `json:"-"`                    // of the label's state
}

// Problem is one thing wrong in the file, told with what to write.
type Problem struct {
	Line    int    `json:"ligne"`
	Column  string `json:"colonne"`
	Found   string `json:"trouve"`
	Message string `json:"message"`           // French
	Refused bool   `json:"refusee,omitempty"` // the whole row is left out
}

// Register is a list as it was read.
type Register struct {
	Date     place.Date // of the list: what it says is true of that day
	Entries  []Entry
	Problems []Problem

	// covered counts the entries of each département; holed are those of which a
	// row was left out, "" when one cannot tell which. A hole forbids contradicting.
	covered map[string]int
	holed   map[string]bool
}

// FileError says why the whole file cannot be used: French, everything at once.
type FileError struct{ Messages []string }

func (e *FileError) Error() string { return strings.Join(e.Messages, "\n") }

func refuse(format string, args ...any) error {
	return &FileError{[]string{fmt.Sprintf(format, args...)}}
}

// maxSize of a register: fifty times the real one.
const maxSize = 64 << 20

// column is a column of the register under the names that its editions gave it.
type column struct {
	name     string
	aliases  []string
	required bool
}

var columns = []column{
	{"id_fs", []string{"id", "identifiant"}, true},
	{"lib_fs", []string{"nom", "libelle", "libelle_fs", "nom_fs"}, true},
	{"insee_com", []string{"code_insee", "insee", "code_commune"}, true},
	{"code_postal", []string{"cp"}, true},
	{"adresse", nil, true},
	{"latitude", []string{"lat"}, true},
	{"longitude", []string{"lon", "lng", "long"}, true},
	{"labellisation_fs", []string{"labellisation", "statut", "etat"}, true},
	{"complement_adresse", nil, false},
	{"lib_com", []string{"commune", "nom_commune"}, false},
	{"insee_dep", []string{"departement", "code_departement", "dep"}, false},
	{"telephone", []string{"tel"}, false},
	{"mail", []string{"email", "courriel"}, false},
	{"format_fs", []string{"format"}, false},
	{"type_fs", []string{"type"}, false},
	{"itinerance", nil, false},
}

// Read reads the national list of France Services, of whatever edition,
// encoding and separator. The error is a *FileError when the file cannot be
// used at all.
func Read(r io.Reader, date place.Date) (*Register, error) {
	text, err := decode(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = separator(text)
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	header, err := in.Read()
	if err != nil {
		return nil, refuse("Le fichier ne se lit pas comme un CSV : %v.", err)
	}
	at, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	reg := &Register{Date: date, covered: map[string]int{}, holed: map[string]bool{}}
	seen := map[string]int{}
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			reg.hole("", Problem{Line: parse.StartLine, Found: "", Message: "Cette ligne ne se lit pas : vérifiez ses guillemets et ses séparateurs.", Refused: true})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the register: %w", err)
		}
		line, _ := in.FieldPos(0)
		if len(row) == 1 && strings.TrimSpace(row[0]) == "" {
			continue
		}
		reg.read(cells{row, at, string(in.Comma), len(header)}, line, seen)
	}
	if len(reg.Entries) == 0 {
		return nil, refuse("Le registre n’a aucune entrée utilisable.")
	}
	return reg, nil
}

// decode gives the text of the file, whose encoding it finds.
func decode(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return "", fmt.Errorf("read the register: %w", err)
	}
	if bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			b, err = io.ReadAll(io.LimitReader(z, maxSize+1))
		}
		if err != nil {
			return "", refuse("Le fichier se dit compressé en gzip mais ne se lit pas.")
		}
	}
	switch {
	case len(b) > maxSize:
		return "", refuse("Le fichier dépasse %d Mo : ce n’est pas la liste des France Services.", maxSize>>20)
	case len(bytes.TrimSpace(b)) == 0:
		return "", refuse("Le fichier est vide.")
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0")):
		return "", refuse("C’est un classeur ou une archive : enregistrez la liste au format « CSV UTF-8 ».")
	case bytes.HasPrefix(bytes.TrimSpace(b), []byte("<")), bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")):
		return "", refuse("Ce n’est pas un CSV : donnez l’adresse du fichier lui-même, au format CSV.")
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		if b, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b); err != nil {
			return "", refuse("Le fichier se dit en UTF-16 mais ne se lit pas.")
		}
	case !utf8.Valid(b):
		// Every byte is a character of it, or is left as a mark of doubt.
		if b, err = charmap.Windows1252.NewDecoder().Bytes(b); err != nil {
			return "", refuse("L’encodage du fichier n’est pas reconnu : enregistrez-le en UTF-8.")
		}
	}
	return strings.TrimPrefix(string(b), "\ufeff"), nil
}

// separator is the sign that cuts the first line most.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, s := range []rune{',', ';', '\t', '|'} {
		if n := strings.Count(line, string(s)); n > most {
			best, most = s, n
		}
	}
	return best
}

// readHeader says where each column is.
func readHeader(header []string) (map[string]int, error) {
	at := map[string]int{}
	spare := map[string]int{} // of aliases: the name itself wins
	for i, h := range header {
		h = strings.ReplaceAll(strings.ReplaceAll(place.Fold(strings.TrimSpace(h)), " ", "_"), "-", "_")
		for _, c := range columns {
			if _, taken := at[c.name]; h == c.name && !taken {
				at[c.name] = i
			} else if _, taken := spare[c.name]; slices.Contains(c.aliases, h) && !taken {
				spare[c.name] = i
			}
		}
	}
	for name, i := range spare {
		if _, ok := at[name]; !ok {
			at[name] = i
		}
	}
	var missing []string
	for _, c := range columns {
		if _, ok := at[c.name]; ok || !c.required {
			continue
		}
		m := fmt.Sprintf("Il manque la colonne « %s ».", c.name)
		if near, ok := place.Nearest(c.name, unread(header, at)); ok {
			m = fmt.Sprintf("Il manque la colonne « %s » : est-ce « %s » ? Renommez-la.", c.name, near)
		}
		missing = append(missing, m)
	}
	if len(missing) > 0 {
		return nil, &FileError{missing}
	}
	return at, nil
}

// unread are the headers that no column took.
func unread(header []string, at map[string]int) []string {
	var out []string
	for i, h := range header {
		taken := false
		for _, j := range at {
			taken = taken || i == j
		}
		if h = strings.TrimSpace(h); !taken && h != "" {
			out = append(out, h)
		}
	}
	return out
}

type cells struct {
	row   []string
	at    map[string]int
	comma string
	width int // columns of the header
}

// swallowed reports whether a cell holds whole rows: a quote was left open. A
// long comment may have as many commas, but no line that begins like a row.
func (c cells) swallowed(cell string) bool {
	for i, line := range strings.Split(cell, "\n") {
		first, _, ok := strings.Cut(line, c.comma)
		if i > 0 && ok && strings.Count(line, c.comma) >= c.width-1 && first != "" && !strings.ContainsAny(first, " .") {
			return true
		}
	}
	return false
}

func (c cells) get(name string) string {
	i, ok := c.at[name]
	if !ok || i >= len(c.row) {
		return ""
	}
	s := strings.Join(strings.Fields(c.row[i]), " ")
	switch strings.ToLower(s) {
	case "null", "na", "n/a", "nan", "none", "-":
		return ""
	}
	return s
}

func (reg *Register) hole(departement string, p Problem) {
	reg.Problems = append(reg.Problems, p)
	reg.holed[departement] = true
}

var (
	inseePattern  = regexp.MustCompile(`^(?:\d{5}|2[AB]\d{3})$`)
	postalPattern = regexp.MustCompile(`^\d{5}$`)
	dayPattern    = regexp.MustCompile(`\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2}`)
)

func (reg *Register) read(c cells, line int, seen map[string]int) {
	e := Entry{
		ID: c.get("id_fs"), Line: line, Nom: c.get("lib_fs"), Adresse: c.get("adresse"), ComplementAdresse: c.get("complement_adresse"),
		Commune: c.get("lib_com"), Courriel: strings.ToLower(c.get("mail")), Telephone: lastDigits(c.get("telephone")),
	}
	tell := func(column, message string, args ...any) {
		reg.Problems = append(reg.Problems, Problem{Line: line, Column: column, Found: c.get(column), Message: fmt.Sprintf(message, args...)})
	}
	insee := strings.ToUpper(c.get("insee_com"))
	if len(insee) == 4 && isDigits(insee) {
		insee = "0" + insee // a spreadsheet took it for a number
		tell("insee_com", "Le zéro de tête est perdu : lu « %s ».", insee)
	}
	switch {
	case inseePattern.MatchString(insee):
		e.CodeInsee = insee
	case insee != "":
		tell("insee_com", "Ce n’est pas un code INSEE de commune : écrivez cinq signes, par exemple 51454.")
	}
	postal := c.get("code_postal")
	if len(postal) == 4 && isDigits(postal) {
		postal = "0" + postal
		tell("code_postal", "Le zéro de tête est perdu : lu « %s ».", postal)
	}
	switch {
	case postalPattern.MatchString(postal):
		e.CodePostal = postal
	case postal != "":
		tell("code_postal", "Ce n’est pas un code postal : écrivez cinq chiffres.")
	}
	e.Departement = departement(e.CodeInsee, e.CodePostal)
	if d := strings.ToUpper(c.get("insee_dep")); e.Departement == "" && d != "" {
		if len(d) == 1 {
			d = "0" + d
		}
		e.Departement = d
	}
	if lat, lon := c.get("latitude"), c.get("longitude"); lat != "" || lon != "" {
		x, errX := strconv.ParseFloat(strings.Replace(lat, ",", ".", 1), 64)
		y, errY := strconv.ParseFloat(strings.Replace(lon, ",", ".", 1), 64)
		position, err := place.NewPosition(x, y)
		switch {
		case errX != nil || errY != nil:
			tell("latitude", "La latitude ou la longitude ne se lit pas : écrivez des degrés décimaux.")
		case err != nil:
			swapped := ""
			if _, err := place.NewPosition(y, x); err == nil {
				swapped = " ; elles semblent interverties"
			}
			tell("latitude", "Ce point (%s, %s) n’est pas en France%s.", lat, lon, swapped)
		default:
			e.Position = position
		}
	}
	format, kind := place.Fold(c.get("format_fs")), place.Fold(c.get("type_fs"))
	name := words(e.Nom)
	e.Mobile = strings.Contains(format, "bus") || strings.Contains(format, "itineran") || place.Fold(c.get("itinerance")) == "oui" || slices.ContainsFunc(name, mobileWord)
	e.Multisite = strings.Contains(format, "multisite") || slices.Contains(name, "multisites") || slices.Contains(name, "multisite")
	e.Antenne = strings.Contains(kind, "antenne") || format == "antenne"
	e.State, e.Since = readLabel(c.get("labellisation_fs"))
	if e.State == Unclear {
		tell("labellisation_fs", "L’état du label n’est pas compris : écrivez « Espace labellisé », « suspendu » ou « retiré », et sa date.")
	}
	leave := func(column, message string, args ...any) {
		reg.hole(e.Departement, Problem{Line: line, Column: column, Found: c.get(column), Message: fmt.Sprintf(message, args...), Refused: true})
	}
	unclosed := slices.ContainsFunc(c.row, c.swallowed)
	first, twice := seen[e.ID]
	switch {
	case unclosed:
		e.Departement = ""
		leave("", "Un guillemet n’est pas fermé : plusieurs lignes sont lues comme une seule.")
	case e.ID == "":
		leave("id_fs", "L’entrée n’a pas d’identifiant : elle est laissée de côté.")
	case twice:
		leave("id_fs", "L’identifiant est déjà celui de la ligne %d : l’entrée est laissée de côté.", first)
	case e.Nom == "":
		leave("lib_fs", "L’entrée n’a pas de nom : elle est laissée de côté.")
	case e.CodeInsee == "" && e.CodePostal == "" && !e.Position.Known():
		leave("insee_com", "Ni commune, ni code postal, ni position : l’entrée ne peut pas être située.")
	default:
		seen[e.ID] = line
		reg.Entries = append(reg.Entries, e)
		reg.covered[e.Departement]++
	}
}

// readLabel reads "Espace labellisé 01/02/2020", "Label suspendu le …".
func readLabel(s string) (State, place.Date) {
	found := dayPattern.FindString(s)
	if d := strings.Split(found, "/"); len(d) == 3 {
		found = fmt.Sprintf("%s-%02s-%02s", d[2], d[1], d[0])
	}
	day, _ := place.ParseDate(found)
	f := place.Fold(s)
	for _, w := range []string{"retir", "retrait", "delabel", "abandon", "resili", "ferm", "cess", "non label"} {
		if strings.Contains(f, w) {
			return Withdrawn, day
		}
	}
	switch {
	case strings.Contains(f, "suspen"):
		return Suspended, day
	case strings.Contains(f, "label"):
		return Active, day
	}
	return Unclear, day
}

// departement of a commune, or for want of it of a postal code.
func departement(insee, postal string) string {
	switch {
	case len(insee) == 5 && (insee[:2] == "97" || insee[:2] == "98"):
		return insee[:3]
	case len(insee) == 5:
		return insee[:2]
	case len(postal) == 5 && (postal[:2] == "97" || postal[:2] == "98"):
		return postal[:3]
	case len(postal) == 5 && postal[:2] == "20":
		if postal < "20200" {
			return "2A"
		}
		return "2B"
	case len(postal) == 5:
		return postal[:2]
	}
	return ""
}

// lastDigits are what two spellings of a French number share: +33 1 80… and
// 01 80… Shorter numbers belong to many.
func lastDigits(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if len(digits) < 9 {
		return ""
	}
	return digits[len(digits)-9:]
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
