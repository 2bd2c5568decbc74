package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"mednum/internal/place"
)

func alwaysAlone(Value) int { return 1 }

func sharedBy(n int) Shared { return func(Value) int { return n } }

// Places made up after real mistakes. Each case says what must come out, and
// the guard that must have spoken.
func TestWhatWasLearnedFromMistakes(t *testing.T) {
	library := place.Place{Nom: "Médiathèque Jean-Falala", Commune: "Reims", CodePostal: "51100", Adresse: "2 rue des Fuseliers", Position: at(t, 49.2533, 4.0318), Telephone: "+33326000001", Courriels: []string{"mediatheque@reims.fr"}, Typologie: []string{"BIB"}}
	with := func(p place.Place, change func(*place.Place)) place.Place { change(&p); return p }
	epn := place.Place{Nom: "Espace numérique 1", Commune: "Lens", CodePostal: "62300", Adresse: "1 rue Basse", Position: at(t, 50.43, 2.83), Telephone: "+33321000001"}
	bus := place.Place{Nom: "Bus France services - [Mairie]", Pivot: "40109226700020", Commune: "Valence", CodePostal: "16460", CodeInsee: "16392", Adresse: "14 rue des Écoles", Position: at(t, 45.88, 0.31), Telephone: "+33683000001", Itinerance: []string{"Itinérant"}}
	fs := place.Place{Nom: "France services de Lumbres", Commune: "Lumbres", CodePostal: "62380", Adresse: "1 chemin du Pressart", Position: at(t, 50.70, 2.12), Telephone: "+33321000009", Courriels: []string{"accueil@pays.fr"}, Typologie: []string{"RFS"}}
	for name, c := range map[string]struct {
		a, b   place.Place
		same   bool // of one source
		shared Shared
		want   Outcome
		guard  string
	}{
		"the same, written otherwise": {a: library, b: with(library, func(p *place.Place) {
			p.Nom, p.Adresse, p.Position, p.Courriels = "MEDIATHEQUE FALALA JEAN", "2, R. DES FUSELIERS", at(t, 49.2536, 4.0321), nil
		}), want: Same},
		"the same, without a point: nothing is known of the distance": {a: library, b: with(library, func(p *place.Place) {
			p.Position, p.Telephone, p.Courriels = place.Position{}, "", nil
		}), want: Same},
		"formerly a MSAP": {a: fs, b: with(fs, func(p *place.Place) {
			p.Nom, p.Typologie, p.Courriels = "Maison de services au public", []string{"MSAP"}, []string{"msap@pays.fr"}
		}), want: Same},
		"numbers of two rooms": {a: epn, b: with(epn, func(p *place.Place) { p.Nom = "Espace numérique 2" }), want: Different, guard: "numeros"},
		"numbers in letters":   {a: with(epn, func(p *place.Place) { p.Nom = "Espace numérique II" }), b: with(epn, func(p *place.Place) { p.Nom = "Espace numérique 2" }), want: Same},
		"stops of one bus": {a: bus, b: with(bus, func(p *place.Place) {
			p.Nom, p.Commune, p.CodePostal, p.CodeInsee, p.Adresse, p.Position = "Bus France services - [Place Joubert]", "Val de Bonnieure", "16230", "16300", "2 place Arsène-Roudy", at(t, 45.85, 0.29)
		}), same: true, shared: sharedBy(12), want: Different, guard: "arrets"},
		"a bus, and the desk it starts from": {a: fs, b: with(fs, func(p *place.Place) { p.Nom, p.Itinerance = "Bus France services de Lumbres", []string{"Itinérant"} }), want: Different, guard: "itinerance"},
		"a library and a France services in one building, with one phone": {a: fs, b: with(fs, func(p *place.Place) {
			p.Nom, p.Typologie, p.Courriels = "Médiathèque de Lumbres", []string{"BIB"}, []string{"mediatheque@pays.fr"}
		}), want: Undecided, guard: "services"},
		"a town hall and its France services, with one phone and one mail": {a: fs, b: with(fs, func(p *place.Place) { p.Nom, p.Typologie = "Mairie de Lumbres", []string{"MUNI"} }), want: Undecided, guard: "services"},
		"two places of a network, with one switchboard": {
			a:      place.Place{Nom: "Pôle emploi Vierzon", Commune: "Vierzon", CodePostal: "18100", Adresse: "6 rue Palissy", Telephone: "+33972720000", Pivot: "13000548125694"},
			b:      place.Place{Nom: "France Travail Bourges", Commune: "Bourges", CodePostal: "18000", Adresse: "95 chemin Martin", Telephone: "+33972720000", Pivot: "13000548125694"},
			shared: sharedBy(900), want: Different,
		},
		"two départements":                  {a: library, b: with(library, func(p *place.Place) { p.CodePostal, p.Commune, p.Position = "59000", "Lille", at(t, 50.63, 3.05) }), want: Different, guard: "departement"},
		"one source says that they are two": {a: fs, b: with(fs, func(p *place.Place) { p.Nom = "France services de Lumbres - antenne" }), same: true, want: Undecided, guard: "source"},
		"one source, twice the same row":    {a: library, b: with(library, func(p *place.Place) { p.Nom = "MÉDIATHÈQUE JEAN FALALA" }), same: true, want: Same},
		"one source, two phones":            {a: library, b: with(library, func(p *place.Place) { p.Telephone = "+33326000002" }), same: true, want: Undecided, guard: "source"},
		"moved, with its phone": {a: fs, b: with(fs, func(p *place.Place) {
			p.Adresse, p.Position, p.Courriels = "30 place du Marché", at(t, 50.7035, 2.12), nil
		}), want: Undecided, guard: "adresses"},
		"La Poste's and the town's": {a: with(fs, func(p *place.Place) { p.Nom = "France services La Poste de Lumbres" }), b: with(fs, func(p *place.Place) {
			p.Adresse, p.Telephone, p.Courriels, p.Position = "4 rue Basse", "+33321000010", []string{"fs@lumbres.fr"}, at(t, 50.702, 2.12)
		}), want: Different},
		"two names of one street":   {a: place.Place{Nom: "Le Repère", Commune: "Lens", CodePostal: "62300", Adresse: "3 rue Basse"}, b: place.Place{Nom: "La Ruche", Commune: "Lens", CodePostal: "62300", Adresse: "9 rue Basse"}, want: Different},
		"nothing but a common name": {a: place.Place{Nom: "Mairie", Commune: "Lens", CodePostal: "62300"}, b: place.Place{Nom: "Mairie", Commune: "Lens", CodePostal: "62300"}, want: Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			if c.shared == nil {
				c.shared = alwaysAlone
			}
			source := "b"
			if c.same {
				source = "a"
			}
			departement := func(p place.Place) string { return p.CodePostal[:2] }
			a, b := NewProfile(&c.a, "a", departement(c.a)), NewProfile(&c.b, source, departement(c.b))
			got := Compare(a, b, c.shared)
			if got.Outcome != c.want || got.Guard != c.guard {
				t.Errorf("%s, guard %q, score %d; want %s, %q", got.Outcome, got.Guard, got.Score, c.want, c.guard)
				for _, e := range got.Evidence {
					t.Logf("%+5d %s", e.Weight, e.Text)
				}
			}
		})
	}
}

