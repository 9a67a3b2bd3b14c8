#!/usr/bin/env bash
# Checks the parts of this bundle against SHA256SUMS, joins them and unpacks them into a new folder:
#
#   unpack.sh FOLDER
#
# Needs bash, sha256sum, tar, and xz or Python 3.
set -euo pipefail

fail() {
  echo "unpack.sh: $1" >&2
  exit 1
}

if [[ $# -ne 1 ]]; then
  echo "usage: unpack.sh FOLDER" >&2
  exit 2
fi
target=$1
if [[ -e "$target" ]]; then
  fail "$target exists already"
fi
bundle=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

parts=()
while read -r sum name; do
  part="$bundle/$name"
  if [[ ! -f "$part" ]]; then
    fail "$name is missing; copy it to $bundle"
  fi
  if [[ $(sha256sum <"$part") != "$sum  -" ]]; then
    fail "$name is damaged: its SHA-256 is not the one in SHA256SUMS; copy it again"
  fi
  parts+=("$part")
done <"$bundle/SHA256SUMS"

if command -v xz >/dev/null; then
  decompress=(xz -dc)
elif command -v python3 >/dev/null && python3 -c 'import lzma' 2>/dev/null; then
  decompress=(python3 -c
    'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer, 1 << 20)')
else
  fail "neither xz nor Python 3 is here to decompress with; install one (Debian and Ubuntu: xz-utils)"
fi

partial="$target.partial"
rm -rf "$partial"
mkdir -p "$partial"
if ! cat "${parts[@]}" | "${decompress[@]}" | tar -xf - -C "$partial"; then
  rm -rf "$partial"
  fail "the parts do not unpack; is there room in $(dirname "$target"), and is SHA256SUMS complete?"
fi
mv "$partial" "$target"
echo "unpacked ${#parts[@]} parts to $target; next: $target/electra doctor"
