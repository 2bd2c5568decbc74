package mapping

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"mednum/internal/place"
)

// HelpEntry explains one key of a mapping to who writes one.
type HelpEntry struct {
	Key     string `json:"cle"` // "champs", "regle.motif"
	Title   string `json:"titre"`
	Text    string `json:"phrase"`
	Example string `json:"exemple"` // YAML
}

// Help explains every key, in French, in the order in which people meet them.
func Help() []HelpEntry { return help }

var help = []HelpEntry{
	{"correspondance", "Version", "Toujours 1 : la version de ce format.", "correspondance: 1"},
	{"source", "Source", "Le nom de qui donne le fichier.", "source: Département de la Marne"},
	{"note", "Note", "Un mot pour les personnes. Rien ne le lit.", "note: Export du 3 mai, revu par le service numérique."},

	{"lecture", "Lecture du fichier", "Aide à lire le fichier quand il est mal reconnu. Le plus souvent inutile.", "lecture:\n  feuille: Lieux 2024"},
	{"lecture.feuille", "Feuille", "La feuille du classeur à lire.", "feuille: Lieux 2024"},
	{"lecture.chemin", "Chemin", "La clé d’un JSON sous laquelle sont les lieux.", "chemin: resultats.lieux"},
	{"lecture.separateur", "Séparateur", "Le signe entre deux colonnes d’un CSV.", "separateur: \";\""},
	{"lecture.encodage", "Encodage", "L’encodage d’un CSV.", "encodage: Windows-1252"},
	{"lecture.ligne_entetes", "Ligne des titres", "Le numéro de la ligne qui porte les titres des colonnes.", "ligne_entetes: 3"},

	{"lignes", "Lignes à garder", "Une ligne est gardée quand chaque filtre la garde. Les lignes écartées sont comptées et dites.", "lignes:\n  - colonne: Statut\n    ecarter: [Fermé]"},
	{"filtre.colonne", "Colonne", "La colonne de votre fichier que le filtre regarde.", "colonne: Statut"},
	{"filtre.garder", "Garder", "Garder les lignes où la cellule est l’une de ces valeurs. La casse et les accents ne comptent pas.", "garder: [Ouvert, En service]"},
	{"filtre.ecarter", "Écarter", "Écarter les lignes où la cellule est l’une de ces valeurs. Un texte vide veut dire « cellule vide ».", "ecarter: [Fermé, \"\"]"},
	{"filtre.motif", "Motif", "Garder les lignes où cette expression régulière (RE2) se trouve.", "motif: ^OUV"},
	{"filtre.raison", "Raison", "La raison, en français, qui sera écrite dans le rapport.", "raison: lieu fermé"},

	{"champs", "Champs", "Pour chaque colonne du standard, la règle qui la remplit depuis votre fichier.", "champs:\n  nom:\n    colonne: Nom de la structure"},
	{"regle.colonne", "Colonne", "Une colonne de votre fichier, telle qu’elle y est nommée.", "colonne: Nom de la structure"},
	{"regle.premier", "Premier non vide", "Plusieurs colonnes : la première qui dit quelque chose est gardée.", "premier: [Téléphone fixe, Téléphone mobile]"},
	{"regle.joindre", "Joindre", "Plusieurs colonnes mises bout à bout, sans celles qui sont vides.", "joindre: [N°, Voie]"},
	{"regle.avec", "Avec", "Ce qui sépare les colonnes jointes. Par défaut, une espace, ou « | » pour une liste.", "avec: \", \""},
	{"regle.cases", "Cases à cocher", "Des colonnes qui disent oui ou non, chacune pour une valeur du standard.", "cases:\n  - colonne: Wifi\n    donne: Accès internet et matériel informatique"},
	{"regle.constante", "Constante", "La même valeur pour toutes les lignes. Elle est marquée comme dite par la source.", "constante: France Services"},
	{"regle.motif", "Motif", "Une expression régulière (RE2) : le groupe nommé « valeur » est gardé. Rien n’est gardé ailleurs.", "motif: '(?P<valeur>\\d{5})'"},
	{"regle.couper", "Couper", "Les signes qui séparent les valeurs d’une liste. « | » sépare toujours.", "couper: \",;\""},
	{"regle.valeurs", "Valeurs", "Ce que veut dire chaque valeur de votre fichier, exactement. « | » en sépare plusieurs, un texte vide ne donne rien.", "valeurs:\n  Médiathèque: BIB\n  Tout public: \"\""},
	{"regle.sinon", "Sinon", "Une valeur absente de la table est lue telle quelle (garder). Ou bien elle est dite et écartée (ecarter).", "sinon: ecarter"},
	{"regle.avant", "Avant", "Un texte mis devant la valeur, si elle ne commence pas déjà ainsi.", "avant: \"France services \""},
	{"regle.aussi", "Aussi", "Pour une liste : d’autres règles, dont les valeurs s’ajoutent.", "aussi:\n  - colonne: Autres services\n    couper: \",\""},
	{"regle.a_defaut", "À défaut", "Pour un texte : d’autres règles, essayées dans l’ordre tant que rien n’est trouvé.", "a_defaut:\n  - colonne: Raison sociale"},
	{"case.colonne", "Colonne", "La colonne qui dit oui ou non.", "colonne: Wifi"},
	{"case.vaut", "Vaut oui", "Les cellules qui veulent dire oui. Par défaut : oui, x, 1, vrai, true, o, ✓.", "vaut: [Oui, Souvent]"},
	{"case.sauf", "Sauf", "Toute cellule remplie veut dire oui, sauf celles-ci.", "sauf: [Non, Jamais]"},
	{"case.donne", "Donne", "La valeur du standard. Un texte vide : la case est lue, et ne donne rien.", "donne: Accès internet et matériel informatique"},

	{"adresse_entiere", "Adresse entière", "Un texte qui contient la voie, le code postal et la commune. Il remplit ceux que « champs » laisse vides.", "adresse_entiere:\n  colonne: Adresse postale"},

	{"position", "Position", "Les coordonnées du lieu : deux colonnes, ou une seule qui contient les deux.", "position:\n  latitude: Y\n  longitude: X\n  crs: EPSG:2154"},
	{"position.latitude", "Latitude", "La colonne de la latitude, ou du nord (Y) quand ce sont des mètres.", "latitude: Y"},
	{"position.longitude", "Longitude", "La colonne de la longitude, ou de l’est (X) quand ce sont des mètres.", "longitude: X"},
	{"position.couple", "Couple", "La colonne qui contient les deux coordonnées.", "couple: geo_point_2d"},
	{"position.ordre", "Ordre", "L’ordre des deux coordonnées d’un couple : la latitude d’abord si rien n’est dit.", "ordre: longitude latitude"},
	{"position.crs", "Système de coordonnées", "Le code du système. Par défaut, des degrés : EPSG:4326. Le Lambert-93 est EPSG:2154.", "crs: EPSG:2154"},

	{"horaires", "Horaires", "Les horaires d’ouverture : un texte, une colonne par jour, ou des colonnes d’heures.", "horaires:\n  texte:\n    colonne: Horaires"},
	{"horaires.texte", "Texte", "Un texte en français, ou au format OpenStreetMap.", "texte:\n  colonne: Horaires"},
	{"horaires.jours", "Jours", "Une colonne par jour, par exemple « 9h-12h et 14h-17h ».", "jours:\n  lundi:\n    colonne: Horaires lundi"},
	{"horaires.bornes", "Bornes", "Pour chaque jour, les colonnes d’heures par deux : ouvre, ferme, ouvre, ferme.", "bornes:\n  lundi: [Lun. ouvre, Lun. ferme]"},
	{"horaires.remarque", "Remarque", "Un texte à côté des horaires, gardé comme il est écrit.", "remarque:\n  colonne: Précisions sur les horaires"},

	{"defauts", "Valeurs par défaut", "Ce que la source dit de tous ses lieux, si la ligne ne dit rien. C’est marqué comme tel.", "defauts:\n  frais_a_charge: Gratuit"},
	{"ignorees", "Colonnes ignorées", "Les colonnes qui ne disent rien du standard : elles ne seront plus signalées.", "ignorees: [Fax, Commentaire interne]"},
	{"privees", "Colonnes privées", "Les colonnes qui parlent d’une personne : ni lues, ni gardées, ni montrées.", "privees: [Nom du référent, Portable du référent]"},
}