func TestAddressesAreReadHoweverWritten(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want addressLikeness
	}{
		{"12 bis rue Leclercq", "12 BIS, R LECLERCQ", sameNumber},
		{"BP 43, 19 rue des Potiers", "19 rue des potiers", sameNumber},
		{"Mairie - 12, avenue du Général de Gaulle", "12 av. Gal de Gaulle", sameNumber},
		{"19/21 place du Martroy", "21 place du Martroi", sameNumber},
		{"2 rue J. Jaurès", "2 rue Jean Jaurès", sameNumber},
		{"56, bd Gras-Brancourt", "56 Boulevard Gras-Brancourt", sameNumber},
		{"4 rue Gustave-Marc", "6 rue Gustave Marc", closeNumber},
		{"19 rue des Potiers", "38 rue des Potiers", otherNumber},
		{"Place du 8 Mai 1945", "7 place du 8 mai", sameStreet},
		{"10 place Aristide Birand", "10 Place Aristide Briand", sameNumber},
		{"rue Paul Doumer", "1 avenue du 18 Juin 1940", otherStreet},
		{"3 rue de la Mairie", "3 place de la Mairie", sameNumber},
		{"Le Bourg", "Le bourg", sameStreet},
		{"Lieu-dit Trova", "Trova", sameNumber},
		{"Maison Pour Tous", "6 rue Le Barillier", unknownAddress},
		{"", "6 rue Le Barillier", unknownAddress},
	} {
		a, b := readAddress(c.a, ""), readAddress(c.b, "")
		if got := a.compare(&b); got != c.want {
			t.Errorf("%q, %q: %d, want %d (%+v, %+v)", c.a, c.b, got, c.want, a, b)
		}
		if x, y := a.compare(&b), b.compare(&a); x != y {
			t.Errorf("%q, %q: %d one way, %d the other", c.a, c.b, x, y)
		}
	}
}

