package territory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/paulmach/orb"
)

// object is what the JSON files say of a commune or a division, whatever the
// publisher: etalab, geo.api.gouv.fr, the project's own, IGN (as GeoJSON properties).
type object struct {
	Code            string          `json:"code"`
	Nom             string          `json:"nom"`
	Type            string          `json:"type"`
	Departement     string          `json:"departement"`
	CodeDepartement string          `json:"codeDepartement"`
	Region          string          `json:"region"`
	CodeRegion      string          `json:"codeRegion"`
	Epci            string          `json:"epci"`
	CodeEpci        string          `json:"codeEpci"`
	Commune         string          `json:"commune"`
	ChefLieu        string          `json:"chefLieu"`
	CodesPostaux    []string        `json:"codesPostaux"`
	Population      *int            `json:"population"`
	Municipale      *int            `json:"populationMunicipale"`
	AnciensCodes    []string        `json:"anciensCodes"`
	Communes        json.RawMessage `json:"communes"` // codes (an EPCI's members) or a number (how many)
	Membres         []struct {
		Code string `json:"code"`
	} `json:"membres"`
	Centre  json.RawMessage `json:"centre"`
	Contour json.RawMessage `json:"contour"`

	// ADMIN EXPRESS
	InseeCom    string `json:"INSEE_COM"`
	InseeArm    string `json:"INSEE_ARM"`
	InseeDep    string `json:"INSEE_DEP"`
	InseeReg    string `json:"INSEE_REG"`
	CodeSiren   string `json:"CODE_SIREN"`
	SirenEpci   string `json:"SIREN_EPCI"`
	CodeInsee   string `json:"code_insee"`
	NomOfficiel string `json:"nom_officiel"`
}

// counter counts the lines that went by, for faults.
type counter struct {
	in    io.Reader
	lines int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	for _, b := range p[:n] {
		if b == '\n' {
			c.lines++
		}
	}
	return n, err
}

// stop tells why a JSON text cannot be read further.
func (s *source) stop(c *counter, record int, err error) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.fault(c.lines+1, record, "le fichier est tronqué")
	default:
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			s.fault(c.lines+1, record, "ce n’est plus du JSON à partir de là")
			return
		}
		s.fault(c.lines+1, record, "ne peut être lu : %s", frenchCause(err))
	}
}

// wrongType tells which member of an object has the wrong type; the object is
// left out and reading goes on.
func (s *source) wrongType(seen *sorts, record int, err error) bool {
	var t *json.UnmarshalTypeError
	if !errors.As(err, &t) {
		return false
	}
	message := "un objet JSON était attendu"
	if t.Field != "" {
		message = fmt.Sprintf("« %s » n’est pas du type attendu (%s)", clip(t.Field), t.Value)
	}
	seen.wrong = append(seen.wrong, Notice{s.shown, 0, record, message})
	return true
}

// objects reads an array of objects, one at a time.
func (s *source) objects(in io.Reader) {
	c := &counter{in: in}
	dec := json.NewDecoder(c)
	if _, err := dec.Token(); err != nil {
		s.stop(c, 0, err)
		return
	}
	var seen sorts
	for n := 1; dec.More(); n++ {
		var o object
		if err := dec.Decode(&o); err != nil {
			if s.wrongType(&seen, n, err) {
				continue
			}
			s.finish(&seen)
			s.stop(c, n, err)
			return
		}
		contour, err := parseGeometry(o.Contour)
		if err != nil {
			seen.wrong = append(seen.wrong, Notice{s.shown, 0, n, "contour : " + err.Error()})
			continue
		}
		seen.add(s, n, s.object(n, o, contour, rankJSON))
	}
	if _, err := dec.Token(); err != nil {
		s.stop(c, 0, err)
		return
	}
	s.finish(&seen)
}

// sorts counts what a file holds. What is wrong in it waits until it is known
// that the file is one of territories at all: a directory may hold others.
type sorts struct {
	used, unused, foreign int
	wrong                 []Notice
}

func (t *sorts) add(s *source, n int, what nature) {
	switch what {
	case used:
		t.used++
	case unused:
		t.unused++
	default:
		t.foreign++
		t.wrong = append(t.wrong, Notice{s.shown, 0, n, "ni commune, ni EPCI, ni département, ni région : « code », « INSEE_COM », « INSEE_DEP », « INSEE_REG » ou « CODE_SIREN » étaient attendus"})
	}
}

func (s *source) finish(t *sorts) {
	if t.used == 0 {
		if t.unused == 0 {
			s.notice(0, 0, "aucun territoire reconnu : fichier ignoré")
		}
		return
	}
	for _, n := range t.wrong {
		s.fault(n.Line, n.Record, "%s", n.Message)
	}
}

