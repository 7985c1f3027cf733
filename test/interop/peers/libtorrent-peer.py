"""libtorrent as a peer that is driven by lines: one JSON object of options on the first, events as JSON lines on stdout.

Then on stdin: `dial IP PORT`, `progress`, `counters`, `quit`. Events: started, ready, progress, first, done, error. Times are milliseconds since the torrents
were added; `first` is the first block that arrived, `done` means that every piece is verified.
"""

import json
import sys
import threading
import time

import libtorrent as lt
from libtorrent_alerts import Alerts

options = json.loads(sys.stdin.readline())
policy, level = {
    "off": (lt.enc_policy.disabled, lt.enc_level.both),
    "allowed": (lt.enc_policy.enabled, lt.enc_level.both),
    "handshake": (lt.enc_policy.forced, lt.enc_level.plaintext),
    "rc4": (lt.enc_policy.forced, lt.enc_level.rc4),
}[options.get("encryption", "off")]
categories = lt.alert.category_t
ALERTS = int(categories.status_notification) | int(categories.error_notification) | int(categories.storage_notification)
# One alert a block costs Python more than libtorrent spends on the block: they are on only until the first has come.
BLOCK_ALERTS = int(categories.block_progress_notification)
settings = {
    "listen_interfaces": f"127.0.0.1:{options['port']}",
    "alert_mask": ALERTS | BLOCK_ALERTS,
    "alert_queue_size": 1_000_000,
    "allow_multiple_connections_per_ip": True,
    "enable_dht": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "in_enc_policy": int(policy),
    "out_enc_policy": int(policy),
    "allowed_enc_level": int(level),
    "ssrf_mitigation": False,
    "aio_threads": 2,
    "hashing_threads": 1,
    "send_buffer_watermark": 8 << 20,
    "send_buffer_low_watermark": 1 << 20,
    "max_out_request_queue": 1500,
    "max_allowed_in_request_queue": 4000,
    "active_downloads": -1,
    "active_seeds": -1,
    "active_limit": -1,
    "active_checking": 2,
    "user_agent": "interop",
}
finds = options.get("finds", [])
settings["enable_lsd"] = "lsd" in finds
settings.update(options.get("settings", {}))


def say(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


session = lt.session(settings)
alerts = Alerts(session)
if options.get("upload_bytes_per_s"):
    # Loopback counts as a local network, which libtorrent exempts from rate limits unless the filter says otherwise.
    everyone = lt.ip_filter()
    everyone.add_rule("0.0.0.0", "255.255.255.255", 1)
    session.set_peer_class_filter(everyone)
    session.apply_settings({"upload_rate_limit": options["upload_bytes_per_s"]})

handles = []
started = time.monotonic()
say("started")


def since():
    return round((time.monotonic() - started) * 1000, 3)


for item in options["items"]:
    if item.get("resume"):
        with open(item["resume"], "rb") as file:
            params = lt.read_resume_data(file.read())
    elif item.get("magnet"):
        params = lt.parse_magnet_uri(item["magnet"])
    else:
        params = lt.add_torrent_params()
    if item.get("torrent"):
        params.ti = lt.torrent_info(item["torrent"])
    params.save_path = item["folder"]
    params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
    if "pex" not in finds:
        params.flags |= lt.torrent_flags.disable_pex
    if "lsd" not in finds:
        params.flags |= lt.torrent_flags.disable_lsd
    if not settings["enable_dht"]:
        params.flags |= lt.torrent_flags.disable_dht
    if options.get("super_seeding"):
        params.flags |= lt.torrent_flags.super_seeding
    if options.get("async"):
        session.async_add_torrent(params)
    else:
        handles.append(session.add_torrent(params))


def overall():
    return sum(handle.status().progress for handle in handles) / max(1, len(handles))


def save_resume_data():
    for handle in handles:
        handle.save_resume_data(lt.save_resume_flags_t.save_info_dict)
    saved = 0
    deadline = time.monotonic() + 60
    while saved < len(handles) and time.monotonic() < deadline:
        for alert in alerts.within(0.2):
            if isinstance(alert, lt.save_resume_data_alert):
                path = f"{options['resume_folder']}/{alert.params.info_hashes.v1}.resume"
                with open(path, "wb") as file:
                    file.write(lt.write_resume_data_buf(alert.params))
                saved += 1
    say("saved", count=saved)


def read_commands():
    global quitting
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["dial"]:
            for handle in handles:
                handle.connect_peer((words[1], int(words[2])))
        elif words == ["progress"]:
            say("progress", progress=overall(), complete=complete())
        elif words == ["counters"]:
            session.post_session_stats()
        elif words == ["quit"]:
            break
    quitting = True


def complete():
    # A piece counts as had before its last blocks reach the file: only the flush makes the files comparable.
    return bool(handles) and flushed >= expected and all(handle.status().is_seeding for handle in handles)


for endpoint in options.get("peers", []):
    ip, port = endpoint.rsplit(":", 1)
    for handle in handles:
        handle.connect_peer((ip, int(port)))

quitting = False
expected = len(options["items"])
finished = flushed = 0
threading.Thread(target=read_commands, daemon=True).start()
listening = first = told_ready = False
while not quitting:
    for alert in alerts.within(0.25):
        if isinstance(alert, lt.listen_succeeded_alert):
            listening = True
        elif isinstance(alert, lt.listen_failed_alert):
            say("error", message=alert.message())
        elif isinstance(alert, lt.add_torrent_alert) and options.get("async"):
            handles.append(alert.handle)
        elif isinstance(alert, lt.block_finished_alert) and not first:
            first = True
            session.apply_settings({"alert_mask": ALERTS})
            say("first", ms=since())
        elif isinstance(alert, lt.torrent_finished_alert):
            finished += 1
            alert.handle.flush_cache()
            if finished == expected:
                say("done", ms=since())
        elif isinstance(alert, lt.cache_flushed_alert):
            flushed += 1
        elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert)):
            say("error", message=alert.message())
        elif isinstance(alert, lt.session_stats_alert):
            values = alert.values
            say("counters", sent=values["net.sent_payload_bytes"], received=values["net.recv_payload_bytes"])
    if not told_ready and listening and (finished >= expected or not options.get("seed", False)):
        told_ready = True
        say("ready", ms=since())

if options.get("resume_folder"):
    save_resume_data()
session.pause()
