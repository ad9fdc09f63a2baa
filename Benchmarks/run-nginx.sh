#!/bin/sh
# nginx as the other server of a measurement: run-nginx.sh PORT [FOLDER]
# One worker, nothing logged, connections kept for ever; /plaintext answers 13 bytes from memory, the rest are
# the files of FOLDER by sendfile.
set -eu
port=$1
files=$(cd "${2:-/var/empty}" 2>/dev/null && pwd || echo /nonexistent)
home=$(mktemp -d "${TMPDIR:-/tmp}/nginx-bench.XXXXXX")
[ "$(id -u)" -ne 0 ] || user="user $(id -un) $(id -gn);"
cat >"$home/nginx.conf" <<CONF
${user:-}
daemon off;
worker_processes 1;
worker_rlimit_nofile $(ulimit -Hn);
pid $home/pid;
error_log stderr crit;
events {
    worker_connections 19000;
}
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=1000;
    default_type text/plain;
    client_body_temp_path $home/body;
    proxy_temp_path $home/proxy;
    fastcgi_temp_path $home/fastcgi;
    uwsgi_temp_path $home/uwsgi;
    scgi_temp_path $home/scgi;
    server {
        listen 127.0.0.1:$port reuseport backlog=4096;
        location = /plaintext { return 200 "Hello, World!"; }
        location / { root $files; }
    }
}
CONF
exec "$(command -v nginx || echo /usr/sbin/nginx)" -p "$home" -c "$home/nginx.conf" -e stderr
