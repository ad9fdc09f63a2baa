#!/bin/sh
# nginx over TLS as the other server of a measurement: run-nginx-tls.sh PORT
# One worker, nothing logged, an ECDSA P-256 certificate made at start, HTTP/2 and HTTP/1.1, session tickets.
set -eu
port=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/nginx-bench.XXXXXX")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2 \
    -keyout "$home/key.pem" -out "$home/cert.pem" 2>/dev/null
[ "$(id -u)" -ne 0 ] || user="user $(id -un);"
cat >"$home/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $home/pid; error_log /dev/null; ${user:-}
events { worker_connections 20000; }
http {
    access_log off; keepalive_timeout 3600; keepalive_requests 1000000000; http2_max_requests 1000000000;
    client_body_temp_path $home; proxy_temp_path $home; fastcgi_temp_path $home; uwsgi_temp_path $home; scgi_temp_path $home;
    ssl_certificate $home/cert.pem; ssl_certificate_key $home/key.pem; ssl_session_cache shared:s:10m;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:$port ssl http2 backlog=4096;
        location / { default_type text/plain; return 200 'Hello, World!'; }
    }
}
CONF
exec nginx -c "$home/nginx.conf"
