package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"mednum/api/pages"
	"mednum/internal/geocode"
)

// config is what the operator chose. Only what a verb asked for is filled in.
type config struct {
	DatabaseURL     string
	Listen          string
	PublicURL       string // without trailing slash; "" = from the request
	TileURL         string // "" = none
	TileAttribution string
	GeocoderURL     string // "" = none
	GeocodeImports  bool   // search the addresses of the files that enter
	FetchPrivate    bool   // addresses that people give may be of this network
	UploadMaximum   int64  // bytes of a file that is given
	TrustedProxies  []netip.Prefix
	FrameAncestors  string
	ThemeCSS        string
	OIDCIssuer      string // "" = nobody identifies people
	OIDCClientID    string
	OIDCSecret      string
	OIDCSecretFile  string
	OIDCTrustMail   bool
	SMTPURL         string // "" = no mail
	MailFrom        string
	DemoLogin       string // where the demonstration's provider listens; "" = none
	LogLevel        slog.Level
	LogJSON         bool
}

// setting is one choice: a flag, or a variable of the environment, or the
// default, in this order.
type setting struct {
	flag, env string
	value     string // what stands for it in the help
	def       string
	usage     string
	set       func(*config, string) error // French: what is wrong and what to write
}

// none is what an operator writes to do without.
const none = "aucun"