// featureCollection reads GeoJSON, a feature at a time.
func (s *source) featureCollection(in io.Reader) {
	c := &counter{in: in}
	dec := json.NewDecoder(c)
	if _, err := dec.Token(); err != nil {
		s.stop(c, 0, err)
		return
	}
	var seen sorts
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			s.stop(c, 0, err)
			return
		}
		if key != "features" {
			var other json.RawMessage
			if err := dec.Decode(&other); err != nil {
				s.stop(c, 0, err)
				return
			}
			if key == "name" && s.year == "" {
				var name string
				if json.Unmarshal(other, &name) == nil {
					if all := years.FindAllStringSubmatch(strings.ReplaceAll(name, "-", "--"), -1); all != nil {
						s.year = all[len(all)-1][1] // "communes-2026-contours-2018": the contours' year
					}
				}
			}
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			s.fault(c.lines+1, 0, "« features » n’est pas une liste")
			return
		}
		for n := 1; dec.More(); n++ {
			var f struct {
				Properties object          `json:"properties"`
				Geometry   json.RawMessage `json:"geometry"`
			}
			if err := dec.Decode(&f); err != nil {
				if s.wrongType(&seen, n, err) {
					continue
				}
				s.finish(&seen)
				s.stop(c, n, err)
				return
			}
			g, err := parseGeometry(f.Geometry)
			if err != nil {
				seen.wrong = append(seen.wrong, Notice{s.shown, 0, n, err.Error()})
				if errors.Is(err, errProjected) {
					seen.used++ // degrees or not, it is a map
					s.finish(&seen)
					return // every other feature would say the same
				}
				continue
			}
			seen.add(s, n, s.object(n, f.Properties, g, rankContour))
		}
		if _, err := dec.Token(); err != nil {
			s.stop(c, 0, err)
			return
		}
	}
	s.finish(&seen)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// nature is what an object turned out to be.
type nature int

const (
	foreignKind nature = iota // nothing of the territory
	used
	unused // known and not kept: arrondissements of a préfecture, établissements publics territoriaux
)

// object takes one object for what its members make of it.
func (s *source) object(n int, o object, g orb.Geometry, by rank) nature {
	code := first(o.Code, o.InseeArm, o.InseeCom, o.CodeSiren, o.CodeInsee)
	nom := first(o.Nom, o.NomOfficiel)
	departement := first(o.Departement, o.CodeDepartement)
	region := first(o.Region, o.CodeRegion)
	population := -1
	for _, p := range []*int{o.Municipale, o.Population} {
		if p != nil && *p >= 0 {
			population = *p
			break
		}
	}
	if p, isPoint := g.(orb.Point); isPoint {
		// geo.api.gouv.fr gives features by their centre unless asked otherwise.
		g = nil
		if isInsee(code) {
			s.reading.draft(code).centre = spot{p, s.by("centres des communes")}
		}
	}
	switch {
	case len(code) == 9 && digits(code):
		if o.Type == "EPT" || nom == "" {
			return unused
		}
		d := s.reading.division("epci", code, nom, "", population)
		if g != nil {
			d.Contour = g
		}
		var members []string
		_ = json.Unmarshal(o.Communes, &members) // a number in other files
		for _, m := range o.Membres {
			members = append(members, m.Code)
		}
		for _, m := range members {
			s.reading.epciOf[m] = code
		}
		return used
	case isInsee(code):
		return s.communeObject(n, o, code, nom, departement, region, population, g, by)
	case o.InseeDep != "" || region != "" && departement == "" && departementByCodeHas(code):
		d := s.reading.division("departement", first(o.InseeDep, code), nom, first(region, o.InseeReg), population)
		if g != nil {
			d.Contour = g
		}
		return used
	case o.InseeReg != "" || region == "" && departement == "" && len(code) >= 2 && len(code) <= 3 && digits(code):
		d := s.reading.division("region", first(o.InseeReg, code), nom, "", population)
		if g != nil {
			d.Contour = g
		}
		return used
	case departement != "" && code != "":
		return unused
	}
	return foreignKind
}

func departementByCodeHas(code string) bool { _, ok := departementByCode[code]; return ok }

const contours = "contours des communes"

func (s *source) communeObject(n int, o object, code, nom, departement, region string, population int, g orb.Geometry, by rank) nature {
	switch o.Type {
	case "commune-deleguee", "commune-associee":
		if o.ChefLieu != "" {
			s.reading.formers = append(s.reading.formers, former{code, nom, o.ChefLieu})
		}
		return used
	case "", "commune-actuelle", "arrondissement-municipal":
	default:
		return unused
	}
	d := s.reading.draft(code)
	d.list(by)
	who := s.by("découpage administratif (INSEE, DGCL, La Poste)")
	if by == rankContour {
		who = s.by(contours)
	}
	d.name(nom, by, who)
	d.place(first(departement, DepartementOf(code)), region, by)
	d.group(first(o.Epci, o.CodeEpci, lastSiren(o.SirenEpci)), by)
	d.postal(s.postals(0, n, o.CodesPostaux), by, who)
	d.populate(population, by)
	if o.Commune != "" && o.Commune != code {
		d.Parent = o.Commune
	}
	if o.InseeArm != "" {
		d.Parent = o.InseeCom
	}
	for _, a := range o.AnciensCodes {
		s.reading.formers = append(s.reading.formers, former{a, "", code})
	}
	if len(o.Centre) > 0 {
		c, err := parseGeometry(o.Centre)
		if p, ok := c.(orb.Point); ok && err == nil {
			d.centre = spot{p, s.by("geo.api.gouv.fr")}
		} else if err != nil {
			s.fault(0, n, "centre : %s", err)
		}
	}
	if g != nil {
		d.Contour, d.contourBy = g, s.by(contours)
	}
	return used
}

// lastSiren: ADMIN EXPRESS writes "metropole/territory" for the Greater Paris; the métropole is the EPCI.
func lastSiren(s string) string {
	for part := range strings.SplitSeq(s, "/") {
		if len(part) == 9 && digits(part) && (strings.HasPrefix(part, "2000547") || !strings.Contains(s, "/")) {
			return part
		}
	}
	part, _, _ := strings.Cut(s, "/")
	if len(part) == 9 && digits(part) {
		return part
	}
	return ""
}
