package identity

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Local is a provider for tests and demonstrations. It identifies nobody: whoever
// comes says which of its invented persons they are. It speaks as ProConnect
// does: code and PKCE, tokens signed by RS256, the person as a signed JWT.
type Local struct {
	ClientID, ClientSecret string
	Issuer                 string // where it answers, without trailing slash; set before it is asked
	Persons                []LocalPerson
	Now                    func() time.Time // default time.Now
	Bent                   Bend             // what it does wrong, in tests

	once  sync.Once
	mux   *http.ServeMux
	key   *rsa.PrivateKey
	other *rsa.PrivateKey // that it does not publish

	mu     sync.Mutex
	codes  map[string]granted // by code
	tokens map[string]granted // by access token
}

// LocalPerson is an invented person.
type LocalPerson struct {
	Subject, Mail, GivenName, UsualName, Siret string
	About                                      string // French: what they may do here
}

// Bend is a way of answering wrong.
type Bend string

// What a provider, or somebody in its place, may do wrong.
const (
	BentNonce       Bend = "another nonce"
	BentAudience    Bend = "another audience"
	BentIssuer      Bend = "another issuer"
	BentExpired     Bend = "an expired token"
	BentUnsigned    Bend = "alg none"
	BentSigned      Bend = "signed by another key"
	BentSymmetric   Bend = "signed with the public key as a secret"
	BentHash        Bend = "another access token"
	BentNoToken     Bend = "no id token"
	BentUser        Bend = "userinfo of another person"
	BentUserSigned  Bend = "userinfo signed by another key"
	BentUserSite    Bend = "userinfo for another site"
	BentUserAway    Bend = "no userinfo"
	BentTokenAway   Bend = "no token endpoint"
	BentUnverified  Bend = "a mail that was not verified"
	BentNameless    Bend = "a person without mail"
	BentOtherIssuer Bend = "discovery of another issuer"
)

type granted struct {
	person    LocalPerson
	redirect  string
	nonce     string
	challenge string
	until     time.Time
}

const (
	localCode  = time.Minute
	localToken = 5 * time.Minute
	localKept  = 1000 // codes and tokens
)

func (l *Local) start() {
	if l.Now == nil {
		l.Now = time.Now
	}
	var err error
	if l.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err) // the system has no chance to draw from
	}
	l.codes, l.tokens = map[string]granted{}, map[string]granted{}
	l.mux = http.NewServeMux()
	l.mux.HandleFunc("GET /.well-known/openid-configuration", l.discovery)
	l.mux.HandleFunc("GET /jwks", l.keys)
	l.mux.HandleFunc("GET /authorize", l.authorize)
	l.mux.HandleFunc("POST /authorize", l.choose)
	l.mux.HandleFunc("POST /token", l.token)
	l.mux.HandleFunc("GET /userinfo", l.userinfo)
	l.mux.HandleFunc("GET /session/end", l.end)
}

func (l *Local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.once.Do(l.start)
	w.Header().Set("Cache-Control", "no-store")
	l.mux.ServeHTTP(w, r)
}

func (l *Local) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

func (l *Local) discovery(w http.ResponseWriter, _ *http.Request) {
	issuer := l.Issuer
	if l.Bent == BentOtherIssuer {
		issuer = "https://ailleurs.example"
	}
	l.json(w, http.StatusOK, map[string]any{
		"issuer": issuer, "authorization_endpoint": l.Issuer + "/authorize", "token_endpoint": l.Issuer + "/token", "userinfo_endpoint": l.Issuer + "/userinfo",
		"jwks_uri": l.Issuer + "/jwks", "end_session_endpoint": l.Issuer + "/session/end", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "userinfo_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
		"scopes_supported": []string{"openid", "given_name", "usual_name", "email", "siret"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"claims_supported": []string{"sub", "email", "given_name", "usual_name", "siret"},
	})
}

const localKey = "demonstration"

func (l *Local) keys(w http.ResponseWriter, _ *http.Request) {
	l.json(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": localKey, "n": b64(l.key.N.Bytes()), "e": "AQAB",
	}}})
}

