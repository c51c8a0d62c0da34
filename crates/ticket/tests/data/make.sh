#!/bin/sh
# Makes the session files beside this script with the system's openssl: `sh make.sh`. Keys live only as long as the
# script runs. Each file is the DER of a client's session.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

for name in server client; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
        -subj "/CN=carnet test $name" -keyout $name.key -out $name.crt 2>/dev/null
done

# run NAME 'server options' 'client options'
run() {
    openssl s_server -accept 127.0.0.1:44300 -cert server.crt -key server.key -quiet $2 >/dev/null 2>&1 &
    server=$!
    sleep 0.5
    (sleep 0.7) | openssl s_client -connect 127.0.0.1:44300 -sess_out "$1.pem" $3 >"$1.log" 2>&1 || true
    kill $server
    wait $server 2>/dev/null || true
    openssl sess_id -in "$1.pem" -outform DER -out "$out/$1.der"
}

run tls13 '' '-tls1_3'
run tls13-aes128 '' '-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256 -groups P-256'
run tls13-chacha-early-data '-early_data' '-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256'
run tls13-alpn '-alpn h2,http/1.1' '-tls1_3 -alpn h2'
run tls13-sni '-servername ticket.example -cert2 server.crt -key2 server.key' '-tls1_3 -servername ticket.example'
run tls13-client-cert '-Verify 1' '-tls1_3 -cert client.crt -key client.key'
run tls13-psk '-psk 0123456789abcdef0123456789abcdef -nocert' '-tls1_3 -psk 0123456789abcdef0123456789abcdef'
run tls12 '' '-tls1_2'
run tls12-alpn-fragment '-alpn h2,http/1.1' '-tls1_2 -alpn h2 -maxfraglen 1024'
run tls12-sni '-servername ticket.example -cert2 server.crt -key2 server.key' '-tls1_2 -servername ticket.example'
run tls12-client-cert '-Verify 1' '-tls1_2 -cert client.crt -key client.key'
run tls12-session-id '-no_ticket' '-tls1_2 -no_ticket'
run tls12-psk '-psk 0123456789abcdef0123456789abcdef -psk_hint hint -nocert' \
    '-tls1_2 -psk 0123456789abcdef0123456789abcdef -cipher PSK-AES256-GCM-SHA384'
