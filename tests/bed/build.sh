#!/usr/bin/env bash
# Builds what the test bed runs, from Go modules and with the ordinary client, into a cache.
#
#   tests/bed/build.sh          builds what is missing, then prints the cache folder on stdout
#   tests/bed/build.sh --key    prints the folder only
#
# The cache is ${MESHLIFT_BED_CACHE:-${XDG_CACHE_HOME:-~/.cache}/meshlift/bed}/<key>/{bin,share}. The key
# is the hash of everything that decides the content, so a second run costs nothing and a changed pin
# never meets an old binary. Modules are cached one by one beside it (parts/): a change of the player
# does not link Kubernetes again.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${MESHLIFT_BED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meshlift/bed}

# The stamps are one source under three versions: true for the upgrade machinery, silent about what
# really changed between these releases. 1.31.1 and not 1.31.0, which our own data says to avoid.
istio_versions=(1.29.8 1.30.5 1.31.1)
# Raise when the commands below change what they build.
recipe=2

export CGO_ENABLED=0 GOFLAGS=-buildvcs=false

say() { printf 'bed: %s\n' "$*" >&2; }

# key_of MODULE...: the hash of the files of these modules, and of what this script adds to them.
key_of() {
  local module file
  {
    printf '%s\n' "$recipe" "${istio_versions[*]}" "$(uname -sm)"
    for module in "$@"; do
      for file in go.mod go.sum main.go; do
        if [ -f "$here/go/$module/$file" ]; then printf '%s ' "$module/$file"; sha256sum <"$here/go/$module/$file"; fi
      done
    done
  } | sha256sum | cut -c1-16
}

# build MODULE PACKAGE OUTPUT [LDFLAGS]: one binary, one line.
build() {
  local module=$1 package=$2 output=$3 flags=${4:-} begin=$SECONDS
  (cd "$here/go/$module" && go build -trimpath -ldflags "-s -w $flags" -o "$output" "$package")
  say "$(basename "$output"): $((SECONDS - begin)) s, $(($(stat -c %s "$output") >> 20)) MiB"
}

build_kubernetes() {
  local version major minor stamp='' at
  version=$(cd "$here/go/kubernetes" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${version#v}"
  # What a cluster says of itself: tools decide by it what they may use.
  for at in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    stamp+=" -X $at.gitVersion=$version -X $at.gitMajor=$major -X $at.gitMinor=$minor -X $at.gitTreeState=clean"
  done
  build kubernetes . "$1/bin/bed-kubernetes" "$stamp"
  local name
  for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubectl; do
    ln -s bed-kubernetes "$1/bin/$name"
  done
}

build_kwok() {
  build kwok sigs.k8s.io/kwok/cmd/kwok "$1/bin/kwok"
  copy_from kwok sigs.k8s.io/kwok kustomize/crd/bases/kwok.x-k8s.io_portforwards.yaml "$1/share/portforwards.yaml"
}

build_istio() {
  local version at=istio.io/istio/pkg/version
  for version in "${istio_versions[@]}"; do
    local stamp="-X $at.buildVersion=$version -X $at.buildTag=$version -X $at.buildHub=docker.io/istio"
    stamp+=" -X $at.buildStatus=Clean -X $at.buildGitRevision=eed52ebb66ad -X $at.buildOS=linux -X $at.buildArch=$(go env GOARCH)"
    build istio istio.io/istio/istioctl/cmd/istioctl "$1/bin/istioctl-$version" "$stamp"
    build istio istio.io/istio/pilot/cmd/pilot-discovery "$1/bin/pilot-discovery-$version" "$stamp"
  done
  copy_from istio istio.io/istio manifests/charts "$1/share/charts"
}

build_player() { build player . "$1/bin/player"; }

# copy_from MODULE DEPENDENCY PATH TARGET: a file or folder out of a dependency, writable again.
copy_from() {
  cp -r "$(cd "$here/go/$1" && go list -m -f '{{.Dir}}' "$2")/$3" "$4"
  chmod -R u+w "$4"
}

# part MODULE: prints the folder of one built module, building it when absent. The rename is what makes
# it exist, so an interrupted build leaves nothing that looks finished.
part() {
  local folder temporary
  folder=$cache/parts/$1-$(key_of "$1")
  if [ ! -d "$folder" ]; then
    say "building $1 (the first time takes minutes)"
    temporary=$(mktemp -d "$cache/parts/.$1-XXXXXX")
    mkdir "$temporary/bin" "$temporary/share"
    "build_$1" "$temporary"
    mv -T "$temporary" "$folder"
  fi
  touch "$folder"
  printf '%s\n' "$folder"
}

modules=(kubernetes kwok istio player)
folder=$cache/$(key_of "${modules[@]}")

if [ "${1:-}" != --key ] && [ ! -d "$folder" ]; then
  command -v go >/dev/null || { say "Go is needed to build the test bed, and no go command was found"; exit 1; }
  mkdir -p "$cache/parts"
  # Several test processes may ask at once: the first builds, the others wait and find it done.
  exec 9>"$cache/lock"
  flock 9
  if [ ! -d "$folder" ]; then
    begin=$SECONDS
    rm -rf "$cache"/parts/.??* "$cache"/.key-*
    # What no checkout has used for two weeks goes.
    find "$cache" "$cache/parts" -mindepth 1 -maxdepth 1 -type d -mtime +14 ! -name parts -exec rm -rf {} +
    temporary=$(mktemp -d "$cache/.key-XXXXXX")
    for module in "${modules[@]}"; do
      source=$(part "$module")
      # Hard links: a part that is shared by several keys takes its space once.
      cp -al "$source/." "$temporary/"
    done
    chmod 755 "$temporary"
    mv -T "$temporary" "$folder"
    say "all built in $((SECONDS - begin)) s: $folder"
  fi
fi
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then say "kube-apiserver and etcd come from KUBEBUILDER_ASSETS ($KUBEBUILDER_ASSETS)"; fi
if [ -d "$folder" ]; then touch "$folder"; fi
printf '%s\n' "$folder"
