package place

import (
	"strings"
	"unicode/utf8"

	"mednum/internal/french"
)

// explanation is what is said of a code of finding, once and for all.
type explanation struct {
	severity Severity
	title    string // French, for a group of findings: "date impossible"
	message  string // French, for one: {champ}, {titre}, {exemple}, {lu}, {ecrit} and the finding's own words
}

// explanations is the table of every code of finding. Codes are stable: programs
// and partners read them.
var explanations = map[string]explanation{
	// The record.
	"nom_missing":   {Blocking, "lieu sans nom", "Le lieu n’a pas de nom : la ligne est refusée. Écrire dans « nom » le nom que le public lui connaît, par exemple « Médiathèque Jean-Falala »."},
	"not_locatable": {Blocking, "lieu impossible à situer", "Rien ne dit où est ce lieu (ni commune, ni code postal, ni code INSEE, ni adresse, ni coordonnées) : la ligne est refusée. Écrire au moins la commune et le code postal, par exemple « Reims » et « 51100 »."},
	"missing":       {Warning, "cellule obligatoire vide", "« {champ} » ({titre}) est vide alors que le standard l’exige : écrire par exemple « {exemple} »."},
	"placeholder":   {Corrected, "mot qui veut dire « inconnu »", "« {lu} » veut dire que l’on ne sait pas : la valeur est tenue pour inconnue. Laisser la cellule vide."},

	// Texts.
	"html":            {Corrected, "balises ou entités HTML dans un texte", "« {champ} » contient du code HTML : il a été retiré. Écrire du texte simple."},
	"markup":          {Corrected, "marques de mise en forme dans un texte", "« {champ} » contient des marques de mise en forme (**, [[…]]) : elles ont été retirées, les adresses gardées."},
	"mojibake":        {Corrected, "accents abîmés par un mauvais encodage", "Les accents de « {lu} » étaient abîmés : lu « {ecrit} ». Enregistrer le fichier en UTF-8."},
	"lost_characters": {Warning, "caractères perdus", "« {champ} » contient des caractères perdus (�) : « {lu} ». Réécrire le texte et enregistrer le fichier en UTF-8."},
	"formula":         {Corrected, "formule de tableur", "« {lu} » serait exécuté comme une formule par un tableur : lu « {ecrit} ». Écrire le texte sans signe devant."},
	"resume_long":     {Warning, "résumé de plus de 280 caractères", "Le résumé compte {longueur} caractères, 280 au plus sont permis : il est gardé en entier. Le raccourcir, et mettre le reste dans « presentation_detail »."},
	"commune_cleaned": {Corrected, "nom de commune chargé d’autre chose", "« {lu} » est lu « {ecrit} » : n’écrire que le nom de la commune."},

	// Codes.
	"code_postal_lost_zero": {Corrected, "code postal qui a perdu son zéro", "Le code postal « {lu} » a perdu son zéro : lu « {ecrit} ». Mettre la colonne au format texte avant d’enregistrer."},
	"code_postal_format":    {Corrected, "code postal mal écrit", "Le code postal « {lu} » est lu « {ecrit} » : écrire cinq chiffres sans espace."},
	"code_postal_invalid":   {Warning, "code postal impossible", "« {lu} » n’est pas un code postal : écrire cinq chiffres, par exemple « {exemple} »."},
	"code_insee_lost_zero":  {Corrected, "code INSEE qui a perdu son zéro", "Le code INSEE « {lu} » a perdu son zéro : lu « {ecrit} ». Mettre la colonne au format texte avant d’enregistrer."},
	"code_insee_format":     {Corrected, "code INSEE mal écrit", "Le code INSEE « {lu} » est lu « {ecrit} »."},
	"code_insee_invalid":    {Warning, "code INSEE impossible", "« {lu} » n’est pas un code INSEE de commune : écrire cinq caractères, par exemple « {exemple} » ou « 2A004 »."},
	"code_insee_is_postal":  {Warning, "code postal à la place du code INSEE", "« {lu} » est le code postal, pas le code INSEE de la commune : écrire par exemple « {exemple} », ou laisser vide."},
	"code_insee_former":     {Corrected, "ancien code INSEE", "« {lu} » est le code d’une ancienne commune : lu « {ecrit} » ({commune})."},
	"code_insee_filled":     {Corrected, "code INSEE complété", "Le code INSEE manquait : la commune et le code postal désignent {commune}, « {ecrit} »."},
	"code_insee_found":      {Corrected, "code INSEE trouvé par le nom de la commune", "Le code INSEE manquait : {commune} est la seule commune qui convienne, « {ecrit} »."},
	"code_postal_filled":    {Corrected, "code postal complété", "Le code postal manquait : celui de {commune} est « {ecrit} »."},
	"code_postal_disagrees": {Warning, "code postal d’une autre commune", "« {lu} » n’est pas un code postal de {commune} : il est gardé. Corriger le code postal, ou la commune."},
	"code_insee_disagrees":  {Warning, "code INSEE et commune en désaccord", "Le code INSEE « {lu} » est celui de {commune}, mais la ligne dit « {declare} » : corriger l’un ou l’autre."},
	"pivot_format":          {Corrected, "SIRET, RNA ou RIDET mal écrit", "« {lu} » est lu « {ecrit} » : écrire le numéro sans espace ni point."},
	"pivot_siren":           {Warning, "SIREN à la place du SIRET", "« {lu} » est un SIREN : il désigne l’organisme, pas le lieu. Écrire le SIRET de l’établissement, 14 chiffres."},
	"pivot_invalid":         {Warning, "SIRET, RNA ou RIDET impossible", "« {lu} » n’est ni un SIRET (14 chiffres, clé comprise), ni un RNA (W et 9 chiffres), ni un RIDET : vérifier le numéro sur annuaire-entreprises.data.gouv.fr, ou laisser vide."},
	"pivot_scientific":      {Warning, "SIRET abîmé par un tableur", "« {lu} » est un SIRET dont le tableur a perdu des chiffres : mettre la colonne au format texte et écrire les 14 chiffres."},
	"date_format":           {Corrected, "date écrite autrement qu’AAAA-MM-JJ", "La date « {lu} » est lue « {ecrit} » : écrire AAAA-MM-JJ."},
	"date_american":         {Corrected, "date écrite à l’américaine", "La date « {lu} » est lue « {ecrit} » (mois devant) : écrire AAAA-MM-JJ."},
	"date_serial":           {Corrected, "date écrite comme un nombre", "Le nombre « {lu} » est lu « {ecrit} » : écrire AAAA-MM-JJ."},
	"date_placeholder":      {Warning, "date qui veut dire « inconnue »", "« {lu} » est la date que les ordinateurs mettent quand ils n’en ont pas : elle est tenue pour inconnue. Écrire la vraie date de mise à jour."},
	"date_future":           {Warning, "date dans le futur", "« {lu} » est dans le futur : la date est tenue pour inconnue. Écrire le jour de la dernière mise à jour, AAAA-MM-JJ."},
	"date_incomplete":       {Warning, "date incomplète", "« {lu} » ne dit pas quel jour : la date est tenue pour inconnue. Écrire AAAA-MM-JJ."},
	"date_invalid":          {Warning, "date illisible", "« {lu} » n’est pas une date que l’on sache lire : écrire AAAA-MM-JJ, par exemple « {exemple} »."},

	// Position.
	"decimal_comma":          {Corrected, "coordonnées écrites avec une virgule", "« {lu} » est lu « {ecrit} » : écrire les décimales après un point."},
	"coordinate_format":      {Corrected, "coordonnées mal écrites", "« {lu} » est lu « {ecrit} » : écrire des degrés décimaux, par exemple « {exemple} »."},
	"coordinate_invalid":     {Warning, "coordonnées illisibles", "« {lu} » n’est pas un nombre de degrés : la position est inconnue. Écrire par exemple « {exemple} »."},
	"position_incomplete":    {Warning, "une coordonnée sur deux", "« {champ} » est vide alors que l’autre coordonnée est donnée : la position est inconnue. Écrire les deux, ou aucune."},
	"position_zero":          {Warning, "position 0, 0", "0, 0 est dans le golfe de Guinée : la position est tenue pour inconnue. Laisser les deux cellules vides, ou écrire les vraies coordonnées."},
	"position_pair":          {Corrected, "deux coordonnées dans une cellule", "« {lu} » contient les deux coordonnées : lu « {ecrit} ». Mettre chacune dans sa colonne."},
	"position_swapped":       {Corrected, "latitude et longitude interverties", "Latitude et longitude étaient interverties ({lu}) : lu « {ecrit} ». Mettre la latitude (de 41 à 51 en métropole) dans « latitude »."},
	"position_lambert93":     {Corrected, "position en Lambert-93", "{lu} sont des mètres en Lambert-93 : convertis en « {ecrit} ». Écrire des degrés WGS84."},
	"position_out_of_bounds": {Warning, "position hors de France", "{lu} n’est dans aucun territoire français : la position est inconnue. Vérifier les coordonnées, par exemple sur adresse.data.gouv.fr."},
	"position_far":           {Warning, "position loin de la commune", "Le point ({lu}) est à {distance} de {commune} : il est gardé, et montré comme douteux. Vérifier les coordonnées, ou la commune."},
	"position_elsewhere":     {Warning, "position dans un autre territoire", "Le point ({lu}) n’est pas dans le territoire que dit le code postal ou le code INSEE : il est gardé, et montré comme douteux. Vérifier les coordonnées."},

	// Contacts.
	"telephone_format":     {Corrected, "téléphone écrit autrement qu’en +33…", "Le téléphone « {lu} » est lu « {ecrit} »."},
	"telephone_lost_zero":  {Corrected, "téléphone qui a perdu son zéro", "Le téléphone « {lu} » a perdu son zéro : lu « {ecrit} »."},
	"telephone_several":    {Warning, "plusieurs téléphones", "« {lu} » contient plusieurs numéros : « {ecrit} » est gardé, le standard n’en permet qu’un. Mettre le meilleur pour le public."},
	"telephone_foreign":    {Warning, "téléphone d’un autre pays", "« {ecrit} » est un numéro étranger : il est gardé, le standard ne prévoit que des numéros français."},
	"telephone_doubtful":   {Warning, "téléphone qui n’est pas attribué", "« {lu} » ne correspond à aucun numéro attribué : il est gardé. Le vérifier."},
	"telephone_invalid":    {Warning, "téléphone illisible", "« {lu} » n’est pas un numéro de téléphone : écrire par exemple « {exemple} », ou un numéro court comme « 3949 »."},
	"courriel_format":      {Corrected, "courriel mal écrit", "Le courriel « {lu} » est lu « {ecrit} »."},
	"courriel_invalid":     {Warning, "courriel impossible", "« {lu} » n’est pas une adresse de courriel : écrire par exemple « contact@laquincaillerie.tl ». Les autres de la cellule sont gardées."},
	"courriel_elsewhere":   {Corrected, "courriel dans la colonne du site web", "« {lu} » est un courriel : il est lu dans « courriels »."},
	"url_elsewhere":        {Corrected, "adresse web dans la colonne des courriels", "« {lu} » est une adresse web : elle est lue dans « site_web »."},
	"url_format":           {Corrected, "adresse web mal écrite", "L’adresse « {lu} » est lue « {ecrit} » : l’écrire en entier, https:// compris, et séparer plusieurs adresses par « | »."},
	"url_invalid":          {Warning, "adresse web impossible", "« {lu} » n’est pas une adresse web : écrire par exemple « {exemple} ». Les autres de la cellule sont gardées."},
	"url_several":          {Warning, "plusieurs adresses web", "« {lu} » contient plusieurs adresses : « {ecrit} » est gardée, la colonne n’en prend qu’une."},
	"horaires_unreadable":  {Warning, "horaires que l’on ne sait pas lire", "« {lu} » n’est pas au format OpenStreetMap : le texte est montré tel quel, mais on ne peut pas dire si le lieu est ouvert. {conseil}"},
	"horaires_format":      {Corrected, "horaires écrits presque comme OpenStreetMap", "« {lu} » est lu « {ecrit} »."},
	"horaires_from_french": {Corrected, "horaires écrits en français", "« {lu} » est lu « {ecrit} »."},

	// Lists.
	"vocabulary_spelling": {Corrected, "valeur écrite presque comme le standard", "« {lu} » est lu « {ecrit} »."},
	"vocabulary_v0":       {Corrected, "valeur de l’ancien standard (v0)", "« {lu} » est une valeur de l’ancien standard : lue « {ecrit} »{vers}."},
	"vocabulary_unknown":  {Warning, "valeur que le standard ne connaît pas", "« {lu} » n’est pas une valeur de « {champ} » : elle n’est pas gardée dans la liste.{conseil}"},
	"vocabulary_v0_lost":  {Warning, "valeur de l’ancien standard sans équivalent", "« {lu} » (« {colonne} » de l’ancien standard) n’a pas d’équivalent sûr aujourd’hui : la valeur d’origine est gardée à part."},
	"list_separator":      {Corrected, "liste séparée autrement que par « | »", "« {lu} » est lu comme plusieurs valeurs : les séparer par « | »."},
	"publics_everybody":   {Corrected, "« tout public » écrit en toutes lettres", "« {lu} » veut dire tout le monde : dans le standard, la cellule vide le dit déjà."},
	"label_too_long":      {Warning, "texte à la place d’un nom de label", "« {lu} » est trop long pour un nom de label : il n’est pas gardé dans la liste. Le mettre dans « presentation_detail »."},
	"typologie_unknown":   {Warning, "typologie inconnue", "« {lu} » n’est pas un code de typologie connu : il est gardé.{conseil}"},

	// The header, the file.
	"column_unknown":   {Warning, "colonne que le standard ne connaît pas", "La colonne « {lu} » n’est pas du standard : elle est gardée à part.{conseil}"},
	"column_missing":   {Warning, "colonne absente", "Le fichier n’a pas la colonne « {champ} » : {titre} est inconnu pour tous les lieux."},
	"column_alias":     {Corrected, "colonne écrite autrement", "La colonne « {lu} » est lue comme « {ecrit} »."},
	"column_v0":        {Corrected, "colonne de l’ancien standard (v0)", "La colonne « {lu} » de l’ancien standard est lue comme « {ecrit} »."},
	"column_repeated":  {Warning, "colonne en double", "La colonne « {lu} » est là plusieurs fois : la première est lue, les autres sont gardées à part."},
	"no_nom_column":    {Blocking, "aucune colonne de nom", "Le fichier n’a pas de colonne « nom » : sans elle, aucun lieu ne peut être gardé."},
	"no_place_columns": {Blocking, "aucune colonne qui situe", "Le fichier n’a aucune des colonnes « commune », « code_postal », « code_insee », « adresse », « latitude » et « longitude » : rien ne dirait où sont les lieux."},
	"id_missing":       {Warning, "identifiant manquant", "La ligne n’a pas d’identifiant : le lieu est reconnu à son nom, son adresse et sa position, et changera d’adresse publique si l’un d’eux change. Écrire un identifiant unique et durable."},
	"id_repeated":      {Warning, "identifiant en double", "L’identifiant « {lu} » est déjà celui de la ligne {autre} : le lieu est reconnu comme « {ecrit} ». Donner à chaque lieu son identifiant."},
	"row_repeated":     {Corrected, "ligne répétée à l’identique", "La ligne répète exactement la ligne {autre} : elle n’est comptée qu’une fois."},
	"row_short":        {Warning, "ligne trop courte", "La ligne a {nombre} cellules au lieu de {attendu} : les dernières sont tenues pour vides."},
	"row_wide":         {Blocking, "ligne trop longue", "La ligne a {nombre} valeurs au lieu de {attendu} : on ne sait plus laquelle est laquelle, elle est refusée. Enlever celles qui n’ont pas de colonne."},
	"row_long":         {Blocking, "ligne trop longue", "La ligne a {nombre} cellules au lieu de {attendu} : on ne sait plus laquelle est laquelle, elle est refusée. Une cellule contient sans doute le séparateur : la mettre entre guillemets."},
	"row_quotes":       {Warning, "guillemets mal placés", "Un guillemet est mal placé dans cette ligne : elle est lue au mieux. Doubler les guillemets à l’intérieur d’une cellule entre guillemets."},
	"cell_too_long":    {Blocking, "cellule démesurée", "Une cellule dépasse {nombre} caractères : la ligne est refusée. Vérifier les guillemets."},
}

