package territory

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/charmap"
)

// row is a line of a table, its cells by folded column name.
type row struct {
	line    int
	columns map[string]int
	cells   []string
}

func (r row) get(names ...string) string {
	for _, n := range names {
		if i, ok := r.columns[n]; ok && i < len(r.cells) {
			if v := strings.TrimSpace(r.cells[i]); v != "" {
				return v
			}
		}
	}
	return ""
}

// layouts are the tables that are recognised, by columns that only they have.
var layouts = []struct {
	columns []string
	read    func(*source, row)
}{
	{[]string{"typecom", "com", "libelle", "comparent"}, (*source).inseeCommune},
	{[]string{"mod", "date eff", "com av", "com ap"}, (*source).inseeMove},
	{[]string{"com comer", "libelle", "comer"}, (*source).inseeOverseas},
	{[]string{"dep", "reg", "cheflieu", "libelle"}, (*source).inseeDepartement},
	{[]string{"reg", "cheflieu", "libelle"}, (*source).inseeRegion},
	{[]string{"comer", "libelle"}, (*source).inseeCollectivite},
	{[]string{"code commune insee", "code postal"}, (*source).laPoste},
	{[]string{"code ancien", "code actuel"}, (*source).formerCommune},
	{[]string{"code", "nom", "codes postaux", "population"}, (*source).commune},
}

// table reads a CSV: UTF-8 or Windows-1252, with commas, semicolons or tabs.
func (s *source) table(in io.Reader) {
	text, err := io.ReadAll(io.LimitReader(in, maxTable+1))
	if err != nil {
		s.fault(0, 0, "ne peut être lu : %s", frenchCause(err))
		return
	}
	if len(text) > maxTable {
		s.fault(0, 0, "fichier trop grand (1 Gio au plus)")
		return
	}
	if !utf8.Valid(text) {
		text, _ = charmap.Windows1252.NewDecoder().Bytes(text)
	}
	head, _, _ := bytes.Cut(text, []byte("\n"))
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma = separator(head)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		s.notice(1, 0, "ce n’est pas une table que mednum sait lire : fichier ignoré")
		return
	}
	columns := map[string]int{}
	for i, h := range header {
		columns[Fold(h)] = i
	}
	for _, l := range layouts {
		if slices.ContainsFunc(l.columns, func(c string) bool { _, ok := columns[c]; return !ok }) {
			continue
		}
		width := len(header)
		for {
			cells, err := c.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				var at *csv.ParseError
				if errors.As(err, &at) {
					s.fault(at.StartLine, 0, "guillemets mal fermés")
				} else {
					s.fault(0, 0, "ne peut être lu : %s", frenchCause(err))
				}
				break
			}
			line, _ := c.FieldPos(0)
			if len(cells) != width {
				s.fault(line, 0, "%d colonnes au lieu de %d", len(cells), width)
				continue
			}
			l.read(s, row{line, columns, cells})
		}
		return
	}
	s.notice(1, 0, "colonnes inconnues (%s) : fichier ignoré", strings.Join(header[:min(6, len(header))], ", "))
}

func separator(head []byte) rune {
	best, n := ',', 0
	for _, sep := range ",;\t" {
		if c := bytes.Count(head, []byte(string(sep))); c > n {
			best, n = sep, c
		}
	}
	return best
}

// insee checks a commune's code, with its lost zero put back.
func (s *source) insee(line, record int, code string) (string, bool) {
	if len(code) == 4 && digits(code) {
		code = "0" + code
	}
	if !isInsee(code) {
		if code == "" {
			s.fault(line, record, "le code de la commune manque")
		} else {
			s.fault(line, record, "« %s » n’est pas un code INSEE de commune (cinq caractères, comme 51454 ou 2A004)", clip(code))
		}
		return "", false
	}
	return code, true
}

