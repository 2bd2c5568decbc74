# What the scripts of this folder share. Sourced by bash, never run.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
data=$root/.data
me=$(id -u)
owner=$(stat -c %u "$root")

# `sudo make` and bare containers often lose Go's usual place from PATH.
command -v go >/dev/null 2>&1 || PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin

# Static binaries; and tests that are built alike share Go's cache with them.
export CGO_ENABLED=0

# Everything told to people goes to standard error: standard output belongs to
# answers (a URL, a table).
say() { printf 'mednum : %s\n' "$*" >&2; }

# die MESSAGE [WHAT TO TYPE…]
die() {
  printf '\nmednum : %s\n' "$1" >&2
  shift
  for line; do printf '    %s\n' "$line" >&2; done
  printf '\n' >&2
  exit 1
}

# can_sudo: become root without a password, or with one typed by somebody who
# is really there.
can_sudo() {
  command -v sudo >/dev/null 2>&1 || return 1
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] && [ -z "${CI:-}" ] && sudo -v
}

# as_root COMMAND…
as_root() {
  if [ "$me" = 0 ]; then "$@"; else sudo "$@"; fi
}

# ours: the clone must be writable. Root's clone is not an ordinary user's.
need_writable() {
  [ -w "$root" ] && return
  die "ce dossier ne vous appartient pas : $root (propriétaire : $(stat -c %U "$root"))." \
    "Donnez-le-vous : sudo chown -R $(id -un) '$root'" \
    "ou clonez le projet dans un dossier à vous."
}

# hand_over: root who works in somebody else's clone leaves nothing there that
# its owner could not change afterwards. The database keeps its own user.
hand_over() {
  [ "$me" = 0 ] && [ "$owner" != 0 ] || return 0
  local made=()
  for path in "$root"/bin "$root"/web-map/dist "$root"/web-map/node_modules "$root"/internal/*/node_modules \
    "$root"/internal/*/*/node_modules "$root"/web-map/public; do
    [ -e "$path" ] && made+=("$path")
  done
  [ ${#made[@]} = 0 ] || find "${made[@]}" -user 0 -exec chown -h --reference="$root" {} +
  if [ -d "$data" ]; then
    find "$data" -maxdepth 1 ! -name cluster -user 0 -exec chown -h --reference="$root" {} +
  fi
}

# listening PORT: somebody answers on 127.0.0.1. Nothing but bash is needed.
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# install_npm FOLDER: `npm ci`, only when its lock or the version of Node changed.
install_npm() {
  local folder=$root/$1 stamp want
  stamp=$folder/node_modules/.mednum-installed
  want="$(node --version) $(sha256sum <"$folder/package-lock.json")"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  say "installe les paquets npm de $1…"
  # Scripts of packages are not run: none of ours needs its own.
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
    die "npm n'a pas pu installer les paquets de $1." "Vérifiez l'accès au registre npm, puis recommencez."
  printf '%s' "$want" >"$stamp"
}

# build_pages: Vite, only when a source of web-map changed.
build_pages() {
  local stamp=$root/web-map/node_modules/.mednum-built want
  [ -f "$root/web-map/package-lock.json" ] || return 0
  install_npm web-map
  want=$(cd "$root/web-map" && find . \( -name node_modules -o -path ./dist \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] &&
    find "$root/web-map/dist" -type f ! -name .gitkeep -print -quit | grep -q .; then
    return
  fi
  say "construit les pages…"
  (cd "$root/web-map" && npm run --silent build -- --logLevel warn >&2) || die "les pages n'ont pas pu être construites (web-map)."
  : >>"$root/web-map/dist/.gitkeep" # Vite empties the folder; git and go:embed want it
  printf '%s' "$want" >"$stamp"
}

# version: of the commit, for `mednum --version`. The clone may belong to
# somebody else than who builds (sudo, containers), which git refuses by itself.
version() {
  git -c safe.directory='*' -C "$root" describe --tags --always --dirty 2>/dev/null || echo dev
}

# build_binary [FLAG…]: bin/mednum, one static file with everything inside.
build_binary() {
  (cd "$root" && go build -buildvcs=false -ldflags "-s -w -X main.version=$(version)" "$@" -o bin/mednum ./cmd/mednum) ||
    die "mednum n'a pas pu être compilé."
}

# territories: prints the folder to import them from. The data that may lie
# beside the project has contours; the npm packages are always within reach.
territories() {
  if [ -d "$root/../shared/data/geo" ]; then
    printf '%s' "$root/../shared/data/geo"
  else
    install_npm internal/territory/npm
    printf '%s' "$root/internal/territory/npm"
  fi
}
