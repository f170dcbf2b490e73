#!/usr/bin/env bash
# A PostgreSQL server to throw away, for tests.
#
#   tests/servers/postgres.sh start DIR [setting=value ..]   prints TEST_POSTGRES='host=.. port=.. ..'
#   tests/servers/postgres.sh stop DIR                       stops it; the data stay until DIR is removed
#
# So:   export "$(tests/servers/postgres.sh start /tmp/pg)"
#
# Installs the server with apt-get if it is missing. It listens on 127.0.0.1 only, on a free port, does not sync its
# files, lets everybody in, and runs as an ordinary user: `postgres` if this one is root. It encrypts for whoever wants it,
# with a certificate for `localhost` by an authority of its own, `ca.crt` in its data directory.
set -euo pipefail

find_server() {
    local found
    for found in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [[ -x $found/initdb ]] && bin=$found
    done
    if [[ -z ${bin:-} ]] && command -v initdb >/dev/null; then
        bin=$(dirname "$(readlink -f "$(command -v initdb)")")
    fi
    [[ -n ${bin:-} ]]
}

as_user() {
    if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

# A certificate authority, and a server's certificate by it, in the current directory.
certify() {
    local new=(openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj)
    "${new[@]}" "/CN=an authority" -x509 -days 36500 -keyout ca.key -out ca.crt
    "${new[@]}" "/CN=a server" -keyout server.key -out server.csr
    echo "subjectAltName = DNS:localhost" >server.ext
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 36500 \
        -extfile server.ext -out server.crt
    chmod 600 server.key
}

start() {
    local dir=$1 port tries
    shift
    if ! find_server; then
        { apt-get update && apt-get install -y --no-install-recommends postgresql openssl; } >&2
        find_server
    fi
    mkdir -p "$dir"
    if ((EUID == 0)); then chown postgres "$dir"; fi
    if [[ ! -d $dir/data ]]; then
        as_user "$bin/initdb" -D "$dir/data" -U test -A trust -E UTF8 --no-sync >"$dir/initdb.log"
        printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" "fsync = off" \
            "ssl = on" "max_connections = 200" "max_prepared_transactions = 100" "log_line_prefix = '%m %p %d '" \
            "${@/=/ = }" >>"$dir/data/postgresql.conf"
        export -f certify
        as_user bash -ec "cd '$dir/data' && certify" >"$dir/certify.log" 2>&1
    fi
    for tries in {1..20}; do
        port=$(cat "$dir/port" 2>/dev/null || echo $((20000 + RANDOM % 30000)))
        if as_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -o "-p $port" -w start >"$dir/start.log" 2>&1; then
            echo "$port" >"$dir/port"
            echo "TEST_POSTGRES=host=127.0.0.1 port=$port user=test dbname=postgres"
            return
        fi
        # The port may be somebody's; it is kept when the server is started again.
        if [[ -e $dir/port ]]; then sleep 0.5; fi
    done
    cat "$dir/log" >&2
    return 1
}

stop() {
    find_server
    as_user "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null
}

case ${1:-} in
    start | stop) cd / && "$@" ;;
    *) sed -n '2,8p' "$0" >&2 && exit 2 ;;
esac
