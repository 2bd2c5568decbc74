// Package identity asks somebody else who a person is: OpenID Connect, as
// ProConnect speaks it. Local is a provider for tests and demonstrations.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Errors of an identification. They come in a *Failure.
var (
	ErrAway    = errors.New("the identity provider does not answer")
	ErrRefused = errors.New("the identification is not accepted")
)

// Failure is an identification that did not come to its end: what people are
// told, and for the log the cause, which names nobody.
type Failure struct {
	Reason string // French
	Err    error  // ErrAway or ErrRefused
	Cause  error
}

func (f *Failure) Error() string { return fmt.Sprintf("%v: %v", f.Err, f.Cause) }
func (f *Failure) Unwrap() error { return f.Err }

func refused(reason string, cause error) error { return &Failure{reason, ErrRefused, cause} }

// Settings say who identifies people here.
type Settings struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	TrustMail    bool // the provider gives no address that it did not check, though it does not say so
	Client       *http.Client
	Now          func() time.Time
}

// Person is somebody, as the provider knows them.
type Person struct {
	Issuer, Subject string
	Mail            string // "" unknown
	MailVerified    bool
	GivenName       string
	UsualName       string
	Siret           string // of the organisation that they work for; "" unknown
	IDToken         string // to sign out there too
}

// Provider is who identifies people. It is asked what it can do at the first use
// only, and again until it answers: we start without it.
type Provider struct {
	settings Settings

	mu    sync.Mutex
	found *oidc.Provider
	ends  string // where one signs out; "" nowhere
	asked time.Time
	fault error
}

const (
	askAgain     = 5 * time.Second  // a provider that is away is not asked more often
	answerWithin = 10 * time.Second // else it is away
	answerLimit  = 1 << 20          // bytes
)

// New makes a provider.
func New(s Settings) *Provider {
	if s.Client == nil {
		s.Client = &http.Client{Timeout: answerWithin, Transport: short{http.DefaultTransport}}
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return &Provider{settings: s}
}

// short refuses answers without end.
type short struct{ http.RoundTripper }

func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, answerLimit), answer.Body}
	}
	return answer, err
}

// Issuer is the provider's name.
func (p *Provider) Issuer() string { return p.settings.Issuer }

// discover asks the provider what it can do.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if now := p.settings.Now(); p.fault == nil || now.Sub(p.asked) >= askAgain || now.Before(p.asked) {
		// Not of this request alone: the keys are asked for again later with it.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.settings.Client), p.settings.Issuer)
		p.asked, p.fault = now, err
		if err == nil {
			var more struct {
				End string `json:"end_session_endpoint"`
			}
			_ = found.Claims(&more) // it was read already
			p.found, p.ends = found, more.End
			return found, nil
		}
	}
	return nil, &Failure{"Le service d’identification ne répond pas. Réessayez dans un instant, ou demandez un lien par courriel.", ErrAway, p.fault}
}

func (p *Provider) config(found *oidc.Provider, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: redirect,
		Scopes: []string{oidc.ScopeOpenID, "given_name", "usual_name", "email", "siret"}}
}

// Flow is what the browser keeps while the person is at the provider's: only who
// left from here can come back here.
type Flow struct {
	State, Nonce, Verifier string
	Back                   string // page of ours to come back to
}

// String is what ParseFlow reads.
func (f Flow) String() string {
	return url.Values{"s": {f.State}, "n": {f.Nonce}, "v": {f.Verifier}, "r": {f.Back}}.Encode()
}

// ParseFlow reads what a browser kept.
func ParseFlow(s string) (f Flow, ok bool) {
	v, err := url.ParseQuery(s)
	f = Flow{v.Get("s"), v.Get("n"), v.Get("v"), v.Get("r")}
	return f, err == nil && len(f.State) >= 20 && len(f.Nonce) >= 20 && len(f.Verifier) >= 40
}

// Begin gives the address where the person says who they are.
func (p *Provider) Begin(ctx context.Context, redirect, back string) (Flow, string, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return Flow{}, "", err
	}
	f := Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back}
	return f, p.config(found, redirect).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier), oauth2.SetAuthURLParam("acr_values", "eidas1")), nil
}

const startAgain = " Recommencez depuis la page « Se connecter »."