func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	cut := 60
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// commune reads the project's own communes.csv.
func (s *source) commune(r row) {
	code, ok := s.insee(r.line, 0, r.get("code"))
	if !ok {
		return
	}
	d := s.reading.draft(code)
	d.list(rankTable)
	d.name(r.get("nom"), rankTable, s.by("table des communes"))
	d.place(r.get("departement"), r.get("region"), rankTable)
	d.group(r.get("epci"), rankTable)
	if epci := r.get("epci"); epci != "" {
		s.reading.division("epci", epci, r.get("epci nom"), "", -1)
	}
	if p := r.get("codes postaux"); p != "" {
		d.postal(s.postals(r.line, 0, strings.Split(p, "|")), rankTable, s.by("table des communes"))
	}
	if p := r.get("population"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			s.fault(r.line, 0, "population « %s » : un nombre entier était attendu", clip(p))
		} else {
			d.populate(n, rankTable)
		}
	}
	lon, lat := r.get("lon", "longitude"), r.get("lat", "latitude")
	if lon != "" && lat != "" {
		x, errX := strconv.ParseFloat(lon, 64)
		y, errY := strconv.ParseFloat(lat, 64)
		if errX != nil || errY != nil || !(x >= -180 && x <= 180 && y >= -90 && y <= 90) {
			s.fault(r.line, 0, "position « %s, %s » : longitude et latitude en degrés étaient attendues", clip(lon), clip(lat))
		} else if d.centre.by == "" {
			d.centre = spot{orb.Point{x, y}, s.by("centres de la table des communes")}
		}
	}
}

func (s *source) postals(line, record int, codes []string) []string {
	var out []string
	for _, c := range codes {
		c = strings.TrimSpace(c)
		if len(c) == 4 && digits(c) {
			c = "0" + c
		}
		if len(c) != 5 || !digits(c) {
			s.fault(line, record, "« %s » n’est pas un code postal (cinq chiffres)", clip(c))
			continue
		}
		out = append(out, c)
	}
	return out
}

func (s *source) formerCommune(r row) {
	from, ok1 := s.insee(r.line, 0, r.get("code ancien"))
	to, ok2 := s.insee(r.line, 0, r.get("code actuel"))
	if ok1 && ok2 && r.get("encore commune") != "1" {
		s.reading.formers = append(s.reading.formers, former{from, r.get("nom ancien"), to})
	}
}

const codeOfficiel = "INSEE, code officiel géographique"

func (s *source) inseeCommune(r row) {
	code, ok := s.insee(r.line, 0, r.get("com"))
	if !ok {
		return
	}
	nom := r.get("libelle")
	switch r.get("typecom") {
	case "COM", "ARM":
		d := s.reading.draft(code)
		d.list(rankInsee)
		d.name(nom, rankInsee, s.by(codeOfficiel))
		d.place(r.get("dep"), r.get("reg"), rankInsee)
		if r.get("typecom") == "ARM" {
			if parent, ok := s.insee(r.line, 0, r.get("comparent")); ok {
				d.Parent = parent
			}
		}
	case "COMD", "COMA":
		if parent, ok := s.insee(r.line, 0, r.get("comparent")); ok {
			s.reading.formers = append(s.reading.formers, former{code, nom, parent})
		}
	default:
		s.fault(r.line, 0, "TYPECOM « %s » : COM, ARM, COMD ou COMA étaient attendus", clip(r.get("typecom")))
	}
}

func (s *source) inseeOverseas(r row) {
	if code, ok := s.insee(r.line, 0, r.get("com comer")); ok {
		d := s.reading.draft(code)
		d.list(rankInsee)
		d.name(r.get("libelle"), rankInsee, s.by(codeOfficiel))
		d.place(r.get("comer"), r.get("comer"), rankInsee)
	}
}

func (s *source) inseeDepartement(r row) {
	s.reading.division("departement", r.get("dep"), r.get("libelle"), r.get("reg"), -1)
}

