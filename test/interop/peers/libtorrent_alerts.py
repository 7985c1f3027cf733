"""The alerts of a libtorrent session, waited for on a pipe.

session.wait_for_alert hands out an alert that still lies in the queue, and the queue moves when libtorrent adds to it meanwhile: Python then reads what was
freed, and one start in some sixty died of it (2.0.8). What pop_alerts returns stays where it is until the next call.
"""

import os
import select


class Alerts:
    def __init__(self, session):
        self._session = session
        self._told, telling = os.pipe()
        os.set_blocking(self._told, False)
        os.set_blocking(telling, False)
        session.set_alert_fd(telling)

    def within(self, seconds):
        """Those that wait, or come first within that time; none when none comes."""
        if select.select([self._told], [], [], seconds)[0]:
            os.read(self._told, 65536)
        return self._session.pop_alerts()