// Finish reads what the person came back with: query is that of the address.
func (p *Provider) Finish(ctx context.Context, f Flow, redirect string, query url.Values) (Person, error) {
	// First of all: an answer that nobody here asked for is not looked at.
	if state := query.Get("state"); f.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1 {
		return Person{}, refused("Cette identification n’a pas commencé dans ce navigateur, ou date de plus de dix minutes."+startAgain, errors.New("state differs"))
	}
	if iss := query.Get("iss"); iss != "" && iss != p.settings.Issuer { // RFC 9207
		return Person{}, refused("La réponse ne vient pas du bon service d’identification."+startAgain, errors.New("answer of another issuer"))
	}
	switch code := query.Get("error"); {
	case code == "access_denied":
		return Person{}, refused("Vous avez renoncé à vous identifier."+startAgain, errors.New("access_denied"))
	case code == "temporarily_unavailable", code == "server_error":
		return Person{}, &Failure{"Le service d’identification ne répond pas. Réessayez dans un instant.", ErrAway, errors.New(code)}
	case code != "":
		return Person{}, refused("Le service d’identification a refusé."+startAgain, errors.New("error answered"))
	case query.Get("code") == "":
		return Person{}, refused("Le service d’identification n’a rien répondu."+startAgain, errors.New("no code"))
	}
	found, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.settings.Client), 2*answerWithin)
	defer cancel()
	token, err := p.config(found, redirect).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var answered *oauth2.RetrieveError
		if errors.As(err, &answered) && answered.Response != nil && answered.Response.StatusCode < 500 {
			// Its text may repeat what was sent.
			return Person{}, refused("Le service d’identification n’a pas reconnu cette demande. Elle a peut-être déjà servi."+startAgain, fmt.Errorf("exchange: status %d", answered.Response.StatusCode))
		}
		return Person{}, &Failure{"Le service d’identification ne répond pas. Réessayez dans un instant.", ErrAway, errors.New("exchange failed")}
	}
	raw, _ := token.Extra("id_token").(string)
	verifier := found.Verifier(&oidc.Config{ClientID: p.settings.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}, Now: p.settings.Now})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		var expired *oidc.TokenExpiredError
		if errors.As(err, &expired) {
			return Person{}, refused("Cette identification a expiré."+startAgain, errors.New("id token expired"))
		}
		return Person{}, refused("La réponse du service d’identification n’est pas digne de foi : personne n’a été connecté."+startAgain, fmt.Errorf("id token: %w", err))
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Person{}, refused("La réponse du service d’identification est celle d’une autre demande : personne n’a été connecté."+startAgain, errors.New("nonce differs"))
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return Person{}, refused("La réponse du service d’identification n’est pas digne de foi : personne n’a été connecté."+startAgain, errors.New("at_hash differs"))
		}
	}
	person := Person{Issuer: id.Issuer, Subject: id.Subject, IDToken: raw}
	var c claims
	if err := id.Claims(&c); err == nil {
		c.tell(&person, p.settings.TrustMail)
	}
	if found.UserInfoEndpoint() == "" {
		return person, nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		if away := (*url.Error)(nil); errors.As(err, &away) {
			return Person{}, &Failure{"Le service d’identification ne répond pas. Réessayez dans un instant.", ErrAway, errors.New("userinfo failed")}
		}
		return Person{}, refused("Le service d’identification n’a pas dit qui vous êtes."+startAgain, errors.New("userinfo cannot be read"))
	}
	c = claims{}
	if err := info.Claims(&c); err != nil {
		return Person{}, refused("Le service d’identification n’a pas dit qui vous êtes."+startAgain, errors.New("userinfo cannot be read"))
	}
	// What belongs to another person, another site or another provider is not read.
	if info.Subject == "" || info.Subject != id.Subject || c.Issuer != "" && c.Issuer != id.Issuer || len(c.Audience) > 0 && !slices.Contains(c.Audience, p.settings.ClientID) {
		return Person{}, refused("Le service d’identification a répondu pour une autre personne : personne n’a été connecté."+startAgain, errors.New("userinfo of another"))
	}
	c.tell(&person, p.settings.TrustMail)
	return person, nil
}

// claims are what a provider says of a person. Their spelling is its own.
type claims struct {
	Issuer        string   `json:"iss"`
	Audience      audience `json:"aud"`
	Email         string   `json:"email"`
	EmailVerified any      `json:"email_verified"`
	GivenName     string   `json:"given_name"`
	UsualName     string   `json:"usual_name"`
	FamilyName    string   `json:"family_name"` // where usual_name is not known
	Siret         string   `json:"siret"`
}

func (c claims) tell(p *Person, trust bool) {
	set := func(field *string, values ...string) {
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" && len(v) <= 300 {
				*field = v
				return
			}
		}
	}
	if c.Email != "" {
		set(&p.Mail, c.Email)
		p.MailVerified = trust
		if c.EmailVerified != nil {
			p.MailVerified = c.EmailVerified == true || c.EmailVerified == "true"
		}
	}
	set(&p.GivenName, c.GivenName)
	set(&p.UsualName, c.UsualName, c.FamilyName)
	set(&p.Siret, c.Siret)
}

// audience is one name or several.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// End is where the person signs out of the provider too, and comes back from to
// a page of ours; "" when it has no such place, or never answered.
func (p *Provider) End(idToken, back string) string {
	p.mu.Lock()
	ends := p.ends
	p.mu.Unlock()
	u, err := url.Parse(ends)
	if ends == "" || idToken == "" || err != nil {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", idToken)
	q.Set("post_logout_redirect_uri", back)
	q.Set("state", rand.Text())
	u.RawQuery = q.Encode()
	return u.String()
}
