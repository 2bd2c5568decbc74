package pages

import "html/template"

// icons are our own strokes on a grid of 24, always beside a word. Open is a
// disc, closed a square, unknown a diamond: the same shapes as on the map.
var icons = map[string]string{
	"search":   `<circle cx="11" cy="11" r="7"/><path d="m20.5 20.5-4.6-4.6"/>`,
	"locate":   `<circle cx="12" cy="12" r="7"/><circle cx="12" cy="12" r="2" fill="currentColor"/><path d="M12 2v3M12 19v3M2 12h3M19 12h3"/>`,
	"open":     `<circle cx="12" cy="12" r="9.5" fill="currentColor"/><path class="hole" d="m7.8 12.4 2.8 2.8 5.6-5.8"/>`,
	"closed":   `<rect x="3.5" y="3.5" width="17" height="17" rx="3" fill="currentColor"/><path class="hole" d="M8 12h8"/>`,
	"unknown":  `<path fill="currentColor" d="m12 1.8 10.2 10.2L12 22.2 1.8 12z"/><path class="hole" d="M9.7 9.7a2.4 2.4 0 1 1 3.4 2.4c-.8.4-1.1.8-1.1 1.6M12 16.6v.1"/>`,
	"half":     `<circle cx="12" cy="12" r="9"/><path fill="currentColor" d="M12 3a9 9 0 0 0 0 18z"/>`,
	"none":     `<circle cx="12" cy="12" r="9"/><path d="m6 18 12-12"/>`,
	"phone":    `<path d="M6.5 3h3L11 7.500 9 9a12 12 0 0 0 6 6l1.500-2 4.500 1.500v3a2 2 0 0 1-2 2A16.500 16.500 0 0 1 4.500 5a2 2 0 0 1 2-2z"/>`,
	"mail":     `<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m4 7 8 6 8-6"/>`,
	"globe":    `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3.500 3 3.500 15 0 18M12 3c-3.500 3-3.500 15 0 18"/>`,
	"calendar": `<rect x="4" y="5" width="16" height="16" rx="2"/><path d="M4 10h16M8 3v4M16 3v4"/>`,
	"clock":    `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.500 2"/>`,
	"pin":      `<path d="M12 21.500s-7-6.300-7-12a7 7 0 0 1 14 0c0 5.700-7 12-7 12z"/><circle cx="12" cy="9.500" r="2.300"/>`,
	"route":    `<path d="m3.500 11.500 17-8-8 17-2.500-6.500z"/>`,
	"print":    `<path d="M7 8V3h10v5M7 17H3V8h18v9h-4"/><path d="M7 14h10v7H7z"/>`,
	"back":     `<path d="M20 12H5M11 6l-6 6 6 6"/>`,
	"next":     `<path d="M4 12h15M13 6l6 6-6 6"/>`,
	"euro":     `<path d="M17.500 6.500a7 7 0 1 0 0 11M4 10.300h9M4 13.800h8"/>`,
	"people":   `<circle cx="9" cy="8" r="3.500"/><path d="M2.500 20a6.500 6.500 0 0 1 13 0M16 5a3 3 0 0 1 0 6M18 14.500a6 6 0 0 1 3.500 5.500"/>`,
	"access":   `<circle cx="12" cy="4.300" r="1.600"/><path d="m5 8.500 7 1.200 7-1.200M12 9.700v5M8.300 21l3.700-6.300 3.700 6.300"/>`,
	"info":     `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.500M12 7.500v.1"/>`,
	"alert":    `<path d="M12 3.500 21.500 20h-19zM12 10v4.500M12 17.300v.1"/>`,
	"list":     `<path d="M9 6h11M9 12h11M9 18h11M4.500 6v.1M4.500 12v.1M4.500 18v.1"/>`,
	"map":      `<path d="M9 4 3 6.500V20l6-2.500 6 2.500 6-2.500V4l-6 2.500zM9 4v13.500M15 6.500V20"/>`,
	"close":    `<path d="m6 6 12 12M18 6 6 18"/>`,
	"refresh":  `<path d="M20 12a8 8 0 1 1-2.400-5.700M20 3.500v5h-5"/>`,
	"talk":     `<path d="M4 4.500h16v11.500h-9l-4.500 4v-4H4zM8 8.700h8M8 12h5"/>`,
	"choose":   `<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
	"bus":      `<rect x="4" y="4" width="16" height="13" rx="2"/><path d="M4 11h16M8 17v3M16 17v3M8 14v.1M16 14v.1"/>`,
	"down":     `<path d="m6 9 6 6 6-6"/>`,
	"test":     `<path d="M9 3h6M10 3v6l-5.500 9.500A1.700 1.700 0 0 0 6 21h12a1.700 1.700 0 0 0 1.500-2.500L14 9V3M7.500 15h9"/>`,
}

func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">` + icons[name] + `</svg>`)
}
