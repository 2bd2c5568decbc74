module mednum

go 1.25

require github.com/paulmach/orb v0.14.0 // indirect
