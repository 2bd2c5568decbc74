package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/identity"
	"mednum/internal/mail"
	"mednum/internal/place"
	"mednum/internal/postgres"
)

// secretOf is a secret given as it is, or in a file: one that a service manager
// wrote there.
func (c config) clientSecret() (string, error) {
	if c.OIDCSecretFile == "" {
		return c.OIDCSecret, nil
	}
	text, err := os.ReadFile(c.OIDCSecretFile)
	if err != nil {
		return "", usageError("MEDNUM_OIDC_CLIENT_SECRET_FILE : ce fichier ne se lit pas : %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// checkPeople tells what settings do not go together.
func (c config) checkPeople() error {
	var faults []error
	if c.OIDCIssuer != "" && c.OIDCClientID == "" {
		faults = append(faults, usageError("MEDNUM_OIDC_ISSUER : il faut aussi MEDNUM_OIDC_CLIENT_ID, que le service d’identification vous a donné"))
	}
	if c.OIDCIssuer != "" && c.OIDCSecret == "" && c.OIDCSecretFile == "" {
		faults = append(faults, usageError("MEDNUM_OIDC_ISSUER : il faut aussi MEDNUM_OIDC_CLIENT_SECRET, ou MEDNUM_OIDC_CLIENT_SECRET_FILE"))
	}
	if c.SMTPURL != "" && c.SMTPURL != mail.Terminal && c.PublicURL == "" {
		faults = append(faults, usageError("MEDNUM_SMTP_URL : il faut aussi MEDNUM_PUBLIC_URL, l’adresse que les liens portent"))
	}
	if c.DemoLogin != "" {
		if c.OIDCIssuer != "" {
			faults = append(faults, usageError("MEDNUM_DEMO_LOGIN : pas avec MEDNUM_OIDC_ISSUER, un seul service identifie les personnes"))
		}
		if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || !loopback(u.Hostname())) {
			faults = append(faults, usageError("MEDNUM_DEMO_LOGIN : pas avec une adresse publique, car n’importe qui y prend n’importe quel rôle"))
		}
	}
	return errors.Join(faults...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// post is where messages go; nil: nowhere.
func (c config) post(log *slog.Logger) (*mail.Post, error) {
	if c.SMTPURL == "" {
		return nil, nil
	}
	p, err := mail.Open(c.SMTPURL, c.MailFrom, os.Stderr, log)
	if err != nil {
		return nil, usageError("MEDNUM_SMTP_URL, MEDNUM_MAIL_FROM : %w", err)
	}
	return p, nil
}

// identifier is who identifies people; nil: nobody.
func (c config) identifier() (*identity.Provider, error) {
	if c.OIDCIssuer == "" {
		return nil, nil
	}
	secret, err := c.clientSecret()
	if err != nil {
		return nil, err
	}
	return identity.New(identity.Settings{Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: secret, TrustMail: c.OIDCTrustMail}), nil
}

// demoIdentity serves invented persons, each with what they may do, on an
// address of their own, as a real provider would. It stops with ctx.
func demoIdentity(ctx context.Context, c config, store *postgres.Census, log *slog.Logger) (*identity.Provider, func(), error) {
	persons, err := demoPersons(ctx, store, time.Now())
	if err != nil {
		return nil, nil, fmt.Errorf("make demonstration persons: %w", err)
	}
	listener, err := net.Listen("tcp", c.DemoLogin)
	if err != nil {
		return nil, nil, listenFault(c.DemoLogin, err)
	}
	host, _, _ := net.SplitHostPort(c.DemoLogin)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	local := &identity.Local{ClientID: "mednum", ClientSecret: rand.Text(), Issuer: "http://" + net.JoinHostPort(host, port), Persons: persons}
	server := &http.Server{Handler: local, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	log.Warn("demonstration: anybody takes any role", "address", listener.Addr().String())
	run := func() {
		done := make(chan struct{})
		go func() { defer close(done); _ = server.Serve(listener) }()
		<-ctx.Done()
		_ = server.Close()
		<-done
	}
	return identity.New(identity.Settings{Issuer: local.Issuer, ClientID: local.ClientID, ClientSecret: local.ClientSecret, TrustMail: true}), run, nil
}

// demoScene is where the invented persons work: where the most places are.
type demoScene struct {
	commune, nom, epci, departement, region string
	place                                   string
}

// demoPersons are one person a role, who work where there are places, one who
// has two roles and one who has none. Their numbers are nobody's: no SIREN
// begins by 0000.
func demoPersons(ctx context.Context, store *postgres.Census, now time.Time) ([]identity.LocalPerson, error) {
	at, err := demoTown(ctx, store)
	if err != nil {
		return nil, err
	}
	if at.commune == "" {
		return nil, refused(errors.New("MEDNUM_DEMO_LOGIN : le recensement n’a aucun lieu ; importez-en, ou lancez « mednum demo »"))
	}
	type role struct {
		role                access.Role
		organisation, siren string
		territory           string
	}
	town, department := "Ville de démonstration ("+at.nom+")", "Département de démonstration ("+at.departement+")"
	hub, national := "Hub de démonstration", "Agence de démonstration"
	people := []struct {
		id, given, usual, about string
		roles                   []role
	}{
		{"agent-commune", "Inès", "Bertin", "Agente de la ville : " + at.nom, []role{{access.Contributor, town, "000000018", "commune:" + at.commune}}},
		{"agent-departement", "Malo", "Kerguen", "Agent du département " + at.departement, []role{{access.Contributor, department, "000000026", "departement:" + at.departement}}},
		{"lieu", "Yasmine", "Aubry", "Responsable d’un seul lieu", []role{{access.PlaceContributor, "Lieu de démonstration", "000000034", "lieux:" + at.place}}},
		{"hub", "Théo", "Valmont", "Hub territorial, région " + at.region, []role{{access.Hub, hub, "000000042", "region:" + at.region}}},
		{"verification", "Louise", "Picard", "Vérificatrice", []role{{access.Verifier, "Vérification de démonstration", "000000059", ""}}},
		{"moderation", "Karim", "Delorme", "Modérateur, et agent du département", []role{{access.Moderator, "Modération de démonstration", "000000067", ""}, {access.Contributor, department, "000000026", "departement:" + at.departement}}},
		{"redaction", "Jeanne", "Moulin", "Rédactrice nationale du référentiel", []role{{access.Editor, national, "000000075", ""}}},
		{"comite", "Paul", "Rivière", "Membre du comité", []role{{access.Committee, "Comité de démonstration", "000000083", ""}}},
		{"audit", "Sofia", "Renard", "Auditrice", []role{{access.Auditor, "Audit de démonstration", "", ""}}},
		{"administration", "Hugo", "Lambert", "Administrateur technique : les comptes", []role{{access.Administrator, "Exploitation de démonstration", "", ""}}},
		{"nouvelle", "Chloé", "Garnier", "Nouvelle venue, sans rôle", nil},
	}
	var out []identity.LocalPerson
	for _, p := range people {
		address := p.id + "@demonstration.example"
		person := identity.LocalPerson{Subject: "demonstration-" + p.id, Mail: address, GivenName: p.given, UsualName: p.usual, About: p.about}
		var known access.Account
		account, err := store.AccountOfMail(ctx, address)
		if err == nil {
			known, err = store.Account(ctx, account)
		}
		if err != nil && !errors.Is(err, access.ErrNoAccount) {
			return nil, err
		}
		for _, r := range p.roles {
			if person.Siret == "" && r.siren != "" {
				person.Siret = r.siren + "00011"
			}
			k := access.Key{Role: r.role, Organisation: r.organisation, Siren: r.siren, Territory: access.ParseTerritory(r.territory), Created: now, Expires: now.AddDate(1, 0, 0)}
			if faults := k.Faults(now); len(faults) > 0 {
				return nil, fmt.Errorf("%s: %v", p.id, faults)
			}
			held := false
			for _, g := range known.Grants {
				held = held || g.Role == r.role && g.Territory.String() == k.Territory.String() && g.Valid(now) == nil
			}
			if held || !known.Disabled.IsZero() {
				continue
			}
			if _, err := store.Invite(ctx, address, k, operatorKey(now), now); err != nil {
				return nil, err
			}
		}
		out = append(out, person)
	}
	return out, nil
}

// demoTown is the commune of most of the first places, of those in one piece.
func demoTown(ctx context.Context, store *postgres.Census) (demoScene, error) {
	set, err := store.Territories(ctx)
	if err != nil {
		return demoScene{}, err
	}
	towns, parts := map[string]int{}, map[string]bool{}
	for i := range set.Communes {
		towns[set.Communes[i].Code] = i
		parts[set.Communes[i].Parent] = true
	}
	count, first := map[string]int{}, map[string]string{}
	best := ""
	err = store.Find(ctx, place.Find{Limit: 5000}, func(h place.Hit) error {
		p, _, err := place.ParseFeature(h.Feature)
		if err != nil {
			return err
		}
		i, known := towns[p.CodeInsee]
		if !known || parts[p.CodeInsee] || set.Communes[i].Parent != "" || set.Communes[i].Epci == "" {
			return nil
		}
		if count[p.CodeInsee]++; count[p.CodeInsee] == 1 {
			first[p.CodeInsee] = h.ID
		}
		if best == "" || count[p.CodeInsee] > count[best] {
			best = p.CodeInsee
		}
		return nil
	})
	if err != nil || best == "" {
		return demoScene{}, err
	}
	t := set.Communes[towns[best]]
	return demoScene{commune: t.Code, nom: t.Nom, epci: t.Epci, departement: t.Departement, region: t.Region, place: first[best]}, nil
}
