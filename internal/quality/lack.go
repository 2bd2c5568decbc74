package quality

// Worth says what each criterion would bring to a score were it fully met, as
// Explain does, from the values of a place alone: a territory's are added up
// without evaluating its places again. dst holds one number a criterion, 0 where
// there is nothing to gain.
func (e *Engine) Worth(values []Valeur, dst []Nombre) []Nombre {
	dst = dst[:0]
	g := gainer{e: e, values: values, now: e.model.Aggregate(values, nil)}
	for i, v := range values {
		if v == ValeurSansObjet || v == Valeur(Entier) {
			dst = append(dst, 0)
			continue
		}
		// The sums move by one term: adding up everything again costs forty times as much.
		after := g.now
		w := int64(e.model.Poids[i])
		if v < 0 {
			after.Evalue += w
			v = 0
		}
		after.Acquis += w * (int64(Entier) - int64(v))
		after.observed = after.Acquis
		if e.model.ParDimension {
			all := append([]Valeur(nil), values...)
			all[i] = Valeur(Entier)
			after = e.model.Aggregate(all, nil)
		}
		dst = append(dst, g.gain(&after))
	}
	return dst
}

// Silent reports whether a value of a criterion is for want of saying more: it
// is unknown, or the criterion is about what the place says. What is known and
// poor is a service to improve, not a field to fill.
func (e *Engine) Silent(i int, v Valeur) bool {
	return v == ValeurInconnue || v >= 0 && v < Valeur(Entier) && e.criteria[i].SiAbsent == Zero
}

// AppendValues appends the values of a result, two bytes each, in the version's
// order: what ReadValues reads.
func (r *Resultat) AppendValues(dst []byte) []byte {
	for i := range r.Criteres {
		v := ValeurInconnue
		switch c := &r.Criteres[i]; {
		case c.Statut == StatutSansObjet:
			v = ValeurSansObjet
		case c.Valeur != nil:
			v = Valeur(*c.Valeur)
		}
		dst = append(dst, byte(uint16(v)>>8), byte(v))
	}
	return dst
}

// ReadValues reads what AppendValues wrote.
func ReadValues(b []byte, dst []Valeur) []Valeur {
	dst = dst[:0]
	for ; len(b) >= 2; b = b[2:] {
		dst = append(dst, Valeur(uint16(b[0])<<8|uint16(b[1])))
	}
	return dst
}
