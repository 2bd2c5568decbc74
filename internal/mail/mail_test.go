package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// relay is a server of SMTP that keeps what it is given.
type relay struct {
	net.Listener
	mu       sync.Mutex
	envelope []string // MAIL and RCPT lines
	messages []string
	busy     int // how many times it first says that it is
	came     chan struct{}
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, came: make(chan struct{}, 10)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 relais")
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimRight(text, "\r\n")
		switch verb := strings.ToUpper(strings.SplitN(text, " ", 2)[0]); verb {
		case "MAIL", "RCPT":
			r.mu.Lock()
			busy := r.busy > 0 && verb == "RCPT"
			if busy {
				r.busy--
			} else {
				r.envelope = append(r.envelope, text)
			}
			r.mu.Unlock()
			if busy {
				say("451 revenez, " + text)
			} else {
				say("250 ok")
			}
		case "DATA":
			say("354 ok")
			var b strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(l, "."))
			}
			r.mu.Lock()
			r.messages = append(r.messages, b.String())
			r.mu.Unlock()
			say("250 ok")
			r.came <- struct{}{}
		case "QUIT":
			say("221 adieu")
			return
		case "EHLO":
			say("250-relais")
			say("250 8BITMIME")
		default:
			say("250 ok")
		}
	}
}

func running(t *testing.T, p *Post) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

func TestAMessageArrives(t *testing.T) {
	r := newRelay(t)
	r.busy = 1
	var log bytes.Buffer
	p, err := Open("smtp://"+r.Addr().String(), "mednum <ne-pas-repondre@mednum.example>", io.Discard, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	p.again = []time.Duration{time.Millisecond}
	stop := running(t, p)
	if err := p.Send(context.Background(), Message{"agent@marne.example", "Votre lien à usage unique", "Bonjour,\n\n.Ouvrez ce lien :\nhttps://mednum.example/é\n"}); err != nil {
		t.Fatal(err)
	}
	<-r.came
	stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.envelope, "RCPT TO:<agent@marne.example>") || len(r.messages) != 1 {
		t.Fatalf("%q %q", r.envelope, r.messages)
	}
	m, err := netmail.ReadMessage(strings.NewReader(r.messages[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	text, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
	if subject != "Votre lien à usage unique" || strings.ReplaceAll(strings.TrimSpace(string(text)), "\r\n", "\n") != "Bonjour,\n\n.Ouvrez ce lien :\nhttps://mednum.example/é" {
		t.Errorf("%q\n%q", subject, text)
	}
	if m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@mednum.example>") {
		t.Errorf("%v", m.Header)
	}
	if log.Len() > 0 {
		t.Errorf("a message that arrives is logged: %s", &log)
	}
}

// A relay that refuses often repeats the address: the log must not.
func TestTheLogNamesNobody(t *testing.T) {
	r := newRelay(t)
	r.busy = 9
	var log bytes.Buffer
	p, err := Open("smtp://"+r.Addr().String(), "a@b.example", io.Discard, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	p.again = nil
	p.carry(context.Background(), Message{To: "agent@marne.example", Subject: "x", Text: "secret"})
	if text := log.String(); !strings.Contains(text, "mail not sent") || strings.Contains(text, "marne") || strings.Contains(text, "secret") {
		t.Error(text)
	}
}

func TestNothingInjectsAHeader(t *testing.T) {
	from := &netmail.Address{Name: "mednum", Address: "m@mednum.example"}
	for _, to := range []string{"", "a", "a@b.fr\r\nBcc: c@d.fr", "a@b.fr, c@d.fr", "A <a@b.fr>", "a@b.fr\n", " a@b.fr", "a@b.fr\x00", "\"a\r\nb\"@c.fr", "a@b.fr>\r\nRCPT TO:<c@d.fr"} {
		if _, err := compose(from, Message{To: to}); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", to, err)
		}
		p, err := Open(Terminal, "", io.Discard, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Send(context.Background(), Message{To: to}); !errors.Is(err, ErrAddress) {
			t.Errorf("%q is taken: %v", to, err)
		}
	}
	for _, subject := range []string{"a\r\nBcc: c@d.fr", "a\nBcc: c@d.fr\n\nautre corps", "a\rb", "é\u2028\u0085b", strings.Repeat("é\r\nTo: x@y.fr ", 100)} {
		checkMessage(t, from, Message{"a@b.fr", subject, "texte\r\n.\r\nMAIL FROM:<x@y.fr>"})
	}
}

var headers = []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}

// checkMessage reads a message back: the headers that we write, and no other.
func checkMessage(t *testing.T, from *netmail.Address, m Message) {
	t.Helper()
	msg, err := compose(from, m)
	if err != nil {
		return
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	read, err := netmail.ReadMessage(&b)
	if err != nil {
		t.Fatalf("%+v: %v", m, err)
	}
	var names []string
	for name, values := range read.Header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("%+v: %s is there %d times", m, name, len(values))
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, headers) {
		t.Errorf("%+v: headers %v", m, names)
	}
	if got := read.Header.Get("To"); got != "<"+m.To+">" {
		to, err := read.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != m.To {
			t.Errorf("%+v goes to %s (%v)", m, got, err)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || strings.ContainsAny(subject, "\r\n") {
		t.Errorf("%+v: subject %q, %v", m, subject, err)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("a@b.fr", "Objet", "Texte")
	f.Add("a@b.fr\r\nBcc: x@y.fr", "Objet\r\n\r\nCorps", ".\r\n")
	f.Add("\"a b\"@c.fr", "=?utf-8?q?=0D=0ABcc:_x?=", "\x00")
	from := &netmail.Address{Address: "m@mednum.example"}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		checkMessage(t, from, Message{to, subject, text})
	})
}

func TestTheTerminalShowsMessages(t *testing.T) {
	var out bytes.Buffer
	p, err := Open(Terminal, "", &out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(context.Background(), Message{"a@b.fr", "Votre lien", "https://x.example/1"}); err != nil {
		t.Fatal(err)
	}
	running(t, p)() // what waits when it stops still goes
	if s := out.String(); !strings.Contains(s, "courriel à a@b.fr") || !strings.Contains(s, "https://x.example/1") {
		t.Error(s)
	}
	for range waiting {
		if err := p.Send(context.Background(), Message{To: "a@b.fr"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Send(context.Background(), Message{To: "a@b.fr"}); !errors.Is(err, ErrFull) {
		t.Error("more than what memory holds:", err)
	}
}

func TestAddressesOfRelays(t *testing.T) {
	for address, good := range map[string]bool{
		"smtp://localhost": true, "smtps://moi:secret@relais.example": true, "smtp://moi:secret@relais.example:2525": true, "smtp://127.0.0.1:25/": true,
		"": false, "relais.example": false, "http://relais.example": false, "smtp://": false, "smtp://relais.example:0": false, "smtp://relais.example/dossier": false, "smtp://relais.example:99999": false,
	} {
		if _, err := Open(address, "m@mednum.example", io.Discard, nil); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		} else if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the password is told: %v", address, err)
		}
	}
	for _, from := range []string{"", "mednum", "a@b.fr\r\nBcc: c@d.fr", "a@b.fr, c@d.fr"} {
		if _, err := Open("smtp://localhost", from, io.Discard, nil); err == nil {
			t.Errorf("from %q", from)
		}
	}
}
