# For the scripts beside it, which source it: a server that is one process, whose number is in DIR/pid.

# stop DIR
stop() {
    local pid
    pid=$(cat "$1/pid")
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
