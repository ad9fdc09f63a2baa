#!/bin/sh
# h2o as the other server of a measurement: run-h2o.sh PORT
# One thread, nothing logged, connections kept for ever; /plaintext answers 13 bytes from a file of that name
# (h2o keeps small files in memory; it has no directive for a canned answer).
set -eu
port=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/h2o-bench.XXXXXX")
printf 'Hello, World!' >"$home/plaintext"
[ "$(id -u)" -ne 0 ] || user="user: $(id -un)"
cat >"$home/h2o.conf" <<CONF
${user:-}
num-threads: 1
max-connections: 19000
http1-request-timeout: 3600
error-log: /dev/null
listen: { host: 127.0.0.1, port: $port }
hosts:
  default:
    paths:
      /:
        file.dir: $home
        file.mime.setdefaulttype: text/plain
CONF
exec h2o -c "$home/h2o.conf"
