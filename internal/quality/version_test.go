package quality

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"mednum/internal/place"
)

// theThirtyThree is the table of the design, as it was agreed: what version
// 1.0.0 must say, whatever way its rules are written.
var theThirtyThree = []struct {
	code, libelle, question string
	nature                  Nature
	poids                   Nombre
	essentiel               bool
	siAbsent                SiAbsent
}{
	{"INF-01", "Adresse et position exploitables", "Peut-on situer ce lieu sans se tromper ?", Calcule, 4 * Entier, true, Zero},
	{"INF-02", "Un contact direct", "Peut-on joindre quelqu'un ?", Calcule, 4 * Entier, true, Zero},
	{"INF-03", "Modalités d'accès cohérentes", "Les moyens annoncés pour venir sont-ils utilisables ?", Calcule, 2 * Entier, false, Zero},
	{"INF-04", "Présentation claire", "Comprend-on ce qui est proposé ?", Calcule, 2 * Entier, false, Zero},
	{"INF-05", "Fiche confirmée récemment", "L'information est-elle à jour ?", Calcule, 2 * Entier, false, Zero},
	{"ACC-01", "Horaires publiés et lisibles", "Sait-on quand venir ?", Calcule, 5 * Entier, true, Zero},
	{"ACC-02", "Amplitude adaptée au territoire", "Est-ce assez souvent ouvert, pour ici ?", Calcule, 3 * Entier, false, Inconnu},
	{"ACC-03", "Un créneau hors horaires de bureau", "Peut-on venir en travaillant ?", Calcule, 2 * Entier, false, Inconnu},
	{"ACC-04", "Un chemin d'accès sans internet", "Peut-on y aller sans passer par internet ?", Calcule, 5 * Entier, true, Inconnu},
	{"TAR-01", "Conditions financières annoncées", "Sait-on combien cela coûte ?", Calcule, 4 * Entier, false, Zero},
	{"TAR-02", "Gratuité ou tarif adapté", "Est-ce abordable ?", Calcule, 4 * Entier, false, Inconnu},
	{"TAR-03", "Pass numérique ou aide locale acceptés", "Peut-on payer avec un pass ?", Declare, 2 * Entier, false, Inconnu},
	{"ACP-01", "Offre décrite", "Sait-on ce qui se fait ici et comment ?", Calcule, 5 * Entier, false, Zero},
	{"ACP-02", "Réponse aux besoins essentiels", "Aide aux démarches et apprentissage de base ?", Calcule, 4 * Entier, false, Inconnu},
	{"ACP-03", "Un accompagnement humain", "Quelqu'un aide-t-il vraiment ?", Calcule, 5 * Entier, true, Inconnu},
	{"ACP-04", "Diagnostic et progression", "Fait-on le point pour progresser ?", Declare, 3 * Entier, false, Inconnu},
	{"ACP-05", "Matériel et connexion en accès libre", "Y a-t-il un ordinateur disponible ?", Calcule, 2 * Entier, false, Inconnu},
	{"ACP-06", "Orientation vers le bon interlocuteur", "Si ce n'est pas ici, est-on guidé ?", Declare, 2 * Entier, false, Inconnu},
	{"PUB-01", "Accessibilité renseignée", "L'accès handicap est-il décrit ?", Calcule, 3 * Entier, false, Zero},
	{"PUB-02", "Accessibilité effective", "Peut-on entrer et être accueilli ?", Verifie, 2 * Entier, false, Inconnu},
	{"PUB-03", "Besoins particuliers pris en charge", "Handicap, illettrisme, langues ?", Calcule, 4 * Entier, false, Inconnu},
	{"PUB-04", "Aller vers", "Le lieu va-t-il vers les gens ?", Calcule, 2 * Entier, false, Inconnu},
	{"COM-01", "Accompagnants formés", "Les aidants sont-ils formés ?", Calcule, 5 * Entier, true, Inconnu},
	{"COM-02", "Label confirmé par le registre officiel", "Le label affiché est-il réel ?", Verifie, 3 * Entier, false, Inconnu},
	{"COM-03", "Médiateur professionnel présent", "Y a-t-il un professionnel ?", Declare, 4 * Entier, false, Inconnu},
	{"CON-01", "Démarches faites en sécurité", "Si on fait à ma place, suis-je protégé ?", Calcule, 4 * Entier, true, Inconnu},
	{"CON-02", "Accueil confidentiel", "Peut-on parler sans être entendu ?", Verifie, 3 * Entier, false, Inconnu},
	{"CON-03", "Données et mots de passe protégés", "Que deviennent mes codes ?", Declare, 2 * Entier, false, Inconnu},
	{"CON-04", "Apprendre à se protéger en ligne", "Aide-t-on à éviter les arnaques ?", Calcule, 1 * Entier, false, Inconnu},
	{"AME-01", "Avis des usagers recueillis", "Mon avis compte-t-il ?", Declare, 2 * Entier, false, Inconnu},
	{"AME-02", "Signalements traités", "Les erreurs signalées sont-elles corrigées ?", Calcule, 1 * Entier, false, Inconnu},
	{"AME-03", "Relié au réseau local", "Le lieu travaille-t-il avec les autres ?", Declare, 2 * Entier, false, Inconnu},
	{"AME-04", "Structure porteuse identifiée", "Qui est responsable ?", Calcule, 2 * Entier, false, Zero},
}

