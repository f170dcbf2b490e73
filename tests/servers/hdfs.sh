#!/usr/bin/env bash
# An HDFS of one node to throw away, for tests: Hadoop's own name node and data node, in one process.
#
#   tests/servers/hdfs.sh start DIR     prints TEST_HDFS=hdfs://127.0.0.1:..
#   tests/servers/hdfs.sh stop DIR      stops it; nothing stays
#
# So:   export "$(tests/servers/hdfs.sh start /tmp/hdfs)"
#
# Fetches Hadoop (90 MB) by Maven and keeps it in the user's cache; installs Maven and Java with apt-get if they are
# missing. It listens on 127.0.0.1 only, on a free port.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly version=3.4.1
readonly library=${XDG_CACHE_HOME:-$HOME/.cache}/thalweg-servers/hadoop-$version

fetch() {
    if ! command -v java >/dev/null || { [[ ! -d $library ]] && ! command -v mvn >/dev/null; }; then
        { apt-get update && apt-get install -y --no-install-recommends default-jre-headless maven; } >&2
    fi
    [[ -d $library ]] && return
    mkdir -p "$1/fetch"
    cat >"$1/fetch/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>hdfs</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.hadoop</groupId><artifactId>hadoop-client-minicluster</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
    mvn -q -B -f "$1/fetch/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1/fetch/lib" >&2
    mkdir -p "$(dirname "$library")"
    mv "$1/fetch/lib" "$library"
}

start() {
    local dir=$1 port
    mkdir -p "$dir"
    fetch "$dir"
    rm -f "$dir/details"
    (cd "$dir" && exec setsid java -Xmx512m -cp "$library/*" "-Dtest.build.data=$dir/data" \
        org.apache.hadoop.test.MiniDFSClusterManager -format -datanodes 1 -nnport 0 -writeDetails "$dir/details" \
        >"$dir/log" 2>&1 </dev/null) &
    echo $! >"$dir/pid"
    while [[ ! -s $dir/details ]]; do
        if ! kill -0 "$(cat "$dir/pid")" 2>/dev/null; then
            cat "$dir/log" >&2
            return 1
        fi
        sleep 0.2
    done
    port=$(grep -oE '"namenode_port": ?"?[0-9]+' "$dir/details" | grep -oE '[0-9]+$')
    echo "TEST_HDFS=hdfs://127.0.0.1:$port"
}

case ${1:-} in
    start | stop) "$@" ;;
    *) sed -n '2,8p' "$0" >&2 && exit 2 ;;
esac
