"""Nodes of libtorrent's DHT that are driven by lines: one JSON object of options on the first, then one a command; events as JSON lines on stdout.

Commands: {"do": "announce" | "peers" | "put" | "get" | "put-mutable" | "get-mutable" | "sample" | "quiet", "node": index, ...}. Events: ready, and one named
like the command. Bytes are hex on both sides.
"""

import hashlib
import json
import sys
import threading
import time

import libtorrent as lt
from libtorrent_alerts import Alerts

options = json.loads(sys.stdin.readline())
categories = lt.alert.category_t
# Nodes on one machine share an address, have ids that do not follow from it, and lie in a network that the world does not route to.
settings = {
    "alert_mask": int(categories.dht_notification) | int(categories.dht_operation_notification) | int(categories.error_notification),
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": options["bootstrap"],
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_enforce_node_id": False,
    "dht_prefer_verified_node_ids": False,
    "dht_upload_rate_limit": 1_000_000,
    "dht_block_ratelimit": 1000,
    "dht_sample_infohashes_interval": 0,
}
settings.update(options.get("settings", {}))
lock = threading.Lock()


def say(event, **fields):
    with lock:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


sessions = [lt.session({**settings, "listen_interfaces": f"127.0.0.1:{port}"}) for port in options["ports"]]


def digest(text):
    return lt.sha1_hash(bytes.fromhex(text))


def shown(item):
    value = item.get("value", item) if isinstance(item, dict) else item
    return value.decode("latin-1") if isinstance(value, bytes) else repr(value)


def expanded(seed):
    """The form of a secret key that libtorrent takes: the hash of the seed, with the bits set that RFC 8032 asks for."""
    key = bytearray(hashlib.sha512(seed).digest())
    key[0] &= 248
    key[31] &= 63
    key[31] |= 64
    return bytes(key)


def run(command):
    session = sessions[command["node"]]
    match command["do"]:
        case "announce":
            # As clients do: a torrent without content that is announced as soon as it runs. Python has no flags for dht_announce.
            params = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + command["hash"])
            params.save_path = options["folder"]
            params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
            session.add_torrent(params)
            say("announce", port=session.listen_port())
        case "peers":
            session.dht_get_peers(digest(command["hash"]))
        case "put":
            say("put", hash=str(session.dht_put_immutable_item(command["text"])))
        case "get":
            session.dht_get_immutable_item(digest(command["hash"]))
        case "put-mutable":
            secret, public = bytes.fromhex(command["secret"]), bytes.fromhex(command["public"])
            session.dht_put_mutable_item(expanded(secret), public, command["text"].encode(), command["salt"].encode())
            say("put-mutable")
        case "get-mutable":
            session.dht_get_mutable_item(bytes.fromhex(command["public"]), command["salt"].encode())
        case "quiet":
            session.apply_settings({"alert_mask": int(categories.error_notification)})
            say("quiet")
        case "sample":
            session.dht_sample_infohashes(("127.0.0.1", command["port"]), digest("00" * 20))


def watch(session):
    alerts = Alerts(session)
    while True:
        for alert in alerts.within(0.2):
            match alert:
                case lt.dht_bootstrap_alert():
                    say("bootstrapped")
                case lt.dht_get_peers_reply_alert():
                    say("peers", peers=[f"{ip}:{port}" for ip, port in alert.peers()])
                case lt.dht_immutable_item_alert():
                    say("get", text=shown(alert.item))
                case lt.dht_mutable_item_alert():
                    say("get-mutable", text=shown(alert.item), seq=alert.item["seq"] if isinstance(alert.item, dict) else -1)
                case lt.dht_put_alert():
                    say("stored", text=alert.message())
                case lt.dht_sample_infohashes_alert():
                    say("sample", hashes=[str(each) for each in alert.samples], total=alert.num_infohashes)


for session in sessions:
    threading.Thread(target=watch, args=(session,), daemon=True).start()
say("ready")
for line in sys.stdin:
    command = line.strip()
    if command in ("", "quit"):
        break
    try:
        run(json.loads(command))
    except Exception as error:
        say("error", message=f"{command}: {error!r}")
time.sleep(0.1)