// plain compares texts but for what typography changes: apostrophes and spaces.
func plain(s string) string {
	return strings.NewReplacer("’", "'", "\u00a0", " ", "\u202f", " ").Replace(s)
}

func TestVersionSaysTheTable(t *testing.T) {
	r := shipped(t).Referentiel()
	if r.Version != "1.0.0" || len(r.Criteres) != len(theThirtyThree) {
		t.Fatalf("version %s with %d criteria", r.Version, len(r.Criteres))
	}
	total, byNature, byDimension := Nombre(0), map[Nature]Nombre{}, map[string]Nombre{}
	for i, want := range theThirtyThree {
		c := r.Criteres[i]
		got := want
		got.code, got.libelle, got.question, got.nature, got.poids, got.essentiel, got.siAbsent = c.Code, plain(c.Libelle), plain(c.Question), c.Nature, c.Poids, c.Essentiel, c.SiAbsent
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", want.code, got, want)
		}
		if c.Dimension != c.Code[:3] {
			t.Errorf("%s is of the dimension %s", c.Code, c.Dimension)
		}
		total += c.Poids
		byNature[c.Nature] += c.Poids
		byDimension[c.Dimension] += c.Poids
	}
	if total != 100*Entier {
		t.Errorf("the weights sum to %s", total)
	}
	for nature, want := range map[Nature]Nombre{Calcule: 75, Declare: 17, Verifie: 8} {
		if byNature[nature] != want*Entier {
			t.Errorf("%s has %s points, want %d", nature, byNature[nature], want)
		}
	}
	for dimension, want := range map[string]Nombre{"INF": 14, "ACC": 15, "TAR": 10, "ACP": 21, "PUB": 11, "COM": 12, "CON": 10, "AME": 7} {
		if byDimension[dimension] != want*Entier {
			t.Errorf("%s has %s points, want %d", dimension, byDimension[dimension], want)
		}
	}
}

func TestVersionNeverReadsWhoItIsFor(t *testing.T) {
	for _, c := range shipped(t).Referentiel().Criteres {
		for _, column := range c.Regle.ChampsLus() {
			if column == "publics_specifiquement_adresses" {
				t.Errorf("%s scores %s, which is never scored", c.Code, column)
			}
			// Of a contact only the presence counts: its values are not even there.
			if k, _ := place.ColumnNamed(column); k.Kind == place.Phone && c.Regle.Type == "contient" {
				t.Errorf("%s reads the value of a contact", c.Code)
			}
		}
	}
}