// What people read is short and whole; the weights tell the score.
func TestEvidenceIsTold(t *testing.T) {
	for s, w := range weights {
		if w.text == "" || w.kind == "" {
			t.Fatalf("signal %d has no sentence", s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyProfile(t), anyProfile(t)
		shared := sharedBy(rapid.IntRange(1, 40).Draw(t, "shared"))
		c, d := Compare(a, b, shared), Compare(b, a, shared)
		if c.Outcome != d.Outcome || c.Score != d.Score || c.Guard != d.Guard {
			t.Fatalf("one way %+v, the other %+v", c, d)
		}
		if o, score := Weigh(a, b, shared); o != c.Outcome || score != c.Score {
			t.Fatalf("Weigh says %s %d, Compare %s %d", o, score, c.Outcome, c.Score)
		}
		sum, kinds := 0, map[string]int{}
		for _, e := range c.Evidence {
			sum += e.Weight
			kinds[e.Kind]++
			if n := len(strings.Fields(e.Text)); n > 16 || !strings.HasSuffix(e.Text, ".") && !strings.HasSuffix(e.Text, "?") || strings.ContainsAny(e.Text, "{}'") {
				t.Fatalf("%q (%d words)", e.Text, n)
			}
		}
		if sum != c.Score || kinds["telephone"] > 1 || kinds["courriel"] > 1 || kinds["adresse"] > 1 || kinds["distance"] > 1 || kinds["nom"] > 1 {
			t.Fatalf("weights add up to %d, score %d: %+v", sum, c.Score, c.Evidence)
		}
		if c.Guard != "" && c.Outcome == Same {
			t.Fatalf("guard %s, and Same", c.Guard)
		}
	})
}

func anyProfile(t *rapid.T) *Profile {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(append(of, "")).Draw(t, label) }
	p := place.Place{
		Nom: pick("nom", "Médiathèque de Reims", "France services La Poste", "Bus itinérant", "Espace numérique 2", "Mairie - 3", "CSC Alpha", "Point", "«»", "2"), Commune: pick("commune", "Reims", "Paris 15e", "Saint-Denis CEDEX"),
		CodePostal: pick("cp", "51100", "75015", "97400"), CodeInsee: pick("insee", "51454", "75115"), Adresse: pick("adresse", "1 rue", "place", "3 bis, rue de l’Église", "12", "Le bourg", ","), ComplementAdresse: pick("complement", "La Poste", "2 rue B"),
		Telephone: pick("telephone", "+33326000001", "3949"), Pivot: pick("pivot", "43493312300029", "434933123", "W123456789"),
	}
	if m := pick("mail", "a@gmail.com", "contact@alpha.fr", "@"); m != "" {
		p.Courriels = []string{m}
	}
	if s := pick("site", "https://alpha.fr/page", "http://www.alpha.fr"); s != "" {
		p.SiteWeb = []string{s}
	}
	if ty := pick("typologie", "BIB", "RFS", "inconnue"); ty != "" {
		p.Typologie = []string{ty}
	}
	if rapid.Bool().Draw(t, "position") {
		p.Position, _ = place.NewPosition(49.25+rapid.Float64Range(0, 0.02).Draw(t, "north"), 4.03)
	}
	return NewProfile(&p, pick("source", "a", "b"), pick("departement", "51", "75"))
}

