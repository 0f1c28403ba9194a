#!/bin/sh
# Brings up, on this one machine, what several machines would run: a PostgreSQL primary and its streaming replica with
# synchronous commits, two servers of Dovidka that read from the replica, and nginx in front of both.
#
#   deploy/cluster.sh up FOLDER      builds everything in the folder, which must not exist, and starts it
#   deploy/cluster.sh down FOLDER    stops it; the folder stays
#
#   PORT=8080        nginx; the others listen on the ports behind it: servers on +1 and +2, primary +3, replica +4
#   POSTGRES_BIN     the folder with initdb, pg_ctl and pg_basebackup; by default that of the installed PostgreSQL
#   PYTHON           the interpreter that has Dovidka's packages; by default .venv/bin/python
#
# For root PostgreSQL runs as the user nobody. All listen on 127.0.0.1 alone, and no password is asked for.

set -eu
action=${1:-} folder=${2:-}
case $action in up | down) ;; *) action= ;; esac
if [ -z "$action" ] || [ -z "$folder" ]; then
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")/.." && pwd)
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
port=${PORT:-8080}
python=${PYTHON:-$here/.venv/bin/python}
bin=${POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
bin=${bin:-$(dirname "$(command -v postgres || echo /nowhere/postgres)")}
primary=$((port + 3)) replica=$((port + 4))

# Runs a program of PostgreSQL, which refuses to be root.
postgres() {
    program=$bin/$1 && shift
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$program" "$@")
    else
        "$program" "$@"
    fi
}

sql() {
    postgres psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$primary" -U postgres -c "$1" "${2:-postgres}"
}

# Waits until an address answers: the port, and what listens there.
wait_for() {
    for _ in $(seq 300); do
        if "$python" -c "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=1)" \
            "http://127.0.0.1:$1/readyz" 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "$2 does not answer on port $1; see $folder/*.log" >&2
    exit 1
}

stop() {
    for name in nginx server-1 server-2; do
        if [ -f "$folder/$name.pid" ]; then kill "$(cat "$folder/$name.pid")" 2>/dev/null || true; fi
    done
    for name in server-1 server-2; do # their last writes need the database
        while [ -f "$folder/$name.pid" ] && kill -0 "$(cat "$folder/$name.pid")" 2>/dev/null; do sleep 0.1; done
    done
    for name in replica primary; do
        if [ -f "$folder/postgres/$name/postmaster.pid" ]; then
            postgres pg_ctl stop -s -m fast -D "$folder/postgres/$name"
        fi
    done
}

start_servers() {
    hosts="127.0.0.1:$primary,127.0.0.1:$replica"
    export HOST=127.0.0.1 TRUSTED_PROXIES=127.0.0.1
    export DATABASE_URL="postgresql://postgres@$hosts/dovidka?target_session_attrs=primary"
    export DATABASE_REPLICA_URLS="postgresql://postgres@127.0.0.1:$replica/dovidka"
    cd "$here"
    "$python" -m app migrate 2>"$folder/migrate.log"
    "$python" -m app seed >"$folder/seed.log" 2>&1
    for number in 1 2; do
        PORT=$((port + number)) "$python" -m app serve >"$folder/server-$number.log" 2>&1 &
        echo $! >"$folder/server-$number.pid"
    done
    wait_for $((port + 1)) "the first server"
    wait_for $((port + 2)) "the second server"
}

start_nginx() {
    cat >"$folder/nginx.conf" <<EOF
pid $folder/nginx.pid;
error_log $folder/nginx.log;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path $folder/nginx-body;
    proxy_temp_path $folder/nginx-proxy;
    fastcgi_temp_path $folder/nginx-other;
    uwsgi_temp_path $folder/nginx-other;
    scgi_temp_path $folder/nginx-other;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host \$http_host;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
    upstream dovidka {
        # Asked each time: while the database is away both say 503, and nginx would give both up for ten seconds.
        server 127.0.0.1:$((port + 1)) max_fails=0;
        server 127.0.0.1:$((port + 2)) max_fails=0;
        keepalive 32;
    }
    server {
        listen 127.0.0.1:$port;
        client_max_body_size 0;
        location / {
            proxy_pass http://dovidka;
            # A read whose server has gone, or has too much to do, is asked of the other one.
            proxy_next_upstream error timeout http_503;
        }
        location = /v1/changes/stream {
            proxy_pass http://dovidka;
            proxy_buffering off;
        }
    }
}
EOF
    PATH=$PATH:/usr/sbin nginx -e "$folder/nginx.log" -c "$folder/nginx.conf"
    wait_for "$port" nginx
}

if [ "$action" = down ]; then
    stop
    exit
fi

mkdir "$folder" "$folder/postgres"
if [ "$(id -u)" = 0 ]; then chown nobody "$folder/postgres"; fi
trap 'stop' EXIT
data=$folder/postgres
postgres initdb -D "$data/primary" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log"
settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories="
postgres pg_ctl start -s -w -D "$data/primary" -l "$data/primary.log" -o "-p $primary $settings"
sql "CREATE DATABASE dovidka"
postgres pg_basebackup -d "postgresql://postgres@127.0.0.1:$primary/" -D "$data/replica" -X stream -c fast -R
postgres pg_ctl start -s -w -D "$data/replica" -l "$data/replica.log" -o "-p $replica $settings"
sql "ALTER SYSTEM SET synchronous_standby_names = '*'"
sql "SELECT pg_reload_conf()" >/dev/null
start_servers
start_nginx
trap - EXIT
cat <<EOF
nginx     http://127.0.0.1:$port/v1/articles
servers   http://127.0.0.1:$((port + 1)), http://127.0.0.1:$((port + 2))
primary   postgresql://postgres@127.0.0.1:$primary/dovidka
replica   postgresql://postgres@127.0.0.1:$replica/dovidka
Promote the replica: $bin/pg_ctl promote -D $data/replica
Stop everything: deploy/cluster.sh down $folder
EOF