// Schema is the JSON Schema (2020-12) of a mapping: what it refuses, Parse
// refuses, and the other way round. "regex" is RE2's here, and a motif names
// its group.
func Schema() []byte { return schemaText() }

var schemaText = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(schema()); err != nil { // cannot be: maps and texts
		panic("mapping: " + err.Error())
	}
	return b.Bytes()
})

type object = map[string]any

func schema() object {
	name := object{"type": "string", "minLength": 1, "maxLength": maxString}
	names := object{"type": "array", "minItems": 1, "items": name}
	text := object{"type": "string", "maxLength": maxString}
	texts := object{"type": "array", "minItems": 1, "items": text}
	pattern := object{"type": "string", "minLength": 1, "maxLength": maxPattern, "format": "regex"}
	enum := func(values []string) object { return object{"type": "string", "enum": values} }
	node := func(members object, more object) object {
		out := object{"type": "object", "additionalProperties": false, "properties": members}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	filled := func(members object) object { return node(members, object{"minProperties": 1}) }
	oneOf := func(keys ...string) []object {
		var out []object
		for _, k := range keys {
			out = append(out, object{"required": []string{k}})
		}
		return out
	}
	ref := func(name string) object { return object{"$ref": "#/$defs/" + name} }
	no := func(keys ...string) object {
		members := object{}
		for _, k := range keys {
			members[k] = false
		}
		return object{"properties": members}
	}

	// What every rule has alike is said once.
	same := object{
		"colonne": name, "premier": names, "joindre": names, "avec": text, "avant": name, "sinon": enum(otherwise),
		"motif":  object{"type": "string", "minLength": 1, "maxLength": maxPattern, "format": "motif"},
		"couper": object{"type": "string", "pattern": `^[^\p{L}\p{N}]+$`, "maxLength": maxString},
	}

	// rule is a rule whose values are constrained; outer has rules of its own.
	rule := func(value object, list, outer bool, self string) object {
		empty := object{"anyOf": []any{object{"const": ""}, value}}
		members := object{
			"constante": value,
			"cases": object{"type": "array", "minItems": 1, "items": node(object{"colonne": name, "vaut": texts, "sauf": texts, "donne": empty},
				object{"required": []string{"colonne", "donne"}, "not": object{"required": []string{"vaut", "sauf"}}})},
			"valeurs": object{"type": "object", "minProperties": 1, "additionalProperties": empty},
		}
		for key := range same {
			members[key] = ref("cle_" + key)
		}
		delete(members, map[bool]string{true: "avant", false: "couper"}[list])
		if outer {
			members[map[bool]string{true: "aussi", false: "a_defaut"}[list]] = object{"type": "array", "minItems": 1, "items": ref(self + "_simple")}
		}
		return node(members, object{
			"oneOf":             oneOf("colonne", "premier", "joindre", "cases", "constante"),
			"dependentRequired": object{"avec": []string{"joindre"}, "sinon": []string{"valeurs"}},
			"dependentSchemas": object{
				"constante": no("motif", "couper", "valeurs", "sinon", "avant"),
				"cases":     no("motif", "couper", "valeurs", "sinon", "avant"),
			},
		})
	}
	defs := object{}
	for key, value := range same {
		defs["cle_"+key] = value
	}
	both := func(self string, value object, list bool) {
		defs[self] = rule(value, list, true, self)
		defs[self+"_simple"] = rule(value, list, false, self)
	}
	both("regle", name, false)
	fields, defaults := object{}, object{}
	for i := range place.Columns {
		c := &place.Columns[i]
		if apart[c.Name] == "position" {
			continue
		}
		value := name
		self := "regle"
		switch {
		case c.Vocabulary != nil:
			var words []string
			for _, v := range c.Vocabulary.Values() {
				words = append(words, regexp.QuoteMeta(v))
			}
			one := "(?:" + strings.Join(words, "|") + ")"
			defs["valeurs_"+c.Name] = object{"type": "string", "pattern": "^" + one + `(?:\|` + one + ")*$", "maxLength": maxString,
				"description": "Valeurs du standard, séparées par « | » : " + strings.Join(c.Vocabulary.Values(), ", ") + "."}
			value = ref("valeurs_" + c.Name) // said once: these patterns are long
			self = "regle_" + c.Name
			both(self, value, true)
		case c.List != nil:
			self = "regle_liste"
			both(self, value, true)
		case c.Kind == place.Day:
			value = object{"type": "string", "format": "date"}
			self = "regle_jour"
			both(self, value, false)
		}
		if c.Name != "id" {
			defaults[c.Name] = value
		}
		if apart[c.Name] == "" {
			described := object{"$ref": "#/$defs/" + self, "title": c.Title}
			if c.Name == "id" {
				described["properties"] = object{"constante": false, "a_defaut": object{"items": no("constante")}}
			}
			fields[c.Name] = described
		}
	}
	week := func(value object) object {
		members := object{}
		for _, d := range days {
			members[d] = value
		}
		return filled(members)
	}
	var codes []string
	for _, p := range place.Projections() {
		codes = append(codes, p.Code)
	}
	root := node(object{
		"correspondance": object{"const": Version, "type": "integer"},
		"source":         text, "note": text,
		"lecture": node(object{
			"feuille": name, "chemin": name, "separateur": object{"type": "string", "minLength": 1, "maxLength": 1},
			"encodage": enum(encodings), "ligne_entetes": object{"type": "integer", "minimum": 1, "maximum": 1000},
		}, nil),
		"lignes": object{"type": "array", "minItems": 1, "items": node(
			object{"colonne": name, "garder": texts, "ecarter": texts, "motif": pattern, "raison": text},
			object{"required": []string{"colonne"}, "oneOf": oneOf("garder", "ecarter", "motif")})},
		"champs":          filled(fields),
		"adresse_entiere": object{"$ref": "#/$defs/regle", "properties": object{"cases": false, "constante": false}},
		"position": node(object{"latitude": name, "longitude": name, "couple": name, "ordre": enum(orders), "crs": enum(codes)}, object{
			"oneOf": []object{
				{"required": []string{"latitude", "longitude"}, "properties": object{"couple": false}},
				{"required": []string{"couple"}, "properties": object{"latitude": false, "longitude": false}},
			},
			"dependentRequired": object{"ordre": []string{"couple"}},
		}),
		"horaires": node(object{
			"texte": ref("regle"), "remarque": ref("regle"), "jours": week(ref("regle")),
			"bornes": week(object{"type": "array", "items": name, "oneOf": []object{
				{"minItems": 2, "maxItems": 2}, {"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}, {"minItems": 8, "maxItems": 8}}}),
		}, object{"oneOf": oneOf("texte", "jours", "bornes")}),
		"defauts":  filled(defaults),
		"ignorees": names,
		"privees":  names,
	}, object{"required": []string{"correspondance"}})
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Correspondance entre un fichier et le standard des lieux de médiation numérique"
	root["description"] = "Dit comment les colonnes d’un fichier remplissent celles du standard. Une clé inconnue est une faute."
	root["$defs"] = defs
	for _, h := range help {
		explain(root, h)
	}
	return root
}

// explain sets the title, the description and the example of a key where the
// schema has it.
func explain(root object, h HelpEntry) {
	of, key, nested := strings.Cut(h.Key, ".")
	set := func(in object) {
		members, _ := in["properties"].(object)
		found, ok := members[key].(object)
		if !ok {
			return
		}
		said := object{} // a copy: shared parts have other words elsewhere
		for k, v := range found {
			said[k] = v
		}
		said["title"], said["description"] = h.Title, h.Text
		var example object
		if err := yaml.Unmarshal([]byte(h.Example), &example); err != nil {
			panic("mapping: the example of " + h.Key + ": " + err.Error())
		}
		said["examples"] = []any{example[key]}
		members[key] = said
	}
	if !nested {
		key = h.Key
		set(root)
		return
	}
	defs := root["$defs"].(object)
	items := func(v any) object { o, _ := v.(object)["items"].(object); return o }
	members := root["properties"].(object)
	switch of {
	case "filtre":
		set(items(members["lignes"]))
	case "regle":
		if _, ok := defs["cle_"+key]; ok {
			same := object{"properties": object{key: defs["cle_"+key]}}
			set(same)
			defs["cle_"+key] = same["properties"].(object)[key]
			break
		}
		for _, d := range defs {
			set(d.(object))
		}
	case "case":
		for _, d := range defs {
			if members, ok := d.(object)["properties"].(object); ok {
				set(items(members["cases"]))
			}
		}
	default:
		set(members[of].(object))
	}
}
