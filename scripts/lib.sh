# Shared by the scripts; to be sourced. Sets root, and defines mvn_, java_bin, build_, archive_.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Maven from the path, else the wrapper.
mvn_() {
  if command -v mvn >/dev/null 2>&1; then
    (cd "$root" && mvn -B "$@")
  else
    (cd "$root" && ./mvnw -B "$@")
  fi
}

java_bin() {
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    printf '%s' "$JAVA_HOME/bin/java"
  else
    command -v java || die "no java: install a JDK, 17 or newer, or set JAVA_HOME"
  fi
}

# build_ MODULE PRODUCT [MAVEN-OPTION…]: packages MODULE and what it needs, unless PRODUCT is newer than all sources.
# Tests are not among them, where there is more than tests. One at a time, where flock is there: several programs may be
# started at once.
build_() {
  (
    if command -v flock >/dev/null 2>&1; then
      mkdir -p "$root/$1/target"
      exec 9>"$root/$1/target/build.lock"
      flock 9
    fi
    build_alone_ "$@"
  )
}

build_alone_() {
  local module=$1 product=$2 own=src/main
  shift 2
  [ -d "$root/$module/$own" ] || own=src
  if [ -e "$product" ] && [ -z "$(find "$root"/pom.xml "$root"/*/pom.xml "$root"/{api-protos,xds-client,dataplane}/src/main \
    "$root/$module/$own" -newer "$product" -type f -print -quit 2>/dev/null)" ]; then
    return 0
  fi
  printf 'building %s (what Maven downloads stays in its cache) …\n' "$module" >&2
  local log
  log=$(mktemp)
  if ! mvn_ -q -pl "$module" -am package "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "the build failed; see above"
  fi
  rm -f "$log"
  touch "$product"
}

# archive_ JAR ARGUMENT…: prints where the classes are that a start with these arguments needs, made ready for the JVM
# to map (AppCDS); half a second of each start. Tried once for each build and JVM, and best effort: nothing when it fails.
archive_() {
  local jar=$1 java archive
  shift
  java=$(java_bin)
  archive=${jar%.jar}-$(cksum <"$(dirname "$(dirname "$(readlink -f "$java")")")/release" 2>/dev/null | cut -d' ' -f1).jsa
  if [ "$archive" -nt "$jar" ]; then
    printf '%s' "$archive"
  elif [ ! "$archive.failed" -nt "$jar" ] && mkdir "$archive.lock" 2>/dev/null; then
    if timeout 60 "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable -Xlog:all=off \
      -XX:ArchiveClassesAtExit="$archive.new" "$@" >"$archive.failed" 2>&1 && mv -f "$archive.new" "$archive"; then
      rm -f "$archive.failed"
      printf '%s' "$archive"
    fi
    rm -f "$archive.new"
    rmdir "$archive.lock"
  fi
}
