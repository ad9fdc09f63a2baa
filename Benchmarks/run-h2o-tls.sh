#!/bin/sh
# h2o over TLS as the other server of a measurement: run-h2o-tls.sh PORT
exec "$(dirname "$0")/run-h2o.sh" "$1" tls
