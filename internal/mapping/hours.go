package mapping

import (
	"strings"

	"mednum/internal/place"
)

var horaires = at["horaires"]

// week is a Horaires that knows where its columns are.
type week struct {
	text   *rule
	days   [7]*rule
	bounds [7][]int
	remark *rule
	names  string
}

func (c *compiler) hours(h *Horaires) {
	out := &week{}
	there := false
	if h.Texte != nil {
		out.text = c.rule(h.Texte, "horaires.texte", nil)
		there = out.text != nil
	}
	for d, day := range days {
		if r, ok := h.Jours[day]; ok {
			out.days[d] = c.rule(&r, "horaires.jours."+day, nil)
			there = there || out.days[d] != nil
		}
		for _, name := range h.Bornes[day] {
			i, ok := c.column(name, "horaires.bornes."+day)
			if !ok {
				i = -1
			}
			there = there || ok
			out.bounds[d] = append(out.bounds[d], i)
		}
	}
	if h.Remarque != nil {
		out.remark = c.rule(h.Remarque, "horaires.remarque", nil)
		there = there || out.remark != nil
	}
	if there {
		c.mapper.hours = out
	}
}

// write makes the cell of the hours.
func (k *week) write(w *row) {
	text := ""
	if k.text != nil {
		text, w.Columns[horaires], _, _ = k.text.value(w)
	}
	var said []string
	for d, r := range k.days {
		if r == nil {
			continue
		}
		if v, _, _, _ := r.value(w); !place.Blank(v) {
			said = append(said, strings.ToUpper(days[d][:1])+days[d][1:]+" : "+v)
		}
	}
	for d, columns := range k.bounds {
		var spans []string
		for i := 0; i+1 < len(columns); i += 2 {
			if columns[i] < 0 || columns[i+1] < 0 {
				continue
			}
			if from, to := w.cell(columns[i]), w.cell(columns[i+1]); from != "" && to != "" {
				spans = append(spans, from+"-"+to)
			}
		}
		if len(spans) > 0 {
			said = append(said, days[d]+" "+strings.Join(spans, ", "))
		}
	}
	if text == "" {
		text = strings.Join(said, " ; ")
	}
	if k.remark != nil {
		if v, _, _, _ := k.remark.value(w); !place.Blank(v) {
			if text != "" {
				text += " ; "
			}
			text += v
		}
	}
	w.Cells[horaires] = text
}