// faultOf says what is wrong with a demand, in French.
func (l *Local) faultOf(q url.Values) string {
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != l.ClientID:
		return "Ce site n’est pas connu ici."
	case err != nil || redirect.Host == "" || redirect.Path != "/connexion/retour":
		return "L’adresse de retour n’est pas celle du site."
	case q.Get("response_type") != "code", q.Get("code_challenge_method") != "S256", len(q.Get("code_challenge")) != 43, q.Get("state") == "", q.Get("nonce") == "":
		return "La demande du site n’est pas complète."
	}
	return ""
}

// authorize asks who comes.
func (l *Local) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if fault := l.faultOf(q); fault != "" {
		l.page(w, http.StatusBadRequest, "<h1>Cette demande ne peut pas aboutir</h1><p>"+html.EscapeString(fault)+"</p>")
		return
	}
	var b strings.Builder
	b.WriteString(`<h1>Qui êtes-vous aujourd’hui ?</h1><p><strong>Démonstration.</strong> Ces personnes sont inventées. Personne n’est identifié ici.</p><form method="post">`)
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "code_challenge_method", "code_challenge", "state", "nonce"} {
		fmt.Fprintf(&b, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(q.Get(name)))
	}
	b.WriteString("<ul>")
	for _, p := range l.Persons {
		fmt.Fprintf(&b, `<li><button name="personne" value="%s"><b>%s</b><span>%s</span></button></li>`,
			html.EscapeString(p.Subject), html.EscapeString(p.GivenName+" "+p.UsualName), html.EscapeString(p.About))
	}
	b.WriteString(`</ul><p><button class="plain" name="personne" value="">Renoncer</button></p></form>`)
	l.page(w, http.StatusOK, b.String())
}

// choose sends the person back with a code.
func (l *Local) choose(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		l.page(w, http.StatusBadRequest, "<h1>Cette demande ne se lit pas</h1>")
		return
	}
	q := r.PostForm
	if fault := l.faultOf(q); fault != "" {
		l.page(w, http.StatusBadRequest, "<h1>Cette demande ne peut pas aboutir</h1><p>"+html.EscapeString(fault)+"</p>")
		return
	}
	back := url.Values{"state": {q.Get("state")}, "iss": {l.Issuer}}
	back.Set("error", "access_denied")
	for _, p := range l.Persons {
		if q.Get("personne") == p.Subject && p.Subject != "" {
			back.Del("error")
			back.Set("code", l.keep(l.codes, granted{p, q.Get("redirect_uri"), q.Get("nonce"), q.Get("code_challenge"), l.Now().Add(localCode)}))
		}
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (l *Local) keep(in map[string]granted, g granted) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(in) >= localKept {
		clear(in)
	}
	name := rand.Text()
	in[name] = g
	return name
}

func (l *Local) take(in map[string]granted, name string, once bool) (granted, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, ok := in[name]
	if once {
		delete(in, name)
	}
	return g, ok && l.Now().Before(g.until)
}

