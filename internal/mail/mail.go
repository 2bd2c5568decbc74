// Package mail sends short messages to people, by SMTP, or shows them on a
// terminal where nobody has mail: a machine of development.
package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Message is what somebody is told.
type Message struct {
	To      string // the address of one mailbox
	Subject string
	Text    string // lines of some seventy signs
}

var (
	// ErrAddress: what should be the address of one mailbox is not.
	ErrAddress = errors.New("not the address of a mailbox")
	// ErrFull: the messages that wait are too many. Later there is room.
	ErrFull = errors.New("too many messages wait")
)

// Terminal is the address of Open that shows messages instead of sending them.
const Terminal = "terminal"

const (
	waiting  = 200 // messages, at most
	carriers = 2   // sent at once
	patience = 20 * time.Second
	parting  = 10 * time.Second // for what waits when we are told to stop
)

// again is how long each further attempt waits: a relay that greylists, or
// restarts, is back soon, and what we send is soon of no use.
var again = []time.Duration{5 * time.Second, 40 * time.Second}

// Post takes messages and sends them behind: how long a relay takes says nothing
// to who asked.
type Post struct {
	from  string
	send  func(context.Context, Message) error
	queue chan Message
	log   *slog.Logger
	again []time.Duration
}

// Open reads where messages go: smtps://user:password@host (465, TLS),
// smtp://user:password@host (587, STARTTLS needed but on this very machine), or
// Terminal. Errors are in French: an operator reads them.
func Open(address, from string, terminal io.Writer, log *slog.Logger) (*Post, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Post{from: from, queue: make(chan Message, waiting), log: log, again: again}
	if address == Terminal {
		var mu sync.Mutex
		p.send = func(_ context.Context, m Message) error {
			mu.Lock()
			defer mu.Unlock()
			_, err := fmt.Fprintf(terminal, "\n――― courriel à %s ―――\n%s\n\n%s\n―――\n\n", m.To, m.Subject, strings.TrimSpace(m.Text))
			return err
		}
		return p, nil
	}
	sender, err := mail.ParseAddress(from)
	if err != nil || strings.ContainsFunc(from, unicode.IsControl) {
		return nil, fmt.Errorf("« %s » n’est pas une adresse d’expéditeur ; écrivez par exemple « mednum <ne-pas-repondre@exemple.fr> »", from)
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("ce n’est pas l’adresse d’un relais ; écrivez smtps://utilisateur:motdepasse@hote, smtp://… ou « terminal »")
	}
	options := []gomail.Option{gomail.WithTimeout(patience)}
	port := 587
	if u.Scheme == "smtps" {
		port, options = 465, append(options, gomail.WithSSL())
	} else if ours(u.Hostname()) {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	} else {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("« %s » n’est pas un port", u.Port())
		}
	}
	options = append(options, gomail.WithPort(port))
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(name), gomail.WithPassword(password))
	}
	host := u.Hostname()
	if _, err := gomail.NewClient(host, options...); err != nil {
		return nil, fmt.Errorf("ce relais ne peut pas servir : %w", err)
	}
	p.send = func(ctx context.Context, m Message) error {
		composed, err := compose(sender, m)
		if err != nil {
			return err
		}
		client, err := gomail.NewClient(host, options...)
		if err != nil {
			return err
		}
		return client.DialAndSendWithContext(ctx, composed)
	}
	return p, nil
}

func ours(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// compose makes the message. Nothing in it can become another header, another
// recipient or another message.
func compose(from *mail.Address, m Message) (*gomail.Msg, error) {
	to, err := address(m.To)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(line(m.Subject))
	msg.SetDate()
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain) // the name of this machine is nobody's business
	// No vacation message should come back (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, strings.ToValidUTF8(m.Text, "\uFFFD"))
	return msg, nil
}

// address reads the address of one mailbox, without a name.
func address(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return nil, ErrAddress
	}
	return a, nil
}

// line puts a text on one line.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// Send takes a message. It does not wait for it to be sent.
func (p *Post) Send(_ context.Context, m Message) error {
	if _, err := address(m.To); err != nil {
		return err
	}
	select {
	case p.queue <- m:
		return nil
	default:
		return ErrFull
	}
}

// Run sends what is taken until ctx is done, then what still waits, not for long.
func (p *Post) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for range carriers {
		all.Go(func() {
			for {
				select {
				case m := <-p.queue:
					p.carry(ctx, m)
				case <-ctx.Done():
					p.last(context.WithoutCancel(ctx))
					return
				}
			}
		})
	}
}

func (p *Post) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, parting)
	defer cancel()
	for {
		select {
		case m := <-p.queue:
			if err := p.send(ctx, m); err != nil {
				p.log.Error("mail not sent", "error", mask(err, m))
			}
		default:
			return
		}
	}
}

// carry sends a message, several times if need be.
func (p *Post) carry(ctx context.Context, m Message) {
	for attempt := 0; ; attempt++ {
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		err := p.send(sending, m)
		cancel()
		if err == nil {
			return
		}
		if attempt == len(p.again) || errors.Is(err, ErrAddress) {
			p.log.Error("mail not sent", "error", mask(err, m))
			return
		}
		select {
		case <-time.After(p.again[attempt]):
		case <-ctx.Done():
		}
	}
}

// mask takes the person out of what a relay says: logs name nobody.
func mask(err error, m Message) string {
	text := line(err.Error())
	for _, part := range []string{m.To, strings.ToLower(m.To)} {
		text = strings.ReplaceAll(text, part, "…")
	}
	return text
}
