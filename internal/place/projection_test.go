package place

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// areas are where each system is used: south, west, north, east.
var areas = map[string][4]float64{
	"EPSG:4326": {41, -5, 51, 9.5}, "EPSG:4171": {41, -5, 51, 9.5}, "EPSG:4258": {41, -5, 51, 9.5},
	"EPSG:3857": {-22, -62, 51, 167}, "EPSG:2154": {41, -5, 51, 9.6},
	"EPSG:27572": {42, -4.5, 51, 8.2}, "EPSG:27561": {48.2, -4.5, 51, 8.2}, "EPSG:27562": {45.5, -4, 48.2, 8}, "EPSG:27563": {42.4, -1.8, 45.5, 7.7}, "EPSG:27564": {41.4, 8.5, 43.1, 9.6},
	"EPSG:5490": {14.3, -63.2, 18.2, -60.7}, "EPSG:2972": {2, -54.7, 6, -51.5}, "EPSG:2975": {-21.5, 55.1, -20.8, 56}, "EPSG:4471": {-13.1, 44.9, -12.5, 45.4}, "EPSG:4467": {46.7, -56.5, 47.2, -56},
	"EPSG:3163": {-22.9, 163.5, -19.5, 168.2}, "EPSG:3296": {-17, -155, -15.8, -150}, "EPSG:3297": {-18, -152, -14, -146}, "EPSG:3298": {-20, -145, -8, -138},
	"EPSG:32620": {14.3, -63.2, 18.2, -60.7}, "EPSG:32621": {46.7, -56.5, 47.2, -56}, "EPSG:32622": {2, -54.7, 6, -51.5},
	"EPSG:32630": {42, -5, 51, 0}, "EPSG:32631": {42, 0, 51, 6}, "EPSG:32632": {41.3, 6, 51, 9.6},
	"EPSG:32738": {-13.1, 44.9, -12.5, 45.4}, "EPSG:32740": {-21.5, 55.1, -20.8, 56}, "EPSG:32758": {-22.9, 163.5, -19.5, 168.2},
}

func areaOf(t *testing.T, code string) [4]float64 {
	if n, err := strconv.Atoi(strings.TrimPrefix(code, "EPSG:")); err == nil && n >= 3942 && n <= 3950 {
		lat := float64(n - 3900)
		return [4]float64{lat - 1, -4.5, lat + 1, 8.2}
	}
	a, ok := areas[code]
	if !ok {
		t.Fatalf("no area of use for %s: add it", code)
	}
	return a
}

