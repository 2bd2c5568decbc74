package sheet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// header is the row (or the two) that names the columns, among the first rows
// of a table.
type header struct {
	first   int // index of the row; -1: no row names the columns
	last    int // of the last row of headers: first, or the one below
	headers []string
	known   int
}

const headerWithin = 15 // rows

// recognise finds the header among the first rows of a table. at, when it is
// not 0, is its line.
func recognise(rows []Row, known func([]string) int, at int) header {
	if len(rows) == 0 {
		return header{first: -1, last: -1}
	}
	if at > 0 {
		for i := range rows {
			if rows[i].Line >= at {
				return finish(rows, i, known)
			}
		}
		return header{first: -1, last: -1}
	}
	widest := 0
	for _, r := range rows {
		widest = max(widest, filled(r.Cells))
	}
	typical := typicalFill(rows)
	best, most := -1, 1 // one cell proves nothing
	if known != nil {
		for i := range min(len(rows), headerWithin) {
			if n := known(rows[i].Cells); n > most {
				best, most = i, n
			}
		}
	}
	if best < 0 {
		for i := range min(len(rows), headerWithin) {
			if likeHeader(rows[i].Cells, typical) {
				best = i
				break
			}
		}
	}
	if best < 0 && widest < 2 {
		best = 0 // a list of one column: its first line names it
	}
	if best >= 0 {
		h := finish(rows, best, known)
		if most > 1 {
			h.known = most
		}
		return h
	}
	// Every row looks like data: none of them is lost, and columns have numbers.
	width := 0
	for _, r := range rows {
		width = max(width, len(trimRight(r.Cells)))
	}
	return header{first: -1, last: -1, headers: make([]string, width)}
}

