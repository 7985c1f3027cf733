"""Makes and reads torrents with libtorrent: a JSON object of what to do on stdin, what libtorrent says of the torrent on stdout.

{"make": FOLDER, "name": NAME, "version": "1" | "2" | "hybrid", "piece_bytes": N, "trackers": [URL], "path": FILE} or {"path": FILE}.
"""

import json
import sys

import libtorrent as lt

order = json.loads(sys.stdin.read())
if "make" in order:
    flags = {"1": lt.create_torrent.v1_only, "2": lt.create_torrent.v2_only, "hybrid": 0}[order["version"]]
    files = lt.file_storage()
    lt.add_files(files, f"{order['make']}/{order['name']}", lambda path: True, flags)
    torrent = lt.create_torrent(files, order["piece_bytes"], flags)
    for tracker in order.get("trackers", []):
        torrent.add_tracker(tracker)
    lt.set_piece_hashes(torrent, order["make"])
    with open(order["path"], "wb") as file:
        file.write(lt.bencode(torrent.generate()))

info = lt.torrent_info(order["path"])
hashes = info.info_hashes()
known = {"1": str(hashes.v1) if hashes.has_v1() else None, "2": str(hashes.v2) if hashes.has_v2() else None}
json.dump({"v1": known["1"], "v2": known["2"], "magnet": lt.make_magnet_uri(info)}, sys.stdout)