var settings = []setting{
	{flag: "database-url", env: "DATABASE_URL", value: "URL", usage: "base PostgreSQL + PostGIS (postgres://…)", set: func(c *config, v string) error {
		if v == "" {
			return fmt.Errorf("il faut une base : DATABASE_URL=postgres://utilisateur:motdepasse@hote:5432/base\n(dans un clone du projet : DATABASE_URL=$(make -s db-url))")
		}
		u, err := url.Parse(v)
		// libpq's "host=… dbname=…" is accepted too.
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql" && !strings.Contains(v, "=")) {
			return fmt.Errorf("ce n’est pas l’adresse d’une base PostgreSQL ; écrivez postgres://utilisateur:motdepasse@hote:5432/base")
		}
		c.DatabaseURL = v
		return nil
	}},
	{flag: "listen", env: "MEDNUM_LISTEN", value: "HÔTE:PORT", def: "localhost:8080", usage: "où répondre ; « :8080 » répond sur toutes les adresses de la machine", set: func(c *config, v string) error {
		_, port, err := net.SplitHostPort(v)
		if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
			return fmt.Errorf("« %s » n’est pas une adresse d’écoute ; écrivez hôte:port, par exemple localhost:8080", v)
		}
		c.Listen = v
		return nil
	}},
	{flag: "public-url", env: "MEDNUM_PUBLIC_URL", value: "URL", usage: "adresse publique du service, pour les liens (sinon, celle que le navigateur demande)", set: func(c *config, v string) error {
		u, err := absolute(v)
		if err == nil && u != nil && (u.RawQuery != "" || u.Fragment != "") {
			err = fmt.Errorf("« %s » : sans « ? » ni « # »", v)
		}
		c.PublicURL = strings.TrimRight(v, "/")
		return err
	}},
	{flag: "tile-url", env: "MEDNUM_TILE_URL", value: "URL", def: pages.DefaultTileURL,
		usage: "fond de carte, avec {z}, {x} et {y} ; « aucun » : seulement des contours", set: func(c *config, v string) error {
			if v == none {
				return nil
			}
			_, err := absolute(v)
			for _, part := range []string{"{z}", "{x}", "{y}"} {
				if err == nil && !strings.Contains(v, part) {
					err = fmt.Errorf("il manque %s dans « %s » ; par exemple https://tuiles.exemple.fr/{z}/{x}/{y}.png", part, v)
				}
			}
			c.TileURL = v
			return err
		}},
	{flag: "tile-attribution", env: "MEDNUM_TILE_ATTRIBUTION", value: "TEXTE", def: pages.DefaultTileAttribution, usage: "mention due à l’auteur du fond de carte", set: func(c *config, v string) error {
		c.TileAttribution = v
		return nil
	}},
	{flag: "geocoder-url", env: "MEDNUM_GEOCODER_URL", value: "URL", def: geocode.DefaultBase, usage: "service qui situe les adresses ; « aucun » : communes et codes postaux seulement", set: func(c *config, v string) error {
		if v == none {
			return nil
		}
		c.GeocoderURL = strings.TrimRight(v, "/")
		_, err := absolute(v)
		return err
	}},
	{flag: "geocode-imports", env: "MEDNUM_GEOCODE_IMPORTS", value: "OUI|NON", def: "non", usage: "demander à ce service les adresses des fichiers qui entrent, quand ils ne les situent pas", set: func(c *config, v string) (err error) {
		c.GeocodeImports, err = yes(v)
		return err
	}},
	{flag: "fetch-private", env: "MEDNUM_FETCH_PRIVATE", value: "OUI|NON", def: "non", usage: "accepter qu’une adresse de fichier donnée dans une page soit celle d’une machine de ce réseau", set: func(c *config, v string) (err error) {
		c.FetchPrivate, err = yes(v)
		return err
	}},
	{flag: "upload-maximum", env: "MEDNUM_UPLOAD_MAXIMUM", value: "MO", def: "200", usage: "taille maximale d’un fichier déposé, en Mo", set: func(c *config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1024 {
			return fmt.Errorf("« %s » n’est pas une taille ; écrivez un nombre de Mo, de 1 à 1024", v)
		}
		c.UploadMaximum = int64(n) << 20
		return nil
	}},
	{flag: "trusted-proxies", env: "MEDNUM_TRUSTED_PROXIES", value: "ADRESSES", usage: "mandataires dont on croit les en-têtes X-Forwarded-*, séparés par des virgules (10.0.0.0/8)", set: func(c *config, v string) error {
		var bad []string
		for one := range strings.SplitSeq(v, ",") {
			one = strings.TrimSpace(one)
			if one == "" {
				continue
			}
			if prefix, err := netip.ParsePrefix(one); err == nil {
				c.TrustedProxies = append(c.TrustedProxies, prefix)
			} else if addr, err := netip.ParseAddr(one); err == nil {
				c.TrustedProxies = append(c.TrustedProxies, netip.PrefixFrom(addr, addr.BitLen()))
			} else {
				bad = append(bad, one)
			}
		}
		if len(bad) > 0 {
			return fmt.Errorf("« %s » : ni une adresse IP ni un réseau ; écrivez par exemple 127.0.0.1 ou 10.0.0.0/8", strings.Join(bad, " », « "))
		}
		return nil
	}},
	{flag: "frame-ancestors", env: "MEDNUM_FRAME_ANCESTORS", value: "SITES", def: "'self'", usage: "sites qui peuvent inclure les pages (sources de Content-Security-Policy)", set: func(c *config, v string) error {
		// What ends the directive would let in another one.
		if strings.ContainsAny(v, ";,\r\n") {
			return fmt.Errorf("« %s » : séparez les sites par des espaces, par exemple « 'self' https://www.exemple.fr »", v)
		}
		c.FrameAncestors = v
		return nil
	}},
	{flag: "theme-css", env: "MEDNUM_THEME_CSS", value: "URL", usage: "feuille de style d’une collectivité, ajoutée à la nôtre", set: func(c *config, v string) error {
		c.ThemeCSS = v
		if strings.HasPrefix(v, "/") {
			return nil
		}
		_, err := absolute(v)
		return err
	}},
	{flag: "oidc-issuer", env: "MEDNUM_OIDC_ISSUER", value: "URL", usage: "service OpenID Connect qui identifie les personnes (ProConnect)", set: func(c *config, v string) error {
		u, err := absolute(v)
		if err == nil && u != nil && u.Scheme != "https" && !loopback(u.Hostname()) {
			err = fmt.Errorf("« %s » : il faut une adresse https", v)
		}
		c.OIDCIssuer = v // to the letter: the provider compares it
		return err
	}},
	{flag: "oidc-client-id", env: "MEDNUM_OIDC_CLIENT_ID", value: "TEXTE", usage: "nom que ce service donne à ce site", set: func(c *config, v string) error {
		c.OIDCClientID = v
		return nil
	}},
	{flag: "oidc-client-secret", env: "MEDNUM_OIDC_CLIENT_SECRET", value: "SECRET", usage: "secret que ce service donne à ce site ; plutôt par la variable, ou par un fichier", set: func(c *config, v string) error {
		c.OIDCSecret = v
		return nil
	}},
	{flag: "oidc-client-secret-file", env: "MEDNUM_OIDC_CLIENT_SECRET_FILE", value: "FICHIER", usage: "fichier qui contient ce secret", set: func(c *config, v string) error {
		c.OIDCSecretFile = v
		return nil
	}},
	{flag: "oidc-trust-mail", env: "MEDNUM_OIDC_TRUST_MAIL", value: "OUI|NON", def: "non", usage: "croire les adresses de courriel que ce service donne sans dire qu’il les a vérifiées", set: func(c *config, v string) (err error) {
		c.OIDCTrustMail, err = yes(v)
		return err
	}},
	{flag: "smtp-url", env: "MEDNUM_SMTP_URL", value: "URL", usage: "relais des courriels : smtps://utilisateur:motdepasse@hote, smtp://… ; « terminal » les montre ici", set: func(c *config, v string) error {
		c.SMTPURL = v
		return nil
	}},
	{flag: "mail-from", env: "MEDNUM_MAIL_FROM", value: "ADRESSE", usage: "expéditeur des courriels : « mednum <ne-pas-repondre@exemple.fr> »", set: func(c *config, v string) error {
		c.MailFrom = v
		return nil
	}},
	{flag: "demo-login", env: "MEDNUM_DEMO_LOGIN", value: "OUI|NON|HÔTE:PORT", def: "non", usage: "démonstration : des personnes inventées, une par rôle, que n’importe qui choisit", set: func(c *config, v string) error {
		if on, err := yes(v); err == nil {
			if on {
				c.DemoLogin = "localhost:0"
			}
			return nil
		}
		_, port, err := net.SplitHostPort(v)
		if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
			return fmt.Errorf("« %s » n’est pas un choix ; écrivez oui, non, ou hôte:port", v)
		}
		c.DemoLogin = v
		return nil
	}},
	{flag: "log-level", env: "MEDNUM_LOG_LEVEL", value: "NIVEAU", def: "info", usage: "debug, info, warn ou error", set: func(c *config, v string) error {
		if c.LogLevel.UnmarshalText([]byte(v)) != nil {
			return fmt.Errorf("« %s » n’est pas un niveau ; écrivez debug, info, warn ou error", v)
		}
		return nil
	}},
	{flag: "log-format", env: "MEDNUM_LOG_FORMAT", value: "FORME", def: "text", usage: "text ou json", set: func(c *config, v string) error {
		if v != "text" && v != "json" {
			return fmt.Errorf("« %s » n’est pas une forme de journal ; écrivez text ou json", v)
		}
		c.LogJSON = v == "json"
		return nil
	}},
}