// TestProjections: points whose metres were computed with PROJ 9.
func TestProjections(t *testing.T) {
	for _, test := range []struct {
		code                                   string
		easting, northing, latitude, longitude float64
	}{
		{"EPSG:3857", 13491922.284, -11131.955, -0.1, 121.2},
		{"EPSG:3857", -1803375.751, 5419133.259, 43.7, -16.2},
		{"EPSG:2154", 995051.956, 6329209.747, 44.0, 6.68},
		{"EPSG:2154", 335697.090, 7000777.649, 50.0, -2.08},
		{"EPSG:27572", 863471.770, 1972142.560, 44.7, 5.66},
		{"EPSG:27572", 292268.509, 2575541.763, 50.1, -1.96},
		{"EPSG:27561", 842892.299, 154209.862, 49.04, 5.66},
		{"EPSG:27561", 296716.062, 344356.887, 50.72, -1.96},
		{"EPSG:27562", 851290.713, 150757.323, 46.31, 5.6},
		{"EPSG:27562", 305938.327, 332998.541, 47.93, -1.6},
		{"EPSG:27563", 880804.850, 120361.103, 43.33, 5.8},
		{"EPSG:27563", 424248.682, 323509.139, 45.19, 0.1},
		{"EPSG:27564", 583922.335, 181627.061, 41.91, 9.38},
		{"EPSG:27564", 520870.751, 290308.660, 42.93, 8.72},
		{"EPSG:5490", 693111.716, 1711120.461, 15.47, -61.2},
		{"EPSG:5490", 531792.743, 1969190.343, 17.81, -62.7},
		{"EPSG:2972", 373334.654, 353770.187, 3.2, -52.14},
		{"EPSG:2972", 160953.678, 619872.139, 5.6, -54.06},
		{"EPSG:2975", 377596.029, 7645299.020, -21.29, 55.82},
		{"EPSG:2975", 321067.927, 7691282.717, -20.87, 55.28},
		{"EPSG:4471", 532542.932, 8571692.100, -12.92, 45.3},
		{"EPSG:4471", 500000.000, 8611521.407, -12.56, 45.0},
		{"EPSG:4467", 568614.098, 5188888.548, 46.85, -56.1},
		{"EPSG:4467", 545487.464, 5222007.901, 47.15, -56.4},
		{"EPSG:3163", 530207.222, 257403.453, -21.88, 167.26},
		{"EPSG:3163", 236538.125, 482973.880, -19.84, 164.44},
		{"EPSG:3296", 713324.651, 8159203.247, -16.64, -151.0},
		{"EPSG:3296", 392960.753, 8239657.957, -15.92, -154.0},
		{"EPSG:3297", 478688.328, 8142559.482, -16.8, -147.2},
		{"EPSG:3297", 90089.028, 8404651.313, -14.4, -150.8},
		{"EPSG:3298", 670860.072, 8186144.864, -16.4, -139.4},
		{"EPSG:3298", 214288.046, 8981999.826, -9.2, -143.6},
		{"EPSG:32620", 693111.716, 1711120.461, 15.47, -61.2},
		{"EPSG:32620", 531792.743, 1969190.343, 17.81, -62.7},
		{"EPSG:32621", 568614.098, 5188888.548, 46.85, -56.1},
		{"EPSG:32621", 545487.464, 5222007.901, 47.15, -56.4},
		{"EPSG:32622", 373334.654, 353770.187, 3.2, -52.14},
		{"EPSG:32622", 160953.678, 619872.139, 5.6, -54.06},
		{"EPSG:32630", 658451.380, 4951570.718, 44.7, -1.0},
		{"EPSG:32630", 428482.328, 5550228.074, 50.1, -4.0},
		{"EPSG:32631", 642606.177, 4951200.985, 44.7, 4.8},
		{"EPSG:32631", 371270.768, 5551300.755, 50.1, 1.2},
		{"EPSG:32632", 490413.106, 4895204.509, 44.21, 8.88},
		{"EPSG:32632", 336708.260, 5544456.804, 50.03, 6.72},
		{"EPSG:32738", 532542.932, 8571692.100, -12.92, 45.3},
		{"EPSG:32738", 500000.000, 8611521.407, -12.56, 45.0},
		{"EPSG:32740", 377596.029, 7645299.019, -21.29, 55.82},
		{"EPSG:32740", 321067.927, 7691282.717, -20.87, 55.28},
		{"EPSG:32758", 733518.896, 7578738.342, -21.88, 167.26},
		{"EPSG:32758", 441361.390, 7806126.874, -19.84, 164.44},
		{"EPSG:3942", 1921708.627, 1159019.723, 41.6, 5.66},
		{"EPSG:3942", 1294469.603, 1300609.037, 42.8, -1.96},
		{"EPSG:3943", 1918250.849, 2159023.443, 42.6, 5.66},
		{"EPSG:3943", 1301070.514, 2300655.765, 43.8, -1.96},
		{"EPSG:3944", 1914726.261, 3159022.962, 43.6, 5.66},
		{"EPSG:3944", 1307793.419, 3300687.975, 44.8, -1.96},
		{"EPSG:3945", 1911135.914, 4159018.277, 44.6, 5.66},
		{"EPSG:3945", 1314636.296, 4300705.626, 45.8, -1.96},
		{"EPSG:3946", 1907480.881, 5159009.396, 45.6, 5.66},
		{"EPSG:3946", 1321597.086, 5300708.694, 46.8, -1.96},
		{"EPSG:3947", 1903762.255, 6158996.326, 46.6, 5.66},
		{"EPSG:3947", 1328673.693, 6300697.174, 47.8, -1.96},
		{"EPSG:3948", 1899981.149, 7158979.085, 47.6, 5.66},
		{"EPSG:3948", 1335863.984, 7300671.078, 48.8, -1.96},
		{"EPSG:3949", 1896138.699, 8158957.692, 48.6, 5.66},
		{"EPSG:3949", 1343165.790, 8300630.435, 49.8, -1.96},
		{"EPSG:3950", 1892236.056, 9158932.173, 49.6, 5.66},
		{"EPSG:3950", 1350576.907, 9300575.292, 50.8, -1.96},
	} {
		p, ok := ProjectionOf(test.code)
		if !ok {
			t.Errorf("%s is not known", test.code)
			continue
		}
		lat, lon, ok := p.Degrees(test.easting, test.northing)
		if d := sphereDistance(lat, lon, test.latitude, test.longitude); !ok || !(d <= 1) {
			t.Errorf("%+v: %v, %v is %.3f m away", test, lat, lon, d)
		}
	}
	for _, p := range Projections() {
		if lat, lon, ok := p.Degrees(math.Inf(1), math.NaN()); ok {
			t.Errorf("%s: no number is %v, %v", p.Code, lat, lon)
		}
	}
	for text, want := range map[string]string{"2154": "EPSG:2154", "epsg 3946": "EPSG:3946", "Lambert 93": "EPSG:2154", "lambert II etendu": "EPSG:27572", "CC46": "EPSG:3946", "Mars": ""} {
		if got, _ := NearestProjection(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The same on random points of each area of use, where PROJ is installed.
func TestProjectionsAgainstPROJ(t *testing.T) {
	proj, err := exec.LookPath("cs2cs")
	if err != nil {
		t.Skip("no cs2cs (Debian: proj-bin): the points of TestProjections are checked alone")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range Projections() {
		a := areaOf(t, p.Code)
		var in bytes.Buffer
		var points [][2]float64
		for range 200 {
			lat, lon := a[0]+r.Float64()*(a[2]-a[0]), a[1]+r.Float64()*(a[3]-a[1])
			points = append(points, [2]float64{lat, lon})
			fmt.Fprintf(&in, "%.12f %.12f\n", lat, lon)
		}
		cmd := exec.Command(proj, "-f", "%.6f", "EPSG:4326", p.Code)
		cmd.Stdin = &in
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", p.Code, err)
		}
		limit, worst := 1.0, 0.0
		if strings.HasPrefix(p.Code, "EPSG:275") {
			limit = 5 // PROJ may have the IGN's grid
		}
		for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			f := strings.Fields(line)
			x, _ := strconv.ParseFloat(f[0], 64)
			y, _ := strconv.ParseFloat(f[1], 64)
			if !p.Metric() {
				x, y = y, x // EPSG's own order: latitude first
			}
			lat, lon, ok := p.Degrees(x, y)
			d := sphereDistance(lat, lon, points[i][0], points[i][1])
			if !ok || !(d <= limit) {
				t.Errorf("%s: %v, %v gives %v, %v: %.3f m from %v", p.Code, x, y, lat, lon, d, points[i])
				break
			}
			worst = math.Max(worst, d)
		}
		t.Logf("%s %s: %.4f m at worst", p.Code, p.Name, worst)
	}
}