func (s *source) inseeRegion(r row) {
	s.reading.division("region", r.get("reg"), r.get("libelle"), "", -1)
}

func (s *source) inseeCollectivite(r row) {
	s.reading.division("departement", r.get("comer"), r.get("libelle"), r.get("comer"), -1)
}

// move is an event of the INSEE's file of movements.
type move struct{ date, from, to, nom string }

// inseeMove keeps what turned one commune into another; the chain is followed
// once the current communes are known.
func (s *source) inseeMove(r row) {
	if r.get("typecom av") != "COM" || r.get("typecom ap") != "COM" {
		return
	}
	from, ok1 := s.insee(r.line, 0, r.get("com av"))
	to, ok2 := s.insee(r.line, 0, r.get("com ap"))
	if ok1 && ok2 {
		s.reading.moves = append(s.reading.moves, move{r.get("date eff"), from, to, r.get("libelle av")})
	}
}

// laPoste reads the "base officielle des codes postaux": a line for each pair
// of commune and postal code, so codes add up.
func (s *source) laPoste(r row) {
	if strings.HasPrefix(r.get("code commune insee"), "99") {
		return // Monaco is served by La Poste and is not of France
	}
	code, ok := s.insee(r.line, 0, r.get("code commune insee"))
	if !ok {
		return
	}
	d := s.reading.draft(code)
	const byPost = rank(0) // La Poste decides over every list
	codes := s.postals(r.line, 0, []string{r.get("code postal")})
	if d.postalRank == byPost {
		d.CodesPostaux = append(d.CodesPostaux, codes...)
	} else {
		d.postal(codes, byPost, s.by("La Poste"))
	}
	// "latitude, longitude", in the editions that have it.
	if lat, lon, ok := strings.Cut(r.get("coordonnees gps", "geopoint"), ","); ok && d.centre.by == "" {
		y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		if errX == nil && errY == nil && x >= -180 && x <= 180 && y >= -90 && y <= 90 {
			d.centre = spot{orb.Point{x, y}, s.by("La Poste")}
		}
	}
}

// resolveFormers gives each current commune the codes and names that it replaced.
func (r *reading) resolveFormers(kept map[string]*draft) {
	slices.SortStableFunc(r.moves, func(a, b move) int { return strings.Compare(a.date, b.date) })
	next := map[string]string{}
	for _, m := range r.moves {
		if m.from != m.to && kept[m.from] == nil {
			// The last event counts: a commune may have been restored and merged again.
			next[m.from] = m.to
		}
	}
	for _, m := range r.moves {
		to := m.to
		for range 20 { // a chain of movements has a few links; a cycle would be a mistake of the file
			if kept[to] != nil {
				break
			}
			to = cmp.Or(next[to], to)
		}
		if c := kept[to]; c != nil && kept[m.from] == nil {
			r.formers = append(r.formers, former{m.from, m.nom, to})
		} else if c != nil && m.from == to && m.nom != c.Nom {
			c.AnciensNoms = append(c.AnciensNoms, m.nom)
		}
	}
	chain := map[string]string{}
	for _, f := range r.formers {
		if f.code != f.current {
			chain[f.code] = f.current
		}
	}
	claimed := map[string]string{}
	for _, f := range r.formers {
		to := f.current
		for range 20 {
			if kept[to] != nil {
				break
			}
			to = cmp.Or(chain[to], to)
		}
		c := kept[to]
		if c == nil {
			continue
		}
		if kept[f.code] == nil && (claimed[f.code] == "" || claimed[f.code] == to) {
			claimed[f.code] = to
			c.AnciensCodes = append(c.AnciensCodes, f.code)
		}
		// The seat's own name remains a delegated commune's name: not a former one when it is the current one too.
		if f.nom != "" && Fold(f.nom) != Fold(c.Nom) {
			c.AnciensNoms = append(c.AnciensNoms, f.nom)
		}
	}
}
