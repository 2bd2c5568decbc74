package access

import "time"

// Session is somebody at work in a browser: a person's account, or a key that
// was pasted.
type Session struct {
	ID      string
	Key     Key    // what they may do: of a key, or of the role that the person chose ("compte-12")
	Account int64  // 0: a key was pasted
	Mail    string // of the person, shown to nobody else
	Roles   []Key  // all the roles of the person, to change between
	Created time.Time
	Expires time.Time
}