// token exchanges a code, once.
func (l *Local) token(w http.ResponseWriter, r *http.Request) {
	if l.Bent == BentTokenAway {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if r.ParseForm() != nil || r.PostForm.Get("client_id") != l.ClientID || r.PostForm.Get("client_secret") != l.ClientSecret {
		l.json(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	g, ok := l.take(l.codes, r.PostForm.Get("code"), true)
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !ok || g.redirect != r.PostForm.Get("redirect_uri") || b64(sum[:]) != g.challenge || r.PostForm.Get("grant_type") != "authorization_code" {
		l.json(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	g.until = l.Now().Add(localToken)
	access := l.keep(l.tokens, g)
	half := sha256.Sum256([]byte(access))
	id := map[string]any{"iss": l.Issuer, "aud": l.ClientID, "sub": g.person.Subject, "nonce": g.nonce, "iat": l.Now().Unix(), "exp": g.until.Unix(), "acr": "eidas1", "at_hash": b64(half[:16])}
	switch l.Bent {
	case BentNonce:
		id["nonce"] = rand.Text()
	case BentAudience:
		id["aud"] = "un-autre-site"
	case BentIssuer:
		id["iss"] = "https://ailleurs.example"
	case BentExpired:
		id["exp"] = l.Now().Add(-time.Hour).Unix()
	case BentHash:
		id["at_hash"] = b64(half[16:])
	}
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(localToken.Seconds()), "id_token": l.sign(id, BentSigned)}
	if l.Bent == BentNoToken {
		delete(answer, "id_token")
	}
	l.json(w, http.StatusOK, answer)
}

// userinfo says who the person is, as a signed JWT.
func (l *Local) userinfo(w http.ResponseWriter, r *http.Request) {
	name, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, ok := l.take(l.tokens, name, false)
	if !ok || l.Bent == BentUserAway {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p := g.person
	info := map[string]any{"iss": l.Issuer, "aud": l.ClientID, "sub": p.Subject, "email": p.Mail, "given_name": p.GivenName, "usual_name": p.UsualName, "siret": p.Siret}
	switch l.Bent {
	case BentUser:
		info["sub"] = "quelqu-un-d-autre"
	case BentUserSite:
		info["aud"] = "un-autre-site"
	case BentUnverified:
		info["email_verified"] = false
	case BentNameless:
		delete(info, "email")
	}
	w.Header().Set("Content-Type", "application/jwt")
	_, _ = w.Write([]byte(l.sign(info, BentUserSigned))) // the client is gone: nobody to tell
}

// end forgets the person, and sends the browser back.
func (l *Local) end(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("post_logout_redirect_uri"))
	if err != nil || back.Host == "" || back.Path != "/connexion" || q.Get("id_token_hint") == "" {
		l.page(w, http.StatusBadRequest, "<h1>Cette demande ne peut pas aboutir</h1>")
		return
	}
	if state := q.Get("state"); state != "" {
		back.RawQuery = url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// sign writes a JWT, as is or as bent.
func (l *Local) sign(claims map[string]any, astray Bend) string {
	key, alg := l.key, "RS256"
	switch {
	case l.Bent == astray:
		if l.other == nil {
			l.other, _ = rsa.GenerateKey(rand.Reader, 2048)
		}
		key = l.other
	case l.Bent == BentUnsigned && astray == BentSigned:
		alg = "none"
	case l.Bent == BentSymmetric && astray == BentSigned:
		alg = "HS256"
	}
	head, _ := json.Marshal(map[string]string{"alg": alg, "typ": "JWT", "kid": localKey})
	body, _ := json.Marshal(claims)
	text := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	switch alg {
	case "none":
		return text + "."
	case "HS256":
		mac := hmac.New(sha256.New, l.key.N.Bytes())
		mac.Write([]byte(text))
		return text + "." + b64(mac.Sum(nil))
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is ours, and large enough
	}
	return text + "." + b64(signature)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

const localStyle = `body{font:18px/1.6 system-ui,sans-serif;margin:0 auto;padding:24px 20px 60px;max-width:34em;background:#faf5ea;color:#16213a}
.demo{background:#16213a;color:#fff;margin:-24px -20px 24px;padding:10px 20px}h1{font-size:1.6em;line-height:1.25}ul{list-style:none;padding:0}li{margin:10px 0}
button{font:inherit;text-align:left;width:100%;min-height:44px;padding:12px 16px;border:2px solid #16213a;border-radius:10px;background:#fff;color:inherit;cursor:pointer}
button b,button span{display:block}button span{color:#44506b}button.plain{width:auto;background:none}button:focus-visible{outline:3px solid #a35a00;outline-offset:2px}`

func (l *Local) page(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	sum := sha256.Sum256([]byte(localStyle))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Identité de démonstration</title><style>%s</style></head><body><header class="demo">Identité de démonstration : ceci n’est pas ProConnect.</header><main>%s</main></body></html>`, localStyle, body)
}
