#!/usr/bin/env bash
# A server that speaks S3 to throw away, for tests: MinIO, which honours `If-None-Match`.
#
#   tests/servers/s3.sh start DIR     prints the variables that lead to it, where there is a bucket `test`
#   tests/servers/s3.sh stop DIR      stops it; the data stay until DIR is removed
#
# So:   export $(tests/servers/s3.sh start /tmp/s3)
#
# Builds MinIO with Go if it is missing, which takes some minutes, and keeps it in the user's cache. It listens on
# 127.0.0.1 only, on a free port; user and password are `testtest`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly version=v0.0.0-20260212201848-7aac2a2c5b7c

find_server() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/thalweg-servers
    minio=$(command -v minio || echo "$cache/minio")
    if [[ ! -x $minio ]]; then
        GOBIN=$cache go install "github.com/minio/minio@$version" >&2
    fi
}

start() {
    local dir=$1 port tries
    find_server
    mkdir -p "$dir/data"
    for tries in {1..20}; do
        port=$(cat "$dir/port" 2>/dev/null || echo $((20000 + RANDOM % 30000)))
        MINIO_ROOT_USER=testtest MINIO_ROOT_PASSWORD=testtest MINIO_BROWSER=off MINIO_CI_CD=1 \
            setsid "$minio" server --quiet --address "127.0.0.1:$port" "$dir/data" >>"$dir/log" 2>&1 </dev/null &
        echo $! >"$dir/pid"
        if wait_for "$port" "$dir" && make_bucket "$port"; then
            echo "$port" >"$dir/port"
            printf '%s\n' "AWS_ENDPOINT_URL=http://127.0.0.1:$port" AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 \
                AWS_ACCESS_KEY_ID=testtest AWS_SECRET_ACCESS_KEY=testtest
            return
        fi
        stop "$dir"
    done
    cat "$dir/log" >&2
    return 1
}

# False if it ends before it answers: the port may be somebody's.
wait_for() {
    while kill -0 "$(cat "$2/pid")" 2>/dev/null; do
        if curl -sf "http://127.0.0.1:$1/minio/health/live" >/dev/null; then return 0; fi
        sleep 0.1
    done
    return 1
}

make_bucket() {
    local answer
    answer=$(curl -s -o /dev/null -w '%{http_code}' -X PUT --aws-sigv4 aws:amz:us-east-1:s3 \
        --user testtest:testtest "http://127.0.0.1:$1/test")
    [[ $answer == 200 || $answer == 409 ]]
}

case ${1:-} in
    start | stop) "$@" ;;
    *) sed -n '2,8p' "$0" >&2 && exit 2 ;;
esac