// Explain gives what is said of a code of finding in general: its severity and
// a French title for a group.
func Explain(code string) (severity Severity, title string, ok bool) {
	e, ok := explanations[code]
	return e.severity, e.title, ok
}

// NewFinding makes a finding of a known code; words are pairs of a {name} of
// the code's message and what stands for it. An unknown code panics: codes are
// written in this house, never read from a file.
func NewFinding(code, field string, line int, found, made string, words ...string) Finding {
	e, ok := explanations[code]
	if !ok {
		panic("place: no explanation of the finding " + code)
	}
	found, made = short(found, 400), short(made, 400)
	title, example := field, ""
	if c, ok := columnByName[field]; ok {
		title, example = c.Title, c.Example
	}
	message := e.message
	if strings.IndexByte(message, '{') >= 0 {
		pairs := make([]string, 0, 10+len(words))
		pairs = append(pairs, "{champ}", field, "{titre}", title, "{exemple}", example,
			"{lu}", short(found, 80), "{ecrit}", short(made, 80))
		for i := 0; i+1 < len(words); i += 2 {
			pairs = append(pairs, "{"+words[i]+"}", words[i+1])
		}
		message = french.Fill(message, pairs...)
	}
	return Finding{Severity: e.severity, Code: code, Field: field, Line: line, Found: found, Made: made, Message: message}
}

// short keeps the first n characters of a text.
func short(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n {
			return s[:at] + "…"
		}
		i++
	}
	return s
}
