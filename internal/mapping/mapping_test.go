package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
)

const example = `
correspondance: 1
source: Ville d’Exemple
lignes:
  - colonne: État
    ecarter: [fermé]
    raison: lieu fermé
champs:
  nom:
    colonne: Structure
  commune:
    colonne: Ville
  code_postal:
    premier: [CP, Code postal]
  services:
    colonne: Thèmes
    couper: ","
    valeurs:
      wifi: Accès internet et matériel informatique
      Ateliers (PC, tablette): Maîtrise des outils numériques du quotidien
    sinon: ecarter
    aussi:
      - cases:
          - colonne: Démarches
            donne: Aide aux démarches administratives
position:
  couple: geo
defauts:
  frais_a_charge: Gratuit
ignorees: [Fax]
`

// compiled compiles a mapping written as YAML for a file.
func compiled(t testing.TB, text string, columns ...string) *Mapper {
	t.Helper()
	m, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := Compile(m, columns)
	if err != nil {
		t.Fatal(err)
	}
	return mapper
}

// written are the cells that are not empty, by column.
func written(m Mapped) map[string]string {
	out := map[string]string{}
	for i, c := range m.Cells {
		if c != "" {
			out[place.Columns[i].Name] = c
		}
	}
	return out
}

func TestARowIsMapped(t *testing.T) {
	mapper := compiled(t, example, "Structure", "VILLE", "cp", "Code postal", "Thèmes", "Demarches", "geo", "État", "Fax", "Notes")
	if diff := cmp.Diff([]string{"Notes"}, mapper.Unread()); diff != "" {
		t.Errorf("unread: %s", diff)
	}
	got := mapper.Row([]string{"Le Lieu", "Reims", "", "51100", "WiFi, ateliers (PC, tablette), yoga", "Oui", "49.25, 4.03", "ouvert"})
	want := map[string]string{
		"nom": "Le Lieu", "commune": "Reims", "code_postal": "51100", "latitude": "49.25", "longitude": "4.03", "frais_a_charge": "Gratuit",
		"services": "Accès internet et matériel informatique|Maîtrise des outils numériques du quotidien|Aide aux démarches administratives",
	}
	if diff := cmp.Diff(want, written(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"frais_a_charge"}, got.Defaults); diff != "" {
		t.Errorf("defaults: %s", diff)
	}
	if len(got.Findings) != 1 || got.Findings[0].Found != "yoga" || got.Findings[0].Column != "Thèmes" || got.Findings[0].Field != "services" {
		t.Errorf("findings: %+v", got.Findings)
	}
	if left := mapper.Row([]string{"Le Lieu", "Reims", "", "51100", "", "", "", "Fermé"}).Left; left != "lieu fermé" {
		t.Errorf("left: %q", left)
	}
}

func TestWrittenAndParsedAgain(t *testing.T) {
	m, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{m.YAML(), m.JSON()} {
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("-first +again:\n%s\n%s", diff, text)
		}
	}
	if !strings.HasPrefix(string(m.YAML()), "correspondance: 1\n") {
		t.Errorf("%s", m.YAML())
	}
}