func yes(v string) (bool, error) {
	switch v {
	case "oui":
		return true, nil
	case "non", "":
		return false, nil
	}
	return false, fmt.Errorf("« %s » n’est pas un choix ; écrivez oui ou non", v)
}

// absolute accepts "" (nothing chosen) and absolute http(s) addresses.
func absolute(v string) (*url.URL, error) {
	if v == "" {
		return nil, nil
	}
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("« %s » n’est pas une adresse complète ; écrivez https://…", v)
	}
	return u, nil
}

func settingNamed(flag string) *setting {
	for i := range settings {
		if settings[i].flag == flag {
			return &settings[i]
		}
	}
	panic("no setting is named " + flag)
}

// takes gives a command the flags of settings. Their defaults are not pflag's:
// the environment comes between.
func takes(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		s := settingNamed(flag)
		usage := s.usage + "\n(variable " + s.env
		if s.def != "" && len(s.def) < 60 {
			usage += " ; par défaut : " + s.def
		}
		cmd.Flags().String(flag, "", usage+")")
		stands(cmd, flag, s.value)
	}
}

// configure reads every setting that the command takes and tells everything
// that is wrong at once.
func configure(cmd *cobra.Command) (config, error) {
	var c config
	var faults []string
	for i := range settings {
		s := &settings[i]
		flag := cmd.Flags().Lookup(s.flag)
		if flag == nil {
			continue
		}
		value, from := s.def, s.env
		if v := os.Getenv(s.env); v != "" {
			value = v
		}
		if flag.Changed {
			value, from = flag.Value.String(), "--"+s.flag
		}
		if err := s.set(&c, strings.TrimSpace(value)); err != nil {
			faults = append(faults, fmt.Sprintf("%s : %s", from, err))
		}
	}
	// The default names the author of the default tiles, not of others.
	if c.TileURL != pages.DefaultTileURL && c.TileAttribution == pages.DefaultTileAttribution {
		c.TileAttribution = ""
	}
	switch len(faults) {
	case 0:
		return c, nil
	case 1:
		return c, usageError("%s", faults[0])
	}
	return c, usageError("%d réglages sont à corriger :\n- %s", len(faults), strings.Join(faults, "\n- "))
}

var (
	urlPassword = regexp.MustCompile(`(://[^\s:/@]*:)[^\s/]*@`)
	keyPassword = regexp.MustCompile(`(password\s*=\s*)('[^']*'|\S+)`)
)

// mask hides the passwords of database addresses in a text.
func mask(text string) string {
	return keyPassword.ReplaceAllString(urlPassword.ReplaceAllString(text, "${1}***@"), "${1}***")
}

func (c config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
