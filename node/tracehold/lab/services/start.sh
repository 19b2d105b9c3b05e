#!/bin/sh
# Starts this node of a Clique network, and becomes it.
#
#   sh start.sh GETH [OPTION ...]
#
# GETH     the program geth, release 1.13.15: the last one that seals Clique
# OPTION   further options of geth; --mine lets it seal from its start on, for a node that a service manager
#          starts (tracehold chain start tells it to seal once it has its peers, which is gentler)
#
# Settings are in node.env, and everything else is in this folder: it may be moved as it is to another machine.
# The account is unlocked, and HTTP has eth and clique: who reaches that port votes, signs and spends as this
# account. It stays on loopback; what others may ask is in docs/operations.md, chapter "The chain".
set -eu
[ $# -gt 0 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
geth=$1
shift
case $geth in */*) geth=$(cd "$(dirname "$geth")" && pwd)/${geth##*/} ;; esac
cd "$(dirname "$0")"
umask 077
. ./node.env

# Only this way can the listener for peers be bound to one address: --port takes all of them.
printf '[Node.P2P]\nListenAddr = "%s"\n' "$LISTEN" >config.toml

# The hash scheme with the archive of all states: a power failure loses no block.
if [ ! -f data/begun ]; then
  "$geth" --datadir data --state.scheme hash --verbosity 2 init genesis.json
  : >data/begun
fi

exec "$geth" --config config.toml --datadir data --ipcpath data/geth.ipc --networkid "$CHAIN_ID" \
  --syncmode full --gcmode archive --state.scheme hash --cache "$CACHE_MB" \
  --nodiscover --maxpeers 100 --nat "$NAT" --netrestrict "$NETRESTRICT" \
  --http --http.addr 127.0.0.1 --http.port "$HTTP_PORT" --http.api eth,net,web3,txpool,clique \
  --authrpc.addr 127.0.0.1 --authrpc.port "$AUTH_PORT" \
  --keystore keystore --unlock "$ACCOUNT" --password password --allow-insecure-unlock \
  --miner.etherbase "$ACCOUNT" --miner.gaslimit 30000000 --miner.gasprice 1 \
  --txpool.pricelimit 1 --txpool.accountslots 512 --txpool.accountqueue 1024 --rpc.txfeecap 0 \
  "$@"