func TestKeysAreBoundedAndMeet(t *testing.T) {
	long := place.Place{Nom: strings.Repeat("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu ", 20), Commune: "Reims", CodePostal: "51100", Adresse: "1 rue X", Telephone: "+33326000001", Typologie: []string{"BIB", "RFS", "EPN", "CCAS", "ML"}}
	for i := range 50 {
		long.Courriels = append(long.Courriels, fmt.Sprintf("a%d@b.fr", i))
		long.SiteWeb = append(long.SiteWeb, fmt.Sprintf("https://b.fr/%d", i))
	}
	if n := len(NewProfile(&long, "s", "51").Keys(nil)); n > MaxKeys {
		t.Errorf("%d keys", n)
	}
	// Two points nearer than a step of the grid meet: of any two places some
	// 110 m, of two of one kind three times that.
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		for steps, types := range map[float64][]string{1: nil, 3: {"BIB"}} {
			y, x := 44+4*r.Float64(), 5*r.Float64()
			a := NewProfile(&place.Place{Typologie: types, Position: at(t, y, x)}, "a", "")
			b := NewProfile(&place.Place{Typologie: types, Position: at(t, y+steps*0.00099*(2*r.Float64()-1), x+steps*0.00149*(2*r.Float64()-1)), Commune: "Ailleurs"}, "b", "")
			if !meet(a, b) {
				t.Fatalf("%v and %v do not meet", a.position, b.position)
			}
		}
	}
}

func meet(a, b *Profile) bool {
	keys := a.Keys(nil)
	return slices.ContainsFunc(b.Keys(nil), func(k uint64) bool { return slices.Contains(keys, k) })
}

