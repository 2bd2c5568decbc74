package territory

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// isGeoNames reports whether a text is GeoNames' tab-separated dump: 19 columns, no header.
func isGeoNames(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	f := bytes.Split(line, []byte("\t"))
	return len(f) == 19 && digits(string(f[0])) && len(f[6]) == 1
}

// town is a populated place of GeoNames.
type town struct {
	nom    string
	where  string // INSEE code, or the collectivité's code where GeoNames has no commune
	at     spot
	weight int
}

// frenchCountries are GeoNames' countries of France, with the département or
// collectivité ("" where the INSEE code tells).
var frenchCountries = map[string]string{
	"FR": "", "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
	"BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988",
}

// geoNames reads the populated places of France in GeoNames' dump. The fourth
// administrative code is the INSEE code (the second in New Caledonia, the
// first in Wallis and Futuna, whose places are its villages).
func (s *source) geoNames(in io.Reader) {
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 1<<16), 1<<20)
	found := 0
	for line := 1; scan.Scan(); line++ {
		// Most lines are other countries': look before cutting.
		text := scan.Bytes()
		if !bytes.Contains(text, []byte("\tP\tPPL")) {
			continue
		}
		f := strings.Split(string(text), "\t")
		if len(f) != 19 {
			s.fault(line, 0, "%d colonnes au lieu de 19", len(f))
			continue
		}
		dep, french := frenchCountries[f[8]]
		if !french {
			continue
		}
		lat, errLat := strconv.ParseFloat(f[4], 64)
		lon, errLon := strconv.ParseFloat(f[5], 64)
		if errLat != nil || errLon != nil || !(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) {
			s.fault(line, 0, "position « %s, %s » : latitude et longitude en degrés étaient attendues", clip(f[4]), clip(f[5]))
			continue
		}
		people, _ := strconv.Atoi(f[14]) // empty in some lines: then the lightest
		at := spot{orb.Point{lon, lat}, s.by("GeoNames (CC BY 4.0)")}
		found++
		code := ""
		for _, c := range []string{f[13], f[11], f[10]} {
			if isInsee(c) && (dep == "" || DepartementOf(c) == dep) {
				code = c
				break
			}
		}
		weight := people
		switch f[7] {
		case "PPLX": // a quarter: only where nothing better is known
			weight -= 1 << 40
		case "PPLH", "PPLQ", "PPLW": // of the past
			continue
		}
		if code != "" && f[7] != "PPLX" {
			s.reading.draft(code).considerTown(at, weight)
		}
		s.reading.towns = append(s.reading.towns, town{f[1], first(code, dep), at, weight})
	}
	if err := scan.Err(); err != nil {
		s.fault(0, 0, "ne peut être lu : %s", frenchCause(err))
		return
	}
	if found == 0 {
		s.notice(0, 0, "aucun lieu de France : fichier ignoré")
	}
}

func (d *draft) considerTown(at spot, weight int) {
	if d.anyTown.by == "" || weight > d.anyTownWeight {
		d.anyTown, d.anyTownWeight = at, weight
	}
}

// matchTowns gives towns to the communes of the same name: in the commune that
// GeoNames names, in the commune that replaced it, among its arrondissements, or, where GeoNames
// names none, the only one of that name in the collectivité.
func (r *reading) matchTowns(kept map[string]*draft) {
	if len(r.towns) == 0 {
		return
	}
	current := map[string]string{}
	for code, d := range kept {
		for _, a := range d.AnciensCodes {
			current[a] = code
		}
	}
	byName := map[string]*draft{} // "987 papeete"; nil when several
	for _, d := range kept {
		dep := DepartementOf(d.Code)
		if dep < "97" || dep > "99" {
			continue
		}
		key := dep + " " + Fold(d.Nom)
		if _, twice := byName[key]; twice {
			byName[key] = nil
		} else {
			byName[key] = d
		}
	}
	arrondissement := map[string]*draft{} // "13055 1"
	for _, d := range kept {
		if n := arrondissementNumber(d.Nom); d.Parent != "" && n > 0 {
			arrondissement[d.Parent+" "+strconv.Itoa(n)] = d
		}
	}
	folded := map[string]string{}
	weights := map[*draft]int{}
	set := func(d *draft, t town) {
		if w, ok := weights[d]; !ok || t.weight > w {
			d.town, weights[d] = t.at, t.weight
		}
	}
	for _, t := range r.towns {
		code := t.where
		if len(code) != 5 {
			if d := byName[code+" "+Fold(t.nom)]; d != nil {
				set(d, t)
			}
			continue
		}
		if now, ok := current[code]; ok {
			code = now
		}
		d := kept[code]
		if d == nil {
			continue
		}
		nom, ok := folded[code]
		if !ok {
			nom = Fold(d.Nom)
			folded[code] = nom
		}
		if name := words(t.nom); strings.Join(name, " ") == nom {
			set(d, t)
		} else if len(name) == 2 && len(name[1]) == 2 && digits(name[1]) { // "Lyon 03"
			n, _ := strconv.Atoi(name[1])
			if a := arrondissement[code+" "+strconv.Itoa(n)]; a != nil {
				set(a, t)
			}
		}
	}
}

// arrondissementNumber is 11 for "Paris 11e Arrondissement", 0 for a commune.
func arrondissementNumber(nom string) int {
	w := words(nom)
	if len(w) < 2 {
		return 0
	}
	n, _ := ordinal(w[1])
	return n
}

// point decides where a commune is: see Read.
func (d *draft) point() spot {
	for _, p := range []spot{d.town, d.centre} {
		// A centre may lie outside a crescent of a commune, a town of the same name in another one.
		if p.by != "" && (d.Contour == nil || contains(d.Contour, p.at)) {
			return p
		}
	}
	if at, ok := interiorPoint(d.Contour); ok {
		return spot{at, "intérieur des contours"}
	}
	for _, p := range []spot{d.town, d.centre, d.anyTown} {
		if p.by != "" {
			return p
		}
	}
	if at, ok := quarterPoints[d.Code]; ok && d.Parent != "" {
		return spot{at, "centres approchés des arrondissements municipaux"}
	}
	return spot{}
}