// typicalFill is how many cells the rows of the table usually fill.
func typicalFill(rows []Row) int {
	fills := make([]int, 0, len(rows))
	for _, r := range rows {
		fills = append(fills, filled(r.Cells))
	}
	slices.Sort(fills)
	return fills[len(fills)*2/3]
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

func trimRight(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// likeHeader: enough cells, nearly all of them words, nearly all different.
func likeHeader(cells []string, typical int) bool {
	n, data := 0, 0
	seen := map[string]bool{}
	for _, c := range cells {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		n++
		seen[fold(c)] = true
		if likeData(c) {
			data++
		}
	}
	return n >= 2 && n*2 >= typical && data*5 <= n && len(seen)*10 >= n*6
}

// likeData: a number, a date, an address of the web or of mail, a yes or a no,
// a long text: what a header is not.
func likeData(c string) bool {
	if c = strings.TrimSpace(c); c == "" {
		return false
	}
	if len(c) > 300 || strings.Contains(c, "@") && strings.Contains(c, ".") || strings.HasPrefix(c, "http") || strings.HasPrefix(c, "www.") {
		return true
	}
	switch fold(c) {
	case "oui", "non", "x", "true", "false", "vrai", "faux", "null", "nan", "n/a", "nc":
		return true
	}
	digits, letters := 0, 0
	for _, r := range c {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= 1 || digits >= 4 && digits > letters/3
}

// finish takes the header at a row: with the row below where headers are on two
// lines, with the groups above where it needs them to tell its columns apart.
func finish(rows []Row, at int, known func([]string) int) header {
	upper := trimRight(rows[at].Cells)
	h := header{first: at, last: at, headers: slices.Clone(upper)}
	if at+1 < len(rows) {
		lower := trimRight(rows[at+1].Cells)
		switch {
		case completes(upper, lower):
			h.last = at + 1
			h.headers = join(upper, lower)
			return h
		case secondHeader(rows[at:]):
			h.last = at + 1
			if known != nil && known(lower) > known(upper) {
				h.headers = slices.Clone(lower)
			}
			return h
		}
	}
	if at > 0 && alone(rows[at-1].Cells, upper) && completes(trimRight(rows[at-1].Cells), upper) {
		// The lower of two lines says more words that are known; the columns that
		// have one line only are named above.
		h.first = at - 1
		h.headers = join(trimRight(rows[at-1].Cells), upper)
		return h
	}
	if at > 0 && repeated(upper) {
		if above := trimRight(rows[at-1].Cells); filled(above) >= 2 && !slices.ContainsFunc(above, likeData) {
			h.headers = join(above, upper)
		}
	}
	return h
}

// alone: some columns are named above only, which no title does.
func alone(above, below []string) bool {
	for i, a := range above {
		if strings.TrimSpace(a) != "" && (i >= len(below) || strings.TrimSpace(below[i]) == "") {
			return true
		}
	}
	return false
}

// completes: the row below names the columns that a merged cell above groups.
func completes(upper, lower []string) bool {
	gaps, group := 0, false
	for i := range lower {
		below := strings.TrimSpace(lower[i])
		above := ""
		if i < len(upper) {
			above = strings.TrimSpace(upper[i])
		}
		if below != "" && likeData(below) {
			return false
		}
		switch {
		case above != "":
			group = below != "" // a group has a name below it too
		case below != "":
			if gaps++; !group {
				return false
			}
		}
	}
	return gaps >= 2 && gaps*2 >= filled(lower)-gaps && (filled(lower) < filled(upper)+gaps || gaps >= filled(upper))
}

// secondHeader: where all rows below hold numbers, dates, addresses, the second
// line has words: it explains the first, or names it in a program's words.
func secondHeader(rows []Row) bool {
	if len(rows) < 6 {
		return false
	}
	second, columns := rows[1].Cells, 0
	if filled(second)*2 < filled(rows[0].Cells) {
		return false
	}
	for i := range rows[0].Cells {
		data, n := 0, 0
		for _, r := range rows[2:] {
			if i < len(r.Cells) && strings.TrimSpace(r.Cells[i]) != "" {
				n++
				if likeData(r.Cells[i]) {
					data++
				}
			}
		}
		if n < 3 || data*10 < n*9 {
			continue
		}
		if i >= len(second) || strings.TrimSpace(second[i]) == "" {
			continue
		}
		if likeData(second[i]) {
			return false
		}
		columns++
	}
	return columns >= 3
}

// repeated: two columns bear one name.
func repeated(headers []string) bool {
	seen := map[string]bool{}
	for _, h := range headers {
		if h = fold(h); h != "" {
			if seen[h] {
				return true
			}
			seen[h] = true
		}
	}
	return false
}

// join names columns by their group and by what stands below it; a group
// carries on to the right over empty cells.
func join(upper, lower []string) []string {
	out := make([]string, max(len(upper), len(lower)))
	group := ""
	for i := range out {
		above, below := "", ""
		if i < len(upper) {
			above = strings.TrimSpace(upper[i])
		}
		if i < len(lower) {
			below = strings.TrimSpace(lower[i])
		}
		if above != "" {
			group = above
		}
		switch {
		case below == "":
			out[i] = above
		case group == "" || fold(group) == fold(below):
			out[i] = below
		default:
			out[i] = group + " " + below
		}
	}
	return out
}

// remember keeps the header rows, to know them when they come again.
func (f *File) remember(rows []Row, h header) {
	for i := h.first; i >= 0 && i <= h.last; i++ {
		folded := make([]string, len(rows[i].Cells))
		for j, c := range rows[i].Cells {
			folded[j] = fold(c)
		}
		f.known = append(f.known, trimRight(folded))
	}
}

// aside says why a row is none of the table.
func (f *File) aside(cells []string) string {
	for _, header := range f.known {
		if f.again(header, cells) {
			return "ligne d’en-têtes répétée"
		}
	}
	if len(f.Columns) < 3 || (f.Format.Kind != "csv" && f.Format.Kind != "xlsx" && f.Format.Kind != "ods") {
		return ""
	}
	word, numbers := "", 0
	for _, c := range cells {
		c = strings.TrimSpace(c)
		switch {
		case c == "":
		case word == "":
			word = fold(c)
		case strings.TrimLeft(c, "0123456789., %\u00a0\u202f") == "":
			numbers++
		default:
			return ""
		}
	}
	// "Total" and nothing but numbers; alone where it says more than a name would.
	first, _, _ := strings.Cut(word, " ")
	switch strings.Trim(first, ":") {
	case "total", "totaux", "sous-total", "somme", "moyenne":
		if numbers > 0 || word == "total" || word == "total general" || strings.HasPrefix(word, "total :") {
			return "ligne de total"
		}
	}
	return ""
}

func (f *File) again(header, cells []string) bool {
	if len(header) < 2 {
		return false
	}
	cells = trimRight(cells)
	if len(cells) != len(header) {
		return false
	}
	for i, c := range cells {
		if fold(c) != header[i] {
			return false
		}
	}
	return true
}

// fold reduces a text to what people hear: case, accents and doubled spaces out.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if !ascii {
		s = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}
