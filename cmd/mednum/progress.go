package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress tells how far long work is: a bar on a terminal; elsewhere (a log)
// a line now and then, and none at all when the work is short.
type progress struct {
	bar   *progressbar.ProgressBar // nil where there is no terminal
	w     io.Writer
	label string
	bytes bool
	total int64 // -1 unknown
	done  int64
	next  time.Time
}

// logEvery is how often a log hears of work that goes on.
const logEvery = 10 * time.Second

func newProgress(w io.Writer, label string, total int64, bytes bool) *progress {
	p := &progress{w: w, label: label, total: total, bytes: bytes, next: time.Now().Add(logEvery)}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		o := []progressbar.Option{
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(label),
			progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(total >= 0),
		}
		if bytes {
			o = append(o, progressbar.OptionShowBytes(true))
		}
		p.bar = progressbar.NewOptions64(total, o...)
	}
	return p
}

func (p *progress) add(n int64) { p.set(p.done + n) }

func (p *progress) set(n int64) {
	p.done = n
	if p.bar != nil {
		_ = p.bar.Set64(n) // an error only says that more came than was announced
		return
	}
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(logEvery)
		fmt.Fprintf(p.w, "mednum : %s, %s\n", p.label, p.state())
	}
}

func (p *progress) state() string {
	switch {
	case p.total > 0:
		return fmt.Sprintf("%d %%", min(100, p.done*100/p.total))
	case p.bytes:
		return fmt.Sprintf("%d Mo lus", p.done>>20)
	}
	return fmt.Sprintf("%d faits", p.done)
}

// end takes the bar away. It may be called twice.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // nothing is left to draw on
		_ = p.bar.Clear()
	}
}
