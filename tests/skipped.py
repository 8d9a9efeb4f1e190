"""Run only what the last whole run skipped: `pytest --skipped-before`.

Tests that need PyTorch skip where it is absent. When it has been installed, they alone need to run.
"""

PLACE = "rushlight/skipped"
"""Where the names of skipped tests and files are kept from one run to the next."""

OPTION = "--skipped-before"


class Skipped:
    """A plugin that notes what is skipped, and leaves out the rest if it was asked to."""

    def __init__(self, config):
        self.config = config
        self.names = set()

    def pytest_runtest_logreport(self, report):
        self.note(report)

    def pytest_collectreport(self, report):
        self.note(report)

    def note(self, report):
        """Remember a test, or a whole file, if it was skipped."""
        if report.skipped:
            self.names.add(report.nodeid)

    def pytest_sessionfinish(self):
        cache = getattr(self.config, "cache", None)
        part = hasattr(self.config, "workerinput")  # of a run in several processes: it saw a part
        if cache is not None and not part and not self.config.getoption(OPTION):
            cache.set(PLACE, sorted(self.names))

    def pytest_collection_modifyitems(self, config, items):
        if not config.getoption(OPTION):
            return
        known = set(config.cache.get(PLACE, []))
        wanted = [i for i in items if i.nodeid in known or i.nodeid.split("::")[0] in known]
        left = set(wanted)
        config.hook.pytest_deselected(items=[i for i in items if i not in left])
        items[:] = wanted