// texts calls each with every text of the version that people read, and where.
func texts(r *Referentiel, each func(where, text string)) {
	issue := func(where string, i *Issue) {
		if i != nil {
			each(where, i.Phrase)
		}
	}
	var rule func(where string, x *Regle)
	rule = func(where string, x *Regle) {
		issue(where, x.Oui)
		issue(where, x.Non)
		issue(where, x.Sinon)
		issue(where, x.HorsSchema)
		for i := range x.Lignes {
			issue(where, &x.Lignes[i].Issue)
		}
		for i := range x.Paliers {
			issue(where, &x.Paliers[i].Issue)
		}
		for i := range x.Cas {
			issue(where, &x.Cas[i].Issue)
		}
		for _, i := range x.Resultats {
			issue(where, &i)
		}
		each(where, x.Phrase)
		for i := range x.Parts {
			rule(where, &x.Parts[i].Regle)
		}
		for i := range x.Regles {
			rule(where, &x.Regles[i])
		}
	}
	each("titre", r.Titre)
	each("presentation", r.Presentation)
	for _, n := range r.Parametres.Niveaux {
		each(n.Code, n.Libelle)
	}
	for _, d := range r.Dimensions {
		each(d.Code, d.Libelle)
	}
	for i := range r.Criteres {
		c := &r.Criteres[i]
		for _, text := range []string{c.Libelle, c.Question, c.Textes.Regle, c.Textes.Absent, c.Textes.SansObjet, c.Textes.Action, c.Textes.Tenue, c.Textes.Manque, c.Textes.Confirmer} {
			each(c.Code, text)
		}
		rule(c.Code, &c.Regle)
	}
	for _, q := range r.Questions {
		each(q.Code, q.Texte)
		each(q.Code, q.Aide)
		for _, a := range q.Reponses {
			each(q.Code, a.Libelle)
		}
	}
	for _, p := range r.Preuves {
		each(p.Code, p.Libelle)
		for _, a := range p.Resultats {
			each(p.Code, a.Libelle)
		}
	}
	for _, x := range r.Residus {
		each(x.Champ, x.Pourquoi)
	}
	for _, x := range r.Exemples {
		each("exemple", x.Titre)
	}
}

var sentence = regexp.MustCompile(`[^.?!\n]+[.?!]?`)

// Everybody reads these: short sentences, French typography.
func TestVersionIsReadable(t *testing.T) {
	straight := regexp.MustCompile(`'| [?!:;%]|"|\.\.\.|« | »|  `)
	seen := 0
	texts(shipped(t).Referentiel(), func(where, text string) {
		seen++
		for _, s := range sentence.FindAllString(text, -1) {
			words := 0
			for _, w := range strings.Fields(s) {
				if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
					words++
				}
			}
			if words > 15 {
				t.Errorf("%s: %d words: %q", where, words, s)
			}
		}
		if bad := straight.FindString(text); bad != "" {
			t.Errorf("%s: %q in %q", where, bad, text)
		}
	})
	if seen < 300 {
		t.Errorf("only %d texts", seen)
	}
}

// The seven guarantees, as a citizen reads them: what is unknown is said so,
// with what to do.
func TestVersionGuarantees(t *testing.T) {
	jargon := regexp.MustCompile(`(?i)crit[èe]re|score|OSM|SIRET|champ|modalit|référentiel|donnée`)
	n := 0
	for _, c := range shipped(t).Referentiel().Criteres {
		if !c.Essentiel {
			continue
		}
		n++
		if !strings.HasPrefix(c.Textes.Confirmer, "Nous ne savons pas si ") {
			t.Errorf("%s: %q", c.Code, c.Textes.Confirmer)
		}
		for _, s := range []string{c.Textes.Tenue, c.Textes.Manque, c.Textes.Confirmer} {
			if words := strings.Fields(s); len(words) > 15 || len(words) < 4 || !strings.HasSuffix(s, ".") || jargon.MatchString(s) {
				t.Errorf("%s: %d words: %q", c.Code, len(words), s)
			}
		}
	}
	if n != 7 {
		t.Errorf("%d guarantees", n)
	}
}

// Where the information is absent and that is no defect, nothing says that the
// service is.
func TestVersionSaysUnknownAsUnknown(t *testing.T) {
	for _, c := range shipped(t).Referentiel().Criteres {
		if c.SiAbsent == Inconnu && !(strings.Contains(plain(c.Textes.Absent), "Ce n'est pas compté comme une absence de service.") &&
			(strings.HasPrefix(c.Textes.Absent, "Nous ne savons pas") || c.Nature == Calcule)) {
			t.Errorf("%s: %q", c.Code, c.Textes.Absent)
		}
	}
}

func TestInitialIsACopy(t *testing.T) {
	a := Initial()
	a[0] = 'x'
	if bytes.Equal(a, Initial()) {
		t.Error("who writes to the text changes it for all")
	}
}