// Keys are kept in the database: the same record has the same ones for ever.
func TestKeysNeverChange(t *testing.T) {
	p := place.Place{Nom: "Médiathèque Falala", Commune: "Reims", CodePostal: "51100", Adresse: "2 rue des Fuseliers", Telephone: "+33326000001", Courriels: []string{"a@reims.fr"}, SiteWeb: []string{"https://www.reims.fr/x"}, Pivot: "43493312300029", Position: at(t, 49.2533, 4.0318)}
	got := fmt.Sprintf("%x", NewProfile(&p, "s", "51").Keys(nil))
	const want = "[f72ed2d0dc29b66d f47c03461dd6b62c fa7e569e18f1d82a 595bbceeb1714760 76245991d6545cb5 4fcab7e8803fcae4 8222b396676a22a3 b4e4d4bb4993583f 8ebc6818e5319ed0 e9ea4929b2d7a050 14d59162f05967c7 9a3b669dbe0c5723 adfc7963d1d7d7ac a9a78c715dd17a00 bbab3266c203f6eb 8f60b5e3563264f2 31a0b03ded43de4b]"
	if got != want {
		t.Errorf("%s\nwant %s: raise Version, for a census that keeps the former ones", got, want)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("France services de Reims", "1 bis, rue de l’Église BP 3", "Reims CEDEX", "51100", "a@b.fr", "https://b.fr")
	f.Add("", "", "", "", "", "")
	f.Add("2", "12", "12", "1", "@", "://")
	f.Fuzz(func(t *testing.T, nom, adresse, commune, postal, mail, site string) {
		if !utf8.ValidString(nom + adresse + commune + postal + mail + site) {
			return
		}
		if len(postal) > 0 && len(postal) < 5 {
			postal = "" // a place has five digits or none
		}
		p := place.Place{Nom: nom, Adresse: adresse, Commune: commune, CodePostal: postal, Courriels: []string{mail}, SiteWeb: []string{site}}
		q := place.Place{Nom: commune, Adresse: nom, Commune: commune, CodePostal: postal, ComplementAdresse: adresse, StructureParente: site}
		a, b := NewProfile(&p, "a", "51"), NewProfile(&q, "b", "51")
		if n := len(a.Keys(nil)); n > MaxKeys {
			t.Errorf("%d keys", n)
		}
		c, d := Compare(a, b, alwaysAlone), Compare(b, a, alwaysAlone)
		if c.Outcome != d.Outcome || c.Score != d.Score {
			t.Errorf("%+v\n%+v", c, d)
		}
		if c := Compare(a, a, alwaysAlone); c.Outcome == Different && c.Guard != "" {
			t.Errorf("a record is not itself: %+v", c)
		}
	})
}

func BenchmarkNewProfile(b *testing.B) {
	p := place.Place{Nom: "France services La Poste de Saint-Denis", Commune: "Saint-Denis", CodePostal: "93200", Adresse: "12 bis avenue du Général de Gaulle", Telephone: "+33326000001", Courriels: []string{"a@ville.fr"}, Typologie: []string{"RFS"}}
	b.ReportAllocs()
	for b.Loop() {
		NewProfile(&p, "s", "93")
	}
}

func BenchmarkKeys(b *testing.B) {
	p := place.Place{Nom: "France services La Poste de Saint-Denis", Commune: "Saint-Denis", CodePostal: "93200", Adresse: "12 bis avenue du Général de Gaulle", Telephone: "+33326000001", Courriels: []string{"a@ville.fr"}, Typologie: []string{"RFS"}}
	f := NewProfile(&p, "s", "93")
	var keys []uint64
	b.ReportAllocs()
	for b.Loop() {
		keys = f.Keys(keys[:0])
	}
}

func BenchmarkWeigh(b *testing.B) {
	p := place.Place{Nom: "France services Tardets Sorholus", Commune: "Tardets-Sorholus", CodePostal: "64470", Adresse: "80 rue de Sorholus", Telephone: "+33326000001", Courriels: []string{"a@ville.fr"}, Typologie: []string{"RFS"}}
	q := place.Place{Nom: "Maison de services de Tardets", Commune: "Tardets", CodePostal: "64470", Adresse: "80, rue de Sorholus", Telephone: "+33326000002", Courriels: []string{"a@ville.fr"}}
	f, g := NewProfile(&p, "s", "64"), NewProfile(&q, "t", "64")
	b.ReportAllocs()
	for b.Loop() {
		Weigh(f, g, alwaysAlone)
	}
}

// What more addresses share never says more: the census looks again at pairs
// that it knows, and at no others, when it comes to know of more.
func TestWhatMoreShareNeverSaysMore(t *testing.T) {
	profiles := map[[2]string]*Profile{}
	for _, r := range realCensus(t) {
		profiles[[2]string{r.Source, r.ID}] = r.Profile
	}
	rank := map[Outcome]int{Different: 0, Undecided: 1, Same: 2}
	moved := 0
	for _, half := range []string{"reglage", "controle"} {
		for _, pair := range judgedPairs(t, half, false) {
			a, b := profiles[[2]string{pair.SourceA, pair.IDA}], profiles[[2]string{pair.SourceB, pair.IDB}]
			var values []Value
			for _, v := range a.Shareable() {
				if slices.Contains(b.Shareable(), v) {
					values = append(values, v)
				}
			}
			for more := range 1 << len(values) {
				for i := range values {
					if more>>i&1 == 1 {
						continue
					}
					by := func(more int, n int) Shared {
						return func(v Value) int {
							if at := slices.Index(values, v); at >= 0 && more>>at&1 == 1 {
								return n
							}
							return 1
						}
					}
					for _, n := range []int{fewFrom, manyFrom} {
						few, fewScore := Weigh(a, b, by(more, n))
						many, manyScore := Weigh(a, b, by(more|1<<i, n))
						if rank[many] > rank[few] || manyScore > fewScore {
							t.Fatalf("%s, %s: %s (%d), and with %v shared by %d addresses %s (%d)", pair.IDA, pair.IDB, few, fewScore, values[i], n, many, manyScore)
						}
						if many != few {
							moved++
						}
					}
				}
			}
		}
	}
	if moved == 0 {
		t.Error("no outcome moved: nothing was tried")
	}
}
